--- What redaction finds, what it harms, and how its time grows with the text.
local corpus = require "secret_corpus"
local figure = require "figure"
local redact = require("propolis.capture.redact").load()
local sys = require "engine.sys"

figure.title("redaction on its own corpus")
local all, found = 0, 0
for text, secret in corpus.hidden(300) do
    all = all + 1
    found = found + (redact:text(text):find(secret, 1, true) and 0 or 1)
end
print(("  recall: %d of %d, %.2f %% (goal 97)"):format(found, all,
    100 * found / all))

local lines, harmed, sample = 0, 0, {}
for line in corpus.innocent(50000) do
    lines = lines + 1
    harmed = harmed + (redact:text(line) == line and 0 or 1)
    sample[#sample % 20000 + 1] = line
end
print(("  damage: %d of %d lines (goal under 1 in 10,000)"):format(harmed,
    lines))

local unit = table.concat(sample, "\n")
local function seconds(megabytes)
    local text = unit:rep((megabytes << 20) // #unit + 1):sub(1,
        megabytes << 20)
    local best = math.huge
    for _ = 1, 5 do
        local start = sys.monotonic()
        redact.secrets:mask(text)
        best = math.min(best, sys.monotonic() - start)
    end
    return best
end

local one, twenty = seconds(1), seconds(20)
print(("  time: 1 MB in %.1f ms, 20 MB in %.1f ms: %.1fx (goal 25)"):format(
    one * 1000, twenty * 1000, twenty / one))
