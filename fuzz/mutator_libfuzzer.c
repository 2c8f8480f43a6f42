/* mutator_libfuzzer.c: the mutator as libFuzzer calls it.  With PAGERIG_MUTATOR=bytes in the
 * environment libFuzzer's own does all. */
#include "mutate.h"
#include "pick.h"
#include <stdlib.h>
#include <string.h>

/* libFuzzer's own, of bytes; knows its dictionary.  Other engines that run its targets lack it. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t max);

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_length, const uint8_t *b,
                                 size_t b_length, uint8_t *out, size_t max, unsigned seed);

static struct test_case ours, other;

static bool bytes_alone(void)
{
    static int answer = -1;
    const char *wanted = answer < 0 ? getenv("PAGERIG_MUTATOR") : NULL;
    if (answer < 0)
        answer = wanted && strcmp(wanted, "bytes") == 0;
    return answer;
}

/* Some by bytes: these find what no legal operation can be. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t max, unsigned seed)
{
    char names[MUTATE_NAMES_MAX];
    uint64_t random = seed;
    if (LLVMFuzzerMutate && (bytes_alone() || pick_in(&random, 1, 32)))
        return LLVMFuzzerMutate(bytes, length, max);
    case_read_input(&ours, bytes, length);
    mutate_case(&ours, 1, &random, names);
    return mutate_write(&ours, bytes, max);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_length, const uint8_t *b,
                                 size_t b_length, uint8_t *out, size_t max, unsigned seed)
{
    uint64_t random = seed;
    if (bytes_alone())
        return 0; /* none */
    case_read_input(&ours, a, a_length);
    case_read_input(&other, b, b_length);
    mutate_splice(&ours, &other, &random);
    return mutate_write(&ours, out, max);
}
