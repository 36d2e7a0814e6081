--- sentences: what a text says was decided, and what it leaves open, by the
-- words of some languages.  Pure.
--
-- Rather a decision that is missed than small talk that is none.
local plain = require "propolis.summary.plain"

local sentences = {}

local find, gsub, match = string.find, string.gsub, string.match

-- What a decision is told by, whoever tells it.
local DECIDED = { "instead of", "rather than", "decided to", "decided on",
    "we decide", "decision:", "decided:", "settled on", "went with",
    "opted for", "chose to", "chosen", "we agreed", "agreed to",
    "switched from", "switched to", "will not use", "in favou?r of",
    "%f[%a]prefer%f[%A]",
    -- German, French, Spanish, Italian, Portuguese
    "%f[%a]statt%f[%A]", "anstatt", "stattdessen", "entschieden", "entschluss",
    "au lieu de", "plutôt que", "décidé", "en lugar de", "en vez de",
    "decidido", "decidimos", "invece di", "deciso", "em vez de",
    -- Russian, Chinese, Japanese, Korean
    "вместо", "решили", "решено", "改用", "决定", "決定", "而不是", "代わりに",
    "にしました", "대신", "결정", "하기로" }

-- What a person decides with: words that an agent only announces with.
local WANTED = { "^let's%f[%A]", "^let us%f[%A]", ", let's%f[%A]",
    "^and let's%f[%A]", "^ok,? let's%f[%A]", "%f[%a]we'll use%f[%A]",
    "%f[%a]we will use%f[%A]", "%f[%a]we keep%f[%A]", "%f[%a]we'll keep%f[%A]",
    "^go with%f[%A]", "%f[%a]let's go with%f[%A]", "^use .+ for ", "^always ",
    "^never ", "^don't use", "^do not use", "%f[%a]must not%f[%A]",
    "%f[%a]must never%f[%A]", "lass uns%f[%A]", "wir nehmen",
    "wir verwenden", "wir bleiben bei", "on va utiliser", "utilisons",
    "vamos a usar", "usemos", "usiamo", "vamos usar", "давай", "使って",
    "にしよう", "にしましょう", "不要用", "我们用", "하자" }

-- Openings that decide nothing.
local IDLE = { "^let's see%f[%A]", "^let's look%f[%A]", "^let's check%f[%A]",
    "^let's find out", "^let's start%f[%A]", "^let's continue",
    "^let's try again", "^let's go%p*$", "^let's do it", "^let's do this" }

-- What is said to be left, whenever it was said.
local DURABLE = { "%f[%a]todo%f[%A]", "%f[%a]fixme%f[%A]", "follow%-up",
    "left to do", "left open", "remains open", "remain open",
    "open question", "open point", "out of scope for now", "for later",
    "don't forget", "do not forget", "remember to", "noch offen",
    "nicht vergessen", "à faire%f[%A]", "pendiente", "por hacer", "da fare",
    "pendente", "待办", "未対応" }

-- What is left unless it was said long before the end.
local OPEN = { "not yet%f[%A]", "still need", "still to do", "still fail",
    "still missing", "still open", "still broken", "still not%f[%A]",
    "still has to", "still have to", "remains to be", "unresolved",
    "blocked by", "blocked on", "waiting for", "waiting on", "noch nicht",
    "fehlt noch", "muss noch", "müssen noch", "reste à", "pas encore",
    "todavía no", "aún no", "non ancora", "ainda não", "falta fazer",
    "ещё не", "еще не", "осталось", "尚未", "还没", "まだ", "残りは", "아직", "남은" }

-- What is left only when nothing followed.
local NEXT = { "^next%f[^%a]", "next step", "next up", "next i%f[%A]",
    "%f[%a]later%f[%A]", "should also", "would be good to", "could also",
    "nächster schritt", "als nächstes", "prochaine étape", "próximo paso",
    "prossimo passo", "próximo passo", "следующ", "下一步", "次は",
    "다음 단계" }

