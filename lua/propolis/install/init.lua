--- propolis.install: puts our hooks into the agents' own files and takes them
-- out again. The agents (see propolis.agents) say what and where, purely; this
-- one reads, checks, records and writes, one agent at a time, whole or not at
-- all.
local disk = require "propolis.install.disk"
local record = require "propolis.install.record"
local sys = require "engine.sys"

local install = {}

--- The text of a file, or nil when it is absent or unreadable.
install.read = disk.read

--- The agent's own folder, and whether it is there.
function install.folder(agent, ctx)
    local folder = agent.folder(ctx)
    local found = sys.stat(agent.marker and agent.marker(ctx) or folder)
    return folder, found ~= nil and found.type == "dir"
end

-- What rewrite(target, text or nil) -> text or nil, err makes of each target's
-- file: list of { path, before, after }; nil and a sentence when something is
-- in the way.
local function changes_of(targets, rewrite)
    local changes = {}
    for _, target in ipairs(targets) do
        local file, err = disk.load(target.path)
        if not file then return nil, err end
        local after
        after, err = rewrite(target, file.text)
        if err then return nil, ("%s: %s"):format(target.path, err) end
        if after ~= file.text then
            err = disk.refuse_readonly(target.path, file)
            if err then return nil, err end
            changes[#changes + 1] =
                { path = target.path, before = file.text, after = after }
        end
    end
    return changes
end

--- What installing would change: list of { path, before, after }, texts or
-- nil; nil and a sentence when something is in the way.
function install.plan(agent, ctx)
    return changes_of(agent.targets(ctx, (agent.folder(ctx))),
        function(target, text) return target.add(text) end)
end

local function known_targets(agent, ctx, records)
    local out, seen = {}, {}
    for _, target in ipairs(agent.targets(ctx, (agent.folder(ctx)))) do
        out[#out + 1] = target
        seen[target.path] = true
    end
    -- A file that only the install record knows: an older version wrote it.
    for _, one in ipairs(records) do
        if one.agent == agent.name and not seen[one.file] then
            seen[one.file] = true
            out[#out + 1] = {
                path = one.file, unknown = true,
                drop = function(text) return text end,
                empty = function() return false end,
            }
        end
    end
    return out
end

-- What of ours a text still has, as a sentence; nil when nothing.
local function trace(target, text, path)
    if target.own then return path .. " is still there" end
    local found, err = {}
    if target.find then found, err = target.find(text) end
    if not found then return ("%s: %s"):format(path, err) end
    if found[1] then
        return ("%s still runs: %s"):format(path, found[1].line)
    end
    for _, look_for in ipairs { "server", "entry", "block" } do
        local there = target[look_for] and target[look_for](text)
        if there then return ("%s still has our %s"):format(path, look_for) end
    end
    -- Where we know what to look for, what the user wrote about us is theirs.
    if not target.unknown then return nil end
    local line = 0
    for one_line in text:gmatch("[^\n]*") do
        line = line + 1
        if one_line:find("propolis['\"\\]* +hook ")
            or one_line:find("%f[%w]propolis['\"]*, *%[? *['\"]mcp") then
            return ("%s, line %d still names our program"):format(path, line)
        end
    end
end

-- The text the file gets when our part is taken out; nil: no file.
local function without(ctx, records, target, text)
    local how, hash = record.origin(records, target.path, sys.sha256(text))
    if how == "same" then
        if not hash then return nil end
        local bytes = record.bytes(ctx.state, hash)
        if bytes then return bytes end
    elseif not how and not trace(target, text, target.path) then
        return text
    end
    local before = hash and record.bytes(ctx.state, hash)
    local after, err = target.drop(text, before)
    if not after then return nil, err end
    if not target.empty(after) then return after end
    if how ~= nil and not hash or target.own then return nil end
    return before and not before:find("%S") and before or after
end

--- What uninstalling would change, in the same form: `after` nil for files
-- that go.
function install.removal(agent, ctx)
    local records, err = record.read(ctx.state)
    if not records then return nil, tostring(err) end
    return changes_of(known_targets(agent, ctx, records),
        function(target, text)
            if not text then return nil end
            return without(ctx, records, target, text)
        end)
end

-- Temporary files that a killed run of ours left beside an agent's files.
local function leftovers(agent, ctx, records)
    local out, seen = {}, {}
    for _, target in ipairs(known_targets(agent, ctx, records)) do
        local path = sys.realpath(target.path) or target.path
        local folder = path:match("^(.*)/[^/]*$")
        for _, name in ipairs(not seen[folder] and sys.list(folder) or {}) do
            if name:find("^%.propolis%-%w%w%w%w%w%w$") then
                out[#out + 1] = folder .. "/" .. name
            end
        end
        seen[folder] = true
    end
    return out
end

local function remove_folders(change)
    for i = #change.folders, 1, -1 do sys.rmdir(change.folders[i]) end
end

local function undo(done)
    for i = #done, 1, -1 do
        disk.write(done[i].path, done[i].before)
        remove_folders(done[i])
    end
end

local function unwritable(ctx, err)
    return ("the install record in %s cannot be written: %s"):format(ctx.state,
        tostring(err))
end

local function make(ctx, agent, change)
    local file, err = disk.load(change.path)
    if not file then return nil, err end
    if file.text ~= change.before then
        return nil, change.path .. " was changed meanwhile: run it again"
    end
    local ok
    ok, err = record.add(ctx.state, {
        agent = agent.name, file = change.path, folders = change.folders,
        after = change.after and sys.sha256(change.after),
    }, change.before)
    if not ok then return nil, unwritable(ctx, err) end
    ok, err = disk.write(change.path, change.after)
    if not ok then
        return nil, ("%s cannot be written: %s"):format(change.path,
            tostring(err))
    end
    return true
end

--- Makes the changes, all of them or, when one fails, none. true, or nil and
-- a sentence.
function install.apply(agent, ctx, changes)
    if #changes == 0 then return true end
    local ok, err = sys.mkdir(ctx.state)
    if not ok then return nil, unwritable(ctx, err) end
    local lock <close>, busy = sys.lock(ctx.state .. "/install.lock", 10000)
    if not lock then return nil, unwritable(ctx, busy) end
    local done = {}
    for _, change in ipairs(changes) do
        change.folders = disk.missing_folders(change.path)
        ok, err = make(ctx, agent, change)
        if not ok then
            undo(done)
            remove_folders(change)
            return nil, err
        end
        done[#done + 1] = change
    end
    return true
end

--- After a removal: folders we made go when they are empty, and the
-- install record forgets the agent.
function install.finish(agent, ctx)
    local records, err = record.read(ctx.state)
    if not records then return nil, tostring(err) end
    for _, path in ipairs(leftovers(agent, ctx, records)) do
        sys.remove(path)
    end
    for _, folder in ipairs(record.folders(records, agent.name)) do
        sys.rmdir(folder)
    end
    local ok
    ok, err = record.forget(ctx.state, agent.name)
    if not ok then return nil, tostring(err) end
    return true
end

--- What is still left of us in the agent's files and in the install record: a
-- list of sentences, empty when nothing is.
function install.traces(agent, ctx)
    local out = {}
    local records = record.read(ctx.state) or {}
    for _, target in ipairs(known_targets(agent, ctx, records)) do
        local text = install.read(target.path)
        local found = text and trace(target, text, target.path)
        if found then out[#out + 1] = found end
    end
    for _, path in ipairs(leftovers(agent, ctx, records)) do
        out[#out + 1] = path .. " is left of a run that was ended"
    end
    for _, folder in ipairs(record.folders(records, agent.name)) do
        if #(sys.list(folder) or { "gone" }) == 0 then
            out[#out + 1] = folder .. " is left, and empty"
        end
    end
    for _, one in ipairs(records) do
        if one.agent == agent.name then
            out[#out + 1] = ctx.state .. "/install.jsonl still knows it"
            break
        end
    end
    return out
end

return install
