#!/bin/sh
# show.t: pagerig show: what its pictures say of cases whose outcome the rules force, and where it
# refuses.  Numbers of frames and of identities are nobody's promise: patterns stand for them.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG_ASAN:-$root/build/pagerig-asan}")
fast=$(realpath "${PAGERIG:-$root/build/pagerig}")
for binary in "$pagerig" "$fast"; do
    [ -x "$binary" ] || { echo "Bail out!  there is no $binary"; exit 1; }
done
scratch && cd "$here" || exit 1

# The case is on standard input.
make_case() {
    cat > "$1"
}

show() {
    run "$pagerig" show "$@"
}

# A line that is exactly this, where NUMBER stands for a number and its blanks, and BIT for a bit
# that may be set.
has_line() {
    pattern=$(printf '%s\n' "$1" |
        sed 's/[][().*^$+?{}|\\]/\\&/g; s/NUMBER */[0-9]+ */g; s/BIT/[AD-]/g')
    printf '%s\n' "$output" | grep -qE "^$pattern\$"
}

differs_nowhere() {
    ! printf '%s\n' "$output" | grep -q '^[!~]'
}

refused() {
    name=$1
    words=$2
    shift 2
    show "$@"
    ok "$name: exit 2" exits 2
    ok "$name: says why" says "$words"
}

# ---- One space, one page touched. ----

make_case one.case << 'EOF'
create s0
map s0 0x10000 3 rw
write s0 0x11008 0x2a
read s0 0x20000     -> FAULT
EOF

show one.case
ok 'a case that agrees is clean' exits 0
ok 'and nothing differs' differs_nowhere
ok 'says how far it is' has_line 'one.case: after operation 4 of 4'
ok 'operations have their status' \
    has_line '       3  write s0 0x11008 0x2a                    OK'
ok 'the last one done is marked' \
    has_line '=>     4  read s0 0x20000                          FAULT'
ok 'the space is current' has_line 's0   directory frame NUMBER1 region   <- CR3'
ok 'addresses of the ruler' has_line '  0x10000        0x13000'
ok 'the ruler' has_line '  |- rw private -|'
ok 'the region' has_line '  0x10000-0x13000             3 pages  rw private'
ok 'pages before that nobody touched' has_line '    0x10000-0x11000  1 page untouched'
ok 'the page: bits by name, identity, holders, content' \
    has_line '    0x11000    frame NUMBERP W U A D  #NUMBER1 holder  [2]=0x2a'
ok 'and pages after it' has_line '    0x12000-0x13000  1 page untouched'
ok 'a directory, a table and a page' says 'frames   3 used, '
ok 'the table: one present entry' has_line '  frame NUMBERtable      1 ref    s0 at 0x0'
ok 'the page frame and who maps it' \
    has_line '  frame NUMBERpage       1 ref    #NUMBERs0 0x11000'
ok 'the walk of the address of the operation' says 'walk of s0 0x20000: not mapped'
ok 'no segments, no section' lacks 'segments'
ok 'the backing store is unused' has_line 'backing store   0 of 64 slots used'

show --at 2 one.case
ok '--at stops there' has_line '=>     2  map s0 0x10000 3 rw                      OK'
ok 'what follows has no status' has_line '       3  write s0 0x11008 0x2a'
ok 'nothing is touched yet' has_line '    0x10000-0x13000  3 pages untouched'
ok 'the directory is all there is' says 'frames   1 used, '
ok 'nothing was switched to' says "the kernel's own directory"

show --at 0 one.case
ok '--at 0 is before the first operation' says 'no spaces'
ok 'no operation is marked' lacks '=>'

# ---- A fork over the edge of a page table: tiny pages of 0x20 bytes, 8 to a table. ----

make_case fork.case << 'EOF'
case bits=3 ram=32 tables=window
create s0
map s0 0xe0 2 rw
map s0 0x140 1 r
write s0 0xe0 1
write s0 0x100 2
fork s0 s1
write s1 0x100 3
EOF

