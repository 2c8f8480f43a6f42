#!/bin/sh
# triage.t: from a planted bug to its report: scripts/triage, pagerig report, the index, scripts/debug.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
scratch && cd "$here" || exit 1

planted tree vmm/swap.c "$evict_forgets" 'asan kernel' build/pagerig-asan build/kernel/kernel.elf
bad=$here/tree/build/pagerig-asan
good=$root/build/pagerig-asan
triage() {
    run env PAGERIG="$bad" PAGERIG_ASAN="$bad" TRIAGE_COMMIT=abc123 "$root/scripts/triage" "$@"
}

# ---- Reports. ----

for seed in 7 2; do
    "$bad" run --ops 5000 --seed $seed --out night > stdout 2>&1
done
"$bad" run --target qemu --ops 5000 --seed 3 --out night > stdout 2>&1
report=night/stray-evict-evicted-page
triage night
ok 'findings: exit 1' exits 1
ok 'the first of a title is new' says "new  $report  STRAY evict evicted page: "
ok 'the others are known' [ "$(printf '%s\n' "$output" | grep -c "^known  $report ")" -eq 2 ]
ok 'and listed' [ "$(grep -c '^night/.*\.case$' $report/also.txt)" -eq 2 ]
ok 'the report has its files, and no others' [ "$(echo $report/* | sed "s|$report/||g")" = \
    'also.txt found.case min.case picture.svg report.html report.md summary.tsv' ]
ok 'the case as it was found' \
    [ "$(grep -v '^#' $report/found.case)" = "$(grep -v '^#' night/*0000000007.case)" ]
ok 'and minimised' [ "$(grep -vc '^#' $report/min.case)" -eq 5 ]

output=$(cat $report/report.md)
ok 'the report begins with the title' [ "$(head -n 1 $report/report.md)" = '# STRAY evict evicted page' ]
for words in '    operation 5: evict s0 0x1000' '    expected: not present: the page is in the backing store' \
    'under: case' "    build/pagerig-asan replay $report/min.case" "    scripts/debug $report/min.case" \
    "    scripts/bisect $report/min.case" 'life of frame' 'held by s0 0x1000 s1 0x1000' \
    'walk of s0 0x1000: rw private' '--seed 0x7 ' 'commit    abc123' 'compiler  '; do
    ok "it says: $words" says "$words"
done
command=$(sed -n 's|^    build/pagerig-asan \(replay .*\)|\1|p' $report/report.md)
# shellcheck disable=SC2086 # words of the command line
run "$bad" $command
ok 'the replay command works as printed' says '# STRAY evict evicted page'
output=$(cat $report/report.md)
ok 'it says that nothing crashes if the case goes on' says 'nothing crashes: all '
ok 'the HTML is well-formed' xmllint --noout $report/report.html
output=$(cat $report/report.html)
ok 'it has the picture in it, with the wrong page marked' says '<rect class="wrong"'
ok 'and refers to no other file' [ -z "$(grep -oE '(src|href)=' $report/report.html)" ]

ok 'the index is well-formed' xmllint --noout night/index.html
output=$(cat night/index.html)
ok 'the index leads to the report, with the number of cases' says \
    '<a href="stray-evict-evicted-page/report.html">STRAY evict evicted page</a></td> <td>3</td><td>5</td>'

cp -r night before
triage night
ok 'once more: all is known' [ "$(printf '%s\n' "$output" | grep -c '^known ')" -eq 3 ]
ok 'and nothing changes' diff -r before night

