describe("a push of 1,000 events to PostgreSQL, on a line", function()
    require "push_lines"(_ENV, "direct")
end)
