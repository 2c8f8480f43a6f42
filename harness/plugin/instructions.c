/* instructions.c: a plugin for QEMU's TCG that counts the guest's instructions in some ranges of
 * addresses: an exact measure of the work that a part of a kernel does, whatever else the machine
 * is doing.
 *
 *     qemu-system-i386 ... -plugin instructions.so,counter=FILE,ranges=FILE
 *
 * counter: a file of 8 bytes, which are the count and always up to date.  ranges: a text, a range
 * a line, its first address and the first after it, hexadecimal, in ascending order.
 *
 * Debian ships no qemu-plugin.h, so what is used of it (version 1) is declared here.  A block of
 * instructions counts as a whole when it is entered: one that a fault leaves early counts too much,
 * but a VMM's own code has no faults. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*translated)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *to,
                                              uint64_t number);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t number);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

enum { RANGES_MAX = 1 << 16 };

static struct range {
    uint64_t first, end;
} ranges[RANGES_MAX];
static unsigned range_count;
static uint64_t *counter;

static bool counts(uint64_t at)
{
    unsigned low = 0, high = range_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (ranges[middle].end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < range_count && ranges[low].first <= at;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    uint64_t count = 0;
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
        count += counts(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i)));
    if (count)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, counter, count);
}

static bool map_counter(const char *path)
{
    int fd = open(path, O_RDWR);
    void *memory = MAP_FAILED;
    if (fd >= 0)
        memory = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    counter = memory == MAP_FAILED ? NULL : memory;
    return counter;
}

static bool read_ranges(const char *path)
{
    FILE *file = fopen(path, "r");
    struct range *range = ranges;
    if (!file)
        return false;
    while (range_count < RANGES_MAX &&
           fscanf(file, "%" SCNx64 " %" SCNx64, &range->first, &range->end) == 2 &&
           range->first < range->end && (range == ranges || range[-1].end <= range->first)) {
        range++;
        range_count++;
    }
    bool all = feof(file);
    fclose(file);
    return all && range_count;
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        bool good = false;
        if (strncmp(argv[i], "counter=", 8) == 0)
            good = map_counter(argv[i] + 8);
        else if (strncmp(argv[i], "ranges=", 7) == 0)
            good = read_ranges(argv[i] + 7);
        if (!good) {
            fprintf(stderr, "instructions.so: cannot use %s\n", argv[i]);
            return -1;
        }
    }
    if (!counter || !range_count) {
        fprintf(stderr, "instructions.so: counter=FILE and ranges=FILE are needed\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
