--- Sends Ctrl-C to the program under test at a chosen moment.
--
--   local interrupted = require "interrupted"
--   local r = interrupted({ "-e", "print('up') ..." }, { home = dir })
--   assert.same({ 130, "up\n" }, { r.code, r.stdout })
local child = require "child"
local eventually = require "eventually"
local sys = require "engine.sys"
local tmp = require "tmp"

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function command(args, env, dir, home)
    local words = { "env", "-i", "-C", quote(home) }
    for name, value in pairs(env) do
        words[#words + 1] = value and quote(name .. "=" .. value) or nil
    end
    words[#words + 1] = quote(child.program)
    for _, arg in ipairs(args) do
        words[#words + 1] = quote(arg)
    end
    return ("%s <%s >%s 2>%s & echo $!; wait $!; echo $?"):format(
        table.concat(words, " "), quote(dir .. "/in"), quote(dir .. "/out"),
        quote(dir .. "/err"))
end

--- Runs propolis until it has printed "up", or opts.when() is true, sends it
-- SIGINT, with opts.again more of them until it is gone.
-- @param opts { home = PROPOLIS_HOME and working folder, env = more variables,
-- stdin =, when =, again = }
-- @return { code (130 also for the end by the signal), stdout, stderr }
return function(args, opts)
    local dir = tmp.dir()
    local env = child.env({ PROPOLIS_HOME = opts.home, HOME = opts.home },
        opts.env or {})
    tmp.write(dir .. "/in", opts.stdin or "")
    local pipe <close> = assert(io.popen(command(args, env, dir,
        opts.home)))
    local pid = pipe:read("l")
    eventually(opts.when or function()
        return (sys.read(dir .. "/out") or ""):find("up\n", 1, true)
    end, "the program never came to the point")
    local kill = ("kill -INT %s 2>/dev/null"):format(pid)
    os.execute(kill)
    if opts.again then
        eventually(function() return not os.execute(kill) end, "it goes on")
    end
    return { code = pipe:read("n"), stdout = assert(sys.read(dir .. "/out")),
        stderr = assert(sys.read(dir .. "/err")) }
end
