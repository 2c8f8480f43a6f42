/* afl.c: AFL++'s entry point: persistent mode, test cases in shared memory (AFL++,
 * instrumentation/README.persistent_mode.md).  Compiled by AFL++'s compiler, which brings the
 * macros.
 *
 *     afl-fuzz -i SEEDS -o OUT -- build/fuzz/sim-afl
 *     build/fuzz/sim-afl FILE ...         runs these; what diverges is said, and ends it
 *     build/fuzz/sim-afl < FILE           the same
 */
#include "execute.h"
#include "files.h"
#include <stdlib.h>
#include <unistd.h>

__AFL_FUZZ_INIT();

/* A child serves so many inputs; then it is replaced. */
enum { INPUTS_A_CHILD = 100000 };

int main(int argc, char **argv)
{
    execute_begin();
    if (argc > 1)
        return files_run(argc - 1, argv + 1, false);
    __AFL_INIT();
    const uint8_t *bytes = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(INPUTS_A_CHILD))
        if (execute_input(bytes, (size_t)__AFL_FUZZ_TESTCASE_LEN) == EXECUTED_DIVERGED) {
            execute_summary();
            abort(); /* what AFL++ takes for a crash */
        }
    execute_summary();
    return EXIT_SUCCESS;
}
