--- The SQL trace: one line on stderr, when it was asked for.
local TRACE = 220 -- characters of a statement that a line shows

--- on: asked for by the settings; the environment is looked at each time.
local function trace(on, fmt, sql, ...)
    if not (on or os.getenv("HIVEMIND_TRACE_SQL") == "1" or
        os.getenv("HIVEMIND_DEBUG") == "1") then
        return
    end
    local text = sql:gsub("%s+", " "):sub(1, TRACE)
    io.stderr:write("[deeplake-sql] ", fmt:format(...), text, "\n")
end

return trace
