/* libfuzzer.c: libFuzzer's entry points (https://llvm.org/docs/LibFuzzer.html).  libFuzzer brings
 * main, and mutator_libfuzzer.c the mutator. */
#include "execute.h"
#include "feedback.h"
#include <stdlib.h>
#include <string.h>

/* The counters that the compiler has put into this process (Clang, SanitizerCoverage), if any. */
extern uint8_t counters_start[] __asm__("__start___sancov_cntrs") __attribute__((weak));
extern uint8_t counters_stop[] __asm__("__stop___sancov_cntrs") __attribute__((weak));

void engine_forget(void)
{
    if (counters_start)
        memset(counters_start, 0, (size_t)(counters_stop - counters_start));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    execute_begin();
    atexit(execute_summary);
    return 0;
}

/* abort is what libFuzzer takes for a crash: it writes the input to a file and ends. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (execute_input(bytes, length) == EXECUTED_DIVERGED) {
        execute_summary();
        abort();
    }
    return 0;
}
