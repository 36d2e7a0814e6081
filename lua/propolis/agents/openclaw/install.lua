--- openclaw.install: a plugin folder of ours and what OpenClaw's configuration
-- must allow it: to be loaded, and to see conversations; see propolis.agents.
local edit = require "propolis.edit.json"
local shim = require "propolis.install.shim"

-- OpenClaw reads its configuration as JSON5.
local JSON5 = { json5 = true }
local ENTRY = { "plugins", "entries", "propolis" }
local ALLOW = { "plugins", "allow" }

local function manifest(ctx)
    return edit.pretty(edit.encode {
        { "id", "propolis" }, { "name", "propolis" },
        { "description", "One shared memory for your coding agents" },
        { "version", ctx.version },
        { "activation", { { "onCapabilities", edit.list { "hook" } },
            { "onStartup", true } } },
        { "configSchema", { { "type", "object" },
            { "additionalProperties", false }, { "properties", {} } } },
    })
end

local function package(ctx)
    return edit.pretty(edit.encode {
        { "name", "propolis-openclaw" }, { "version", ctx.version },
        { "private", true }, { "type", "module" },
        { "openclaw", { { "extensions", edit.list { "./index.js" } } } },
    })
end

local function position(list)
    for i, name in ipairs(type(list) == "table" and list or {}) do
        if name == "propolis" then return i end
    end
end

local function config(folder)
    return {
        path = folder .. "/openclaw.json",
        add = function(text)
            local out, err = edit.set(text or "", ENTRY, edit.encode {
                { "enabled", true },
                { "hooks", { { "allowConversationAccess", true } } },
            }, JSON5)
            if not out then return nil, err end
            local list = edit.value(out, ALLOW, JSON5)
            if type(list) ~= "table" or position(list) then return out end
            return edit.append(out, ALLOW, '"propolis"', JSON5)
        end,
        drop = function(text, before)
            if not text:find("%S") then return text end
            local out, err = edit.remove(text, ENTRY, JSON5)
            if not out then return nil, err end
            local at = position(edit.value(out, ALLOW, JSON5))
            if at then
                out, err = edit.remove(out, { "plugins", "allow", at }, JSON5)
                if not out then return nil, err end
            end
            return edit.prune(out, { "plugins", "entries" }, before, JSON5)
        end,
        empty = function(text) return not text:find("[^%s{}]") end,
        entry = function(text)
            return text:find("%S") and edit.value(text, ENTRY, JSON5) or nil
        end,
    }
end

return {
    title = "OpenClaw",
    gaps = { ["an interrupted turn"] = "-", ["permission requests"] = "-",
        thoughts = "-" },
    no_shell = true,
    folder = function(ctx)
        return ctx.env("OPENCLAW_STATE_DIR") or ctx.home .. "/.openclaw"
    end,
    targets = function(ctx, folder)
        local own = folder .. "/extensions/propolis"
        return {
            shim.own(own .. "/package.json", package(ctx)),
            shim.own(own .. "/openclaw.plugin.json", manifest(ctx)),
            shim.target(ctx, "openclaw", own .. "/index.js"),
            config(folder),
        }
    end,
    advice = function(read, folder)
        local text = read(folder .. "/openclaw.json")
        if not text or not text:find("%S") then return {} end
        local out = {}
        if edit.value(text, { "plugins", "enabled" }, JSON5) == false then
            out[1] = "plugins.enabled is false in " .. folder
                .. "/openclaw.json: OpenClaw loads no plugin until it is true"
        end
        if position(edit.value(text, { "plugins", "deny" }, JSON5)) then
            out[#out + 1] = "plugins.deny in " .. folder
                .. "/openclaw.json names propolis: take it out of that list"
        end
        return out
    end,
}
