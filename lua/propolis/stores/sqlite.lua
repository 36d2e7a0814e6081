--- sqlite:PATH: a file, made when it is not there; ~/ is the home folder.
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
        local file, why = require("propolis.config.places").expand(path)
        if not file then return nil, store.error("arg", why) end
        return require("engine.sqlite").open(file, {
            busy_ms = options.busy_ms, readonly = options.readonly,
        })
    end,
}
