--- Where the REPL's lines come from: a terminal with keys and history, or
-- plain standard input.
local reader = {}

local MAX_LINES = 1000

local function history_file()
    local ok, path = pcall(function()
        local sys = require "engine.sys"
        local state = require("propolis.config").paths().state
        assert(sys.mkdir(state))
        return state .. "/history"
    end)
    return ok and path or nil
end

-- The remembered lines, oldest first; the file is cut when it grew long.
local function load_history(path)
    local sys, lines = require "engine.sys", {}
    for line in (sys.read(path) or ""):gmatch("[^\n]+") do
        lines[#lines + 1] = line
    end
    local extra = #lines - MAX_LINES
    if extra > 0 then
        lines = table.move(lines, extra + 1, #lines, 1,
            { n = MAX_LINES })
        sys.replace(path, table.concat(lines, "\n") .. "\n", 384) -- 0600
    end
    return lines
end

-- A chunk of several lines as one, where that means the same.
local function folded(text)
    if text:find("--", 1, true) or text:find("[[", 1, true)
        or text:find("[=", 1, true) or text:find("\\\n", 1, true) then
        return nil
    end
    return (text:gsub("%s*\n%s*", " "))
end

local function terminal(editor)
    local sys = require "engine.sys"
    local path = history_file()
    local last
    for _, line in ipairs(path and load_history(path) or {}) do
        editor:remember(line)
        last = line
    end
    local function keep(line)
        if line == last or not line:find("%S") or line:find("%c") then
            return
        end
        last = line
        editor:remember(line)
        if path then
            sys.append(path, line .. "\n")
        end
    end
    return {
        line = function(prompt) return editor:line(prompt) end,
        remember = function(text)
            local whole = folded(text)
            for line in (whole or text):gmatch("[^\n]+") do
                keep(line)
            end
        end,
        close = function()
            editor:close()
        end,
    }
end

-- call hears Ctrl-C, which then ends the read with nothing.
local function plain(call)
    return {
        line = function(prompt)
            local ok, line, err = call(function()
                io.write(prompt)
                io.flush()
                return io.read("l")
            end)
            if not ok or (not line and err) then return nil, "interrupt" end
            return line, not line and "eof" or nil
        end,
        remember = function() end,
        close = function() end,
    }
end

--- A reader: line(prompt) -> text, or nil and "eof" or "interrupt";
-- remember(text) puts it into the history; close().
-- @param call the host's protected call
function reader.open(call)
    local sys = require "engine.sys"
    if not (sys.isatty(0) and sys.isatty(1)) then return plain(call) end
    local ok, edit = pcall(require, "engine.edit")
    local editor, err
    if ok then
        local complete = require "propolis.repl.complete"
        editor, err = edit.open(complete.key)
    end
    if not editor then
        io.stderr:write("propolis: no line editing: ",
            tostring(err or edit):match("^[^\n]*"), "\n")
        return plain(call)
    end
    return terminal(editor)
end

return reader
