--- propolis.edit.yaml_lexer: values of a YAML text that end by themselves:
-- quoted text, flow collections, block text.  Pure.  Each takes a state
-- { lines = list } and a place; what does not fit fails by try.check with a
-- sentence that names the line.
local try = require "propolis.try"

local lex = {}

--- Fails with a sentence about a line.
function lex.fail(line, what)
    try.check(nil, ("line %d: %s"):format(line, what))
end

local escapes = {
    ["0"] = "\0", a = "\a", b = "\b", t = "\t", n = "\n", v = "\v", f = "\f",
    r = "\r", e = "\27", [" "] = " ", ['"'] = '"', ["/"] = "/", ["\\"] = "\\",
    ["\t"] = "\t",
}

local function unescape(body, line)
    return (body:gsub("\\(.)(%x?%x?%x?%x?%x?%x?%x?%x?)", function(c, hex)
        local size = c == "x" and 2 or c == "u" and 4 or c == "U" and 8
        if not size then
            if not escapes[c] then lex.fail(line, "an unknown escape") end
            return escapes[c] .. hex
        end
        local code = #hex >= size and tonumber(hex:sub(1, size), 16)
        if not code or code > 0x7FFFFFFF then
            lex.fail(line, "an invalid escape")
        end
        return utf8.char(code) .. hex:sub(size + 1)
    end))
end

--- Where the quoted text that starts at (n, col) ends: line and column after.
function lex.quoted_end(state, n, col)
    local quote = state.lines[n]:sub(col, col)
    local from, line = n, state.lines[n]
    col = col + 1
    while true do
        local at = line:find(quote == '"' and '["\\]' or "'", col)
        if not at then
            n = n + 1
            line, col = state.lines[n], 1
            if not line then lex.fail(from, "an unterminated string") end
        elseif line:sub(at, at) == "\\" then
            col = at + 2
        elseif quote == "'" and line:sub(at + 1, at + 1) == "'" then
            col = at + 2
        else
            return n, at + 1
        end
    end
end

--- The node of a quoted text, and the column after it; its value only when it
-- stands on one line.
function lex.quoted(state, n, col)
    local last, stop = lex.quoted_end(state, n, col)
    local node = { kind = "scalar", first = n, last = last, quoted = true }
    if last == n then
        local body = state.lines[n]:sub(col + 1, stop - 2)
        if state.lines[n]:sub(col, col) == '"' then
            node.value = unescape(body, n)
        else
            node.value = body:gsub("''", "'")
        end
    end
    return node, stop
end

--- A flow collection is read only far enough to know where it ends.
function lex.flow(state, n, col)
    local node = { kind = "flow", first = n, empty = true }
    local open, from = {}, n
    while true do
        local line = state.lines[n]
        if not line then lex.fail(from, "an unterminated list or map") end
        local c = line:sub(col, col)
        if c == "" or c == "#" and line:sub(col - 1, col - 1):find("^%s?$") then
            n, col = n + 1, 1
        elseif c == '"' or c == "'" then
            n, col = lex.quoted_end(state, n, col)
            node.empty = false
        elseif c == "[" or c == "{" then
            if #open > 0 then node.empty = false end
            open[#open + 1] = c == "[" and "]" or "}"
            col = col + 1
        elseif c == "]" or c == "}" then
            if open[#open] ~= c then
                lex.fail(n, ("%s has no start"):format(c))
            end
            open[#open] = nil
            col = col + 1
            if #open == 0 then
                node.last = n
                return node, col
            end
        else
            if not c:find("%s") then node.empty = false end
            col = col + 1
        end
    end
end

--- The node of a block text below a line of that indentation.
function lex.block_scalar(state, n, indent)
    local last = n
    local from = n
    n = n + 1
    while state.lines[n] do
        local line = state.lines[n]
        if line:find("%S") then
            if #line:match("^ *") <= indent then break end
            last = n
        end
        n = n + 1
    end
    return { kind = "scalar", first = from, last = last }
end

return lex
