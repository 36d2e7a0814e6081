--- answer: what a hook tells its agent: the context of a session's start, for
-- the model, and notices for the person.
local answer = {}

-- The texts of the notices that are due.  An agent that shows none to the
-- person gets only our own words, for the model to pass on.
local function due(conf, agent)
    if not require("engine.sys").stat(conf.paths.state .. "/notices.json") then
        return {} -- all that most sessions pay
    end
    local notices = require "propolis.account.notices"
    local ok, list, err = pcall(notices.take, not agent.shows_notice)
    if not ok or not list then
        require("propolis.log").warn("notices: %s",
            tostring(ok and err or list))
        return {}
    end
    local texts = {}
    for i, item in ipairs(list) do
        texts[i] = notices.text(item)
    end
    return texts
end

--- Writes the output of a hook that may tell its agent something.
-- @param agent its mapping
-- @param event its name
-- @param first the event that is answered, as the mapping reads it
-- @param outcome { kept = what became of it: { lost = why nothing keeps it,
-- elsewhere = a sentence when the journal does not }, nil where nothing may be
-- captured; rule = why that is; earlier = what was lost before, a sentence }
function answer.write(conf, agent, event, first, outcome)
    local context = require "propolis.capture.context"
    local kept = outcome.kept
    local facts = {
        captured = kept ~= nil and not kept.lost,
        rule = kept and kept.lost or outcome.rule,
        tables = conf.tables, origin = conf.origin,
        program = require("propolis.install.program").word(),
        version = require("engine.sys").version, user = conf.user,
        org_name = conf.org_name, workspace = conf.workspace,
        logged_in = conf.logged_in, remote = conf.remote,
        warning = conf.warning,
        waiting = require("propolis.capture.journal").stuck(
            conf.local_store:match("^sqlite:(.*)$")),
        notices = due(conf, agent),
        recalled = require("propolis.capture.prepared").text(conf, first),
    }
    table.insert(facts.notices, outcome.earlier)
    table.insert(facts.notices, kept and kept.elsewhere)
    if not agent.shows_notice and #facts.notices > 0 then
        facts.tell = table.concat(facts.notices, "\n")
    end
    local text = conf.context and context.text(facts) or nil
    local notice = context.notice(facts)
    if not text and not notice then return end
    local output = agent.output(event, text, notice)
    require("engine.sys").survive_pipe() -- the agent may not wait for it
    io.stdout:write(assert(require("propolis.json").encode(output)), "\n")
    io.stdout:flush()
end

return answer
