#!/bin/sh
# cli.t: the command line: what it prints, where it refuses, and how it ends.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$pagerig" ] || { echo "Bail out!  there is no $pagerig"; exit 1; }
scratch && cd "$here" || exit 1

# run, with nothing but one of the two outputs.
run_stdout() {
    output=$("$@" 2> stderr)
    status=$?
}
run_stderr() {
    output=$("$@" 2>&1 > stdout)
    status=$?
}

run_to_full_disk() {
    output=$("$pagerig" "$@" 2>&1 > /dev/full)
    status=$?
}

# refused 'a name' 'what it says' ARGUMENT...: exit 2, said on stderr, nothing on stdout.
refused() {
    name=$1
    words=$2
    shift 2
    run_stderr "$pagerig" "$@"
    ok "$name: exit 2" exits 2
    ok "$name: says why" says "$words"
    ok "$name: on stderr" [ ! -s stdout ]
}

last() {
    printf '%s\n' "$output" | tail -n 1
}

# Of the summary: field KEY.
field() {
    last | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# ---- Help. ----

run_stdout "$pagerig" --help
ok '--help succeeds' exits 0
ok 'and names the commands' says '  replay '
ok 'and the exit statuses' says '  125 '
for command in run replay show shell compare minimize; do
    run_stdout "$pagerig" help $command
    ok "help $command succeeds" exits 0
    ok 'and lists its options' says '  --target NAME'
    ok 'and how a target is run' says '  --lane NAME'
    help=$output
    run_stdout "$pagerig" $command --help
    ok "$command --help is the same" [ "$output" = "$help" ]
    ok 'and what designs there are' says '  tables  '
    ok 'and presets' says '  frounze  '
done
run_stdout "$pagerig" designs
ok 'designs succeeds' exits 0
ok 'and names the axes' says ' index '
ok 'and a line for each preset' says 'gottlieb-bst   bst '
refused 'designs of something' 'it takes no arguments' designs all
run_stdout "$pagerig" --version
ok '--version' [ "$output" = 'pagerig 0.1' ]
refused 'no command' 'usage: pagerig COMMAND'
refused 'an unknown command' "unknown command 'rum'" rum
refused 'help for an unknown command' "unknown command 'rum'" help rum

# ---- Standard output. ----

printf 'create s0\n' > good.case
for command in --help 'help run' 'run --ops 300' 'explore --depth 1' 'replay good.case' \
    'show good.case' 'compare --target sim good.case'; do
    # shellcheck disable=SC2086 # words of the command line
    run_to_full_disk $command
    ok "$command on a full disk is no success" exits 125
    ok 'and says why' says 'standard output could not be written'
done

# ---- Bad usage. ----

refused 'an unknown option' "unknown option '--opps'" run --opps 1
refused 'a short option' "unknown option '-p'" run -p
refused 'a missing value' '--ops: missing value N' run --ops
refused 'a value for a flag' '--all-designs takes no value' replay --all-designs=1 x.case
refused 'an argument that is not wanted' "unexpected argument 'x'" run x
refused 'not a number' "--ops: expected a number from 1 to" run --ops 1e6
refused 'an empty number' "--ops: expected a number from 1 to" run --ops=
refused 'a negative number' "--seed: expected a number from 0 to 18446744073709551615" run --seed -1
refused 'a number that does not fit' '--seed: expected' run --seed 18446744073709551616
refused 'a number that is too small' '--ram: expected a number from 16 to 65536' run --ram 15
refused 'no operations' '--ops: expected a number from 1' run --ops 0
refused 'operations and time' '--ops excludes --time' run --ops 1 --time 1
refused 'an unknown TLB' 'it is one of typical paranoid negative none any' run --tlb intel
refused 'an unknown preset' 'it is one of default gottlieb-list' run --preset gottlieb
refused 'a preset and a design' 'it excludes --preset' run --preset default --design any
refused 'an unknown axis' 'column 12: unknown axis' run --design index=list,idx=list
refused 'an unknown target' "unknown target 'vax'" run --target vax
refused 'an unknown target, of a comparison' "unknown with 'vax': it is one of sim" \
    compare --with vax x.case
refused 'an unknown lane' "--lane: unknown lane 'air': it is one of ram serial" run --lane air
refused 'an unknown accelerator' 'it is one of tcg kvm' replay --accel warp x.case
refused 'neither on nor off' 'it is one of on off' show --witness 1 x.case
refused 'no kernel is named' '--kernel: FILE is empty' compare --kernel '' x.case
refused 'no emulator is named' '--qemu: missing value PROGRAM' shell --qemu
refused 'a bad period' '--check: expected every, end, or a number' run --check 0
refused 'an empty directory name' '--out: DIR is empty' run --out ''
: > file
refused 'a report directory that is a file' 'Not a directory' run --ops 1 --out file/reports
refused 'a report directory that cannot be made' '--out: ' run --ops 1 --out /proc/pagerig
refused 'no case' 'no case is named' replay
refused 'nothing to compare' 'no case is named' compare
refused 'a shell with an argument' "unexpected argument 'x'" shell x
refused 'a shell of all designs' 'one design and one TLB' shell --design any

# ---- Runs. ----

run_stdout "$pagerig" run --ops 5000 --seed 7
ok 'a run is clean' exits 0
ok 'its last line is the summary' [ "$(field ops)" = 5000 ]
ok 'with the time' [ -n "$(field seconds)" ]
ok 'and the speed' [ "$(field ops_per_second)" -gt 0 ]
ok 'and the divergences' [ "$(field divergences)" = 0 ]
ok 'and the seed' [ "$(field seed)" = 7 ]
ok 'and the sequences' [ "$(field sequences)" = 20 ]
ok 'and how it ran' says ' design=default tlb=paranoid check=every'
ok 'the report directory is there' [ -d reports ]
ok 'and has nothing in it' [ -z "$(ls -A reports)" ]

run_stdout "$pagerig" run --ops=300 --design=index=list,any --tlb=any --check=end --out deep/er
ok 'values may stand after =' exits 0
ok 'and count' says ' design=index=list,any tlb=any check=end'
ok 'a run without a seed has one' [ -n "$(field seed)" ]
ok 'a report directory is made with those above it' [ -d deep/er ]
run_stdout "$pagerig" run --preset shatskih --check 16 --ram 64 --ops 2000 --seed 0xff
ok 'a preset, a period, a size' exits 0
ok 'are in the summary, and a seed may be hexadecimal' says 'seed=255 sequences=8 design=shatskih'
run_stdout "$pagerig" run --time 1
ok 'a run for some time ends' exits 0
ok 'not before' [ "$(field seconds | cut -d . -f 1)" -ge 1 ]

"$pagerig" run --time 1000 > stdout 2> stderr &
runner=$!
sleep 1
kill -INT $runner
wait $runner
status=$?
output=$(cat stdout)
ok 'an interrupted run ends as one that is done' exits 0
ok 'and says so' [ "$(field interrupted)" = 1 ]
ok 'and prints no progress within 10 s when there is no terminal' [ ! -s stderr ]

# ---- Replays. ----

mkdir -p cases/deep none
printf 'create s0 -> OK\nmap s0 0x1000 1 rw -> OK\n' > cases/b.case
printf 'case update=deferred\nmap s0 0x1000 1 rw -> BAD_SLOT\n' > cases/deep/a.ops
printf 'this is no case\n' > cases/notes.txt
printf 'half of\n' > cases/.hidden.case
run_stdout "$pagerig" replay cases
ok 'good cases: exit 0' exits 0
ok 'in order, no other files' [ "$output" = "1..2
ok 1 - cases/b.case
ok 2 - cases/deep/a.ops" ]
run_stdout "$pagerig" replay --all-designs cases
ok 'good under all designs' exits 0
run_stdout "$pagerig" replay --design update=deferred --tlb none cases/b.case
ok 'a good case under another design' exits 0

printf 'create s0\ncheck\nmap s0 0x1000 1 rw -> EXISTS\ncreate s0 -> OK\n' > cases/c.case
run_stdout "$pagerig" replay cases
ok 'a case that diverges: exit 1' exits 1
ok 'is not ok' says 'not ok 2 - cases/c.case'
ok 'the others are' says 'ok 3 - cases/deep/a.ops'
ok 'the first operation that diverges' says '# operation 3: map s0 0x1000 1 rw'
ok 'what was expected' says '# expected: EXISTS'
ok 'what was found' says '# actual: OK'
run_stdout "$pagerig" replay --design any cases/c.case
ok 'says the design' says '# under: case'

printf 'create s0\ncreate s16\n' > cases/bad.case
printf 'ab' > cases/cut.bin
run "$pagerig" replay cases none absent.case
ok 'bad input: exit 2' exits 2
ok 'a bad line has its place' says 'cases/bad.case:2:8: slot'
ok 'bytes have theirs' says 'cases/cut.bin: byte'
ok 'a file that is not there' says 'absent.case: No such file'
ok 'a directory without cases' says 'none: no cases'
ok 'all of them are not ok' says 'not ok 6 - absent.case'
ok 'and the others ran' says 'ok 5 - cases/deep/a.ops'
refused 'nothing but an empty directory' 'none: no cases' replay none
printf 'case bits=3 ram=512 tables=direct\ncheck\n' > large.case
run_stdout "$pagerig" replay large.case
ok 'a machine that the design cannot have is no divergence' exits 125
ok 'and not ok' says 'not ok 1 - large.case'
ok 'and the rig says that it is not a bug' says '# RIG'
printf 'case bits=3 ram=512 tables=window\ncheck\n' > window.case
run_stdout "$pagerig" replay --all-designs window.case
ok 'all designs: what the case names stays' exits 0
printf 'case bits=3 ram=512\ncheck\n' > open.case
run_stdout "$pagerig" replay --all-designs open.case
ok 'all designs: the others are all tried' exits 125
ok 'and the one that failed is named' says ' tables=direct'

done_testing
