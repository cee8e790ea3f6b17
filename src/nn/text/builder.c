/* builder.c makes nodes of the items of a text, and shapes them as they are appended. */
#include "nn/text/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int builder_no_memory(const struct builder *b)
{
    return err_set(b->e, ERR_NOMEM, "no memory for the network");
}

static int item_error(const struct builder *b, enum err_code code, const struct item *it, const char *fmt, va_list ap)
{
    char text[384];
    vsnprintf(text, sizeof text, fmt, ap);
    return err_at(b->e, code, &it->at, "'%s': %s", it->text, text);
}

int build_error(const struct builder *b, const struct item *it, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int bad = item_error(b, ERR_SHAPE, it, fmt, ap);
    va_end(ap);
    return bad;
}

int build_word_error(const struct builder *b, const struct item *it, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int bad = item_error(b, ERR_USAGE, it, fmt, ap);
    va_end(ap);
    return bad;
}

char *build_place(const struct builder *b, int node, char *buf, size_t n)
{
    const struct nn_node *nd = node == NN_INPUT ? NULL : &b->g->node[node];
    if (nd)
        snprintf(buf, n, "'%.60s' in block %d", nd->text, nd->block);
    else
        snprintf(buf, n, "the network's input");
    return buf;
}

struct shape build_shape(const struct builder *b, int node)
{
    return node == NN_INPUT ? b->g->in : b->g->node[node].y;
}

/* Makes room for one more node, zeroed. Returns NULL with b->e. */
static struct nn_node *more_nodes(struct builder *b, const struct item *from)
{
    struct nn_graph *g = b->g;
    if (g->nnodes == NN_MAX_NODES) {
        err_at(b->e, ERR_USAGE, &from->at, "the network has more than %d layers", NN_MAX_NODES);
        return NULL;
    }
    if (g->nnodes == b->cap) {
        int cap = b->cap ? 2 * b->cap : 16;
        struct nn_node *v = arena_take(b->a, (size_t)cap * sizeof *v);
        if (!v) {
            builder_no_memory(b);
            return NULL;
        }
        if (g->nnodes)
            memcpy(v, g->node, (size_t)g->nnodes * sizeof *v);
        g->node = v;
        b->cap = cap;
    }
    return &g->node[g->nnodes];
}

int build_node(struct builder *b, const struct layer_type *type, const void *args, const char *text,
               const struct item *from, const int *in, int nin, int *out)
{
    struct nn_node *nd = more_nodes(b, from);
    int *inputs = nd ? arena_take(b->a, (size_t)nin * sizeof *inputs) : NULL;
    if (nd && !inputs)
        builder_no_memory(b);
    if (!inputs)
        return -1;
    memcpy(inputs, in, (size_t)nin * sizeof *inputs);
    *nd = (struct nn_node){
        .type = type, .args = args, .at = from->at, .text = text, .block = from->line, .in = inputs, .nin = nin};
    nd->level = b->level;
    if (graph_shape(b->g, nd, b->a, b->e))
        return -1;
    *out = b->g->nnodes++;
    return 0;
}

/* Gives the nodes of a block, from number `first` on, the names that it has for those with tensors. */
static int name_nodes(struct builder *b, const struct item *it, int first)
{
    int n = 0;
    for (int i = first; i < b->g->nnodes; i++) {
        struct nn_node *nd = &b->g->node[i];
        if (!nd->ntensors)
            continue;
        if (n == it->nnames)
            return build_word_error(b, it, "its `names` are %d, and it has more layers with tensors", n);
        nd->name = it->names[n++];
    }
    return 0;
}

/* A layer reads what comes before it, and by some words what the encoder has put out. */
static int build_layer(struct builder *b, const struct item *it, int in, int *out)
{
    const int read[2] = {in, b->encoder}, both = it->type->reads_encoder && it->type->reads_encoder(it->args);
    if (both && !b->target)
        return build_word_error(b, it, "wants an encoder before it, which ends with the word `target`");
    return build_node(b, it->type, it->args, it->text, it, read, 1 + both, out);
}

static int build_item(struct builder *b, const struct item *it, int in, int *out)
{
    const int first = b->g->nnodes;
    if (it->kind == ITEM_LAYER)
        return build_layer(b, it, in, out);
    *out = in;
    for (int i = 0, before = -1; i < it->times && b->g->nnodes > before; i++) { /* nothing, repeated, is nothing */
        before = b->g->nnodes;
        if (it->block->emit(b, it, *out, out))
            return -1;
    }
    return it->nnames ? name_nodes(b, it, first) : 0;
}

int build_sequence(struct builder *b, const struct item *it, int in, int *out)
{
    struct saved_value *const before = b->saved, *const outer = b->outer;
    b->outer = before;
    for (*out = in; it; it = it->next)
        if (build_item(b, it, *out, out))
            return -1;
    b->saved = before;
    b->outer = outer;
    return 0;
}

int build_body(struct builder *b, const struct item *it, int in, int *out)
{
    b->level++;
    int bad = build_sequence(b, it, in, out);
    b->level--;
    return bad;
}

int build_text(struct builder *b, const char *text, const struct item *from, int in, int *out)
{
    struct nn_line line = {.text = text, .at = from->at};
    struct err_list errs = {0};
    struct item *items;
    int bad = parse_layers(&line, 1, b->a, &items, &errs);
    if (bad && errs.n)
        err_set(b->e, errs.v[0].code, "%s", errs.v[0].text);
    err_list_release(&errs);
    for (struct item *it = bad ? NULL : items; it; it = it->next)
        it->line = from->line;
    return bad ? -1 : build_sequence(b, items, in, out);
}
