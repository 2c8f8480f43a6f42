# Makefile: builds and checks pagerig; all output goes to build/.  `make help` lists the targets.
#
# Every source is compiled in these modes, each in a directory of its own:
#
#     build/opt   optimised, for build/pagerig
#     build/asan  with ASan and UBSan, for build/pagerig-asan and the unit tests in build/test
#     build/fuzz  vmm/ alone with ASan and UBSan, for build/pagerig-fuzz, which is otherwise as fast as
#                 build/pagerig: for campaigns, where the VMM is under test and the rig is not
#     build/plain vmm/ alone, optimised, to be linked with build/rig.o; bare: objects only, in which
#                 nothing is left but the code.  Both for mutants
#     build/gcc   objects only: a second compiler's warnings
#     build/kernel  for the i386: kernel/ with vmm/, for build/kernel/kernel.elf
#     build/kernel-cov  the same, and vmm/ counts what ran, for the fuzz targets
#     build/own   the VMM of VMM=DIRECTORY in all of these ways

CLANG ?= clang
GCC ?= gcc
PROVE ?= prove

SOURCES := $(wildcard vmm/*.c kernel/agent/*.c harness/lib/*.c harness/case/*.c harness/sim/*.c harness/model/*.c \
	harness/check/*.c harness/target/*.c harness/conform/*.c harness/gen/*.c harness/explore/*.c harness/triage/*.c \
	harness/measure/*.c harness/cli/*.c)
TEST_SOURCES := $(wildcard harness/test/*_test.c)
SHELL_TESTS := $(wildcard scripts/test/*.t harness/test/*.t)
UNIT_TESTS := $(TEST_SOURCES:harness/test/%_test.c=build/test/%)

MODES := opt asan fuzz plain bare gcc
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# _DEFAULT_SOURCE: POSIX and mmap's MAP_ANONYMOUS, which -std=c11 alone hides.
CFLAGS := -std=c11 -D_DEFAULT_SOURCE= -Wall -Wextra -Werror -g

# cJSON: what QEMU's monitor speaks.
LDLIBS := -lcjson

# ThinLTO: what several programs share is optimised once, and only what changed is done again.
CC_opt = $(CLANG)
CFLAGS_opt := -O2 -flto=thin
LDFLAGS_opt := $(CFLAGS_opt) -fuse-ld=lld -Wl,--thinlto-cache-dir=build/thinlto

CC_asan = $(CLANG)
CFLAGS_asan := -O1 $(SANITIZE)
LDFLAGS_asan := $(SANITIZE) -fuse-ld=lld

CC_fuzz = $(CLANG)
CFLAGS_fuzz := -O2 $(SANITIZE)

CC_plain = $(CLANG)
CFLAGS_plain := -O2

CC_bare = $(CLANG)
CFLAGS_bare = $(KERNEL_CFLAGS) -fno-lto -g0 -Wno-builtin-macro-redefined -D__LINE__=0

CC_gcc = $(GCC)
CFLAGS_gcc := -O2

# vmm/ is compiled as a kernel would: no builtins, and no headers but the compiler's own.
FREESTANDING_opt := -ffreestanding -nostdlibinc
FREESTANDING_asan := $(FREESTANDING_opt)
FREESTANDING_fuzz := $(FREESTANDING_opt)
FREESTANDING_plain := $(FREESTANDING_opt)
FREESTANDING_gcc = -ffreestanding -nostdinc -isystem $(shell $(GCC) -print-file-name=include)

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# A stack under every report of UBSan; ASan prints one anyway.
export UBSAN_OPTIONS ?= print_stacktrace=1

.PHONY: all help setup check fuzz fuzz-targets oss-fuzz-objects model-check replay lint loc bench campaign campaign-kill run-kernel selftest clean compile-gcc unit-tests coverage designs bench-fuzz bench-detect mutants mutant-base own FORCE

all: build/pagerig build/pagerig-asan build/pagerig-fuzz ## build all binaries (the default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile fuzz/fuzz.mk | while IFS='|' read -r target text; do \
		printf '  make %-10s %s\n' "$$target" "$$text"; done

define MODE_RULES
objects_$1 := $$(SOURCES:%.c=build/$1/%.o)
test_objects_$1 := $$(TEST_SOURCES:%.c=build/$1/%.o)

build/$1/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$(CC_$1) $$(CFLAGS) $$(CFLAGS_$1) $$(if $$(filter vmm/%,$$<),$$(FREESTANDING_$1)) \
		-MMD -MP -c -o $$@ $$<

-include $$(objects_$1:.o=.d) $$(test_objects_$1:.o=.d)
endef
$(foreach mode,$(MODES),$(eval $(call MODE_RULES,$(mode))))

.SECONDARY: $(test_objects_asan)

build/pagerig: $(objects_opt)
	@echo "  LINK  $@"
	@$(CC_opt) $(LDFLAGS_opt) -o $@ $(objects_opt) $(LDLIBS)

build/pagerig-asan: $(objects_asan)
	@echo "  LINK  $@"
	@$(CC_asan) $(LDFLAGS_asan) -o $@ $(objects_asan) $(LDLIBS)

# All but vmm/, optimised as one, so that to link it with another vmm/ takes no time.
build/rig.o: $(filter-out build/opt/vmm/%,$(objects_opt))
	@echo "  LINK  $@"
	@$(CC_opt) $(LDFLAGS_opt) -r -nostdlib -o $@ $^

build/pagerig-fuzz: build/rig.o $(filter build/fuzz/vmm/%,$(objects_fuzz))
	@echo "  LINK  $@"
	@$(CC_fuzz) $(SANITIZE) -fuse-ld=lld -o $@ $^ $(LDLIBS)

# The same without sanitizers; for mutants.
build/pagerig-plain: build/rig.o $(filter build/plain/vmm/%,$(objects_plain))
	@echo "  LINK  $@"
	@$(CC_plain) -fuse-ld=lld -o $@ $^ $(LDLIBS)

# ---- The canary: a VMM with a bug that a campaign must find, or it is blind. ----

# Of the mutant bank: evicting a page tells only the first of those who share it.
CANARY := x-evict-tells-one-sharer
mutant_base := build/pagerig-plain $(patsubst %.c,build/bare/%.o,$(wildcard vmm/*.c kernel/*.c))

# scripts/mutants has a make of its own, which finds nothing left to do but the mutant.  Sources that have
# this very bug are their own canary.
build/canary/pagerig: fuzz/mutants/$(CANARY).patch build/pagerig build/pagerig-fuzz $(mutant_base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@if patch -s -R -f -p1 --dry-run < fuzz/mutants/$(CANARY).patch > /dev/null; then cp build/pagerig-plain $@.part; \
		else env -u MAKEFLAGS -u MAKELEVEL scripts/mutants --jobs 1 --build $(CANARY) --plain -o $@.part; fi
	@mv $@.part $@

# A unit test brings its own main.
tested_objects := $(filter-out build/asan/harness/cli/main.o,$(objects_asan))

build/test/%: build/asan/harness/test/%_test.o $(tested_objects)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC_asan) $(LDFLAGS_asan) -o $@ $< $(tested_objects) $(LDLIBS)

include fuzz/fuzz.mk

# ---- The kernel, for i386: its own sources and those of vmm/ as they are. ----

# What no operation uses (kernel.ld).
KERNEL_COLD := boot breakage main memory panic print script selftest symbols tape
KERNEL_SOURCES := $(wildcard kernel/*.c kernel/*.S kernel/agent/*.c vmm/*.c)
KERNEL_TARGET := --target=i386-unknown-none -march=i686
KERNEL_CFLAGS := $(KERNEL_TARGET) -std=c11 -O2 -flto -g -Wall -Wextra -Werror -ffreestanding -nostdlibinc \
	-fno-pic -fno-stack-protector -fno-omit-frame-pointer

LINK_KERNEL := ld.lld -m elf_i386 --fatal-warnings -z max-page-size=4096

# $1: the directory, $2: the objects.  Linked twice: the first kernel's symbols become the table of
# names in the second.
define KERNEL_LINK
build/$1/kernel.ld: kernel/kernel.ld kernel/layout.h
	@mkdir -p $$(@D)
	@$$(CLANG) -E -P -x c -DKERNEL_COLD="$$(KERNEL_COLD:%=*/%.o)" -o $$@ $$<

