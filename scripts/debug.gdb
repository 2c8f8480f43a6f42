# debug.gdb: gdb's view of the kernel, in gdb's own language; scripts/debug loads it.
#
# Page tables are read from physical memory, by QEMU's gdb stub (Qqemu.PhyMemMode), so nothing needs to
# be mapped and nothing in the guest changes.  Commands that read memory end in virtual memory again.

set pagination off
set confirm off
set print pretty on
set disassemble-next-line off

define quiet
    set logging file /dev/null
    set logging redirect on
    set logging enabled on
end
document quiet
quiet: what follows is not shown, until `loud`.
end

define loud
    set logging enabled off
end
document loud
loud: ends `quiet`.
end

define physical
    # The packet's own text goes nowhere.  Arguments end at blanks.
    quiet
    maintenance packet Qqemu.PhyMemMode:1
    set $word = *(unsigned *) ($arg0)
    maintenance packet Qqemu.PhyMemMode:0
    loud
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

define entry_in
    set $directory = (unsigned) ($arg0)
    set $address = (unsigned) ($arg1)
    set $pte_at = 0
    set $pte = 0
    set $pde_at = ($directory & 0xfffff000) + ($address >> 22) * 4
    physical $pde_at
    set $pde = $word
    if $pde & 1
        set $pte_at = ($pde & 0xfffff000) + ($address >> 12 & 1023) * 4
        physical $pte_at
        set $pte = $word
    end
end
document entry_in
entry_in DIRECTORY ADDRESS: the entries of an address in the directory at that physical address: $pde,
$pte, and the physical address of that, $pte_at, 0 where there is no table.
end

define walk_in
    entry_in $arg0 $arg1
    printf "directory frame %u [%u] %#010x ", $directory >> 12, $address >> 22, $pde
    pte $pde
    if $pde & 1
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

define stored
    if $argc == 1
        entry_in $cr3 $arg0
    else
        set $at = 'adapter.c'::vmm->spaces[$arg0].directory << 12
        entry_in $at $arg1
    end
    set $wanted = $pte_at
    set $stored_at = 0
    # The kernel notes where it stores a word, and then does; behind each note is a stop, nothing else is
    # one but the VMM's beginning.
    disable
    quiet
    awatch 'machine.c'::last_store
    set $watch = $bpnum
    break *reset_vmm
    set $begin = $bpnum
    loud
    while $wanted && $stored_at != $wanted && $pc != (unsigned) reset_vmm
        quiet
        reverse-continue
        loud
        set $noted = 'machine.c'::last_store
        # Until the VMM has loaded CR3 its addresses are physical.
        set $stored_at = $noted
        if 'machine.c'::adopted
            entry_in $cr3 $noted
            set $stored_at = ($pte & 0xfffff000) + ($noted & 4095)
        end
    end
    delete $watch $begin
    enable
    if !$wanted
        printf "there is no table for it\n"
    else
        if $stored_at == $wanted
            backtrace 4
        else
            printf "the VMM has not stored it until now; this is where it begins\n"
        end
    end
end
document stored
stored ADDRESS, stored SPACE ADDRESS: with --record: goes back to where the VMM stored the page table entry
of an address last, in the directory in CR3, or in that of a space; to the VMM's beginning if it never did.
All breakpoints are enabled afterwards.
end
