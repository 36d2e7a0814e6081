--- The tool `hivemind_read`: `read` by a path, under the name that some agents
-- already know.
local schemas = require "propolis.mcp.schemas"
local read = require "propolis.mcp.tools.read"

local tool = {
    title = "Read from the shared memory (hivemind)",
    description = "Reads what is stored at a path that hivemind_search or"
        .. " hivemind_index gave.",
    input = schemas.object({
        { "path", { type = "string", minLength = 2, maxLength = 500,
            description = "a path that starts with /" } },
        schemas.cursor }, { "path" }),
    output = read.output,
}

function tool.run(ask)
    local path = ask.args.path
    if path:sub(1, 1) ~= "/" then
        return nil, "'path' must start with /, as hivemind_index lists them"
    end
    ask.args = { ref = path, cursor = ask.args.cursor }
    local done, err = read.run(ask)
    if done then return done end
    return nil, ("No content found at %s: %s"):format(
        require("propolis.mcp.recalled").path(path), tostring(err))
end

return tool
