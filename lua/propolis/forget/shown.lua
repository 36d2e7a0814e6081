--- shown: what a person sees of a finding before it is removed.  Whatever
-- stands in a row, it reaches the terminal inert.
local cli = require "propolis.cli"
local json = require "propolis.json"
local message = require "propolis.search.message"

local shown = {}

local EXAMPLES = 5
local NAMES = 10 -- of sessions or authors that are named
local WIDE = 100 -- columns of an example

-- The names of a set with how many rows each has, those with most first.
local function names(set)
    local list = {}
    for name, n in pairs(set) do list[#list + 1] = { name = name, n = n } end
    table.sort(list, function(a, b)
        return a.n > b.n or a.n == b.n and a.name < b.name
    end)
    return list
end

-- What a row says, in a few words on one line.
local function words(example)
    local row = example.row
    local text = row.summary or row.body or row.description or ""
    if row.message ~= nil then
        local m = message.of(row)
        text = m.kind .. ": " .. message.text(m, 200)
    elseif row.path then
        text = row.path .. ": " .. text
    end
    return cli.cut(cli.printable((text:sub(1, 2000):gsub("%s+", " "))), WIDE)
end

local function say_names(title, set)
    local list = names(set)
    if #list == 0 then return end
    cli.write(("%-9s %d\n"):format(title, #list))
    for i = 1, math.min(#list, NAMES) do
        cli.write(("          %s (%d)\n"):format(cli.printable(list[i].name),
            list[i].n))
    end
    if #list > NAMES then
        cli.write(("          and %d more\n"):format(#list - NAMES))
    end
end

--- Prints a finding of propolis.forget.look.
function shown.print(found)
    cli.write(cli.table(found.counts, { "rows", "table", "store" }))
    say_names("sessions", found.sessions)
    say_names("authors", found.authors)
    if found.first then
        cli.write(("dates     %s to %s\n"):format(cli.printable(found.first),
            cli.printable(found.last)))
    end
    for i = 1, math.min(#found.examples, EXAMPLES) do
        cli.write(("%s %s\n"):format(i == 1 and "for one  " or "         ",
            words(found.examples[i])))
    end
end

local function as_list(set)
    local list = {}
    for i, one in ipairs(names(set)) do
        list[i] = json.object { { "name", one.name }, { "rows", one.n } }
    end
    return json.array(list)
end

--- The same as pairs of json.object.
function shown.fields(found)
    local examples = {}
    for i = 1, math.min(#found.examples, EXAMPLES) do
        examples[i] = words(found.examples[i])
    end
    return {
        { "rows", found.count },
        { "tables", json.pick_all(found.counts,
            { "store", "table", "rows" }) },
        { "sessions", as_list(found.sessions) },
        { "authors", as_list(found.authors) },
        { "first", found.first or json.null },
        { "last", found.last or json.null },
        { "examples", json.array(examples) },
    }
end

return shown
