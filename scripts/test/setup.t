#!/bin/sh
# setup.t: what setup says and does, on a machine made of stubs.
# shellcheck disable=SC2016 # the stubs are programs: nothing expands here
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
scratch
machine=$here

# setup, where there are no commands but the machine's own.
setup() (
    PATH=$machine
    exec "$root/scripts/setup"
)

# has COMMAND LINE...: gives the machine a command.
has() {
    file=$machine/$1
    shift
    printf '%s\n' '#!/bin/sh' "$@" > "$file"
    chmod +x "$file"
}

run setup
ok 'no apt-get: fails' exits 1
ok 'and says why' says 'no apt-get'
ok 'and names every package' says ' clang clang-format libclang-rt-dev lld llvm afl++ gcc libc6-dev libcjson-dev libxxhash-dev libxml2-utils gdb git make'

has id 'echo 1000'
has apt-get 'exit 100'
run setup
ok 'neither root nor sudo: fails' exits 1
ok 'and says why' says 'no sudo'

has sudo 'exec "$@"'
has env 'shift; exec "$@"'
run setup
ok 'apt-get fails: fails' exits 1
ok 'and says why' says 'apt-get failed'
ok 'and names the packages' says ' shellcheck cloc'

has apt-get 'exit 0'
run setup
ok 'installed, but not there: fails' exits 1
ok 'and says so' says 'still not usable'

# An apt-get that knows the packages only after an update.
has clang 'echo "$0"'
has uname 'echo machine'
has apt-get \
    'case "$*" in' \
    '*update*) : > "$0.updated" ;;' \
    '*) [ -e "$0.updated" ] || exit 100 ;;' \
    'esac' \
    'case "$*" in' \
    '*simulate*) ;;' \
    '*install*)' \
    '    names="xmllint gdb git clang-format ld.lld llvm-symbolizer afl-fuzz zip gcc make prove shellcheck cloc patch gnuplot"' \
    '    for name in $names qemu-system-i386 qemu-img chromium-headless-shell ppmhist; do' \
    '        printf "#!/bin/sh\n" > "${0%/*}/$name"' \
    '        command -p chmod +x "${0%/*}/$name"' \
    '    done ;;' \
    'esac'
run setup
ok 'updates the lists when they are empty, and installs' exits 0
ok 'and says what' says 'installing clang-format lld llvm afl++ gcc libc6-dev libcjson-dev libxxhash-dev libxml2-utils gdb git make perl shellcheck cloc gnuplot-nox zip chromium-headless-shell netpbm patch qemu-system-x86 qemu-utils'

run setup
ok 'nothing is missing: succeeds' exits 0
ok 'and is silent' [ -z "$output" ]

done_testing
