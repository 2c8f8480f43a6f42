/* oracle_regions_test.c: a region list that is not the one that the operations made is found by
 * REGIONS, however the VMM cuts its regions; so are spaces and segments that are not there. */
#include "rig_script.h"

/* Pages 1 to 3 rw, and behind a hole 6 and 7 read-only. */
#define REGIONS  "create s0; map s0 0x20 3 rw; map s0 0xc0 2 r;"
#define SEGMENTS "segment g0 8; segment g1 8; create s0; map s0 0x20 2 rw g0 1;"

/* ---- Region lists that differ. ---- */

static bool without_page_6(struct target *target, uint32_t s, uint32_t vpn,
                           struct region_view *region)
{
    return honest->region(target, s, vpn > 3 && vpn <= 7 ? 8 : vpn, region);
}

static bool longer(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    if (!honest->region(target, s, vpn == 4 ? 3 : vpn, region))
        return false;
    region->last += region->last == 3;
    return true;
}

static bool shorter(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    if (!honest->region(target, s, vpn == 3 ? 4 : vpn, region))
        return false;
    region->last -= region->last == 3;
    return true;
}

static bool without_page_1(struct target *target, uint32_t s, uint32_t vpn,
                           struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    region->first += region->first == 1;
    return found;
}

static bool also_at_the_end(struct target *target, uint32_t s, uint32_t vpn,
                            struct region_view *region)
{
    if (honest->region(target, s, vpn, region))
        return true;
    *region = (struct region_view){.first = 31, .last = 31, .prot = PROT_R};
    return vpn <= 31;
}

static bool narrower(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    if (region->first == 6)
        region->prot = PROT_NO;
    return found;
}

static bool the_first_again(struct target *target, uint32_t s, uint32_t vpn,
                            struct region_view *region)
{
    return honest->region(target, s, vpn > 3 ? 1 : vpn, region);
}

static bool a_segment(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    region->backing = BACKING_SEGMENT;
    return found;
}

static bool another_segment(struct target *target, uint32_t s, uint32_t vpn,
                            struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    region->segment = honest->segment_id(target, 1);
    return found;
}

static bool next_offset(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    region->offset++;
    return found;
}

/* A region that was split keeps the offset of the whole. */
static bool offset_of_the_whole(struct target *target, uint32_t s, uint32_t vpn,
                                struct region_view *region)
{
    bool found = honest->region(target, s, vpn, region);
    if (region->first == 2)
        region->offset--;
    return found;
}

static const struct planted lists[] = {
    {"a region is not there", REGIONS "! protect s0 0xc0 2 rw", "REGIONS protect missing",
     .lies.region = without_page_6},
    {"a region's last page is not there", REGIONS "! protect s0 0x40 1 r",
     "REGIONS protect missing", .lies.region = shorter},
    {"a region is a page too long", REGIONS "! protect s0 0x20 3 r", "REGIONS protect extra",
     .lies.region = longer},
    {"a map damages the region before it", REGIONS "! map s0 0x80 1 rw", "REGIONS map missing",
     .lies.region = without_page_1},
    {"a region where none was touched", REGIONS "! unmap s0 0x20 1; > check", "REGIONS check extra",
     .lies.region = also_at_the_end},
    {"a region is lost that none touched", REGIONS "! protect s0 0x20 1 r; > check",
     "REGIONS check missing", .lies.region = without_page_6},
    {"a region list that goes round in a circle", REGIONS "! map s0 0x100 1 rw",
     "REGIONS map order", .lies.region = the_first_again},
    {"map makes no region", REGIONS "! map s0 0x100 1 rw", "REGIONS map missing", .instead = skip},
    {"unmap leaves the region", REGIONS "! unmap s0 0x40 1", "REGIONS unmap extra",
     .instead = skip},
    {"protect leaves the region as it was", REGIONS "! protect s0 0x40 1 r",
     "REGIONS protect protection", .instead = skip},
    {"a child with other rights", REGIONS "! fork s0 s1", "REGIONS fork protection",
     .lies.region = narrower},
    {"private memory that is a segment", REGIONS "! map s0 0x100 1 rw", "REGIONS map backing",
     .lies.region = a_segment},
    {"another segment", SEGMENTS "! map s0 0x100 1 rw g0 3", "REGIONS map segment",
     .lies.region = another_segment},
    {"another part of the segment", SEGMENTS "! map s0 0x100 1 rw g0 3", "REGIONS map offset",
     .lies.region = next_offset},
    {"a split that does not advance the offset", SEGMENTS "! protect s0 0x40 1 r",
     "REGIONS protect offset", .lies.region = offset_of_the_whole},
    {"another frame of the device", "create s0; ! map_device s0 0x20 1 0",
     "REGIONS map_device offset", .lies.region = next_offset},

    {"an offset of private memory", REGIONS "! map s0 0x100 1 rw", .lies.region = next_offset},
};

/* ---- Regions that are cut otherwise. ---- */

