#include <string.h>

#include "bind/bind.h"
#include "core/classify.h"
#include "core/plan.h"

#define HEALS_TYPE "engine.heals"
#define PLAN_TYPE "engine.plan"

/* n heals that are freed on return and on raise. */
struct heals {
    size_t n;
    struct heal h[];
};

static int heals_gc(lua_State *L)
{
    struct heals *x = lua_touserdata(L, 1);

    for (size_t i = 0; i < x->n; i++)
        heal_free(&x->h[i]);
    return 0;
}

struct heal *bind_newheals(lua_State *L, size_t n)
{
    size_t size = sizeof(struct heals) + (n + 1) * sizeof(struct heal);
    struct heals *x = memset(lua_newuserdatauv(L, size, 0), 0, size);

    x->n = n;
    bind_own(L, HEALS_TYPE, heals_gc);
    return x->h;
}

static void push_columns(lua_State *L, const struct schema *s, const bool *set)
{
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; set && i < s->ncols; i++) {
        if (!set[i])
            continue;
        lua_pushstring(L, s->cols[i].name);
        lua_rawseti(L, -2, ++n);
    }
}

void bind_pushheal(lua_State *L, const struct schema *s, const struct heal *h)
{
    lua_createtable(L, 0, 6);
    bind_settext(L, "table", s->table);
    bind_setbool(L, "created", h->created);
    push_columns(L, s, h->missing);
    lua_setfield(L, -2, "missing");
    push_columns(L, s, h->altered);
    lua_setfield(L, -2, "altered");
    bind_setinteger(L, "indexed", (lua_Integer)h->indexed);
    if (h->index_err[0]) {
        bind_settext(L, "index_error", h->index_err);
    }
}

/* The schemas in the list at idx, as an array; pushes two slots that keep it
 * and them alive. */
static const struct schema **check_schemas(lua_State *L, int idx, size_t *n)
{
    const struct schema **s;

    luaL_checktype(L, idx, LUA_TTABLE);
    *n = lua_rawlen(L, idx);
    lua_createtable(L, (int)*n, 0);
    s = bind_newscratch(L, (*n + 1) * sizeof(*s));
    for (size_t i = 0; i < *n; i++) {
        lua_rawgeti(L, idx, (lua_Integer)i + 1);
        s[i] = bind_checkschema(L, lua_gettop(L));
        lua_rawseti(L, -3, (lua_Integer)i + 1);
    }
    return s;
}

/* Reads { store=, schemas={...}, ensure= } from the table at 1 and leaves them
 * on the stack. */
static struct db *check_job(lua_State *L, const struct schema ***s, size_t *n,
                            bool *ensure)
{
    struct db *db;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "ensure");
    *ensure = lua_toboolean(L, -1);
    lua_getfield(L, 1, "store");
    db = bind_checkstore(L, lua_gettop(L));
    lua_getfield(L, 1, "schemas");
    *s = check_schemas(L, lua_gettop(L), n);
    return db;
}

/* heal.tables{ store=, schemas={...} [, ensure=true] } -> a list of
 * { table=, created=, missing={}, altered={}, indexed= }, or nil, err, and
 * that list with what was done until then */
