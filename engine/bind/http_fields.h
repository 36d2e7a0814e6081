/*
 * http_fields.h - the tables that engine.http takes, checked.
 *
 * A field of the wrong type is the caller's mistake and raises.
 */
#ifndef ENGINE_BIND_HTTP_FIELDS_H
#define ENGINE_BIND_HTTP_FIELDS_H

#include "bind/bind.h"
#include "http/client.h"

/* Overwrites what the table at t names in *cfg; pushes the texts, from which
 * *cfg borrows. */
void http_check_config(lua_State *L, int t, struct http_config *cfg);

/* Fills *r from the table at t; pushes the texts, from which *r borrows, last
 * of all the body, if there is one. */
void http_check_request(lua_State *L, int t, struct http_request_options *r);

/* Adds the headers of the request at t; ERR_ARG for bytes that do not belong
 * in one. */
bool http_check_headers(lua_State *L, int t, struct http_request *req,
                        struct err *e);

#endif
