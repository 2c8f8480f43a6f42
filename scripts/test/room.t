#!/bin/sh
# room.t: triage and campaigns where nothing can be written: a disk that is full, a directory that is not ours.
# (A campaign whose disk fills while it runs is in campaign.t.)
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
bad=$root/build/canary/pagerig
[ -x "$bad" ] || { echo 'Bail out!  there is no build/canary/pagerig'; exit 1; }
scratch && cd "$here" || exit 1
export PAGERIG="$bad" PAGERIG_ASAN="$bad"

evict_case > found.case
report=stray-evict-evicted-page

# ---- A full disk: a file system of our own, or, where none can be mounted, files of no size. ----

mkdir disk
cat > fill << END
if mount -t tmpfs -o size=48k none disk 2> /dev/null; then
    narrow() { mkdir -p disk/tmp && head -c 28k /dev/zero > disk/filler; }
    full() { head -c 64k /dev/zero > disk/more 2> /dev/null; }
else
    trap '' XFSZ
    mkdir -p disk/tmp
    narrow() { ulimit -f 8; }
    full() { ulimit -f 0; }
fi
(
    narrow
    $root/scripts/triage -o disk/reports found.case
    echo "narrow: status \$?"
    ls disk/reports/$report
    full
    TMPDIR=disk/tmp $root/scripts/triage -o disk/reports found.case
    echo "full: status \$?"
)
rm -f disk/filler disk/more
$root/scripts/triage -o disk/reports found.case
echo "room: status \$?"
ls disk/reports/$report
END
fill() {
    unshare -r -m sh ./fill || sh ./fill
}
run fill
ok 'a report for which there is no room: exit 125' says 'narrow: status 125'
ok 'and which file that is' sh -c "printf '%s\n' \"\$1\" | grep -Eq 'disk/reports/.*: (No space left on device|File too large)'" - "$output"
ok 'no room for temporary files: exit 125' says 'full: status 125'
ok 'and which these are' says 'no space for temporary files in disk/tmp'
ok 'with room again the report is made anew, and whole' says 'room: status 1'
ok 'and is the only one that says it is' [ "$(printf '%s\n' "$output" | grep -c '^summary.tsv$')" -eq 1 ]

# ---- No right to write: root gives up its own to be refused. ----

if [ "$(id -u)" -eq 0 ]; then
    humble() { setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$@"; }
else
    humble() { "$@"; }
fi
mkdir -p mine/old
chmod a-w mine
if humble sh -c ': > mine/file' 2> /dev/null; then
    echo 'Bail out!  everything can be written here'
    exit 1
fi
run humble "$root/scripts/triage" -o mine/reports found.case
ok 'triage without the right to make its directory: exit 125' exits 125
ok 'and why' says 'mine/reports: Permission denied'
cp found.case mine/old
chmod a-w mine/old
run humble "$root/scripts/triage" mine/old
ok 'or to write into it: exit 125' exits 125
ok 'and why, too' says 'Permission denied'
ok 'and the case is still there' cmp -s found.case mine/old/found.case
cp found.case secret.case
chmod a-r secret.case
run humble "$root/scripts/triage" -o other secret.case
ok 'a case that may not be read: exit 2' exits 2
ok 'by its name' says 'secret.case: Permission denied'

run humble "$root/scripts/campaign" --time 5 --out mine/night
ok 'a campaign without the right to make its directory: exit 2' exits 2
ok 'and why' says 'Permission denied'
run humble "$root/scripts/campaign" --time 5 --out mine/old
ok 'or to write into it: exit 2' exits 2

# Its directory is taken from it while it runs; what it has found by then is found afterwards.
PAGERIG_FUZZ=$bad
export PAGERIG_FUZZ
humble "$root/scripts/campaign" --time 50 --out night --jobs 1 --shares sim=1 > night.out 2>&1 &
supervisor=$!
for _ in $(seq 300); do
    grep -qs '^rounds*=[1-9]' night/workers/1/state && break
    sleep 0.1
done
chmod -R a-w night
wait "$supervisor"
status=$? output=$(cat night.out)
ok 'one that may not write any more stops: exit 125' exits 125
ok 'and says so' says 'no space or no right to write'
chmod -R u+w night
run "$root/scripts/campaign" --resume night --time 1 --jobs 1
ok 'and has lost no finding: --resume reports them' exits 1
ok 'by their titles' says 'STRAY evict evicted page'
done_testing
