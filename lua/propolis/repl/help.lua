--- What .help says.
local cli = require "propolis.cli"

local help = {}

local INTRO = [[
Lua           runs; an expression shows its value, which is then _
SQL           runs on the store: SELECT path FROM memory
store         the open store;  schemas, propolis: what the names say
Tab           completes;  Ctrl-C stops a statement;  Ctrl-D leaves

]]

--- The command words, sorted.
function help.words()
    local words = {}
    for i, item in ipairs(cli.commands()) do
        words[i] = item.word
    end
    return words
end

local function overview(dots)
    local out, names = { INTRO }, {}
    for name in pairs(dots) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        local call = "." .. name .. " " .. dots[name][1]
        out[#out + 1] = ("%-18s%s\n"):format(call, dots[name][2])
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
            called = called and called:gsub(":", ".")
            if called and (called == name or called:match("[%w_]+$") == name)
            then
                comment[#comment + 1] = signature
                return table.concat(comment, "\n") .. "\n"
            end
            comment = {}
        end
    end
end

-- What scripts use comes first: a store of theirs has more comfort than ours.
local function in_meta(name)
    local sys = require "engine.sys"
    for _, folder in ipairs { "/lua/propolis/meta/propolis/",
        "/lua/propolis/meta/" } do
        for _, file in ipairs(sys.list(sys.root .. folder) or {}) do
            local text = sys.read(sys.root .. folder .. file)
            local found = text and described(text,
                (name:gsub(":", "."):gsub("^engine%.", "")
                    :gsub("^propolis%.(.*%.)", "%1")))
            if found then return found end
        end
    end
end

--- The text for .help, or .help NAME.
-- @param dots dot.commands
function help.about(name, dots)
    local bare = name:gsub("^%.", "")
    if name == "" then
        return overview(dots)
    elseif dots[bare] then
        return (".%s %s\n%s\n"):format(bare, dots[bare][1], dots[bare][2])
    end
    for _, item in ipairs(cli.commands()) do
        if item.word == name then
            return require("propolis.cli").usage_text(require(item.module))
        end
    end
    return in_meta(name) or ("nothing is called '%s'; try .help\n"):format(name)
end

return help
