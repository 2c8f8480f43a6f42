#!/bin/sh
# bench_detect.t: the table of detection times: a bug that is easy is found by every way to search,
# what was measured is kept, and what also diverges without the bug does not count.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
detect=$root/scripts/bench-detect
scratch && cd "$here" || exit 1
bug=x-eager-forgets-the-last-page

run "$detect" --ways 'uniform guessing'
ok 'an unknown way is refused' exits 2
run "$detect" --seeds 0
ok 'and so is a number that is none' exits 2
run "$detect" --table --out none
ok 'there is no table of nothing' exits 125
run env FUZZ=/nowhere "$detect"
ok 'without the programs it cannot run' exits 125
run "$detect" --bugs no-such-bug --out none
ok 'an unknown bug is refused' exits 2

# PAGERIG is for the rig here; the script wants the one whose VMM has sanitizers.
unset PAGERIG
run "$detect" --seeds 1 --budget 60 --bugs $bug --out kept
ok 'every way finds it' exits 0
ok 'each once' [ "$(printf '%s\n' "$output" | grep -c "^$bug .* 1 found [0-9.]* [1-9][0-9]* [1-9][0-9]* [A-Z_]* map ")" -eq 7 ]
ok 'the table says so' says '| qemu-afl | '
ok 'of each' [ "$(printf '%s\n' "$output" | grep -c '^| .* (1/1) |$')" -eq 7 ]
before=$output
run "$detect" --seeds 1 --budget 60 --bugs $bug --out kept
ok 'a second run' exits 0
ok 'does nothing again' lacks ' 1 found '
ok 'and says the same' says "$(printf '%s\n' "$before" | grep '^| run ')"

rm kept/cells/*
run env PAGERIG="$here/kept/$bug/pagerig" "$detect" --seeds 1 --budget 60 --bugs $bug --ways run --out kept
ok 'what the clean VMM does, too, is a failure' exits 1
ok 'and does not count' says '| run | > 60 (0/1) |'
ok 'as is said' says 'found, but not counted: 1'

done_testing
