#!/bin/sh
# kernel.t: the kernel in QEMU: its self-test, and that each way to break it ends as it should.
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tap.sh
. "$root/scripts/test/tap.sh"
boot=$root/scripts/boot
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM

panics() {
    exits 1 && says "Kernel panic - not syncing: $1" && says 'PANIC: the kernel panicked'
}

lacks_process() {
    ! kill -0 "$1" 2>/dev/null
}

# breaks WAY: what the kernel says when it is broken so.
breaks() {
    run "$boot" "break=$1"
}

# ---- The self-test. ----

run "$boot"
ok 'the self-test succeeds' exits 0
ok 'no test fails' lacks 'not ok'
ok 'every design is tested' says 1..48
ok 'the first design' says 'ok 1 - index=rbtree tables=recursive update=immediate fork=cow flush=page'
ok 'the last design' says 'ok 48 - index=list tables=direct update=deferred fork=copy flush=space'

# ---- Broken on purpose. ----

breaks null
ok 'a call of address 0 panics' panics 'page fault'
ok 'and says where' says 'EIP: 0008:[<00000000>]'
breaks text
ok 'a write to the code panics' panics 'page fault'
ok 'as a write to a page that is present' says 'vector 14, error code 0003'
ok 'and CR2 is the address' says 'CR2: c0100000'
breaks stack
ok 'a stack overflow is a double fault, reported from a stack of its own' panics 'double fault'
ok 'with a trace that names functions' says '] recurse+0x'
ok 'and the directory that was loaded' lacks 'CR3: 00000000'
breaks opcode
ok 'an invalid opcode panics' panics 'invalid opcode'
breaks assert
ok 'a failed assertion panics' panics 'an assertion of the VMM (0x2a)'
breaks ring3
ok 'ring 3 may not halt the processor' panics 'general protection fault'
ok 'and it was ring 3' says 'In ring 3, vector 13'
breaks directory
ok 'a directory without the kernel is a triple fault' says TRIPLE_FAULT
ok 'which is a failure' exits 1
BOOT_SECONDS=1 breaks hang
ok 'a kernel that does not end is a hang' says 'HANG: no end after 1 seconds'
ok 'which is a failure' exits 1
breaks nothing
ok 'an unknown command is refused' says 'unknown command: break=nothing'
ok 'as a failure' exits 1

# ---- What cannot be run. ----

run env QEMU=qemu-system-none "$boot"
ok 'no QEMU: exit 125' exits 125
ok 'says what to install' says 'apt-get install qemu-system-x86'
run env KERNEL="$here/none.elf" "$boot"
ok 'no kernel: exit 125' exits 125
ok 'says which' says "there is no kernel $here/none.elf"
echo 'no kernel' > "$here/text.elf"
run env KERNEL="$here/text.elf" BOOT_SECONDS=5 "$boot"
ok 'a file that is no kernel: exit 125' exits 125
run env BOOT_SECONDS=soon "$boot"
ok 'a bad time limit: exit 2' exits 2
run "$boot" one two
ok 'two commands: exit 2' exits 2

# ---- Nothing is left behind. ----

cat > "$here/qemu" << EOF
#!/bin/sh
echo \$\$ > "$here/pid"
exec qemu-system-i386 "\$@"
EOF
chmod +x "$here/qemu"
: > "$here/console"
QEMU=$here/qemu "$boot" break=hang > "$here/console" 2>&1 &
child=$!
while kill -0 "$child" 2>/dev/null && ! grep -q 'pagerig kernel' "$here/console"; do
    sleep 0.1
done
kill "$child"
wait "$child"
status=$?
output=$(cat "$here/console")
ok 'killed: exit 125' exits 125
ok 'and QEMU is gone' lacks_process "$(cat "$here/pid")"

done_testing
