--- A thousand sessions made of those of the real programs: what their summaries
-- say is what was done, and nothing else.
local machine = require "machine"
local page = require "propolis.summary.page"
local propolis = require "propolis"
local summary = require "propolis.summary"
local tmp = require "tmp"
local variations = require "variations"

local N = 1000

-- The lines of a section, as a set.
local function lines_of(text, heading)
    local from = text:find("\n## " .. heading .. "\n", 1, true)
    local part = text:sub(from + #heading + 5):match("^(.-)\n\n## ")
        or text:sub(from + #heading + 5)
    local set = {}
    for line in part:gmatch("[^\n]+") do set[line] = true end
    return set
end

local function command_line(command, c)
    local runs = c.runs > 1 and c.runs .. " runs, " or ""
    if c.failing then
        return ("- `%s`: %sfailed"):format(command, runs)
    elseif c.failed > 0 then
        return ("- `%s`: %s%d failed, then passed"):format(command, runs,
            c.failed)
    end
    return ("- `%s`: %spassed"):format(command, runs)
end

-- Takes the line that begins so out of a set; whether there was one.
local function take(set, start)
    for line in pairs(set) do
        if line:sub(1, #start) == start then
            set[line] = nil
            return true
        end
    end
    return false
end

-- What a summary says wrongly, or not at all, about a session: sentences.
local function wrong(text, truth)
    local out = {}
    local function want(ok, what) if not ok then out[#out + 1] = what end end
    local files = lines_of(text, "Files Modified")
    for path, times in pairs(truth.files) do
        want(take(files, ("- %s (modified%s)"):format(path, times > 1
            and (", %d times"):format(times) or "")), "file " .. path)
    end
    local known, open = lines_of(text, "Key Facts"),
        lines_of(text, page.headings[7])
    for command, path in pairs(truth.fixed) do
        local found = false
        for line in pairs(known) do
            if line:find("- `" .. command .. "` failed (", 1, true) == 1
                and line:find("passed later, after `" .. path .. "`", 1, true)
            then
                found, known[line] = true, nil
            end
        end
        want(found, "repair of " .. command)
    end
    for command, c in pairs(truth.commands) do
        want(take(known, command_line(command, c)), "command " .. command)
    end
    for command in pairs(truth.failing) do
        want(command:find("^ls") or take(open, "- Still failing: `" .. command
            .. "`"), "failing " .. command)
    end
    want(not truth.todo or take(open, "- " .. truth.todo), "todo")
    local decided = lines_of(text, "Decisions & Reasoning")
    want(not truth.decision or take(decided, "- " .. truth.decision),
        "decision")
    for _, rest in ipairs { files, known, open, decided } do
        rest["None found."] = nil
        want(next(rest) == nil, "too much: " .. tostring(next(rest)))
    end
    want(page.description(text):find("Asked: " .. truth.prompt, 1, true) == 1,
        "prompt")
    want(text:find("Last answer: " .. truth.reply, 1, true), "answer")
    return out
end

describe("a thousand sessions of the recorded programs", function()
    teardown(tmp.clean)

    it("have summaries that tell what was really done", function()
        local m, truths = machine.new { user = "alice" }, {}
        do
            local store <close> = m:store()
            assert(store:transaction(function()
                variations.each(N, function(rows, truth)
                    truth.rows = #rows
                    truths[#truths + 1] = truth
                    assert(store:put_many(propolis.schemas.sessions, rows))
                end)
                return true
            end))
        end
        for _ = 1, 100 do -- a slow machine takes several runs
            assert.is_true(summary.catch_up(m.conf))
            if m:query("SELECT COUNT(*) AS n FROM memory")[1].n == N then
                break
            end
        end
        local texts = {}
        for _, row in ipairs(m:query "SELECT path, summary FROM memory") do
            texts[row.path] = row.summary
        end
        local bad = {}
        for _, truth in ipairs(truths) do
            local text = assert(texts["/summaries/alice/" .. truth.id .. ".md"],
                truth.id)
            assert.truthy(#text < 4000)
            assert.equal(truth.rows, page.offset(text))
            local faults = wrong(text, truth)
            if #faults > 0 then
                bad[#bad + 1] = ("%s %s: %s\n%s"):format(truth.id, truth.agent,
                    table.concat(faults, "; "), text)
            end
        end
        assert.equal(0, #bad, ("%d of %d:\n%s"):format(#bad, N,
            table.concat(bad, "\n\n", 1, math.min(#bad, 3))))
    end)
end)
