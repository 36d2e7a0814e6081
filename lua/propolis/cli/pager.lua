--- Long text through a pager: $PAGER, else less -R where there is one; only on
-- a terminal.
--
--   local out <close> = pager.open()
--   out:write("a line\n")
local cli = require "propolis.cli"
local sys = require "engine.sys"

local Pager = {}
Pager.__index = Pager

--- Writes data.  One who leaves the pager early has seen enough.
-- @return whether anybody still reads
function Pager:write(...)
    if not self.pipe then
        cli.write(...)
        return true
    end
    self.gone = self.gone or not self.pipe:write(...)
    return not self.gone
end

--- Waits until the person is through with it.
function Pager:close()
    if self.pipe then
        self.pipe:close()
        self.pipe = nil
    end
end

Pager.__close = Pager.close

local pager = {}

-- The command line of the pager, which is the person's own; nil for none.
local function command()
    local own = os.getenv("PAGER")
    if own then return own:find("%S") and own ~= "cat" and own or nil end
    return sys.which("less") and "less -FRX" or nil
end

--- Opens it; without a terminal, or without a pager, text goes to stdout.
function pager.open()
    local line = sys.isatty(0) and sys.isatty(1) and command()
    local self = setmetatable({}, Pager)
    if line then
        io.stdout:flush()
        sys.survive_pipe()
        self.pipe = io.popen(line, "w")
    end
    return self
end

return pager
