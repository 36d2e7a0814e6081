/*
 * Any bytes as what a person types behind `propolis search` and as a date:
 * nothing raises, words are parts of the text and hold no sign, a date's span
 * does not end before it begins, a sentence holds no control character.
 */
#include "fuzz.h"

static const char setup[] =
    "local query = require 'propolis.search.query'\n"
    "local date = require 'propolis.search.date'\n"
    "local function check(word, text)\n"
    "    assert(#word > 0 and text:find(word, 1, true))\n"
    "    assert(utf8.len(word) and not word:find('[%s%p%c]'))\n"
    "end\n"
    "local check_all\n"
    "function check_all(list, text)\n"
    "    for _, one in ipairs(list) do\n"
    "        if type(one) == 'table' then check_all(one, text)\n"
    "        else check(one, text) end\n"
    "    end\n"
    "end\n"
    "return function(text)\n"
    "    local q = query.parse(text)\n"
    "    assert(q.text == text)\n"
    "    for _, name in ipairs { 'words', 'phrases', 'without', 'prefixes' }\n"
    "    do check_all(q[name], text) end\n"
    "    local since, before = date.span(text, 1795534200)\n"
    "    if since then assert(since <= before and #since >= 19)\n"
    "    else assert(not before:find('%c') and utf8.len(before)) end\n"
    "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;

    if (!L)
        L = fuzz_lua(setup);
    fuzz_call(L, data, size);
    return 0;
}
