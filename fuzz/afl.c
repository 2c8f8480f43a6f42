/* afl.c: AFL++'s entry point: persistent mode, test cases in shared memory (AFL++,
 * instrumentation/README.persistent_mode.md).  Compiled by AFL++'s compiler, which brings the
 * macros.
 *
 *     afl-fuzz -i SEEDS -o OUT -- build/fuzz/sim-afl
 *     build/fuzz/sim-afl FILE ...         runs these; what diverges is said, and ends it
 *     build/fuzz/sim-afl < FILE           the same
 */
#include "execute.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__AFL_FUZZ_INIT();

/* A child serves so many inputs; then it is replaced. */
enum { INPUTS_A_CHILD = 100000, FILE_BYTES_MAX = 1 << 20, EXIT_USAGE = 2 };

/* abort is what AFL++ takes for a crash. */
static void execute(const uint8_t *bytes, size_t length)
{
    if (execute_input(bytes, length) == EXECUTED_DIVERGED)
        abort();
}

static int run_file(const char *path)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (!file || ferror(file)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EXIT_USAGE;
    }
    fclose(file);
    execute(bytes, length);
    return EXIT_SUCCESS;
}

static int run_files(int count, char **paths)
{
    int status = EXIT_SUCCESS;
    for (int i = 0; i < count && status == EXIT_SUCCESS; i++)
        status = run_file(paths[i]);
    execute_summary();
    return status;
}

int main(int argc, char **argv)
{
    execute_begin();
    if (argc > 1)
        return run_files(argc - 1, argv + 1);
    __AFL_INIT();
    const uint8_t *bytes = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(INPUTS_A_CHILD))
        execute(bytes, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    return EXIT_SUCCESS;
}
