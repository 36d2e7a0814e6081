/* A schema file says anything; what is taken for a schema makes a table. */
#include <lauxlib.h>

#include "fuzz.h"

#define STEPS 200000

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    luaL_error(L, "takes too long");
}

static const char setup[] =
    "local heal = require 'engine.heal'\n"
    "local schema = require 'engine.schema'\n"
    "local sql = require 'engine.sql'\n"
    "local sqlite = require 'engine.sqlite'\n"
    "string.rep = function() error 'no memory for that' end\n"
    "local function made(text)\n"
    "    local chunk = load(text, '=file', 't', {})\n"
    "    return schema.new(chunk())\n"
    "end\n"
    "return function(text)\n"
    "    local fine, s = pcall(made, text)\n"
    "    if not fine then return end\n"
    "    for _, d in ipairs { 'postgres', 'deeplake', 'sqlite' } do\n"
    "        assert(sql.create(s, d))\n"
    "    end\n"
    "    local store <close> = assert(sqlite.open ':memory:')\n"
    "    local job = { store = store, schemas = { s } }\n"
    "    local done, err = heal.tables(job)\n"
    "    assert(done or tostring(err):find 'reserved', err)\n"
    "    assert(not done or #heal.tables(job)[1].missing == 0)\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lua_State *L = fuzz_lua(setup);

    lua_sethook(L, stop, LUA_MASKCOUNT, STEPS);
    fuzz_call(L, data, size);
    lua_sethook(L, NULL, 0, 0);
    return 0;
}
