#!/bin/sh
# linux.t: the model against the host's Linux, briefly (`make model-check` does more), and what the
# commands make of a target that shows no page tables.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
cd "$root" || exit 1
pagerig=${PAGERIG:-build/pagerig}
pagerig_asan=${PAGERIG_ASAN:-build/pagerig-asan}
scratch

run scripts/model-check 5000 1 2 3 4
ok '20,000 operations and the corpus agree with Linux' exits 0
ok 'as TAP' says 'ok 4 - 5000 operations from seed 4 agree with Linux'
ok 'which says what was compared' says ' frames='
run env PAGERIG=false scripts/model-check 10 1
ok 'a run that fails is a failure of model-check' exits 1
ok 'and not ok' says 'not ok 1 -'

run "$pagerig_asan" run --target linux --ops 3000 --seed 5 --out "$here"
ok '3,000 under ASan and UBSan' exits 0
for check in 1 end; do
    run "$pagerig" run --target linux --ops 3000 --seed 6 --check "$check" --out "$here"
    ok "3,000 with --check $check" exits 0
done

printf 'create s0\nmap s0 0x1000 1 rw -> EXISTS\n' > "$here/a-wrong.case"
printf 'case limit=4\ncreate s0\nfail 1\ncreate s1 -> NO_MEMORY\n' > "$here/b-memory.case"
printf 'case bits=3 ram=16\ncreate s0\n' > "$here/c-tiny.case"
printf 'case ram=16 limit=4\ncreate s0\nmap s0 0x1000 16 rw eager -> OK\n' > "$here/d-small.case"
run "$pagerig" replay --target linux "$here"
ok 'a case that does not hold on Linux is found' exits 1
ok 'where it does not' says '# operation 2: map s0 0x1000 1 rw'
ok 'a case that expects NO_MEMORY is skipped' says 'b-memory.case # SKIP it expects NO_MEMORY'
ok 'so are pages that Linux has not' says 'c-tiny.case # SKIP Linux has pages of 4 KiB'
ok 'the size of the machine does not matter' says "ok 4 - $here/d-small.case"
for command in "show $here/d-small.case" shell bench "compare $here/d-small.case"; do
    # shellcheck disable=SC2086 # words of the command line
    run "$pagerig" $command --target linux
    ok "${command%% *} needs page tables, or answers that are all the same" exits 2
    ok 'and says so' says 'inux'
done
done_testing
