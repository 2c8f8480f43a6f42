# designs.awk: the report of scripts/designs, from the rows of `pagerig measure`: Markdown on standard
# output, and data for the pictures in the directory `work`.  Every number and every "best" in it is
# computed here; nothing is known of any design but its name.
#
#     awk -v qemu_size=N -v work=DIR -f designs-code.awk -f designs.awk \
#         part=1 WHERE part=2 CODE part=3 ROWS

# ---- Reading. ----

part == 1 {
    where = where "* " $0 "\n"
    next
}

part == 2 {
    code_line($1, $2, $3)
    next
}

FNR == 1 {
    columns = split($0, column, "\t")
    next
}

{
    split($0, field, "\t")
    for (i = 1; i <= columns; i++)
        row[column[i]] = field[i]
    dash = match(row["case"], "-[0-9]+$")
    workload = substr(row["case"], 1, dash - 1)
    size = substr(row["case"], dash + 1)
    design = row["design"]
    for (i = 1; i <= columns; i++)
        value[row["target"], workload, size, design, column[i]] = field[i]
    if (!(design in choices)) {
        designs[++design_count] = design
        choices[design] = row["choices"]
    }
    note(workloads, workload)
    note(targets, row["target"])
    if (row["target"] == "sim")
        note(sizes, size)
}

# Appends to a list what is not in it yet.
function note(list, what, i) {
    for (i = 1; i <= list[0]; i++)
        if (list[i] == what)
            return
    list[++list[0]] = what
}

# ---- Computing. ----

function get(target, workload, size, design, name) {
    return value[target, workload, size, design, name]
}

# What decides: the time on sim, and on qemu, where time is mostly the way to the guest and back, the
# instructions of the VMM.
function measure_of(target) {
    return target == "sim" ? "ns" : "instructions"
}

# That of a design in one cell, as a multiple of another's; 0: one of them has none.
function ratio(target, workload, size, design, other, name, a, b) {
    name = name == "" ? measure_of(target) : name
    a = get(target, workload, size, design, name)
    b = get(target, workload, size, other, name)
    return a > 0 && b > 0 ? a / b : 0
}

# Geometric mean of that over all workloads; of sizes: one, or "" for all.
function mean_ratio(target, size, design, other, name, w, s, r, sum, count) {
    for (w = 1; w <= workloads[0]; w++)
        for (s = 1; s <= sizes[0]; s++) {
            if (size != "" && sizes[s] != size)
                continue
            r = ratio(target, workloads[w], sizes[s], design, other, name)
            if (r > 0) {
                sum += log(r)
                count++
            }
        }
    return count ? exp(sum / count) : 0
}

# The mark that designs are chosen by: both targets count alike.
function score(design, q) {
    q = mean_ratio("qemu", "", design, "default")
    return q > 0 ? sqrt(mean_ratio("sim", "", design, "default") * q) \
                 : mean_ratio("sim", "", design, "default")
}

# Over all workloads of a size: how many for 1,000 operations.
function rate(size, design, name, w, sum, ops) {
    for (w = 1; w <= workloads[0]; w++) {
        sum += get("sim", workloads[w], size, design, name)
        ops += get("sim", workloads[w], size, design, "ops")
    }
    return ops ? 1000 * sum / ops : 0
}

function average(size, design, name, w, sum) {
    for (w = 1; w <= workloads[0]; w++)
        sum += get("sim", workloads[w], size, design, name)
    return sum / workloads[0]
}

function total(size, design, name, w, sum) {
    for (w = 1; w <= workloads[0]; w++)
        sum += get("sim", workloads[w], size, design, name)
    return sum
}

# Of the workloads that have as many regions as they are named for.
function bytes_per_region(size, design, w, bytes, regions, n) {
    for (w = 1; w <= workloads[0]; w++) {
        n = get("sim", workloads[w], size, design, "regions")
        if (n < size / 2)
            continue
        regions += n
        bytes += get("sim", workloads[w], size, design, "bytes")
    }
    return regions ? bytes / regions : 0
}

