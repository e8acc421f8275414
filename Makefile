# asgi-init: one static binary that starts a FastAPI backend as PID 1, and says what is wrong when it can't.
#
#   make             build/asgi-init: static-pie of musl and libcap-ng, stripped, the same bytes from any folder
#   make run         build it, and start the sample backend under it on http://127.0.0.1:8000
#   make test        all tests: those below, the long ones, and real Docker where an engine answers
#   make check       format, lints, unit tests, PID-1 tests: under a minute, no Docker
#   make check-all   test, the analyzers, and the fuzzers for longer
#
#   make lint unit pid1 long docker fuzz analyze     each suite alone
#   make unit UNIT=test_text                         one unit test
#   make pid1 PYTEST="-k reap -x"                    arguments for pytest (pid1, long, docker)
#   make fuzz SECONDS_EACH=60                        each fuzz target for a minute; ten without it
#   make bench, make soak                            the comparison with other inits, and ten minutes under load
#   make docs        write the README's generated parts anew from the binary's own output
#   make format      lay out the C code by .clang-format
#   make clean       remove build/
#
#   V=1              show each command
#   WERROR=          let a compiler newer than ours only warn
#   MUST_WORK=1      a skipped test is a failure
#   SOURCE_FOLDER=   a folder with libcap-ng_VERSION.orig.tar.gz, to build without a network (/usr/src is looked at anyway)
#
# All output lies in build/. Missing packages are installed (root on Debian, Ubuntu, Alpine) or named with the line that does.
# A new source, header, unit test or fuzz target needs no change here.

VERSION := 0.1.0

MAKEFLAGS += --no-builtin-rules --jobs=$(shell nproc)
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := build/asgi-init
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

UNIT ?= test_*
WERROR ?= -Werror
export UNIT PYTEST SECONDS_EACH MUST_WORK SOURCE_FOLDER V

# ---------------------------------------------------------------------------------------------------------- what there is

find = $(sort $(shell find $(1) -name '$(2)' -type f 2>/dev/null))
SOURCES := $(call find,init,*.c)
MODULES := $(filter-out init/main.c,$(SOURCES))
BYTES   := $(call find,init/facts init/base,*.c)
UNITS   := $(basename $(call find,tests/unit,$(UNIT).c))
JUDGES  := tests/pid1/libraries_of
HELPERS := $(filter-out $(JUDGES),$(basename $(call find,tests/pid1 tests/bench,*.c)))
FUZZERS := $(basename $(call find,tests/fuzz,fuzz_*.c))

# ------------------------------------------------------------------------------------------------------ how it is compiled

# Made by a rule below, which installs what is missing; make then starts over with it.
ifneq ($(MAKECMDGOALS),clean)
include build/tools/toolchain.mk
endif

ERRORS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
          -Wcast-qual -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough $(WERROR)
CPPFLAGS = -D_GNU_SOURCE -iquote include -DASGI_INIT_VERSION='"$(VERSION)"' -DLIBCAP_NG_VERSION='"$(CAPNG_VERSION)"'
CAPNG_VERSION = $(shell cat build/tools/libcap-ng/VERSION)
HARDENED := -fPIE -fstack-protector-strong -ftrivial-auto-var-init=zero
SMALL    := -Os -flto -flto-partition=one -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=.
LINK     := -static-pie -Wl,--gc-sections,--hash-style=gnu,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--build-id=none
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# The product; units under glibc with sanitizers; units under static musl, where what UBSan sees is a trap; fuzz targets.
CC_release = $(MUSL_CC) $(SMALL) $(HARDENED) $(LIBCAP_NG_FLAGS)
CC_asan    = gcc -O1 -g $(SANITIZE)
CC_musl    = $(MUSL_CC) -O1 -g $(HARDENED) $(LIBCAP_NG_FLAGS) -fsanitize=undefined -fsanitize-undefined-trap-on-error
CC_fuzz    = clang -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link

define variant
build/$(1)/%.o: %.c Makefile build/tools/toolchain.mk build/tools/libcap-ng/VERSION $(2)
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -std=gnu17 $$(ERRORS) $$(CPPFLAGS) $(3) -MMD -MP -c -o $$@ $$<
-include $$(patsubst %.c,build/$(1)/%.d,$(4))
endef
TESTED := $(SOURCES) $(UNITS:=.c) $(JUDGES:=.c)
$(eval $(call variant,release,,,$(SOURCES)))
$(eval $(call variant,asan,build/tools/packages.test,,$(TESTED)))
$(eval $(call variant,musl,build/tools/cmocka/VERSION,-isystem build/tools/cmocka/include,$(TESTED)))
$(eval $(call variant,fuzz,build/tools/packages.test,,$(BYTES) $(FUZZERS:=.c)))

