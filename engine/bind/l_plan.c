#include <string.h>

#include "bind/bind.h"
#include "core/plan.h"

#define PLAN_TYPE "engine.plan"

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
    lua_createtable(L, 0, 4);
    bind_settext(L, "table", s->table);
    bind_setbool(L, "present", t->ncols > 0);
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

/* heal.plan{ store=, schemas={...} } -> a list of { table=, present=,
 * statements={...}, drift={{ kind=, column=, have=, want=, sql= }} },
 * or nil, err; changes nothing */
int bind_plan(lua_State *L)
{
    const struct schema **s;
    struct plans *x;
    struct err e;
    size_t n;
    bool ignored;
    struct db *db = bind_checkjob(L, &s, &n, &ignored);
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