# How far the timed runs of a cell lie above the least, half of them nearer: the median over all
# cells.
function noise(target, w, s, d, least, count, all, i, j, x) {
    for (w = 1; w <= workloads[0]; w++)
        for (s = 1; s <= sizes[0]; s++)
            for (d = 1; d <= design_count; d++) {
                least = get(target, workloads[w], sizes[s], designs[d], "ns")
                if (!(least > 0))
                    continue
                x = get(target, workloads[w], sizes[s], designs[d], "median_ns") / least - 1
                for (i = ++count; i > 1 && all[i - 1] > x; i--)
                    all[i] = all[i - 1]
                all[i] = x
            }
    return count ? all[int((count + 1) / 2)] : 0
}

# ---- Axes. ----

function find_axes(list, i, count, parts) {
    count = split(choices["default"], list, ",")
    for (i = 1; i <= count; i++) {
        split(list[i], parts, "=")
        axes[++axis_count] = parts[1]
        standard[parts[1]] = parts[2]
    }
}

# The choices of an axis, the default's first, and the design that makes each alone.
function find_choices(axis, d, parts) {
    split("", choice)
    choice[0] = 0
    note(choice, standard[axis])
    alone[standard[axis]] = "default"
    for (d = 1; d <= design_count; d++)
        if (split(designs[d], parts, "=") == 2 && parts[1] == axis) {
            note(choice, parts[2])
            alone[parts[2]] = designs[d]
        }
}

# ---- Printing. ----

function times(x) {
    return x >= 10 ? sprintf("%.0f", x) : sprintf("%.2f", x)
}

# Where a design is slowest against another.
function worst(design, other, w, s, r, most, text) {
    for (w = 1; w <= workloads[0]; w++)
        for (s = 1; s <= sizes[0]; s++) {
            r = ratio("sim", workloads[w], sizes[s], design, other)
            if (r > most) {
                most = r
                text = sprintf("%s times as long, in `%s` with %d regions", times(r), workloads[w], sizes[s])
            }
        }
    return text
}

function print_all(size, d, design) {
    print "| design | sim | instructions | qemu | PTE writes | INVLPG | CR3 loads | pages | walks | faults |" \
          " tables | bytes | refused | lines |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (d = 1; d <= design_count; d++) {
        design = designs[d]
        printf "| %s | %s | %s | %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f | %d | %d |\n",
            design, times(mean_ratio("sim", size, design, "default")),
            times(mean_ratio("qemu", size, design, "default")),
            times(mean_ratio("qemu", size, design, "default", "ns")), rate(size, design, "pte_writes"),
            rate(size, design, "invlpgs"), rate(size, design, "cr3_loads"),
            rate(size, design, "pages"), rate(size, design, "walks"),
            rate(size, design, "faults"), average(size, design, "tables"),
            bytes_per_region(size, design), total(size, design, "refused"),
            code_of(choices[design])
    }
}

function print_workload(workload, size, d, design) {
    printf "\n### %s\n\n", workload
    print "| design | sim ns | instructions | qemu ns | PTE writes | INVLPG | CR3 loads | pages | walks | faults |" \
          " tables | refused |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for (d = 1; d <= design_count; d++) {
        design = designs[d]
        if (!get("qemu", workload, size, design, "ops"))
            continue
        printf "| %s | %.0f | %.0f | %.0f | %d | %d | %d | %d | %d | %d | %.1f | %d |\n", design,
            get("sim", workload, size, design, "ns"),
            get("qemu", workload, size, design, "instructions") / get("qemu", workload, size, design, "ops"),
            get("qemu", workload, size, design, "ns"),
            get("sim", workload, size, design, "pte_writes"),
            get("sim", workload, size, design, "invlpgs"),
            get("sim", workload, size, design, "cr3_loads"),
            get("sim", workload, size, design, "pages"),
            get("sim", workload, size, design, "walks"),
            get("sim", workload, size, design, "faults"),
            get("sim", workload, size, design, "tables"),
            get("sim", workload, size, design, "refused")
    }
}

