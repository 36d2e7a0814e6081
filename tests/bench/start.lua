--- The start of the interpreter, an empty script, against lua5.4.
local figure = require "figure"

local empty = figure.file("empty.lua", "")
figure.title("start of the interpreter, an empty script")
local runs = figure.runs(300, {
    { "lua5.4", empty }, { figure.program, empty },
})
figure.compare("lua5.4", runs[1], "propolis", runs[2])
