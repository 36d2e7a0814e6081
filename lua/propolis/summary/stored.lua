--- stored: the summaries in the memory table, and which may be replaced.
--
-- One that a model or a person wrote, another product's, and one that tells of
-- more events is better than what rules find, and stays.
local page = require "propolis.summary.page"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local stored = {}

local find, gsub, match = string.find, string.gsub, string.match

local RULES, ASKED = "propolis, by rule", "asked by propolis"

-- The line that says who wrote a summary.
local LINE = "\n%- %*%*Written by%*%*: ([^\n]*)\n"

-- What a summary says besides that line, as sixteen digits.
local function checksum(text)
    return sys.sha256((gsub(text, LINE, "\n", 1))):sub(1, 16)
end

--- A summary's text, signed as one by rule: a change by hand is seen by it.
-- @param f facts, meta: see page.text; meta.by is filled in here
function stored.by_rule(f, meta)
    meta.by = RULES .. " (0000000000000000)"
    local text = page.text(f, meta)
    return (gsub(text, RULES .. " %(0+%)", RULES .. " (" .. checksum(text)
        .. ")", 1))
end

--- The line's words for a summary that an agent wrote.
function stored.by_agent(agent)
    return agent .. ", " .. ASKED
end

--- What kind of summary a row of the memory table holds: "none", "placeholder"
-- (the session has begun), "rules" (ours, as we wrote it), "agent" (an agent's
-- that we asked), "other".
function stored.kind(row)
    local text = row and row.summary or ""
    if not find(text, "%S") then return "none" end
    if row.description == "in progress" and not find(text, "\n## ") then
        return "placeholder"
    end
    local by = match(text, LINE) or ""
    if by:sub(1, #RULES) == RULES then
        return match(by, "%((%x+)%)$") == checksum(text) and "rules" or "other"
    end
    return find(by, ASKED, 1, true) and "agent" or "other"
end

--- Why a summary must not be replaced by a new one; nil when it may.
-- @param row what is stored, or nil
-- @param made { text =, offset =, by = "rules" or "agent" }
function stored.keeps(row, made)
    local kind = stored.kind(row)
    if kind == "none" or kind == "placeholder" then return nil end
    if kind == "other" then return "it was written elsewhere" end
    if kind == "agent" and made.by == "rules" then
        return "an agent wrote it"
    end
    if page.offset(row.summary) > made.offset then
        return "it tells of more events"
    end
    return nil
end

--- The rows of summaries by their path.
-- @return a table, or nil, err
function stored.load(store, paths)
    local found, list, err = {}, {}, nil
    if #paths > 0 then
        list, err = store:query([[SELECT path, summary, description,
            creation_date, agent FROM {t} WHERE path IN (??)]],
            { t = schemas.memory.table, paths }, "read")
    end
    if not list then
        return err.code == "no_table" and found or nil, err
    end
    for _, row in ipairs(list) do
        found[row.path] = row
    end
    return found
end

-- The row that a summary becomes.
local function row_of(made, before)
    return {
        path = made.path, filename = match(made.path, "[^/]*$"),
        summary = made.text, author = made.author,
        mime_type = "text/markdown", size_bytes = #made.text,
        project = made.project, description = page.description(made.text),
        agent = made.agent, plugin_version = sys.version,
        creation_date = before and before.creation_date or made.started,
    }
end

--- Stores summaries, each in one write of its row, all or none, and queues them
-- for the team.
-- @param list { path = in the memory table, text =, offset =, by =, author =,
-- project =, agent =, started = } each; gets .kept = why it was not stored, or
-- .same = true when it is there already
-- @param force stores them whatever is there
-- @return true, or nil, err
function stored.save(store, list, force)
    local paths = {}
    for i, made in ipairs(list) do
        paths[i] = made.path
    end
    return store:transaction(function()
        local there, err = stored.load(store, paths)
        if not there then return nil, err end
        local rows = {}
        for _, made in ipairs(list) do
            local before = there[made.path]
            made.same = before ~= nil and before.summary == made.text or nil
            made.kept = not made.same and not force
                and stored.keeps(before, made) or nil
            if not made.same and not made.kept then
                rows[#rows + 1] = row_of(made, before)
            end
        end
        if #rows == 0 then return true end
        local n
        n, err = store:put_many(schemas.memory, rows)
        return n and true, err
    end)
end

return stored
