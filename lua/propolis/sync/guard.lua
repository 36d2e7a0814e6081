--- guard: how a remote table refuses a second copy of a row, however late a
-- statement arrives.
--
-- A unique index on `id` does it.  In a table that holds an id twice already
-- none can be made; there our rows carry their id in a column of its own as
-- well, which has the index.  A PostgreSQL that grants us no index gets an
-- advisory lock before each statement.  Elsewhere the statement looks for the
-- rows itself, and what ended unclearly is asked for (propolis.sync.reconcile).
local outbox = require "propolis.sync.outbox"

local guard = {}

local COPY = "propolis_id" -- the column beside an id that is not unique

-- Errors after which nothing else is worth a try.
local STOPS = { io = true, auth = true, balance = true, closed = true,
    nomem = true, no_table = true }

-- Whether an INSERT finds a unique index over a column: one of no rows, which
-- fails as any other does.
local function found(remote, schema, column)
    return remote:exec([[INSERT INTO {t} ({c}) SELECT {c} FROM {t} WHERE 1 = 0
        ON CONFLICT ({c}) WHERE {c} <> '' DO NOTHING]],
        { t = schema.table, c = column }, "idempotent")
end

-- An index that waits for a writer makes all others wait behind it.
local function make(remote, schema, column)
    local function index()
        return remote:exec([[CREATE UNIQUE INDEX IF NOT EXISTS {i} ON {t} ({c})
            WHERE {c} <> '']], {
                i = ("once_%s_%s"):format(column, schema.table):sub(1, 63),
                t = schema.table, c = column }, "idempotent")
    end
    if remote.dialect ~= "postgres" or not remote.session then
        return index()
    end
    local ok, err = remote:transaction(function()
        local set, why = remote:exec "SET LOCAL lock_timeout = '2s'"
        if not set then return nil, why end
        return index()
    end)
    if not ok and err.code == "unsupported" then return index() end
    return ok, err
end

-- Until the end of the transaction.
local function lock(remote, schema)
    return remote:query([[SELECT pg_advisory_xact_lock(
        hashtext('propolis once'), hashtext(?))]], { schema.table })
end

local function has_doubles(err)
    local text = tostring(err)
    return text:find("could not create unique index", 1, true)
        or text:find("UNIQUE constraint failed", 1, true)
end

local function copy_column(remote, schema)
    if found(remote, schema, COPY) then return true end
    local ok, err = remote:exec("ALTER TABLE {t} ADD COLUMN {c} TEXT",
        { t = schema.table, c = COPY }, "idempotent")
    if not ok and err.code ~= "exists" then return nil, err end
    return make(remote, schema, COPY)
end

-- The word for sql.insert's once, or "lock"; and whether the next run may
-- believe it.  Raises what stops the push.
local function choose(remote, schema)
    local column, ok, err = "id", found(remote, schema, "id")
    if ok or err.code == "denied" then
        return assert(ok and column, err), true
    elseif not STOPS[err.code] then
        ok, err = make(remote, schema, column)
        if not ok and has_doubles(err) then
            column, ok, err = COPY, copy_column(remote, schema)
        end
    end
    if ok then
        return column, true
    elseif STOPS[err.code] then
        error(err, 0)
    end
    local locks = remote.dialect == "postgres" and remote.session
        and lock(remote, schema)
    return locks and "lock" or "", err.code ~= "busy" and not err.unclear
end

local function word(schema)
    return "guard." .. schema.name
end

--- How rows of a schema go to the remote that the store is synced with: a
-- column with a unique index, "lock", or "" for none of these.  Raises what
-- stops the push.
function guard.of(store, remote, schema)
    local how = outbox.get(store, word(schema))
    if not how or how == "?" then
        local lasts
        how, lasts = choose(remote, schema)
        assert(outbox.set(store, { [word(schema)] = lasts and how or "?" }))
    end
    return how
end

--- The words of the state that say nothing is known of the remote's tables.
function guard.unknown(schemas)
    local words = {}
    for _, schema in ipairs(schemas) do
        words[word(schema)] = "?"
    end
    return words
end

--- Whether an error says that what guarded the table is not there any more.
function guard.is_gone(err)
    return tostring(err):find("ON CONFLICT", 1, true) ~= nil
        or err.code == "no_column"
end

--- The column with the unique index, or nil.
function guard.column(how)
    return how ~= "lock" and how ~= "" and how or nil
end

--- One guarded INSERT to a store without query_all: true, or nil, err.
function guard.exec(remote, schema, how, text)
    if how ~= "lock" then
        return remote:exec(text, nil, guard.column(how) and "idempotent"
            or "insert")
    end
    return remote:transaction(function()
        assert(lock(remote, schema))
        return remote:exec(text, nil, "insert")
    end)
end

return guard
