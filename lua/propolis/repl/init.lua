--- The read-eval-print loop.  main.c calls run with the host's protected call,
-- which Ctrl-C interrupts.
local chunk = require "propolis.repl.chunk"
local inspect = require "propolis.repl.inspect"
local reader = require "propolis.repl.reader"
local session = require "propolis.repl.session"
local sql = require "engine.sql"
local sys = require "engine.sys"

local repl = {}

local protected_call

-- The message with the frames of what was typed, without ours below it.
local function without_our_frames(message)
    local at = message:find("\n\t%[C%]: in %a+ 'protected_call'")
    message = at and message:sub(1, at - 1) or message
    message = message:gsub("\n\t[^\n]*/lua/propolis/repl[^\n]*", "")
    return (message:gsub("\nstack traceback:$", ""))
end

local function complain(message)
    io.stdout:flush()
    io.stderr:write(without_our_frames(tostring(message)), "\n")
    io.stderr:flush()
end

local function show(results)
    local width, shown = sys.columns() or 80, {}
    for i = 2, results.n do
        shown[#shown + 1] = inspect.pretty(results[i], width)
    end
    print(table.concat(shown, "\t"))
end

-- Runs what was typed and shows its values; the first is then _.
local function evaluate(f)
    local results = table.pack(protected_call(f))
    if results[1] and results.n > 1 then
        rawset(_G, "_", results[2])
        results = table.pack(protected_call(show, results))
    end
    if not results[1] then
        complain(results[2])
    end
    io.stdout:flush()
end

-- Runs a function of ours; where in it an error arose is nobody's concern.
local function perform(f)
    local ok, result = protected_call(f)
    if not ok then
        complain((tostring(result):gsub("\nstack traceback:.*", "")))
    end
    io.stdout:flush()
    return ok and result
end

local function prompt_of(name, default)
    local prompt = rawget(_G, name)
    return prompt ~= nil and tostring(prompt) or default
end

-- Reads on while more(text) wants another line; nil when the text was dropped.
local function read_rest(lines, text, more)
    while more(text) do
        local line, why = lines.line(prompt_of("_PROMPT2", ">> "))
        if why == "interrupt" then
            io.write("\n")
            return nil
        elseif not line then
            break
        end
        text = text .. "\n" .. line
    end
    lines.remember(text)
    return text
end

local function lua_unfinished(text)
    local _, why = chunk.compile(text)
    return why == "more"
end

local function run_lua(lines, text)
    text = read_rest(lines, text, lua_unfinished)
    if not text then return end
    local f, _, err = chunk.compile(text)
    if not f then
        return complain(err or "stdin: unfinished at the end of input")
    end
    evaluate(f)
end

local function run_sql(lines, text)
    text = read_rest(lines, text, function(so_far)
        return sql.unfinished(so_far, session.dialect())
    end)
    if text then
        local function run()
            rawset(_G, "_", require("propolis.repl.sql").run(text))
        end
        perform(run)
    end
end

-- True when the session is over.
local function run_dot(lines, text)
    lines.remember(text)
    local found, err = require("propolis.repl.dot").find(text)
    if not found then
        complain(err)
        return false
    end
    return perform(found) == true
end

-- Runs what starts with this line; true when the session is over.
local function step(lines, line)
    if not line:find("%S") then
        return false
    elseif line:find("^%s*%.%a") then
        return run_dot(lines, line)
    elseif chunk.is_sql(line) then
        run_sql(lines, line)
    else
        run_lua(lines, line)
    end
    return false
end

local function loop(lines)
    while true do
        local line, why = lines.line(prompt_of("_PROMPT", "> "))
        if why then
            io.write("\n")
        end
        if why == "eof" or line and step(lines, line) then return end
    end
end

--- Runs a session until Ctrl-D or .quit.
-- @param host { call = protected call, banner = boolean, store = URL or nil }
function repl.run(host)
    protected_call = host.call
    session.start(host.store)
    local lines = reader.open(host.call)
    if host.banner then
        print(("propolis %s  %s  .help explains"):format(host.version,
            _VERSION))
    end
    loop(lines)
    lines.close()
    session.close()
end

return repl
