#!/bin/sh
# fuzz_bug.t: the fuzz targets on a VMM with a bug, planted in a copy: each finds it from nothing,
# stops as users of its engine expect, with a title; the engine's own tool minimises the input; and it
# becomes a case that replays.  And a bug that only a sanitizer sees.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
scratch && cd "$here" || exit 1
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1

# The kernel's own write to user memory asks for the right to read (pattern W8).
planted copy vmm/fault.c 's/= resolve(vmm, space, vpn, out, false);/= resolve(vmm, space, vpn, false, false);/' \
    'opt libfuzzer afl afl-plain kernel-cov' build/pagerig build/fuzz/afl-mutator.so \
    build/fuzz/sim-libfuzzer build/fuzz/sim-afl build/fuzz/qemu-libfuzzer build/fuzz/qemu-afl
bug=$here/copy/build/fuzz

# It shows as a wrong status, or as a frame that others have, too.
shown() { printf '%s\n' "$output" | grep -q '^pagerig: [A-Z]* copy_out '; }

# The shell's own word on a signal is none of the program's.
run_dying() {
    run sh -c '"$@"; exit' sh "$@"
}

# replays FILE LINES: it becomes a case of no more lines, which shows the bug, and only with the bug.
replays() {
    "$pagerig" convert "$1" > min.case || return
    run copy/build/pagerig replay min.case
    exits 1 && says ' copy_out ' && [ "$(grep -c . min.case)" -le "$2" ] &&
        "$pagerig" replay min.case > good.tap
}

# halved TARGET: what afl-tmin has left of an input.
halved() {
    replays "$1-tmin" "$(wc -c < "$1-tmin")" && [ "$(wc -c < "$1-tmin")" -le $(($(wc -c < "$1-long") / 2)) ]
}

mkdir one
printf '\0' > one/seed
for target in sim qemu; do
    libfuzzer=$bug/$target-libfuzzer
    run "$libfuzzer" -seed=1 -max_total_time=300 -artifact_prefix=$target-
    ok "$target-libfuzzer finds it from nothing" shown
    ok 'and stops as libFuzzer does' exits 77
    ok 'says what was expected' says 'pagerig: expected: '
    crash=$(ls $target-crash-*)
    run "$libfuzzer" "$crash"
    ok 'the artifact shows it again' shown
    run "$libfuzzer" -minimize_crash=1 -runs=500 -max_total_time=5 -exact_artifact_path=$target-min "$crash"
    [ -s $target-min ] || cp "$crash" $target-min
    ok 'libFuzzer minimises it, to a case that replays' replays $target-min 12

    run env AFL_BENCH_UNTIL_CRASH=1 AFL_CUSTOM_MUTATOR_LIBRARY="$bug/afl-mutator.so" \
        AFL_CUSTOM_MUTATOR_ONLY=1 timeout 300 afl-fuzz -t 20000 -s 1 -V 300 -i one -o afl-$target -- \
        "$bug/$target-afl"
    crash=$(find afl-$target/default/crashes -name 'id:*' | head -n 1)
    ok "$target-afl finds it from nothing" [ -n "$crash" ]
    run_dying "$bug/$target-afl" "$crash"
    ok 'the crash shows it again' shown
    # It cuts bytes where libFuzzer asks the mutator, and a crash may already be short: so as many operations of a
    # byte come after it, which nobody gets to.  (It also sets bytes to zeros, which are operations of three: what is
    # left may be more of them, and what stands before an operation cannot always go.)
    "$pagerig" convert "$crash" > crash.case
    bytes=$("$pagerig" convert --to bytes crash.case | wc -c)
    yes check | head -n "$bytes" | cat crash.case - > long.case
    "$pagerig" convert --to bytes long.case > $target-long
    run afl-tmin -t 20000 -i $target-long -o $target-tmin -- "$bug/$target-afl"
    ok 'afl-tmin leaves at most half of it, a case that replays' halved $target
done

# ---- A sanitizer's report. ----

planted other vmm/swap.c "$evict_shifts" 'opt libfuzzer afl' build/fuzz/sim-libfuzzer build/fuzz/sim-afl
bug=$here/other/build/fuzz
printf 'create s0\nmap s0 0x1000 1 rw\nwrite s0 0x1000 1\nevict s0 0x1000\ncreate s1\n' > evict.case
"$pagerig" convert --to bytes evict.case > evict
run "$bug/sim-libfuzzer" evict
ok 'UBSan reports it' says 'shift exponent 40'
ok 'and the title follows' says 'pagerig: SANITIZER evict'
ok 'with the operation' says 'pagerig: operation 4: evict s0 0x1000'
ok 'and it is a failure' [ "$status" -ne 0 ]
mkdir two
cp evict two
run timeout 60 env AFL_BENCH_UNTIL_CRASH=1 afl-fuzz -t 20000 -V 60 -i two -o afl-ubsan -- "$bug/sim-afl"
ok 'AFL++ takes it for a crash' says 'crashed'

done_testing
