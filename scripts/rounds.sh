# shellcheck shell=sh disable=SC2154,SC2034
# rounds.sh: one round of each kind of worker, and what becomes of what it finds; a part of worker, which
# has set all that is used here.
#
# A round is a function of the seconds that it may take.  Its status is 0 or 1 (something was found), or
# the worker could not work.

# A number for each round, the same whenever the campaign is repeated.
round_seed() {
    echo "$seed $id $round" | cksum | cut -d ' ' -f 1
}

# summary KEY FILE: of the last line `... KEY=123 ...`
summary() {
    sed -n "s/^\(.* \)*$1=\([0-9]*\).*/\2/p" "$2" | tail -n 1
}

# ---- Findings. ----

# What was found, `number title` a line, is added to what was found before.
count() {
    cat titles - 2> /dev/null | awk '{ n = $1; sub(/^ *[0-9]+ +/, ""); sum[$0] += n }
        END { for (t in sum) print sum[t], t }' |
        put titles || cannot "no space or no right to write in $here"
}

# Of each title the first few stay as cases; all are counted.
prune() {
    for case in found/*.case; do
        [ -f "$case" ] || return 0
        name=${case##*/}
        echo "${name%-*}"
    done | sort | uniq -c | while read -r many title; do
        [ "$many" -gt "$keep" ] || continue
        # The oldest first: their names may be in a report already.
        # shellcheck disable=SC2012 # names that we made
        ls -tr found/"$title"-*.case | tail -n "+$((keep + 1))" | xargs rm -f
    done
}

# What an engine left becomes a case with its title.  Asks the rig anew, for an input that shows nothing
# when it is repeated is a failure of the rig.
gather() {
    for crash in "$engine"/crashes/*; do
        case $crash in */crash-* | */timeout-* | */oom-* | */leak-*) ;; *) continue ;; esac
        name=${crash##*/}
        [ ! -e "gathered/$name" ] || continue
        mkdir -p gathered || return 1
        "$pagerig" convert "$crash" > gathered/.case || return 1
        under "$sanitized" minimize --target "${engine%%-*}" --tries 1 --runs 1 -o gathered/.titled.case \
            gathered/.case > gathered/.log 2>&1
        case $? in
        1)
            title=$(title_of gathered/.titled.case)
            echo "1 $title" | count
            mv gathered/.titled.case "found/$(slug "$title")-$(cksum < "$crash" | cut -d ' ' -f 1).case" &&
                diverged=$((diverged + 1))
            ;;
        0 | 125)
            failures=$((failures + 1))
            sed "s|^|$name: |" gathered/.log >> failed.log
            ;;
        *) [ -z "$ended" ] || return 0 && return 1 ;;
        esac || return 1
        : > "gathered/$name" || return 1
    done
}

# ---- The kinds. ----

# round_run DESIGN PROGRAM OPTION...
round_run() {
    asked_for=$1 under_test=$2
    shift 2
    start "$under_test" run "$@" --design "$asked_for" --tlb any --seed "$(round_seed)" --out found
    code=$?
    ran=$(summary ops log.out)
    ran=${ran:-0}
    operations=$((operations + ran))
    more=$(summary divergences log.out)
    diverged=$((diverged + ${more:-0}))
    more=$(summary rig_failures log.out)
    grep "^ *[0-9][0-9]*  [A-Z]" log.out | count
    failures=$((failures + ${more:-0}))
    # That a guest failed is counted; that nothing could be run is another thing.
    [ "$code" -ne 125 ] || [ "$ran" -eq 0 ] || code=0
    return "$code"
}

round_sim() {
    round_run "$design" "$sanitized" --time "$1"
}

round_qemu() {
    round_run "$design" "$pagerig" --target qemu --time "$1"
}

# Some hundred thousand operations are ten times what it takes.
round_canary() {
    [ -x "$canary" ] || cannot "there is no $canary: make build/canary/pagerig"
    round_run any "$canary" --ops 300000
    code=$?
    if ! grep -q " $bug\$" log.out; then
        # One that was told to end before it was through shows nothing, and does not count.
        if [ -n "$ended" ]; then round=$((round - 1)); else missed=$((missed + 1)); fi
    fi
    return "$code"
}

# Every design there is, one a line; those with a name first.  Or the one that was asked for.
designs() {
    [ "$design" = any ] || {
        echo "design $design"
        return
    }
    "$pagerig" designs | awk 'NR > 1 { print "preset " $1 }'
    "$pagerig" help explore | awk '
        /^Axes of a design/ { on = 1; next }
        !NF { on = 0 }
        on && /^  [^ ]/ { axis = $1; axes++ }
        on && /^    [^ ]/ { item[axes, ++n[axes]] = axis "=" $1 }
        function each(a, text, i) {
            if (a > axes) { print "design " text; return }
            for (i = 1; i <= n[a]; i++)
                each(a + 1, text (a > 1 ? "," : "") item[a, i])
        }
        END { each(1, "") }'
}

