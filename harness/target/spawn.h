/* spawn.h: other programs as processes that never outlive this one. */
#ifndef SPAWN_H
#define SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Starts argv[0], searched in PATH as a shell does, and returns its pid when it has been executed;
 * 0: *error is the errno that says why not.  It gets a process group of its own, so that a Ctrl-C
 * does not reach it, and is killed when the thread that called this ends.  standard: its standard
 * input (-1: empty), output and error; of our other file descriptors it inherits only those in
 * keep, under their numbers, which are above 2. */
pid_t spawn(char *const argv[], const int standard[3], const int *keep, size_t keep_count,
            int *error);

/* Has it ended by itself?  Waits for so many seconds at most; true: *status is that of waitpid, and
 * pid is nobody's any more. */
bool spawn_ended(pid_t pid, double seconds, int *status);

/* Kills it and all that it started in its group; returns the status of waitpid. */
int spawn_kill(pid_t pid);

/* From now on new file descriptors are above 2. */
void spawn_prepare(void);

#endif
