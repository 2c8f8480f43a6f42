/* mutator_afl.h: what afl-fuzz 4.04c looks for in a custom mutator's library
 * (docs/custom_mutators.md there); it has no header for it. */
#ifndef MUTATOR_AFL_H
#define MUTATOR_AFL_H

#include <stddef.h>
#include <stdint.h>

void *afl_custom_init(void *afl, unsigned seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t length, uint8_t **out, uint8_t *other,
                       size_t other_length, size_t max);
const char *afl_custom_describe(void *data, size_t max);
int32_t afl_custom_init_trim(void *data, uint8_t *buffer, size_t length);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, uint8_t good);

#endif
