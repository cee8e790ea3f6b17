/* library.h - blocks that come with the program: each is a file nn/blocks/library/NAME.ini, compiled in as it stands, a
 * text like a section [block.NAME] of a sweep file after comments that say what it is, the last of them where it comes
 * from. config puts those that a sweep file uses to the blocks that it defines itself. */
#ifndef NN_BLOCKS_LIBRARY_H
#define NN_BLOCKS_LIBRARY_H

struct library_block {
    const char *name, *text;
};
extern const struct library_block library_blocks[]; /* in the order of the alphabet; ends with name NULL */

#endif
