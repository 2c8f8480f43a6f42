/* finding.c: how a divergence is described; names only, no judgement. */
#include "check_private.h"
#include <stdarg.h>
#include <stdio.h>

const char *const oracle_names[ORACLES] = {
#define ORACLE(NAME, text) #NAME,
#include "oracles.def"
#undef ORACLE
};
_Static_assert(ORACLES <= 32, "a set of oracles is a word");

const char *finding_title(const struct finding *finding, char buffer[64])
{
    const char *operation = finding->op.code < OP_CODES ? op_infos[finding->op.code].name : "end";
    snprintf(buffer, 64, "%s %s %s", oracle_names[finding->oracle], operation, finding->field);
    return buffer;
}

/* where, expected and actual are filled by the caller, before or after. */
bool diverged(struct rig *rig, enum oracle oracle, const char *field)
{
    struct finding *finding = rig->finding;
    finding->oracle = oracle;
    finding->field = field;
    finding->at = rig->done;
    finding->op = rig->op ? *rig->op : (struct op){.code = OP_CODES};
    return rig->ignored >> oracle & 1;
}

bool diverged_for_good(struct rig *rig, enum oracle oracle, const char *field)
{
    rig->finding->ignored = diverged(rig, oracle, field);
    return false;
}

void rig_ignore(struct rig *rig, uint32_t oracles)
{
    rig->ignored = oracles & ~(UINT32_C(1) << ORACLE_RIG);
}

#define PRINT_INTO(buffer)                                                                         \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    vsnprintf((buffer), sizeof(buffer), format, arguments);                                        \
    va_end(arguments)

void finding_where(struct rig *rig, const char *format, ...)
{
    PRINT_INTO(rig->finding->where);
}

void finding_expected(struct rig *rig, const char *format, ...)
{
    PRINT_INTO(rig->finding->expected);
}

void finding_actual(struct rig *rig, const char *format, ...)
{
    PRINT_INTO(rig->finding->actual);
}

void finding_page(struct rig *rig, uint32_t s, uint32_t vpn)
{
    finding_where(rig, "s%u %#x", (unsigned)s, (unsigned)(vpn << page_shift(rig)));
}

/* "frame 7 P W U A D", or "not present". */
const char *entry_text(uint32_t entry, char buffer[64])
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {
        {ENTRY_PRESENT, " P"},  {ENTRY_WRITABLE, " W"}, {ENTRY_USER, " U"},
        {ENTRY_ACCESSED, " A"}, {ENTRY_DIRTY, " D"},
    };
    uint32_t rest = entry & ((1u << ENTRY_PFN_SHIFT) - 1);
    if (!entry)
        return "not present";
    int length = snprintf(buffer, 64, "frame %u", (unsigned)(entry >> ENTRY_PFN_SHIFT));
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        if (entry & bits[i].bit)
            length += snprintf(buffer + length, 64 - (size_t)length, "%s", bits[i].name);
        rest &= ~bits[i].bit;
    }
    if (rest)
        snprintf(buffer + length, 64 - (size_t)length, " reserved %#x", (unsigned)rest);
    return buffer;
}
