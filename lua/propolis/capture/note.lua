--- capture.note: a text that is kept on purpose, as a row of the memory table.
local privacy = require "propolis.capture.privacy"
local sys = require "engine.sys"

local note = {}

local HEAD = 200 -- bytes of a description

-- The first line that says something.
local function head_of(text)
    local line = text:match("[^\n]*%S[^\n]*"):gsub("^[%s#>*-]+", "")
    if line == "" then line = text:match("%S[^\n]*") end
    return require("propolis.search.message").head(line, HEAD)
end

--- The row of a note; secrets in it are masked.
-- @param conf from config.load()
-- @param given { text =, title = or nil, tags = list or nil, agent = or nil,
-- cwd = or nil }
-- @return the row, or nil and a sentence
function note.row(conf, given)
    if not given.text:find("%S") then return nil, "the note is empty" end
    local ok, rule = privacy.allows(conf, given.cwd)
    if not ok then
        return nil, ("nothing is stored from here: %s"):format(tostring(rule))
    end
    local redactor = require("propolis.capture.redact").load(conf.paths.config)
    local text = require("engine.text").utf8(given.text:gsub("%z", "\u{FFFD}"))
    if given.title then text = ("# %s\n\n%s"):format(given.title, text) end
    if given.tags and given.tags[1] then
        text = ("%s\n\nTags: %s"):format(text, table.concat(given.tags, ", "))
    end
    text = redactor:text(text)
    local event = require "propolis.capture.event"
    local folder = given.cwd and require("propolis.capture.project").folder(
        given.cwd) or ""
    local id, now = sys.uuid(), sys.now()
    local user = conf.user:gsub("[/%c]", "_")
    return { id = id, path = ("/notes/%s/%s.md"):format(user, id),
        filename = id .. ".md", summary = text, author = conf.user,
        mime_type = "text/markdown", size_bytes = #text,
        project = event.project(redactor:text(folder)),
        description = head_of(text), agent = given.agent or "",
        plugin_version = sys.version, creation_date = now,
        last_update_date = now }
end

--- Saves a note in the local store; it goes to the team as other rows do.
-- @return the row, or nil, err (a sentence)
function note.save(conf, given)
    local row, err = note.row(conf, given)
    if not row then return nil, err end
    local store <close>, why = require("propolis.cli.target").open({}, "write")
    if not store then return nil, why end
    local ok, failed = store:put(require("propolis.schemas").memory, row)
    if failed then return nil, tostring(failed) end
    return ok and row, not ok and "it is there already" or nil
end

return note
