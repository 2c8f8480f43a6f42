# matrix.awk: the rows of `try` as a table: what is wrong to standard output, and unless brief=yes all
# of it to OUT/mutants.md and OUT/curves.dat.  Exit status 1 when a mutant survived, or what is legal
# or equivalent was reported.
#
#     awk -v target=sim|qemu -v brief=yes|no -v out=OUT -f matrix.awk ROWS
#
# Medians are over the seeds; one that found nothing counts as later than all others, so that a median
# is `more than the budget` or a number that was measured.

BEGIN {
    NEVER = 2 ^ 53
    split("rig notlb nomodel yardstick qemu", methods, " ")
    title["rig"] = "the rig"
    title["notlb"] = "the model without TLBs"
    title["nomodel"] = "sanitizers, asserts, panics"
    title["yardstick"] = "the yardstick"
    title["explore"] = "exhaustive, to depth 6"
    title["qemu"] = "the rig, in QEMU"
}

function seen(name) {
    if (!(name in known)) {
        known[name] = 1
        names[++count] = name
    }
}

# A run of a method with a seed: operations, or NEVER.
function note(method, name, found, operations, seconds,    n) {
    seen(name)
    n = ++runs[method, name]
    ops[method, name, n] = found ? operations : NEVER
    time[method, name, n] = found ? seconds : NEVER
    killed[method, name] += found
}

$1 == "key" && $4 > seeds { seeds = $4 }
$1 == "key" { budget = $5 }
$1 == "head" {
    seen($2)
    text = $0
    sub(/^head [^ ]+ [^ ]+ /, "", text)
    head[$2, $3] = text
}
$1 == "rig" && $4 == 1 {
    note("rig", $2, $5 != "-", $6, $7)
    if ($5 != "-")
        first[$2, $5]++
}
$1 == "rig" && $5 != "-" {
    sees[$2, $5]++
    saw[$2, $3] = saw[$2, $3] " " $5
}
$1 == "notlb" || $1 == "nomodel" || $1 == "qemu" { note($1, $2, $4 != "-", $5, $6) }
$1 == "qemu" && $4 != "-" { qemu_first[$2, $4]++ }
$1 == "yardstick" { note($1, $2, $4, $5, 0) }
$1 == "explore" {
    explored[$2] = $3
    depth[$2] = $4
}

function median(values, method, name,    n, i, j, x, sorted) {
    n = runs[method, name]
    for (i = 1; i <= n; i++) {
        x = values[method, name, i]
        for (j = i - 1; j >= 1 && sorted[j] > x; j--)
            sorted[j + 1] = sorted[j]
        sorted[j + 1] = x
    }
    return n ? sorted[int((n + 1) / 2)] : -1
}

# So many of the seeds have all columns.
function compared() { return seeds < 3 ? seeds : 3 }

function number(x) { return x < 0 ? "" : x == NEVER ? ">" budget : x }

# The oracles in counts[name, ...], most often first, with the numbers where they are not all.
function oracles(counts, name, except, all,    k, parts, n, i, j, list, text, most) {
    for (k in counts) {
        split(k, parts, SUBSEP)
        if (parts[1] == name && !((name, parts[2]) in except))
            list[++n] = parts[2]
    }
    while (n) {
        most = 0
        for (i = 1; i <= n; i++)
            if (!most || counts[name, list[i]] > counts[name, list[most]] ||
                (counts[name, list[i]] == counts[name, list[most]] && list[i] < list[most]))
                most = i
        text = text (text ? " " : "") list[most]
        if (counts[name, list[most]] != all)
            text = text " " counts[name, list[most]]
        list[most] = list[n--]
    }
    return text
}

# What is wrong with a row; "" when nothing is.
function wrong(name,    method, list, i) {
    method = target == "qemu" ? "qemu" : "rig"
    if (!runs[method, name])
        return ""
    if (head[name, "Expect"] != "killed")
        return !killed[method, name] ? "" : head[name, "Expect"] ", but reported by " \
            (target == "qemu" ? oracles(qemu_first, name, none, seeds) : oracles(sees, name, none, compared()))
    if (median(ops, method, name) == NEVER)
        return "survived: killed with " killed[method, name] " of " runs[method, name] " seeds"
    split(head[name, "Oracles"] " " (target == "qemu" ? head[name, "QEMU"] : ""), list, " ")
    for (i in list)
        if ((name, list[i]) in sees || (name, list[i]) in qemu_first)
            return ""
    return "killed, but by none of the oracles that its head names"
}

function explore_text(name) {
    if (!(name in explored))
        return (name, "Explore") in head ? "no" : ""
    if (explored[name] == "time")
        return "time was up at depth " depth[name]
    return explored[name] == "-" ? "not to depth " depth[name] : explored[name] " " depth[name]
}

function is_mutant(name) { return head[name, "Expect"] == "killed" }

