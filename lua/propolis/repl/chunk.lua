--- What a typed text is: Lua, SQL or a dot-command, and whether it ends.
local chunk = {}

--- The words an SQL statement starts with.
chunk.VERBS = {}
for verb in ([[SELECT INSERT UPDATE DELETE CREATE ALTER DROP WITH EXPLAIN PRAGMA
    BEGIN COMMIT ROLLBACK VALUES SHOW]]):gmatch("%u+") do
    chunk.VERBS[verb] = true
end

local function unfinished(message)
    return message:find("<eof>'?$") ~= nil
end

--- Compiles a text: as an expression, "= expression" or statements.
-- @return function; or nil and "more" when it wants another line; or nil,
-- "error" and the message
function chunk.compile(text)
    local expression = text:match("^%s*=(.*)$")
    local f, err = load("return " .. (expression or text), "=stdin", "t")
    if f then
        return f
    elseif unfinished(err) then
        return nil, "more"
    elseif expression then
        return nil, "error", err
    end
    f, err = load(text, "=stdin", "t")
    if f then return f end
    return nil, unfinished(err) and "more" or "error", err
end

-- A verb that also parses as Lua: is it meant as Lua?
local function means_lua(word, rest)
    local next_char = rest:match("^%s*(.?)")
    if rawget(_G, word) == nil then
        return next_char:find("[=.:,]") ~= nil or rest:find("^%[") ~= nil
    elseif word == "select" and next_char:find("['\"]") then
        return rest:find("^%s*['\"]#") ~= nil
    end
    return true
end

--- Whether a text is SQL.  It starts with a verb, and either is no Lua, or
-- would only call or read a global that does not exist.
function chunk.is_sql(text)
    local word, rest = text:match("^%s*(%a+)(.*)$")
    if not word or not chunk.VERBS[word:upper()] or rest:find("^[%w_]") then
        return false
    end
    local f, why = chunk.compile(text)
    if not f and why == "error" then return true end
    return not means_lua(word, rest)
end

return chunk
