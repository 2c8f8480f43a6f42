#!/bin/sh
# mutants.t: a sample of the mutant bank is found, on sim and in QEMU; what is wrong with a patch is
# said; and the options of `pagerig run` that the bank rests on.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
mutants=$root/scripts/mutants
scratch && cd "$here" || exit 1

# ---- The bank. ----

# The names of all, and what their heads say.
run "$mutants" --list
ok 'at least 60 mutants' test "$(printf '%s\n' "$output" | grep -c .)" -ge 60
for row in R:11 A:6 C:10 W:11 T:10; do
    letter=${row%:*} last=${row#*:} number=0
    while [ $((number = number + 1)) -le "$last" ]; do
        output=$(cat "$root"/fuzz/mutants/*.patch | grep "^Pattern: $letter$number ")
        ok "pattern $letter$number is there" test -n "$output"
    done
done

# applies PATCH...: each does, to the sources as they are, without anything being guessed.
applies() {
    for patch; do
        (cd "$root" && patch -s -p1 -F0 --dry-run < "$patch") || echo "$patch"
    done
}
run applies "$root"/fuzz/mutants/*.patch
ok 'every patch applies' test -z "$output"

# Ctrl-C once the first is done; what is done is not done again.
rows=$root/build/mutants/brief
rm -f "$rows/r1-split-keeps-the-offset.sim" "$rows/w2-parent-stays-writable.sim" "$rows/t9-switch-does-not-commit.sim"
three() {
    env --default-signal=INT setsid "$mutants" --brief --seeds 2 --jobs 1 r1-split-keeps-the-offset \
        w2-parent-stays-writable t9-switch-does-not-commit
}
three > log 2>&1 &
while kill -0 $! 2> kill.log && [ ! -f "$rows/r1-split-keeps-the-offset.sim" ]; do sleep 0.1; done
pkill -INT -s "$(pgrep -P $! -f 'scripts/mutants --brief --seeds 2')"
wait $!
status=$?
ok 'an interrupted run says so' exits 130
ok 'and keeps what is done' test -f "$rows/r1-split-keeps-the-offset.sim"
run three
ok 'it goes on with the others' exits 0
ok 'and with no more than these' lacks r1-split-keeps-the-offset

run "$mutants" --brief --seeds 1 r1-split-keeps-the-offset a2-address-plus-length-wraps \
    c3-failed-fork-leaks-its-directory w2-parent-stays-writable t3-invlpg-of-the-neighbour \
    x-evict-tells-two-sharers legal-read-only-until-written legal-copy-on-read r8-tree-search-at-equal-keys
ok 'a sample is found on sim; what is legal or equivalent is not' exits 0
run "$mutants" --target qemu --brief --seeds 1 m-invlpg-does-nothing w9-new-page-is-not-cleared
ok 'two are found in QEMU' exits 0
run "$mutants" --build x-evict-tells-one-sharer -o canary
ok 'a mutant can be built' exits 0
run ./canary run --ops 20000 --seed 1 --findings 1 --out found
ok 'and finds itself' exits 1
ok 'once' says 'divergences=1 '

# ---- Patches that are wrong; $1 is the file, the rest of it comes from standard input. ----

patch_of() {
    { printf 'Pattern: a test\nDesign: any\n%s\n\n--- a/vmm/pool.c\n+++ b/vmm/pool.c\n' \
        "${2:-Oracles: PANIC}"; cat; } > "$1"
}
patch_of stale.patch << 'END'
@@ -1,1 +1,1 @@
-int nobody_wrote_this;
+int nor_this;
END
line=$(grep -n 'vmm_assert(pool->left > 0)' "$root/vmm/pool.c" | cut -d: -f1)
# replaces NEW: a patch that puts it for that line.
replaces() {
    printf '@@ -%d,1 +%d,1 @@\n-%s\n+%s\n' "$line" "$line" "$(sed -n "${line}p" "$root/vmm/pool.c")" "$1"
}
replaces '    this does not compile' | patch_of broken.patch
replaces '    vmm_assert(pool->left > 0); /* a comment */' | patch_of comment.patch
replaces '    (void)0;' | patch_of survivor.patch
replaces '    vmm_assert(!pool->left);' | patch_of reported.patch 'Expect: legal
Why: a test'
replaces '    vmm_assert(!pool->left);' | patch_of unexpected.patch 'Oracles: HANG'
replaces '    vmm_assert(!pool->left);' | patch_of headless.patch 'Remark: none'

wrong() {
    run "$mutants" --brief --seeds 1 "$here/$1.patch"
    ok "$2" exits "$3"
    ok 'says so, with its name' says "$1: $4"
}
wrong stale 'a patch that no longer applies' 2 'the patch does not apply'
wrong broken 'one that does not build' 2 'it does not build'
wrong comment 'one that changes nothing' 2 'it changes nothing: the objects are the same'
wrong headless 'one that does not say who is to see it' 2 'its head has no Oracles:'
wrong survivor 'a mutant that survives' 1 'survived: killed with 0 of 1 seeds'
wrong reported 'a legal variant that is reported' 1 'legal, but reported by PANIC'
wrong unexpected 'a mutant that others than expected have killed' 1 \
    'killed, but by none of the oracles that its head names'
run "$mutants" no-such-mutant
ok 'a name that is none' exits 2
ok 'says so' says 'no mutant no-such-mutant'
for words in '--target vax' '--seeds 0' '--seeds x' '--seeds' '--fast' '--build r9' '-o x'; do
    # shellcheck disable=SC2086 # words of the command line
    run "$mutants" $words
    ok "bad usage: $words" exits 2
done

# ---- pagerig. ----

run ./canary run --ops 20000 --seed 1 --without STRAY --out found
ok 'without the oracle that sees it first others see it' says 'without=STRAY'
ok 'and not that one' lacks 'STRAY evict'
for words in '--without NOBODY' '--without RIG' '--without SANITIZER' '--without STALE,' \
    '--findings 0' '--findings 101' '--hang 0'; do
    # shellcheck disable=SC2086
    run "$pagerig" run --ops 1 $words --out found
    ok "bad usage: $words" exits 2
done
run "$pagerig" yardstick --design any --ops 10000
ok 'the yardstick finds nothing in the VMM' exits 0
run "$mutants" --build w9-new-page-is-not-cleared -o uncleared
ok 'nor does it ask for cleared pages' ./uncleared yardstick --ops 10000
run "$mutants" --build t1-no-invlpg-after-unmap -o stale
run ./stale yardstick --ops 10000
ok 'it finds a stale translation' exits 1
done_testing
