--- What every command needs: options, messages on stderr, tables, CSV.
--
-- A command is a file lua/propolis/commands/WORD.lua:
--
--   local command = {
--       name = "heal",
--       summary = "one line",
--       usage = "an example first, then every option", -- or a function
--       options = { json = "flag", store = "value", only = "list" },
--       short = { s = "store" },       -- optional
--       args = { 0, 1 },               -- optional: fewest, most arguments
--       words = true,                  -- optional: -x is an argument, too
--   }
--   function command.main(opts)
--       local store <close> = cli.check(open(opts.store))
--       ... opts.json, opts[1] ...
--   end
--   return cli.command(command)
--
-- main returns its exit code, or nothing for cli.OK.  Exit codes: cli.OK,
-- cli.FAILED, cli.PENDING, cli.USAGE.
local try = require "propolis.try"

local cli = { OK = 0, FAILED = 1, PENDING = 2, USAGE = 64 }

-- Messages ------------------------------------------------------------------

-- True when a stream is a terminal: 0 stdin, 1 stdout, 2 stderr.
local function isatty(fd)
    return require("engine.sys").isatty(fd)
end

local COLOURS = { bold = 1, dim = 2, red = 31, green = 32, yellow = 33 }

--- The text in a colour (bold, dim, red, green, yellow) when fd (default 1) is
-- a terminal and NO_COLOR is not set; else as it is.
function cli.colour(text, colour, fd)
    local no = os.getenv("NO_COLOR")
    if no and no ~= "" or os.getenv("TERM") == "dumb" or not isatty(fd or 1)
    then
        return text
    end
    return ("\27[%dm%s\27[0m"):format(COLOURS[colour], text)
end

-- The first failure of a write to stdout, and whether it was reported.
local write_error, reported

--- A text for a terminal that others wrote: of what steers it only line ends
-- are left, all else stands as cli.printable has it.
function cli.shown(text)
    return (text:gsub("[^\n]+", cli.printable))
end

--- Writes a line to stderr, shown so, behind what is on stdout by now.
function cli.say(fmt, ...)
    local text = cli.shown(select("#", ...) > 0 and fmt:format(...) or fmt)
    local ok, err = io.stdout:flush()
    if not ok then
        write_error = write_error or err
    end
    io.stderr:write(text, "\n")
end

--- Writes data to stdout; a full disk is noticed by cli.done().
function cli.write(...)
    local ok, err = io.stdout:write(...)
    if not ok then
        write_error = write_error or err
    end
end

--- Writes a value to stdout as one line of JSON.
-- @return as cli.done()
function cli.json(value)
    cli.write(cli.check(require("propolis.json").encode(value)), "\n")
    return cli.done()
end

--- Ends the output of a command; more than once does no harm.
-- @return code (default 0), or 1 with a sentence when stdout could not be
-- written
function cli.done(code)
    local ok, err = io.stdout:flush()
    write_error = write_error or not ok and err or nil
    if write_error and not reported then
        reported = true
        cli.say("propolis: cannot write the output: %s", write_error)
    end
    return write_error and cli.FAILED or code or cli.OK
end

--- Says on stderr what failed; returns 1, the exit code.
function cli.fail(message)
    cli.say("propolis: " .. tostring(message))
    return cli.FAILED
end

--- try.check: without a value it ends the command, with the error's sentence on
-- stderr and exit code 1.
cli.check = try.check

--- True for what Ctrl-C raises in what is running.
function cli.is_interrupt(err)
    return require("engine.sys").is_interrupt(err)
end

--- Says on stderr what was wrong with how a command was called.
-- @param command the command table, or its word
-- @return 64, the exit code
function cli.usage(command, message)
    local name = type(command) == "table" and command.name or command
    name = name and "propolis " .. name or "propolis"
    cli.say("%s: %s; try '%s -h'", name, message, name)
    return cli.USAGE
end

-- Options -------------------------------------------------------------------

-- Takes one option into opts.  value is what follows "=", or nil; rest() takes
-- the next argument.  Returns a sentence when something is wrong.
local function take(command, opts, shown, name, value, rest)
    local kind = name and (command.options or {})[name]
    if name == "help" and not kind then
        kind = "flag"
    end
    if not kind then
        return ("there is no option '%s'"):format(shown)
    elseif kind ~= "list" and opts[name] ~= nil then
        return ("option '%s' stands twice"):format(shown)
    elseif kind == "flag" then
        if value then return ("option '%s' takes no value"):format(shown) end
        opts[name] = true
        return nil
    end
    value = value or rest()
    if not value or value == "" then
        return ("option '%s' needs a value"):format(shown)
    elseif kind == "list" then
        opts[name] = opts[name] or {}
        table.insert(opts[name], value)
    else
        opts[name] = value
    end
end

