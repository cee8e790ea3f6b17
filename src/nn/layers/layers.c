/* layers.c - the table of layer types, and what its rows share. */
#include "nn/layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The rows in the order of the manual: those before the activations, and those after them. */
// clang-format off
#define FIRST_LAYERS(X) \
    X(conv2d) X(depthwise) X(conv_transpose) X(patch) X(dense) X(embedding) \
    X(batchnorm) X(layernorm) X(groupnorm) X(instancenorm) X(rmsnorm) X(lrn) X(logit_norm)
#define LATER_LAYERS(X) \
    X(prelu) X(maxout) X(glu) \
    X(rnn) X(lstm) X(gru) X(attention) X(positional) X(class_token) X(kmeans) \
    X(dropout) X(dropout2d) X(droppath) X(gaussian_noise) X(sample) \
    X(maxpool) X(avgpool) X(adaptive_maxpool) X(adaptive_avgpool) X(gap) X(gmp) X(mean) X(first) X(last) \
    X(upsample) X(flatten) X(reshape) X(rows) X(pad) X(crop) \
    X(softmax)
// clang-format on
#define DECLARE(name) extern const struct layer_type layer_##name;
#define ROW(name) &layer_##name,
FIRST_LAYERS(DECLARE)
LATER_LAYERS(DECLARE)
#define ACTIVATION(name, ...) DECLARE(name)
#include "kernels/activations.def"

const struct layer_type *const layer_types[] = {FIRST_LAYERS(ROW)
#define ACTIVATION(name, ...) ROW(name)
#include "kernels/activations.def"
                                                    LATER_LAYERS(ROW) NULL};

const struct layer_type *layer_find(const char *name)
{
    for (size_t i = 0; layer_types[i]; i++)
        if (!strcmp(layer_types[i]->name, name) || (layer_types[i]->alias && !strcmp(layer_types[i]->alias, name)))
            return layer_types[i];
    return NULL;
}

int layer_error(const struct nn_node *nd, struct err *e, const char *fmt, ...)
{
    char text[384];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_at(e, ERR_SHAPE, &nd->at, "'%s': %s", nd->text, text);
}

static int refuse_input(const struct nn_node *nd, struct err *e)
{
    char buf[48];
    shape_text(nd->x[0], buf, sizeof buf);
    if (nd->x[0].kind == VOLUME)
        return layer_error(nd, e, "wants maps [C,H,W], but its input is a volume [C,D,H,W] of %s", buf);
    if (nd->x[0].kind == SEQUENCE)
        return layer_error(nd, e, "wants maps [C,H,W], but its input is a sequence [C,T] of %s", buf);
    return layer_error(
        nd, e, "wants maps [C,H,W], but its input is a vector of %s features; put it before flatten and dense", buf);
}

int layer_wants_maps(const struct nn_node *nd, struct err *e)
{
    return nd->x[0].kind == MAPS ? 0 : refuse_input(nd, e);
}

int layer_wants_places(const struct nn_node *nd, struct err *e)
{
    return nd->x[0].kind >= MAPS ? 0 : refuse_input(nd, e);
}

int layer_wants_positions(const struct nn_node *nd, struct err *e)
{
    return nd->x[0].kind >= SEQUENCE ? 0 : refuse_input(nd, e);
}

int layer_sides(const struct nn_node *nd)
{
    return nd->x[0].kind == VOLUME ? NN_SIDES : nd->x[0].kind == MAPS ? 2 : 1;
}

int layer_number(const struct nn_node *nd, const int extent[NN_SIDES], int side, int none)
{
    return side < layer_sides(nd) ? layer_along(extent, side) : none;
}

int layer_along(const int extent[NN_SIDES], int side)
{
    return extent[side] < 0 ? extent[0] : extent[side];
}

int layer_extent_fits(const struct nn_node *nd, const int extent[NN_SIDES], struct err *e)
{
    const int slices = extent[2] >= 0, alike = extent[0] == extent[1];
    switch (nd->x[0].kind) {
    case VOLUME:
        return slices || alike
                   ? 0
                   : layer_error(nd, e,
                                 "its input is a volume, which has three directions; write one number for all of "
                                 "them, or slices x rows x columns");
    case MAPS:
        return !slices ? 0 : layer_error(nd, e, "its input is maps, which have rows and columns; write NxM");
    case SEQUENCE:
    case VECTOR:
        break;
    }
    return !slices && alike ? 0
                            : layer_error(nd, e,
                                          "its input is a sequence, which has one direction; write one number "
                                          "for each of its words");
}

