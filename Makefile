# propolis - make run   builds and shows the main job    make test   all tests
#   make         the program, build/release/propolis      make deps   what it needs
#   make lint    every static check                       make asan   all tests, ASan + UBSan
#   make cov     coverage report                          make fuzz   SECS=60 per target
#   make bench   the README's figures                     make install PREFIX= DESTDIR=
MODE   ?= release
PREFIX ?= /usr/local
SECS   ?= 60

OUT := build/$(MODE)
BIN := $(OUT)/propolis

# Where the program finds its Lua and schemas, and its loadable modules.
ROOT.install := $(PREFIX)/share/propolis
LIB.install  := $(PREFIX)/lib/propolis
ROOT := $(or $(ROOT.$(MODE)),$(CURDIR))
LIB  := $(or $(LIB.$(MODE)),$(CURDIR)/$(OUT)/lib)

# Modules with heavy libraries are .so files, loaded by require when needed.
MODULES   := http postgres edit httpd
SRC.http     := engine/net/http.c engine/net/call.c engine/net/transfer.c \
                engine/bind/l_http.c engine/bind/http_fields.c
PKG.http     := libcurl
SRC.postgres := $(wildcard engine/db/postgres*.c) engine/bind/l_postgres.c
PKG.postgres := libpq
SRC.edit     := engine/bind/l_edit.c engine/bind/edit_keys.c
PKG.edit     := libedit
SRC.httpd    := engine/net/httpd.c engine/bind/l_httpd.c
PKG.httpd    := libmicrohttpd

MODULES := $(foreach m,$(MODULES),$(if $(wildcard $(SRC.$m)),$m))
SRC     := $(wildcard engine/*.c engine/*/*.c)
HDR     := $(wildcard engine/*.h engine/*/*.h)
MODSRC  := $(foreach m,$(MODULES),$(SRC.$m))
OBJ     := $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out $(MODSRC),$(SRC)))
SO      := $(patsubst %,$(OUT)/lib/engine/%.so,$(MODULES))
UNIT    := $(patsubst tests/unit/%.c,$(OUT)/%,$(wildcard tests/unit/*_test.c))
FUZZ    := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))

PKGS := lua5.4 lua5.4-cjson sqlite3
CPPFLAGS += -Iengine -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
            -DPROPOLIS_ROOT='"$(ROOT)"' -DPROPOLIS_LIB='"$(LIB)"' \
            -DPROPOLIS_VERSION='"$(VERSION)"' \
            $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 -g -fPIC -Wall -Wextra -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Werror $(CFLAGS.$(MODE))
LDFLAGS  += -Wl,-E -Wl,-z,relro,-z,now
STATIC   := -Wl,-Bstatic -llua5.4-cjson -llua5.4 -lsqlite3 -lz -Wl,-Bdynamic
LDLIBS   += $(STATIC) -lm -ldl -lpthread
VERSION  := 0.1.0

SAN            := -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS.release := -O2 -D_FORTIFY_SOURCE=2
CFLAGS.install := $(CFLAGS.release)
CFLAGS.asan    := -O1 -fno-omit-frame-pointer $(SAN)
CFLAGS.cov     := -O0 --coverage

all: deps-build
	@$(MAKE) --no-print-directory program

program: $(BIN) $(SO)

$(BIN): $(OBJ)
	@echo LD $@
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)


# A module takes core/ and bind/ from the program that loads it.
define MODULE
$(OUT)/lib/engine/$1.so: $(patsubst %.c,$(OUT)/obj/%.o,$(SRC.$1))
	@mkdir -p $$(@D)
	@echo LD $$@
	@$$(CC) $$(CFLAGS) -shared -o $$@ $$^ $$(shell pkg-config --libs $(PKG.$1))
endef
$(foreach m,$(MODULES),$(eval $(call MODULE,$m)))

# Leads a program on a terminal; the REPL's specs need it.
$(OUT)/pty: tests/support/pty.c
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CPPFLAGS) -D_XOPEN_SOURCE=700 $(CFLAGS) -o $@ $<

# What the scripted HTTP server of the tests needs below Lua.
double: $(OUT)/test/netdouble.so

$(OUT)/test/netdouble.so: tests/support/double/netdouble.c Makefile
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CPPFLAGS) $(CFLAGS) -shared -o $@ $< -lsqlite3 -lz

$(OUT)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CPPFLAGS) $(shell pkg-config --cflags $(foreach m,$(MODULES),$(PKG.$m)) 2>/dev/null) \
	    $(CFLAGS) -MMD -MP -c -o $@ $<

clean:
	rm -rf build

deps-build:

.PHONY: all program clean deps-build
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
