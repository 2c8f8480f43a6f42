#!/bin/sh
# serial.t: the target serial on a machine that the rig has not started: the kernel in a QEMU of the
# test's own, behind a socket and behind a terminal; and `pagerig conform` there.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
kernel=$root/build/kernel/kernel.elf
for needed in "$pagerig" "$kernel"; do
    [ -r "$needed" ] || { echo "Bail out!  there is no $needed"; exit 1; }
done
scratch && cd "$here" || exit 1

# machine LINE: one whose agent serves LINE, as -serial has it.  (As in scripts/boot, but for a slow line:
# else each byte is a turn of QEMU's own loop.)
cat > machine << EOF
#!/bin/sh
exec qemu-system-i386 -nodefaults -no-user-config -display none -vga none -net none -accel tcg -m 32 \
    -machine pc,hpet=off,smm=off,vmport=off,graphics=off -cpu qemu32,-apic -bios qboot.rom -no-reboot \
    -global serial.baudbase=1152 -kernel "$kernel" -append agent -serial "\$1"
EOF
chmod +x machine

# start LINE: its process is $machine.
start() {
    ./machine "$1" > machine.log 2>&1 &
    machine=$!
}

stop() {
    kill "$machine" 2> gone
    wait "$machine" 2> gone
}
trap 'stop; rm -rf "$here"' EXIT

# wait_for COMMAND...: until it succeeds.
wait_for() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$@" && sleep 0.2 && return 0
        sleep 0.5
    done
    return 1
}

# works_on LINE WHAT
works_on() {
    run "$pagerig" conform --target serial --line "$1"
    ok "conform, $2: exit 0" exits 0
    ok 'nothing is wrong' lacks 'not ok'
    ok 'nothing is left out' lacks SKIP
    run "$pagerig" replay --target serial --line "$1" "$root/corpus/regress"
    ok "the regression corpus, $2" exits 0
    ok 'nothing of it is skipped' lacks SKIP
    for check in every 64; do
        run "$pagerig" run --target serial --line "$1" --design any --ops 3000 --seed 1 --check $check
        ok "generated cases, $2, checked $check" exits 0
        ok 'the summary names the target' says 'target=serial'
    done
}

# ---- A socket. ----

start unix:socket,server=on,wait=off
wait_for test -S socket
works_on socket 'a socket'
printf 'create s0\nmap s0 0x1000 1 rw -> EXISTS\n' > wrong.case
run "$pagerig" replay --target serial --line socket wrong.case
ok 'a case that diverges: exit 1' exits 1
ok 'and how' says '# RESULT map expectation'
run "$pagerig" minimize --target serial --line socket --runs 2 -o least.case wrong.case
ok 'it is minimised there' exits 1

# ---- A machine that goes, and is started again. ----

cat > again << 'EOF'
#!/bin/sh
rm -f socket
./machine unix:socket,server=on,wait=off > again.log 2>&1 &
echo $! > pid
until [ -S socket ]; do sleep 0.1; done
sleep 0.2
EOF
chmod +x again
(sleep 2; kill "$machine") &
run "$pagerig" run --target serial --line socket --time 6 --seed 2 --restart ./again
ok 'a machine that goes is a failure of the rig: exit 125' exits 125
ok 'which is counted' says 'rig_failures=1'
ok 'and is no divergence' says 'divergences=0'
ok '--restart starts another' test -s pid
machine=$(cat pid)
run "$pagerig" conform --target serial --line socket
ok 'which is there' exits 0
stop
run "$pagerig" replay --target serial --line socket "$root/corpus/regress"
ok 'a machine that is not there: exit 125' exits 125
ok 'and why' says 'the serial target cannot start: socket: '

# ---- A terminal. ----

start pty
wait_for grep -q /dev/pts machine.log
tty=$(sed -n 's/.* redirected to \([^ ]*\) .*/\1/p' machine.log)
works_on "$tty" 'a terminal'
run "$pagerig" conform --target serial --line "$tty" --baud 12345
ok 'a speed that the terminal has not: exit 125' exits 125
ok 'and why' says '(--baud)'
stop

# ---- What cannot be. ----

run "$pagerig" conform --target sim
ok 'conform, a target without an agent: exit 2' exits 2
run "$pagerig" run --target serial --line socket --baud 7
ok 'a speed out of range: exit 2' exits 2
run "$pagerig" run --target serial
ok 'no line: exit 125' exits 125
ok 'and why' says '--line PATH is missing'
run "$pagerig" bench --target serial --line socket
ok 'bench is not for it: exit 2' exits 2
done_testing
