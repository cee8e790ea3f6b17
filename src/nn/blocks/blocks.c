/* blocks.c - the table of block types. */
#include "nn/blocks/blocks.h"

#include <string.h>

extern const struct block_type block_repeat, block_residual, block_branch, block_dense_block, block_save, block_add,
    block_concat, block_target;

// clang-format off
const struct block_type *const block_types[] = {
    &block_repeat,
    &block_residual,
    &block_branch,
    &block_dense_block,
    &block_save,
    &block_add,
    &block_concat,
    &block_target,
    NULL,
};
// clang-format on

const struct block_type *block_find(const char *name)
{
    for (size_t i = 0; block_types[i]; i++)
        if (!strcmp(block_types[i]->name, name))
            return block_types[i];
    return NULL;
}
