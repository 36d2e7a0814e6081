--- search.json: entries for programs.  JSON in which nothing steers a terminal:
-- what would stands as \uXXXX, which is the same text to who reads JSON.
local cli = require "propolis.cli"
local json = require "propolis.json"
local session = require "propolis.search.session"

local as_json = {}

-- Controls past ASCII, marks that turn the direction of text, tags.
local UNSEEN = { { 0x7F, 0x9F }, { 0x61C, 0x61C }, { 0x200E, 0x200F },
    { 0x2028, 0x202E }, { 0x2066, 0x2069 }, { 0xFFF9, 0xFFFB },
    { 0xE0000, 0xE007F } }

local function escaped(character)
    local code = utf8.codepoint(character)
    for _, range in ipairs(UNSEEN) do
        if code >= range[1] and code <= range[2] then
            if code < 0x10000 then return ("\\u%04x"):format(code) end
            code = code - 0x10000
            return ("\\u%04x\\u%04x"):format(0xD800 + (code >> 10),
                0xDC00 + (code & 0x3FF))
        end
    end
end

--- A value as one line of JSON.
-- @param out has a method write; stdout when absent
function as_json.write(value, out)
    local text = cli.check(json.encode(value))
    if text:find("[\x7F\xC2\xD8\xE2\xEF\xF3]") then
        text = text:gsub("[\x7F\xC2\xD8\xE2\xEF\xF3][\x80-\xBF]*", escaped)
    end
    if out then return out:write(text, "\n") end
    cli.write(text, "\n")
    return cli.done()
end

--- What every entry has, as pairs for json.object.
function as_json.pairs(e)
    local list = { { "id", e.id }, { "ref", e.ref }, { "path", e.path },
        { "table", e.table }, { "kind", e.kind }, { "score", e.score },
        { "created", e.created }, { "author", e.author },
        { "agent", e.agent }, { "project", e.project } }
    if e.table == "sessions" then
        list[#list + 1] = { "session", session.id(e.path) }
    end
    return list
end

--- An entry with all that it says.
function as_json.entry(e, bound)
    local list = as_json.pairs(e)
    local m = e.m or {}
    for _, key in ipairs { "tool", "arguments", "command", "failed", "exit",
        "cwd", "subagent" } do
        list[#list + 1] = { key, m[key] }
    end
    list[#list + 1] = { "text", require("propolis.search.rows").text(e, bound) }
    return json.object(list)
end

return as_json
