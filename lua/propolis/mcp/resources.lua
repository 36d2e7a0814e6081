--- mcp.resources: summaries and notes as resources, their templates, and what
-- completes the variables in these.
--
-- A document at /summaries/ada/1.md is propolis://memory/summaries/ada/1.md;
-- any stored row is propolis://ref/REF.
local documents = require "propolis.mcp.documents"
local find = require "propolis.mcp.find"
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local rpc = require "propolis.mcp.rpc"
local versions = require "propolis.mcp.versions"

local resources = {}

local BASE = "propolis://memory"
local PAGE = 50       -- resources of a page
local TOKENS = 20000  -- of one that is read
local VALUES = 100    -- of a completion, as the protocol has it

local TEMPLATES = {
    { uriTemplate = BASE .. "/summaries/{user}/{session}.md", name = "summary",
        title = "Summary of a session", mimeType = "text/markdown",
        description = "What a session was about, did and left open" },
    { uriTemplate = BASE .. "/notes/{user}/{note}.md", name = "note",
        title = "Note", mimeType = "text/markdown",
        description = "A fact or decision that was kept on purpose" },
    { uriTemplate = "propolis://ref/{ref}", name = "row",
        title = "Stored row", description = "Whatever a ref of search names" },
}

local function encoded(path)
    return (path:gsub("[^%w/._~-]", function(c)
        return ("%%%02X"):format(c:byte())
    end))
end

local function decoded(uri)
    return (uri:gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
    end))
end

-- The store and the configuration, for reading; raises.
local function open(call)
    local conf, err = require("propolis.config").load()
    if not conf then rpc.fail(rpc.INTERNAL, err) end
    local opts = call.server.opts
    local store, why = require("propolis.cli.target").open({
        store = opts.store, remote = opts.remote }, "look",
        conf.query_timeout_ms)
    return store or rpc.fail(rpc.INTERNAL, tostring(why)), conf
end

-- The value; raises what a store could not do.
local function check(value, err)
    return value or rpc.fail(rpc.INTERNAL, tostring(err))
end

--- The URI of a document's path.
function resources.uri(path)
    return BASE .. encoded(path)
end

local function resource_of(row, version)
    local date = row.last_update_date or ""
    local is_date = date:find("^%d%d%d%d%-%d%d%-%d%dT[%d:.]+Z$")
    local newer = versions.has(version, "links")
    return { uri = resources.uri(row.path),
        name = recalled.short(row.filename ~= "" and row.filename or row.path,
            120),
        title = newer and recalled.short(row.description, 120) or nil,
        description = ("by \"%s\" in \"%s\": \"%s\""):format(
            recalled.short(row.author), recalled.short(row.project),
            recalled.short(row.description, 300)),
        mimeType = "text/markdown",
        annotations = newer and is_date and { lastModified = date } or nil }
end

