# fuzz.mk: the fuzz targets; included by the Makefile.
#
# Each is the rig as in build/pagerig with an engine's entry point.  Only what is under test is
# instrumented:
#
#     build/libfuzzer   vmm/ with the sanitizers and libFuzzer's counters
#     build/afl         vmm/ with the sanitizers and AFL++'s
#     build/afl-plain   AFL++'s entry point, where the counters are those of build/kernel-cov
#     build/coverage    vmm/ with the profile of llvm-cov

AFL_CC ?= afl-clang-fast

FUZZ_SOURCES := $(wildcard fuzz/*.c)
VMM_SOURCES := $(filter vmm/%,$(SOURCES))

CC_libfuzzer = $(CLANG)
CFLAGS_libfuzzer := -O2 $(SANITIZE) -fsanitize-coverage=inline-8bit-counters,pc-table
FREESTANDING_libfuzzer := $(FREESTANDING_opt)

CC_afl = AFL_QUIET=1 $(AFL_CC)
CFLAGS_afl := -O2 $(SANITIZE)
FREESTANDING_afl := $(FREESTANDING_opt)

CC_afl-plain = AFL_LLVM_INSTRUMENT=NONE $(CC_afl)
CFLAGS_afl-plain := -O2

$(foreach mode,libfuzzer afl afl-plain,$(eval $(call MODE_RULES,$(mode))))
-include $(foreach mode,opt asan gcc,$(FUZZ_SOURCES:%.c=build/$(mode)/%.d))

fuzz_opt = $(addprefix build/opt/fuzz/,$(addsuffix .o,$1))
FUZZ_RIG := $(filter-out build/opt/vmm/% build/opt/harness/cli/main.o,$(objects_opt)) $(call fuzz_opt,execute)
FUZZ_SIM := $(FUZZ_RIG) $(call fuzz_opt,sim)
FUZZ_QEMU := $(FUZZ_RIG) $(filter build/opt/vmm/%,$(objects_opt)) $(call fuzz_opt,qemu counters)
FUZZ_LIBFUZZER := $(call fuzz_opt,libfuzzer mutator_libfuzzer mutate sketch)

define LINK_FUZZ
@mkdir -p $(@D)
@echo "  LINK  $@"
@$(LINKER) $(LDFLAGS_opt) -o $@ $(filter %.o,$^) $(LDLIBS)
endef

build/fuzz/sim-libfuzzer: LINKER = $(CLANG) $(SANITIZE) -fsanitize=fuzzer
build/fuzz/sim-libfuzzer: $(FUZZ_SIM) $(FUZZ_LIBFUZZER) $(VMM_SOURCES:%.c=build/libfuzzer/%.o)
	$(LINK_FUZZ)

build/fuzz/sim-afl: LINKER = $(CC_afl) $(SANITIZE)
build/fuzz/sim-afl: $(FUZZ_SIM) $(call fuzz_opt,afl_map files) build/afl-plain/fuzz/afl.o $(VMM_SOURCES:%.c=build/afl/%.o)
	$(LINK_FUZZ)

build/fuzz/qemu-libfuzzer: LINKER = $(CLANG) -fsanitize=fuzzer
build/fuzz/qemu-libfuzzer: $(FUZZ_QEMU) $(FUZZ_LIBFUZZER) $(call fuzz_opt,qemu_libfuzzer) build/kernel-cov/kernel.elf
	$(LINK_FUZZ)

build/fuzz/qemu-afl: LINKER = $(CC_afl-plain)
build/fuzz/qemu-afl: $(FUZZ_QEMU) $(call fuzz_opt,qemu_afl afl_map files) build/afl-plain/fuzz/afl.o build/kernel-cov/kernel.elf
	$(LINK_FUZZ)

CC_coverage = $(CLANG)
CFLAGS_coverage := -O1 -fprofile-instr-generate -fcoverage-mapping
FREESTANDING_coverage := $(FREESTANDING_opt)
$(eval $(call MODE_RULES,coverage))

build/fuzz/sim-coverage: LINKER = $(CLANG) -fprofile-instr-generate
build/fuzz/sim-coverage: $(FUZZ_SIM) $(call fuzz_opt,coverage files) $(VMM_SOURCES:%.c=build/coverage/%.o)
	$(LINK_FUZZ)

build/fuzz/qemu-coverage: LINKER = $(CLANG)
build/fuzz/qemu-coverage: $(FUZZ_QEMU) $(call fuzz_opt,coverage files) build/kernel-cov/kernel.elf
	$(LINK_FUZZ)

# A library that afl-fuzz loads: it must bring all that it needs.
build/fuzz/afl-mutator.so: fuzz/mutator_afl.c fuzz/mutate.c fuzz/sketch.c $(wildcard fuzz/*.h harness/case/*)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CLANG) $(CFLAGS) -O2 -fPIC -shared -o $@ $(filter %.c,$^)

# The reviewed cases as an engine reads them: what every campaign begins with.
build/fuzz/seeds: $(wildcard corpus/seeds/*.case corpus/regress/*.case) build/pagerig
	@rm -rf $@ && mkdir -p $@
	@build/pagerig convert --to bytes --out $@ corpus
	@touch $@

# What an engine does not know of the byte form: each operation's code.
build/fuzz/pagerig.dict: harness/case/ops.def fuzz/fuzz.mk
	@mkdir -p $(@D)
	@sed -n 's/^OP([A-Z_]*, *\([a-z_]*\),.*/\1/p' $< | awk '{ printf "%s=\"\\x%02x\"\n", $$1, NR - 1 }' > $@

UNIT_TESTS += build/test/mutate
build/test/mutate: build/asan/fuzz/test/mutate_test.o $(addprefix build/asan/fuzz/,mutate.o sketch.o mutator_afl.o) \
	$(filter build/asan/harness/case/%,$(objects_asan))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC_asan) $(LDFLAGS_asan) -o $@ $^ $(LDLIBS)

