# debug.gdb: gdb's view of the kernel, in gdb's own language; scripts/debug loads it.
#
# Page tables are read from physical memory, by QEMU's gdb stub (Qqemu.PhyMemMode), so nothing needs to
# be mapped and nothing in the guest changes.  Commands that read memory end in virtual memory again.

set pagination off
set confirm off
set print pretty on
set disassemble-next-line off

define physical
    # The packet's own text goes nowhere.  Arguments end at blanks.
    set logging file /dev/null
    set logging redirect on
    set logging enabled on
    maintenance packet Qqemu.PhyMemMode:1
    set $word = *(unsigned *) ($arg0)
    maintenance packet Qqemu.PhyMemMode:0
    set logging enabled off
end
document physical
physical ADDRESS: reads the word at a physical address into $word.
end

define pte
    set $entry = (unsigned) ($arg0)
    if $entry & 1
        printf "frame %u", $entry >> 12
    else
        printf "not present"
    end
    if $entry & 1
        printf " P"
    end
    if $entry & 2
        printf " W"
    end
    if $entry & 4
        printf " U"
    end
    if $entry & 8
        printf " write-through"
    end
    if $entry & 16
        printf " cache-disabled"
    end
    if $entry & 32
        printf " A"
    end
    if $entry & 64
        printf " D"
    end
    if $entry & 128
        printf " bit 7 (PAT, or large page)"
    end
    if $entry & 256
        printf " G"
    end
    if $entry & 0xe00
        printf " available %#x", $entry >> 9 & 7
    end
    printf "\n"
end
document pte
pte WORD: what a page table entry, or a directory entry, says: frame and bits by name.
P present, W writable, U user, A accessed, D dirty, G global (Intel SDM vol. 3A, 4.3).
end

define walk_in
    set $directory = (unsigned) ($arg0)
    set $address = (unsigned) ($arg1)
    set $at = ($directory & 0xfffff000) + ($address >> 22) * 4
    physical $at
    set $pde = $word
    printf "directory frame %u [%u] %#010x ", $directory >> 12, $address >> 22, $pde
    pte $pde
    if $pde & 1
        set $at = ($pde & 0xfffff000) + ($address >> 12 & 1023) * 4
        physical $at
        set $pte = $word
        printf "table     frame %u [%u] %#010x ", $pde >> 12, $address >> 12 & 1023, $pte
        pte $pte
    end
end
document walk_in
walk_in DIRECTORY ADDRESS: walks an address in the directory at that physical address.
end

define walk
    if $argc == 1
        walk_in $cr3 $arg0
    else
        set $at = 'adapter.c'::vmm->spaces[$arg0].directory << 12
        walk_in $at $arg1
    end
end
document walk
walk ADDRESS: walks an address in the directory in CR3.
walk SPACE ADDRESS: in that of a space, by number (2 for s2).
end

define regions
    set $vmm = 'adapter.c'::vmm
    set $number = 0
    while $number < $vmm->config.spaces
        if $vmm->spaces[$number].used
            if $argc == 0
                regions_of $number
            else
                if $number == $arg0
                    regions_of $number
                end
            end
        end
        set $number = $number + 1
    end
end
document regions
regions [SPACE]: the regions of all spaces, or of one, in the order in which they were made.
end

define regions_of
    set $space = &$vmm->spaces[$arg0]
    printf "s%u   directory frame %u   %u regions", $arg0, $space->directory, $space->region_count
    if $vmm->current == $space
        printf "   <- current"
    end
    printf "\n"
    # Regions are elements of a pool; those that are free have another space, or none.
    set $i = 0
    while $i < $vmm->regions.fresh
        set $region = (struct region *) ($vmm->regions.memory + $i * $vmm->regions.size)
        if $region->space == $space && !$region->free
            printf "  %#x-%#x  ", $region->first << 12, ($region->last + 1) << 12
            output $region->prot
            printf " "
            output $region->backing
            printf " offset %u\n", $region->offset
        end
        set $i = $i + 1
    end
end
document regions_of
regions_of NUMBER: the regions of one space; `regions` sets $vmm.
end

