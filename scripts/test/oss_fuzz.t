#!/bin/sh
# oss_fuzz.t: fuzz/oss-fuzz/build.sh is run as OSS-Fuzz runs it, with its variables and nothing else;
# then the target runs as a user who may write nowhere but in /tmp, from what is in $OUT alone.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
scratch

# Without a sanitizer's name in it, build.sh must not bring one: OSS-Fuzz says which.
run grep -n -e '-fsanitize' "$root/fuzz/oss-fuzz/build.sh"
ok 'no sanitizer is in the script' exits 1

mkdir -p "$here/src/pagerig/build" "$here/out" "$here/work"
for item in Makefile vmm kernel harness fuzz corpus scripts; do
    cp -a "$root/$item" "$here/src/pagerig"
done
for item in opt pagerig; do # so that they need not be built again
    [ ! -e "$root/build/$item" ] || cp -a "$root/build/$item" "$here/src/pagerig/build"
done
sanitize='-fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link'
flags="-O1 -fno-omit-frame-pointer -gline-tables-only $sanitize"
run env -i PATH="$PATH" SRC="$here/src" OUT="$here/out" WORK="$here/work" CC=clang CXX=clang++ \
    CFLAGS="$flags" CXXFLAGS="$flags" LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
    "$root/fuzz/oss-fuzz/build.sh"
ok 'it builds' exits 0
run ls "$here/out"
ok 'the target, its dictionary, options and seeds' [ "$output" = "lib
pagerig_sim
pagerig_sim.dict
pagerig_sim.options
pagerig_sim_seed_corpus.zip" ]
rm -rf "$here/src" "$here/work"
run zip -T "$here/out/pagerig_sim_seed_corpus.zip"
ok 'the seeds are an archive' exits 0
run grep -c LLVMFuzzerTestOneInput "$here/out/pagerig_sim"
ok 'the target is known as one' exits 0
run ldd "$here/out/pagerig_sim"
ok 'and its library lies beside it' says "cjson.so.1 => $here/out/lib/"

# As OSS-Fuzz's runner: read-only, another user if we are root, no $OUT, away from the tree.
chmod -R a-w "$here/out"
chmod 755 "$here"
as_runner() {
    if [ "$(id -u)" -eq 0 ]; then
        run env -i PATH="$PATH" setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"
    else
        run env -i PATH="$PATH" "$@"
    fi
}
cd / || exit 1
as_runner touch "$here/out/x"
ok 'nothing can be written beside the target' [ "$status" -ne 0 ]
as_runner "$here/out/pagerig_sim" -runs=3000 -dict="$here/out/pagerig_sim.dict" -timeout=120
ok 'it runs' exits 0
ok 'and covers something' says 'cov: '
ok 'the dictionary is good' says 'Dictionary: '
mkdir "$here/seeds"
perl -e 'print "\0" x 100' > "$here/seeds/zeros"
chmod -R a+rX "$here/seeds"
as_runner "$here/out/pagerig_sim" "$here/seeds/zeros"
ok 'and repeats one input' says 'Executed'

done_testing
