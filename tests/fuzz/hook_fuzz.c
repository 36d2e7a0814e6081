/*
 * A hook's whole way, from stdin to the row: any bytes from any agent, with
 * the real modules, a journal's record in between, and a store in memory.
 * Nothing raises, every row is what the table promises, every answer is JSON.
 *
 * The first line names the agent and the event; an agent that is not known
 * stands for one of those that are.
 */
#include "fuzz.h"

/* Where a process ends, this one goes on: stdin, stdout, the log and the
 * store's file are the input, a list, a list and a database in memory. */
static const char surroundings[] =
    "local sqlite = require 'engine.sqlite'\n"
    "require 'propolis.store'\n"
    "local real = assert(sqlite.open(':memory:'))\n"
    "real.heal_log, real.session = false, true\n"
    "store = setmetatable({}, {\n"
    "    __index = function(_, k)\n"
    "        local v = real[k]\n"
    "        return type(v) ~= 'function' and v or function(_, ...)\n"
    "            return v(real, ...)\n"
    "        end\n"
    "    end, __close = function() end })\n"
    "assert(real:ensure())\n"
    "local intake = require 'propolis.capture.intake'\n"
    "local json = require 'propolis.json'\n"
    "local journal = require 'propolis.capture.journal'\n"
    "journal.append = function(_, list)\n"
    "    local text = assert(journal.record(list))\n"
    "    assert(not text:sub(2, -2):find('[\\30\\n]'))\n"
    "    local rows = text:match('^\\30%d+ %d+ %x+ (.*)\\n$')\n"
    "    assert(intake.put(store, assert(json.decode(rows))))\n"
    "    return 0, #text\n"
    "end\n"
    "said, logged = {}, {}\n"
    "local log = require 'propolis.log'\n"
    "local function note(text, ...)\n"
    "    logged[#logged + 1] = text:format(...)\n"
    "end\n"
    "log.error, log.warn = note, note\n"
    "io.stdout = { flush = function() end, write = function(_, text)\n"
    "    said[#said + 1] = text\n"
    "end }\n"
    "function os.getenv(name)\n"
    "    return ({ PROPOLIS_HOME = '/no/such/home', USER = 'ann',\n"
    "        PROPOLIS_AUTOSYNC = 'false' })[name]\n"
    "end\n";

static const char run[] =
    "local engine = require 'engine.redact'\n"
    "local json = require 'propolis.json'\n"
    "local hook = require 'propolis.commands.hook'\n"
    "local agents = require 'propolis.agents'\n"
    "local names, known = agents.names(), {}\n"
    "for _, name in ipairs(names) do known[name] = true end\n"
    "local function check(row)\n"
    "    for _, value in pairs(row) do\n"
    "        if type(value) == 'string' then\n"
    "            assert(select(2, engine.storable(value)) == 0)\n"
    "        end\n"
    "    end\n"
    "    assert(not row.path:find('/..', 1, true), row.path)\n"
    "    assert(select(2, row.path:gsub('/', '')) == 3, row.path)\n"
    "    assert(#row.filename < 255, row.filename)\n"
    "    if row.message then\n"
    "        local m = json.decode(row.message)\n"
    "        assert(type(m) == 'table' and m.session_id and m.type)\n"
    "        assert(#row.message == row.size_bytes)\n"
    "    end\n"
    "end\n"
    "return function(data)\n"
    "    local agent, event, text = data:match('^(%S*) (%S*)\\n(.*)$')\n"
    "    agent = known[agent or ''] and agent or names[#data % #names + 1]\n"
    "    io.read = function() return text or data end\n"
    "    assert(hook.run { agent, event } == 0)\n"
    "    collectgarbage('restart')\n"
    "    for i = #logged, 1, -1 do\n"
    "        local text = table.remove(logged)\n"
    "        assert(text:find('stdin was empty', 1, true)\n"
    "            or text:find('are not a JSON object', 1, true), text)\n"
    "    end\n"
    "    for i = #said, 1, -1 do\n"
    "        assert(json.decode(table.remove(said)))\n"
    "    end\n"
    "    for _, name in ipairs { 'sessions', 'memory' } do\n"
    "        local t = { t = name }\n"
    "        for _, row in ipairs(store:query('SELECT * FROM {t}', t)) do\n"
    "            check(row)\n"
    "        end\n"
    "        assert(store:exec('DELETE FROM {t}', t))\n"
    "    end\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char setup[sizeof(surroundings) + sizeof(run)];

    snprintf(setup, sizeof(setup), "%s%s", surroundings, run);
    fuzz_call(fuzz_lua(setup), data, size);
    return 0;
}
