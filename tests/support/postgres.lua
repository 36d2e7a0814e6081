--- A real PostgreSQL server for specs: one cluster per test run, started when
-- it is first asked for, gone with the process (it hangs on a pipe, so also
-- when the process is killed). Under with_postgres it takes that one.
local pg = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local base_url, log_path, holder

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function lines_of(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read("a")
    local ok, _, code = pipe:close()
    return text, ok, code
end

local function start()
    local fifo = lines_of("mktemp -u"):gsub("%s", "")
    assert(os.execute("mkfifo -m 600 " .. quote(fifo)))
    holder = assert(io.popen(("exec setsid %s --serve >%s")
        :format(quote(here .. "with_postgres"), quote(fifo)), "w"))
    local said <close> = assert(io.open(fifo))
    os.remove(fifo)
    base_url, log_path = said:read("l", "l")
    assert(base_url, "PostgreSQL for the specs does not start")
end

local function need()
    if base_url then return end
    base_url = os.getenv("PROPOLIS_TEST_PG")
    log_path = os.getenv("PROPOLIS_TEST_PG_LOG")
    if not base_url then start() end
end

--- The URL of a database: of the server's own (nothing), of a new one with a
-- name nobody has (true), or of that name, made when it is not there.
function pg.url(name)
    need()
    if not name then return base_url end
    if name == true then
        name = "t" .. require("engine.sys").uuid():gsub("-", "")
    end
    if pg.psql(("SELECT 1 FROM pg_database WHERE datname = '%s'")
            :format(name)) == "" then
        pg.psql(('CREATE DATABASE "%s"'):format(name))
    end
    return (base_url:gsub("/[^/]*$", "/" .. name))
end

--- The same URL with parts of it replaced: user, password, host, port, name.
function pg.url_with(url, part)
    local user, password, host, port, name =
        url:match("^postgres://(.-):(.-)@(.-):(%d+)/(.*)$")
    return ("postgres://%s:%s@%s:%s/%s"):format(part.user or user,
        part.password or password, part.host or host, part.port or port,
        part.name or name)
end

--- The port in such a URL.
function pg.port(url)
    return tonumber(url:match("@[^/]*:(%d+)/"))
end

--- Runs SQL through psql, one transaction per statement; returns its output,
-- unaligned, without the last newline. Raises when a statement fails.
function pg.psql(sql, url)
    url = url or pg.url()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write(sql)
    file:close()
    local out, ok = lines_of(
        ("psql -XqAt -v ON_ERROR_STOP=1 -f %s %s 2>&1")
        :format(quote(path), quote(url)))
    os.remove(path)
    if not ok then error(out, 2) end
    return (out:gsub("\n$", ""))
end

--- A psql of its own that stays: `session:send(sql)` runs whole statements,
-- gives their output and raises what they fail with; `session:close()`.
function pg.session(url)
    need()
    local fifo = os.tmpname()
    os.remove(fifo)
    assert(os.execute("mkfifo -m 600 " .. quote(fifo)))
    local pipe = assert(io.popen(
        ("psql -XqAt %s >%s 2>&1"):format(quote(url or base_url),
            quote(fifo)), "w"))
    local out = assert(io.open(fifo))
    os.remove(fifo)

    local session = {}
    function session.send(_, sql)
        pipe:write(sql, "\n\\echo --done--\n")
        pipe:flush()
        local got = {}
        for line in out:lines() do
            if line == "--done--" then break end
            got[#got + 1] = line
        end
        local text = table.concat(got, "\n")
        if text:find("ERROR: ", 1, true) then error(text, 2) end
        return text
    end
    function session.close()
        if io.type(pipe) == "file" then
            pipe:close()
            out:close()
        end
    end
    return setmetatable(session, { __close = session.close })
end

--- What a database is asked from here on, as the server's log tells it:
-- calling the result gives the statements so far, in order. The server writes
-- a line before it runs a statement, so nothing is missing once that has
-- answered. `application` narrows it ("propolis" are our own connections).
function pg.log_statements(url, application)
    need()
    assert(log_path, "no log: run this without PROPOLIS_TEST_PG, or with "
        .. "PROPOLIS_TEST_PG_LOG")
    local name = url:match("/([^/?]*)[^/]*$")
    local log = assert(io.open(log_path))
    log:seek("end")
    local found, last = {}, nil
    return function()
        for line in log:lines() do
            local db, app, text = line:match("^([^|\t]*)|([^|]*)|(.*)$")
            if db then
                text = db == name and app == (application or "propolis")
                    and (text:match("^LOG:  statement: (.*)$")
                        or text:match("^LOG:  execute [^:]*: (.*)$"))
                last = text and #found + 1
                if last then found[last] = text end
            elseif last then -- a further line of that statement
                found[last] = found[last] .. "\n" .. line:gsub("^\t", "")
            end
        end
        return found
    end
end

--- Stops the cluster, if it is ours. Dying does the same.
function pg.stop()
    if holder then holder:close() end
    holder, base_url, log_path = nil, nil, nil
end

return pg
