--- search.stop_words: English words that say nothing about what is looked for;
-- tails are what an apostrophe leaves of one (it's, don't).
local WORDS = [[
a about above after again all also am an and any are as at be because been
before being below between both but by can could did do does doing down during
each few for from further had has have having he her here hers him his how i if
in into is it its itself just let me more most my no nor not now of off on once
only or other our ours out over own same she should so some such than that the
their theirs them then there these they this those through to too under until
up very was we were what when where which while who whom why will with would
you your yours don didn doesn isn wasn won
]]

local stop_words = {
    tails = { s = true, t = true, d = true, ll = true, m = true, re = true,
        ve = true },
    words = {},
}
for word in WORDS:gmatch("%a+") do
    stop_words.words[word] = true
end

return stop_words