build/$1/nameless.elf: build/$1/kernel.ld $2
	@$$(LINK_KERNEL) -T $$^ -o $$@

build/$1/names.o: build/$1/nameless.elf kernel/symbols.awk
	@llvm-nm -n $$< | awk -f kernel/symbols.awk | $$(CLANG) $$(KERNEL_TARGET) -c -x assembler -o $$@ -

build/$1/kernel.elf: build/$1/kernel.ld $2 build/$1/names.o
	@echo "  LINK  $$@"
	@$$(LINK_KERNEL) -T $$^ -o $$@
endef

# $1: the directory.
define KERNEL_RULES
objects_$1 := $$(addprefix build/$1/,$$(addsuffix .o,$$(basename $$(KERNEL_SOURCES))))

build/$1/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$(CLANG) $$(KERNEL_CFLAGS) $$(if $$(filter vmm/%,$$<),$$(COVERAGE_$1)) \
		$$(if $$(filter $$(KERNEL_COLD),$$(basename $$(<F))),-fno-lto) -MMD -MP -c -o $$@ $$<

build/$1/%.o: %.S Makefile
	@mkdir -p $$(@D)
	@echo "  AS    $$@"
	@$$(CLANG) $$(KERNEL_TARGET) -Werror -MMD -MP -c -o $$@ $$<

