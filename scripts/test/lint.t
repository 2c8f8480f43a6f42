#!/bin/sh
# lint.t: lint and loc find what they are there to find.
#
# Breaks each rule once in a small tree of its own and looks for the place in the output.
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
scratch
tree=$here

mkdir -p "$tree/scripts" "$tree/vmm" "$tree/harness/model" "$tree/harness/check"
cd "$tree" || exit 1
cp "$root/.clang-format" .
cp "$root/scripts/lint" "$root/scripts/loc" scripts
for name in space region page fault segment swap; do
    printf '/* A comment. */\n\nint %s;\n' "$name" > "vmm/$name.c"
done
echo 'int shared;' > vmm/vmm.h
echo '#include "../vmm/vmm.h"' > harness/through.h

run scripts/lint
ok 'a tree that keeps the rules is clean' exits 0
ok 'and lint has nothing to say' [ -z "$output" ]
run scripts/loc
ok 'comments and blank lines do not count' says 'vmm/region.c        1'
ok 'the last line is the sum' [ "$(printf '%s\n' "$output" | tail -n 1)" = 'core 6' ]

printf 'int  squeezed;\n' > vmm/squeezed.c
printf '#!/bin/sh\nrm %s1\n' '$' > scripts/unquoted
printf '#!/bin/bash\ntrue\n' > scripts/bash
printf 'int a;\n#include "../../vmm/vmm.h"\n' > harness/model/direct.h
printf '#include "../through.h"\n' > harness/check/indirect.c
printf 'int a;\n#ifdef PAGERIG_SIM\nint b;\n#endif\n' > vmm/two.c
printf 'true\n%s\n' 'pyth''on3 -c 1' > scripts/snake
echo pass > harness/snake.py
yes 'int a;' | head -n 451 > harness/long.h
yes 'int a;' | head -n 450 > harness/short.h
run scripts/lint
ok 'a tree that breaks them is not' exits 1
ok 'formatting' says './vmm/squeezed.c:1:4: error'
ok 'shellcheck' says './scripts/unquoted:2:4: note'
ok 'a script for another shell' says './scripts/bash:1: #!/bin/bash'
ok 'the model includes a header of the VMM' says './harness/model/direct.h:2:'
ok 'the checker does through another header' says 'harness/check/indirect.c:1: reaches vmm/vmm.h'
ok 'the VMM asks where it runs' says './vmm/two.c:2:'
ok 'Python in a script' says './scripts/snake:2:'
ok 'Python as a file' says './harness/snake.py:1:'
ok 'a file of 451 lines' says './harness/long.h:451:'
ok 'but not one of 450' lacks './harness/short.h'

run scripts/loc
ok 'a source of vmm/ that nobody listed is an error' exits 1
ok 'and named' says 'vmm/squeezed.c'
rm vmm/squeezed.c vmm/two.c
mv vmm/swap.c swap.c
run scripts/loc
ok 'a core source that is gone is an error' exits 1
ok 'and named' says 'vmm/swap.c'
yes 'int a;' | head -n 395 > vmm/swap.c
run scripts/loc
ok '400 lines are enough' exits 0
echo 'int a;' >> vmm/swap.c
run scripts/loc
ok 'and 401 too many' exits 1
ok 'which says so' says 'core 401'
cp swap.c vmm/swap.c
echo 'int  a;' >> vmm/swap.c
run scripts/loc
ok 'nothing is counted that is not formatted' exits 1
ok 'and the place is named' says 'vmm/swap.c:4:4: error'

done_testing
