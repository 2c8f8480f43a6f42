#!/bin/sh
# shell.t: pagerig shell: what it answers to operations and commands, on a terminal and in a pipe;
# and pagerig compare, between two worlds of the simulated machine.
# shellcheck disable=SC2016 # backquotes are what it prints
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG_ASAN:-$root/build/pagerig-asan}")
[ -x "$pagerig" ] || { echo "Bail out!  there is no $pagerig"; exit 1; }
scratch && cd "$here" || exit 1

# shell ARGUMENT...: what is typed is on standard input.
shell() {
    cat > typed
    output=$("$pagerig" shell "$@" < typed 2> stderr)
    status=$?
}

line() {
    printf '%s\n' "$output" | sed -n "$1p"
}

# answers N TEXT: line N of the answer is exactly this.
answers() {
    [ "$(line "$1")" = "$2" ]
}

stderr_says() {
    grep -qF -- "$1" stderr
}

# ---- Operations. ----

shell << 'EOF'
create s0
map s0 0x1000 2 rw

# a comment
write s0 0x1000 42   # and another
read s0 0x1000
copy_in s0 0x1000
map s0 any 1 r
read s0 0x7000
write s0 0xc0000000 1
map s0 0x1000 1 rw
EOF
ok 'operations that agree: exit 0' exits 0
ok 'a status, and no prompt' answers 1 OK
ok 'where a region is' answers 2 'OK at 0x1000'
ok 'page faults on the way' answers 3 'OK  after 1 page fault'
ok 'a word' answers 4 'OK 0x2a'
ok "the kernel's word" answers 5 'OK 0x2a'
ok 'the place that was found' answers 6 'OK at 0x3000'
ok 'a fault, by its bits' answers 7 \
    'FAULT at 0x7000, error code 0x4: not present, read, user'
ok 'a write that faults' says 'FAULT at 0xc0000000, error code 0x6: not present, write, user'
ok 'an error' answers 9 EXISTS
ok 'nothing else' [ "$(printf '%s\n' "$output" | wc -l)" -eq 9 ]
ok 'nothing on stderr' [ ! -s stderr ]

printf 'create s1 -> OK\ncreate s0' > unended
shell < unended
ok 'a last line without an end counts' answers 2 OK
shell --design tables=window,update=deferred < /dev/null
ok 'nothing typed: exit 0' exits 0

# ---- Commands. ----

shell << 'EOF'
help
create s0
show
reset
destroy s0
create s0
case bits=3 ram=32
create s0
show
quit
create s0
EOF
ok 'commands: exit 0' exits 0
ok 'help lists operations' says '  map s va|any n prot [eager] [g offset]       makes a region'
ok 'and commands' says '  quit  '
ok 'show draws' says 's0   directory frame'
ok 'after reset what was typed before is forgotten' says BAD_SLOT
ok 'and the slot is free again; nothing comes after quit' \
    [ "$(printf '%s\n' "$output" | grep -cx OK)" -eq 3 ]
ok 'a head makes another machine' says 'ram 32   limit none   slots 64   bits 3'

# ---- Divergences. ----

shell << 'EOF'
create s0
map s0 0x1000 1 rw -> EXISTS
read s0 0x1000
show
reset
create s0
EOF
ok 'a divergence: exit 1' exits 1
ok 'the answer is still shown' answers 2 'OK at 0x1000'
ok 'its title' answers 3 '! RESULT map expectation'
ok 'what was expected' says '! expected: EXISTS'
ok 'how to go on' says '! `show` draws the state; `reset` goes on with a new one'
ok 'nothing runs until then' says 'nothing was done: `reset` first'
ok 'it can be drawn' says '=>     2  map s0 0x1000 1 rw '
ok 'and after the reset all is well' [ "$(printf '%s\n' "$output" | tail -n 1)" = OK ]

# ---- Bad input. ----

shell << 'EOF'
create s16
map s0 0x1000
show all
case bits=99
create s0
EOF
ok 'bad lines in a pipe: exit 2' exits 2
ok 'the place of a bad slot' stderr_says "line 1, column 8: slot 's16' is out of range"
ok 'of what is missing' stderr_says 'line 2, column 14: missing argument'
ok 'of what is too much' stderr_says 'line 3, column 6: `show` takes nothing'
ok 'of a bad head' stderr_says 'line 4, column 11: bits 99 is out of range'
ok 'and the others run' answers 1 OK
shell << 'EOF'
case bits=3 ram=512 tables=direct
create s0
show
case
create s0
EOF
ok 'a machine that cannot be: exit 125' exits 125
ok 'says so' stderr_says 'cannot start: the VMM does not have this design'
ok 'nothing runs in it' answers 1 'nothing was done: `reset` first'
ok 'nor is drawn' answers 2 'there is nothing to show'
ok 'and another works' answers 3 OK
head -c 300000 /dev/zero > zeros
shell < zeros
ok 'no text: exit 2' exits 2
ok 'and says so' stderr_says 'NUL byte'

# ---- A terminal. ----

{
    sleep 1
    printf 'create s0\nnonsense\n\004'
    sleep 1
} | script -qec "$pagerig shell" /dev/null > terminal 2>&1
status=$?
output=$(tr -d '\r' < terminal)
ok 'on a terminal a bad line is no failure, and Ctrl-D leaves' exits 0
ok 'there is a prompt' says 'pagerig> '
ok 'and a hint' says '`help` lists the operations'
ok 'the operation is answered' says OK
ok 'and the bad line, with its column' says "column 1: unknown operation 'nonsense'"

# ---- compare. ----

mkdir cases
printf 'create s0\nmap s0 any 1 rw\nwrite s0 0x1000 1\nread s0 0x9000\n' > cases/a.case
printf 'case limit=4\ncreate s0\nmap s0 0x1000 9 rw eager\n' > cases/b.case
run "$pagerig" compare --target sim --with sim --all-designs cases
ok 'the same twice: exit 0' exits 0
ok 'as TAP' [ "$output" = '1..2
ok 1 - cases/a.case
ok 2 - cases/b.case' ]
printf 'create s0\ncreate s16\n' > cases/c.case
printf 'case bits=3 ram=512 tables=direct\ncheck\n' > cases/d.case
run "$pagerig" compare --target sim cases absent.case
ok 'bad input: exit 2' exits 2
ok 'is not ok' says 'not ok 3 - cases/c.case'
ok 'nor is a machine that cannot be' says 'not ok 4 - cases/d.case'
ok 'whose target says why' says '# sim: RIG: the VMM does not have this design'
ok 'nor a file that is not there' says 'not ok 5 - absent.case'
run "$pagerig" compare --target sim cases/d.case
ok 'a target that fails: exit 125' exits 125

done_testing
