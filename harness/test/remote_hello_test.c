/* remote_hello_test.c: what an agent says of itself is taken only when it can be, and its designs
 * are matched by name. */
#include "../../kernel/agent/wire.h"
#include "../lib/tap.h"
#include "../target/remote_hello.h"
#include <string.h>

static size_t put_hello(uint8_t *to, const uint32_t numbers[9], const char *designs)
{
    uint8_t *start = to;
    for (int i = 0; i < 9; i++)
        to = wire_put_number(to, numbers[i]);
    to = wire_put_number(to, 1);
    *to++ = 'k';
    to = wire_put_number(to, (uint32_t)strlen(designs));
    memcpy(to, designs, strlen(designs));
    return (size_t)(to + strlen(designs) - start);
}

static bool hello_is(const uint32_t numbers[9], const char *refused)
{
    uint8_t bytes[256];
    struct hello hello;
    char why[100] = "";
    size_t length = put_hello(bytes, numbers, "index=list");
    bool good = hello_read(&hello, bytes, length, why, sizeof why);
    return refused ? !good && strstr(why, refused) : good;
}

static void test_hello(void)
{
    static const uint32_t fine[9] = {WIRE_VERSION, 3, 768, 1024, 500, 2000, 16, 64, 0x1000};
    static const struct {
        int at;
        uint32_t value;
        const char *refused;
    } bad[] = {
        {0, 1, "version 1"},      {2, 0, "user directory"},  {2, 1024, "user directory"},
        {4, 0, "frames"},         {3, 1 << 20, "frames"},    {4, UINT32_MAX, "frames"},
        {5, 1200, "device"},      {6, UINT32_MAX, "device"}, {5, UINT32_MAX, "device"},
        {7, UINT32_MAX, "slots"}, {8, 0x1001, "mailbox"},
    };
    uint8_t bytes[256];
    struct hello hello;
    char why[100];
    unsigned refused = 0;
    ok_if(hello_is(fine, NULL), "a HELLO that can be is taken");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t numbers[9];
        memcpy(numbers, fine, sizeof fine);
        numbers[bad[i].at] = bad[i].value;
        ok_if(hello_is(numbers, bad[i].refused), "number %d of %u is refused", bad[i].at,
              (unsigned)bad[i].value);
    }
    size_t length = put_hello(bytes, fine, "index=list");
    for (size_t cut = 0; cut < length; cut++)
        refused += !hello_read(&hello, bytes, cut, why, sizeof why);
    ok_if(refused == length, "a HELLO that is cut off anywhere is refused");
}

static void test_designs(void)
{
    struct hello hello = {.designs = "novel=x,y update=deferred,immediate index=list,rbtree"};
    struct design design = {{0}};
    uint8_t choice[AGENT_AXES_MAX];
    uint32_t axes;
    char why[100] = "";
    ok_if(hello_design(&hello, &design, choice, &axes, why, sizeof why) && axes == 3 &&
              choice[0] == 0 && choice[1] == 1 && choice[2] == 1,
          "choices are matched by name; of an axis that only the guest has, the first is taken");
    design.choice[AXIS_FORK] = 1;
    ok_if(!hello_design(&hello, &design, choice, &axes, why, sizeof why) &&
              strstr(why, "no fork=copy"),
          "an axis that the guest lacks cannot be chosen");
    design = (struct design){{0}};
    hello = (struct hello){.designs = "index=list"};
    ok_if(!hello_design(&hello, &design, choice, &axes, why, sizeof why) &&
              strstr(why, "no index=rbtree"),
          "nor can a choice");
    hello = (struct hello){.designs = ""};
    ok_if(hello_design(&hello, &design, choice, &axes, why, sizeof why) && axes == 0,
          "a guest without designs does the default");
}

int main(void)
{
    test_hello();
    test_designs();
    return tap_done();
}
