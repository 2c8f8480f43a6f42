#!/bin/sh
# coverage.t: scripts/coverage shows what an input covers, on the host and in the guest, and no more.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
fuzz=$(realpath "${FUZZ:-$root/build/fuzz}")
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
scratch && cd "$here" || exit 1
export FUZZ="$fuzz" COVERAGE="$here/pages"

# The line of a function's page that has this text: how many of its blocks ran, "1/1".
blocks() {
    grep -F "$2" "pages/guest/$1.html" | sed 's/^ *[0-9]* *\([0-9]*\/[0-9]*\) .*/\1/; q'
}

printf 'create s0\n' > create.case
"$pagerig" convert --to bytes create.case > create
run "$root/scripts/coverage" create
ok 'one input' exits 0
ok 'the host' says 'coverage: host: '
ok 'the guest' says 'coverage: guest: '
few=$(printf '%s\n' "$output" | sed -n 's/coverage: guest: \([0-9]*\) of.*/\1/p')
ok 'pages of both' [ -s pages/host/index.html ] && [ -s pages/guest/index.html ]
ok 'creating ran in the guest' [ "$(blocks space.c 'pmap_create(vmm, space);')" != 0/1 ]
ok 'evicting did not' [ "$(grep -c 'class="none"' pages/guest/swap.c.html)" -gt 5 ]
run "$root/scripts/coverage" "$fuzz/seeds"
ok 'the seeds cover more' [ "$(printf '%s\n' "$output" |
    sed -n 's/coverage: guest: \([0-9]*\) of.*/\1/p')" -gt $((few * 2)) ]
ok 'evicting too' [ "$(grep -c 'class="all"' pages/guest/swap.c.html)" -gt 5 ]
ok 'on the host as well' grep -rq 'vmm_evict' pages/host
run "$root/scripts/coverage" absent
ok 'an input that is not there: exit 2' exits 2
run env FUZZ=/nowhere "$root/scripts/coverage" create
ok 'programs that are not there: exit 125' exits 125
run env QEMU=/nowhere "$root/scripts/coverage" create
ok 'no QEMU: exit 125' exits 125

done_testing
