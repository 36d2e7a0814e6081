--- account.notices.balance: money that runs out becomes a notice.
--
-- A 402 is told once a day (UTC) while it lasts, and not at all when the
-- service accepted a request before the notice was shown.  A balance below two
-- dollars is told once a day too.
local notices = require "propolis.account.notices"
local sys = require "engine.sys"

local balance = {}

local LOW_CENTS = 200 -- below this a balance is low

-- Where an organisation tops up.
local function billing_url(conf)
    local segment = require("propolis.account.api").segment
    return ("https://deeplake.ai/%s/workspace/%s/billing"):format(
        segment(conf.org_name), segment(conf.workspace))
end

local function tell(conf, id, severity, title, body)
    return notices.add {
        id = id, severity = severity, title = title,
        body = body:format(billing_url(conf)),
        dedup = conf.org_id .. "/" .. sys.now():sub(1, 10),
    }
end

local states = {}

function states.exhausted(conf)
    return tell(conf, "balance-exhausted", "error",
        ("the balance of %s is used up"):format(conf.org_name),
        "memory is kept on this machine and shared again after a top-up at %s")
end

function states.low(conf, cents)
    notices.balance_ok()
    return tell(conf, "balance-low", "warn",
        ("the balance of %s is down to $%.2f"):format(conf.org_name,
            cents / 100), "top up at %s")
end

function states.fine()
    return notices.forget("balance-exhausted", "balance-low")
end

local function state_of(info)
    local cents = tonumber(info.balance_cents)
    if info.status == 402 or cents and cents <= 0 then
        return "exhausted"
    elseif not cents then
        return nil
    end
    return cents < LOW_CENTS and "low" or "fine", cents
end

--- What a store calls with what it hears about the balance: option on_balance
-- of propolis.open.  Only a change does anything; never raises.
function balance.on_balance(conf)
    local last
    return function(info)
        local state, cents = state_of(info)
        if state and state ~= last then
            last = state
            require("engine.sys").pcall(states[state], conf, cents)
        end
    end
end

return balance
