--- Answers that refuse, and one that comes too late.
describe("a push of 1,000 events over HTTP", function()
    require "push_faults"(_ENV, {
        ["a 401"] = { status = 401, body = "no" },
        ["a 402"] = { status = 402, body = '{"balance_cents":0}' },
        ["an HTML 403"] = { status = 403, body = "<html>nginx</html>" },
        ["a 429"] = { status = 429, headers = { ["Retry-After"] = "0" } },
        ["a 500"] = { status = 500, body = "oops" },
        ["a 500 after the commit"] = { status = 500, body = "x", run = true },
        ["a 503"] = { status = 503 },
        ["an answer after the timeout"] = { run = true, hang = 3600 },
    })
end)
