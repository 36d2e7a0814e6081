std = "lua54"
codes = true
max_line_length = 80
files["lua/boot.lua"] = { globals = { "arg" } }
files["lua/propolis/meta"] = { ignore = { "212", "241", "211", "631" } }
files["schemas"] = { std = "none" }
files["tests/spec"] = { std = "+busted" }
files["tests/support"] = { std = "+busted" }
files["tests/e2e"] = { std = "+busted" }
