#!/bin/sh
# campaign.t: scripts/campaign, scripts/worker and what they write, in campaigns of some seconds: clean ones,
# a VMM with a bug, kill -9, SIGTERM, a disk that fills, a canary that is not found, workers that die.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=../state.sh
. "$root/scripts/state.sh"
[ -x "$root/build/canary/pagerig" ] || { echo 'Bail out!  there is no build/canary/pagerig'; exit 1; }
scratch && cd "$here" || exit 1
campaign=$root/scripts/campaign

# until_true SECONDS COMMAND...
until_true() {
    last=$(($(clock) + $1))
    shift
    until "$@"; do
        [ "$(clock)" -lt "$last" ] || return 1
        sleep 0.2
    done
}

# Processes that a campaign in this directory has started.
none_left() {
    ! pgrep -f -- "--out $here/$1" > /dev/null
}

# ---- A worker alone. ----

run "$root/scripts/worker" --id 1 --seed 5 --out one --kind sim --time 1
ok 'a worker works' exits 0
operations=$(get one/workers/1/state operations)
ok 'and says how much' [ "${operations:-0}" -gt 1000 ]
before=$(cksum < one/workers/1/state)
run "$root/scripts/worker" --id 1 --seed 5 --out one --kind sim --time 1
ok 'called again it does nothing' [ "$(cksum < one/workers/1/state)" = "$before" ]
run "$root/scripts/worker" --id 1 --seed 5 --out one --kind qemu --time 2
ok 'nor is it of another kind later' exits 125
flock one/workers/1/lock sleep 8 &
holder=$!
run "$root/scripts/worker" --id 1 --seed 5 --out one --kind sim --time 2
kill "$holder"
ok 'two of one number exclude each other' exits 125
run "$root/scripts/worker" --id 1 --seed 5 --out one --kind vax --time 2
ok 'an unknown kind is refused' exits 2
run "$root/scripts/worker" --id x --seed 5 --out one --time 2
ok 'and a number that is none' exits 2

run "$root/scripts/worker" --id 2 --seed 5 --out one --kind libfuzzer --time 2
ok "libFuzzer works" exits 0
run "$root/scripts/worker" --id 3 --seed 5 --out one --kind afl --time 3
ok "AFL++ works" exits 0
ok "and has inputs that libFuzzer found" sh -c "ls one/workers/3/sim-afl/afl/default/queue | grep -qE 'orig:[0-9a-f]{40}'"
run "$root/scripts/worker" --id 2 --seed 5 --out one --kind libfuzzer --time "$(($(get one/workers/2/state seconds) + 2))"
ok "and libFuzzer reads those of AFL++" grep -q "[1-9][0-9]* files found in $here/one/corpus" one/workers/2/log.err

# ---- Bad use. ----

for option in '--time 0' '--time 8x' '--shares sim' '--shares vax=1' '--jobs 0' '--seed' '--fast 1'; do
    # shellcheck disable=SC2086 # words
    run "$campaign" --out none $option
    ok "refuses $option" exits 2
done
mkdir full && : > full/mine
run "$campaign" --time 1 --out full
ok 'a directory with other things is refused' exits 2
ok 'by what is there' says 'it has mine'
run "$campaign" --resume full
ok 'and is no campaign to go on with' exits 2
mkdir old && echo 'format=0' > old/campaign.conf
run "$campaign" --resume old
ok 'one of another version is refused' says 'is of another version'
ok 'as bad input' exits 2

# ---- A clean one, with all kinds of workers. ----

run "$campaign" --time 10 --out clean --seed 7 --jobs 5
ok 'a campaign without a finding is clean' exits 0
ok 'and has had its canary' says 'canary found in'
ok 'and none has died' says ' 0 workers restarted'
output=$(grep -lE "^(operations|inputs)=[1-9]" clean/workers/*/state)
ok "all kinds have worked" [ "$(printf "%s\n" "$output" | wc -l)" -eq 6 ]
ok 'there is a report' grep -q '^## What each oracle saw' clean/report.md
ok 'with a picture' grep -q '<svg' clean/index.html
run "$campaign" --time 1 --out clean
ok 'a second one in its directory is refused' says '--resume it'
run "$campaign" --resume clean
ok 'to go on without time left is to report again' exits 0

# ---- The engines on the kernel, which are on only if they are asked for. ----

# Without calibration they do something on a machine that is too busy, too.
run env AFL_NO_STARTUP_CALIBRATION=1 "$campaign" --time 20 --out guest --seed 7 --jobs 2 --shares qemu-libfuzzer=1,qemu-afl=1
ok 'a campaign of engines on the kernel is clean' exits 0
output=$(grep -lE "^(operations|inputs)=[1-9]" guest/workers/*/state | xargs grep -hE '^kind=')
ok 'libFuzzer has worked there' says 'kind=qemu-libfuzzer'
ok 'and AFL++' says 'kind=qemu-afl'
output=$(cat guest/report.md)
ok 'and what is covered of the guest is known' grep -Eq ' reached [1-9][0-9]* of the [1-9][0-9]* blocks of vmm/ in the guest' guest/report.md