# In QEMU, with what the kernel said; into a directory of its own.
triage -o guest night/*.case -- --target qemu
ok 'in QEMU: exit 1' exits 1
output=$(cat guest/*/report.md)
ok 'the report has the command line of QEMU' says 'qemu-system-i386 -nodefaults '
ok 'and its version' says 'qemu      QEMU emulator version '
ok 'and its console' says 'pagerig kernel: '
ok 'which is kept' grep -q 'pagerig kernel: ' guest/*/console.log
ok 'and commands for that target' says "build/pagerig-asan replay --target qemu "

# ---- Nothing to report, and refusals. ----

run env PAGERIG="$good" "$root/scripts/triage" -o fixed night/*.case
ok 'where the bug is not: exit 0' exits 0
ok 'and each case is clean' [ "$(printf '%s\n' "$output" | grep -c '^clean ')" -eq 3 ]
triage
ok 'no case: exit 2' exits 2
triage absent.case
ok 'a case that is not there: exit 2' exits 2
ok 'with its name' says 'absent.case: no such case'
printf 'case version=2\n' > newer.case
triage newer.case
ok 'a case of a newer version: exit 2' exits 2
ok 'with the place' says "newer.case:1:6: unknown key 'version'"
printf 'no directory\n' > file
triage -o file night/*0000000007.case
ok 'reports that cannot be written: exit 125' exits 125
ok 'and why' says 'Not a directory'
run "$good" report night/*0000000007.case
ok 'report: a case that does not diverge' says 'it does not diverge'
ok 'is clean' exits 0

# ---- gdb. ----

# shellcheck disable=SC2086 # words of the command line
debug() {
    run env PAGERIG="$bad" timeout -k 1 60 "$root/scripts/debug" "$@"
}
debug $report/min.case -- -batch -ex 'printf "code %d va %#x\n", op->code, op->va' -ex regions \
    -ex 'walk 0x1000' -ex finish -ex 'walk 0 0x1000' -ex 'walk 1 0x1000' -ex detach
ok 'debug: ends well' exits 0
ok 'it says where it stops' says 'debug: before operation 5 of 5: evict s0 0x1000'
ok 'gdb is at that operation' says 'code 14 va 0x1000'
ok 'regions: as they are in the kernel' \
    [ "$(printf '%s\n' "$output" | grep -c '  0x1000-0x2000  VMM_PROT_WRITE VMM_BACKING_PRIVATE')" -eq 2 ]
ok 'walk: the entry that the bug leaves, by name' \
    [ "$(printf '%s\n' "$output" | grep -cE '^table     frame [0-9]+ \[1\] 0x[0-9a-f]{5}025 frame [0-9]+ P U A$')" -eq 2 ]
ok 'walk of another space' says '[0] 0000000000 not present'
ok 'the rig judges what the kernel did' says '! STRAY evict evicted page'
debug --at 2 $report/min.case -- -batch -ex 'printf "code %d\n", op->code' \
    -ex "watch 'adapter.c'::vmm->slots.left" -ex continue -ex bt -ex delete -ex detach
ok '--at stops at another' says 'code 6'
ok 'a watchpoint finds the operation that changes what it watches' says 'New value = 63'
ok 'in the function that does it' says ' vmm_evict '
ok 'and the rig goes on to what diverges' says '! STRAY evict evicted page'
debug --at 9 $report/min.case -- -batch
ok 'behind the end: exit 2' exits 2

# Backwards: fork stored the entry that the bug leaves, and the read before it another.
mkdir tmp
export TMPDIR="$here/tmp"
# shellcheck disable=SC2016 # the variables are gdb's
debug --record $report/min.case -- -batch -ex 'set $there = $pc' -ex reverse-stepi \
    -ex 'printf "back %d\n", $pc == $there' -ex stepi -ex 'printf "forth %d\n", $pc == $there' \
    -ex 'walk 0 0x1000' -ex 'stored 0 0x1000' -ex 'printf "stored %#x\n", word & 0xfff' \
    -ex reverse-continue -ex 'printf "by operation %d\n", op->code' \
    -ex 'stored 0 0x1000' -ex 'printf "earlier %#x\n", word & 0xfff' -ex 'stored 0 0x1000' -ex detach
ok '--record: ends well' exits 0
ok 'it says where it stops' says 'debug: after operation 5 of 5: evict s0 0x1000'
ok 'and the verdict first' [ "$(printf '%s\n' "$output" | head -n 1)" = '! STRAY evict evicted page' ]
ok 'a step back is one' says 'back 0'
ok 'and forth again' says 'forth 1'
ok 'the operation is done: the entry is left' says ' P U A'
ok 'stored: the entry, as the VMM stored it last' says 'stored 0x5'
ok 'in the function that does it' says ' sync_entry '
ok 'reverse-continue: to the beginning of that operation, fork' says 'by operation 3'
ok 'stored, once more: as it was before' says 'earlier 0x7'
ok 'and where the VMM never did' says 'the VMM has not stored it until now'
debug --record --at 2 $report/min.case -- -batch -ex 'stored 0 0x1000'
ok '--record --at: behind another operation' says 'debug: after operation 2 of 5: map s0 0x1000 1 rw'
ok 'where there is no table yet' says 'there is no table for it'
ok 'no recording is left' [ -z "$(ls tmp)" ]

printf 'create s0\n' > clean.case
debug clean.case -- -batch
ok 'nothing diverges: exit 2' exits 2
ok 'and what to do' says 'say --at N'
run env PAGERIG="$bad" GDB=no-such-gdb "$root/scripts/debug" clean.case
ok 'no gdb: exit 125' exits 125
ok 'no QEMU is left' [ -z "$(pgrep -f "$here/tree/build/kernel")" ]

# ---- What crashes later. ----

"$root/scripts/mutants" --build c2-sharing-takes-no-reference -o worse
cat > shared.case << 'END'
create s0
map s0 0x1000 1 rw
read s0 0x1000
fork s0 s1
write s0 0x1000 1
END
run ./worse report --out later shared.case
ok 'a page that is shared and not counted diverges' exits 1
output=$(cat later/*/report.md)
ok 'and what crashes if the case goes on is told' says 'operation 9: destroy s1'
ok 'with the words of the sanitizer' says 'SUMMARY: UndefinedBehaviorSanitizer'
done_testing
