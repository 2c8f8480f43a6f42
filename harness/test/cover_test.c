/* cover_test.c: covering arrays: nothing is missing, and there are few rows. */
#include "../lib/cover.h"
#include "../lib/tap.h"
#include <string.h>

enum { ROWS_MAX = 512 };

static uint8_t rows[ROWS_MAX][COVER_FACTORS];

static unsigned make(const uint8_t *choices, unsigned factors)
{
    static struct cover cover;
    unsigned count = 0;
    cover_begin(&cover, choices, factors);
    while (count < ROWS_MAX && cover_next(&cover, rows[count]))
        count++;
    return count;
}

static bool occurs(unsigned count, const unsigned *factor, const unsigned *choice)
{
    for (unsigned row = 0; row < count; row++)
        if (rows[row][factor[0]] == choice[0] && rows[row][factor[1]] == choice[1] &&
            rows[row][factor[2]] == choice[2])
            return true;
    return false;
}

/* By trying every combination of three factors and of their choices. */
static bool complete(const uint8_t *choices, unsigned factors, unsigned count)
{
    unsigned f[3], c[3];
    for (f[0] = 0; f[0] < factors; f[0]++)
        for (f[1] = f[0] + 1; f[1] < factors; f[1]++)
            for (f[2] = f[1] + 1; f[2] < factors; f[2]++)
                for (c[0] = 0; c[0] < choices[f[0]]; c[0]++)
                    for (c[1] = 0; c[1] < choices[f[1]]; c[1]++)
                        for (c[2] = 0; c[2] < choices[f[2]]; c[2]++)
                            if (!occurs(count, f, c))
                                return false;
    return true;
}

static bool in_range(const uint8_t *choices, unsigned factors, unsigned count)
{
    for (unsigned row = 0; row < count; row++)
        for (unsigned i = 0; i < COVER_FACTORS; i++)
            if (rows[row][i] >= (i < factors ? choices[i] : 1))
                return false;
    return true;
}

int main(void)
{
    static const struct {
        const char *name;
        unsigned factors, most; /* rows; no array has fewer than the product of the three largest */
        uint8_t choices[COVER_FACTORS];
    } trials[] = {
        {"eight factors", 8, 72, {4, 4, 3, 2, 3, 2, 2, 3}},
        {"eight factors of two", 8, 24, {2, 2, 2, 2, 2, 2, 2, 2}},
        {"three factors: all combinations", 3, 60, {3, 4, 5}},
        {"two factors: all combinations", 2, 12, {3, 4}},
        {"one factor", 1, 4, {4}},
        {"only one choice", 2, 1, {1, 1}},
    };
    static const uint8_t first[COVER_FACTORS];
    for (unsigned i = 0; i < sizeof trials / sizeof *trials; i++) {
        const uint8_t *choices = trials[i].choices;
        unsigned factors = trials[i].factors, count = make(choices, factors);
        unsigned padded = factors < 3 ? 3 : factors;
        uint8_t all[COVER_FACTORS];
        for (unsigned f = 0; f < COVER_FACTORS; f++)
            all[f] = f < factors ? choices[f] : 1;
        ok_if(count <= trials[i].most && in_range(choices, factors, count) &&
                  complete(all, padded, count) && memcmp(rows[0], first, sizeof first) == 0,
              "%s: any three choices meet in %u rows, the first choices first", trials[i].name,
              count);
    }
    return tap_done();
}
