--- project: which project a folder belongs to.
--
-- A project is called by the last part of a folder's path.  Inside a git
-- repository that is the repository's own folder, wherever below it one
-- stands, and for a worktree the folder of the repository that it is one of.
-- Git is not run: its files say so.
local places = require "propolis.config.places"
local sys = require "engine.sys"

local project = {}

local MOST_PARENTS, MOST_WORKTREES = 64, 100

-- An absolute path without "." and "..".
local function plain(path)
    local parts = {}
    for part in path:gmatch("[^/]+") do
        if part == ".." then
            parts[#parts] = nil
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return "/" .. table.concat(parts, "/")
end

local function below(base, path)
    return plain(path:sub(1, 1) == "/" and path or base .. "/" .. path)
end

-- The first line of one of git's small files, or nil.
local function line_of(path)
    local stat = not path:find("\0", 1, true) and sys.stat(path)
    local text = stat and stat.type == "file" and sys.read(path, 4096)
    return text and text:match("^[^\r\n]+")
end

-- The folder that a shared git folder (REPO/.git, REPO/.bare, REPO.git) is of.
local function owner(common)
    local parent, name = common:match("^(.*)/([^/]*)$")
    if name:sub(1, 1) == "." then return parent end
    return (common:gsub("%.git$", ""))
end

-- The main repository and its git folder, by a worktree's file .git; a
-- submodule is a repository of its own.
local function of_worktree(folder)
    local own = (line_of(folder .. "/.git") or ""):match("^gitdir:%s*(.-)%s*$")
    if not own then return folder end
    own = below(folder, own)
    local common = line_of(own .. "/commondir")
    common = common and below(own, common)
        or own:match("^(.*)/worktrees/[^/]+$")
    if not common then return folder, own end
    return owner(common), common
end

-- The repository around a folder: its main folder, its git folder, and the
-- folder where it begins on the way up.  A home folder that is kept in git
-- makes no project of everything below it.
local function repository(cwd)
    local home, folder = plain(places.home() or "/"), cwd
    for _ = 1, MOST_PARENTS do
        if folder == "" or folder == home and folder ~= cwd then return nil end
        local stat = sys.stat(folder .. "/.git")
        if stat and stat.type == "file" then
            local main, common = of_worktree(folder)
            return main, common, folder
        elseif stat and sys.stat(folder .. "/.git/HEAD") then
            return folder, folder .. "/.git", folder
        end
        folder = folder:match("^(.*)/[^/]*$") or ""
    end
end

local function is_absolute(cwd)
    return type(cwd) == "string" and cwd:sub(1, 1) == "/"
        and not cwd:find("\0", 1, true)
end

--- The folder by whose name the project of a working folder goes.
-- @param cwd a path, or nil
-- @return the path of a folder; cwd itself where it is in no repository
function project.folder(cwd)
    if not is_absolute(cwd) then return cwd end
    return repository(plain(cwd)) or cwd
end

local function add(names, folder)
    local name = folder:match("([^/]+)/*$")
    if name then names[name] = true end
end

--- Every name under which rows of a working folder's project are found: its
-- name, and what folders of it were called by versions that did not look for
-- the repository, and are by others that share the tables.
-- @param cwd an absolute path
-- @return a set { name = true }
function project.names(cwd)
    local names = {}
    if not is_absolute(cwd) then return names end
    cwd = plain(cwd)
    add(names, cwd)
    local main, common, root = repository(cwd)
    if not main then return names end
    add(names, main)
    add(names, root)
    local trees = sys.list(common .. "/worktrees") or {}
    for i = 1, math.min(#trees, MOST_WORKTREES) do
        local file = line_of(("%s/worktrees/%s/gitdir"):format(common,
            trees[i]))
        add(names, file and file:match("^(/.*)/%.git$") or "")
    end
    return names
end

return project
