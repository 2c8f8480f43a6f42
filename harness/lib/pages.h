/* pages.h: an array of pages of words, most of which are zero.
 *
 * One bit says of each word whether it is zero, one bit a group of 64 words, so that clearing,
 * copying, comparing and walking a page cost as much as it has words that are not zero.  Simulated
 * RAM, the model's contents and maps, and the checker's copies of page tables are all made of
 * these.
 *
 * The memory is the caller's and starts as zeros; a struct pages is 5 words and may be copied. */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* These run for every word that anything touches; an index out of range is looked for only where
 * the sanitizers are on. */
#if defined(__SANITIZE_ADDRESS__)
#define PAGES_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAGES_CHECKED 1
#endif
#endif
#ifdef PAGES_CHECKED
#define pages_assert(condition) assert(condition)
#else
#define pages_assert(condition) ((void)0)
#endif

struct pages {
    uint32_t *words;   /* count << level_bits */
    uint64_t *groups;  /* for each 64 words: which are not zero */
    uint16_t *summary; /* for each page: which groups are not zero */
    uint32_t count;
    uint8_t level_bits; /* a page has 1 << level_bits words; 3 to 10 */
    uint8_t group_bits; /* and 1 << group_bits groups */
};

static inline size_t pages_bytes(uint32_t count, unsigned level_bits)
{
    unsigned group_bits = level_bits > 6 ? level_bits - 6 : 0;
    size_t words = ((size_t)count << level_bits) * sizeof(uint32_t);
    size_t groups = ((size_t)count << group_bits) * sizeof(uint64_t);
    return ((words + groups + count * sizeof(uint16_t)) + 15) & ~(size_t)15;
}

/* memory: pages_bytes(count, level_bits) zero bytes, aligned to 16. */
static inline struct pages pages_make(void *memory, uint32_t count, unsigned level_bits)
{
    struct pages p = {.count = count, .level_bits = (uint8_t)level_bits};
    p.group_bits = (uint8_t)(level_bits > 6 ? level_bits - 6 : 0);
    p.groups = memory;
    p.words = (uint32_t *)(p.groups + ((size_t)count << p.group_bits));
    p.summary = (uint16_t *)(p.words + ((size_t)count << level_bits));
    return p;
}

static inline uint32_t *pages_words(const struct pages *p, uint32_t page)
{
    pages_assert(page < p->count);
    return p->words + ((size_t)page << p->level_bits);
}

static inline uint64_t *pages_groups(const struct pages *p, uint32_t page)
{
    return p->groups + ((size_t)page << p->group_bits);
}

static inline uint32_t pages_get(const struct pages *p, uint32_t page, uint32_t index)
{
    pages_assert(index >> p->level_bits == 0);
    return pages_words(p, page)[index];
}

static inline void pages_set(const struct pages *p, uint32_t page, uint32_t index, uint32_t word)
{
    pages_assert(index >> p->level_bits == 0);
    uint64_t *group = pages_groups(p, page) + (index >> 6);
    uint64_t bit = (uint64_t)1 << (index & 63);
    uint16_t group_bit = (uint16_t)(1u << (index >> 6));

    pages_words(p, page)[index] = word;
    *group = word ? *group | bit : *group & ~bit;
    p->summary[page] =
        (uint16_t)(*group ? p->summary[page] | group_bit : p->summary[page] & ~group_bit);
}

/* The first word at or after index that is not zero; 1 << level_bits if there is none. */
static inline uint32_t pages_next(const struct pages *p, uint32_t page, uint32_t index)
{
    uint32_t words = 1u << p->level_bits;
    if (index >= words || !p->summary[page])
        return words;
    uint64_t *groups = pages_groups(p, page);
    uint64_t rest = groups[index >> 6] >> (index & 63);
    if (rest)
        return index + (uint32_t)__builtin_ctzll(rest);
    uint32_t later = (uint32_t)p->summary[page] >> (index >> 6) >> 1;
    if (!later)
        return words;
    uint32_t group = (index >> 6) + 1 + (uint32_t)__builtin_ctz(later);
    return group * 64 + (uint32_t)__builtin_ctzll(groups[group]);
}

static inline bool pages_empty(const struct pages *p, uint32_t page)
{
    return !p->summary[page];
}

/* How many words are not zero. */
static inline uint32_t pages_population(const struct pages *p, uint32_t page)
{
    uint32_t n = 0;
    for (uint32_t rest = p->summary[page]; rest; rest &= rest - 1)
        n += (uint32_t)__builtin_popcountll(pages_groups(p, page)[__builtin_ctz(rest)]);
    return n;
}

static inline void pages_clear(const struct pages *p, uint32_t page)
{
    uint32_t *words = pages_words(p, page);
    uint64_t *groups = pages_groups(p, page);
    for (uint32_t rest = p->summary[page]; rest; rest &= rest - 1) {
        uint32_t group = (uint32_t)__builtin_ctz(rest);
        for (uint64_t bits = groups[group]; bits; bits &= bits - 1)
            words[group * 64 + (uint32_t)__builtin_ctzll(bits)] = 0;
        groups[group] = 0;
    }
    p->summary[page] = 0;
}

/* Both arrays have the same geometry. */
static inline void pages_copy(const struct pages *to_pages, uint32_t to,
                              const struct pages *from_pages, uint32_t from)
{
    pages_assert(to_pages->level_bits == from_pages->level_bits);
    if (to_pages->words == from_pages->words && to == from)
        return;
    pages_clear(to_pages, to);
    for (uint32_t rest = from_pages->summary[from]; rest; rest &= rest - 1) {
        uint32_t group = (uint32_t)__builtin_ctz(rest);
        uint64_t bits = pages_groups(from_pages, from)[group];
        pages_groups(to_pages, to)[group] = bits;
        for (; bits; bits &= bits - 1) {
            uint32_t index = group * 64 + (uint32_t)__builtin_ctzll(bits);
            pages_words(to_pages, to)[index] = pages_words(from_pages, from)[index];
        }
    }
    to_pages->summary[to] = from_pages->summary[from];
}

/* The first index at which two pages differ; 1 << level_bits if they do not. */
static inline uint32_t pages_differ(const struct pages *a_pages, uint32_t a,
                                    const struct pages *b_pages, uint32_t b)
{
    for (uint32_t rest = a_pages->summary[a] | b_pages->summary[b]; rest; rest &= rest - 1) {
        uint32_t group = (uint32_t)__builtin_ctz(rest);
        uint64_t bits = pages_groups(a_pages, a)[group] | pages_groups(b_pages, b)[group];
        for (; bits; bits &= bits - 1) {
            uint32_t index = group * 64 + (uint32_t)__builtin_ctzll(bits);
            if (pages_words(a_pages, a)[index] != pages_words(b_pages, b)[index])
                return index;
        }
    }
    return 1u << a_pages->level_bits;
}

#endif
