--- postgres://...: a schema of that database, which the workspace names.
return {
    form = "postgres://USER@HOST/DB?workspace=NAME",
    readonly = true,
    open = function(options, url)
        -- A workspace in the URL wins over the one of the options.
        local own = url:find("[?&]workspace=")
        return require("engine.postgres").open(url, {
            workspace = not own and options.workspace or nil,
            connect_timeout = options.connect_timeout,
            timeout_ms = options.timeout_ms,
            readonly = options.readonly,
        })
    end,
}
