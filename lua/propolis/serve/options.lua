--- serve.options: the command line of propolis serve as engine.serve takes it.
local options = {}

-- Numbers -------------------------------------------------------------------

local UNIT = { [""] = 1, K = 1024, M = 1024 ^ 2, G = 1024 ^ 3 }
local LARGEST = 255 * 1024 * 1024

local function size(text, most)
    local digits, unit = text:upper():match("^(%d+)([KMG]?)$")
    local n = digits and math.tointeger(tonumber(digits) * UNIT[unit])
    return n and n >= 1 and n <= most and n or nil
end

local function count(text, most)
    local n = text:match("^%d+$") and math.tointeger(tonumber(text))
    return n and n >= 1 and n <= most and n or nil
end

local function milliseconds(text)
    local n = tonumber(text)
    return n and n >= 0.001 and n <= 86400 and math.floor(n * 1000) or nil
end

local NUMBERS = {
    { "statement_timeout", "9", milliseconds, as = "statement_ms" },
    { "client_timeout", "60", milliseconds, as = "client_ms" },
    { "max_body", "16M", size, LARGEST },
    { "max_answer", "64M", size, LARGEST },
    { "max_memory", "512M", size, 1 << 50 },
    { "connections", "4096", count, 1000000 },
    { "requests", "512", count, 1000000 },
    { "backends", "16", count, 10000 },
}

-- The options that are numbers, or nil and a sentence.
local function numbers(opts)
    local out = { threads = 0 }
    for _, n in ipairs(NUMBERS) do
        local name, default, read, most = table.unpack(n)
        local value = read(opts[name] or default, most)
        if not value then
            return nil, ("--%s cannot be '%s'"):format(name:gsub("_", "-"),
                opts[name])
        end
        out[n.as or name] = value
    end
    if opts.threads then
        out.threads = count(opts.threads, 64)
        if not out.threads then
            return nil, ("--threads cannot be '%s'"):format(opts.threads)
        end
    end
    return out
end

-- host, port of 127.0.0.1:8787 or [::1]:8787; nil when it is neither.
local function address(opts)
    local text = opts.listen or "127.0.0.1:8787"
    local host, port = text:match("^%[([%x:.]+)%]:(%d+)$")
    if not host then
        host, port = text:match("^([%d.]+):(%d+)$")
    end
    port = tonumber(opts.port or port)
    if not host or math.type(port) ~= "integer" or port > 65535 or port < 0
    then
        return nil
    end
    return host, port
end

local function read_tls(opts, out)
    local sys = require "engine.sys"
    for _, name in ipairs { "tls_cert", "tls_key" } do
        if opts[name] then
            local text, err = sys.read(opts[name])
            if not text then return nil, err end
            out[name] = text
        end
    end
    if (out.tls_cert == nil) ~= (out.tls_key == nil) then
        return nil, "--tls-cert and --tls-key belong together"
    end
    return true
end

--- What engine.serve.start takes.
-- @param opts what cli.parse gave
-- @return a table, or nil, a sentence and whether the caller was wrong
function options.read(opts)
    local out, err = numbers(opts)
    if not out then return nil, err, true end
    out.host, out.port = address(opts)
    if not out.host then
        return nil, ("'%s' is no ADDR:PORT, like 127.0.0.1:8787"):format(
            opts.listen or opts.port), true
    end
    out.db = opts.db or os.getenv("PROPOLIS_SERVE_DB")
    if not out.db then
        return nil, "say which database: --db postgres://...", true
    end
    local ok
    ok, err = read_tls(opts, out)
    if not ok then return nil, err end
    local tokens = require "propolis.serve.tokens"
    out.tokens, err = tokens.path()
    if not out.tokens then return nil, err end
    out.secret, err = tokens.secret()
    out.verbose = opts.verbose
    if not out.secret then return nil, err end
    return out
end

return options
