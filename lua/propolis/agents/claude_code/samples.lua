--- claude_code.samples: test events of Claude Code; see propolis.agents.
return require "propolis.install.sample_events"