# ------------------------------------------------------------------------------------------------------------- the product

# tests/lint/binary.sh is the gate: a file that isn't static, hardened and within its size is deleted again.
build/asgi-init: $(SOURCES:%.c=build/release/%.o) $(LIBCAP_NG_ARCHIVE) tests/lint/binary.sh tests/lint/size.budget
	$(call say,LINK,$@)
	$(Q)$(CC_release) $(LINK) -s -o $@ $(filter %.o,$^) $(LIBCAP_NG_LINK)
	$(Q)tests/lint/binary.sh $@ $(SIZE_MORE)

build/tools/toolchain.mk: .ci/toolchain .ci/packages
	$(Q).ci/toolchain $@

build/tools/libcap-ng/VERSION build/tools/cmocka/VERSION: build/tools/%/VERSION: .ci/source build/tools/toolchain.mk
	$(call say,SOURCE,$*)
	$(Q).ci/source $* $(@D)

# One after the other: they share apt's state, which is locked while one of them is at work.
build/tools/cmocka/VERSION: | build/tools/libcap-ng/VERSION build/tools/packages.test

build/tools/libcap-ng.a: build/tools/libcap-ng/VERSION .ci/libcap-ng/config.h Makefile
	$(call say,AR,$@)
	$(Q)for file in cap-ng lookup_table; do \
	    $(CC_release) -std=gnu17 -w -D_GNU_SOURCE -I.ci/libcap-ng -c -o build/tools/$$file.o build/tools/libcap-ng/src/$$file.c || exit; \
	done
	$(Q)rm -f $@ && gcc-ar rcsD $@ build/tools/cap-ng.o build/tools/lookup_table.o

# ------------------------------------------------------------------------------------------------------- what tests run on

# Archives, so that a test is linked with just the modules that it reaches.
build/asan/modules.a: $(MODULES:%.c=build/asan/%.o)
build/musl/modules.a: $(MODULES:%.c=build/musl/%.o)
build/fuzz/modules.a: $(BYTES:%.c=build/fuzz/%.o)
%/modules.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

build/asan/tests/unit/test_%: build/asan/tests/unit/test_%.o build/asan/modules.a
	$(call say,LINK,$@)
	$(Q)$(CC_asan) -o $@ $^ -lcmocka -lcap-ng

build/musl/tests/unit/test_%: build/musl/tests/unit/test_%.o build/musl/modules.a build/tools/cmocka.o $(LIBCAP_NG_ARCHIVE)
	$(call say,LINK,$@)
	$(Q)$(CC_musl) $(LINK) -o $@ $(filter %.o %/modules.a,$^) $(LIBCAP_NG_LINK)

build/tools/cmocka.o: build/tools/cmocka/VERSION .ci/cmocka/config.h Makefile
	$(call say,CC,$@)
	$(Q)$(MUSL_CC) -O1 -g -fPIE -w -D_GNU_SOURCE -DHAVE_CONFIG_H -I.ci/cmocka -Ibuild/tools/cmocka/include \
	    -c -o $@ build/tools/cmocka/src/cmocka.c

# What tests start beside asgi-init: tests/pid1/NAME.c becomes build/tests/pid1/NAME, static as well.
$(HELPERS:%=build/%): build/%: %.c Makefile build/tools/toolchain.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) -O1 $(HARDENED) -std=gnu17 $(ERRORS) -D_GNU_SOURCE $(LINK) -o $@ $<

# What judges by our own modules, for tests that compare it with the system: linked as a unit test is.
$(JUDGES:%=build/%): build/%: build/musl/%.o build/musl/modules.a $(LIBCAP_NG_ARCHIVE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_musl) $(LINK) -o $@ $(filter %.o %/modules.a,$^) $(LIBCAP_NG_LINK)

