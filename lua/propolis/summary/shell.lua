--- shell: the files that a command line changes, as far as that is plain.
-- Pure.
local shell = {}

local find, gsub, match = string.find, string.gsub, string.match

-- A word that is a file's name and nothing that the shell would make one of.
local function is_file(word)
    return word and word ~= "" and not find(word, "[$`*?{}()<>&|\"'\\~!]")
        and not find(word, "^%-") and not find(word, "^/dev/")
        and not find(word, "/$") and not find(word, "^%d*$")
end

local function add(list, path, how)
    if is_file(path) then
        list[#list + 1] = { path = path, how = how }
    end
end

-- The words that are no options.
local function operands(words, from)
    local list = {}
    for i = from, #words do
        if find(words[i], "^[<>]") then break end
        if not find(words[i], "^%-") then list[#list + 1] = words[i] end
    end
    return list
end

local RULES = {
    rm = function(list, names)
        for _, name in ipairs(names) do add(list, name, "deleted") end
    end,
    mv = function(list, names)
        if #names == 2 then
            add(list, names[1], "deleted")
            add(list, names[2], "new")
        end
    end,
    cp = function(list, names)
        if #names == 2 then add(list, names[2], "new") end
    end,
    touch = function(list, names)
        for _, name in ipairs(names) do add(list, name, "new") end
    end,
    tee = function(list, names)
        for _, name in ipairs(names) do add(list, name, "modified") end
    end,
}

-- What one simple command changes.
local function simple(list, part)
    local words = {}
    for word in part:gmatch("%S+") do
        words[#words + 1] = word
    end
    local at = words[1] == "sudo" and 2 or 1
    if words[at] == "git" and (words[at + 1] == "rm"
        or words[at + 1] == "mv") then
        at = at + 1
    end
    local rule = RULES[words[at]]
    if rule then
        rule(list, operands(words, at + 1))
    elseif words[at] == "sed" and find(part, " %-i") then
        local names = operands(words, at + 1)
        for i = 2, #names do add(list, names[i], "modified") end
    end
    for mark, name in part:gmatch("%f[>%d](%d?>>?)%s*([^%s>&|;]+)") do
        if mark ~= "2>" and mark ~= "2>>" then
            add(list, name, find(mark, ">>", 1, true) and "modified" or "new")
        end
    end
end

--- The files that a command line changes: a list of { path =, how = "new",
-- "modified" or "deleted" }.  What the shell would expand, quote or compute is
-- left out, and all that stands in a here-document.
function shell.changes(command)
    local list = {}
    if not find(command, "[>]") and not find(command, "%f[%a]rm%f[%A]")
        and not find(command, "%f[%a]mv%f[%A]")
        and not find(command, "%f[%a]cp%f[%A]")
        and not find(command, "touch") and not find(command, "tee")
        and not find(command, "sed") then
        return list
    end
    if find(command, "<<", 1, true) then
        command = match(command, "^[^\n]*")
        command = gsub(command, "<<%-?%s*['\"]?[%w_]+['\"]?", "")
    end
    command = gsub(command, "'[^']*'", '"')
    command = gsub(command, '"[^"]*"', '"')
    command = gsub(command, "[<>]%(", "(")
    command = gsub(command, "%d?>&%d?%-?", "")
    command = gsub(command, "&>", ">")
    for part in command:gmatch("[^;|&\n]+") do
        simple(list, part)
    end
    return list
end

return shell
