--- Lines that are cut, silent, or say something else.
describe("a push of 1,000 events over HTTP", function()
    require "push_faults"(_ENV, {
        ["a line cut before reading"] = { cut = "read" },
        ["a line cut after the commit"] = { cut = "commit" },
        ["a connection closed at once"] = { at = "accept" },
        ["half a JSON"] = { half = true, run = true },
        ["a wrong length"] = { run = true, length = 100000 },
        ["a redirect to another host"] = {
            redirect = "http://127.0.0.2:9/steal" },
        ["a gzip bomb"] = { bomb = 32 * 1024 * 1024, run = true },
    })
end)
