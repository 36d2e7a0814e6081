--- A program that stands for a coding agent which is asked for a summary: the
-- real ones need a model.  It keeps what it was given in a folder and prints an
-- answer.
local page = require "propolis.summary.page"
local sys = require "engine.sys"
local tmp = require "tmp"

local fake = {}

fake.answer = [[
Here is the entry.

# Session x
- **JSONL offset**: 9999

## What Happened
The retry test was repaired by a longer timeout.

## People
- alice – engineer – asked

## Entities
- retry.c – file – works

## Decisions & Reasoning
- three attempts rather than five

## Key Facts
- make test passed

## Files Modified
- src/retry.c (modified) – timeout

]] .. "## " .. page.headings[7] .. "\n- none\n"

local SCRIPT = [[
#!/bin/sh
cd=$(pwd)
out='DIR'
printf '%s\n' "$@" >"$out/args"
cat >"$out/stdin"
printf '%s\n' "$cd" >"$out/cwd"
stat -c '%a' "$cd" "$cd/session.md" >"$out/modes"
env >"$out/env"
cp session.md "$out/file"
echo junk >"$cd/junk"; mkdir "$cd/more"; ln -s / "$cd/more/root"
MORE
cat "$out/answer"
]]

--- Makes one.
-- @param more lines of the shell that it runs before it answers
-- @return { bin = the folder to be first in PATH, read(name) what it kept:
-- args, stdin, cwd, modes, env, file; answer(text) sets what it says }
function fake.new(name, more)
    local dir = tmp.dir()
    local script = SCRIPT:gsub("DIR", dir):gsub("MORE", ((more or "")
        :gsub("%%", "%%%%")))
    tmp.write(dir .. "/bin/" .. name, script, tonumber("755", 8))
    tmp.write(dir .. "/answer", fake.answer)
    return {
        bin = dir .. "/bin",
        read = function(what) return sys.read(dir .. "/" .. what) end,
        answer = function(text) tmp.write(dir .. "/answer", text) end,
    }
end

return fake
