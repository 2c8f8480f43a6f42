# shellcheck shell=sh disable=SC2154,SC2034
# crew.sh: the workers as their supervisor sees them: who is at work, who waits, who has died, whose turn it
# is; a part of campaign, which has set all that is used here.
#
# The last worker is the canary.  Of worker N, by eval: kind_N, weight_N; pid_N, empty when it waits; served_N,
# the seconds that it has had; row_N, its deaths in a row; after_N and due_N, when it may start again, and
# when it must have ended (in seconds of the campaign); gone_N, why it is not started any more.
turn=0 served=0 row=0 after=0 part=0 gone='' pid='' kind=''

workers=0
# add KIND WEIGHT
add() {
    workers=$((workers + 1))
    eval "kind_$workers=$1 weight_$workers=$2 pid_$workers= row_$workers=0"
    eval "after_$workers=0 due_$workers=0 gone_$workers="
    eval "served_$workers=$(get "workers/$workers/state" seconds 0)"
}
start() {
    eval "kind=\$kind_$1 served=\$served_$1"
    length=$slice
    [ "$((elapsed + length))" -le "$time" ] || length=$((time - elapsed))
    setsid setpriv --pdeathsig TERM "$root/scripts/worker" --id "$1" --seed "$seed" --out "$dir" --kind "$kind" --design "$design" \
        --time "$((served + length))" --slice "$length" >> "workers/$1.log" 2>&1 9>&- &
    eval "pid_$1=$! due_$1=$((elapsed + 3 * length + 60))"
    running=$((running + 1))
}

# A process that has ended, and nobody has asked how, is a zombie.
is_alive() {
    process=''
    read -r process < "/proc/$1/stat"
    case $process in '' | *') Z '*) return 1 ;; esac
} 2> /dev/null

# The worker has ended: for its turn, or by a death.  Five deaths in a row, and it is gone.
reap() {
    eval "pid=\$pid_$1"
    wait "$pid"
    code=$?
    eval "pid_$1="
    running=$((running - 1))
    eval "served_$1=$(get "workers/$1/state" seconds 0)"
    [ "$(get "workers/$1/state" finished no)" = no ] || eval "gone_$1=finished"
    [ "$1" -ne "$workers" ] || after_canary=$((elapsed + slice))
    [ "$code" -ne 0 ] || { eval "row_$1=0" && return; }
    [ -z "$stop" ] || return
    deaths=$((deaths + 1))
    eval "row_$1=\$((row_$1 + 1)) row=\$row_$1 kind=\$kind_$1"
    say "worker $1 ($kind) died with status $code: $(tail -n 1 "workers/$1.log")"
    eval "after_$1=$((elapsed + row * row))"
    [ "$row" -lt 5 ] || {
        eval "gone_$1='given up'"
        say "worker $1 ($kind) is given up after $row deaths in a row"
        echo "$kind $code $(tail -n 1 "workers/$1.log")" >> given-up
    }
}

# Whose turn it is: the least served for its weight; the canary when it is due.
next() {
    if [ "$elapsed" -ge "$after_canary" ]; then
        eval "pid=\$pid_$workers gone=\$gone_$workers after=\$after_$workers"
        [ -n "$pid$gone" ] || [ "$elapsed" -lt "$after" ] || { turn=$workers && return; }
    fi
    turn=0 least=0 i=0
    while [ "$i" -lt $((workers - 1)) ]; do
        i=$((i + 1))
        eval "pid=\$pid_$i gone=\$gone_$i after=\$after_$i part=\$((served_$i * 10000 / weight_$i))"
        if [ -n "$pid$gone" ] || [ "$elapsed" -lt "$after" ]; then continue; fi
        if [ "$turn" -eq 0 ] || [ "$part" -lt "$least" ]; then turn=$i least=$part; fi
    done
    [ "$turn" -ne 0 ]
}

# tell SIGNAL: all workers, with all that they have started.
tell() {
    for i in $(seq "$workers"); do
        eval "pid=\$pid_$i"
        [ -z "$pid" ] || kill "-$1" "-$pid" 2> /dev/null || kill "-$1" "$pid" 2> /dev/null
    done
}

reap_all() {
    for i in $(seq "$workers"); do
        eval "pid=\$pid_$i"
        [ -n "$pid" ] || continue
        eval "due=\$due_$i"
        if ! is_alive "$pid"; then
            reap "$i"
        elif [ "$elapsed" -gt "$due" ]; then
            kill -KILL "-$pid" 2> /dev/null # it hangs
        fi
    done
}
