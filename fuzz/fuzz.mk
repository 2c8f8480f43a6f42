# fuzz.mk: the fuzz targets; included by the Makefile.
#
# Each is the rig as in build/pagerig with an engine's entry point.  Only what is under test is
# instrumented:
#
#     build/libfuzzer  vmm/ with the sanitizers and libFuzzer's counters
#     build/afl        vmm/ with the sanitizers and AFL++'s

AFL_CC ?= afl-clang-fast

FUZZ_SOURCES := $(wildcard fuzz/*.c)
VMM_SOURCES := $(filter vmm/%,$(SOURCES))

CC_libfuzzer = $(CLANG)
CFLAGS_libfuzzer := -O2 $(SANITIZE) -fsanitize-coverage=inline-8bit-counters,pc-table
FREESTANDING_libfuzzer := $(FREESTANDING_opt)

CC_afl = AFL_QUIET=1 $(AFL_CC)
CFLAGS_afl := -O2 $(SANITIZE)
FREESTANDING_afl := $(FREESTANDING_opt)

$(foreach mode,libfuzzer afl,$(eval $(call MODE_RULES,$(mode))))
-include $(foreach mode,opt asan gcc,$(FUZZ_SOURCES:%.c=build/$(mode)/%.d))

FUZZ_RIG := $(filter-out build/opt/vmm/% build/opt/harness/cli/main.o,$(objects_opt))
FUZZ_COMMON := $(addprefix build/opt/fuzz/,execute.o)
MUTATOR := $(addprefix build/opt/fuzz/,mutate.o sketch.o)

build/fuzz/sim-libfuzzer: $(FUZZ_RIG) $(FUZZ_COMMON) $(MUTATOR) build/opt/fuzz/sim.o build/opt/fuzz/libfuzzer.o \
	build/opt/fuzz/mutator_libfuzzer.o $(VMM_SOURCES:%.c=build/libfuzzer/%.o)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CLANG) $(LDFLAGS_opt) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

build/fuzz/sim-afl: $(FUZZ_RIG) $(FUZZ_COMMON) build/opt/fuzz/sim.o build/afl/fuzz/afl.o $(VMM_SOURCES:%.c=build/afl/%.o)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC_afl) $(LDFLAGS_opt) $(SANITIZE) -o $@ $^ $(LDLIBS)

# A library that afl-fuzz loads: it must bring all that it needs.
build/fuzz/afl-mutator.so: fuzz/mutator_afl.c fuzz/mutate.c fuzz/sketch.c $(wildcard fuzz/*.h harness/case/*)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CLANG) $(CFLAGS) -O2 -fPIC -shared -fvisibility=default -o $@ $(filter %.c,$^)

# The reviewed cases as an engine reads them: what every campaign begins with.
SEEDS := $(wildcard corpus/seeds/*.case corpus/regress/*.case)
build/fuzz/seeds: $(SEEDS) build/pagerig
	@rm -rf $@ && mkdir -p $@
	@build/pagerig convert --to bytes --out $@ corpus
	@touch $@

# What they do not know of the byte form: each operation's code.
build/fuzz/pagerig.dict: harness/case/ops.def fuzz/fuzz.mk
	@mkdir -p $(@D)
	@sed -n 's/^OP([A-Z_]*, *\([a-z_]*\),.*/\1/p' $< | awk '{ printf "%s=\"\\x%02x\"\n", $$1, NR - 1 }' > $@

UNIT_TESTS += build/test/mutate
build/test/mutate: build/asan/fuzz/test/mutate_test.o $(addprefix build/asan/fuzz/,mutate.o sketch.o mutator_afl.o) \
	$(filter build/asan/harness/case/%,$(objects_asan))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC_asan) $(LDFLAGS_asan) -o $@ $^ $(LDLIBS)

# afl.c is for AFL++'s compiler alone.
compile-gcc: $(patsubst %.c,build/gcc/%.o,$(filter-out fuzz/afl.c,$(FUZZ_SOURCES)) fuzz/test/mutate_test.c)

FUZZ_TARGETS := $(addprefix build/fuzz/,sim-libfuzzer sim-afl)
fuzz-targets: $(FUZZ_TARGETS) $(addprefix build/fuzz/,seeds afl-mutator.so pagerig.dict)

TARGET ?= sim-libfuzzer
TIME ?= 60
fuzz: setup ## fuzz TARGET (sim-libfuzzer, sim-afl) for TIME seconds (60)
	+@$(BUILD) fuzz-targets
	@scripts/fuzz '$(TARGET)' '$(TIME)'