show fork.case
ok 'a region over an edge' has_line '  |- rw private -+------|      |- r private -|'
ok 'and its addresses' has_line '  0xe0           0x100  0x120  0x140         0x160'
ok 'the parent may not write what is shared' \
    has_line '    0xe0       frame NUMBERP - U BIT BIT  #NUMBER2 holders, with s1  [0]=0x1'
ok 'the child has it in no table, or read-only' \
    says ', with s0  [0]=0x1'
ok 'the child has its own copy of what it wrote' \
    has_line '    0x100      frame NUMBERP W U A D  #NUMBER1 holder  [0]=0x3'
ok 'the parent keeps the old one' says '1 holder  [0]=0x2'
ok 'a frame of two holders' says '2 refs   #'
ok 'two tables of the parent' has_line '  frame NUMBERtable      1 ref    s0 at 0x100'
ok 'only the child is current' has_line 's0   directory frame NUMBER2 regions'
ok 'nothing differs' differs_nowhere

show --preset frounze fork.case
ok '--preset is another design' has_line 'design frounze'
show --design fork=copy --tlb none fork.case
ok 'a copying fork shares nothing' lacks '2 holders'
ok '--tlb is another TLB' says 'tlb none '

# ---- Segments, devices, the backing store. ----

make_case backed.case << 'EOF'
case slots=2
create s0
segment g0 4
map s0 0x10000 2 rw g0 2
map_device s0 0x12000 1 5
map s0 0x400000 1 rw
map s0 0x401000 1 r
map s0 0x402000 2 none
write s0 0x11000 7
evict s0 0x11000
write s0 0x400000 8
write s0 0x12000 9
EOF

show backed.case
ruler='  |- rw g0+2 -|- rw device+5 -|        #- rw private -|- r private -|- none private -|'
ok 'segment, device, gap, table edge' has_line "$ruler"
ok 'an evicted page' \
    has_line '    0x11000    absent, evicted        #NUMBERpage 3  [0]=0x7'
ok 'a device page' \
    has_line '    0x12000    frame NUMBERP W U A D  device frame 5  [0]=0x9'
ok 'the segment' has_line '  g0           4 pages, 1 touched, mapped at s0 0x10000'
ok 'the backing store' has_line 'backing store   1 of 2 slots used'
ok 'nothing differs' differs_nowhere

# ---- Tables that lag behind. ----

make_case deferred.case << 'EOF'
case update=deferred
create s0
map s0 0x10000 1 rw
write s0 0x10000 1
unmap s0 0x10000 1
commit s0
EOF

show --at 4 deferred.case
ok 'a translation that waits for the commit is marked' \
    has_line '~       expected  absent: nothing is mapped'
ok 'and is no divergence' exits 0
show deferred.case
ok 'after the commit nothing differs' lacks 'expected'

# ---- Divergences. ----

make_case wrong.case << 'EOF'
create s0
map s0 0x10000 1 rw
read s0 0x10000     -> FAULT
write s0 0x10000 5
EOF

show wrong.case
ok 'a divergence: exit 1' exits 1
ok 'the first line is its title' \
    [ "$(printf '%s\n' "$output" | head -n 1)" = '! RESULT read expectation' ]
ok 'says what was expected' has_line '! expected: FAULT'
ok 'and what happened' has_line '! actual: OK'
ok 'shows the operation that diverged' \
    has_line '=>     3  read s0 0x10000                          OK'
ok 'and the state there' lacks '[0]=0x5'
show --at 4 wrong.case
ok '--at after it: the same' has_line '! RESULT read expectation'
show --at 2 wrong.case
ok '--at before it: clean' exits 0

# ---- Refusals. ----

