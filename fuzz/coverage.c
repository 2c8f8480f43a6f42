/* coverage.c: runs inputs to see what they cover, without an engine; scripts/coverage makes pages
 * of it.  sim-coverage: the profile's run-time library writes what vmm/ did ($LLVM_PROFILE_FILE).
 * qemu-coverage: prints a line for each block of the guest's, its address and 1 if it ran, else 0.
 */
#include "execute.h"
#include "feedback.h"
#include "files.h"
#include <stdlib.h>

enum { ROOM = 65536 };

static uint8_t counts[ROOM];

void engine_forget(void)
{
    /* nothing is asked of single inputs here */
}

uint8_t *engine_place(size_t count)
{
    return count <= ROOM ? counts : NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s INPUT|DIRECTORY ...\n", argv[0]);
        return 2;
    }
    execute_begin();
    int status = files_run(argc - 1, argv + 1, true);
    feedback_report(stdout);
    return status;
}
