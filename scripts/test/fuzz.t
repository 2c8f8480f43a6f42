#!/bin/sh
# fuzz.t: the fuzz targets: each runs clean from the reviewed cases for some seconds; a bug planted in
# a copy of the VMM stops each of them, with its title, is minimised by the engine's own tool, and
# becomes a case that replays; any bytes are an input.
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tap.sh
. "$root/scripts/test/tap.sh"
# shellcheck source=planted.sh
. "$root/scripts/test/planted.sh"
fuzz=$(realpath "${FUZZ:-$root/build/fuzz}")
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$fuzz/sim-libfuzzer" ] || { echo "Bail out!  there is no $fuzz/sim-libfuzzer"; exit 1; }
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
cd "$here" || exit 1
export FUZZ="$fuzz" PAGERIG="$pagerig"

# ---- From the seeds. ----

run "$root/scripts/fuzz" sim-libfuzzer 2 out
ok 'sim-libfuzzer: 2 seconds from the seeds are clean' exits 0
ok 'the seeds were run' says 'INITED'
ok 'and much was checked' says ' operations checked in '
run "$root/scripts/fuzz" sim-afl 2 out
ok 'sim-afl: likewise' exits 0
ok 'with the custom mutator' ls out/sim-afl/afl/default/queue/id:*,src:*,insert*
run "$root/scripts/fuzz" sim-afl 1 out
ok 'a second run goes on where the first stopped' exits 0
run "$root/scripts/fuzz" vax
ok 'an unknown target is refused' exits 2
run "$root/scripts/fuzz" sim-afl 1s
ok 'and so is a time that is none' exits 2

# ---- Bad input. ----

: > empty
head -c 3000000 /dev/urandom > large
printf '\377\377\377\377\377\377\377\377\377' > ones
for file in empty large ones; do
    run "$fuzz/sim-libfuzzer" -max_len=4000000 "$file"
    ok "sim-libfuzzer: $file is a program" exits 0
    run "$fuzz/sim-afl" "$file"
    ok "sim-afl: $file is a program" exits 0
    run "$pagerig" convert "$file"
    ok "convert: $file is a case" exits 0
done
run "$fuzz/sim-afl" absent
ok 'a file that is not there is bad input' exits 2

# ---- A bug. ----

planted copy vmm/swap.c "$evict_forgets" 'opt libfuzzer afl' \
    build/pagerig build/fuzz/sim-libfuzzer build/fuzz/sim-afl build/fuzz/afl-mutator.so
bug=copy/build/fuzz
title='STRAY evict evicted page'

shown() { says "pagerig: $title"; }

# minimised and converted FILE: a case with few operations that shows the bug when it is replayed.
replays() {
    "$pagerig" convert "$1" > min.case || return
    run copy/build/pagerig replay min.case
    says "# $title" && [ "$(grep -c . min.case)" -le "$2" ] && "$pagerig" replay min.case > good.tap
}

run "$bug/sim-libfuzzer" -seed=1 -runs=2000000 -max_total_time=60 -artifact_prefix=lf-
ok 'sim-libfuzzer finds it from nothing' shown
ok 'and stops as libFuzzer does' exits 77
ok 'says what was expected' says 'pagerig: expected: not present'
crash=$(ls lf-crash-*)
run "$bug/sim-libfuzzer" "$crash"
ok 'the artifact shows it again' shown
run "$bug/sim-libfuzzer" -minimize_crash=1 -runs=20000 -exact_artifact_path=lf-min "$crash"
[ -s lf-min ] || cp "$crash" lf-min
ok 'libFuzzer minimises it, to a case that replays' replays lf-min 12

mkdir one
printf '\0' > one/seed
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
run env AFL_BENCH_UNTIL_CRASH=1 AFL_CUSTOM_MUTATOR_LIBRARY="$here/$bug/afl-mutator.so" \
    AFL_CUSTOM_MUTATOR_ONLY=1 timeout 60 afl-fuzz -s 1 -V 60 -i one -o afl -- "$bug/sim-afl"
crash=$(find afl/default/crashes -name 'id:*' | head -n 1)
ok 'sim-afl finds it from nothing' [ -n "$crash" ]
run sh -c '"$1" "$2"; exit' sh "$bug/sim-afl" "$crash"
ok 'the crash shows it again' shown
run afl-tmin -i "$crash" -o afl-min -- "$bug/sim-afl"
ok 'afl-tmin minimises it, to a case that replays' replays afl-min 12

done_testing
