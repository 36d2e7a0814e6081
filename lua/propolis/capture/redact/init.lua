--- redact: text without secrets and private parts, ready for any store.
--
--   local redact = require("propolis.capture.redact").load(folder)
--   redact:text(s)     --> s as it may be stored
--   redact:value(v)    --> the same for every string of a decoded JSON value
--
-- Order: what no store takes (NUL, lone surrogates, bytes that are no UTF-8)
-- becomes U+FFFD; <private>...</private> goes, also unclosed to the end of its
-- text; secrets become [redacted:RULE]; what is then longer than max_text
-- loses its middle.  Other control characters stay: JSON escapes them.
--
-- What counts as a secret is data: the rules of propolis.capture.redact.tokens,
-- .services and .places, first match wins.  A user's redact.lua in the
-- configuration folder returns a list of such rules, which are asked first.
-- A rule is { id=, keywords={...}, ... }:
--   token (the default)  a keyword, then a run: set="A-Za-z0-9_-", min=, max=;
--       or parts={ {set=,min=,max=}, {literal="."}, ... }.  guard={"digit",
--       "letter","upper","lower"} asks for more.  keep=true leaves the keyword,
--       inside=true lets it stand inside a word, anycase=true says so,
--       before= is a set of what goes with it where it stands before, and
--       before_min= how much of that must; such a rule may have no parts.
--   kind="pair"  a keyword is a name: password=x, "password": "x",
--       --password x, <password>x</password>; also a JSON object's key.
--       min= is the shortest value, scheme=true leaves "Bearer ".  With
--       anywhere=true the name may go on after the keyword; set= or parts=
--       give the shape of the whole value.  line=true takes the whole line
--       of a header.  guard may also be "no_path", "random", "no_hash",
--       "weak" (a name with a word such as "public" or "id" holds none) and,
--       with it, "joined" (another word stands before the keyword).
--   kind="arg"   a keyword is an option, of the programs in parts (literals):
--       curl -u user:x.  after= is what the secret begins behind;
--       attached=true allows no blank before the value.
--   kind="url"   the password in scheme://user:password@host.
--   kind="pem"   a block that holds a private key.
--   kind="manifest"  the data of a Kubernetes Secret, below the keyword.
--   kind="span"  from a keyword to a closing word (parts of literals).
local engine = require "engine.redact"
local sys = require "engine.sys"

local redact = {}

--- Longest text that is kept whole, in bytes.
redact.max_text = 4 << 20

local PRIVATE = {
    { id = "private", kind = "span", inside = true,
      keywords = { "<private>", "\\u003cprivate\\u003e" },
      parts = {
        { literal = "</private>" }, { literal = "<\\/private>" },
        { literal = "\\u003c/private\\u003e" },
        { literal = "\\u003c\\/private\\u003e" },
      } },
}

local private -- the set of it, once a text may need it

-- The user's rules, or nothing and why they are ignored.
local function own_rules(path)
    local rules, err = sys.load_data(path)
    if err then
        return {}, err.code ~= "none" and tostring(err) or nil
    elseif type(rules) ~= "table" then
        return {}, path .. " must return a list of rules"
    end
    local ok
    ok, err = pcall(engine.new, rules)
    if not ok then return {}, ("%s: %s"):format(path, err) end
    return rules
end

-- A place near at where a character starts.
local function boundary(text, at)
    while at > 1 and (text:byte(at) or 0) & 0xC0 == 0x80 do
        at = at - 1
    end
    return at
end

local function cut(text)
    local limit = redact.max_text
    if #text <= limit then return text end
    local head = boundary(text, limit - limit // 4 + 1) - 1
    local tail = boundary(text, #text - limit // 4 + 1)
    return ("%s\n[propolis: %d bytes left out]\n%s"):format(text:sub(1, head),
        tail - head - 1, text:sub(tail))
end

-- An option that takes a secret, as an argument list has it: "--token".
local function option(v)
    return type(v) == "string" and v:match("^%-%-?([%w_-]+)$")
end

local Redactor = {}
Redactor.__index = Redactor

--- One text as it may be stored.
function Redactor:text(text)
    text = engine.storable(text)
    if text:find("<", 1, true) or text:find("\\u003", 1, true) then
        private = private or engine.new(PRIVATE)
        text = assert(private:mask(text))
    end
    return cut((assert(self.secrets:mask(text))))
end

--- What the rules find: list of { id=, first=, last= }.
function Redactor:find(text)
    return self.secrets:find(text)
end

-- The mask for a whole value below a name that says secret, or nil.
function Redactor:under(name, value)
    local id = type(value) == "string" and type(name) == "string"
        and self.secrets:named(name, value)
    return id and ("[redacted:%s]"):format(id)
end

--- A decoded JSON value, changed in place: every text as by text(), also
-- keys; whole values below a key, an option or a name that says secret.
function Redactor:value(v)
    if type(v) == "string" then
        return self:text(v)
    elseif type(v) ~= "table" then
        return v
    end
    local renamed
    local name = v.name or v.key or v.Name or v.Key
    for key, item in next, v do
        local masked = self:under(key, item)
            or (key == "value" or key == "Value") and self:under(name, item)
            or math.type(key) == "integer"
                and self:under(option(v[key - 1]), item)
        v[key] = masked or self:value(item)
        local clean = type(key) == "string" and self:text(key) or key
        if clean ~= key then
            renamed = renamed or {}
            renamed[key] = clean
        end
    end
    for key, clean in next, renamed or {} do
        v[key], v[clean] = nil, v[key]
    end
    return v
end

local LISTS = { "tokens", "services", "places" }

--- The shipped lists of rules, in the order in which they are asked.
function redact.shipped()
    local lists = {}
    for i, name in ipairs(LISTS) do
        lists[i] = require("propolis.capture.redact." .. name)
    end
    return lists
end

--- All shipped rules as one list.
function redact.shipped_rules()
    local rules = {}
    for _, list in ipairs(redact.shipped()) do
        table.move(list, 1, #list, #rules + 1, rules)
    end
    return rules
end

local FOLDER = "/lua/propolis/capture/redact/"

-- The shipped rules as make packed them, which are read much faster than their
-- lists; nil when one of the lists was changed since.
local function packed()
    local path = sys.lib .. FOLDER .. "rules.packed"
    local made = sys.stat(path)
    if not made then return nil end
    for _, name in ipairs(LISTS) do
        local source = sys.stat(sys.root .. FOLDER .. name .. ".lua")
        if not source or source.mtime > made.mtime then return nil end
    end
    return sys.read(path)
end

-- A set of the user's rules, then the shipped ones.
local function new_set(rules)
    local bytes = packed()
    if bytes then
        local ok, set = pcall(engine.new, rules, bytes)
        if ok then return set end
    end
    local shipped = redact.shipped_rules()
    return engine.new(table.move(shipped, 1, #shipped, #rules + 1, rules))
end

--- A redactor with the shipped rules and those of folder/redact.lua.
-- @return an object with text, value and find; and a sentence when the user's
-- rules are not well formed: the shipped ones hold all the same
function redact.load(folder)
    local rules, err = {}, nil
    if folder then
        rules, err = own_rules(folder .. "/redact.lua")
        rules = table.move(rules, 1, #rules, 1, {})
    end
    return setmetatable({ secrets = new_set(rules) }, Redactor), err
end

return redact
