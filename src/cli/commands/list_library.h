/* list_library.h - the blocks that come with the program, for `sweep list blocks`. */
#ifndef CLI_COMMANDS_LIST_LIBRARY_H
#define CLI_COMMANDS_LIST_LIBRARY_H

#include <stddef.h>

/* Prints each block: its parameters with their defaults, what it is, and where it comes from. */
void list_library(int width);
/* Prints the text of one. 0, or -1 where there is none of that name. */
int print_library_block(const char *name);
const char *library_block_name(size_t i, const void *ctx); /* NULL after the last; ctx is not looked at */

#endif
