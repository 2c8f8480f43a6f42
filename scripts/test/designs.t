#!/bin/sh
# designs.t: `pagerig workload`, `pagerig measure`, and the report of scripts/designs, at the smallest
# size: that all designs are there, that counts repeat, that a difference is seen, and that the
# conclusions follow from the figures.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$pagerig" ] || { echo "Bail out!  there is no $pagerig"; exit 1; }
scratch && cd "$here" || exit 1

# ---- Workloads. ----

run "$pagerig" workload
ok 'the workloads have a list' exits 0
workloads=$(printf '%s\n' "$output" | awk '{ print $1 }')
ok 'of eight' [ "$(printf '%s\n' "$workloads" | wc -l)" -eq 8 ]
mkdir cases
for name in $workloads; do
    "$pagerig" workload "$name" --regions 8 > "cases/$name-8.case" || echo "Bail out!  $name"
done
run "$pagerig" replay cases
ok 'each is a case that replays' exits 0
run "$pagerig" workload nonsense
ok 'an unknown one: exit 2' exits 2
ok 'and its name' says "'nonsense'"
run "$pagerig" workload small --regions 7
ok 'too few regions: exit 2' exits 2

# ---- Rows. ----

"$pagerig" measure --runs 0 cases > sim.tsv 2> errors
ok 'measuring all designs on sim' [ $? -eq 0 ]
ok 'says nothing else' [ ! -s errors ]
"$pagerig" measure --runs 0 cases > again.tsv
ok 'the counts repeat bit for bit' cmp -s sim.tsv again.tsv

# column NAME: the field's number.
column() {
    sed -n 1p sim.tsv | tr '\t' '\n' | awk -v name="$1" '$0 == name { print NR }'
}
columns='target case design ops ns median_ns instructions pte_writes invlpgs cr3_loads pages'
columns="$columns walks faults spurious tables tables_most regions bytes refused answers choices"
ok 'the columns have their names' \
    [ "$(sed -n 1p sim.tsv | tr '\t' ' ')" = "$columns" ]
ok 'and each row has all of them' \
    awk -F '\t' 'NR == 1 { n = NF } NF != n || /\t\t/ { exit 1 }' sim.tsv

# The designs, as the help of another command lists them: presets, and each axis with its choices,
# the default's first.
"$pagerig" help run | awk '
    /^Axes / { part = "axes"; next }
    /^Presets:/ { part = "presets"; next }
    part == "presets" && NF { print $1 }
    part == "axes" && /^  [a-z]/ { axis = $1; choices = 0 }
    part == "axes" && /^    [a-z]/ && choices++ { print axis "=" $1 }' | sort > known
awk -F '\t' -v c="$(column design)" 'NR > 1 { print $c }' sim.tsv | sort -u > measured
ok 'every preset and every choice alone is there' cmp known measured
ok 'under every workload' [ "$(($(wc -l < measured) * 8 + 1))" -eq "$(wc -l < sim.tsv)" ]

# sum DESIGN COLUMN [CASE]
sum() {
    awk -F '\t' -v design="$1" -v c="$(column "$2")" -v name="${3:-}" '
        $3 == design && (name == "" || $2 == name) { sum += $c } END { print sum + 0 }' sim.tsv
}

# less DESIGN COLUMN DESIGN [CASE]: the first has less of it.
less() {
    [ "$(sum "$1" "$2" "${4:-}")" -lt "$(sum "$3" "$2" "${4:-}")" ]
}
ok 'flush=space loads CR3 more often than the default' less default cr3_loads flush=space
ok 'and has fewer INVLPGs' less flush=space invlpgs default
ok 'tables=window writes more entries' less default pte_writes tables=window
ok 'tables=direct fewer' less tables=direct pte_writes default
ok 'fork=copy copies more pages' less default pages fork=copy fork-8
ok 'update=deferred writes fewer entries when protection changes back and forth' \
    less update=deferred pte_writes default protect-8
ok 'all designs give the same answers where memory suffices' [ "$(awk -F '\t' \
    -v c="$(column answers)" 'NR > 1 && $2 != "full-8" { print $2, $c }' sim.tsv |
    sort -u | wc -l)" -eq 7 ]
ok 'memory is out in the workload for it, and nowhere else' [ "$(awk -F '\t' \
    -v c="$(column refused)" 'NR > 1 && $c { print $2 }' sim.tsv | sort -u)" = full-8 ]

# What a target outside of this process can tell, it tells alike.
"$pagerig" measure --target qemu --witness off --runs 0 --check end \
    cases/fork-8.case cases/share-8.case cases/full-8.case > qemu.tsv
