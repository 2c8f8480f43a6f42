#!/bin/sh
# own.t: somebody else's VMM in the rig (make own): the example in vmm/plain agrees with the model on
# both targets, and what is broken in a copy of it is found.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
scratch && cd "$here" || exit 1
design=tables=window,fork=copy

# own DIRECTORY: in a make of its own, as a user's.
own() {
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$root" own VMM="$1"
}
pagerig=$root/build/own/pagerig

run own "$here/none"
ok 'a directory without a VMM is refused' [ "$status" -ne 0 ]
ok 'and named' says "there is no C file in '$here/none'"

run own "$root/vmm/plain"
ok 'make own VMM=vmm/plain' exits 0
run "$pagerig" run --design $design --tlb any --ops 300000 --seed 1
ok 'on sim: exit 0' exits 0
run "$pagerig" explore --design $design --depth 4
ok 'all sequences of 4 operations: exit 0' exits 0
for lane in ram serial; do
    run "$pagerig" run --target qemu --lane $lane --design $design --ops 5000 --seed 1
    ok "in QEMU, lane $lane: exit 0" exits 0
    run "$pagerig" conform --lane $lane --design $design
    ok 'its kernel tells the truth' exits 0
done
printf 'case tables=window fork=copy\ncreate s0\nmap s0 0x1000 1 rw -> OK\n' > a.case
run "$pagerig" replay --target qemu a.case
ok 'a case that names its design runs' exits 0
run "$pagerig" replay --target qemu --design tables=direct a.case
ok 'a design that it does not have is no machine: exit 125' exits 125
ok 'and no pass' lacks 'ok 1 - a.case # SKIP'

# Engines choose designs themselves, where they are not told one.
export PAGERIG_DESIGN=$design
run "$root/build/own/sim-libfuzzer" -seed=1 -runs=5000
ok 'libFuzzer on sim: exit 0' exits 0
ok 'it is guided' [ "$(printf '%s\n' "$output" | sed -n 's/.* cov: \([0-9]*\) .*/\1/p' | tail -n 1)" -gt 200 ]
run env PAGERIG_KERNEL="$root/build/own/kernel-cov/kernel.elf" "$root/build/fuzz/qemu-libfuzzer" -seed=1 -max_len=128 -runs=2000
ok 'and in QEMU: exit 0' exits 0
ok 'guided by the kernel' [ "$(printf '%s\n' "$output" | sed -n 's/^pagerig: the guest: \([0-9]*\) features.*/\1/p')" -gt 200 ]
for bad in nothing any tables=none; do
    run env PAGERIG_DESIGN=$bad "$root/build/own/sim-libfuzzer" -runs=1
    ok "PAGERIG_DESIGN=$bad: exit 2" exits 2
done

# No INVLPG when an entry changes.
mkdir mine
cp "$root"/vmm/plain/* mine
sed "/old & PTE_PRESENT && s == v->current/,+1d" "$root/vmm/plain/tables.c" > mine/tables.c
run own "$here/mine"
ok 'a copy is built' exits 0
ok 'which is another' [ "$(wc -l < mine/tables.c)" -lt "$(wc -l < "$root/vmm/plain/tables.c")" ]
for target in sim qemu; do
    run "$pagerig" run --target $target --design $design --ops 20000 --seed 1 --out "$here"
    ok "what is broken is found, $target: exit 1" exits 1
    ok 'as what it is' says STALE
done
run "$root/build/own/sim-libfuzzer" -seed=1 -runs=20000 -artifact_prefix="$here/"
ok 'and by libFuzzer: exit 77' exits 77
ok 'as what it is' says 'pagerig: STALE '
"$root/build/pagerig" convert "$here"/crash-* > crash.case
run "$pagerig" replay --design $design crash.case
ok 'which replays as a case' says '# STALE '
done_testing
