--- propolis search WORDS: finds again what was captured.
local cli = require "propolis.cli"
local filter = require "propolis.search.filter"

local command = {
    name = "search",
    summary = "find again what was said and done",
    usage = function() return [[
propolis search why does the cache miss
propolis search --all --since '2 weeks ago' '"connection reset" -staging'

usage: propolis search [FILTER...] [--kind K] [--session S] [--by session]
                       [--limit N] [--explain] [--json] [--store URL|--remote]
                       [--] WORDS...

Finds events, summaries and skills by any of the words, best first; those that
say nothing (the, what, did) do not count.  A question, an error message, a line
of code can stand here as it is: C++, a:b, #177, AND are text, but for

  "two words"   both must stand together, in this order, but not in a question
  -word         nothing with this word, and -"two words" nothing with these.
                An option of a command is text (rm -rf, tar -xzf): what is
                of under three letters, without a vowel, in capitals or with
                other signs; so is -word where there are no other words
  word*         every word that begins so

]] .. filter.help .. [[

  --kind K      only prompt, reply, thought, tool, start, end, stop, note, raw,
                summary or skill
  --session S   only this session: its id, the beginning of it, or a reference
                of an event in it.  Without it, the session that asks is left
                out
  --by session  sessions, each with its best event
  --limit N     at most so many (10, at most 1000)
  --explain     say what each score is made of
  --json        one array on stdout, best first, of objects with id, ref, path,
                table, kind, score, created, author, agent, project, session,
                snippet and marks: where in the snippet the words stand, as
                [first, length], in characters
]] .. require("propolis.cli.target").help() .. [[


  The local store has an index, which is brought up to date first; another store
  is searched by SQL LIKE, the newest first of those with as many of the words.
  'propolis show REF' opens what was found, 'propolis log REF' its session.
]] end,
    words = true,
    options = { kind = "value", session = "value", by = "value",
        limit = "value", explain = "flag", json = "flag", store = "value",
        remote = "flag" },
}
for name, kind in pairs(filter.options) do command.options[name] = kind end

local LIMIT = 10

-- What was asked for, as { text =, q =, f =, how = }; or nil and a sentence.
local function asked(opts)
    local text = table.concat(opts, " ")
    if not text:find("%S") then return nil, "say what to look for" end
    local limit, err = require("propolis.search.limit").of("limit", opts.limit,
        LIMIT, 1)
    if not limit then return nil, err end
    if opts.by and opts.by ~= "session" then
        return nil, ("option '--by' must be session, not '%s'"):format(
            cli.printable(opts.by))
    elseif opts.explain and (opts.store or opts.remote) then
        return nil, "option '--explain' has no meaning without the index of the"
            .. " local store"
    end
    local f, why = filter.of(opts)
    if not f then return nil, why end
    return { q = require("propolis.search.query").parse(text), f = f,
        how = { limit = limit, by = opts.by, explain = opts.explain } }
end

function command.main(opts)
    local ask, wrong = asked(opts)
    if not ask then return cli.usage(command, wrong) end
    local conf = cli.check(require("propolis.config").load())
    local found <close> = cli.check(require("propolis.search.find")(conf, opts,
        ask))
    return require("propolis.search.results").print(found, ask, opts)
end

return cli.command(command)