function print_axis(axis, i, s, best, design, d, mark, lead, text) {
    find_choices(axis)
    best = choice[1]
    for (i = 2; i <= choice[0]; i++)
        if (score(alone[choice[i]]) < score(alone[best]))
            best = choice[i]
    printf "\n**%s**\n\n| |", axis
    for (s = 1; s <= sizes[0]; s++)
        printf " sim, %d |", sizes[s]
    printf " instructions, %d | PTE writes | INVLPG | CR3 loads | faults | lines |\n|---|", qemu_size
    for (s = 1; s <= sizes[0] + 6; s++)
        printf "--:|"
    print ""
    for (i = 1; i <= choice[0]; i++) {
        design = alone[choice[i]]
        printf "| %s%s |", choice[i], design == "default" ? " (default)" : ""
        for (s = 1; s <= sizes[0]; s++)
            printf " %s |", times(mean_ratio("sim", sizes[s], design, "default"))
        printf " %s | %.0f | %.0f | %.0f | %.0f | %d |\n",
            times(mean_ratio("qemu", qemu_size, design, "default")),
            rate(qemu_size, design, "pte_writes"), rate(qemu_size, design, "invlpgs"),
            rate(qemu_size, design, "cr3_loads"), rate(qemu_size, design, "faults"),
            code_of(choices[design])
    }
    print ""
    verdict(axis, best)
    for (i = 1; i <= choice[0]; i++) {
        if (choice[i] == best)
            continue
        text = worst(alone[choice[i]], alone[best])
        printf "`%s` costs %s times what `%s` costs on the average; at worst it takes %s.\n", choice[i],
            times(score(alone[choice[i]]) / score(alone[best])), best, text
        text = worst(alone[best], alone[choice[i]])
        printf "The other way round, `%s` takes at worst %s.\n", best, text
    }
}

# A default stays unless another choice is better by more than can be noise.
function verdict(axis, best, gain) {
    gain = 1 - score(alone[best]) / score("default")
    if (best == standard[axis])
        printf "Best on the average is `%s`, the default.\n", best
    else if (gain > threshold) {
        printf "Best on the average is `%s`, by %.0f%% before the default, `%s`.\n", best,
            100 * gain, standard[axis]
        changes = changes sprintf(" `%s=%s` (%.0f%%)", axis, best, 100 * gain)
    } else
        printf "`%s` and the default, `%s`, are equally good (%.1f%%).\n", best, standard[axis],
            100 * gain
}

function print_growth(axis, w, s, i) {
    find_choices(axis)
    printf "\n### %s\n\nNanoseconds an operation, on sim:\n\n| workload | regions |", axis
    for (i = 1; i <= choice[0]; i++)
        printf " %s |", choice[i]
    printf "\n|---|--:|"
    for (i = 1; i <= choice[0]; i++)
        printf "--:|"
    print ""
    for (w = 1; w <= workloads[0]; w++)
        for (s = 1; s <= sizes[0]; s++) {
            printf "| %s | %d |", workloads[w], sizes[s]
            for (i = 1; i <= choice[0]; i++)
                printf " %.0f |", get("sim", workloads[w], sizes[s], alone[choice[i]], "ns")
            print ""
        }
}

# ---- Data for the pictures. ----

# A block a workload: sizes down, choices across.
function write_growth(axis, name, column, file, w, s, i, design, ops) {
    find_choices(axis)
    file = work "/growth-" name ".dat"
    for (w = 1; w <= workloads[0]; w++) {
        printf "%s# %s", (w == 1 ? "" : "\n\n"), workloads[w] > file
        for (i = 1; i <= choice[0]; i++)
            printf " %s", choice[i] > file
        print "" > file
        for (s = 1; s <= sizes[0]; s++) {
            printf "%d", sizes[s] > file
            for (i = 1; i <= choice[0]; i++) {
                design = alone[choice[i]]
                ops = column == "ns" ? 1 : get("sim", workloads[w], sizes[s], design, "ops")
                printf " %s", ops ? get("sim", workloads[w], sizes[s], design, column) / ops : "?" > file
            }
            print "" > file
        }
    }
    close(file)
}

function write_times(d) {
    print "design \"time on sim\" \"instructions\" \"time on qemu\"" > (work "/designs.dat")
    for (d = 1; d <= design_count; d++)
        print designs[d], mean_ratio("sim", qemu_size, designs[d], "default"),
            mean_ratio("qemu", qemu_size, designs[d], "default"),
            mean_ratio("qemu", qemu_size, designs[d], "default", "ns") > (work "/designs.dat")
    close(work "/designs.dat")
}

