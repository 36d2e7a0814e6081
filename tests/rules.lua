--- The rules of the house that no other tool checks.
--
--     build/release/propolis tests/rules.lua RULE [OBJECTS]
--
-- Prints every breach; what stays silent is in order.
--
--   includes    a C file includes only what its room may use
--   circles     no C files below bind/ need one another; OBJECTS is the folder
--               of their objects, build/release/obj
--   functions   no Lua function is longer than 40 lines
--   folders     no X.lua beside X/; a folder that is required has an init.lua
--   small       files of at most 20 lines: for people to read, no breach

local MOST_LINES = 40
local SMALL = 20

local function lines_of(command)
    local pipe <close> = assert(io.popen(command))
    local list = {}
    for line in pipe:lines() do
        list[#list + 1] = line
    end
    return list
end

local function read(path)
    local file <close> = assert(io.open(path))
    return file:read("a")
end

local function exists(path)
    local file <close> = io.open(path)
    return file ~= nil
end

local rules = {}

-- ---- includes ----

-- What each room may use besides itself.
local ROOMS = {
    core = {},
    os = { "core" },
    redact = { "core" },
    search = { "core", "os", "redact" },
    db = { "core", "os", "redact" },
    http = { "core", "os", "redact" },
    serve = { "core", "os", "redact" },
    bind = { "core", "os", "redact", "search", "db", "http", "serve" },
}

-- The one arrow between two rooms of the same height.
local SIDEWAYS = { serve = "db/pg_query.h" }

local function may_include(room, header)
    local target = header:match("^(%w+)/")
    if not ROOMS[room] or target == room or SIDEWAYS[room] == header then
        return true
    end
    for _, name in ipairs(ROOMS[room]) do
        if name == target then return true end
    end
    return false
end

function rules.includes()
    for _, path in ipairs(lines_of "find engine -name '*.[ch]' | sort") do
        local room = path:match("^engine/(%w+)/")
        if room and not ROOMS[room] then
            print(path .. ": tests/rules.lua does not know this room")
        end
        for header in read(path):gmatch('#include "([^"]+)"') do
            if not may_include(room, header) then
                print(("%s: %s/ may not use %s"):format(path, room, header))
            end
        end
    end
end

-- ---- circles ----

-- For each object which symbols it needs, and for each symbol who has it.
local function symbols(objects)
    local needs, owner = {}, {}
    for _, path in ipairs(lines_of("find " .. objects
        .. "/engine -mindepth 2 -name '*.o' ! -path '*/bind/*' | sort")) do
        local name = path:match("(engine/.*)%.o$") .. ".c"
        if exists(name) then -- not what an older tree has left behind
            needs[name] = {}
            for _, line in ipairs(lines_of("nm -g " .. path)) do
                local kind, symbol = line:match("(%a) ([%w_.]+)$")
                if kind == "U" then
                    table.insert(needs[name], symbol)
                elseif kind then
                    owner[symbol] = name
                end
            end
        end
    end
    return needs, owner
end

-- Whether to can be reached from from; the way there, from its end.
local function way(needs, owner, from, to, seen)
    for _, symbol in ipairs(needs[from]) do
        local step = owner[symbol]
        if step == to then
            return { ("%s (%s)"):format(to, symbol) }
        elseif step and not seen[step] then
            seen[step] = true
            local rest = way(needs, owner, step, to, seen)
            if rest then
                table.insert(rest, ("%s (%s)"):format(step, symbol))
                return rest
            end
        end
    end
    return nil
end

function rules.circles(objects)
    local needs, owner = symbols(objects)
    assert(next(needs), "no objects in " .. objects .. ": make program")
    local told = {}
    for _, name in ipairs(lines_of "find engine -name '*.c' | sort") do
        local circle = needs[name] and not told[name]
            and way(needs, owner, name, name, { [name] = false })
        if circle and #circle > 1 then
            local text = { name }
            for i = #circle, 1, -1 do
                text[#text + 1] = circle[i]
                told[circle[i]:match("^%S+")] = true
            end
            print("a circle: " .. table.concat(text, " -> "))
        end
    end
end

-- ---- functions ----

local LONG = { "^%-%-%[(=*)%[.-%]%1%]", "^%[(=*)%[.-%]%1%]" }
local SHORT = { "^%-%-[^\n]*", '^"[^"\\\n]*"', "^'[^'\\\n]*'" }

-- Where the comment or string at from ends, or nil.
local function skip(text, from)
    for _, pattern in ipairs(LONG) do
        local _, stop = text:find(pattern, from)
        if stop then return stop end
    end
    for _, pattern in ipairs(SHORT) do
        local _, stop = text:find(pattern, from)
        if stop then return stop end
    end
    local quote = text:match("^[\"']", from)
    while quote do -- a string with escapes
        local at = text:find("[\\" .. quote .. "]", from + 1)
        if text:sub(at, at) == quote then return at end
        from = at + 1
    end
    return nil
end

local OPENS = { ["function"] = true, ["if"] = true, ["do"] = true,
    ["repeat"] = true }

-- Calls each(word, position) for every word outside of comments and strings.
local function each_word(text, each)
    local at = 1
    while at <= #text do
        local stop = skip(text, at)
        local word = not stop and text:match("^[%a_][%w_]*", at)
        if word then
            each(word, at)
        end
        at = stop and stop + 1 or at + (word and #word or 1)
    end
end

local function check_functions(path)
    local text = read(path)
    local open, line, counted = {}, 1, 1
    each_word(text, function(word, at)
        local _, breaks = text:sub(counted, at):gsub("\n", "")
        line, counted = line + breaks, at + 1
        if OPENS[word] then
            table.insert(open, { word = word, line = line })
        elseif word == "end" or word == "until" then
            local block = assert(table.remove(open), path)
            local lines = line - block.line + 1
            if block.word == "function" and lines > MOST_LINES then
                print(("%s:%d: a function of %d lines, not %d"):format(path,
                    block.line, lines, MOST_LINES))
            end
        end
    end)
    assert(#open == 0, path .. ": tests/rules.lua cannot read it")
end

function rules.functions()
    for _, path in ipairs(lines_of(
        "find lua -name '*.lua' ! -path '*/meta/*' | sort")) do
        check_functions(path)
    end
end

-- ---- folders ----

function rules.folders()
    local folders = {}
    for _, path in ipairs(lines_of "find lua -mindepth 1 -type d | sort") do
        folders[path] = true
        if exists(path .. ".lua") then
            print(("%s.lua stands beside %s/: make it %s/init.lua"):format(path,
                path, path))
        end
    end
    for _, path in ipairs(lines_of "find lua -name '*.lua' | sort") do
        for module in read(path):gmatch('require%s*%(?%s*"([%w_.]+)"') do
            local folder = "lua/" .. module:gsub("%.", "/")
            if folders[folder] and not exists(folder .. "/init.lua")
                and not exists(folder .. ".lua") then
                print(("%s: %s/ has no init.lua"):format(path, folder))
            end
        end
    end
end

function rules.small()
    for _, path in ipairs(lines_of(
        "find engine lua ! -path '*/meta/*' ! -name '*.h' -type f | sort")) do
        local _, lines = read(path):gsub("\n", "")
        if lines <= SMALL then
            print(("%s: %d lines"):format(path, lines))
        end
    end
end

local rule = assert(rules[arg[1]], "which rule?")
rule(arg[2])
