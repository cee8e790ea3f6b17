/* branch: bodies side by side on the same input, joined.
 *
 *          /--> body 1 --\
 *     in ----> body 2 ----> join -> out
 *          \--> body 3 --/
 */
#include "nn/layers/joins.h"
#include "nn/text/builder.h"

struct branch_args {
    int join; /* index into join_types */
};

// clang-format off
static const struct param branch_params[] = {
    { .name = "join", .type = P_CHOICE, .at = offsetof(struct branch_args, join),
      .preset = "concat", .word = join_name, .help = "how the branches become one" },
    { 0 },
};
// clang-format on

static int branch_emit(struct builder *b, const struct item *it, int in, int *out)
{
    const struct branch_args *a = it->args;
    int *way = arena_take(b->a, (size_t)it->nbodies * sizeof *way);
    if (!way)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    for (int i = 0; i < it->nbodies; i++)
        if (build_body(b, it->body[i], in, &way[i]))
            return -1;
    return build_join(b, join_types[a->join], 1, it, way, it->nbodies, out);
}

const struct block_type block_branch = {
    .name = "branch",
    .sig = "[concat | add | mul | mean] { ... | ... }",
    .help = "its bodies side by side, joined along channels (concat), or element by element",
    .source = "Szegedy et al. 2015, arXiv:1409.4842",
    .params = branch_params,
    .positional = 1,
    .args_size = sizeof(struct branch_args),
    .least = 2,
    .most = 64,
    .emit = branch_emit,
};
