--- What the documents name exists: docs/architecture.md's files and functions,
-- links, folders, versions.
local json = require "propolis.json"
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

-- The headings of a text as links name them.
local function headings_of(text)
    local headings = {}
    for heading in text:gmatch("\n#+ ([^\n]+)") do
        headings[heading:lower():gsub("[^%w -]", ""):gsub(" ", "-")] = true
    end
    return headings
end

describe("the documents", function()
    local documents = { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }
    for _, name in ipairs(sys.list(ROOT .. "/docs")) do
        documents[#documents + 1] = "docs/" .. name
    end

    it("link to what exists", function()
        for _, path in ipairs(documents) do
            local dir = path:match("^.*/") or ""
            local text = read(path)
            local headings = headings_of(text)
            for link in text:gmatch("%]%(([^)%s]+)%)") do
                local file, heading = link:match("^([^#]*)#?(.*)$")
                assert(link:find("^https?:")
                    or file == "" and headings[heading]
                    or file ~= "" and sys.stat(ROOT .. "/" .. dir .. file),
                    path .. " links to " .. link)
            end
        end
    end)

    it("have lines of at most 120 columns, tables and output aside", function()
        for _, path in ipairs(documents) do
            local text = read(path):gsub("\n```.-\n```", "")
            for line in text:gmatch("[^\n]+") do
                assert(utf8.len(line) <= 120 or line:find("^|"),
                    path .. ": " .. line)
            end
        end
    end)
end)

describe(".luarc.json", function()
    local settings = assert(json.decode(read ".luarc.json"))

    it("names folders that exist", function()
        assert.equal(_VERSION, settings["runtime.version"])
        for _, path in ipairs(settings["workspace.library"]) do
            assert.equal("dir", sys.stat(ROOT .. "/" .. path).type)
        end
        for _, path in ipairs(settings["runtime.path"]) do
            assert(sys.stat(ROOT .. "/" .. path:match("^[^?]*")), path)
        end
    end)
end)

describe("CHANGELOG.md", function()
    local text = read "CHANGELOG.md"

    it("has what is not released, and the Makefile's version", function()
        local release = read("Makefile"):match("\nVERSION := (%S+)")
        local order = {}
        for version, date in text:gmatch("\n## %[(.-)%]([^\n]*)") do
            order[#order + 1] = version
            assert(version == "Unreleased" and date == ""
                or date:find("^ %- %d%d%d%d%-%d%d%-%d%d$"), version)
        end
        assert.equal("Unreleased", order[1])
        assert.equal(release, order[2])
    end)
end)