--- resources/list.
function resources.list(params, call)
    local cursor = require "propolis.mcp.cursor"
    local place = cursor.read(params.cursor, "resources/list")
        or rpc.fail(rpc.PARAMS, "the cursor is none of this list")
    local store <close>, conf = open(call)
    local list = check(documents.list(store, conf, "/", PAGE + 1, place))
    local out = json.array()
    for i = 1, math.min(#list, PAGE) do
        out[i] = resource_of(list[i], call.version)
    end
    return { resources = out, nextCursor = #list > PAGE
        and cursor.make(place + PAGE, "resources/list") or nil }
end

--- resources/templates/list.
function resources.templates(params, call)
    if params.cursor ~= nil then
        rpc.fail(rpc.PARAMS, "the cursor is none of this list")
    end
    local out = json.array()
    for i, one in ipairs(TEMPLATES) do
        local copy = {}
        for key, value in pairs(one) do
            copy[key] = (key ~= "title" or versions.has(call.version,
                "structured")) and value or nil
        end
        out[i] = copy
    end
    return { resourceTemplates = out }
end

-- The entry of a URI; raises.
local function entry_of(store, conf, uri, call)
    local path = uri:match("^" .. BASE:gsub("%p", "%%%0") .. "(/.+)$")
    local ref = uri:match("^propolis://ref/(.+)$")
    local e
    if path then
        e = find.document(store, conf, decoded(path))
    elseif ref then
        e = find.any(store, conf, decoded(ref))
    end
    if e and not e.session then return e end
    rpc.fail(versions.is_stateless(call.version) and rpc.PARAMS
        or rpc.NO_RESOURCE, "Resource not found", { uri = uri })
end

--- resources/read.
function resources.read(params, call)
    local uri = params.uri
    if type(uri) ~= "string" then
        rpc.fail(rpc.PARAMS, "params.uri must be a string")
    end
    local store <close>, conf = open(call)
    local e = entry_of(store, conf, uri, call)
    local lines, more = recalled.lines(require("propolis.search.rows").text(e,
        1 << 20), 0, TOKENS)
    local parts = { recalled.notice, recalled.head(e), recalled.quote(lines) }
    if more then
        parts[4] = ("It goes on: the tool `read` with ref = \"%s\" has all of"
            .. " it."):format(recalled.path(e.path))
    end
    return { contents = json.array { { uri = uri, mimeType = "text/markdown",
        text = table.concat(parts, "\n") } } }
end

-- Completion ------------------------------------------------------------------

-- The paths that a template's variable is completed from, and which part of
-- them it is.
local PARTS = {
    [TEMPLATES[1].uriTemplate] = { "/summaries/", user = 1, session = 2 },
    [TEMPLATES[2].uriTemplate] = { "/notes/", user = 1, note = 2 },
}

-- The values of one part of the paths, newest first, that begin so.
local function values_of(list, from, part, value)
    local out, seen = {}, {}
    for _, row in ipairs(list) do
        local user, name = row.path:sub(#from + 1):match("^([^/]+)/(.+)%.md$")
        local one = part == 1 and user or name
        if one and one:sub(1, #value) == value and not seen[one] then
            seen[one], out[#out + 1] = true, require("engine.text").utf8(one)
        end
    end
    return out
end

-- The template and the variable that are asked about; raises.
local function variable_of(params)
    local ref, argument = params.ref, params.argument
    if not rpc.is_object(ref or false) or not rpc.is_object(argument or false)
        or type(argument.name) ~= "string" or type(argument.value) ~= "string"
    then
        rpc.fail(rpc.PARAMS, "params must have ref, and argument with name and"
            .. " value")
    elseif ref.type ~= "ref/resource" or type(ref.uri) ~= "string" then
        rpc.fail(rpc.PARAMS, "only resource templates are completed:"
            .. " ref.type must be ref/resource")
    end
    for _, template in ipairs(TEMPLATES) do
        if template.uriTemplate == ref.uri and ref.uri:find("{"
            .. argument.name .. "}", 1, true) then
            return PARTS[ref.uri], argument
        end
    end
    rpc.fail(rpc.PARAMS, "there is no such template, or no such variable in it")
end

--- completion/complete.
function resources.complete(params, call)
    local parts, argument = variable_of(params)
    local found = {}
    if parts then
        local context = rpc.is_object(params.context or false)
            and params.context.arguments
        local user = rpc.is_object(context or false) and context.user
        local part = parts[argument.name]
        local prefix = parts[1]
        if part == 1 then
            prefix = prefix .. argument.value
        elseif type(user) == "string" then
            prefix = prefix .. user .. "/" .. argument.value
        end
        local store <close>, conf = open(call)
        found = values_of(check(documents.list(store, conf, prefix, 1000, 0)),
            parts[1], part, argument.value)
    end
    return { completion = { values = json.array(table.move(found, 1,
        math.min(#found, VALUES), 1, {})), total = #found,
        hasMore = #found > VALUES } }
end

return resources
