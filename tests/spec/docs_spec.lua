--- docs/architecture.md names only what exists, and shows every room.
local readme = require "readme"
local sys = require "engine.sys"

local ROOT = sys.root
local ROOMS = { ["engine/"] = true, ["lua/"] = true, ["schemas/"] = true,
    ["tests/"] = true }

local function read(path)
    return assert(sys.read(ROOT .. "/" .. path))
end

-- Whether source defines a function under that name.
local function defines(path, source, name)
    local word = name:gsub("%p", "%%%0")
    source = "\n" .. source
    if path:find("%.lua$") then
        return source:find("\n%s*function " .. word .. "%(")
            or source:find("\n%s*local function " .. word .. "%(")
            or source:find("\n%s*" .. word .. " = [%w_.]+")
    end
    return source:find("\n[%a_][%w_ ]*[ *]" .. word .. "%([^;{]*%)\n{")
end

describe("docs/architecture.md", function()
    local text = read "docs/architecture.md"

    it("names files and functions that exist", function()
        local path, source
        local files, functions = 0, 0
        for token in text:gsub("\n```.-\n```", ""):gmatch("`([^`\n]+)`") do
            local name = token:match("^([%w_.:]+)%(%)$")
            if name then
                assert(source, token .. " follows no file")
                assert(defines(path, source, name), path .. " has no " .. name)
                functions = functions + 1
            elseif ROOMS[token:match("^%l+/")] then
                local stat = sys.stat(ROOT .. "/" .. token)
                assert(stat, "there is no " .. token)
                path, source = token, stat.type == "file" and read(token)
                files = files + 1
            end
        end
        assert(files > 40 and functions > 40)
    end)

    it("shows the rooms as they are", function()
        local shown = {}
        for _, block in ipairs(readme.blocks(text)) do
            for _, line in ipairs(block.marks.rooms and block.lines or {}) do
                local path = line:match("^(%S+)")
                assert(sys.stat(ROOT .. "/" .. path), "there is no " .. path)
                shown[path] = true
            end
        end
        for _, dir in ipairs { "engine/", "lua/propolis/" } do
            for _, name in ipairs(sys.list(ROOT .. "/" .. dir)) do
                local path = dir .. name
                assert(sys.stat(ROOT .. "/" .. path).type ~= "dir"
                    or shown[path .. "/"], "the page lacks " .. path)
            end
        end
    end)
end)

describe("the documents", function()
    local documents = { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }
    for _, name in ipairs(sys.list(ROOT .. "/docs")) do
        documents[#documents + 1] = "docs/" .. name
    end

    it("link to what exists", function()
        for _, path in ipairs(documents) do
            local dir = path:match("^.*/") or ""
            for link in read(path):gmatch("%]%(([^)#%s]+)") do
                assert(link:find("^https?:")
                    or sys.stat(ROOT .. "/" .. dir .. link),
                    path .. " links to " .. link)
            end
        end
    end)

    it("have lines of at most 120 columns, but for tables and output", function()
        for _, path in ipairs(documents) do
            local text = read(path):gsub("\n```.-\n```", "")
            for line in text:gmatch("[^\n]+") do
                assert(utf8.len(line) <= 120 or line:find("^|"),
                    path .. ": " .. line)
            end
        end
    end)
end)