-- What a text must hold for a pattern to fit, as it stands: found much faster.
-- nil for a pattern of which that cannot be said.
local hints = {}
for _, list in ipairs { DECIDED, WANTED, IDLE, DURABLE, OPEN, NEXT } do
    for _, pattern in ipairs(list) do
        local hint = gsub(pattern, "%%f%[[^%]]*%]", ""):gsub("^%^", "")
            :gsub("%%%-", "-")
        hints[pattern] = not find(hint, "[%^$%%.?*+%[%]]") and hint or nil
    end
end

-- Those patterns of a list that a whole text has a hint of.
local function likely(text, patterns)
    local list = {}
    for i = 1, #patterns do
        local hint = hints[patterns[i]]
        if not hint or find(text, hint, 1, true) then
            list[#list + 1] = patterns[i]
        end
    end
    return list
end

local function any(text, patterns)
    for i = 1, #patterns do
        if find(text, patterns[i]) then return true end
    end
    return false
end

local LONGEST = 400 -- bytes of a sentence that is looked at
local SHORTEST = 8

-- Ends of sentences in scripts that leave no space behind them.
local STOPS = { "。", "！", "？" }

local function marked(line)
    line = gsub(line, "^%s*[-*#>%d.)%[%] ]*%s*", "")
    line = gsub(line, "([.!?])%s+(%u)", "%1\0%2")
    line = gsub(line, "([.!?])%s+([\xC2-\xF4])", "%1\0%2")
    if find(line, "[\xE3\xEF]") then
        for _, stop in ipairs(STOPS) do
            line = gsub(line, stop, stop .. "\0")
        end
    end
    return line
end

-- Calls each for every sentence; not the dot of "e.g." or "src/a.c" ends one.
local function split(text, each)
    for line in text:gmatch("[^\n]+") do
        if #line >= SHORTEST then
            for sentence in marked(line):gmatch("%Z+") do
                if #sentence >= SHORTEST and #sentence <= LONGEST then
                    each(plain.line(sentence))
                end
            end
        end
    end
end

-- Small letters, and one kind of apostrophe.
local function folded(sentence)
    return (gsub(sentence:lower(), "’", "'"))
end

--- What a person's or an agent's words decide and leave open.
-- @param text from plain.said()
-- @param by_person whether a person said it
-- @return lists of sentences: decided; open, whatever came later; still, which
-- may be done by then; later, what an agent names as to come
function sentences.read(text, by_person)
    local found = { decided = {}, open = {}, still = {}, later = {} }
    local whole = folded(text)
    local durable, open = likely(whole, DURABLE), likely(whole, OPEN)
    local decided = likely(whole, DECIDED)
    local own = likely(whole, by_person and WANTED or NEXT)
    if #durable + #open + #decided + #own == 0 then return found end
    split(text, function(sentence)
        local low, list = folded(sentence), nil
        local question = find(low, "%?%p*$") or find(low, "？$")
        if any(low, durable) then
            list = found.open
        elseif any(low, open) then
            list = found.still
        elseif question then
            return
        elseif any(low, decided)
            or by_person and any(low, own) and not any(low, IDLE) then
            list = found.decided
        elseif not by_person and any(low, own) then
            list = found.later
        end
        if list then list[#list + 1] = sentence end
    end)
    return found
end

--- The question with which a text ends, or nil.
function sentences.question(text)
    local last
    for line in text:gmatch("[^\n]+") do
        if find(line, "%S") then last = line end
    end
    if not last or not (find(last, "%?[%s%p]*$") or find(last, "？%s*$")) then
        return nil
    end
    local asked
    split(last, function(sentence) asked = sentence end)
    return asked
end

--- The first sentence or two of a text, at most so many bytes.
function sentences.first(text, bound)
    text = plain.short(text, bound)
    local stop = match(text, "^.-[.!?]%s+%u.-[.!?]()%s+%u")
    return stop and stop > bound // 3 and text:sub(1, stop - 1) or text
end

return sentences
