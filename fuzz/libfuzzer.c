/* libfuzzer.c: libFuzzer's entry points (https://llvm.org/docs/LibFuzzer.html).  libFuzzer brings
 * main, and mutator_libfuzzer.c the mutator. */
#include "execute.h"
#include <stdlib.h>

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
    if (execute_input(bytes, length) == EXECUTED_DIVERGED)
        abort();
    return 0;
}
