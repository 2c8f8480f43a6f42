# shellcheck shell=sh
# planted.sh: a copy of the rig with a bug in its VMM, for tests of what is done with findings; to be
# sourced after tap.sh, with $root set.
#
#     planted DIR vmm/swap.c 's/.../.../'     builds in DIR, by make from what is built already
#     $DIR/build/pagerig-asan, $DIR/build/kernel/kernel.elf
#
# An edit that changes nothing, or does not build, ends the test.

planted() {
    mkdir -p "$1/build" &&
        cp -a "$root/Makefile" "$root/vmm" "$root/kernel" "$root/harness" "$root/scripts" "$1" &&
        cp -a "$root/build/asan" "$root/build/kernel" "$1/build" || exit 1
    sed -i "$3" "$1/$2"
    ! cmp -s "$root/$2" "$1/$2" || { echo "Bail out!  the edit of $2 changes nothing"; exit 1; }
    make -s -C "$1" build/pagerig-asan build/kernel/kernel.elf > "$1/log" 2>&1 ||
        { sed 's/^/# /' "$1/log"; echo "Bail out!  $2 with a bug does not build"; exit 1; }
}

# shellcheck disable=SC2034 # for whoever sources this: evicting tells only the first holder
evict_forgets='s/for (page = vmm->frames\[slot\].holders; page; page = page->next_holder)/page = vmm->frames[slot].holders;/'
# shellcheck disable=SC2034 # undefined behaviour: a shift by 40
evict_shifts='s/    place_t frame = page->at, slot = slot_take(vmm);/&\n    volatile int by = 40;\n    frame += (unsigned)(1 << by) * 0;/'
