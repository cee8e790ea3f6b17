/* memory.h - how much memory there is for this process. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Bytes that the process may still take: before memory and swap of the machine or a limit of its control group (1 or 2)
 * are used up, when the kernel would kill it, or a resource limit (RLIMIT_DATA, RLIMIT_AS). What other processes use
 * counts as free: it comes and goes. A sixteenth is kept back. SIZE_MAX where the system says nothing. */
size_t memory_room(void);

/* From now on the process gets at most so many bytes more, the rest as where there is no more memory (RLIMIT_AS). */
void memory_allow(size_t bytes);

/* What memory_room would say on a system whose files are below `root`, resource limits aside: for tests. */
size_t memory_room_at(const char *root);

#endif
