--- capture.scrub_files: masks by today's rules what this machine keeps beside
-- its stores: the log, the REPL's history, what a background sync printed, the
-- record of heals, notes of lost events, and pieces of a journal that no store
-- took.
local redact = require "propolis.capture.redact"
local sys = require "engine.sys"

local files = {}

-- In the state folder.  Files that must stay as they are to undo something,
-- such as install.jsonl, are not among them.
local STATE = { "propolis.log", "propolis.log.1", "sync.out", "history",
    "heal.jsonl", "lost", "lost.told" }

--- The files that are there and may hold text.
-- @param paths what propolis.config.places.paths() gave
-- @return a list of paths; or nil, err
function files.list(paths)
    local list = {}
    for _, name in ipairs(STATE) do
        local path = paths.state .. "/" .. name
        local stat = sys.stat(path)
        if stat and stat.type == "file" then list[#list + 1] = path end
    end
    local names, err = sys.list(paths.data)
    if not names then return err.code == "none" and list or nil, err end
    for _, name in ipairs(names) do
        if name:find("%.journal%.bad%-%x+$") then
            list[#list + 1] = paths.data .. "/" .. name
        end
    end
    return list
end

-- A text of any length, masked in pieces that end with a line.
local function masked(redactor, text)
    local out, at = {}, 1
    while at <= #text do
        local last = at + redact.max_text - 1
        if last < #text then
            last = at + (text:sub(at, last):match("^.*\n()")
                or last - at + 2) - 2
        end
        out[#out + 1] = redactor:text(text:sub(at, last))
        at = last + 1
    end
    return table.concat(out)
end

-- What a program appended while it was masked is masked with the rest.
local function rewrite(path, redactor, text)
    for _ = 1, 10 do
        local clean = masked(redactor, text)
        local again, err = sys.read(path)
        if not again then return nil, err end
        if again == text then return sys.replace(path, clean) end
        text = again
    end
    return nil, path .. " is being written all the time: try again"
end

--- Masks one file.
-- @param options { write = true to change it; else it is only looked at }
-- @return the number of secrets found, or nil, err
function files.file(path, redactor, options)
    local text, err = sys.read(path)
    if not text then return nil, err end
    local found = #redactor:find(text)
    if found > 0 and options.write then
        local ok
        ok, err = rewrite(path, redactor, text)
        if not ok then return nil, err end
    end
    return found
end

return files
