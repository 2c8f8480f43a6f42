/* plan.c: see plan.h. */
#include "plan.h"
#include <string.h>

/* Every so many cases one runs on the small machine. */
enum { SMALL_EVERY = 48, SMALL_RAM = RAM_MIN };

uint64_t plan_seed(const struct plan *plan, uint64_t number)
{
    uint64_t x = plan->seed + number * 0x9e3779b97f4a7c15;
    return number ? rng_splitmix(&x) : plan->seed;
}

bool plan_is_small(const struct plan *plan, uint64_t number)
{
    return !plan->options.ram && number % SMALL_EVERY == SMALL_EVERY - 1;
}

uint32_t plan_ram(const struct plan *plan, uint64_t number)
{
    return plan_is_small(plan, number) ? SMALL_RAM : plan->options.ram;
}

void plan_begin(struct plan *plan, uint64_t number, struct case_head *head)
{
    struct gen_options options = plan->options;
    options.ram = plan_ram(plan, number);
    gen_begin(&plan->gen, plan_seed(plan, number), &options, head);
}

void plan_make(struct plan *plan, uint64_t number)
{
    struct test_case *c = &plan->c;
    if (plan->made && plan->number == number)
        return;
    *c = (struct test_case){.ops = plan->ops, .capacity = GEN_OPERATIONS};
    plan->number = number;
    plan->busy = true;
    plan_begin(plan, number, &c->head);
    gen_whole(&plan->gen, plan->planners[plan_is_small(plan, number)], c, GEN_OPERATIONS);
    plan->busy = false;
    plan->made = true;
}

void plan_take(const struct plan *plan, struct test_case *c)
{
    c->head = plan->c.head;
    c->count = plan->c.count;
    memcpy(c->ops, plan->c.ops, plan->c.count * sizeof *c->ops);
}
