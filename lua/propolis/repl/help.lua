--- What .help says.
local help = {}

local INTRO = [[
Lua           runs; an expression shows its value, which is then _
SQL           runs on the store: SELECT path FROM memory
store         the open store;  schemas, propolis: what the names say
Tab           completes;  Ctrl-C stops a statement;  Ctrl-D leaves

]]

local function folder()
    local here = assert(package.searchpath("propolis.repl.help", package.path))
    return here:match("^(.*)/repl/help%.lua$")
end

--- The command words, sorted.
function help.words()
    local words = {}
    local files = require("engine.sys").list(folder() .. "/commands") or {}
    for _, file in ipairs(files) do
        local name = file:match("^([%w_]+)%.lua$")
        if name then
            words[#words + 1] = (name:gsub("_", "-"))
        end
    end
    return words
end

local function overview(commands)
    local out, names = { INTRO }, {}
    for name in pairs(commands) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        local call = "." .. name .. " " .. commands[name][1]
        out[#out + 1] = ("%-18s%s\n"):format(call, commands[name][2])
    end
    out[#out + 1] = "\n.help NAME explains a command (" ..
        table.concat(help.words(), ", ") .. ") or a function (sys.read).\n"
    return table.concat(out)
end

-- The description of a function in one of our LuaCATS files.
local function described(text, name)
    local comment = {}
    for line in text:gmatch("[^\n]*") do
        if line:find("^%-%-") then
            comment[#comment + 1] = line
        else
            local signature = line:match("^function (.*) end$")
            local called = signature and signature:match("^[%w_.:]+")
            if called and (called == name or called:match("[%w_]+$") == name)
            then
                comment[#comment + 1] = signature
                return table.concat(comment, "\n") .. "\n"
            end
            comment = {}
        end
    end
end

local function in_meta(name)
    local sys = require "engine.sys"
    for _, file in ipairs(sys.list(folder() .. "/meta") or {}) do
        local text = sys.read(folder() .. "/meta/" .. file)
        local found = text and described(text, name:gsub("^engine%.", ""))
        if found then
            return found
        end
    end
end

--- The text for .help, or .help NAME.
-- @param commands dot.commands
function help.about(name, commands)
    local bare = name:gsub("^%.", "")
    if name == "" then
        return overview(commands)
    elseif commands[bare] then
        return (".%s %s\n%s\n"):format(bare, commands[bare][1],
            commands[bare][2])
    end
    for _, word in ipairs(help.words()) do
        if word == name then
            local found = require("propolis.commands." .. word:gsub("-", "_"))
            return (found.usage:gsub("%s*$", "\n"))
        end
    end
    return in_meta(name) or ("nothing is called '%s'; try .help\n"):format(name)
end

return help
