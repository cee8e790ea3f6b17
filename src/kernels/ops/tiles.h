/* tiles.h - how the loops over channels and columns are cut into register blocks, and the sizes of scratch memory that
 * pick.c has to know. */
#ifndef KERNELS_OPS_TILES_H
#define KERNELS_OPS_TILES_H

#define CONV_SUMS ((size_t)1 << 18) /* floats of lane sums that conv_backward_weights may keep at a time: 1 MiB */
#define DENSE_CHUNK 16              /* blocks of images that are added to it at a time, at most, of many */
#define DENSE_GROUP 96              /* and rows of it that are packed for them */
#define DENSE_TURNED 16             /* blocks from which on the weights are turned for the gradient of the input */
#define DENSE_STRIP 4               /* vectors of 16 columns of a dense layer's dw made at a time, at most */

/* n things in as few pieces of at most `max` as possible, as even as possible: piece i is
 * piece_at(i)..piece_at(i+1)-1. */
static inline int pieces(int n, int max)
{
    return (n + max - 1) / max;
}
static inline int piece_at(int n, int max, int i)
{
    int count = pieces(n, max), each = n / count, more = n % count;
    return i * each + (i < more ? i : more);
}

#endif
