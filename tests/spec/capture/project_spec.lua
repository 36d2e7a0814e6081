local json = require "propolis.json"
local project = require "propolis.capture.project"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

-- The keys of a set, sorted.
local function list(set)
    local names = {}
    for name in pairs(set) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, " ")
end

describe("the project of a folder", function()
    local base

    before_each(function() base = tmp.dir() end)
    after_each(tmp.clean)

    -- A repository as git lays it out.
    local function repository(path)
        tmp.write(base .. path .. "/.git/HEAD", "ref: refs/heads/main\n")
        assert(sys.mkdir(base .. path .. "/src/deep"))
        return base .. path
    end

    -- A worktree of the repository whose shared git folder is at common.
    local function worktree(common, name, path, relative)
        local own = common .. "/worktrees/" .. name
        tmp.write(base .. own .. "/commondir", "../..\n")
        tmp.write(base .. own .. "/gitdir", base .. path .. "/.git\n")
        tmp.write(base .. path .. "/.git", "gitdir: "
            .. (relative or base .. own) .. "\n")
        assert(sys.mkdir(base .. path .. "/src"))
        return base .. path
    end

    local function check(want, cwd)
        assert.equal(base .. want, project.folder(cwd))
    end

    it("is the folder itself outside a repository", function()
        assert(sys.mkdir(base .. "/plain/sub"))
        check("/plain/sub", base .. "/plain/sub")
        assert.equal("sub", list(project.names(base .. "/plain/sub/")))
        check("/not/there", base .. "/not/there")
    end)

    it("is the repository's folder wherever below it", function()
        local repo = repository "/api"
        check("/api", repo)
        check("/api", repo .. "/src/deep")
        check("/api", repo .. "/src/./deep/../not there")
        assert.equal("api deep", list(project.names(repo .. "/src/deep")))
        assert.equal("api", list(project.names(repo)))
    end)

    it("is the main repository for its worktrees, and names them all",
        function()
        local repo = repository "/api"
        local tree = worktree("/api/.git", "fix", "/trees/api-fix")
        worktree("/api/.git", "two", "/api/.trees/two",
            "../../.git/worktrees/two")
        check("/api", tree .. "/src")
        check("/api", base .. "/api/.trees/two/src")
        assert.equal("api api-fix two", list(project.names(repo)))
        assert.equal("api api-fix src two", list(project.names(tree .. "/src")))
    end)

    it("knows worktrees of bare repositories", function()
        tmp.write(base .. "/hive/.bare/HEAD", "ref: refs/heads/main\n")
        check("/hive", worktree("/hive/.bare", "main", "/hive/main"))
        tmp.write(base .. "/nest.git/HEAD", "ref: refs/heads/main\n")
        check("/nest", worktree("/nest.git", "main", "/main"))
    end)

    it("takes a submodule as a repository of its own", function()
        repository "/api"
        tmp.write(base .. "/api/lib/.git", "gitdir: ../.git/modules/lib\n")
        tmp.write(base .. "/api/.git/modules/lib/HEAD", "ref: x\n")
        check("/api/lib", base .. "/api/lib")
    end)

    it("finds the repository also when git's own files are out of reach",
        function()
        tmp.write(base .. "/tree/.git",
            "gitdir: /gone/api/.git/worktrees/tree\n")
        assert.equal("/gone/api", project.folder(base .. "/tree"))
    end)

    it("takes what is no repository for none", function()
        for _, text in ipairs { "", "nonsense", "gitdir:", "gitdir: \0x" } do
            tmp.write(base .. "/odd/.git", text)
            check("/odd", base .. "/odd")
        end
        assert(sys.mkdir(base .. "/empty/.git"))
        assert(sys.mkdir(base .. "/empty/sub"))
        check("/empty/sub", base .. "/empty/sub")
        assert.is_nil(project.folder(nil))
        assert.equal("relative/x", project.folder("relative/x"))
        assert.equal("C:\\work", project.folder("C:\\work"))
    end)

    it("is what the hook stores", function()
        local repo, home = repository "/api", tmp.dir()
        tmp.write(home .. "/.git/HEAD", "ref: x\n") -- a home kept in git
        local tree = worktree("/api/.git", "fix", "/fix")
        for _, cwd in ipairs { repo, repo .. "/src", tree, home .. "/notes",
            "/not/there" } do
            local r = run({ "hook", "claude-code", "UserPromptSubmit" }, {
                home = home, stdin = json.encode { session_id = "s",
                    cwd = cwd, prompt = "hi" } })
            assert.equal(0, r.code, r.stderr)
        end
        local r = run({ "query", "--csv",
            "SELECT project FROM sessions ORDER BY rowid" }, { home = home })
        assert.equal("project\r\napi\r\napi\r\napi\r\nnotes\r\nthere\r\n",
            r.stdout, r.stderr)
    end)
end)
