--- mcp.versions: the revisions of the Model Context Protocol, and what each
-- has.
--
-- Revisions are dates, so that a later one compares as greater.  Those before
-- 2026-07-28 begin with `initialize`; from it on every request says in its
-- _meta which it speaks, and nothing is remembered between requests.
local versions = {}

--- All that are spoken, newest first.
versions.all = { "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
    "2024-11-05" }

--- The newest that begins with `initialize`.
versions.newest_session = "2025-11-25"

local known = {}
for _, version in ipairs(versions.all) do known[version] = true end

function versions.is_known(version)
    return known[version] == true
end

--- Whether requests stand alone, without `initialize`.
function versions.is_stateless(version)
    return version >= "2026-07-28"
end

--- What `initialize` answers to a client that asks for a revision: the same
-- when it is one that begins so, else the newest of those.
function versions.agreed(wanted)
    if known[wanted] and not versions.is_stateless(wanted) then
        return wanted
    end
    return versions.newest_session
end

local SINCE = {
    annotations = "2025-03-26", -- of tools
    message = "2025-03-26",     -- of progress
    completions = "2025-03-26", -- as a capability
    structured = "2025-06-18",  -- structuredContent, outputSchema, title
    links = "2025-06-18",       -- resource_link, lastModified
    described = "2025-11-25",   -- description of the server
    anonymous = "2025-11-25",   -- an error may have no id
}

--- Whether a revision has a feature, one of those above.
function versions.has(version, feature)
    return version >= SINCE[feature]
end

--- Whether several messages may come as one array.
function versions.has_batches(version)
    return version == "2025-03-26"
end

return versions
