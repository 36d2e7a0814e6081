--- account.device: login by another device's browser (RFC 8628).
--
-- The clock, the wait and the browser come with the call, so that a test need
-- not wait for an expiry.
local api = require "propolis.account.api"
local sys = require "engine.sys"

local device = {}

local INTERVAL = 5 -- seconds between two polls, at least
local SLOWER = 5 -- seconds that each slow_down adds
local LONGEST = 120 -- seconds between two polls, at most, on a broken line
local LIFETIME = 900 -- seconds, when the service does not say

--- Words of the service that end the flow.
local ENDS = {
    expired_token = "the code has expired; run 'propolis login' again",
    access_denied = "the login was denied in the browser",
}

local function positive(value, default)
    return math.type(value) and value > 0 and value or default
end

--- True for an address that may be handed to a browser.
function device.is_web(url)
    return type(url) == "string" and #url <= 4096
        and url:find("^https?://[%w%[][\33-\126]*$") ~= nil
end

-- The program that opens an address, or nil where nobody would see it.
local function opener()
    if os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY") then
        return sys.which("xdg-open")
    end
    local mac = sys.stat("/System/Library/CoreServices")
    return mac and sys.which("open")
end

--- Opens an address (see device.is_web) in the person's browser, without a
-- shell.
-- @return true when a program was started
function device.browse(url)
    local program = opener()
    return program ~= nil and program ~= false
        and sys.spawn({ program, url }, { cwd = "/" }) == true
end

-- The service's first answer, checked; or nil and a sentence.
local function begin(client)
    local code, err = client:device_code()
    if not code then
        return nil, "this login is not available: " .. tostring(err)
    end
    if type(code) ~= "table" or type(code.device_code) ~= "string"
        or type(code.user_code) ~= "string"
        or not device.is_web(code.verification_uri) then
        return nil, "this login is not available: the service's answer has no"
            .. " code and address; check HIVEMIND_API_URL"
    end
    local whole = code.verification_uri_complete
    return {
        device_code = code.device_code, user_code = code.user_code,
        url = code.verification_uri,
        whole_url = device.is_web(whole) and whole or code.verification_uri,
        interval = math.max(positive(code.interval, INTERVAL), INTERVAL),
        lifetime = positive(code.expires_in, LIFETIME),
    }
end

-- True when the same question may be asked again: a line or a service in
-- trouble says nothing about the login.
local function passing(err)
    return err.code == "io" or err.status == 429
        or err.status ~= nil and err.status >= 500
end

-- One poll: the token; or nil and seconds until the next; or nil, nil and a
-- sentence.
local function poll(client, code, interval)
    local value, err = client:device_token(code.device_code)
    if value ~= nil then
        local token = type(value) == "table" and value.access_token
        if not api.is_token(token) then
            return nil, nil, "the service granted the login without a token;"
                .. " try again"
        end
        return token
    elseif passing(err) then
        return nil, math.min(interval * 2, LONGEST), tostring(err)
    elseif err.reason == "authorization_pending" then
        return nil, interval
    elseif err.reason == "slow_down" then
        return nil, interval + SLOWER
    end
    return nil, nil, ENDS[err.reason] or tostring(err)
end

--- Lets the user log in.
-- @param flow { client= (propolis.account.api), sleep=function(seconds),
-- clock=function that gives seconds, show=function(code) to tell the user:
-- code.url, code.whole_url, code.user_code, code.lifetime }
-- @return the short-lived token, or nil and a sentence
function device.login(flow)
    local code, err = begin(flow.client)
    if not code then return nil, err end
    local deadline = flow.clock() + code.lifetime
    flow.show(code)
    local interval, trouble = code.interval, nil
    while flow.clock() + interval <= deadline do
        flow.sleep(interval)
        local token, again, why = poll(flow.client, code, interval)
        if token then
            return token
        elseif not again then
            return nil, why
        end
        interval, trouble = again, why
    end
    return nil, trouble or ENDS.expired_token
end

return device