refused '--at beyond the end' '--at 5: the case has 4 operations' --at 5 one.case
refused '--at without a number' 'expected a number from 0' --at x one.case
refused 'no case' 'no case is named' --at 1
refused 'two cases' 'more than one case is named' one.case fork.case
refused 'a file that is not there' 'missing.case: ' missing.case
refused 'a directory' '.: ' .
refused 'an unknown option' "unknown option '--to'" --to 3 one.case
refused 'an unknown preset' "unknown preset 'nobody'" --preset nobody one.case
refused 'every design' 'one design and one TLB' --design any one.case
refused 'every TLB' 'one design and one TLB' --tlb any one.case
printf 'create s0\ncreate s99\n' > bad.case
refused 'a bad case' 'bad.case:2:8: ' bad.case
echo 'case ram=64 bits=3 tables=direct' > small.case
show small.case
ok 'a machine that the design cannot use: exit 125' exits 125
ok 'says so' says 'small.case: the VMM does not have this design'


# ---- The life of a frame, and pictures as SVG. ----

make_case life.case << 'EOF'
create s0
map s0 0x10000 2 rw
write s0 0x10000 0x2a
fork s0 s1
write s1 0x10000 0x2b
evict s0 0x10000
read s0 0x10000
unmap s0 0x10000 2
EOF

show --life --at 4 life.case
ok '--life: the frame is free at first' has_line '      0  (after the reset)                 free'
ok 'then a page' has_line '      3  write s0 0x10000 0x2a             a page, 1 reference'
ok 'mapped with these rights' \
    has_line '                                           mapped at s0 0x10000: P W U A D'
ok 'holding this' has_line '                                           content: [0]=0x2a'
ok 'shared by fork' has_line '      4  fork s0 s1                        1 to 2 references'
ok 'and read-only from then on' \
    has_line '                                           at s0 0x10000: P - U BIT BIT'
ok 'with its holders' \
    has_line '                                           held by s0 0x10000 s1 0x10000'
ok 'and without a difference' exits 0
frame=$(printf '%s\n' "$output" | sed -n 's/^life of frame //p')
show --frame "$frame" life.case
ok '--frame names one: the copy leaves it with its other holder' \
    has_line '      5  write s1 0x10000 0x2b             2 to 1 references'
ok 'and when it is free again' says ' now free'
show --life --at 0 life.case
ok 'before the first operation no frame is concerned' says 'no frame is concerned'

show --svg life.case
ok '--svg: clean' exits 0
printf '%s\n' "$output" > life.svg
ok 'well-formed XML' xmllint --noout life.svg
ok 'before the operation' says '>before operation 8: unmap s0 0x10000 2</text>'
ok 'and after it' says '>after operation 8: unmap s0 0x10000 2</text>'
ok 'with regions' says '>rw private 0x10000-0x12000</text>'
ok 'and tables' says '>table frame '
ok 'and nothing wrong' lacks 'class="wrong'
show --svg --at 3 life.case
ok 'and the life of the frame' says '>a page, 1 reference</text>'

# ---- All of the corpus. ----

cases=0 unclean='' unlike='' wide=''
for case in "$root"/corpus/*/*.case; do
    cases=$((cases + 1))
    "$fast" show "$case" > first 2>&1 || unclean="$unclean $case"
    ! grep -q '^!' first || unclean="$unclean $case"
    "$fast" show "$case" > second 2>&1
    cmp -s first second || unlike="$unlike $case"
    [ $((cases % 8)) -ne 0 ] || "$fast" show --svg "$case" > "svg-$cases"
    ! sed 1,2d first | grep -qE '^.{101}' || wide="$wide $case"
done
output="$cases cases;$unclean;$unlike;$wide"
ok 'there is a corpus' [ "$cases" -gt 0 ]
ok 'of what is right nothing is marked as wrong' [ -z "$unclean" ]
ok 'the same case gives the same bytes' [ -z "$unlike" ]
ok 'no line is longer than 100 columns' [ -z "$wide" ]

output=$(xmllint --noout svg-* 2>&1)
ok 'their SVGs are well-formed XML' [ -z "$output" ]
ok 'and mark nothing as wrong' [ -z "$(grep -l 'class="wrong' svg-*)" ]

done_testing
