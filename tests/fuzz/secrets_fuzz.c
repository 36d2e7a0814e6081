/*
 * Any text around a secret, with the rules that are shipped: the secret does
 * not survive, neither plain nor inside JSON inside JSON, and what comes out
 * is text that every store takes.
 */
#include "fuzz.h"

static const char setup[] =
    "local canaries = require 'canaries'\n"
    "local engine = require 'engine.redact'\n"
    "local json = require 'propolis.json'\n"
    "local redactor = require('propolis.capture.redact').load()\n"
    "local function gone(text, c)\n"
    "    local out = redactor:text(text)\n"
    "    assert(not out:find(c.secret, 1, true), c.id)\n"
    "    local _, bad = engine.storable(out)\n"
    "    assert(bad == 0)\n"
    "end\n"
    "return function(data)\n"
    "    if #data < 2 then return end\n"
    "    local c = canaries[data:byte(1) % #canaries + 1]\n"
    "    local at = 2 + data:byte(2) * (#data - 2) // 255\n"
    "    -- The fuzzer learns; an escape may supply the first letter.\n"
    "    if data:find(c.secret:sub(3), 1, true) then return end\n"
    "    local text = data:sub(3, at) .. '\\n' .. c.text .. '\\n'\n"
    "        .. data:sub(at + 1)\n"
    "    gone(text, c)\n"
    "    text = json.encode { t = engine.storable(text) }\n"
    "    gone(text, c)\n"
    "    gone(json.encode { t = text }, c)\n"
    "    local v = redactor:value(assert(json.decode(text)))\n"
    "    assert(not v.t:find(c.secret, 1, true), c.id)\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_call(fuzz_lua(setup), data, size);
    return 0;
}
