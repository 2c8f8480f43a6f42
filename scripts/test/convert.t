#!/bin/sh
# convert.t: `pagerig convert`: inputs to text and cases to bytes, and that nothing is lost on the way.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
pagerig=$(realpath "${PAGERIG:-$root/build/pagerig}")
[ -x "$pagerig" ] || { echo "Bail out!  there is no $pagerig"; exit 1; }
scratch && cd "$here" || exit 1

printf 'case limit=8 tables=window\ncreate s0\nmap s0 0x1000 2 rw\nwrite s0 0x1000 0x2a\n' > a.case
mkdir out back
run "$pagerig" convert --to bytes --out out a.case
ok 'a case becomes bytes' exits 0
ok 'of the same name' [ -s out/a.bin ]
run "$pagerig" convert out/a.bin
ok 'and text again, the same' [ "$output" = "$(cat a.case)" ]

# An engine names its files as it likes.
cp out/a.bin crash-0123
run "$pagerig" convert crash-0123
ok 'an input of any name is one' [ "$output" = "$(cat a.case)" ]
run "$pagerig" convert --expect crash-0123
ok 'statuses are those of the target' says 'map s0 0x1000 2 rw                  -> OK'
printf 'create s3 -> OK\nmap s3 0x1000 0 r -> BAD_ARGUMENT\nread s3 0x1000 -> FAULT\n' > b.case
"$pagerig" convert --to bytes b.case > b
"$pagerig" convert --expect b > b2.case
run "$pagerig" replay b2.case
ok 'such a case replays' exits 0
ok 'and expects something of each operation' [ "$(grep -c -- '->' b2.case)" = 3 ]

# Larger than a machine of an engine's may be: folded, not refused.
printf 'case ram=65536 slots=4096\ncreate s0\n' > large.case
"$pagerig" convert --to bytes large.case > large
run "$pagerig" convert large
ok 'the machine of an input is at most the default one' [ "$output" = 'create s0' ]
head -c 100000 /dev/zero > zeros
run "$pagerig" convert zeros
ok 'and so is the number of operations' [ "$(printf '%s\n' "$output" | grep -c create)" -le 1024 ]

"$pagerig" convert --to bytes --out out "$root/corpus"
for file in out/*.bin; do
    "$pagerig" convert --to bytes "$file" | cmp -s - "$file" || echo "$file"
done > unlike
run cat unlike
ok 'the corpus comes back as it was, byte for byte' [ ! -s unlike ]
ok 'all of it' [ "$(find out -name '*.bin' | wc -l)" -gt 150 ]

run "$pagerig" convert
ok 'no file: exit 2' exits 2
run "$pagerig" convert a.case b.case
ok 'two files and one output: exit 2' exits 2
run "$pagerig" convert --to bytes --expect a.case
ok 'bytes have no expectations: exit 2' exits 2
run "$pagerig" convert absent
ok 'a file that is not there: exit 2' exits 2
run "$pagerig" convert --out absent a.case
ok 'a directory that is not there: exit 125' exits 125
printf 'create s99\n' > bad.case
run "$pagerig" convert --out out bad.case
ok 'a bad case: exit 2' exits 2
ok 'says where' says 'bad.case:1:8:'
ok 'and leaves nothing' [ ! -e out/bad.case ]
run sh -c '"$1" convert a.case > /dev/full' sh "$pagerig"
ok 'a full disk: exit 125' exits 125

done_testing
