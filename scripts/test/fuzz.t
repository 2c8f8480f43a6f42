#!/bin/sh
# fuzz.t: the fuzz targets on a VMM that is right: each runs clean from the reviewed cases for some
# seconds, any bytes are an input, and what cannot run says so.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
fuzz=$(realpath "${FUZZ:-$root/build/fuzz}")
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$fuzz/sim-libfuzzer" ] || { echo "Bail out!  there is no $fuzz/sim-libfuzzer"; exit 1; }
scratch && cd "$here" || exit 1
export FUZZ="$fuzz" PAGERIG="$pagerig"

# ---- From the seeds. ----

for target in sim qemu; do
    run "$root/scripts/fuzz" $target-libfuzzer 2 out
    ok "$target-libfuzzer: 2 seconds from the seeds are clean" exits 0
    ok 'the seeds were run, and cover something' says 'INITED'
    ok 'and much was checked' says ' operations checked in '
    ok 'and nothing went wrong in the rig' lacks 'failures of the rig'
    run "$root/scripts/fuzz" $target-afl 3 out
    ok "$target-afl: likewise" exits 0
    ok 'with the custom mutator' ls out/$target-afl/afl/default/queue/id:*,src:*
    ok 'guided by coverage' [ "$(sed -n 's/^edges_found *: //p' \
        out/$target-afl/afl/default/fuzzer_stats)" -gt 200 ]
done
run "$root/scripts/fuzz" sim-afl 1 out
ok 'a second run goes on where the first stopped' exits 0
run "$root/scripts/fuzz" vax
ok 'an unknown target is refused' exits 2
run "$root/scripts/fuzz" sim-afl 1s
ok 'and so is a time that is none' exits 2
run env FUZZ=/nowhere "$root/scripts/fuzz" sim-afl
ok 'a target that is not there: exit 125' exits 125

# ---- What the guest's counters are worth: from nothing, as many inputs with them and without. ----

# features HOW: of the guest's blocks, in all inputs of such a run.
features() {
    PAGERIG_COUNTERS=$1 "$fuzz/qemu-libfuzzer" -runs=2000 -seed=1 -max_len=128 2>&1 |
        sed -n 's/^pagerig: the guest: \([0-9]*\) features in .*/\1/p'
}
with=$(features shown)
without=$(features hidden)
output="with: $with features; without: $without"
ok 'guided by them, libFuzzer covers twice as much of the guest' [ "$with" -gt $((2 * without)) ]
ok 'without them something, too' [ "$without" -gt 100 ]

# ---- Bad input. ----

: > empty
head -c 3000000 /dev/urandom > large
printf '\377\377\377\377\377\377\377\377\377' > ones
for file in empty large ones; do
    for target in sim qemu; do
        run "$fuzz/$target-libfuzzer" -max_len=4000000 "$file"
        ok "$target-libfuzzer: $file is a program" exits 0
        run "$fuzz/$target-afl" "$file"
        ok "$target-afl: $file is a program" exits 0
    done
    run "$pagerig" convert "$file"
    ok "convert: $file is a case" exits 0
done
run "$fuzz/sim-afl" absent
ok 'a file that is not there is bad input' exits 2

# ---- No machine. ----

for target in qemu-libfuzzer qemu-afl; do
    run env QEMU=/nowhere "$fuzz/$target" empty
    ok "$target: without QEMU: exit 125" exits 125
    ok 'says why' says 'the qemu target cannot start'
    run env PAGERIG_KERNEL="$here/ones" "$fuzz/$target" empty
    ok "$target: a kernel that is none: exit 125" exits 125
    ok 'says why' says 'not an ELF file'
done
run env PAGERIG_KERNEL="$root/build/kernel/kernel.elf" "$fuzz/qemu-libfuzzer" empty
ok 'a kernel without counters runs' exits 0
ok 'and it is said that it has none' says 'counts nothing'

done_testing
