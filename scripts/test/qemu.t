#!/bin/sh
# qemu.t: the commands on the target qemu: what they print, what they skip, how they end when QEMU
# cannot start or goes away, and that no QEMU is left behind.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$pagerig" ] || { echo "Bail out!  there is no $pagerig"; exit 1; }
scratch && cd "$here" || exit 1

# A QEMU that leaves its process id.
cat > qemu << EOF
#!/bin/sh
[ "\$1" = --version ] || echo \$\$ >> "$here/pids"
exec qemu-system-i386 "\$@"
EOF
chmod +x qemu
export QEMU="$here/qemu"

# What a command prints to both outputs, and what to stderr alone.
run_both() {
    output=$("$@" 2> stderr)
    status=$?
    output="$output
$(cat stderr)"
}

# alive PID: is there such a process, and not only its exit status?
alive() {
    [ -r "/proc/$1/stat" ] && ! grep -q '^State:.Z' "/proc/$1/status"
}

# No QEMU that was started here is alive; one that was killed may take a moment.
none_is_left() {
    [ -s pids ] || return 1
    for _ in 1 2 3 4 5 6 7 8 9; do
        left=
        while read -r pid; do
            ! alive "$pid" 2> gone || left="$left $pid"
        done < pids
        [ -n "$left" ] || return 0
        sleep 0.2
    done
    return 1
}

last() {
    printf '%s\n' "$output" | tail -n 1
}

field() {
    last | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# ---- replay. ----

mkdir cases
printf 'create s0 -> OK\nmap s0 0x1000 2 rw -> OK\nwrite s0 0x1000 42\nread s0 0x9000 -> FAULT\n' \
    > cases/a.case
printf 'case bits=3 ram=32\ncreate s0\n' > cases/b.case
printf 'case ram=65536\ncreate s0\n' > cases/c.case
printf 'case ram=2000\ncreate s0\nmap s0 0x1000 2 rw\nwrite s0 0x1000 7 -> OK\n' > cases/d.case
for lane in ram serial; do
    run "$pagerig" replay --target qemu --lane $lane cases
    ok "replay, lane $lane: exit 0" exits 0
    ok 'a case that agrees' says 'ok 1 - cases/a.case'
    ok 'tiny pages are none of hardware' says 'ok 2 - cases/b.case # SKIP '
    ok 'nor is more memory than it has' says 'ok 3 - cases/c.case # SKIP '
    ok 'another size is another machine' says 'ok 4 - cases/d.case'
    ok 'what was skipped is counted' says '# skipped 2 of 4'
    run "$pagerig" replay --target qemu --lane $lane "$root/corpus/regress"
    ok "the regression corpus, lane $lane" exits 0
    ok 'nothing of it is skipped' lacks SKIP
done
ok 'no QEMU is left' none_is_left

printf 'create s0\nmap s0 0x1000 1 rw -> EXISTS\n' > wrong.case
run "$pagerig" replay --target qemu wrong.case
ok 'a case that diverges: exit 1' exits 1
ok 'and how' says '# RESULT map expectation'

# ---- What cannot start. ----

for command in 'replay cases' 'compare cases' 'run --ops 1000' 'bench' 'show cases/a.case' shell conform; do
    # shellcheck disable=SC2086 # words of the command line
    run_both "$pagerig" $command --target qemu --qemu "$here/none" < /dev/null
    ok "$command without QEMU: exit 125" exits 125
    ok 'one message' [ "$(wc -l < stderr)" -eq 1 ]
    ok 'which names it' says "$here/none"
    # shellcheck disable=SC2086 # words of the command line
    run_both "$pagerig" $command --target qemu --kernel "$here/none.elf" < /dev/null
    ok "$command without a kernel: exit 125" exits 125
    ok 'which says so' says "$here/none.elf"
done
printf '#!/bin/sh\necho "the machine is on fire" >&2\nexit 1\n' > burning
chmod +x burning
run_both "$pagerig" replay --target qemu --qemu "$here/burning" cases
ok 'a QEMU that ends at once: exit 125' exits 125
ok 'no case is run' lacks 'ok 1'

# ---- run. ----

for lane in ram serial; do
    [ $lane = ram ] && ops=20000 || ops=2000
    run "$pagerig" run --target qemu --lane $lane --design any --ops "$ops" --seed 5
    ok "$ops operations over all designs, lane $lane" exits 0
    ok 'agree with the model' [ "$(field divergences)" = 0 ]
    ok 'and the summary says where' says " target=qemu lane=$lane"
done
rm pids
"$pagerig" run --target qemu --time 6 > stdout 2> stderr &
runner=$!
sleep 2
kill -KILL "$(tail -n 1 pids)"
wait $runner
status=$?
output=$(cat stderr stdout)
ok 'a QEMU that was killed is a failure of the rig' exits 125
ok 'no divergence' [ "$(field divergences)" = 0 ]
ok 'and counted' [ "$(field rig_failures)" = 1 ]
ok 'the campaign goes on with another' [ "$(wc -l < pids)" -ge 2 ]
ok 'to its end' [ "$(field seconds | cut -d . -f 1)" -ge 6 ]
ok 'the title says who failed' says 'RIG '
ok 'no QEMU is left' none_is_left

rm pids
"$pagerig" run --target qemu --time 100 > stdout 2> stderr &
runner=$!
sleep 1
kill -INT $runner
wait $runner
status=$?
output=$(cat stdout)
ok 'an interrupted run ends as one that is done' exits 0
ok 'and says so' [ "$(field interrupted)" = 1 ]
ok 'no QEMU is left' none_is_left
rm pids
"$pagerig" run --target qemu --time 100 > stdout 2> stderr &
runner=$!
sleep 1
kill -KILL $runner
wait $runner 2> gone
output=$(cat pids)
ok 'nor after the rig was killed' none_is_left

# ---- show, compare. ----

run "$pagerig" show --target qemu cases/a.case
ok 'show: exit 0' exits 0
ok 'operations have their status' says '   4  read s0 0x9000'
ok 'the page, from the tables in the RAM of the guest' says ' P W U A D  #'
ok 'and nothing differs' lacks '!'
for lane in ram serial; do
    run "$pagerig" compare --lane $lane cases "$root/corpus/seeds"
    ok "sim and qemu answer alike, lane $lane" exits 0
    ok 'cases that only one can run are skipped' says 'ok 2 - cases/b.case # SKIP '
    run "$pagerig" conform --lane $lane
    ok "the agent does what its README says, lane $lane" exits 0
    ok 'all of it' lacks SKIP
done

# ---- shell. ----

cat > typed << 'EOF'
create s0
map s0 0x1000 1 r
read s0 0x1000
write s0 0x1000 1
show
reset
create s0
EOF
run "$pagerig" shell --target qemu < typed
ok 'shell: exit 0' exits 0
ok "the kernel's console is shown" says 'pagerig kernel'
ok 'a word' says 'OK 0x0'
ok 'a fault of the processor' says 'FAULT at 0x1000, error code 0x7: present, write, user'
ok 'the picture' says 's0   directory frame'
ok 'a new world' [ "$(last)" = OK ]
ok 'no QEMU is left' none_is_left

done_testing