# The peers as their authors mean them to be linked, static and with musl: Debian's builds of them are neither. For `make bench`.
PEERS := tini dumb-init catatonit
PEER_tini      = -DTINI_VERSION='"$(shell cat $(<D)/tini/VERSION)"' -DTINI_GIT='""'
PEER_dumb-init =
PEER_catatonit = $(foreach word,NAME URL BUGURL VERSION LICENSE,-DPROGRAM_$(word)='""') -DHAVE_LINUX_CLOSE_RANGE_H
build/tools/peers/made: .ci/source build/tools/toolchain.mk | build/tools/cmocka/VERSION
	$(call say,SOURCE,$(@D))
	$(Q)for peer in $(PEERS); do .ci/source $$peer $(@D)/$$peer >/dev/null || exit; touch $(@D)/$$peer/tiniConfig.h $(@D)/$$peer/config.h; done
	@touch $@

$(PEERS:%=build/tests/bench/%-musl): build/tests/bench/%-musl: build/tools/peers/made Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) -Os -w -D_GNU_SOURCE -static -s -I$(<D)/$* $(PEER_$*) -o $@ $(firstword $(wildcard $(<D)/$*/src/$*.c $(<D)/$*/$*.c))

build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o build/fuzz/modules.a
	$(call say,LINK,$@)
	$(Q)clang $(SANITIZE) -fsanitize=fuzzer -o $@ $^

build/tools/packages.test: .ci/packages build/tools/toolchain.mk
	$(Q).ci/packages test
	@touch $@

build/tools/venv/made: tests/requirements.txt
build/backend-venv/made: tests/backend/requirements.txt
build/tools/venv/made build/backend-venv/made: build/tools/packages.test
	$(call say,VENV,$(@D))
	$(Q)rm -rf $(@D) && python3 -m venv $(@D) && $(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $(filter %.txt,$^)
	@touch $@

# Root file systems of other releases and another machine, one with a free-threaded Python, which is built there in a minute or two,
# and kernels. Those that are there already stay.
build/roots/made: tests/roots.py build/tools/venv/made
	$(call say,ROOTS,$(@D))
	$(Q)python3 tests/roots.py
	@touch $@

# ------------------------------------------------------------------------------------------------------------------- suites

UNIT_FILES := $(foreach name,$(notdir $(UNITS)),build/asan/tests/unit/$(name) build/musl/tests/unit/$(name))
FUZZ_FILES := $(patsubst tests/fuzz/%,build/fuzz/%,$(FUZZERS))
PYTEST_NEEDS := build/asgi-init build/tools/venv/made build/backend-venv/made
NEEDS_lint   := build/asgi-init build/tools/venv/made $(SOURCES:%.c=build/musl/%.o)
NEEDS_unit   := $(UNIT_FILES)
NEEDS_pid1   := $(PYTEST_NEEDS) $(HELPERS:%=build/%) $(JUDGES:%=build/%)
NEEDS_long   := $(NEEDS_pid1) build/roots/made
NEEDS_docker := $(PYTEST_NEEDS) build/tests/pid1/securebits
NEEDS_fuzz   := $(FUZZ_FILES)
needs = build/tools/packages.test $(foreach suite,$(1),$(NEEDS_$(suite)))
CHECK := lint unit pid1
TEST  := $(CHECK) long docker fuzz
ALL   := $(TEST) analyze

.PHONY: run check test check-all bench soak docs format clean $(ALL)
check: $(call needs,$(CHECK))
	$(Q)tests/run $(CHECK)

test: $(call needs,$(TEST))
	$(Q)tests/run $(TEST)

check-all: export SECONDS_EACH := $(or $(SECONDS_EACH),30)
check-all: $(call needs,$(ALL))
	$(Q)tests/run $(ALL)

fuzz: export SECONDS_EACH := $(or $(SECONDS_EACH),600)
.SECONDEXPANSION:
$(ALL): $$(call needs,$$@)
	$(Q)tests/run $@

bench: $(PEERS:%=build/tests/bench/%-musl)
bench soak: $(PYTEST_NEEDS) $(HELPERS:%=build/%)
	$(Q)build/tools/venv/bin/python tests/bench/$@.py

run: build/asgi-init build/backend-venv/made
	@echo 'The sample backend starts on http://127.0.0.1:8000 (try /health; Ctrl-C ends it).'
	$(Q)cd tests/backend && exec ../../build/asgi-init --venv ../../build/backend-venv app.main:app --host 127.0.0.1 --port 8000

docs: build/asgi-init
	$(Q).ci/docs

format: build/tools/packages.test
	$(Q)clang-format -i $(call find,init include tests,*.[ch])

clean:
	$(Q)rm -rf build
