#!/bin/sh
# build.sh: builds the fuzz target pagerig_sim as OSS-Fuzz asks for it
# (https://google.github.io/oss-fuzz/getting-started/new-project-guide/#buildsh).
#
#     $CC $CXX $CFLAGS $CXXFLAGS $LIB_FUZZING_ENGINE    the compiler, its sanitizer, the engine
#     $SRC/pagerig                                      this tree
#     $OUT                                              gets the target, its seeds, dictionary, options
#     $WORK                                             is for what is needed meanwhile
#
# The image needs the packages make, zip, libcjson-dev and libxxhash-dev.
set -eu
cd "$SRC/pagerig"
target=pagerig_sim

# Warnings of another compiler than ours are no errors.
make --silent -j"$(nproc)" CC_oss="$CC" CFLAGS_oss="$CFLAGS -Wno-error" oss-fuzz-objects

# What the runner's image lacks lies beside the target.
mkdir -p "$OUT/lib"
cp -L "$($CC -print-file-name=libcjson.so.1)" "$OUT/lib"

# shellcheck disable=SC2016,SC2046,SC2086 # flags; and the objects' names have no blanks
$CXX $CXXFLAGS $LIB_FUZZING_ENGINE -o "$OUT/$target" $(cat build/oss/objects) \
    -Wl,-rpath,'$ORIGIN/lib' -lcjson -lm

# Seeds are converted by a rig that has neither sanitizer nor engine.
make --silent -j"$(nproc)" CLANG="${CC%% *}" build/fuzz/seeds build/fuzz/pagerig.dict
cp build/fuzz/pagerig.dict "$OUT/$target.dict"
rm -f "$WORK/$target.zip"
zip -q -j -X "$WORK/$target.zip" build/fuzz/seeds/*
mv "$WORK/$target.zip" "$OUT/${target}_seed_corpus.zip"
cat > "$OUT/$target.options" << END
[libfuzzer]
max_len = 4096
len_control = 0
timeout = 25
END
