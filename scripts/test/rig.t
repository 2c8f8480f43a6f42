#!/bin/sh
# rig.t: the rig against the VMM, long enough to mean something and short enough for every commit:
# generated cases over all designs and TLBs, exhaustive search, and that a seed is a case's name.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
pagerig_asan=$(realpath "${PAGERIG_ASAN:-$root/build/pagerig-asan}")
scratch

clean() {
    exits 0 && says 'divergences=0'
}

run "$pagerig" run --design any --tlb any --ops 2000000 --seed 1 --out "$here"
ok '2,000,000 generated operations over all designs and TLBs agree with the model' clean
run "$pagerig" run --design any --tlb any --ram 16 --ops 500000 --seed 4 --out "$here"
ok '500,000 on a machine so small that every pool runs out' clean
run "$pagerig_asan" run --design any --tlb any --ops 500000 --seed 2 --out "$here"
ok '500,000 under ASan and UBSan' clean
for check in 64 end; do
    run "$pagerig" run --design any --tlb any --ops 300000 --seed 3 --check "$check" --out "$here"
    ok "300,000 with --check $check" clean
done

for tables in recursive window direct; do
    for update in immediate deferred; do
        run "$pagerig" explore --depth 4 --design "tables=$tables,update=$update" --out "$here"
        ok "every sequence of 4 operations in a small world: tables=$tables update=$update" clean
    done
done
for design in tables=recursive-low,update=lazy tables=direct,update=lazy,discard=on \
    index=tiling,flush=batch,discard=on index=bst,update=deferred,discard=on; do
    run "$pagerig" explore --depth 4 --design "$design" --out "$here"
    ok "every sequence of 4 operations in a small world: $design" clean
done
run "$pagerig_asan" explore --depth 3 --out "$here"
ok 'every sequence of 3, under ASan and UBSan' clean

# Where time stands in the output, it differs; nothing else does.
timeless() {
    "$pagerig" "$@" 2>/dev/null | sed 's/seconds=[^ ]*//; s/ops_per_second=[^ ]*//; s/[0-9.]* million.s//'
}
output=$(timeless run --design any --tlb any --ops 100000 --seed 7 --out "$here")
ok 'a run can be repeated' test "$output" = \
    "$(timeless run --design any --tlb any --ops 100000 --seed 7 --out "$here")"
output=$(timeless explore --depth 4 --out "$here")
ok 'a search can be repeated' test "$output" = "$(timeless explore --depth 4 --out "$here")"
done_testing
