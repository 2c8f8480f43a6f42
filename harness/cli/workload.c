/* workload.c: `pagerig workload`: the workloads as cases: their list, or one of them. */
#include "../measure/workload.h"
#include "options.h"

struct workload_options {
    uint64_t regions;
};

const struct option_row workload_options[] = {
    {"regions", "N", "how many regions the workload has (default 100)", option_number,
     offsetof(struct workload_options, regions), WORKLOAD_REGIONS_MIN, WORKLOAD_REGIONS_MAX},
    {0},
};

int cmd_workload(int argc, char **argv)
{
    struct workload_options options = {.regions = 100};
    struct test_case c;
    int rest = options_read(argc, argv, workload_options, &options);
    if (rest == OPTIONS_FAILED)
        return EXIT_USAGE;
    if (rest > 1)
        return options_refuse(argv[0], "one name is enough; what is '%s'?", argv[2]);
    if (rest == 0) {
        for (unsigned i = 0; i < workload_count; i++)
            printf("%-10s %s\n", workloads[i].name, workloads[i].text);
        return EXIT_CLEAN;
    }
    const struct workload *workload = workload_find(argv[1]);
    if (!workload)
        return options_refuse(argv[0], "there is no workload '%s'", argv[1]);
    workload_make(workload, (uint32_t)options.regions, &c);
    printf("# %s, %u regions: %s\n", workload->name, (unsigned)options.regions, workload->text);
    case_write_text(&c, stdout);
    case_free(&c);
    return EXIT_CLEAN;
}