-- The letters of one argument like -jv or -sURL.
local function take_short(command, opts, arg, rest)
    local at = 2
    while at <= #arg do
        local letter = arg:sub(at, at)
        local name = (command.short or {})[letter]
            or letter == "h" and "help" or nil
        local attached
        if name and (command.options or {})[name] ~= "flag"
            and name ~= "help" and at < #arg then
            attached = arg:sub(at + 1)
            at = #arg
        end
        local err = take(command, opts, "-" .. letter, name, attached, rest)
        if err then return err end
        at = at + 1
    end
end

local function parse(argv, command)
    local opts, i, only_args = {}, 1, false
    local function rest()
        i = i + 1
        return argv[i]
    end
    while i <= #argv do
        local arg, err = argv[i], nil
        if only_args or arg == "-" or arg:sub(1, 1) ~= "-"
            or command.words and arg:find("^%-[^-]") and arg ~= "-h" then
            opts[#opts + 1] = arg
        elseif arg == "--" then
            only_args = true
        elseif arg:sub(1, 2) == "--" then
            local name, value = arg:match("^%-%-([^=]+)=(.*)$")
            name = name or arg:sub(3)
            err = take(command, opts, "--" .. name, name:gsub("%-", "_"),
                value, rest)
        else
            err = take_short(command, opts, arg, rest)
        end
        if err then return nil, err end
        i = i + 1
    end
    return opts
end

local function check_count(opts, command)
    local least, most = table.unpack(command.args or {})
    if least and #opts < least then
        return "an argument is missing"
    elseif most and #opts > most then
        return ("'%s' is one argument too many"):format(opts[most + 1])
    end
end

--- A command's usage text, ended by one newline.
function cli.usage_text(command)
    local usage = command.usage
    if type(usage) == "function" then usage = usage() end
    return (usage:gsub("%s*$", "\n"))
end

--- Reads a command's arguments.
-- Long options --name, --name VALUE, --name=VALUE ("-" in a name is "_" in the
-- result); short ones as command.short says, together if they are flags; "--"
-- ends the options; "-" is an argument.  -h and --help print the usage.  Of a
-- command with words = true what begins with one "-" is an argument.
-- @param argv list of words
-- @param command the command table: name, usage, options, short, args
-- @return options by name with the arguments at 1..n, or nil and the exit
-- code when everything has been said
function cli.parse(argv, command)
    local opts, err = parse(argv, command)
    if opts and opts.help then
        cli.write(cli.usage_text(command))
        return nil, cli.done()
    end
    err = err or check_count(opts, command)
    if err then return nil, cli.usage(command, err) end
    return opts
end

--- A sentence when opts has an option that has no meaning with what was asked
-- for (with: in words, "config set"), else nil; ... are the names that have.
function cli.misplaced(opts, with, ...)
    local fits = " " .. table.concat({ ... }, " ") .. " "
    for name in pairs(opts) do
        if not math.type(name) and not fits:find(" " .. name .. " ") then
            return ("option '--%s' has no meaning with %s"):format(
                name:gsub("_", "-"), with)
        end
    end
end

-- One frame for all ---------------------------------------------------------

-- An error that cli.check did not raise is a fault: keep where it arose.
local function with_traceback(err)
    local debugging = os.getenv("HIVEMIND_DEBUG") == "1"
    return debugging and type(err) == "string" and debug.traceback(err, 2)
        or err
end

--- Gives a command its run(argv): options are read, main is called with them,
-- what cli.check found is said, the output is ended.
-- @param command name, summary, usage, options, short, args, main
-- @return command
function cli.command(command)
    function command.run(argv)
        local opts, code = cli.parse(argv, command)
        if not opts then return code end
        local ok, result = xpcall(command.main, with_traceback, opts)
        if ok then
            return cli.done(result)
        elseif not try.is_failure(result) then
            error(result, 0)
        end
        return cli.fail(result)
    end
    return command
end

--- The commands: a sorted list of { word =, module = } of commands/.
function cli.commands()
    local sys = require "engine.sys"
    local list = {}
    for _, file in ipairs(assert(sys.list(sys.root
        .. "/lua/propolis/commands"))) do
        local name = file:match("^([%w_]+)%.lua$")
        list[#list + 1] = name and { word = (name:gsub("_", "-")),
            module = "propolis.commands." .. name }
    end
    return list
end

-- Text and rows -------------------------------------------------------------

local text = require "engine.text"

cli.width, cli.cut = text.width, text.cut
cli.utf8, cli.printable = text.utf8, text.printable

--- Rows as aligned text, cut to the width of a terminal; see propolis.cli.grid.
function cli.table(rows, columns)
    return require("propolis.cli.grid").format("table", rows, columns)
end

--- Rows as CSV (RFC 4180); see propolis.cli.grid.
function cli.csv(rows, columns)
    return require("propolis.cli.grid").format("csv", rows, columns)
end

return cli
