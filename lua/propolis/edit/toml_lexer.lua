--- propolis.edit.toml_lexer: the tokens of a TOML text: blanks, strings, keys.
-- Pure.  Each takes a state { text =, at = position } and moves it on; what
-- does not fit fails by try.check with a sentence that names the line.
local edit_text = require "propolis.edit.text"

local lex = {}

--- Fails with a sentence about a place.
function lex.fail(state, at, what)
    edit_text.fail(state.text, at, what)
end

--- Fails for a character that may stand nowhere in TOML.
function lex.check(state)
    local text = state.text
    local whole, bad = utf8.len(text)
    if not whole then lex.fail(state, bad, "not UTF-8") end
    bad = text:find("[\0-\8\11\12\14-\31\127]")
    if bad then lex.fail(state, bad, "a control character") end
    bad = text:find("\r[^\n]") or text:find("\r$")
    if bad then lex.fail(state, bad, "a CR without its LF") end
end

--- Skips blanks.
function lex.blanks(state)
    state.at = state.text:match("^[ \t]*()", state.at)
end

--- Skips blanks, line ends and comments, as arrays may have them.
function lex.space(state)
    local text = state.text
    repeat
        local before = state.at
        state.at = text:match("^[ \t\r\n]*()", state.at)
        state.at = text:match("^#[^\n]*()", state.at) or state.at
    until state.at == before
end

local escapes = {
    b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", e = "\27",
    ['"'] = '"', ["\\"] = "\\",
}

local function escape(state, out)
    local text, at = state.text, state.at
    local c = text:sub(at + 1, at + 1)
    if escapes[c] then
        out[#out + 1] = escapes[c]
        state.at = at + 2
        return
    end
    local hex = c == "u" and text:match("^%x%x%x%x", at + 2)
        or c == "U" and text:match("^%x%x%x%x%x%x%x%x", at + 2)
        or c == "x" and text:match("^%x%x", at + 2)
    local code = hex and tonumber(hex, 16)
    if not code or code > 0x10FFFF or code >= 0xD800 and code <= 0xDFFF then
        lex.fail(state, at, "an invalid escape")
    end
    out[#out + 1] = utf8.char(code)
    state.at = at + 2 + #hex
end

local function basic(state, close)
    local text, from, out = state.text, state.at, {}
    state.at = from + #close
    if #close == 3 then
        state.at = text:match("^\r?\n()", state.at) or state.at
    end
    while true do
        local stop = text:find('["\\\n]', state.at)
        if not stop then lex.fail(state, from, "an unterminated string") end
        out[#out + 1] = text:sub(state.at, stop - 1)
        state.at = stop
        local c = text:sub(stop, stop)
        if text:sub(stop, stop + #close - 1) == close then
            -- Up to two quotes may stand right before the closing three.
            local extra = #close == 3 and text:match('^"""("?"?)', stop) or ""
            out[#out + 1] = extra
            state.at = stop + #close + #extra
            return table.concat(out)
        elseif c == "\\" then
            local joined = #close == 3 and text:match("^\\[ \t]*\r?\n%s*()",
                stop)
            if joined then state.at = joined else escape(state, out) end
        elseif c == "\n" and #close == 1 then
            lex.fail(state, from, "an unterminated string")
        else
            out[#out + 1] = c
            state.at = stop + 1
        end
    end
end

local function literal(state, close)
    local text, from = state.text, state.at
    local start = from + #close
    local stop = text:find(close, start, true)
    local body = stop and text:sub(start, stop - 1)
    if not stop or #close == 1 and body:find("\n") then
        lex.fail(state, from, "an unterminated string")
    end
    local extra = #close == 3 and text:match("^'''('?'?)", stop) or ""
    state.at = stop + #close + #extra
    return (body .. extra):gsub("^\r?\n", "", #close == 3 and 1 or 0)
end

--- Reads a string of any of the four kinds, or of the two single-line ones.
function lex.text_at(state, single_line)
    local text, at = state.text, state.at
    local quote = text:sub(at, at)
    local close = quote
    if text:sub(at, at + 2) == quote:rep(3) then
        if single_line then lex.fail(state, at, "a key was expected") end
        close = quote:rep(3)
    end
    return ((quote == '"' and basic or literal)(state, close))
end

--- Reads a dotted key: { "a", "b c" }.
function lex.key_at(state)
    local path = {}
    while true do
        lex.blanks(state)
        local at = state.at
        local bare = state.text:match("^[%w_-]+", at)
        if bare then
            path[#path + 1] = bare
            state.at = at + #bare
        elseif state.text:match("^[\"']", at) then
            path[#path + 1] = lex.text_at(state, true)
        else
            lex.fail(state, at, "a key was expected")
        end
        lex.blanks(state)
        if state.text:sub(state.at, state.at) ~= "." then return path end
        state.at = state.at + 1
    end
end

return lex
