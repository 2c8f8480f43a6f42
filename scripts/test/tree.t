#!/bin/sh
# tree.t: the tree keeps its own rules.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
cd "$root" || exit 1

run scripts/lint
ok 'make lint is clean' exits 0
run scripts/loc
ok 'the VMM core has at most 400 lines of code' exits 0

done_testing
