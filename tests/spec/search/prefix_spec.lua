local prefix = require "propolis.search.prefix"

describe("the beginning of a word", function()
    it("is looked for before its ending, too", function()
        for text, want in pairs {
            auth = "auth", keye = "keye key", deploym = "deploym deploy",
            migrati = "migrati migrat migr", runn = "runn run",
            runni = "runni runn run", x = "x", Deploym = "Deploym deploy",
            utf8s = "utf8s", ["\u{8BB0}\u{5FC6}"] = "\u{8BB0}\u{5FC6}",
        } do
            assert.equal(want, table.concat(prefix.starts(text), " "), text)
        end
    end)
end)
