--- account.browser: shows a page, without a shell.
local sys = require "engine.sys"

local browser = {}

-- The program that opens an address, or nil where nobody would see it.
local function opener()
    if os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY") then
        return sys.which("xdg-open")
    end
    local mac = sys.stat("/System/Library/CoreServices")
    return mac and sys.which("open")
end

--- Opens an address (see account.device.is_web) in the person's browser.
-- @return true when a program was started
function browser.open(url)
    local program = opener()
    if not program then
        return false
    end
    return sys.spawn({ program, url }, { cwd = "/" }) == true
end

return browser
