/* cover.h: covering arrays of strength 3: few rows, each a choice for every factor, in which every
 * combination of the choices of any three factors occurs.  Most failures need no more than three
 * choices to meet (Kuhn, Wallace and Gallo, 2004).
 *
 * Rows are made one at a time, each around a combination that is still missing, as AETG does (Cohen
 * et al., 1997); the first row is the first choice of every factor.  Deterministic.  Needs no
 * library, so that the kernel can use it too. */
#ifndef LIB_COVER_H
#define LIB_COVER_H

#include <stdbool.h>
#include <stdint.h>

enum { COVER_FACTORS = 8, COVER_CHOICES = 8, COVER_OPEN = 0xff };

struct cover {
    uint8_t choices[COVER_FACTORS]; /* of each factor, 1 to COVER_CHOICES */
    /* For factors a < b < c and a choice of a: a bit for each choice of b and of c that occurred.
     */
    uint64_t seen[COVER_FACTORS][COVER_FACTORS][COVER_FACTORS][COVER_CHOICES];
};

/* Factors from `factors` on have one choice each. */
static inline void cover_begin(struct cover *cover, const uint8_t *choices, unsigned factors)
{
    uint64_t *seen = &cover->seen[0][0][0][0];
    for (unsigned i = 0; i < sizeof cover->seen / sizeof *seen; i++)
        seen[i] = 0;
    for (unsigned i = 0; i < COVER_FACTORS; i++)
        cover->choices[i] = i < factors ? choices[i] : 1;
}

static inline uint64_t cover_bit(uint8_t b, uint8_t c)
{
    return (uint64_t)1 << (b * COVER_CHOICES + c);
}

/* How many combinations that did not occur yet the row has with this factor; those with open ones
 * do not count.  mark: from now on they have occurred. */
static inline unsigned cover_gain(struct cover *cover, const uint8_t *row, unsigned factor,
                                  bool mark)
{
    unsigned gain = 0;
    for (unsigned a = 0; a < COVER_FACTORS; a++)
        for (unsigned b = a + 1; b < COVER_FACTORS; b++)
            for (unsigned c = b + 1; c < COVER_FACTORS; c++) {
                if ((a != factor && b != factor && c != factor) || row[a] == COVER_OPEN ||
                    row[b] == COVER_OPEN || row[c] == COVER_OPEN)
                    continue;
                uint64_t *seen = &cover->seen[a][b][c][row[a]], bit = cover_bit(row[b], row[c]);
                gain += !(*seen & bit);
                *seen |= mark ? bit : 0;
            }
    return gain;
}

/* The first combination that did not occur yet becomes part of the row.  False: there is none. */
static inline bool cover_missing(const struct cover *cover, uint8_t *row)
{
    const uint8_t *choices = cover->choices;
    for (unsigned a = 0; a < COVER_FACTORS; a++)
        for (unsigned b = a + 1; b < COVER_FACTORS; b++)
            for (unsigned c = b + 1; c < COVER_FACTORS; c++)
                for (uint8_t of_a = 0; of_a < choices[a]; of_a++)
                    for (uint8_t of_b = 0; of_b < choices[b]; of_b++)
                        for (uint8_t of_c = 0; of_c < choices[c]; of_c++)
                            if (!(cover->seen[a][b][c][of_a] & cover_bit(of_b, of_c))) {
                                row[a] = of_a;
                                row[b] = of_b;
                                row[c] = of_c;
                                return true;
                            }
    return false;
}

/* The next row, a choice for each of COVER_FACTORS factors.  False: nothing is missing. */
static inline bool cover_next(struct cover *cover, uint8_t *row)
{
    for (unsigned i = 0; i < COVER_FACTORS; i++)
        row[i] = COVER_OPEN;
    if (!cover_missing(cover, row))
        return false;
    for (unsigned i = 0; i < COVER_FACTORS; i++) {
        unsigned most = 0;
        uint8_t best = 0;
        if (row[i] != COVER_OPEN)
            continue;
        for (row[i] = 0; row[i] < cover->choices[i]; row[i]++) {
            unsigned gain = cover_gain(cover, row, i, false);
            best = gain > most ? row[i] : best;
            most = gain > most ? gain : most;
        }
        row[i] = best;
    }
    for (unsigned i = 0; i < COVER_FACTORS; i++)
        cover_gain(cover, row, i, true);
    return true;
}

#endif
