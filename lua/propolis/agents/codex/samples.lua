--- codex.samples: test events of Codex; see propolis.agents.
return require "propolis.install.sample_events"
