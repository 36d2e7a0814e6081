--- `propolis search` over 100,000 and 1,000,000 events from the start of the
-- process, beside sqlite3 with a bare FTS5 index of the same texts: 20
-- questions of two to four words and five whole sentences.  Also what the index
-- takes to make, to keep up, and in size.  ROWS=100000 does only one of them.
local figure = require "figure"
local index = require "propolis.search.index"
local message = require "propolis.search.message"
local propolis = require "propolis"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"

local ROUNDS, SEED = 5, 20261124
local KINDS = { "user_message", "tool_call", "tool_call", "assistant_message" }

-- ---- texts, the same ones with the same seed ----

-- Words of syllables; the n-th is taken about 1/n as often as the first.
local SYLLABLES = { "ba", "co", "di", "fe", "gu", "ha", "jo", "ki", "le", "mu",
    "na", "po", "ri", "se", "tu", "va", "wo", "xi", "ye", "zu", "tri", "pla",
    "stor", "ment", "con", "ter", "per", "sul", "quen", "dex" }
local VOCABULARY = 30000

local function word(n)
    local list = {}
    repeat
        list[#list + 1] = SYLLABLES[n % #SYLLABLES + 1]
        n = n // #SYLLABLES
    until n == 0
    return table.concat(list) .. (#list == 1 and "n" or "")
end

local words = {}
for n = 1, VOCABULARY do words[n] = word(n) end

local function any_word()
    return words[math.floor(VOCABULARY ^ math.random())]
end

-- Every second word says nothing, as in any text, and the others come again.
local SMALL = { "the", "of", "and", "to", "a", "in", "is", "it", "that", "for",
    "was", "on", "are", "with", "as", "this", "be", "not", "we", "have" }

local function text(count)
    local list, topic = {}, {}
    for i = 1, count // 4 do topic[i] = any_word() end
    for i = 1, count do
        list[i] = i % 2 == 0 and SMALL[math.random(#SMALL)]
            or topic[math.random(#topic)]
    end
    return table.concat(list, " ")
end

-- What a compiler says of one file: most of a line is that of the one before.
local function output(count)
    local list = {}
    local path = ("src/%s/%s.c"):format(any_word(), any_word())
    for i = 1, count do
        list[i] = ("%s:%d: warning: unused variable %s in %s()"):format(path,
            10 * i, any_word(), any_word())
    end
    return table.concat(list, "\n")
end

-- The n-th event: sessions of 40, each of one project of five.
local function event(n)
    local session, kind = n // 40, KINDS[n % #KINDS + 1]
    local body = { id = "m" .. n, type = kind }
    if kind == "tool_call" then
        body.tool_name = "Bash"
        body.tool_input = { command = "make " .. text(8) }
        body.tool_response = { stdout = output(9) }
    else
        body.content = text(kind == "user_message" and 50 or 90)
    end
    return {
        id = "e" .. n, path = ("/sessions/ada/%d.jsonl"):format(session),
        author = "ada", project = "p" .. session % 5, agent = "codex",
        creation_date = os.date("!%Y-%m-%dT%H:%M:%S.000Z",
            1700000000 + n * 30),
        message = body,
    }
end

-- ---- stores ----

local function insert(store, bare, from, to)
    local bytes, rows = 0, {}
    for n = from, to do
        local row = event(n)
        local body = message.text(message.of(row))
        bytes = bytes + #body
        rows[#rows + 1] = row
        if bare then
            assert(bare:exec("INSERT INTO f(rowid, body) VALUES(?, ?)",
                { n, body }))
        end
        if #rows == 500 or n == to then
            assert(store:insert_many(propolis.schemas.sessions, rows))
            rows = {}
        end
    end
    return bytes
end

local function open_bare(path)
    local bare = assert(sqlite.open(path))
    assert(bare:exec("CREATE VIRTUAL TABLE f USING fts5(body, content='',"
        .. " tokenize='porter unicode61')"))
    assert(bare:exec "BEGIN")
    return bare
end

local function finish_bare(bare)
    assert(bare:exec "INSERT INTO f(f) VALUES('optimize')")
    assert(bare:exec "COMMIT")
    assert(bare:exec "VACUUM")
    assert(bare:query "PRAGMA wal_checkpoint(TRUNCATE)")
    bare:close()
end

local function size(path)
    local sum = 0
    for _, ending in ipairs { "", "-wal", "-shm" } do
        local stat = sys.stat(path .. ending)
        sum = sum + (stat and stat.size or 0)
    end
    return sum
end

-- ---- questions ----

local function questions()
    local list = {}
    for i = 1, 20 do
        local ask = {}
        for k = 1, 2 + i % 3 do ask[k] = words[(i * k * 37) % 1500 + 20] end
        list[i] = ask
    end
    for i = 21, 25 do
        local ask = {}
        for k = 1, 9 do ask[k] = words[(i * k * 53) % 4000 + 1] end
        list[i] = ask
    end
    return list
end

local function top(ask, operator)
    return ("SELECT rowid FROM f WHERE f MATCH '%s' ORDER BY rank LIMIT 10")
        :format(table.concat(ask, " " .. operator .. " "))
end

local function append(to, run)
    for name, list in pairs(run) do
        to[name] = table.move(list, 1, #list, #(to[name] or {}) + 1,
            to[name] or {})
    end
end

local function searches(bare, home)
    local runs = { {}, {}, {} }
    for _, ask in ipairs(questions()) do
        local each = figure.runs(ROUNDS, {
            { "sqlite3", bare, top(ask, "AND") },
            { "sqlite3", bare, top(ask, "OR") },
            { figure.program, "search", "--all", "--json", "--limit", "10",
                "--", table.concat(ask, " ") },
        }, nil, { env = { PROPOLIS_HOME = home } })
        for i, run in ipairs(each) do append(runs[i], run) end
    end
    for _, run in ipairs(runs) do
        for _, list in pairs(run) do table.sort(list) end
    end
    return runs
end

-- ---- the figures ----

local function seconds(fn)
    local start = sys.monotonic()
    fn()
    return sys.monotonic() - start
end

local function measure(rows)
    math.randomseed(SEED)
    local home = figure.path("home")
    assert(sys.mkdir(home .. "/data"))
    local path = home .. "/data/local@default.db"
    local bare_path = figure.path("bare.db")
    local conf = { local_store = "sqlite:" .. path }
    local store <close> = assert(propolis.open(conf.local_store))
    assert(store:ensure())
    local bare = open_bare(bare_path)
    local bytes = insert(store, bare, 1, rows)
    finish_bare(bare)
    figure.title("search over %d events, %.0f MB of text", rows, bytes / 1e6)
    local took = seconds(function() assert(index.catch_up(conf)) end)
    figure.say("time to index %.1f s, %.0f events a second", took, rows / took)
    local part = 100 * size(path .. ".search") / bytes
    figure.say("index %.1f %% of the text, bare FTS5 %.1f %%      to reach: at"
        .. " most 40: %s", part, 100 * size(bare_path) / bytes,
        part <= 40 and "reached" or "MISSED")
    local runs = searches(bare_path, home)
    figure.compare("AND, bare", runs[1], "propolis", runs[3], 1.5)
    figure.compare("OR, bare", runs[2], "propolis", runs[3])
    local p99 = figure.at(runs[3].wall, 0.99) * 1e3
    figure.say("any question p99 %.0f ms      to reach: at most 150: %s", p99,
        p99 <= 150 and "reached" or "MISSED")
    insert(store, nil, rows + 1, rows + 1000)
    figure.say("catch-up after 1,000 events %.0f ms",
        seconds(function() assert(index.catch_up(conf, { ms = 10000 })) end)
        * 1e3)
end

for _, rows in ipairs { 100000, 1000000 } do
    if tonumber(os.getenv "ROWS" or rows) == rows then measure(rows) end
end