# ---- All do the same. ----

function total_refused(workload, size, d, sum) {
    for (d = 1; d <= design_count; d++)
        sum += get("sim", workload, size, designs[d], "refused")
    return sum
}

# Where memory is not out, all designs and targets must have given the same answers.
function find_unlike(w, s, d, r, answers) {
    for (w = 1; w <= workloads[0]; w++)
        for (s = 1; s <= sizes[0]; s++) {
            if (total_refused(workloads[w], sizes[s]))
                continue
            for (r = 1; r <= targets[0]; r++)
                for (d = 1; d <= design_count; d++) {
                    answers = get(targets[r], workloads[w], sizes[s], designs[d], "answers")
                    if (answers == "" ||
                        answers == get("sim", workloads[w], sizes[s], "default", "answers"))
                        continue
                    printf "designs: %s, %d regions, %s, %s: other answers than the default's\n",
                        workloads[w], sizes[s], designs[d], targets[r] > "/dev/stderr"
                    unlike = 1
                }
        }
}

# ---- The report. ----

function print_question(question, wanted, a) {
    printf "\n### %s\n", question
    for (a = 1; a <= axis_count; a++)
        if (wanted == "" ? !(axes[a] in answered) : index(" " wanted " ", " " axes[a] " ")) {
            answered[axes[a]]
            print_axis(axes[a])
        }
}

END {
    find_unlike()
    if (unlike)
        exit 1
    find_axes()
    threshold = 0.03
    print "# Designs, measured\n"
    print where
    print "By `make designs`. Each workload (`pagerig workload`) is one case, so all designs do the same" \
          " operations, and all gave the same answers. Times are the least of several runs. `sim` is the" \
          " VMM on the simulated machine, without model and checker, where an INVLPG and a CR3 load cost" \
          " next to nothing themselves. `qemu` is the VMM as a kernel for the i386; time there is mostly" \
          " the way to the guest and back, so it is *instructions* that are compared: those of the VMM, and of what" \
          " it asks of the machine (`kernel/machine.c`, `pages.c`), which a plugin of QEMU counts. The median of the runs lies" \
          sprintf(" %.1f%% (sim) and %.1f%% (qemu)", 100 * noise("sim"), 100 * noise("qemu")) \
          " above the least. Instructions and counts are exact and repeat.\n"
    printf "![time of all designs](designs-time.svg)\n\n## All designs, %d regions\n\n", qemu_size
    print "Time and instructions: as a multiple of the default's, geometric mean of all workloads. PTE writes, INVLPGs," \
          " CR3 loads, pages cleared or copied, TLB misses that walked the tables, page faults: for 1,000" \
          " operations. Tables: page tables in use, on the average. Bytes: of the VMM's structures for" \
          " each region, its pages included (on a 64-bit host). Refused: operations for which memory" \
          " was out, in all workloads. Lines: of code, core and all that the design needs.\n"
    print_all(qemu_size)
    print "\n## The thread's three questions\n"
    print "The tables: time on sim, for each number of regions, and instructions, as a multiple of the default's;" \
          " counts for" \
          " 1,000 operations. \"On the average\" is over all workloads and sizes, time and instructions alike."
    print_question("Which data structures?", "index tables")
    print_question("When to update the page tables?", "update discard")
    print_question("By which algorithm?", "")
    print "\n### The default\n"
    if (changes == "")
        print "No choice of any axis is better than the default's by more than" \
              sprintf(" %d%%: the default follows from this table.", 100 * threshold)
    else
        print "Better than the default:" changes ". By this table the default should have them."
    print "\n## Growth\n\n![index](designs-index.svg)\n![update](designs-update.svg)\n" \
          "![PTE writes by update](designs-writes.svg)"
    print_growth("index")
    print_growth("update")
    printf "\n## Each workload, %d regions\n", qemu_size
    for (w = 1; w <= workloads[0]; w++)
        print_workload(workloads[w], qemu_size)
    write_growth("index", "index", "ns")
    write_growth("update", "update", "ns")
    write_growth("update", "writes", "pte_writes")
    write_times()
}
