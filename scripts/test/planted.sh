# shellcheck shell=sh
# planted.sh: a copy of the rig with a bug in its VMM, for tests of what is done with findings; to be
# sourced after tap.sh, with $root set.
#
#     planted DIR vmm/swap.c 's/.../.../' 'asan kernel' build/pagerig-asan build/kernel/kernel.elf
#
# builds in DIR, by make from what is in these folders of build/ already.  An edit that changes
# nothing, or does not build, ends the test.

planted() {
    planted_in=$1 planted_file=$2 planted_edit=$3 planted_modes=$4
    shift 4
    mkdir -p "$planted_in/build" || exit 1
    for planted_item in Makefile vmm kernel harness fuzz corpus scripts; do
        cp -a "$root/$planted_item" "$planted_in" || exit 1
    done
    for planted_item in $planted_modes; do
        cp -a "$root/build/$planted_item" "$planted_in/build" || exit 1
    done
    sed -i "$planted_edit" "$planted_in/$planted_file"
    ! cmp -s "$root/$planted_file" "$planted_in/$planted_file" ||
        { echo "Bail out!  the edit of $planted_file changes nothing"; exit 1; }
    make -s -C "$planted_in" "$@" > "$planted_in/log" 2>&1 ||
        { sed 's/^/# /' "$planted_in/log"; echo "Bail out!  $planted_file with a bug does not build"; exit 1; }
}

# shellcheck disable=SC2034 # for whoever sources this: evicting tells only the first holder
evict_forgets='s/for (page = vmm->frames\[slot\].holders; page; page = page->next_holder)/page = vmm->frames[slot].holders;/'
# shellcheck disable=SC2034 # undefined behaviour: a shift by 40
evict_shifts='s/    place_t frame = page->at, slot = slot_take(vmm);/&\n    volatile int by = 40;\n    frame += (unsigned)(1 << by) * 0;/'

# A case that shows evict_forgets, and the bug of the canary, which is the same.
evict_case() {
    cat << 'END'
create s0
map s0 0x1000 1 rw
read s0 0x1000
fork s0 s1
evict s0 0x1000
END
}
