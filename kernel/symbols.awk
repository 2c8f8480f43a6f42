# symbols.awk: from the output of `llvm-nm -n` the table of function names that symbols.c reads.
BEGIN {
    print ".section .symbols, \"a\"\n.balign 4\n.globl symbol_table, symbol_table_end\nsymbol_table:"
}
$2 ~ /^[Tt]$/ {
    printf ".long 0x%s, .Lname%d\n", $1, NR
    names = names sprintf(".Lname%d: .asciz \"%s\"\n", NR, $3)
}
END {
    printf "symbol_table_end:\n%s", names
}
