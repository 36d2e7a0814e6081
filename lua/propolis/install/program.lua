--- propolis.install.program: our own program, as others can start it.
local sys = require "engine.sys"

local program = {}

--- Its path under a name that outlives an upgrade: the one on PATH when it is
-- the same file, else the file itself.
-- @return an absolute path, and whether PATH has it; or nil, err
function program.path()
    local exe, err = sys.readlink("/proc/self/exe")
    if not exe then return nil, err end
    exe = exe:gsub(" %(deleted%)$", "")
    local found = sys.which("propolis")
    if found and found:find("^/") and sys.realpath(found) == exe then
        return found, true
    end
    return exe, false
end

--- `word` as a POSIX shell, and a program that splits like one, reads it.
function program.quote(word)
    if word:find("^[%w/_.+@%%:,=-]+$") then return word end
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- What a person or a model types to start it, as a word of the shell.
function program.word()
    local path, known = program.path()
    return (not path or known) and "propolis" or program.quote(path)
end

return program
