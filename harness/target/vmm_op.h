/* vmm_op.h: an operation of a case as a call of our VMM: for the target sim, and, linked into the
 * kernel, for the target qemu.  Freestanding.  Programs' accesses are the machine's affair, but the
 * way to the space in which they are made is here. */
#ifndef VMM_OP_H
#define VMM_OP_H

#include "../../vmm/vmm.h"
#include "../case/op.h"

/* The VMM's and the rig's names for the same things have the same values. */
_Static_assert((int)VMM_OK == (int)STATUS_OK && (int)VMM_FAULT == (int)STATUS_FAULT &&
                   (int)VMM_NO_MEMORY == (int)STATUS_NO_MEMORY &&
                   (int)VMM_BAD_ARGUMENT == (int)STATUS_BAD_ARGUMENT &&
                   (int)VMM_EXISTS == (int)STATUS_EXISTS &&
                   (int)VMM_NOT_MAPPED == (int)STATUS_NOT_MAPPED &&
                   (int)VMM_NO_SPACE == (int)STATUS_NO_SPACE &&
                   (int)VMM_BAD_SLOT == (int)STATUS_BAD_SLOT,
               "statuses");
_Static_assert((int)VMM_PROT_NONE == (int)PROT_NO && (int)VMM_PROT_READ == (int)PROT_R &&
                   (int)VMM_PROT_WRITE == (int)PROT_RW,
               "protections");
_Static_assert((int)VMM_MAP_ANY == (int)OP_ANY && (int)VMM_MAP_EAGER == (int)OP_EAGER &&
                   (int)VMM_MAP_SEGMENT == (int)OP_BACKED,
               "flags of map");

/* Goes to space s, for an access of a program there.  *current: the slot of the space that programs
 * run in, OP_SLOTS: none.  False: there is no such space. */
static inline bool vmm_op_enter(struct vmm *vmm, uint32_t s, uint32_t *current)
{
    if (!vmm_exists(vmm, s))
        return false;
    if (*current == s)
        vmm_commit(vmm, s); /* as update=deferred asks of whoever runs a program */
    else
        vmm_switch(vmm, s);
    *current = s;
    return true;
}

/* Any operation but read, write and check.  *va: the operation's address, and where a map was made;
 * *word: what copy_in read. */
static inline enum vmm_status vmm_op(struct vmm *vmm, const struct op *op, uint32_t *current,
                                     va_t *va, uint32_t *word)
{
    enum vmm_status status;
    uint32_t given = op->x;
    switch ((enum op_code)op->code) {
    case OP_CREATE:
        return vmm_create(vmm, op->s);
    case OP_DESTROY:
        status = vmm_destroy(vmm, op->s);
        if (!status && *current == op->s)
            *current = OP_SLOTS;
        return status;
    case OP_SWITCH:
        status = vmm_switch(vmm, op->s);
        if (!status)
            *current = op->s;
        return status;
    case OP_FORK:
        return vmm_fork(vmm, op->s, op->t);
    case OP_SEGMENT:
        return vmm_segment(vmm, op->g, op->n);
    case OP_RELEASE:
        return vmm_release(vmm, op->g);
    case OP_MAP:
        return vmm_map(vmm, op->s, va, op->n, op->prot, op->flags, op->g, op->x);
    case OP_MAP_DEVICE:
        return vmm_map(vmm, op->s, va, op->n, VMM_PROT_WRITE, VMM_MAP_DEVICE, 0, op->x);
    case OP_UNMAP:
        return vmm_unmap(vmm, op->s, *va, op->n);
    case OP_PROTECT:
        return vmm_protect(vmm, op->s, *va, op->n, op->prot);
    case OP_COPY_IN:
        return vmm_copy(vmm, op->s, *va, word, false);
    case OP_COPY_OUT:
        return vmm_copy(vmm, op->s, *va, &given, true);
    case OP_EVICT:
        return vmm_evict(vmm, op->s, *va);
    case OP_DISCARD:
        return vmm_discard(vmm, op->s);
    case OP_COMMIT:
        return vmm_commit(vmm, op->s);
    case OP_FAIL:
        vmm_fail(vmm, op->x, op->flags & OP_STICKY);
        return VMM_OK;
    case OP_READ:
    case OP_WRITE:
    case OP_CHECK:
    case OP_CODES:
        break;
    }
    return VMM_OK;
}

#endif
