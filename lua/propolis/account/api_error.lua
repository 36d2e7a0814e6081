--- account.api_error: a failed request as one sentence that says what to do.
--
-- Each function takes the client (its base, token, timeout_ms) and gives nil
-- and an error { code=, message=, status=, reason= }, without the token.
local response = require "propolis.stores.deeplake.response"
local json = require "propolis.json"
local places = require "propolis.config.places"

local api_error = {}

local function login_hint()
    if places.env("HIVEMIND_TOKEN") then
        return "the token in HIVEMIND_TOKEN is not accepted"
    end
    return "the token is not accepted; 'propolis login --force' gets a new one"
end

local ADVICE = {
    [401] = login_hint,
    [402] = function() return "the account's balance is used up" end,
    [403] = function()
        return "you may not do this; ask an admin of the organisation, or see"
            .. " 'propolis whoami'"
    end,
    [404] = function(self, path)
        return ("there is no %s%s; check the name and HIVEMIND_API_URL")
            :format(self.base, path)
    end,
    [429] = function() return "too many requests; try again in a minute" end,
}

local function advice(self, status, path)
    if ADVICE[status] then
        return ADVICE[status](self, path)
    elseif status >= 500 then
        return "the service failed; try again later"
    elseif status >= 300 and status < 400 then
        return ("%s redirects to another address; check HIVEMIND_API_URL")
            :format(self.base)
    end
    return nil
end

--- True for a body that is a web page.
function api_error.is_page(body)
    return body:find("^%s*<") ~= nil
end

-- The reason that the server gives: the message of an error object, or text.
local function reason_of(body)
    local value = json.decode(body)
    if type(value) == "table" then
        for _, key in ipairs { "error", "message", "detail" } do
            local v = value[key]
            if type(v) == "table" then
                v = v.message
            end
            if type(v) == "string" then return v end
        end
    end
    return not api_error.is_page(body) and body or "a web page"
end

--- For a status other than 2xx.
function api_error.status(self, path, res)
    local reason = reason_of(res.body)
    local said = response.clean(reason, self.token or "")
    local parts = { ("API %d"):format(res.status) }
    if said ~= "" then
        parts[1] = parts[1] .. ": " .. said
    end
    parts[#parts + 1] = advice(self, res.status, path)
    return response.failure {
        code = res.status == 401 and "auth" or "api", status = res.status,
        reason = reason, message = table.concat(parts, "; "),
    }
end

--- For no response at all.
function api_error.unreachable(self, err)
    local text = ("cannot reach %s: %s; check the network and HIVEMIND_API_URL")
        :format(self.base, response.clean(err.message, self.token or ""))
    if err.timeout then
        text = ("%s did not answer within %g s; try again later"):format(
            self.base, self.timeout_ms / 1000)
    end
    return response.failure { code = "io", message = text }
end

--- For a body that is not what it should be.
function api_error.bad_body(self, path, what)
    return response.failure { code = "api", message = ("the answer of %s%s %s;"
        .. " check HIVEMIND_API_URL, or try again"):format(self.base, path,
        what) }
end

return api_error
