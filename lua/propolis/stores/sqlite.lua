--- sqlite:PATH: a file, made when it is not there; ~/ is the home folder.  A
-- local store first takes in what hooks captured, unless it is to be read only;
-- where it cannot, the store's field `behind` says why.
local places = require "propolis.config.places"
local store = require "propolis.store"

return {
    form = "sqlite:PATH",
    readonly = true,
    open = function(options, url)
        local path = url:sub(#"sqlite:" + 1)
        if path == "" then
            return nil, store.error("arg", "sqlite: needs a path, as in"
                .. " sqlite:/home/you/memory.db")
        end
        local file, why = places.expand(path)
        if not file then return nil, store.error("arg", why) end
        local whole, behind = true, nil
        local paths = not options.readonly and places.paths()
        if paths and file:match("^(.*)/") == paths.data then
            whole, behind = require("propolis.capture.intake").before(file)
        end
        local opened, err = require("engine.sqlite").open(file, {
            busy_ms = options.busy_ms, readonly = options.readonly,
        })
        if opened and not whole then opened.behind = behind end
        return opened, err
    end,
}
