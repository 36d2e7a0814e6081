--- mcp.tools: the tools, one file each in this folder, called what the tool
-- is.
--
-- A tool is { title =, description =, input = JSON schema (see
-- propolis.mcp.input), output = JSON schema, writes = whether it does, list =
-- the field of its answer that is empty when nothing is stored yet, or nil,
-- run = function(ask) }.  ask is made here, see below; run returns { text =,
-- data = what the output schema says, links = list of resources or nil }, or
-- nil and a sentence that tells the model what to do instead.
local json = require "propolis.json"
local pcall = require("engine.sys").pcall -- Ctrl-C goes on up
local rpc = require "propolis.mcp.rpc"
local sys = require "engine.sys"
local versions = require "propolis.mcp.versions"

local tools = {}

--- Seconds of a call before its progress is told.  A client that gets progress
-- and answer at once may take the answer first, and then not know the token.
tools.quiet = 0.5

local FOLDER = sys.root .. "/lua/propolis/mcp/tools"

--- The tools' names, sorted.
function tools.names()
    local names = {}
    for _, file in ipairs(assert(sys.list(FOLDER))) do
        local name = file:match("^([%l_]+)%.lua$")
        names[#names + 1] = name ~= "init" and name or nil
    end
    return names
end

local function load_tool(name)
    for _, known in ipairs(tools.names()) do
        if known == name then return require("propolis.mcp.tools." .. name) end
    end
end

-- A tool as tools/list shows it.
local function described(name, version)
    local tool = load_tool(name)
    local has = versions.has
    return json.object {
        { "name", name },
        { "title", has(version, "structured") and tool.title or nil },
        { "description", tool.description },
        { "inputSchema", tool.input },
        { "outputSchema", has(version, "structured") and tool.output or nil },
        { "annotations", has(version, "annotations") and json.object {
            { "title", tool.title }, { "readOnlyHint", not tool.writes },
            { "destructiveHint", false }, { "idempotentHint", not tool.writes },
            { "openWorldHint", false } } or nil },
    }
end

--- tools/list.
function tools.list(params, version)
    if params.cursor ~= nil then
        rpc.fail(rpc.PARAMS, "the cursor is none of this list: all tools are on"
            .. " its first page")
    end
    local list = json.array()
    for i, name in ipairs(tools.names()) do
        list[i] = described(name, version)
    end
    return { tools = list }
end

-- What a tool is called with: args, conf, opts (store and remote), client,
-- version.
local Ask = {}
Ask.__index = Ask

--- Opens the store, for reading only.
-- @return the store, or nil and a sentence
function Ask:open()
    return require("propolis.cli.target").open(self.opts, "read",
        self.conf.query_timeout_ms)
end

--- The filter of propolis search that the arguments ask for, or nil and a
-- sentence.
function Ask:filter()
    local args = self.args
    local f, why = require("propolis.search.filter").of {
        project = args.project, all = args.all or nil, user = args.user,
        agent = args.agent, since = args.since, ["until"] = args["until"],
        kind = args.kind, session = args.session }
    return f, why and why:gsub("%-%-(%l+)", "'%1'")
end

--- Where the list goes on; raises for a cursor of another one.
function Ask:place()
    local cursor = require "propolis.mcp.cursor"
    return cursor.read(self.args.cursor, cursor.of(self.name, self.args))
        or rpc.fail(rpc.PARAMS, "the cursor is none of this call: give it with"
            .. " the arguments that it came with")
end

--- The cursor of a place further on.
function Ask:cursor(place)
    local cursor = require "propolis.mcp.cursor"
    return cursor.make(place, cursor.of(self.name, self.args))
end

--- Tells the client how far a call is, if it wants to know and it takes long.
function Ask:progress(done, total, message)
    local now = sys.monotonic()
    if not self.token or now - self.began < tools.quiet then return end
    self.began = now
    self.server:send(rpc.notification("notifications/progress", json.object {
        { "progressToken", self.token }, { "progress", done },
        { "total", total }, { "message",
            versions.has(self.version, "message") and message or nil } }))
end

-- A result as a version has it.
local function shaped(done, version)
    local content = json.array { { type = "text", text = done.text } }
    for _, link in ipairs(versions.has(version, "links") and done.links or {})
    do
        link.type = "resource_link"
        content[#content + 1] = link
    end
    return { content = content, isError = false, structuredContent =
        versions.has(version, "structured") and done.data or nil }
end

local function failed(sentence)
    return { isError = true, content = json.array {
        { type = "text", text = tostring(sentence) } } }
end

-- Whether there is no local store yet: nothing was captured so far.
local function is_new(ask)
    if ask.opts.store or ask.opts.remote then return false end
    local path = ask.conf.local_store:match("^sqlite:(.*)$")
    return not sys.stat(path)
        and not require("propolis.capture.journal").waits(path)
end

-- The answer of a tool that lists, before anything was stored.
local function nothing_yet(tool)
    return { text = "Nothing is stored yet. What agents do is kept from the"
        .. " first session after 'propolis install' on.",
        data = { [tool.list] = json.array() } }
end

-- Runs a tool: its result, or nil and a sentence.
local function run(tool, ask)
    local conf, why = require("propolis.config").load()
    if not conf then return nil, why end
    ask.conf = conf
    if tool.list and is_new(ask) then return nothing_yet(tool) end
    local ok, done, err = pcall(tool.run, ask)
    if ok then return done, err end
    local passes = rpc.is_fault(done)
        or require("propolis.mcp.inbox").is_cancelled(done)
    if passes then error(done, 0) end
    if not require("propolis.try").is_failure(done) then
        require("propolis.log").error("mcp: tool %s: %s", ask.name,
            tostring(done))
    end
    return nil, tostring(done)
end

--- tools/call.
function tools.call(params, call)
    local tool = type(params.name) == "string" and load_tool(params.name)
    if not tool then
        rpc.fail(rpc.PARAMS, ("Unknown tool: %s; there are %s"):format(
            tostring(params.name):sub(1, 80), table.concat(tools.names(),
            ", ")))
    end
    local args = params.arguments
    if args == nil or args == json.null then args = {} end
    if not rpc.is_object(args) then
        rpc.fail(rpc.PARAMS, "params.arguments must be an object")
    end
    local wrong = require("propolis.mcp.input").check(args, tool.input)
    if wrong then return failed(params.name .. ": " .. wrong) end
    local token = params._meta and params._meta.progressToken
    local done, err = run(tool, setmetatable({ name = params.name, args = args,
        opts = { store = call.server.opts.store,
            remote = call.server.opts.remote },
        client = call.client, version = call.version, server = call.server,
        began = sys.monotonic(),
        token = (type(token) == "string" or math.type(token)) and token },
        Ask))
    if not done then return failed(params.name .. ": " .. tostring(err)) end
    return shaped(done, call.version)
end

return tools
