/* symbols.c: names of functions for stack traces, as in Linux's kallsyms.
 *
 * The kernel is linked twice.  The first time there is no table of names; from that kernel
 * symbols.awk makes one.  The second time the table lies behind the code, so the code stays where
 * it was. */
#include "kernel.h"

struct symbol {
    uint32_t address;
    const char *name;
};

/* By address. */
extern const struct symbol symbol_table[] __attribute__((weak));
extern const struct symbol symbol_table_end[] __attribute__((weak));

void print_address(uint32_t address, bool returned)
{
    const struct symbol *symbol = symbol_table;
    /* A call that does not return may be the last instruction of its function. */
    uint32_t inside = returned ? address - 1 : address;
    while (symbol < symbol_table_end && symbol->address <= inside)
        symbol++;
    print("[<%08x>]", address);
    if (symbol > symbol_table && symbol < symbol_table_end)
        print(" %s+0x%x/0x%x", symbol[-1].name, address - symbol[-1].address,
              symbol->address - symbol[-1].address);
}
