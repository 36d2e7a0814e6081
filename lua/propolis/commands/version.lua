--- propolis version: shows the version, the modules and the folders.
local cli = require "propolis.cli"
local json = require "propolis.json"

local command = {
    name = "version",
    summary = "show versions, modules and places",
    usage = [[
propolis version --json

usage: propolis version [--json]

Loads nothing but what it shows: a module that is there but cannot be loaded
is listed with the reason.
]],
    options = { json = "flag" },
    args = { 0, 0 },
}

-- The modules that are loaded on demand, and what each is for.
local MODULES = {
    { "http", "the Deeplake API" },
    { "postgres", "PostgreSQL" },
    { "edit", "line editing in the REPL" },
    { "serve", "propolis serve" },
}

local function sqlite_version()
    local store <close> = require("engine.sqlite").open(":memory:")
    local rows = store and store:query("SELECT sqlite_version() AS version")
    return rows and rows[1].version
end

-- "ready", or why not.
local function state_of(name)
    local full = "engine." .. name
    if not package.searchpath(full, package.cpath) then return "not built" end
    local ok, err = pcall(require, full)
    if ok then return "ready" end
    return "cannot be loaded: " .. tostring(err):match("[^\n]*$")
end

function command.main(opts)
    local sys = require "engine.sys"
    local modules = {}
    for i, module in ipairs(MODULES) do
        modules[i] = { module[1], state_of(module[1]) }
    end
    local paths, err = require("propolis.config").paths()
    local document = json.object {
        { "version", sys.version },
        { "lua", _VERSION:match("[%d.]+") },
        { "sqlite", sqlite_version() or json.null },
        { "program", sys.readlink("/proc/self/exe") or json.null },
        { "root", sys.root },
        { "modules", json.object(modules) },
        { "paths", paths or json.null },
    }
    if opts.json then return cli.json(document) end
    cli.write(("propolis %s (Lua %s, SQLite %s)\n"):format(document.version,
        document.lua, document.sqlite))
    cli.write("program   ", tostring(document.program), "\n")
    cli.write("root      ", document.root, "\n")
    for i, module in ipairs(modules) do
        cli.write(("%-8s  %s (%s)\n"):format(module[1], module[2],
            MODULES[i][2]))
    end
    if not paths then return cli.say("propolis: " .. err) end
    for _, name in ipairs { "data", "state", "config", "memory" } do
        cli.write(("%-8s  %s\n"):format(name, paths[name]))
    end
end

return cli.command(command)