static int l_tables(lua_State *L)
{
    const struct schema **s;
    struct heal *h;
    struct err e;
    size_t n;
    bool ensure;
    bool ok;
    struct db *db = check_job(L, &s, &n, &ensure);

    h = bind_newheals(L, n);
    ok = heal_tables(db, s, n, ensure ? HEAL_ENSURE : HEAL_TABLE, h, &e);
    if (!ok)
        bind_fail(L, &e);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n && h[i].missing; i++) {
        bind_pushheal(L, s[i], &h[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return ok ? 1 : 3;
}

/* ---- plans ---- */

struct plans {
    size_t n;
    struct catalog_table *tables;
    struct plan *plans;
    char room[];
};

static int plans_gc(lua_State *L)
{
    struct plans *x = lua_touserdata(L, 1);

    for (size_t i = 0; i < x->n; i++) {
        catalog_table_free(&x->tables[i]);
        plan_free(&x->plans[i]);
    }
    return 0;
}

static struct plans *new_plans(lua_State *L, size_t n)
{
    size_t tables = (n + 1) * sizeof(struct catalog_table);
    size_t size = sizeof(struct plans) + tables + (n + 1) * sizeof(struct plan);
    struct plans *x = memset(lua_newuserdatauv(L, size, 0), 0, size);

    x->n = n;
    x->tables = (struct catalog_table *)(void *)x->room;
    x->plans = (struct plan *)(void *)(x->room + tables);
    bind_own(L, PLAN_TYPE, plans_gc);
    return x;
}

static void push_plan(lua_State *L, const struct schema *s,
                      const struct catalog_table *t, const struct plan *p)
{
    lua_createtable(L, 0, 5);
    bind_settext(L, "table", s->table);
    bind_setbool(L, "present", t->ncols > 0);
    lua_createtable(L, (int)s->ncols, 0);
    for (size_t i = 0, n = 0; i < s->ncols; i++) {
        if (!catalog_has_column(t, s->cols[i].name))
            continue;
        lua_pushstring(L, s->cols[i].name);
        lua_rawseti(L, -2, (lua_Integer)++n);
    }
    lua_setfield(L, -2, "columns");
    lua_createtable(L, (int)p->nstatements, 0);
    for (size_t i = 0; i < p->nstatements; i++) {
        lua_pushstring(L, p->statements[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "statements");
    lua_createtable(L, (int)p->ndrift, 0);
    for (size_t i = 0; i < p->ndrift; i++) {
        const struct drift *d = &p->drift[i];

        lua_createtable(L, 0, 5);
        bind_settext(L, "kind", drift_name(d->kind));
        bind_settext(L, "column", d->column);
        bind_settext(L, "have", d->have);
        bind_settext(L, "want", d->want);
        bind_settext(L, "sql", d->sql);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "drift");
}

/* heal.plan{ store=, schemas={...} } -> a list of { table=, present=, columns={...},
 * statements={...}, drift={{ kind=, column=, have=, want=, sql= }} },
 * or nil, err; changes nothing */
static int l_plan(lua_State *L)
{
    const struct schema **s;
    struct plans *x;
    struct err e;
    size_t n;
    bool ignored;
    struct db *db = check_job(L, &s, &n, &ignored);
    bool ok;

    x = new_plans(L, n);
    ok = catalog_read(db, s, n, x->tables, &e);
    for (size_t i = 0; ok && i < n; i++)
        ok =
            plan_table(db->ops->dialect, s[i], &x->tables[i], &x->plans[i], &e);
    if (!ok)
        return bind_fail(L, &e);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        push_plan(L, s[i], &x->tables[i], &x->plans[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* heal.classify(text or error [, sqlstate]) -> "no_table", "no_column",
 * "exists", "denied", or "sql" for any other; nil and "" are "sql".  With an
 * SQLSTATE it alone decides, also for "auth", "busy", "io" and the like. */
static int l_classify(lua_State *L)
{
    const char *state = luaL_optstring(L, 2, NULL);
    struct err e = {.code = ERR_SQL};

    if (state)
        e.code = classify_sqlstate(state);
    else if (!lua_isnoneornil(L, 1))
        bind_toerror(L, 1, &e);
    lua_pushstring(L, err_name(e.code));
    return 1;
}

int luaopen_engine_heal(lua_State *L)
{
    static const luaL_Reg funcs[] = {{"tables", l_tables},
                                     {"plan", l_plan},
                                     {"classify", l_classify},
                                     {NULL, NULL}};

    luaL_requiref(L, "engine.store", luaopen_engine_store, 0);
    luaL_newlib(L, funcs);
    return 1;
}