ok 'measuring on qemu' [ $? -eq 0 ]
# Spurious faults are the TLB's affair.
alike() {
    awk -F '\t' '$2 ~ /^(fork|share|full)-/ { print $2, $3, $4, $13 - $14, $17, $19, $20 }' "$1" |
        sort
}
alike sim.tsv > a
alike qemu.tsv > b
ok 'operations, faults, regions, refusals and answers are those of sim' cmp a b
ok 'of every design' [ "$(wc -l < b)" -eq "$(($(wc -l < measured) * 3))" ]

# The instructions of the VMM in the guest.
if "$root/scripts/counting-qemu" .; then
    count() {
        "$pagerig" measure --target qemu --qemu ./qemu --instructions counter --witness off \
            --check end --runs 2 --design "$1" "cases/$2.case" |
            awk -F '\t' -v OFS='\t' 'NR > 1 { print $2, $3, $7 }'
    }
    count fork=cow shell-8 > a
    ok 'instructions are counted' [ "$(cut -f3 a)" -gt 10000 ]
    count fork=cow shell-8 > b
    ok 'and their number repeats' cmp a b
    count index=bst shell-8 > b
    ok 'and depends on the design' [ "$(cut -f3 a)" != "$(cut -f3 b)" ]
    run "$pagerig" measure --target qemu --qemu ./qemu --instructions a cases/shell-8.case
    ok 'a file that is no counter: exit 2' exits 2
else
    ok 'the plugin and the kernel are built' false
fi

run "$pagerig" measure --runs 1 --design index=list,flush=space cases/small-8.case
ok 'one design alone' says 'index=list'
ok 'is measured alone' [ "$(printf '%s\n' "$output" | wc -l)" -eq 2 ]
ok 'whose time is not nothing' [ "$(printf '%s\n' "$output" | awk 'END { print ($5 > 0) }')" = 1 ]

# ---- What is refused. ----

printf 'create s0\nread s0 0x1000 -> OK\n' > wrong.case
run "$pagerig" measure wrong.case
ok 'a case that expects something else is not measured: exit 1' exits 1
ok 'and it says where' says 'operation 1'
run "$pagerig" measure --unjudged wrong.case
ok 'nor without the rig: exit 1' exits 1
ok 'which says what it was' says 'it was FAULT'
run "$pagerig" measure --unjudged wrong.case
ok 'nor without the rig: exit 1' exits 1
ok 'which says what it was' says 'it was FAULT'
run "$pagerig" measure
ok 'no case: exit 2' exits 2
run "$pagerig" measure --target linux cases
ok 'a target without designs: exit 2' exits 2
run "$pagerig" measure nowhere.case
ok 'a file that is not there: exit 2' exits 2

# ---- The report. ----

run env DESIGNS_RUNS=1 PAGERIG="$pagerig" "$root/scripts/designs" "$here/report" 8
ok 'scripts/designs' exits 0
for file in designs.md designs.tsv designs-time.svg designs-index.svg designs-update.svg; do
    ok "leaves $file" [ -s "$here/report/$file" ]
done
for question in 'Which data structures' 'When to update' 'By which algorithm' 'The default'; do
    ok "answers: $question" grep -q "^### $question" "$here/report/designs.md"
done
ok 'every design has a row' [ "$(grep -c -F -f measured "$here/report/designs.md")" -ge \
    "$(wc -l < measured)" ]
ok 'a picture is a picture' grep -q '</svg>' "$here/report/designs-index.svg"

# report FACTOR: the conclusion when every time of index=list is so many times the default's, and all
# other times are the default's.
report() {
    awk -F '\t' -v OFS='\t' -v factor="$1" '
        NR > 1 { $5 = $6 = $7 = 100 * ($3 == "index=list" ? factor : 1) } { print }' \
        report/designs.tsv > planted.tsv
    output=$(awk -v qemu_size=8 -v work="$here" -f "$root/scripts/designs-code.awk" \
        -f "$root/scripts/designs.awk" part=3 planted.tsv 2>&1)
    status=$?
}
# shellcheck disable=SC2016 # the backquotes are Markdown
{
    report 0.5
    ok 'a faster choice is found' says 'Best on the average is `list`, by 50% before the default'
    ok 'and is to be the default' says 'Better than the default: `index=list` (50%)'
    report 2
    ok 'a slower one is not' says 'the default follows from this table'
    ok 'and what it costs is said' says '`list` costs 2.00 times what `rbtree` costs'
    report 0.99
    ok 'a hundredth decides nothing' says 'the default follows from this table'
}

# One design that answers otherwise.
awk -F '\t' -v OFS='\t' '$2 == "share-8" && $3 == "flush=space" { $20 = "x" } { print }' \
    report/designs.tsv > other.tsv
run awk -v qemu_size=8 -v work="$here" -f "$root/scripts/designs-code.awk" \
    -f "$root/scripts/designs.awk" part=3 other.tsv
ok 'a design that gives other answers is not reported: exit 1' exits 1
ok 'but named' says 'share, 8 regions, flush=space, sim'
done_testing