void layer_whole_window(const struct nn_node *nd, struct nn_window *w)
{
    w->kernel[0] = shape_rows(nd->x[0]);
    w->kernel[1] = nd->x[0].w;
    w->kernel[2] = nd->x[0].d;
}

int layer_same_shape(struct nn_node *nd, struct err *e)
{
    (void)e;
    nd->y = nd->x[0];
    return 0;
}

void layer_tensor(struct nn_node *nd, const char *name, enum nn_role role, size_t n, int fan_in, int fan_out, int init)
{
    struct nn_tensor *more = arena_take(nd->mem, (size_t)(nd->ntensors + 1) * sizeof *more);
    if (!more)
        return; /* graph_shape tells */
    if (nd->ntensors)
        memcpy(more, nd->tensor, (size_t)nd->ntensors * sizeof *more);
    more[nd->ntensors++] = (struct nn_tensor){.name = name,
                                              .role = role,
                                              .n = n,
                                              .rank = 1,
                                              .dim = {(int)n},
                                              .fan_in = fan_in,
                                              .fan_out = fan_out,
                                              .init = init,
                                              .start = role == NN_GAIN};
    nd->tensor = more;
    nd->params += n;
}

void layer_bias(struct nn_node *nd, size_t n)
{
    const struct nn_tensor *weights = nd->ntensors ? &nd->tensor[nd->ntensors - 1] : NULL;
    if (weights) /* else there was no memory for them */
        layer_tensor(nd, "bias", NN_BIAS, n, weights->fan_in, weights->fan_out, INIT_BIASES);
}

void layer_dims(struct nn_node *nd, int rank, const int *dim)
{
    if (!nd->ntensors)
        return; /* there was no memory for it */
    struct nn_tensor *t = &nd->tensor[nd->ntensors - 1];
    t->rank = rank;
    memcpy(t->dim, dim, (size_t)rank * sizeof *dim);
}

void layer_elements(struct nn_node *nd, int rank)
{
    const struct shape x = nd->x[0];
    const int map[] = {x.c, x.h, x.w}, volume[] = {x.c, x.d, shape_rows(x), x.w};
    const int kind = (int)x.kind; /* a dimension for each of its number */
    int all[NN_DIMS] = {1, 1, 1, 1, 1};
    memcpy(all + rank - kind, x.kind == VOLUME ? volume : map, (size_t)kind * sizeof *all);
    layer_dims(nd, rank, all);
}

void layer_buffer(struct nn_node *nd, const char *name, size_t n)
{
    struct nn_buffer *more = arena_take(nd->mem, (size_t)(nd->nnamed + 1) * sizeof *more);
    if (!more)
        return; /* graph_shape tells */
    if (nd->nnamed)
        memcpy(more, nd->buffer, (size_t)nd->nnamed * sizeof *more);
    more[nd->nnamed++] = (struct nn_buffer){name, n, nd->nbuffers};
    nd->buffer = more;
    nd->nbuffers += PAD16(n);
}

size_t layer_saved_floats(const struct nn_node *nd, int blocks)
{
    return PAD16(nd->nsaved) + nd->saved_block * (size_t)blocks;
}

size_t layer_tensor_floats(const struct nn_node *nd)
{
    const struct nn_tensor *end = &nd->tensor[nd->ntensors - 1];
    return end->at + PAD16(end->n) - nd->tensor[0].at;
}

int layer_init_named(const char *name)
{
    int i = 0;
    while (strcmp(nn_init_name((size_t)i), name) != 0)
        i++;
    return i;
}

const int32_t *layer_lengths(const struct layer_call *c)
{
    return c->node->x[0].kind != SEQUENCE ? NULL : c->node->side ? c->pass->target_lengths : c->pass->lengths;
}

const char *layer_init_word(size_t i)
{
    return i ? nn_init_name(i - 1) : "default";
}

const char *layer_bias_word(size_t i)
{
    static const char *const words[] = {"auto", "yes", "no"};
    return i < 3 ? words[i] : NULL;
}

int layer_has_bias(const struct nn_node *nd, int bias)
{
    return bias == BIAS_YES || (bias == BIAS_AUTO && !nd->normalized);
}
