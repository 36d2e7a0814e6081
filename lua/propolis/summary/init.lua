--- summary: what came of a session, told without a model.
--
--   local summary = require "propolis.summary"
--   local f = summary.facts(rows)
--   print(f.goal, #f.files, f.last)
local summary = {}

--- What a session was about and what came of it, by rule.
-- Paths are relative to the project; every text is one line without control
-- characters.  What is not known is nil, a list then empty.
-- @param rows the session's rows (message, creation_date, agent, project),
-- oldest first: a list, or an iterator of them
-- @return { goal = the first prompt that asks for something, prompts = {text},
-- files = {{ path =, how = "new", "modified" or "deleted", times =,
--   subagent = who of them, or nil }} in order of the first change,
-- commands = {{ command =, runs =, failed = how often, failing = whether the
--   last run failed, exit = its code, error = what it said then,
--   looks = true when it only looks, subagent = }},
-- failed = {{ what = command or tool and argument, error =, exit =, looks = }}
--   that failed when last tried,
-- fixed = {{ what =, error =, by = {files and commands in between} }},
-- decisions = {text}, open = {text}, commits = {{ id =, branch =, subject = }},
-- last = the last answer, shortened, broken = "interrupted" or "error: ..."
--   when the last turn ended so,
-- started =, ended = dates of the first and last event, events = how many,
-- replies =, calls = how many, agents = {name}, refs = {"#12", URL, ...},
-- subagents = {name, [name] = how many events}, project = }
function summary.facts(rows)
    return require("propolis.summary.facts").of(rows)
end

return summary
