/* threads.h - how many threads there can be. Where the OpenMP library cannot make one, or one's stack is too small, it
 * ends the process: this is tried before the first parallel region. */
#ifndef ORCHESTRATE_THREADS_H
#define ORCHESTRATE_THREADS_H

#include <stddef.h>

/* What a worker's stack must hold: the largest frame is 80 KB of tiles (kernels/ops/conv/wgrad.c), others stay below 16
 * KiB
 * (-Wframe-larger-than), and the deepest path has about ten of them. */
#define THREADS_STACK ((size_t)256 << 10)

/* Bytes of stack that the OpenMP library gives each of its threads: $OMP_STACKSIZE (a number of KiB, or one with B, K,
 * M or G; OpenMP 5.2, 21.2.2), else libgomp's $GOMP_STACKSIZE, else the system's size. */
size_t threads_stack(void);

/* Threads that can exist at a time, of `wanted` (>= 1), the calling one included: so many are made, with stacks as the
 * OpenMP library makes them, and end again. Where there are fewer, text[n] is a line that says why and what to do. */
int threads_possible(int wanted, char *text, size_t n);

#endif
