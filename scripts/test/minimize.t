#!/bin/sh
# minimize.t: pagerig minimize: on a VMM with a planted bug, short cases with the same title; and
# where it refuses.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
scratch && cd "$here" || exit 1
good=$root/build/pagerig-asan
bad=$here/tree/build/pagerig-asan

operations() {
    grep -vcE '^#|^case' "$1"
}

# ---- A bug that an oracle sees. ----

planted tree vmm/swap.c "$evict_forgets" 'asan kernel' build/pagerig-asan build/kernel/kernel.elf
run "$bad" run --ops 20000 --seed 7 --out found
ok 'the planted bug is found' exits 1
case=$(echo found/stray-evict-evicted-page-*.case)
ok 'in a case of many operations' [ "$(operations "$case")" -gt 20 ]

run "$bad" minimize "$case" -o min.case
ok 'minimize ends as a replay does' exits 1
ok 'and says how far it came' says ' to 5 operations in '
ok 'and how reliable that is' says 'diverged in 1 of 1 runs'
output=$(grep -v '^#' min.case | cut -d ' ' -f 1 | tr '\n' ' ')
ok 'to the operations that the bug takes: a page that is there, shared, evicted' \
    expr "$output" : 'create map \(read\|write\|copy_in\|copy_out\) fork evict $'
ok 'the title is the same' [ "$(head -n 1 min.case)" = "$(head -n 1 "$case")" ]
ok 'no other file is left' [ "$(echo * .p*)" = 'found min.case tree .p*' ]
run "$bad" replay min.case
ok 'the result diverges' exits 1
ok 'as it says' says '# STRAY evict evicted page'
run "$good" replay min.case
ok 'and not without the bug' exits 0

"$bad" minimize --out again.case "$case" 2> /dev/null
output=$(cat again.case)
ok 'twice gives the same' \
    [ "$(grep -v '^# replay' again.case)" = "$(grep -v '^# replay' min.case)" ]
"$bad" minimize "$case" > stdout 2> /dev/null
output=$(cat stdout)
ok 'without --out it is on standard output' \
    [ "$(grep -v '^# replay' stdout)" = "$(grep -v '^# replay' min.case)" ]
run "$bad" minimize --tries 12 "$case"
ok '--tries ends it early, with what there is' says 'stopped early'
run "$bad" minimize --design any min.case
ok '--design any takes the first that diverges' says 'fork s0 s1'
run "$bad" minimize --target qemu "$case" -o qemu.case
ok 'in QEMU it is minimised as well' exits 1
ok 'and tried more often' says 'diverged in 10 of 10 runs'
ok 'to the same' [ "$(grep -v '^#' qemu.case)" = "$(grep -v '^#' min.case)" ]
ok 'and says how to replay it there' grep -q '^# replay: .* --target qemu ' qemu.case

# ---- One that a sanitizer sees: each candidate may end its process. ----

planted tree vmm/swap.c "$evict_shifts" 'asan kernel' build/pagerig-asan build/kernel/kernel.elf
cp "$case" sanitizer.case
run "$bad" minimize sanitizer.case -o ub.case
ok 'what a sanitizer reports is minimised' exits 1
ok 'under its name' [ "$(head -n 1 ub.case)" = '# SANITIZER evict' ]
ok 'to four operations' [ "$(operations ub.case)" -eq 4 ]
run "$bad" replay ub.case
ok 'and the result shows it' says 'shift exponent 40'

# ---- Where there is nothing to do. ----

printf 'create s0\n' > clean.case
run "$good" minimize clean.case -o none.case
ok 'a case that does not diverge is clean' exits 0
ok 'and that is said' says 'clean.case: it does not diverge'
ok 'and nothing is written' [ ! -e none.case ]
printf 'create s0 -> OK\ncreate s1 -> EXISTS\nswitch s0 -> OK\n' > wrong.case
run "$good" minimize wrong.case
ok 'what the case expects wrongly is a divergence' exits 1
ok 'that is minimised' says '3 to 1 operations'
run "$good" minimize clean.case wrong.case
ok 'two cases are refused' exits 2
run "$good" minimize absent.case
ok 'a case that is not there is refused' exits 2
printf 'case version=2\ncreate s0\n' > newer.case
run "$good" minimize newer.case
ok 'a case of a newer version is refused' exits 2
ok 'with the place and the word' says "newer.case:1:6: unknown key 'version'"
run "$good" minimize wrong.case -o absent/min.case
ok 'a result that cannot be written is no success' exits 125
ok 'and says why' says 'absent'
run "$good" minimize --target qemu --kernel /dev/null wrong.case
ok 'a target that does not start is none' exits 125
done_testing