# A curve: the medians of a method in their order.
function curve(method,    i, j, n, x, sorted) {
    for (i = 1; i <= count; i++) {
        if (!is_mutant(names[i]) || (x = median(ops, method, names[i])) < 0 || x == NEVER)
            continue
        for (j = n++; j >= 1 && sorted[j] > x; j--)
            sorted[j + 1] = sorted[j]
        sorted[j + 1] = x
    }
    printf "\"%s\"\n1 0\n", title[method] > curves
    for (i = 1; i <= n; i++)
        print sorted[i], i > curves
    print budget, n + 0 > curves
    printf "\n\n" > curves
}

function summary(method,    i, n, of) {
    for (i = 1; i <= count; i++)
        if (is_mutant(names[i]) && runs[method, names[i]]) {
            of++
            n += median(ops, method, names[i]) != NEVER
        }
    if (of)
        printf "| %s | %d of %d |\n", title[method], n, of > file
}

function write_oracles(    k, parts, i, o, n, all, oracle_first, alone, best, s, lost, some) {
    printf "\n## What each oracle is for\n\n" > file
    printf "| oracle | sees | sees first | alone |\n|---|---|---|---|\n" > file
    for (k in sees) {
        split(k, parts, SUBSEP)
        if (is_mutant(parts[1]) && !all[parts[2]]++)
            some[++n] = parts[2]
    }
    for (k in sees) {
        split(k, parts, SUBSEP)
        if (is_mutant(parts[1]) && (k in first) && first[k] * 2 > seeds)
            oracle_first[parts[2]]++
    }
    # Without the oracle, a mutant is lost when most seeds saw it by nothing else.
    for (i = 1; i <= count; i++)
        for (o = 1; o <= n; o++) {
            lost = 0
            for (s = 1; s <= compared(); s++)
                lost += saw[names[i], s] == "" || saw[names[i], s] == " " some[o]
            alone[some[o]] += is_mutant(names[i]) && runs["rig", names[i]] && lost * 2 > compared() && \
                median(ops, "rig", names[i]) != NEVER
        }
    while (n) {
        best = 1
        for (o = 2; o <= n; o++)
            if (all[some[o]] > all[some[best]] || \
                (all[some[o]] == all[some[best]] && some[o] < some[best]))
                best = o
        printf "| `%s` | %d | %d | %d |\n", some[best], all[some[best]], oracle_first[some[best]],
            alone[some[best]] > file
        some[best] = some[n--]
    }
    printf "\nSees: with some seed, when those that saw it before are ignored (what is seen then may" > file
    printf " be a consequence of what was ignored). Alone: without it the mutant survives.\n" > file
}

function write_rows(    i, name) {
    printf "\n## The mutants\n\n" > file
    printf "| mutant | pattern | operations | seconds | first seen by | also by | explore | QEMU |" > file
    printf " no TLB | no model | yardstick |\n|---|---|--:|--:|---|---|---|---|--:|--:|--:|\n" > file
    for (i = 1; i <= count; i++) {
        name = names[i]
        if (!is_mutant(name))
            continue
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, head[name, "Pattern"],
            number(median(ops, "rig", name)), number_of_seconds(median(time, "rig", name)),
            oracles(first, name, none, seeds), oracles(sees, name, first, compared()), explore_text(name),
            number(median(ops, "qemu", name)) " " oracles(qemu_first, name, none, seeds),
            number(median(ops, "notlb", name)), number(median(ops, "nomodel", name)),
            number(median(ops, "yardstick", name)) > file
    }
}

function number_of_seconds(x) { return x < 0 ? "" : x == NEVER ? "never" : sprintf("%.3f", x) }

function write_others(expect, heading,    i, name) {
    printf "\n## %s\n\n| variant | what it does | reported with | why |\n|---|---|---|---|\n", heading > file
    for (i = 1; i <= count; i++) {
        name = names[i]
        if (head[name, "Expect"] == expect)
            printf "| %s | %s | %d of %d seeds | %s |\n", name, head[name, "Pattern"],
                killed["rig", name] + killed["qemu", name], runs["rig", name] + runs["qemu", name],
                head[name, "Why"] > file
    }
}

END {
    for (i = 1; i <= count; i++)
        if ((text = wrong(names[i])) != "") {
            bad++
            print names[i] ": " text
        }
    if (brief == "yes")
        exit bad > 0
    file = out "/mutants.md"
    curves = out "/curves.dat"
    printf "# The mutant bank\n\n" > file
    printf "Medians of %d seeds, for what is compared with the rig of %d; at most %d operations each.\n\n", seeds, compared(), budget > file
    printf "![mutants killed against operations](mutants.svg)\n\n" > file
    printf "| killed by | mutants |\n|---|---|\n" > file
    for (i = 1; i in methods; i++) {
        summary(methods[i])
        if (methods[i] != "qemu")
            curve(methods[i])
    }
    for (i = 1; i <= count; i++)
        if (is_mutant(names[i]) && names[i] in explored) {
            of++
            found += explored[names[i]] != "-" && explored[names[i]] != "time"
        }
    if (of)
        printf "| %s | %d of %d |\n", title["explore"], found, of > file
    write_oracles()
    write_rows()
    write_others("legal", "Legal variants, which must not be reported")
    write_others("equivalent", "Equivalent mutants, which nobody can tell from the VMM")
    exit bad > 0
}
