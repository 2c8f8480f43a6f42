/* monitor.h: QEMU's own opinion of the page tables, through its monitor (QMP, JSON over a socket).
 *
 * `info tlb` and `info mem` walk the tables that the processor has in CR3; code that knows nothing
 * of ours.  They do not show the TLB. */
#ifndef MONITOR_H
#define MONITOR_H

#include "../lib/pages.h"

/* Asks the monitor to do one command of the human monitor and returns what it printed, a string
 * that the caller frees.  NULL: why (of why_size bytes) says what is wrong: no answer within
 * seconds, a closed socket, an answer that is no JSON or a refusal.  fd: a connected socket; which
 * capabilities were negotiated and what came before does not matter. */
char *monitor_ask(int fd, const char *command, double seconds, char *why, size_t why_size);

/* Do `info registers`, `info tlb` and `info mem` say of what the first pdes directory entries map
 * (1,024: all 4 GiB) what CR3 and walk.h's walk of ram
 * say: the same pages present, in the same frames, with the same rights?  Accessed and dirty bits
 * may differ.  ram: pages of 1,024 words, cr3: a frame.  False: they do not, or the monitor does
 * not answer; why says which. */
bool monitor_walk_agrees(int fd, const struct pages *ram, uint32_t cr3, uint32_t pdes, char *why,
                         size_t why_size);

#endif
