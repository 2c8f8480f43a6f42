# designs-code.awk: how many lines of code a design is made of: those of the core and of all files
# that it needs, followed through the symbols of the object files as a linker would.  Files of
# choices that a design does not make are not needed; vmm/init.c, which knows all choices, leads to
# those that are made.  For designs.awk, which calls code_line for what scripts/designs tells and
# code_of(choices).

function code_line(kind, file, what) {
    if (kind == "lines")
        code_lines[file] = what
    if (kind == "defines")
        code_definer[what] = file
    if (kind == "needs")
        code_needs[file] = code_needs[file] " " what
}

# The file of a choice, axis_choice; "" when it has none of its own, being a few lines elsewhere.
function code_choice_file(choice) {
    sub("=", "_", choice)
    gsub("-", "_", choice)
    return choice in code_definer ? code_definer[choice] : ""
}

# Adds a file and all that it needs.
function code_add(file, seen, needs, i, count) {
    if (file == "" || file in seen || !(file in code_lines))
        return
    seen[file]
    if (file == "init")
        return
    count = split(code_needs[file], needs, " ")
    for (i = 1; i <= count; i++)
        if (needs[i] in code_definer)
            code_add(code_definer[needs[i]], seen)
}

# choices: axis=choice,axis=choice,...
function code_of(choices, seen, made, i, count, total, file) {
    split("", seen)
    count = split("space region page fault segment swap init frame pool object", made, " ")
    for (i = 1; i <= count; i++)
        code_add(made[i], seen)
    count = split(choices, made, ",")
    for (i = 1; i <= count; i++)
        code_add(code_choice_file(made[i]), seen)
    for (file in seen)
        total += code_lines[file]
    return total
}
