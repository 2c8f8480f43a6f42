# shellcheck shell=sh
# tap.sh: what a test in sh needs to print TAP for prove; to be sourced by it.
#
#     . "$(dirname "$0")/tap.sh"          $root, the tree's
#     scratch                             a directory of its own, $here, that goes with it
#     run scripts/loc                     its output and exit status, in output and status
#     ok 'says so' says 'core 6'          a test: passes when the command after the name succeeds
#     done_testing                        the plan

root=$(cd "$(dirname "$0")/../.." && pwd)
tap_number=0

scratch() {
    here=$(mktemp -d) || exit 1
    trap 'chmod -R u+w "$here"; rm -rf "$here"' EXIT
    trap 'exit 1' HUP INT TERM
}

run() {
    output=$("$@" 2>&1)
    status=$?
}

says() {
    printf '%s\n' "$output" | grep -qF -- "$1"
}

lacks() {
    ! says "$1"
}

exits() {
    [ "$status" -eq "$1" ]
}

# A failure shows the last output.
ok() {
    tap_number=$((tap_number + 1))
    tap_name=$1
    shift
    if "$@"; then
        echo "ok $tap_number - $tap_name"
    else
        echo "not ok $tap_number - $tap_name"
        printf '%s\n' "$output" "exit status $status" | sed 's/^/# /'
    fi
}

done_testing() {
    echo "1..$tap_number"
}
