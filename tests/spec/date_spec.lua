local date = require "propolis.date"

describe("date", function()
    it("knows the calendar", function()
        assert.equal(0, date.seconds("1970-01-01T00:00:00.000Z"))
        assert.equal(951827696.5, date.seconds("2000-02-29T12:34:56.500Z"))
        assert.equal(1709164800, date.seconds("2024-02-29T00:00:00Z"))
        assert.equal(4102444799, date.seconds("2099-12-31T23:59:59.000Z"))
    end)

    it("takes a zone, and UTC without one", function()
        assert.equal(1709164800, date.seconds("2024-02-29T00:00:00"))
        assert.equal(1709164800, date.seconds("2024-02-29T02:30:00+02:30"))
        assert.equal(1709164800, date.seconds("2024-02-28T19:00:00-0500"))
    end)

    it("takes nothing else for a date", function()
        for _, bad in ipairs { "", "yesterday", "2024-02-29 00:00:00",
            "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-01T00:00:00 CET", 7 } do
            assert.is_nil(date.seconds(bad))
        end
        assert.is_nil(date.seconds(nil))
    end)

    it("gives back the text of a time, whatever the local zone", function()
        for _, text in ipairs { "1970-01-01T00:00:00", "2024-03-31T02:30:00",
            "2024-10-27T02:30:00", "2099-12-31T23:59:59" } do
            assert.equal(text, date.text(date.seconds(text)))
        end
        assert.equal("2024-02-29T00:00:00", date.text(1709164800.75))
    end)
end)
