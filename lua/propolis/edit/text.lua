--- propolis.edit.text: what the editors of JSON, TOML, YAML and Markdown share.
-- Pure.
local edit = {}

--- The line on which a byte stands.
function edit.line(text, at)
    local _, count = text:sub(1, at - 1):gsub("\n", "")
    return count + 1
end

--- The line end that the text uses.
function edit.newline(text)
    return text:match("\r?\n") or "\n"
end

--- The text with the bytes from..to replaced.
function edit.splice(text, from, to, with)
    return text:sub(1, from - 1) .. with .. text:sub(to + 1)
end

--- `text` in double quotes; control characters by `escape`, a format.
function edit.quote(text, escape)
    return '"' .. text:gsub('[%c"\\\127]', function(c)
        if c == '"' or c == "\\" then return "\\" .. c end
        return escape:format(c:byte())
    end) .. '"'
end

return edit