-include $$(objects_$1:.o=.d)
endef

# With kernel-cov a fuzzing engine on the host sees which parts of the VMM ran (fuzz/counters.h).
# (Link-time optimisation would leave blocks that it has removed in the list.)
COVERAGE_kernel-cov := -fno-lto -fsanitize-coverage=inline-8bit-counters,pc-table
$(foreach kernel,kernel kernel-cov,$(eval $(call KERNEL_RULES,$(kernel))))
$(foreach kernel,kernel kernel-cov,$(eval $(call KERNEL_LINK,$(kernel),$(objects_$(kernel)))))

# ---- Somebody else's VMM instead of ours (vmm/README.md): VMM names its directory. ----

own_names := $(if $(VMM),$(basename $(notdir $(wildcard $(VMM)/*.c))))
OWN_CFLAGS := -std=c11 -g -O2 -Wall -ffreestanding -nostdlibinc
OWN_KERNEL_CFLAGS := $(filter-out -Wextra -Werror,$(KERNEL_CFLAGS))

# $1: the directory, $2: flags.  VMM may be another than last time, so all is compiled.
define OWN_RULES
own_$1 := $(own_names:%=build/own/$1/%.o)

build/own/$1/%.o: $(VMM)/%.c FORCE
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$(CLANG) $2 -iquote vmm -c -o $$@ $$<
endef
$(eval $(call OWN_RULES,host,$(OWN_CFLAGS) $(SANITIZE)))
$(eval $(call OWN_RULES,libfuzzer,$(OWN_CFLAGS) $(CFLAGS_libfuzzer)))
$(eval $(call OWN_RULES,kernel,$(OWN_KERNEL_CFLAGS)))
$(eval $(call OWN_RULES,kernel-cov,$(OWN_KERNEL_CFLAGS) $(COVERAGE_kernel-cov)))

build/own/pagerig: build/rig.o $(own_host)
	@echo "  LINK  $@"
	@$(CLANG) $(SANITIZE) -fuse-ld=lld -o $@ $^ $(LDLIBS)

build/own/sim-libfuzzer: LINKER = $(CLANG) $(SANITIZE) -fsanitize=fuzzer
build/own/sim-libfuzzer: $(FUZZ_SIM) $(FUZZ_LIBFUZZER) $(own_libfuzzer)
	$(LINK_FUZZ)

$(foreach kernel,kernel kernel-cov,$(eval $(call KERNEL_LINK,own/$(kernel), \
	$(filter-out build/$(kernel)/vmm/%,$(objects_$(kernel))) $(own_$(kernel)))))

FORCE:

# QEMU's own plugin, for scripts/counting-qemu.
build/instructions.so: harness/plugin/instructions.c Makefile
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CLANG) $(CFLAGS) -O2 -fPIC -fvisibility=hidden -shared -o $@ $<

# What mutants start from.
mutant-base: $(mutant_base)

compile-gcc: $(objects_gcc) $(test_objects_gcc)
unit-tests: $(UNIT_TESTS)

# Targets that need the tools do their building in a make of their own, because make cannot wait
# for setup before it looks at everything else.  That make uses all cores unless -j says otherwise.
BUILD = $(MAKE) --silent $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

setup: ## install the tools that are missing (Debian)
	@scripts/setup

check: setup ## build everything and run all tests
	+@$(BUILD) all compile-gcc unit-tests fuzz-targets build/kernel/kernel.elf build/canary/pagerig build/instructions.so mutant-base
	$(if $(UNIT_TESTS),,$(error there are no unit tests in harness/test))
	@PAGERIG='$(CURDIR)/build/pagerig' PAGERIG_ASAN='$(CURDIR)/build/pagerig-asan' \
		FUZZ='$(CURDIR)/build/fuzz' \
		$(PROVE) --exec '' --timer --failures --comments --jobs 2 $(UNIT_TESTS) $(SHELL_TESTS)

mutants: setup ## the mutant bank: what the rig finds of bugs planted in the VMM (about 15 minutes)
	+@$(BUILD) all build/kernel/kernel.elf mutant-base
	@scripts/mutants

model-check: setup ## the model against the host's Linux, 250,000 operations, as TAP
	+@$(BUILD) build/pagerig
	@PAGERIG='$(CURDIR)/build/pagerig' scripts/model-check

replay: setup ## the regression corpus on sim (all designs) and qemu, as TAP
	+@$(BUILD) build/pagerig build/kernel/kernel.elf
	@PAGERIG='$(CURDIR)/build/pagerig' scripts/replay

lint: setup ## formatting, shellcheck, and the rules of the tree
	@scripts/lint

loc: setup ## count the VMM core: at most 400 lines of code
	@scripts/loc

bench: setup ## print speeds: optimised, with the VMM under the sanitizers, and in QEMU
	+@$(BUILD) all build/kernel/kernel.elf
	build/pagerig bench
	build/pagerig-fuzz bench
	build/pagerig bench --target qemu

designs: setup ## measure all designs under the same workloads: reports/designs.md
	+@$(BUILD) build/pagerig build/kernel/kernel.elf build/instructions.so
	@PAGERIG='$(CURDIR)/build/pagerig' scripts/designs

own: setup ## build/own: the rig, its kernel and a fuzz target with the VMM in VMM=DIRECTORY instead of ours
	$(if $(own_names),,$(error VMM=DIRECTORY: there is no C file in '$(VMM)'))
	+@$(BUILD) build/own/pagerig build/own/kernel/kernel.elf build/own/sim-libfuzzer build/own/kernel-cov/kernel.elf \
		build/fuzz/qemu-libfuzzer

run-kernel: setup ## type operations that the kernel does in QEMU (Ctrl-D leaves)
	+@$(BUILD) build/pagerig build/kernel/kernel.elf
	@build/pagerig shell --target qemu

selftest: setup ## the kernel's self-test of all designs in QEMU, as TAP
	+@$(BUILD) build/kernel/kernel.elf
	@scripts/boot

campaign: setup ## search on all cores for TIME (60 seconds; or 30m, 8h), and report
	+@$(BUILD) build/pagerig build/pagerig-fuzz fuzz-targets build/kernel/kernel.elf build/canary/pagerig
	@scripts/campaign --time '$(TIME)'

campaign-kill: setup ## kill -9 a campaign 20 times: no finding may be lost
	+@$(BUILD) build/pagerig build/kernel/kernel.elf build/canary/pagerig
	@rm -rf build/campaign-kill
	@PAGERIG='$(CURDIR)/build/canary/pagerig' PAGERIG_FUZZ='$(CURDIR)/build/canary/pagerig' \
		scripts/test/campaign-kill build/campaign-kill 20 120 sim=2,explore=1

clean: ## remove build/
	rm -rf build
