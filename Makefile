# propolis - make run   builds and shows the main job    make test   all tests
#   make         the program, build/release/propolis      make deps   what it needs
#   make lint    every static check                       make asan   all tests, ASan + UBSan
#   make cov     coverage report                          make fuzz   SECS=60 per target
#   make bench   the README's figures (NAME=one)          make clean
#   make soak    SECS=60 for each test that can go on: races, random input
#   make install / uninstall   PREFIX=/usr/local DESTDIR=
MODE    ?= release
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
SECS    ?= 60
NAME    ?=
VERSION := 0.1.0

# ---- what is built, each MODE in a tree of its own ----
OUT := $(BUILD)/$(MODE)
BIN := $(OUT)/propolis

# Where the program finds its Lua and schemas, and its loadable modules.
# PREFIX/share/propolis is none of it: below ~/.local that is the data folder.
ROOT.install := $(PREFIX)/lib/propolis
LIB.install  := $(PREFIX)/lib/propolis
ROOT := $(or $(ROOT.$(MODE)),$(CURDIR))
LIB  := $(or $(LIB.$(MODE)),$(abspath $(OUT))/lib)

# Modules with heavy libraries are .so files, loaded by require when needed.
MODULES   := http postgres edit serve
SRC.http     := $(wildcard engine/http/*.c) engine/bind/l_http.c \
                engine/bind/http_fields.c
PKG.http     := libcurl
SRC.postgres := $(wildcard engine/db/postgres*.c) engine/db/pg_query.c \
                engine/bind/l_postgres.c
PKG.postgres := libpq
SRC.edit     := engine/bind/l_edit.c engine/bind/edit_keys.c
PKG.edit     := libedit
SRC.serve    := $(wildcard engine/serve/*.c) engine/db/pg_query.c \
                engine/bind/l_serve.c
PKG.serve    := libmicrohttpd libpq jansson gnutls

MODULES := $(foreach m,$(MODULES),$(if $(wildcard $(SRC.$m)),$m))
SRC     := $(wildcard engine/*.c engine/*/*.c)
MODSRC  := $(foreach m,$(MODULES),$(SRC.$m))
ALLOBJ  := $(SRC:%.c=$(OUT)/obj/%.o)
OBJ     := $(filter-out $(MODSRC:%.c=$(OUT)/obj/%.o),$(ALLOBJ))
SO      := $(MODULES:%=$(OUT)/lib/engine/%.so)
LUAC    := $(patsubst %.lua,$(OUT)/lib/%.luac,$(shell find lua -name '*.lua' \
               ! -path '*/meta/*'))
