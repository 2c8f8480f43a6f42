#!/bin/sh
# tree.t: the tree keeps its own rules.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tap.sh
. scripts/test/tap.sh

run scripts/lint
ok 'make lint is clean' exits 0
run scripts/loc
ok 'the VMM core has at most 400 lines of code' exits 0

done_testing
