---@meta propolis.cli
--- propolis.cli: what every command needs.  Data goes to stdout, words to
--- stderr.

---@class propolis.cli
---@field OK integer 0
---@field FAILED integer 1
---@field PENDING integer 2
---@field USAGE integer 64
local cli = {}

--- What lua/propolis/commands/WORD.lua returns.
---@class propolis.command
---@field name string the word
---@field summary string one line
---@field usage string|fun(): string an example first, then every option
---@field options? table<string, "flag"|"value"|"list">
---@field short? table<string, string> letter to option
---@field args? integer[] fewest and most arguments
---@field main? fun(opts: table): integer? what cli.command calls; its exit code
---@field run? fun(argv: string[]): integer the exit code; cli.command makes it

--- Gives a command its run: options are read, main is called with them, what
--- cli.check found is said, the output is ended.
---@param command propolis.command
---@return propolis.command command
function cli.command(command) end

--- The value and all that follows it, as assert; without a value it ends the
--- command with the error's sentence on stderr and exit code 1.
---@generic T
---@param value T?
---@param err any
---@param ... any
---@return T value
---@return any ...
function cli.check(value, err, ...) end

--- The commands there are, sorted.
---@return { word: string, module: string }[]
function cli.commands() end

--- True for the error that Ctrl-C raises in what is running.
---@param err any
---@return boolean
function cli.is_interrupt(err) end

--- A sentence when an option was given that has no meaning with what was asked
--- for, else nil.
---@param opts table what parse gave
---@param with string what was asked for
---@param ... string the options that have a meaning
---@return string?
function cli.misplaced(opts, with, ...) end

--- A command's usage text, ended by one newline.
---@param command propolis.command
---@return string
function cli.usage_text(command) end

--- Reads a command's arguments; -h prints the usage.
---@param argv string[]
---@param command propolis.command
---@return table? opts options by name, arguments at 1..n
---@return integer? code the exit code when everything has been said
function cli.parse(argv, command) end

--- Writes data to stdout.
---@param ... string|number
function cli.write(...) end

--- Writes a value to stdout as one line of JSON.
---@param value any
---@return integer code
function cli.json(value) end

--- Writes a line of words to stderr, as cli.shown has it; arguments are
--- string.format's.
---@param fmt string
---@param ... any
function cli.say(fmt, ...) end

--- Ends a command's output.
---@param code? integer 0
---@return integer code 1 when stdout could not be written
function cli.done(code) end

--- Says what failed.
---@param message any
---@return integer code 1
function cli.fail(message) end

--- Says what was wrong with how a command was called.
---@param command propolis.command|string
---@param message string
---@return integer code 64
function cli.usage(command, message) end

--- The text in a colour on a terminal, unless NO_COLOR is set.
---@param text string
---@param colour "bold"|"dim"|"red"|"green"|"yellow"
---@param fd? integer the stream that is asked, 1
---@return string
function cli.colour(text, colour, fd) end

--- Rows as an aligned table, cut to the width of a terminal; without one nothing
--- is cut, and a cell of more than 100 columns pushes what follows in its line.
---@param rows table[] by column name
---@param columns string[]
---@return string
function cli.table(rows, columns) end

--- Rows as CSV (RFC 4180).
---@param rows table[] by column name
---@param columns string[]
---@return string
function cli.csv(rows, columns) end

--- How many terminal columns a text takes.
---@param s string
---@return integer
function cli.width(s) end

--- The text cut to a width, with "…" where it was cut.
---@param s string
---@param width integer
---@return string
function cli.cut(s, width) end

--- The text with U+FFFD for each byte that is no UTF-8.
---@param s string
---@return string
function cli.utf8(s) end

--- The text as one line that cannot steer a terminal.
---@param s string
---@return string
function cli.printable(s) end

--- The same, line ends left as they are.
---@param text string
---@return string
function cli.shown(text) end

return cli
