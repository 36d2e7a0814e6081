/*
 * A journal with any bytes between two records: both are read, in order, every
 * other byte is given back as bad or is white space, and nothing raises.
 */
#include "fuzz.h"

static const char setup[] =
    "local journal = require 'propolis.capture.journal'\n"
    "local path = os.tmpname()\n"
    "local function record(id)\n"
    "    return assert(journal.record {\n"
    "        { table = 'sessions', row = { id = id } } })\n"
    "end\n"
    "local first, last = record 'first', record 'last'\n"
    "return function(data)\n"
    "    local file <close> = assert(io.open(path, 'wb'))\n"
    "    assert(file:write(first, data, last))\n"
    "    file:close()\n"
    "    local ids, bad = {}, 0\n"
    "    assert(journal.read(path, function(list)\n"
    "        for _, item in ipairs(list) do\n"
    "            ids[#ids + 1] = item.row.id or ''\n"
    "        end\n"
    "        return true\n"
    "    end, function(bytes, why)\n"
    "        assert(type(why) == 'string')\n"
    "        bad = bad + #bytes\n"
    "    end))\n"
    "    assert(ids[1] == 'first' and ids[#ids] == 'last')\n"
    "    if #ids == 2 then\n"
    "        assert(bad <= #data)\n"
    "        assert(bad >= #data:gsub('%s', ''))\n"
    "    end\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_call(fuzz_lua(setup), data, size);
    return 0;
}
