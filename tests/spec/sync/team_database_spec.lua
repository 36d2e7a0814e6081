describe("a push of 1,000 events, on the line from serve to the database",
    function()
        -- The other faults: team_database_late_spec.lua, at the same time.
        require "push_serve"(_ENV, "back", { "before", "after" })
    end)
