/* skip: `save NAME` gives a name to what the layer before it puts out; `add NAME` and `concat NAME` join that with what
 * comes to them. A name is known from its save to the end of the braces (or of the block's text) around it, and inside
 * braces that begin in between, where another save of the name hides it. */
#include "base/str.h"
#include "nn/layers/joins.h"
#include "nn/text/builder.h"

#include <ctype.h>
#include <string.h>

struct saved_value {
    const char *name;
    int node;
    const struct item *by;
    struct saved_value *next;
};

struct skip_args {
    const char *name;
};

// clang-format off
static const struct param skip_params[] = {
    { .name = "name", .type = P_TEXT, .at = offsetof(struct skip_args, name), .help = "any word that begins with a letter" },
    { 0 },
};
// clang-format on

static const char *name_of(const struct item *it)
{
    return ((const struct skip_args *)it->args)->name;
}

static int save_emit(struct builder *b, const struct item *it, int in, int *out)
{
    const char *name = name_of(it);
    if (!isalpha((unsigned char)*name))
        return build_word_error(b, it, "'%s' is not a name; it begins with a letter", name);
    for (const struct saved_value *v = b->saved; v != b->outer; v = v->next)
        if (!strcmp(v->name, name))
            return build_word_error(b, it, "'%s' is saved already, in block %d; take another name", name, v->by->line);
    struct saved_value *v = arena_take(b->a, sizeof *v);
    if (!v)
        return err_set(b->e, ERR_NOMEM, "no memory for the network");
    *v = (struct saved_value){name, in, it, b->saved};
    b->saved = v;
    *out = in;
    return 0;
}

static const char *saved_name(size_t i, const void *builder)
{
    const struct saved_value *v = ((const struct builder *)builder)->saved;
    while (v && i--)
        v = v->next;
    return v ? v->name : NULL;
}

/* Joins what comes with what was saved. */
static int join_saved(struct builder *b, const struct layer_type *join, const struct item *it, int in, int *out)
{
    const char *name = name_of(it), *near;
    for (const struct saved_value *v = b->saved; v; v = v->next)
        if (!strcmp(v->name, name)) {
            const int way[2] = {in, v->node};
            return build_join(b, join, 1, it, way, 2, out);
        }
    near = str_nearest(name, saved_name, b);
    if (near)
        return build_word_error(b, it, "nothing is saved as '%s'; did you mean '%s'?", name, near);
    return build_word_error(b, it,
                            "nothing is saved as '%s' before it; write 'save %s' where it comes from, inside no other "
                            "braces",
                            name, name);
}

static int add_emit(struct builder *b, const struct item *it, int in, int *out)
{
    return join_saved(b, &join_add, it, in, out);
}

static int concat_emit(struct builder *b, const struct item *it, int in, int *out)
{
    return join_saved(b, &join_concat, it, in, out);
}

const struct block_type block_save = {
    .name = "save",
    .sig = "NAME",
    .help = "gives a name to what comes to it, for `add` and `concat` after it, up to the end of the braces around it",
    .source = "",
    .params = skip_params,
    .positional = 1,
    .args_size = sizeof(struct skip_args),
    .emit = save_emit,
};
const struct block_type block_add = {
    .name = "add",
    .sig = "NAME",
    .help = "adds what was saved as NAME, of the same shape",
    .source = "",
    .params = skip_params,
    .positional = 1,
    .args_size = sizeof(struct skip_args),
    .emit = add_emit,
};
const struct block_type block_concat = {
    .name = "concat",
    .sig = "NAME",
    .help = "puts what was saved as NAME after what comes, along the channels",
    .source = "Ronneberger et al. 2015, arXiv:1505.04597",
    .params = skip_params,
    .positional = 1,
    .args_size = sizeof(struct skip_args),
    .emit = concat_emit,
};
