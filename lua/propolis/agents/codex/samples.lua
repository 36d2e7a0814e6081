--- codex.samples: test events of Codex; see propolis.agents.
local sample_events = require "propolis.install.sample_events"

local samples = {}

function samples.payload(event, id, cwd, text)
    local payload = sample_events.payload(event, id, cwd, text)
    payload.turn_id = "propolis-doctor"
    return payload
end

return samples
