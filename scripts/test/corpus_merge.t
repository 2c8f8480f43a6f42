#!/bin/sh
# corpus_merge.t: scripts/corpus: one corpus of what both engines have, and cases out of inputs.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
fuzz=$(realpath "${FUZZ:-$root/build/fuzz}")
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
scratch && cd "$here" || exit 1
export FUZZ="$here/fuzz" PAGERIG="$pagerig" SEEDS="$here/seeds"

# A campaign of each engine, and few reviewed cases.
mkdir -p fuzz/seeds seeds top/sim-libfuzzer/corpus top/sim-afl/afl/default/queue
ln -s "$fuzz/sim-libfuzzer" fuzz/sim-libfuzzer
cp "$fuzz"/seeds/cow-* fuzz/seeds
cp "$fuzz"/seeds/region-* top/sim-libfuzzer/corpus
n=0
for seed in "$fuzz"/seeds/swap-*; do
    cp "$seed" "top/sim-afl/afl/default/queue/id:00$n,orig"
    cp "$seed" "top/sim-libfuzzer/corpus/twice-$n"
    n=$((n + 1))
done

# What the directories cover, as libFuzzer counts.
covered() {
    "$fuzz/sim-libfuzzer" -runs=0 "$@" 2>&1 | sed -n 's/.*INITED\(.* ft: [0-9]*\) .*/\1/p'
}
names() {
    ls top/corpus
}

run "$root/scripts/corpus" merge top
ok 'merge succeeds' exits 0
ok 'and leaves a corpus' [ -n "$(names)" ]
ok 'that covers all that its sources do' [ "$(covered top/corpus)" = \
    "$(covered fuzz/seeds top/sim-libfuzzer/corpus top/sim-afl/afl/default/queue)" ]
ok 'in fewer inputs' [ "$(names | wc -l)" -lt "$(find fuzz/seeds top/sim-* -type f | wc -l)" ]
for file in top/corpus/*; do
    [ "${file##*/}" = "$(sha1sum < "$file" | cut -d ' ' -f 1)" ] || echo "$file"
done > misnamed
ok 'each named by its content' [ ! -s misnamed ]
before=$(names)
run "$root/scripts/corpus" merge top
ok 'a second time there is nothing new' says 'corpus: 0 new'
ok 'and nothing changes' [ "$before" = "$(names)" ]
cp "$fuzz"/seeds/device-* top/sim-libfuzzer/corpus
run "$root/scripts/corpus" merge top
ok 'what is new is taken' [ "$before" != "$(names)" ]

# Interrupted at any time, nothing is lost.
before=$(covered top/corpus)
cp "$fuzz"/seeds/* top/sim-libfuzzer/corpus
for delay in 0.02 0.1 0.3 0.6; do
    timeout -s KILL $delay "$root/scripts/corpus" merge top > killed 2>&1
done
ok 'interrupted, the corpus is there' [ -n "$(names)" ]
mv top/corpus top/.corpus.old
run "$root/scripts/corpus" merge top
ok 'between its last two steps as well' exits 0
ok 'and the next merge makes it whole' [ "$(covered top/corpus)" = "$(covered top/corpus top/sim-libfuzzer/corpus)" ]
ok 'it is more' [ "$(covered top/corpus)" != "$before" ]
ok 'nothing else stays' [ -z "$(find top -maxdepth 1 -name '.corpus.[anot]*')" ]

# ---- Cases. ----

run "$root/scripts/corpus" seed "$fuzz/seeds/cow-grandchild-writes.bin" a-new-case
ok 'an input becomes a case' exits 0
ok 'with the status of each operation' [ "$(grep -c -- '->' seeds/a-new-case.case)" -ge 8 ]
run "$pagerig" replay seeds/a-new-case.case
ok 'that holds' exits 0
run "$root/scripts/corpus" seed "$fuzz/seeds/cow-grandchild-writes.bin" a-new-case
ok 'one that is there is not replaced' exits 2
run "$root/scripts/corpus" seed "$fuzz/seeds/cow-grandchild-writes.bin" ../x
ok 'a name is a name' exits 2
run "$root/scripts/corpus" seed absent y
ok 'an input that is not there is refused' exits 2
run "$root/scripts/corpus" sort
ok 'an unknown command is refused' exits 2
run env FUZZ=/nowhere "$root/scripts/corpus" merge top
ok 'without a target: exit 125' exits 125

done_testing