REDACT  := lua/propolis/capture/redact
PACKED  := $(OUT)/lib/$(REDACT)/rules.packed
UNIT    := $(patsubst tests/unit/%.c,$(OUT)/test/%,$(wildcard tests/unit/*_test.c))
FUZZ    := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))

, := ,

# ---- how ----
PKGS := lua5.4 lua5.4-cjson sqlite3 $(foreach m,$(MODULES),$(PKG.$m))
CPPFLAGS += -Iengine -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(PKGFLAGS)
PKGFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 -g -fPIC -Wall -Wextra -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Werror $(CFLAGS.$(MODE))
LDFLAGS  += -Wl,-E -Wl,-z,relro,-z,now
STATIC   := -Wl,-Bstatic -llua5.4-cjson -llua5.4 -lsqlite3 -lz -Wl,-Bdynamic
LDLIBS   += $(STATIC) -lm -ldl -lpthread

SAN            := -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS.release := -O2 -D_FORTIFY_SOURCE=2
CFLAGS.install := $(CFLAGS.release)
CFLAGS.asan    := -O1 -fno-omit-frame-pointer $(SAN)
CFLAGS.cov     := -O0 --coverage
CFLAGS.fuzz    := -O1 $(SAN) -fsanitize=fuzzer-no-link -Itests/fuzz

# ---- what a person types; pkg-config can only answer once deps are there ----
# All cores, unless -j says otherwise.
AGAIN = +@$(MAKE) --no-print-directory \
        $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null))

all:
	@.ci/deps build
	$(AGAIN) program

run:
	@.ci/deps build
	$(AGAIN) program
	@$(BIN) tests/support/demo.lua

test:
	@.ci/deps build test
	$(AGAIN) program tests
	@tests/run $(OUT)

lint: CPPFLAGS += $(BUILD_INFO)
lint:
	@.ci/deps build lint
	$(AGAIN) program
	@CPPFLAGS="$(subst ",\",$(CPPFLAGS))" tests/lint $(OUT)

# The same tests, longer: those that know how (tests/support/soak.lua).
soak:
	@.ci/deps build test
	$(AGAIN) program tests
	@SOAK=$(SECS) LIMIT=$$(($(SECS) * 10 + 3600)) tests/run $(OUT) \
	    $$(grep -rlE '"(soak|push_lines)"' tests/spec tests/race)

asan:
	@.ci/deps build test
	$(AGAIN) MODE=asan program tests
	@LIMIT=900 tests/run $(BUILD)/asan

cov:
	@.ci/deps build test cov
	@find $(BUILD)/cov -name '*.gcda' -delete 2>/dev/null || true
	$(AGAIN) MODE=cov program tests
	@code=0; LIMIT=900 GCOV_ERROR_FILE=/dev/null tests/run $(BUILD)/cov || code=$$?; \
	lcov -q -c -d $(BUILD)/cov --no-external -b . -o $(BUILD)/cov/all.info && \
	lcov -q -e $(BUILD)/cov/all.info '*/engine/*' -o $(BUILD)/cov/lcov.info && \
	lcov --list $(BUILD)/cov/lcov.info && exit $$code

fuzz:
	@.ci/deps build fuzz
	$(AGAIN) MODE=fuzz CC=clang fuzzers
	@tests/fuzz/run $(BUILD)/fuzz/fuzz $(SECS)

# The real agents, fetched from npm; not a part of test.
e2e:
	@.ci/deps build test
	$(AGAIN) program
	@tests/e2e/fetch $(BUILD)/e2e
	@E2E_NPM=$(CURDIR)/$(BUILD)/e2e \
	    busted --lua=$(BIN) tests/e2e/real_agents.lua

bench:
	@.ci/deps build bench
	$(AGAIN) program benches $(OUT)/test/netdouble.so
	@tests/bench/run $(OUT) $(NAME)

deps:
	@.ci/deps build test lint cov fuzz bench

clean:
	rm -rf $(BUILD)

# ---- the program and its modules ----
program: $(BIN) $(SO) $(LUAC) $(PACKED)

$(BIN): $(OBJ)
	@echo LD $@
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A module takes core/ and bind/ from the program that loads it.  It stays once
# loaded: its libraries keep state that must not vanish under them.
define MODULE
$(OUT)/lib/engine/$1.so: $(patsubst %.c,$(OUT)/obj/%.o,$(SRC.$1))
	@mkdir -p $$(@D)
	@echo LD $$@
	@$$(CC) $$(CFLAGS) -shared -Wl,-z,nodelete -o $$@ $$^ $$(shell pkg-config --libs $(PKG.$1))
endef
$(foreach m,$(MODULES),$(eval $(call MODULE,$m)))

$(OUT)/obj/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Lua as the program loads it fastest: most of a hook's time is reading source.
# A source that was changed since then is read instead.
$(OUT)/lib/lua/%.luac: lua/%.lua $(OUT)/luac $(OUT)/root
	@mkdir -p $(@D)
	@$(OUT)/luac $(ROOT)/$< $< $@

# Redaction rules as bytes: building them from tables was a quarter of a hook.
$(PACKED): $(OUT)/pack_rules $(wildcard $(REDACT)/*.lua)
	@mkdir -p $(@D)
	@$(OUT)/pack_rules $@

$(OUT)/pack_rules: .ci/pack_rules.c \
    $(filter-out $(OUT)/obj/engine/main.o,$(OBJ))
	@echo LD $@
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/luac: .ci/luac.c $(OUT)/flags
	@echo LD $@
	@$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDLIBS)

# What was said to the compiler the last time: another flag compiles everything
# anew.  Make writes the file before it runs any line, so it also makes the
# folder itself.
$(OUT)/flags $(OUT)/root $(OUT)/build_info: FORCE
	@$(shell mkdir -p $(@D))$(file >$@.new,$(SAID))cmp -s $@.new $@ || cp $@.new $@

$(OUT)/flags: SAID = $(CC) $(CPPFLAGS) $(CFLAGS)
$(OUT)/root: SAID = $(ROOT)
$(OUT)/build_info: SAID = $(BUILD_INFO)

# What a commit or another PREFIX changes is no flag: it is compiled into one
# small object, and only the compiled Lua names its place besides.
BUILD_INFO = -DBUILD_VERSION='"$(shell .ci/version $(VERSION))"' \
             -DBUILD_ROOT='"$(ROOT)"' -DBUILD_LIB='"$(LIB)"'
$(OUT)/obj/engine/core/build_info.o: $(OUT)/build_info
$(OUT)/obj/engine/core/build_info.o: private CPPFLAGS += $(BUILD_INFO)

# ---- what the tests need besides ----
tests: $(UNIT) $(OUT)/pty $(OUT)/test/netdouble.so

# Leads a program on a terminal, for the REPL's specs.
$(OUT)/pty: tests/support/pty.c
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $<

# What the scripted HTTP server of the tests needs below Lua.
$(OUT)/test/netdouble.so: tests/support/double/netdouble.c
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CPPFLAGS) $(CFLAGS) -shared -o $@ $< -lsqlite3 -lz

# The starving test refuses memory to C as well, also to the libraries that
# are linked statically and to the modules, which are linked into the tests.
WRAP := malloc calloc realloc strdup strndup free
$(OUT)/test/oom_test: LDFLAGS += $(WRAP:%=-Wl$(,)--wrap=%)

TESTLIBS = $(LDLIBS) $(shell pkg-config --libs $(foreach m,$(MODULES),$(PKG.$m)))
$(OUT)/test/%: $(OUT)/obj/tests/unit/%.o $(filter-out %/main.o,$(ALLOBJ))
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TESTLIBS)

# libFuzzer is clang's; one tree of objects serves all fuzzers.
fuzzers: $(FUZZ)

$(OUT)/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/fuzz.o \
               $(filter-out %/main.o,$(ALLOBJ))
	@mkdir -p $(@D)
	@echo LD $@
	@$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(TESTLIBS)

benches: $(OUT)/bench/timeit $(OUT)/bench/floor $(OUT)/bench/http_load

$(OUT)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	@$(CC) -std=c11 -O2 -Wall -Wextra -Werror -D_DEFAULT_SOURCE -static -o $@ $<

# ---- installing: exactly what uninstall removes ----
LIBS := $(DESTDIR)$(PREFIX)/lib/propolis
DOC  := $(DESTDIR)$(PREFIX)/share/doc/propolis
# What versions before 0.2 installed into what may be the data folder.
OLD  := $(DESTDIR)$(PREFIX)/share/propolis
REMOVE = rm -rf $(LIBS)/lua $(LIBS)/schemas $(LIBS)/engine $(OLD)/lua $(OLD)/schemas; \
         rmdir $(LIBS) $(OLD) 2>/dev/null || true

install:
	@.ci/deps build
	$(AGAIN) MODE=install program
	@$(REMOVE)
	install -d $(DESTDIR)$(PREFIX)/bin $(LIBS)/engine $(DOC)
	install -m 755 $(BUILD)/install/propolis $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/install/lib/engine/*.so $(LIBS)/engine
	cp -R lua schemas $(LIBS)
	cp -R $(BUILD)/install/lib/lua $(LIBS)
	chmod -R u=rwX,go=rX $(LIBS)
	install -m 644 README.md CHANGELOG.md LICENSE $(DOC)

# Hooks that stay behind do nothing, but the person should know of them.
uninstall:
	@test -n "$(DESTDIR)" || left=$$($(PREFIX)/bin/propolis uninstall --verify \
	    2>&1 | grep '^propolis:'); test -z "$$left" || printf '%s\n' \
	    "$$left" 'Without the program these do nothing. To take them out run' \
	    '"propolis uninstall" before "make uninstall" (or after "make install").'
	rm -f $(DESTDIR)$(PREFIX)/bin/propolis
	$(REMOVE)
	rm -rf $(DOC)

FORCE:
.PHONY: all run test soak lint asan cov fuzz e2e bench deps clean program tests \
        fuzzers benches install uninstall FORCE
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
