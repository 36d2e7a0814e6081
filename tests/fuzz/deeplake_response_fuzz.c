/* A service answers anything: rows by column name, or an error; no raise. */
#include "fuzz.h"

static const char setup[] =
    "local response = require 'propolis.stores.deeplake.response'\n"
    "local json = require 'propolis.json'\n"
    "return function(body)\n"
    "    local rows, err = response.read(body, true)\n"
    "    assert(rows or (err.code == 'io' and #tostring(err) > 0))\n"
    "    for _, row in ipairs(rows or {}) do\n"
    "        for key, value in pairs(row) do\n"
    "            assert(type(key) == 'string')\n"
    "            assert(type(value) ~= 'table')\n"
    "        end\n"
    "    end\n"
    "    for _, status in ipairs { 200, 400, 402, 403, 500, 503 } do\n"
    "        local none, why = response.refusal(\n"
    "            { status = status, body = body }, true, 'secret')\n"
    "        assert(none == nil and type(why.code) == 'string')\n"
    "        assert(not why.message:find('secret', 1, true))\n"
    "        assert(not why.message:find '%c')\n"
    "    end\n"
    "    local value = json.decode(body)\n"
    "    if value ~= nil then\n"
    "        local text = json.encode(value)\n"
    "        assert(not text or json.decode(text) ~= nil)\n"
    "    end\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_call(fuzz_lua(setup), data, size);
    return 0;
}
