/* counters.c: see counters.h. */
#include "counters.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file, mapped. */
struct elf {
    const uint8_t *bytes;
    size_t size;
    const Elf32_Ehdr *header;
    const Elf32_Shdr *sections;
    const char *names;
    size_t names_size;
};

static bool refuse(const char *path, const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, what);
    return false;
}

/* NULL: it does not lie in the file. */
static const void *part(const struct elf *elf, size_t offset, size_t size)
{
    bool inside = offset % 4 == 0 && offset <= elf->size && size <= elf->size - offset;
    return inside ? elf->bytes + offset : NULL;
}

static bool map_file(struct elf *elf, const char *path)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &file) == 0;
    if (good && file.st_size > 0) {
        elf->size = (size_t)file.st_size;
        elf->bytes = mmap(NULL, elf->size, PROT_READ, MAP_PRIVATE, fd, 0);
        good = elf->bytes != MAP_FAILED;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

static bool read_headers(struct elf *elf)
{
    const Elf32_Ehdr *header = elf->size ? part(elf, 0, sizeof *header) : NULL;
    if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS32 || header->e_shentsize != sizeof(Elf32_Shdr) ||
        header->e_phentsize != sizeof(Elf32_Phdr))
        return false;
    elf->header = header;
    elf->sections = part(elf, header->e_shoff, header->e_shnum * sizeof(Elf32_Shdr));
    if (!elf->sections || header->e_shstrndx >= header->e_shnum)
        return false;
    const Elf32_Shdr *names = &elf->sections[header->e_shstrndx];
    elf->names_size = names->sh_size;
    elf->names = names->sh_offset <= elf->size && names->sh_size <= elf->size - names->sh_offset
                     ? (const char *)elf->bytes + names->sh_offset
                     : NULL;
    return elf->names && elf->names_size && !elf->names[elf->names_size - 1];
}

static const Elf32_Shdr *section(const struct elf *elf, const char *name)
{
    for (unsigned i = 0; i < elf->header->e_shnum; i++)
        if (elf->sections[i].sh_name < elf->names_size &&
            strcmp(elf->names + elf->sections[i].sh_name, name) == 0)
            return &elf->sections[i];
    return NULL;
}

/* Where the loader puts an address; false: nowhere. */
static bool physical(const struct elf *elf, uint32_t va, uint32_t size, uint32_t *pa)
{
    unsigned count = elf->header->e_phnum;
    const Elf32_Phdr *at = part(elf, elf->header->e_phoff, count * sizeof *at);
    for (; at && count; at++, count--)
        if (at->p_type == PT_LOAD && va >= at->p_vaddr && va - at->p_vaddr <= at->p_memsz &&
            size <= at->p_memsz - (va - at->p_vaddr)) {
            *pa = va - at->p_vaddr + at->p_paddr;
            return true;
        }
    return false;
}

/* Pairs of an address and flags, a pair for each counter. */
static void read_addresses(struct counters *counters, const struct elf *elf)
{
    const Elf32_Shdr *table = section(elf, "__sancov_pcs");
    const uint32_t *pairs = table ? part(elf, table->sh_offset, table->sh_size) : NULL;
    if (!pairs || table->sh_size / (2 * sizeof *pairs) != counters->count)
        return;
    counters->addresses = calloc(counters->count, sizeof *counters->addresses);
    for (uint32_t i = 0; counters->addresses && i < counters->count; i++)
        counters->addresses[i] = pairs[2 * i];
}

bool counters_find(struct counters *counters, const char *path, char *why, size_t why_size)
{
    struct elf elf = {0};
    *counters = (struct counters){0};
    if (!map_file(&elf, path))
        return refuse(path, strerror(errno), why, why_size);
    const char *what = NULL;
    if (!read_headers(&elf)) {
        what = "not an ELF file of a 32-bit machine";
    } else {
        const Elf32_Shdr *at = section(&elf, "__sancov_cntrs");
        if (at && !physical(&elf, at->sh_addr, at->sh_size, &counters->pa))
            what = "its counters are not loaded";
        else if (at)
            counters->count = at->sh_size;
        if (counters->count)
            read_addresses(counters, &elf);
    }
    if (elf.size)
        munmap((void *)(uintptr_t)elf.bytes, elf.size);
    return !what || refuse(path, what, why, why_size);
}