# ---- A VMM that does not have all designs. ----

run "$campaign" --time 6 --out narrow --jobs 2 --shares sim=1,explore=1 --design tables=window,fork=copy
ok 'one design: exit 0' exits 0
ok 'it is kept' [ "$(get narrow/campaign.conf design)" = tables=window,fork=copy ]
ok 'all are run with it' [ -z "$(cat narrow/workers/[12]/log.out | grep -o 'design=[^ ]*' | grep -v 'tables=window.*fork=copy')" ]
ok 'and explored' [ "$(ls narrow/explored)" ]
run "$campaign" --time 6 --out never --design tables=none
ok 'a design that there is not: exit 2' exits 2
run "$campaign" --time 6 --out never --design tables=window --shares afl=1
ok 'an engine chooses its own: exit 2' exits 2
ok 'nothing was begun' [ ! -e never ]

# ---- A canary that is not found, workers that die. ----

run env CANARY="$root/build/pagerig" "$campaign" --time 6 --out blind --jobs 1 --shares sim=1
ok 'where the canary is not found, the campaign was blind' says 'BLIND'
ok 'and fails' exits 125
run env QEMU=/bin/false "$campaign" --time 10 --out ill --jobs 2 --shares sim=1,qemu=1
ok 'a worker that cannot work is named, with its reason' says '(qemu) died with status 125'
ok 'and no clean campaign' exits 125

"$campaign" --time 60 --out hurt --jobs 2 --shares sim=1 2> hurt.log > hurt.out &
supervisor=$!
until_true 20 pgrep -f -- "$root/build/pagerig-fuzz run --time " > /dev/null
until_true 20 pkill -KILL -f -- "worker --id 1 .*--out $here/hurt "
ok 'a worker that is killed is said to have died' until_true 20 grep -q "worker 1 (sim) died with status" hurt.log
until_true 30 grep -q "^operations=[1-9]" hurt/workers/1/state
run "$campaign" --time 1 --out hurt
ok 'two campaigns in one directory: refused' says 'another campaign is at work'
kill -TERM "$supervisor"
wait "$supervisor"
status=$? output=$(cat hurt.out)
ok 'SIGTERM ends it' exits 0
ok 'with its report' says 'index.html'
ok "which counts the worker that was killed" says " 1 workers restarted"
ok 'and its workers' none_left hurt

# ---- A bug, and kill -9. ----

cp -R "$root/build/canary" bug
# bugged COMMAND...: with the canary's VMM as that under test.
bugged() {
    PAGERIG_FUZZ=$here/bug/pagerig PAGERIG=$here/bug/pagerig "$@"
}
run bugged "$root/scripts/test/campaign-kill" killed 3 9 sim=2,explore=1
ok 'three times kill -9: no finding is lost' exits 0
ok 'and the bug is found' says 'STRAY evict evicted page, '
shortest=killed/stray-evict-evicted-page
ok 'in eight operations at most' [ "$(grep -c '^[a-z]' $shortest/min.case)" -le 9 ]
replay=$(printf '%s\n' "$output" | sed -n '/STRAY evict/,$s/^ *[^ ]*\/pagerig replay //p' | head -n 1)
# shellcheck disable=SC2086 # words
run bugged "$here/bug/pagerig" replay $replay
ok 'the command that is printed replays it' says '# STRAY evict evicted page'
run "$root/build/pagerig" replay $shortest/min.case
ok 'and the VMM without the bug passes' exits 0

# ---- A disk that fills: a file system of 8 MB, or, where none can be mounted, files of no size. ----

mkdir disk
cat > fill << END
cd $here
if mount -t tmpfs -o size=8m none disk 2> /dev/null; then
    (sleep 4; head -c 100m /dev/zero > disk/filler) 2> /dev/null &
else
    trap '' XFSZ
    ulimit -f 64
fi
$campaign --time 40 --out disk/small --jobs 1 --shares sim=1
status=\$?
grep -q 'NO SPACE' disk/small/report.md || [ ! -e disk/filler ] || echo 'no report'
exit \$status
END
run unshare -r -m sh fill
[ "$status" -eq 125 ] || run sh fill
ok 'a full disk stops it' exits 125
ok 'and it says so' says 'no space'
ok 'with a report' lacks 'no report'
done_testing
