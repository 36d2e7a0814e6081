--- propolis help: the commands there are, and one of them in full.
local cli = require "propolis.cli"
local json = require "propolis.json"

local command = {
    name = "help",
    summary = "list the commands, or explain one",
    usage = [[
propolis help heal

usage: propolis help [--json] [WORD]

Without WORD it lists the commands; with WORD it is 'propolis WORD -h'.
]],
    options = { json = "flag" },
    args = { 0, 1 },
}

local function overview(opts)
    local rows, width = {}, 0
    for _, item in ipairs(cli.commands()) do
        local ok, found = pcall(require, item.module)
        rows[#rows + 1] = json.object {
            { "command", item.word },
            { "summary", ok and found.summary or "cannot be loaded" },
        }
        width = math.max(width, #item.word)
    end
    if opts.json then return cli.json(json.array(rows)) end
    cli.write([[
propolis heal --plan        what a store lacks, and the SQL that adds it
propolis FILE.lua ARGS      run a Lua script; without anything: the REPL
propolis -- FILE ARGS       the same for a file called like a command

commands:
]])
    for _, row in ipairs(rows) do
        cli.write("  ", cli.colour(row.command, "bold"),
            (" "):rep(width - #row.command + 2), row.summary, "\n")
    end
    cli.write("\n'propolis help WORD' or 'propolis WORD -h' explains one.\n")
end

function command.main(opts)
    if not opts[1] then return overview(opts) end
    local excess = cli.misplaced(opts, "the name of a command")
    if excess then return cli.usage(command, excess) end
    for _, item in ipairs(cli.commands()) do
        if item.word == opts[1] then
            cli.write(cli.usage_text(require(item.module)))
            return cli.done()
        end
    end
    return cli.usage(command, ("there is no command '%s'"):format(opts[1]))
end

return cli.command(command)
