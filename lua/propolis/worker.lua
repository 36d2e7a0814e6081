--- worker: the one short background job.  `propolis sync --auto`, which hooks
-- start at the end of a turn or session, runs the steps below, in order.
--
-- No step stops the next: what goes wrong is logged.  Steps that have no lock
-- of their own run in one process at a time per local store; a worker that
-- finds another at work leaves a mark, and that one runs them once more.
local log = require "propolis.log"
local sys = require "engine.sys"

local worker = {}

local function take_in(conf)
    return require("propolis.capture.intake").take_in(conf) or false
end

-- Has a lock of its own: a search takes it, too.
local function index(conf)
    return require("propolis.search.index").catch_up(conf)
end

-- Only with settings that are whole: who gets what is not guessed.
local function sync(_, opts)
    if not opts.whole then return true end
    local conf, err = require("propolis.config").load()
    if not conf then return nil, err end
    if not conf.remote then return true end
    require("propolis.sync").watchdog(conf)
    local result = require("propolis.sync").run(conf, { auto = true })
    return result ~= nil and not result.error
end

local function context(conf)
    return require("propolis.search.prepare").run(conf)
end

--- The steps: { name =, run = function(conf, opts) that gives true; or nil and
-- an error, or false when that was logged; guarded = true when it has a lock of
-- its own and need not wait for another worker }.  A new one is a line here.
-- conf is what config.load(true) gave; opts see worker.run.
worker.steps = {
    { name = "take in", guarded = true, run = take_in },
    { name = "end of a forget", run = function(conf)
        return require("propolis.forget").finish(conf)
    end },
    { name = "index", guarded = true, run = index },
    { name = "summaries", run = function(conf)
        return require("propolis.summary").catch_up(conf)
    end },
    { name = "context", run = context },
    { name = "sync", guarded = true, run = sync },
    { name = "context of the team", run = context }, -- what the sync brought
    { name = "summaries by agents", guarded = true, run = function(conf)
        return require("propolis.summary.asked").catch_up(conf)
    end },
}

--- Most rounds of the steps for other workers that came meanwhile.
worker.rounds = 20

-- Runs a step: whether all went well.
local function run_step(step, conf, opts)
    local fine, ok, err = sys.pcall(step.run, conf, opts)
    if fine and ok then return true end
    err = fine and err or ok
    if err then
        log.error("worker: %s: %s", step.name, tostring(err))
    end
    return false
end

local function run_all(steps, conf, opts)
    local ok = true
    for _, step in ipairs(steps) do
        ok = run_step(step, conf, opts) and ok
    end
    return ok
end

local function lock_path(conf)
    return ("%s/worker-%s.lock"):format(conf.paths.state,
        conf.local_store:match("[^/]*$"))
end

--- Takes the lock under which such steps run: see sys.lock.
function worker.lock(conf, wait_ms)
    return sys.lock(lock_path(conf), wait_ms)
end

-- Runs steps in one process at a time.  The mark is set before the lock is
-- tried and looked at after it was given up, so that none is overlooked.
local function run_alone(steps, conf, opts)
    local path = lock_path(conf)
    local mark, ok = path .. ".again", true
    local marked, err = sys.append(mark, "")
    local round = 0
    while marked and round < worker.rounds do
        local lock, busy = sys.lock(path)
        if not lock and busy.code == "busy" then return ok end
        marked, err = lock, busy
        while lock and round < worker.rounds and sys.remove(mark) do
            round = round + 1
            ok = run_all(steps, conf, opts) and ok
        end
        if lock then lock:release() end
        if not sys.stat(mark) then return ok end
    end
    if not marked then
        log.error("worker: %s", tostring(err))
    end
    return marked and ok or false
end

--- Runs the steps.
-- @param conf from config.load(true)
-- @param opts { whole = true to sync as well; steps = other ones }
-- @return whether all went well
function worker.run(conf, opts)
    local made, err = sys.mkdir(conf.paths.state)
    if not made then
        log.error("worker: %s", tostring(err))
    end
    require("propolis.sync").watchdog(conf)
    local ok, alone = true, {}
    local function finish()
        if #alone > 0 then
            ok = run_alone(alone, conf, opts) and ok
        end
        alone = {}
    end
    for _, step in ipairs(opts.steps or worker.steps) do
        if step.guarded then
            finish()
            ok = run_step(step, conf, opts) and ok
        else
            alone[#alone + 1] = step
        end
    end
    finish()
    require("propolis.sync").watchdog(nil)
    return ok
end

--- Prepares what sessions are told; for commands that change what is stored.
-- @return whether all went well
function worker.prepare(conf)
    return worker.run(conf, { steps = { { name = "context", run = context } } })
end

return worker
