--- search.question: a query and a filter as the ranking takes them.
local documents = require "propolis.search.documents"
local engine = require "engine.search"
local message = require "propolis.search.message"
local prefix = require "propolis.search.prefix"
local stop = require "propolis.search.stop_words"

local question = {}

--- The second question: so many of the best answers, so many of the words that
-- they share.
question.answers, question.words = 10, 20

-- ---- contexts ----

local function set_of(list)
    if list == nil then return nil end
    local set = {}
    for key, value in pairs(list) do
        set[type(key) == "number" and value or key] = true
    end
    return set
end

-- The contexts that a filter lets through: a byte for each by its number, or
-- nil for all of them; and the words of their authors' names.
local function contexts_of(db, filter)
    local projects = set_of(filter.projects)
        or filter.project and { [filter.project] = true }
    local bytes, names, last, all = {}, {}, 0, true
    for _, row in ipairs(assert(db:query(
        "SELECT n, project, author, agent FROM context ORDER BY n"))) do
        local fits = (not projects or projects[row.project])
            and (not filter.user or filter.user == row.author)
            and (not filter.agent or filter.agent == row.agent)
        for _ = last, row.n - 1 do bytes[#bytes + 1] = "\0" end
        bytes[row.n + 1], last = fits and "\1" or "\0", row.n + 1
        all = all and fits
        if fits then
            for _, token in ipairs(engine.tokens(row.author)) do
                names[token.term] = true
            end
        end
    end
    return not all and table.concat(bytes) or nil, names
end

local function moment(iso)
    if not iso then return nil end
    local ms = documents.ms(iso)
    return ms
end

local function filter_of(db, filter)
    local contexts, names = contexts_of(db, filter)
    local kind = filter.kind and documents.kind(filter.kind)
    return {
        contexts = contexts, session = filter.session,
        except_session = filter.except_session,
        kinds = kind and 1 << kind, since = moment(filter.since),
        before = moment(filter.before),
    }, names
end

-- ---- terms ----

-- Terms are gathered here; seen, those that are there already.
local Terms = {}
Terms.__index = Terms

-- Adds the words of a text, each once; what stands side by side is a pair.
function Terms:words(text, weight)
    for _, token in ipairs(engine.tokens(text)) do
        local term = token.term
        if not self.seen[term] then
            self.seen[term] = true
            self[#self + 1] = {
                text = text:sub(token.first, token.last), weight = weight,
                follows = self.last == #self and #self > 0,
                author = self.names[term],
            }
            self.last = #self
        else
            self.last = nil -- its neighbours are no pair with what follows
        end
    end
end

local MONTHS = { "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december" }

-- 2023-05-08 and 2023-05 as the index has a day.
function Terms:dates(text)
    for y, m, d in text:gmatch("%f[%d](%d%d%d%d)%-(%d%d)%-?(%d?%d?)%f[^%d]") do
        local month = MONTHS[tonumber(m)]
        if month and d ~= "" then
            self[#self + 1] = { text = ("%s %d %s"):format(y, tonumber(d),
                month) }
        elseif month then
            self[#self + 1] = { text = month }
        end
    end
end

local function joined(words)
    return type(words) == "table" and table.concat(words, " ") or words
end

-- In a sentence that asks something, quotes are quotes; else they say that the
-- words must stand like that.
local function demands(query)
    return not (query.text or ""):find("%?%s*$")
end

-- need is what a phrase says: "all" or "any".
local function terms_of(query, names, need)
    local self = setmetatable({ seen = {}, names = names }, Terms)
    for _, words in ipairs(query.without or {}) do
        self[#self + 1] = { text = joined(words), need = "none" }
    end
    for _, words in ipairs(query.phrases or {}) do
        self[#self + 1] = { text = joined(words), need = need }
    end
    for _, given in ipairs(query.prefixes or {}) do
        for _, text in ipairs(prefix.starts(given)) do
            self[#self + 1] = { text = text, start = true }
        end
    end
    self:dates(query.text or "")
    for _, words in ipairs(query.phrases or {}) do
        self.last = nil
        for _, word in ipairs(words) do self:words(word) end
    end
    self.last = nil
    for _, word in ipairs(query.words or {}) do
        self:words(word)
    end
    for _, word in ipairs(query.words or {}) do
        local parts = engine.parts(word)
        if parts ~= "" then
            self[#self + 1] = { text = parts, weight = 0.5 }
        end
    end
    return self
end

-- ---- the second question ----

local stop_text

local function skipped(query)
    if not stop_text then
        local list = {}
        for word in pairs(stop.words) do list[#list + 1] = word end
        stop_text = table.concat(list, " ")
    end
    return (query.text or "") .. " " .. stop_text
end

local function body_of(store, hit)
    if hit.table ~= 0 then return nil end
    local rows = assert(store:query("SELECT message, description, path"
        .. " FROM sessions WHERE rowid = ?", { hit.rowid }))
    return rows[1] and message.text(message.of(rows[1]))
end

-- Mixes in what the best answers share.
local function feed_back(self, ranking, query)
    local answers = {}
    for _, hit in ipairs(assert(ranking:best(question.answers))) do
        local text = body_of(self.store, hit)
        if text then
            answers[#answers + 1] = { text = text, score = hit.score }
        end
    end
    if #answers == 0 then return end
    assert(ranking:feedback(answers, skipped(query), question.words))
end

local function rank(self, query, limits, names, need)
    local terms = terms_of(query, names, need)
    if #terms == 0 then return nil end
    return assert(self.it.index:rank(terms, limits))
end

--- Ranks what answers a query.  Where no event has a phrase as it stands and
-- there are other words, its words are looked for.
-- @param self an index (search.index); loosened says whether that was done
-- @param by_session whole sessions are wanted: what their best events share
-- leads away from them, measured
-- @return a ranking (engine.search), nil when there is nothing to look for
function question.rank(self, query, filter, by_session)
    local limits, names = filter_of(self.it.db, filter)
    local need = demands(query) and "all" or "any"
    local ranking = rank(self, query, limits, names, need)
    if not ranking then return nil end
    self.loosened = need == "all" and #(query.phrases or {}) > 0
        and #(query.words or {}) > 0 and #assert(ranking:best(1)) == 0
    if self.loosened then
        ranking:close()
        ranking = rank(self, query, limits, names, "any")
    end
    if not by_session and ranking:whole() then
        feed_back(self, ranking, query)
    end
    return ranking
end

return question
