--- What every command needs: options, words on stderr, tables, CSV.
--
-- A command is a file lua/propolis/commands/WORD.lua that returns
--
--   local command = {
--       name = "heal",
--       summary = "one line",
--       usage = "an example first, then every option",
--       options = { json = "flag", store = "value", only = "list" },
--       short = { s = "store" },       -- optional
--       args = { 0, 1 },               -- optional: fewest, most arguments
--   }
--   function command.run(argv)
--       local opts, code = cli.parse(argv, command)
--       if not opts then
--           return code
--       end
--       ... opts.json, opts.store, opts[1] ...
--       return cli.done()
--   end
--
-- Exit codes: cli.OK, cli.FAILED, cli.PENDING, cli.USAGE.
local cli = { OK = 0, FAILED = 1, PENDING = 2, USAGE = 64 }

-- Words ---------------------------------------------------------------------

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

--- Writes a line of words to stderr.
function cli.say(fmt, ...)
    local text = select("#", ...) > 0 and fmt:format(...) or fmt
    io.stderr:write(text, "\n")
end

-- The first failure of a write to stdout.
local write_error

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
    local text, err = require("propolis.json").encode(value)
    if not text then
        return cli.fail(err)
    end
    cli.write(text, "\n")
    return cli.done()
end

--- Ends the output of a command.
-- @return code (default 0), or 1 with a sentence when stdout could not be
-- written
function cli.done(code)
    local ok, err = io.stdout:flush()
    if write_error or not ok then
        return cli.fail("cannot write the output: "
            .. tostring(write_error or err))
    end
    return code or cli.OK
end

--- Says on stderr what failed.
-- @return 1, the exit code
function cli.fail(message)
    cli.say("propolis: " .. tostring(message))
    return cli.FAILED
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
    elseif kind == "flag" then
        if value then
            return ("option '%s' takes no value"):format(shown)
        end
        opts[name] = true
        return nil
    end
    value = value or rest()
    if not value then
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
        if err then
            return err
        end
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
        if only_args or arg == "-" or arg:sub(1, 1) ~= "-" then
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
        if err then
            return nil, err
        end
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

--- Reads a command's arguments.
-- Long options --name, --name VALUE, --name=VALUE ("-" in a name is "_" in the
-- result); short ones as command.short says, together if they are flags; "--"
-- ends the options; "-" is an argument.  -h and --help print the usage.
-- @param argv list of words
-- @param command the command table: name, usage, options, short, args
-- @return options by name with the arguments at 1..n, or nil and the exit
-- code when everything has been said
function cli.parse(argv, command)
    local opts, err = parse(argv, command)
    if opts and opts.help then
        cli.write(command.usage:gsub("%s*$", "\n"), "")
        return nil, cli.done()
    end
    err = err or check_count(opts, command)
    if err then
        return nil, cli.usage(command, err)
    end
    return opts
end

-- Tables --------------------------------------------------------------------

-- Columns that a code point takes on a terminal.
local WIDE = {
    { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0xA4CF },
    { 0xA960, 0xA97F }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
    { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 },
    { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1FAFF },
    { 0x20000, 0x3FFFD },
}
local NARROW = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD },
    { 0x0610, 0x061A }, { 0x064B, 0x065F }, { 0x0E31, 0x0E31 },
    { 0x0E34, 0x0E3A }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },
    { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x2064 },
    { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
    { 0xFEFF, 0xFEFF }, { 0x1F3FB, 0x1F3FF },
}

local function within(ranges, code)
    for _, range in ipairs(ranges) do
        if code >= range[1] and code <= range[2] then
            return true
        end
    end
    return false
end

local function code_width(code)
    if code < 0x300 then
        return 1
    elseif within(NARROW, code) then
        return 0
    end
    return within(WIDE, code) and 2 or 1
end

--- How many terminal columns a text takes; a byte that is no UTF-8 counts one.
function cli.width(text)
    if not text:find("[\x80-\xFF]") then
        return #text
    elseif not utf8.len(text) then
        return #text
    end
    local width = 0
    for _, code in utf8.codes(text) do
        width = width + code_width(code)
    end
    return width
end

--- The text cut to at most width columns, with "…" where it was cut.
function cli.cut(text, width)
    if cli.width(text) <= width then
        return text
    elseif not utf8.len(text) then
        return text:sub(1, math.max(width - 1, 0)) .. "…"
    end
    local used = 0
    for at, code in utf8.codes(text) do
        used = used + code_width(code)
        if used > width - 1 then
            return text:sub(1, at - 1) .. "…"
        end
    end
    return text
end

