/* agent_readme_test.c: the transcripts of kernel/agent/README.md are what an agent says. */
#include "agent_fixture.h"
#include <stdio.h>

static void change(uint32_t pfn, uint32_t state, uint32_t refs)
{
    fake.state[pfn] = state;
    fake.refs[pfn] = refs;
    agent_frame_changed(pfn);
}

static void effect(const struct op *op, struct agent_outcome *outcome)
{
    switch (op->code) {
    case OP_CREATE:
        change(3, 3, 0);
        fake.directory[0] = 3;
        fake.pools[0] = 9;
        return;
    case OP_MAP:
        fake.regions[fake.region_count++] =
            (struct agent_region){.first = op->va >> 12, .last = op->va >> 12, .prot = op->prot};
        fake.pools[2]--;
        return;
    case OP_WRITE:
        change(5, 2, 1);
        change(4, 1, 1);
        fake.cr3 = 3;
        fake.pools[0] = 7;
        fake.pools[1]--;
        outcome->faults = 1;
        outcome->fault[0] = (struct agent_fault){6, op->va, 0, 0x4067};
        return;
    }
}

int main(void)
{
    char text[1024];
    unsigned line = 0, requests = 0, answers = 0;
    FILE *readme = fopen("kernel/agent/README.md", "r");
    ok_if(readme, "README.md is there (run from the root of the tree)");
    if (!readme)
        return tap_done();

    fixture_start();
    fake.effect = effect;
    for (line = 1; fgets(text, sizeof text, readme); line++) {
        uint8_t bytes[512];
        text[strcspn(text, "\n")] = '\0';
        if (!strncmp(text, "    rig    ", 11)) {
            send_bytes(bytes, bytes_of(text + 11, bytes));
            requests++;
        } else if (!strncmp(text, "    agent  ", 11)) {
            answers++;
            ok_if(same_bytes(fake.output, fake.output_count, text + 11), "the answer in line %u",
                  line);
        }
    }
    fclose(readme);
    ok_if(requests == 7 && answers == 7, "seven requests and as many answers");
    ok_if(fake.op_count == 3 && fake.leaves == 1, "three operations, executed once; one LEAVE");
    return tap_done();
}
