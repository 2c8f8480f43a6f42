#!/bin/sh
# bisect.t: scripts/bisect on a history of stubs, and scripts/replay: what they make of what pagerig
# says.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
scratch && cd "$here" || exit 1
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b

# ---- bisect: each commit has a `pagerig` that ends as the commit says. ----

git init -q history && cd history || exit 1
printf '/build/\n/build.log\n' > .gitignore
# shellcheck disable=SC2016 # make's
printf 'build/pagerig: pagerig\n\tgrep -q . pagerig && mkdir -p build && cp pagerig $@ && chmod +x $@\n' > Makefile

# commit NAME LINE...: the lines are the program; none: it does not build.
commit() {
    name=$1
    shift
    : > pagerig
    [ $# -eq 0 ] || printf '%s\n' '#!/bin/sh' "# $name" "$@" > pagerig
    git add -A && git commit -qm "$name" && git tag "$name"
}
not_ok() {
    printf 'echo 1..1; echo "not ok 1 - x"; echo "# %s"; exit 1' "$1"
}
commit oldest 'exit 0'
commit good 'exit 0'
commit broken
commit older-form 'exit 2'
commit other "$(not_ok 'ALIAS write frame')"
commit still-good 'exit 0'
commit culprit "$(not_ok 'STRAY evict page')"
commit later "$(not_ok 'STRAY evict page')"
commit newest "$(not_ok 'STRAY evict page')"
cd .. || exit 1
printf '# STRAY evict page\n#\n# replay:   pagerig replay x.case\ncreate s0\n' > x.case

bisect() {
    run sh -c 'cd history && "$@"' sh "$root/scripts/bisect" "$@"
}
bisect ../x.case oldest newest
ok 'the first bad commit is found' exits 0
ok 'and named' says ' culprit'
ok 'and nothing else is printed' [ "$(printf '%s\n' "$output" | wc -l)" -eq 1 ]
ok 'the worktree is gone' [ "$(git -C history worktree list | wc -l)" -eq 1 ]
ok 'and no bisection is left' [ ! -e history/.git/BISECT_LOG ]
bisect ../x.case good good
ok 'a BAD that is good: exit 2' exits 2
ok 'and why' says 'does not diverge at good'
bisect ../x.case later newest
ok 'a GOOD that is bad: exit 2' exits 2
ok 'and why' says 'diverges at later already'
bisect ../x.case newest oldest
ok 'the wrong way round: exit 2' exits 2
bisect ../x.case good other
ok 'a BAD that diverges in another way: exit 125' exits 125
bisect ../x.case good broken
ok 'a BAD that does not build: exit 125' exits 125
bisect ../x.case nowhere newest
ok 'no such commit: exit 2' exits 2
bisect ../y.case good newest
ok 'no such case: exit 2' exits 2

# ---- replay: the TAP of two targets as one. ----

pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
mkdir cases
printf 'create s0 -> OK\n' > cases/a.case
printf 'case bits=3 ram=16\ncreate s0 -> OK\n' > cases/b.case
run env PAGERIG="$pagerig" "$root/scripts/replay" cases
ok 'good cases: exit 0' exits 0
ok 'on both targets, numbered through' [ "$(printf '%s\n' "$output" | grep -v '^#')" = \
    'ok 1 - sim: cases/a.case
ok 2 - sim: cases/b.case
ok 3 - qemu: cases/a.case
ok 4 - qemu: cases/b.case # SKIP the guest has 10 address bits a level, not 3
1..4' ]
printf 'create s0 -> EXISTS\n' > cases/c.case
run env PAGERIG="$pagerig" "$root/scripts/replay" cases
ok 'a divergence: exit 1' exits 1
ok 'is not ok in both' [ "$(printf '%s\n' "$output" | grep -c '^not ok .*: cases/c.case')" -eq 2 ]
printf '#!/bin/sh\nprintf "1..3\\nok 1 - x\\n"\nexit 0\n' > stub
chmod +x stub
run env PAGERIG="$here/stub" "$root/scripts/replay" cases
ok 'a replay that ends too early has failed' exits 125
ok 'and says so' says 'not ok 2 - sim: 1 of 3 cases were run'
done_testing