# The depths grow together: those with a name are one ahead.
plan() {
    awk '{ line[NR] = $0 }
        END {
            for (depth = 3; depth <= 9; depth++)
                for (i = 1; i <= NR; i++)
                    print line[i], depth + (line[i] ~ /^preset/)
        }' designs
}

# The next search that is not done yet, and that nobody does now: its mark is a file, DIR/explored/NAME,
# with the numbers of a search that is complete, or how long one did not suffice.
round_explore() {
    [ -s designs ] || designs | put designs || return 125
    plan | put plan || return 125
    while read -r how what depth <&3; do
        mark=$out/explored/$what-$depth
        cut=$(get "$mark" cut 0)
        if [ -f "$mark" ] && { [ "$cut" -eq 0 ] || [ "$1" -le $((2 * cut)) ]; }; then continue; fi
        exec 7> "$mark.lock"
        flock -n 7 || continue
        start timeout --foreground -s TERM "$1" "$pagerig" explore "--$how" "$what" --depth "$depth" --out found
        code=$?
        ran=$(summary transitions log.out)
        operations=$((operations + ${ran:-0}))
        case $code in
        0) grep -o '[a-z]*=[^ ]*' log.out | put "$mark" || return 125 ;;
        124) echo "cut=$1" | put "$mark" || return 125 ;;
        1)
            diverged=$((diverged + 1))
            sed -n "1s/^/1 /p" log.out | count
            echo "cut=$1" | put "$mark" || return 125
            ;;
        125) # more states than it has room for
            tail -n 1 log.err | grep -q "memory\|states" && echo cut=1000000 | put "$mark" && code=0
            ;;
        esac
        rm -f "$mark.lock"
        exec 7>&-
        [ "$code" -ne 124 ] || return 0
        return "$code"
    done 3< plan
    finished=yes
}

# What an engine has that the others have not; a link is there at once and whole.
share() {
    for input; do
        [ -f "$input" ] || continue
        name=${input##*/}
        case $name in *:*) name=$(sha1sum < "$input" | cut -d ' ' -f 1) ;; esac
        [ -e "$out/corpus/$name" ] || ln "$input" "$out/corpus/$name" 2> /dev/null ||
            [ -e "$out/corpus/$name" ] || return 1
    done
}

new_inputs() {
    if [ -f shared ]; then
        find "$1" -maxdepth 1 -type f ! -name '.*' -newer shared
    else
        find "$1" -maxdepth 1 -type f ! -name '.*'
    fi
}

round_engine() {
    FUZZ_SHARED="$out/corpus" FUZZ_SEED=$(round_seed) start "$root/scripts/fuzz" "$engine" "$1" "$here"
    code=$?
    case $engine in
    *-libfuzzer)
        queue=$engine/corpus
        more=$(sed -n 's/^pagerig: [0-9]* inputs, \([0-9]*\) operations checked.*/\1/p' log.err | tail -n 1)
        operations=$((operations + ${more:-0}))
        more=$(sed -n 's/^#\([0-9]*\).*/\1/p' log.err | tail -n 1)
        inputs=$((inputs + ${more:-0}))
        covered=$(sed -n 's/^#[0-9].* cov: \([0-9]*\) .*/\1/p' log.err | tail -n 1)
        known=$(sed -n 's/^INFO: Loaded .*(\([0-9]*\) inline 8-bit counters).*/\1/p' log.err | tail -n 1)
        # A guest's counters are its own.
        [ "$engine" != qemu-libfuzzer ] || {
            covered=$(sed -n 's/^pagerig: the guest: .* in \([0-9]*\) of [0-9]* blocks.*/\1/p' log.err | tail -n 1)
            known=$(sed -n 's/^pagerig: the guest: .* of \([0-9]*\) blocks.*/\1/p' log.err | tail -n 1)
        }
        ;;
    *)
        queue=$engine/afl/default/queue
        stats=$engine/afl/default/fuzzer_stats
        more=$(sed -n 's/^execs_done *: *//p' "$stats" 2> /dev/null)
        [ "${more:-0}" -lt "$inputs" ] || inputs=${more:-0}
        covered=$(sed -n 's/^edges_found *: *//p' "$stats" 2> /dev/null)
        known=$(sed -n 's/^total_edges *: *//p' "$stats" 2> /dev/null)
        ;;
    esac
    [ "${covered:-0}" -le "$coverage" ] || coverage=$covered
    edges=${known:-$edges}
    gather || return 125
    if [ -d "$queue" ]; then
        new_inputs "$queue" > shared.list || return 125
        # AFL++ takes what is newer than what it has taken last.
        xargs -r touch < shared.list
        while read -r input; do share "$input" || return 125; done < shared.list
        touch shared
    fi
    return "$code"
}
