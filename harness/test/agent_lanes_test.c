/* agent_lanes_test.c: the mailbox, alone and beside the line; sleeping; serving for ever. */
#include "agent_fixture.h"
#include <setjmp.h>

static struct agent_mailbox box;
static jmp_buf out_of_serve;

static void start(void)
{
    fake_facts.mailbox = &box;
    fake_facts.mailbox_address = 0x123000;
    memset(&box, 0, sizeof box);
    fixture_start();
}

static void post(const char *hex)
{
    box.request_length = (uint32_t)bytes_of(hex, box.request_bytes);
    box.request++;
    fake.output_count = 0;
}

static bool boxed(const char *request, const char *answer)
{
    post(request);
    bool busy = agent_turn(&fake_kernel);
    return busy && box.answer == box.request &&
           same_bytes(box.answer_bytes, box.answer_length, answer) && !agent_turn(&fake_kernel);
}

/* A RESET whose axes fill the request, if it has this length: is it executed? */
static bool resets(const char *request, uint32_t length)
{
    fake.resets = 0;
    post(request);
    box.request_length = length;
    agent_turn(&fake_kernel);
    if (!fake.resets && (box.answer_length != 1 || box.answer_bytes[0] != WIRE_UNKNOWN))
        abort();
    return fake.resets;
}

static void test_mailbox(void)
{
    static const char create[] = "03 00 01 00 01";
    start();
    ok_if(offsetof(struct agent_mailbox, request_bytes) == 24 &&
              offsetof(struct agent_mailbox, answer_bytes) == 24 + 8193,
          "the mailbox lies in memory as README.md says");
    ok_if(answers(WIRE_HELLO, "05", 0x81,
                  "05 07 80 06 02 06 08 02 ac 02 80 e0 48 "
                  "04 66 61 6b 65 09 61 3d 78 2c 79 20 62 3d 7a"),
          "HELLO tells where");
    ok_if(boxed("08", "88 00") && !fake.output_count,
          "a request is answered there, not on the line");
    ok_if(boxed(create, "83 01 00") && boxed(create, "83 01 00") && fake.op_count == 2,
          "each request is executed, also the same again");
    ok_if(boxed("0a", "ff") && boxed("08 00", "ff") && boxed("00", "ff"), "UNKNOWN is");
    ok_if(resets("02 06 00 08 02 03 f9 3f", 8193), "a request as long as can be");
    ok_if(!resets("02 06 00 08 02 03 fa 3f", 8194), "none that is longer");
    ok_if(!resets("02 06 00 08 02 03 f5 ff ff ff 0f", 0), "nor one without a type");
    box.request = box.answer = 0xffffffff;
    ok_if(boxed(create, "83 01 00") && box.answer == 0, "numbers go round");
    box.rig_sleeps = 1;
    ok_if(boxed("08", "88 00") && same_bytes(fake.output, fake.output_count, "C1"),
          "a rig that sleeps is woken by an END");
    ok_if(boxed("09", "89") && fake.leaves == 1, "LEAVE leaves");
}

static void test_both(void)
{
    static uint8_t line[64];
    start();
    size_t count = make_frame(line, WIRE_RUN, 9, (const uint8_t *)"\0\1\0\1", 4);
    send_bytes(line, count);
    fake.op_count = 0;
    ok_if(boxed("03 00 01 00 02", "83 01 00") && fake.op_count == 1, "after the line, the mailbox");
    send_bytes(line, count);
    ok_if(fake.op_count == 1 && fake.output[1] == 0x83,
          "a repetition on the line is still one after a request in the mailbox");
    memcpy(fake.input, line, count);
    fake.input[2] = 10; /* damaged, so that nothing is executed */
    fake.input_from = 0;
    fake.input_to = count;
    post("08");
    ok_if(agent_turn(&fake_kernel) && box.answer == box.request && fake.input_from == 0 &&
              !fake.output_count,
          "what is in the mailbox goes first");
    while (agent_turn(&fake_kernel))
        ;
    ok_if(fake.output_count && fake.output[1] == WIRE_REFUSED, "and the line is not forgotten");
}

/* An idle that sees how the agent sleeps, posts a request once, and in the end gets us out. */
static uint32_t first_sleep, slept, awake_at_end;

static void watchful_idle(uint32_t times)
{
    fake.idles++;
    if (box.agent_sleeps && !slept++)
        first_sleep = times;
    if (slept == 3) {
        slept = 4;
        post("08");
        return;
    }
    if (slept > 4 || fake.idles > 3 * AGENT_SPINS) {
        awake_at_end = times;
        longjmp(out_of_serve, 1);
    }
    if (slept == 4 && box.answer == box.request && !box.agent_sleeps)
        slept = 5;
    else if (slept && slept < 4)
        slept++;
}

static void serve(void (*idle)(uint32_t))
{
    fake_kernel.idle = idle;
    slept = first_sleep = awake_at_end = 0;
    if (!setjmp(out_of_serve))
        agent_serve(&fake_kernel);
    fake_kernel.idle = fake_idle;
}

static int get_nothing(void)
{
    return -1;
}

/* A request that comes after the last look at the mailbox, before the agent says that it sleeps:
 * nobody will wake it. */
static int get_late(void)
{
    if (fake.idles == AGENT_SPINS && !slept++)
        post("08");
    return -1;
}

static void late_idle(uint32_t times)
{
    fake.idles++;
    if (slept)
        longjmp(out_of_serve, 1 + (times > AGENT_SPINS));
}

static void counting_idle(uint32_t times)
{
    fake.idles++;
    if (times > AGENT_SPINS && !box.agent_sleeps && fake_facts.mailbox)
        longjmp(out_of_serve, 2);
    if (times >= AGENT_SPINS + 5)
        longjmp(out_of_serve, 1);
}

static void test_sleep(void)
{
    start();
    serve(watchful_idle);
    ok_if(first_sleep == AGENT_SPINS + 1, "the agent looks %u times before it says that it sleeps",
          (unsigned)AGENT_SPINS);
    ok_if(box.answer == 1 && box.answer_bytes[0] == 0x88,
          "a request that comes while it sleeps is answered when it is woken");
    ok_if(awake_at_end < AGENT_SPINS, "and then it is awake for a while");

    start();
    fake_kernel.get = get_late;
    serve(late_idle);
    ok_if(fake.idles == AGENT_SPINS + 1 && box.answer == 1 && !box.agent_sleeps,
          "a request that comes just before is seen, and idle is not called");

    fake_kernel.get = fake_get;
    start();
    fake_kernel.get = get_nothing;
    serve(counting_idle);
    ok_if(fake.idles == AGENT_SPINS + 5, "idle is told how often in a row, and each sleep is said");
    fake_facts.mailbox = NULL;
    fake.idles = 0;
    serve(counting_idle);
    ok_if(fake.idles == AGENT_SPINS + 5, "also without a mailbox");
    fake_kernel.get = fake_get;
}

int main(void)
{
    test_mailbox();
    test_both();
    test_sleep();
    return tap_done();
}
