--- Figures for make bench: whole processes, A and B interleaved in one run.
--
--   local figure = require "figure"
--   figure.title "start of the interpreter"
--   local runs = figure.runs(200, { { "lua5.4", f }, { program, f } })
--   figure.compare("lua5.4", runs[1], "propolis", runs[2], 4)
local sys = require "engine.sys"

local figure = {}

local out = assert(arg[1], "make bench runs this")

figure.program = assert(sys.realpath(out .. "/propolis"))
figure.floor = out .. "/bench/floor"
local timeit = out .. "/bench/timeit"

-- A new path in the bench's own folder, which goes away afterwards.
function figure.path(name)
    return ("%s/%s-%s"):format(os.getenv("TMPDIR"), sys.uuid(), name)
end

--- Writes text to a new file and returns its path.
function figure.file(name, text)
    local path = figure.path(name)
    assert(sys.replace(path, text))
    return path
end

local function parse(text, runs)
    for line in text:gmatch("[^\n]+") do
        local i, _, wall, cpu, memory = line:match(
            "^(%d+) (%d+) (%S+) (%S+) (%d+)")
        i = tonumber(i)
        local run = runs[i] or { wall = {}, cpu = {}, memory = {} }
        runs[i] = run
        run.wall[#run.wall + 1] = tonumber(wall)
        run.cpu[#run.cpu + 1] = tonumber(cpu)
        run.memory[#run.memory + 1] = tonumber(memory)
    end
end

-- The words that time the commands in turn, as often as rounds says.
local function timed(rounds, commands, input)
    local argv = { timeit, tostring(rounds), input or "/dev/null" }
    for i, command in ipairs(commands) do
        if i > 1 then argv[#argv + 1] = "::" end
        table.move(command, 1, #command, #argv + 1, argv)
    end
    return argv
end

-- Starts the words in $1 copies at once, each into a file of its own below $0.
local TOGETHER = 'n=$1; shift; for i in $(seq "$n"); do "$@" >"$0.$i" & done; '
    .. 'wait; for i in $(seq "$n"); do cat "$0.$i"; done'

--- Runs every command `rounds` times, taking turns.
-- @param options env = more variables; together = so many of these at once
-- @return per command { wall = {...}, cpu = {...}, memory = {...} }, sorted
function figure.runs(rounds, commands, input, options)
    options = options or {}
    local argv = timed(rounds, commands, input)
    if options.together then
        argv = table.move(argv, 1, #argv, 6, { "/bin/sh", "-c", TOGETHER,
            figure.path("together"), tostring(options.together) })
    end
    local done = assert(sys.run(argv, { env = options.env, max = 1 << 26 }))
    assert(done.code == 0, done.stderr .. done.stdout:sub(1, 500))
    local runs = {}
    parse(done.stdout, runs)
    for _, run in ipairs(runs) do
        for _, list in pairs(run) do table.sort(list) end
    end
    return runs
end

--- The value below which a share of a sorted list lies.
function figure.at(list, share)
    return list[math.max(1, math.ceil(#list * share))]
end

function figure.title(...)
    print("\n== " .. string.format(...))
end

function figure.say(...)
    print("   " .. string.format(...))
end

local function line(name, run)
    figure.say("%-12s median %8.2f ms   p99 %8.2f ms   cpu %7.2f ms"
        .. "   memory %5.1f MiB", name, figure.at(run.wall, 0.5) * 1e3,
        figure.at(run.wall, 0.99) * 1e3, figure.at(run.cpu, 0.5) * 1e3,
        figure.at(run.memory, 1) / 1024)
end

--- Prints both and how many times A the program B takes; most, if given, is
-- the median's ratio to reach.
function figure.compare(name_a, a, name_b, b, most)
    line(name_a, a)
    line(name_b, b)
    local ratio = figure.at(b.wall, 0.5) / figure.at(a.wall, 0.5)
    figure.say("ratio        median %8.2f      p99 %8.2f%s", ratio,
        figure.at(b.wall, 0.99) / figure.at(a.wall, 0.99),
        most and ("      to reach: at most %.1f: %s"):format(most,
            ratio <= most and "reached" or "MISSED") or "")
    return ratio
end

return figure