# For OSS-Fuzz (oss-fuzz/build.sh), which brings compiler and flags; all is instrumented there.
CC_oss = $(CLANG)
FREESTANDING_oss := $(FREESTANDING_opt)
$(eval $(call MODE_RULES,oss))
OSS_OBJECTS := $(patsubst build/opt/%,build/oss/%,$(FUZZ_SIM) $(FUZZ_LIBFUZZER)) $(filter build/oss/vmm/%,$(objects_oss))
oss-fuzz-objects: $(OSS_OBJECTS)
	@echo $(OSS_OBJECTS) > build/oss/objects

# afl.c is for AFL++'s compiler alone.
compile-gcc: $(patsubst %.c,build/gcc/%.o,$(filter-out fuzz/afl.c,$(FUZZ_SOURCES)) fuzz/test/mutate_test.c)

FUZZ_TARGETS := sim-libfuzzer sim-afl qemu-libfuzzer qemu-afl
fuzz-targets: $(addprefix build/fuzz/,$(FUZZ_TARGETS) sim-coverage qemu-coverage seeds afl-mutator.so pagerig.dict)

coverage: setup ## HTML of what CORPUS (what scripts/corpus made, or the seeds) covers of vmm/
	+@$(BUILD) build/fuzz/seeds build/fuzz/sim-coverage build/fuzz/qemu-coverage
	@scripts/coverage $(CORPUS)

bench-fuzz: setup ## print how fast the fuzz targets are
	+@$(BUILD) build/pagerig fuzz-targets
	@scripts/bench-fuzz

bench-detect: setup ## how soon random cases and the fuzz targets find planted bugs (about an hour)
	+@$(BUILD) build/pagerig build/pagerig-fuzz fuzz-targets mutant-base
	@scripts/bench-detect

TARGET ?= sim-libfuzzer
TIME ?= 60
fuzz: setup ## fuzz TARGET (sim-libfuzzer, sim-afl, qemu-libfuzzer, qemu-afl) for TIME seconds (60)
	+@$(BUILD) fuzz-targets
	@scripts/fuzz '$(TARGET)' '$(TIME)'
