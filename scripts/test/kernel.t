#!/bin/sh
# kernel.t: the kernel in QEMU: its self-test, its agent on the line, and that each way to break it
# ends as it should.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
boot=$root/scripts/boot
scratch

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
# has_choices: every choice of every axis was tested (vmm/design.def is the list of them).
has_choices() {
    sed -n 's/^DESIGN_AXIS([A-Z_]*, \([^,]*\),.*/\1=/p; s/^DESIGN_CHOICE([^,]*, [^,]*, \([^,]*\),.*/\1/p' \
        "$root/vmm/design.def" | while read -r word; do
        case $word in
        *=) axis=$word ;;
        *) says " $axis$word" || return 1 ;;
        esac
    done
}
ok 'every choice is tested' has_choices
ok 'the first design' says 'ok 1 - index=rbtree tables=recursive update=immediate fork=cow flush=page discard=off'

# ---- The agent (kernel/agent/README.md): frames as they are on the line. ----

# greet_then FRAME...: END and HELLO until it is answered (one that comes just as the kernel turns its
# receiver's FIFO on is lost), then the rest.
greet_then() {
    tries=0
    until grep -qa flush= "$here/line" || [ "$tries" -eq 100 ]; do
        [ $((tries % 10)) -ne 0 ] || printf %b "$end$hello"
        tries=$((tries + 1))
        sleep 0.1
    done
    printf %b "$@"
}

# asks FRAME...: what the kernel answers to HELLO and these, in hexadecimal, and how it ended.
asks() {
    : > "$here/line"
    greet_then "$@" | "$boot" agent > "$here/line"
    status=$?
    output=$(od -An -v -tx1 "$here/line" | tr -d ' \n')
}

end='\0301'
hello='\0300\0001\0001\0001\0000\0002\0323\0262\0062\0254\0301'
reset='\0300\0002\0002\0014\0000\0144\0000\0010\0002\0002\0006\0000\0000\0000\0000\0000\0000\0310\0103\0350\0336\0301'
# create s0; map s0 0x400000 1 rw; write s0 0x400010 42; read it; read s0 0xc0100000; destroy s1
run='\0300\0003\0003\0040\0000\0000\0006\0000\0000\0006\0000\0000\0200\0010\0001\0002\0000\0013\0000\0200\0210\0200\0010\0052\0012\0000\0200\0210\0200\0010\0012\0000\0200\0202\0060\0001\0001\0247\0230\0316\0176\0301'
leave='\0300\0011\0004\0000\0000\0112\0070\0105\0133\0301'

asks "$leave"
ok 'HELLO is answered, also when it was first sent before the kernel ran' says c08101
ok 'with the version, the features and the user half' says 0507800
ok 'LEAVE is answered' says c0890400
ok 'and ends the kernel' exits 0
asks "$reset" "$run" "$leave"
ok 'RESET makes a VMM' says c0820
ok 'RUN: a space, a region, and a write that faults once' says c083031b00060000000001060
ok 'a read of what was written, one of the kernel, whose tables forbid it, and no such space' \
    says 002a000700010500e18040e1804006
asks "$run" "$leave"
ok 'there is no VMM before RESET' says c0ff030000

# ---- Broken on purpose. ----

breaks null
ok 'a call of address 0 panics' panics 'page fault'
ok 'and says where' says 'EIP: 0008:[<00000000>]'
ok 'the report begins a line, behind what may be half a frame' \
    says "$(printf '\301Kernel panic - not syncing: page fault (0x')"
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
