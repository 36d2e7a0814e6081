--- places: where else what is forgotten may stand, outside of the stores.
--
-- One line each in places.list: { name = what a person calls it, clean =
-- function(job) that removes what is meant and returns how much that was }.
-- job has conf, spec, quotes (propolis.forget.quotes, which has seen all rows),
-- tell (function told in a sentence what could not be done), and files, those
-- of the stores.
local sys = require "engine.sys"

local places = {}

-- Lines of logs --------------------------------------------------------------

--- The files with lines that may quote a row.
function places.logs(conf)
    local list = require("propolis.capture.lost").files()
    for _, path in ipairs(assert(require("propolis.capture.scrub_files").list(
        conf.paths))) do
        list[#list + 1] = not path:find("%.bad%-%x+$") and path or nil
    end
    return list
end

-- What stands in a line's place: as long, so that nobody who appends or reads
-- at the same time is disturbed.
local function blank(line)
    local head = line:match("^%d+%-%d+%-%d+T[%d:.]+Z ") or ""
    local text = head .. "(removed)"
    if #text > #line then return (" "):rep(#line) end
    return text .. (" "):rep(#line - #text)
end

-- One file without the lines that quote: how many those were.
local function clean_log(job, path)
    local stat = sys.stat(path, true)
    local text = stat and stat.type == "file" and sys.read(path)
    if not text then return 0 end
    local file, count
    for at, line in text:gmatch("()([^\n]+)") do
        if job.quotes:hit(line) then
            file = file or assert(io.open(path, "r+b"))
            assert(file:seek("set", at - 1))
            assert(file:write(blank(line)))
            count = (count or 0) + 1
        end
    end
    if file then assert(file:close()) end
    return count or 0
end

local function clean_logs(job)
    local count = 0
    for _, path in ipairs(places.logs(job.conf)) do
        local ok, n = sys.pcall(clean_log, job, path)
        if not ok then job.tell("%s: %s", path, n) end
        count = count + (ok and n or 0)
    end
    return count
end

-- Records that no store took -------------------------------------------------

local function clean_kept(job)
    local count = 0
    for _, file in ipairs(job.files) do
        local kept = require "propolis.forget.kept"
        count = count + kept.clean(job.conf, job.spec, file, job.tell)
        kept.waiting(job.spec, file, job.tell)
    end
    return count
end

-- Files that were never finished ---------------------------------------------

-- Folders with what an agent was asked about a session, when that was cut
-- short; nobody is asked just now.
local function clean_questions(job)
    local count, state = 0, job.conf.paths.state
    for _, name in ipairs(sys.list(state) or {}) do
        local folder = name:find("^ask%-%x+%-") and state .. "/" .. name
        for _, file in ipairs(folder and sys.list(folder) or {}) do
            count = count + (sys.remove(folder .. "/" .. file) and 1 or 0)
        end
        local ok, err = true, nil
        if folder then ok, err = sys.rmdir(folder) end
        if not ok then job.tell("%s: %s", folder, err) end
    end
    return count
end

-- What a process that died had not yet renamed.  One that is just being written
-- is written again by who misses it.
local function clean_unfinished(job)
    local count = clean_questions(job)
    for _, folder in ipairs { job.conf.paths.data, job.conf.paths.state } do
        for _, name in ipairs(sys.list(folder) or {}) do
            if name:find("^%.propolis%-%w%w%w%w%w%w$") then
                local ok, err = sys.remove(folder .. "/" .. name)
                if not ok then job.tell("%s/%s: %s", folder, name, err) end
                count = count + (ok and 1 or 0)
            end
        end
    end
    return count
end

places.list = {
    { name = "records that no store took", clean = clean_kept },
    { name = "lines of logs", clean = clean_logs },
    { name = "unfinished files", clean = clean_unfinished },
}

return places