static bool page_by_page(struct target *target, uint32_t s, uint32_t vpn,
                         struct region_view *region)
{
    if (!honest->region(target, s, vpn, region))
        return false;
    uint32_t here = vpn > region->first ? vpn : region->first;
    region->offset += here - region->first;
    region->first = region->last = here;
    return true;
}

static bool page_by_page_at_one_offset(struct target *target, uint32_t s, uint32_t vpn,
                                       struct region_view *region)
{
    uint32_t offset = honest->region(target, s, vpn, region) ? region->offset : 0;
    bool found = page_by_page(target, s, vpn, region);
    region->offset = offset;
    return found;
}

/* All that is adjacent is one region, with the properties of the first. */
static bool merged(struct target *target, uint32_t s, uint32_t vpn, struct region_view *region)
{
    struct region_view next;
    if (!honest->region(target, s, vpn, region))
        return false;
    while (honest->region(target, s, region->first - 1, &next) && next.last == region->first - 1) {
        next.last = region->last;
        *region = next;
    }
    while (honest->region(target, s, region->last + 1, &next) && next.first == region->last + 1)
        region->last = next.last;
    return true;
}

static const struct planted cuts[] = {
    {"a region in pieces", REGIONS "! protect s0 0x20 3 rw; map s0 0x100 3 r; unmap s0 0x120 1",
     .lies.region = page_by_page},
    {"a segment's region in pieces", SEGMENTS "! protect s0 0x20 2 r; map s0 0x60 3 r g0 3",
     .lies.region = page_by_page},
    {"a device's region in pieces", "create s0; ! map_device s0 0x20 2 0",
     .lies.region = page_by_page},
    {"adjacent regions as one", REGIONS "! map s0 0x80 1 rw; map s0 0x100 2 r; protect s0 0xe0 2 r",
     .lies.region = merged},
    {"adjacent parts of a segment as one", SEGMENTS "! map s0 0x60 2 rw g0 3",
     .lies.region = merged},

    {"pieces that all show the same page", SEGMENTS "! protect s0 0x20 2 r",
     "REGIONS protect offset", .lies.region = page_by_page_at_one_offset},
    {"adjacent regions with different rights as one", REGIONS "! map s0 0x80 2 rw",
     "REGIONS map protection", .lies.region = merged},
    {"adjacent parts of a segment out of order as one", SEGMENTS "! map s0 0x60 2 rw g0 0",
     "REGIONS map offset", .lies.region = merged},
    {"adjacent parts of two segments as one", SEGMENTS "! map s0 0x60 2 rw g1 3",
     "REGIONS map segment", .lies.region = merged},
    {"a segment and private memory as one", SEGMENTS "! map s0 0x60 2 rw", "REGIONS map backing",
     .lies.region = merged},
};

/* ---- Spaces and segments. ---- */

static bool nothing_exists(struct target *target, uint32_t s)
{
    (void)target, (void)s;
    return false;
}

static bool everything_exists(struct target *target, uint32_t s)
{
    (void)target, (void)s;
    return true;
}

static uint32_t no_segment(struct target *target, uint32_t g)
{
    (void)target, (void)g;
    return 0;
}

static uint32_t always_g0(struct target *target, uint32_t g)
{
    (void)g;
    return honest->segment_id(target, 0);
}

static bool look_crashes(struct target *target, uint32_t s, uint32_t vpn, struct region_view *view)
{
    (void)s, (void)vpn, (void)view;
    target->looking = END_PANIC;
    target->what = "segmentation fault";
    return false;
}

static const struct planted names[] = {
    {"a new segment with the name of another", SEGMENTS "release g1; ! segment g1 1",
     "REGIONS segment segment", .lies.segment_id = always_g0},
    {"regions that cannot be looked at", REGIONS "! protect s0 0x20 1 r",
     "PANIC protect segmentation fault", .lies.region = look_crashes},
    {"a space that is gone", REGIONS "! read s0 0x20; > check", "REGIONS check space",
     .lies.exists = nothing_exists},
    {"a space that nobody made", REGIONS "! read s0 0x20; > check", "REGIONS check space",
     .lies.exists = everything_exists},
    {"destroy does nothing", REGIONS "! destroy s0", "FRAMES destroy free frames", .instead = skip},
    {"a segment's name that is gone", SEGMENTS "! read s0 0x20; > check", "REGIONS check segment",
     .lies.segment_id = no_segment},
    {"two names for one segment", SEGMENTS "! read s0 0x20; > check", "REGIONS check segment",
     .lies.segment_id = always_g0},
    {"release does nothing", SEGMENTS "! release g0; > check", "REGIONS check segment",
     .instead = skip},
};

int main(void)
{
    MUST_FIND_ALL(RIG_CHECK_EVERY, lists);
    MUST_FIND_ALL(RIG_CHECK_EVERY, cuts);
    MUST_FIND_ALL(RIG_CHECK_EVERY, names);
    return tap_done();
}
