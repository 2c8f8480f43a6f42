# shellcheck shell=sh
# state.sh: what the scripts of a campaign share: small files of `key=value` lines that appear whole
# or not at all, and the names that come from titles; to be sourced.

# put FILE: what is on standard input takes the place of FILE when all of it is on the disk.
put() {
    if cat > "$1.part" && mv "$1.part" "$1"; then
        return
    fi
    rm -f "$1.part"
    return 1
}

# get FILE KEY [OTHERWISE]
get() {
    got=
    [ ! -f "$1" ] || while IFS='=' read -r got_key got_value; do
        [ "$got_key" != "$2" ] || got=$got_value
    done < "$1"
    echo "${got:-${3:-}}"
}

# A title as a name: small letters and digits, a dash for each run of anything else.
slug() {
    printf '%s' "$1" | tr '[:upper:]' '[:lower:]' | tr -cs '[:lower:][:digit:]' - | sed 's/^-//; s/-$//'
}

# A case's first line has the title.
title_of() {
    sed -n '1s/^# //p' "$1"
}

# Seconds since the machine was started: never set back, unlike the time of day.
clock() {
    read -r uptime _ < /proc/uptime
    echo "${uptime%.*}"
}

# under COMMAND...: it is told to end when the process that started it is gone, however that ended.
under() {
    setpriv --pdeathsig TERM "$@"
}

is_number() {
    case $1 in '' | *[!0-9]* | ????????????*) return 1 ;; esac
}

# The workers of a campaign whose coverage counts: libFuzzer's on the simulated machine, which counts edges;
# else on the kernel, where it counts blocks.  AFL++ counts edges of a build of its own.
counters() {
    grep -l '^kind=libfuzzer$' workers/*/state 2> /dev/null ||
        grep -l '^kind=qemu-libfuzzer$' workers/*/state 2> /dev/null || ls workers/*/state 2> /dev/null
}

# sum KEY, over the states of workers that search; the canary does not.  most KEY STATE...
sum() {
    cat workers/*/state 2> /dev/null | awk -F= -v key="$1" '
        $1 == "kind" { counts = $2 != "canary" }
        $1 == key && counts { sum += $2 }
        END { printf "%.0f", sum }'
}

most() {
    most_key=$1
    shift
    [ $# -gt 0 ] || { echo 0 && return; }
    awk -F= -v key="$most_key" '$1 == key && $2 > most { most = $2 } END { printf "%d", most }' "$@"
}
