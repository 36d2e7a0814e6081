/*
 * engine.edit: one line from a terminal, by libedit.  See meta/edit.lua.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/edit.h"

#define EDIT_TYPE "engine.edit"
#define HISTORY_MAX 1000

static char *prompt_of(EditLine *el)
{
    struct editor *ed;

    el_get(el, EL_CLIENTDATA, &ed);
    return ed->prompt;
}

/* complete(editor, text) -> what the key did; called protected. */
static int call_complete(lua_State *L)
{
    struct editor *ed = lua_touserdata(L, 1);
    const LineInfo *line = el_line(ed->el);
    const char *insert;
    const char *listing;
    int done = CC_ERROR;

    lua_getiuservalue(L, 1, 1);
    lua_pushlstring(L, line->buffer, (size_t)(line->cursor - line->buffer));
    lua_call(L, 1, 2);
    insert = lua_tostring(L, -2);
    listing = lua_tostring(L, -1);
    if (insert && *insert && el_insertstr(ed->el, insert) == 0)
        done = CC_REFRESH;
    if (listing && *listing) {
        printf("\n%s\n", listing);
        fflush(stdout);
        done = CC_REDISPLAY;
    }
    lua_pushinteger(L, done);
    return 1;
}

/* The tab key.  Index 1 of the waiting call is the editor. */
static unsigned char complete(EditLine *el, int key)
{
    struct editor *ed;
    unsigned char done = CC_ERROR;
    lua_State *L;

    (void)key;
    el_get(el, EL_CLIENTDATA, &ed);
    L = ed->L;
    if (!lua_checkstack(L, 4))
        return CC_ERROR;
    lua_pushcfunction(L, call_complete);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK)
        done = (unsigned char)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return done;
}

static int editor_close(lua_State *L)
{
    struct editor *ed = luaL_checkudata(L, 1, EDIT_TYPE);

    if (ed->L)
        return luaL_error(L, "the editor waits for a line");
    if (ed->el)
        el_end(ed->el);
    if (ed->history)
        history_end(ed->history);
    ed->el = NULL;
    ed->history = NULL;
    return 0;
}

static struct editor *check_editor(lua_State *L)
{
    struct editor *ed = luaL_checkudata(L, 1, EDIT_TYPE);

    luaL_argcheck(L, ed->el != NULL, 1, "the editor is closed");
    luaL_argcheck(L, ed->L == NULL, 1, "the editor waits for a line");
    return ed;
}

static int editor_line(lua_State *L)
{
    struct editor *ed = check_editor(L);
    const char *prompt = luaL_optstring(L, 2, "> ");
    const char *text;
    int n = 0;

    snprintf(ed->prompt, sizeof(ed->prompt), "%s", prompt);
    ed->L = L;
    text = edit_getline(ed, &n);
    ed->L = NULL;
    if (ed->interrupted || !text || n <= 0) {
        luaL_pushfail(L);
        lua_pushstring(L, ed->interrupted ? "interrupt" : "eof");
        return 2;
    }
    lua_pushlstring(L, text, (size_t)n - (text[n - 1] == '\n'));
    return 1;
}

static int editor_remember(lua_State *L)
{
    struct editor *ed = check_editor(L);
    HistEvent ev;

    history(ed->history, &ev, H_ENTER, luaL_checkstring(L, 2));
    return 0;
}

static void bind_keys(EditLine *el)
{
    static const char *const keys[][2] = {
        {"^I", "propolis-complete"},       {"^R", "em-inc-search-prev"},
        {"\\e[1;5C", "em-next-word"},      {"\\e[1;5D", "ed-prev-word"},
        {"\\e[3~", "ed-delete-next-char"},
    };

    el_set(el, EL_ADDFN, "propolis-complete", "Complete the word", complete);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        el_set(el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

static void set_up(struct editor *ed)
{
    HistEvent ev;

    history(ed->history, &ev, H_SETSIZE, HISTORY_MAX);
    history(ed->history, &ev, H_SETUNIQUE, 1);
    el_set(ed->el, EL_CLIENTDATA, ed);
    el_set(ed->el, EL_SIGNAL, 0);
    el_set(ed->el, EL_EDITOR, "emacs");
    el_set(ed->el, EL_HIST, history, ed->history);
    el_set(ed->el, EL_PROMPT, prompt_of);
    el_set(ed->el, EL_GETCFN, edit_char);
    el_source(ed->el, NULL);
    bind_keys(ed->el);
}

static void push_type(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"line", editor_line},   {"remember", editor_remember},
        {"close", editor_close}, {"__close", editor_close},
        {"__gc", editor_close},  {NULL, NULL},
    };

    bind_pushmeta(L, EDIT_TYPE, methods);
}

/* edit.open(complete) -> editor, or nil, err */
static int l_open(lua_State *L)
{
    struct editor *ed;
    struct err e;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    ed = lua_newuserdatauv(L, sizeof(*ed), 1);
    *ed = (struct editor){0};
    push_type(L);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    /* Without a UTF-8 locale every character above ASCII would be refused. */
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    ed->history = history_init();
    if (ed->history)
        ed->el = el_init("propolis", stdin, stdout, stderr);
    if (!ed->el) {
        err_set(&e, ERR_IO, "cannot edit lines on this terminal");
        return bind_fail(L, &e);
    }
    set_up(ed);
    return 1;
}

int luaopen_engine_edit(lua_State *L);

int luaopen_engine_edit(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"open", l_open}, {NULL, NULL}};

    luaL_newlib(L, funcs);
    return 1;
}