-- The text with replace(byte) for each byte that is no UTF-8.
local function mend_utf8(text, replace)
    local out, at = {}, 1
    while true do
        local ok, bad = utf8.len(text, at)
        if ok then
            out[#out + 1] = text:sub(at)
            return table.concat(out)
        end
        out[#out + 1] = text:sub(at, bad - 1)
        out[#out + 1] = replace(text:byte(bad))
        at = bad + 1
    end
end

--- The text with U+FFFD for each byte that is no UTF-8.
function cli.utf8(text)
    if utf8.len(text) then
        return text
    end
    return mend_utf8(text, function()
        return "\u{FFFD}"
    end)
end

local SHOWN = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function hex(byte)
    return ("\\x%02x"):format(byte)
end

--- The text as one line that cannot steer a terminal: control characters and
-- bytes that are no UTF-8 stand as \n, \t, \x1b.
function cli.printable(text)
    if not utf8.len(text) then
        text = mend_utf8(text, hex)
    end
    text = text:gsub("%c", function(c)
        return SHOWN[c] or hex(c:byte())
    end)
    -- The C1 controls, which some terminals obey in UTF-8 too.
    return (text:gsub("\xC2([\x80-\x9F])", function(c)
        return ("\\u%04x"):format(c:byte())
    end))
end

-- A value as a person sees it in a cell.
local function shown(value)
    local json = require "propolis.json"
    if value == nil or value == json.null then
        return "NULL"
    elseif type(value) == "table" then
        return cli.printable(json.encode(value) or tostring(value))
    end
    return cli.printable(tostring(value))
end

-- Takes width from the widest columns until everything fits.
local function shrink(widths, room)
    local total = 2 * (#widths - 1)
    for _, width in ipairs(widths) do
        total = total + width
    end
    while total > room do
        local widest = 1
        for i, width in ipairs(widths) do
            widest = width > widths[widest] and i or widest
        end
        if widths[widest] <= 4 then
            return
        end
        widths[widest] = widths[widest] - 1
        total = total - 1
    end
end

local function line(cells, widths, right, colour)
    local out = {}
    for i, cell in ipairs(cells) do
        cell = cli.cut(cell, widths[i])
        local pad = (" "):rep(widths[i] - cli.width(cell))
        cell = colour and cli.colour(cell, colour) or cell
        out[i] = right[i] and pad .. cell or cell .. pad
    end
    return (table.concat(out, "  "):gsub(" +$", ""))
end

--- Rows as aligned text: a head, a rule, one line per row; numbers to the
-- right, NULL visible.  Cut to the terminal's width only on a terminal.
-- @param rows list of tables by column name
-- @param columns list of column names
-- @return the text, with a line end
function cli.table(rows, columns)
    local widths, right, cells, rule = {}, {}, {}, {}
    local head = {}
    for i, name in ipairs(columns) do
        head[i] = cli.printable(name)
        widths[i], right[i] = cli.width(head[i]), #rows > 0
    end
    for r, row in ipairs(rows) do
        cells[r] = {}
        for i, name in ipairs(columns) do
            local value = row[name]
            local cell = shown(value)
            cells[r][i] = cell
            widths[i] = math.max(widths[i], cli.width(cell))
            right[i] = right[i] and (value == nil or type(value) == "number")
        end
    end
    if isatty(1) then
        shrink(widths, require("engine.sys").columns() or 80)
    end
    for i, width in ipairs(widths) do
        rule[i] = ("-"):rep(width)
    end
    local out = { line(head, widths, right, "bold"), line(rule, widths, right) }
    for r, row in ipairs(cells) do
        out[r + 2] = line(row, widths, right)
    end
    return table.concat(out, "\n") .. "\n"
end

-- CSV -----------------------------------------------------------------------

local function csv_field(value)
    local json = require "propolis.json"
    if value == nil or value == json.null then
        return ""
    elseif type(value) == "table" then
        value = json.encode(value) or tostring(value)
    end
    local text = tostring(value)
    if text == "" or text:find('[",\r\n]') then
        return '"' .. text:gsub('"', '""') .. '"'
    end
    return text
end

--- Rows as CSV (RFC 4180, CRLF), a head first.  NULL is an empty field, empty
-- text is "".
-- @param rows list of tables by column name
-- @param columns list of column names
-- @return the text
function cli.csv(rows, columns)
    local out, fields = {}, {}
    for i, name in ipairs(columns) do
        fields[i] = csv_field(name)
    end
    out[1] = table.concat(fields, ",")
    for r, row in ipairs(rows) do
        for i, name in ipairs(columns) do
            fields[i] = csv_field(row[name])
        end
        out[r + 1] = table.concat(fields, ",")
    end
    return table.concat(out, "\r\n") .. "\r\n"
end

return cli
