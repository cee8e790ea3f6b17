/* graph.c - nodes, shapes, offsets, costs. */
#include "nn/freezing.h"
#include "nn/inits.h"
#include "nn/layers/sides.h"
#include "nn/text/builder.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *shape_text(struct shape s, char *buf, size_t n)
{
    switch (s.kind) {
    case VECTOR:
        snprintf(buf, n, "%d", s.c);
        break;
    case SEQUENCE:
        snprintf(buf, n, "%dx%d", s.c, s.h);
        break;
    case MAPS:
        snprintf(buf, n, "%dx%dx%d", s.c, s.h, s.w);
        break;
    case VOLUME:
        snprintf(buf, n, "%dx%dx%dx%d", s.c, s.d, shape_rows(s), s.w);
        break;
    }
    return buf;
}

int shape_of_text(const char *text, struct shape *out)
{
    int v[4] = {1, 1, 1, 1}, n = 0;
    for (char *end;; text = end + 1) {
        long k = n < 4 && *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
        if (k < 1 || k > 1 << 24)
            return -1;
        v[n++] = (int)k;
        if (!*end)
            break;
        if (*end != 'x')
            return -1;
    }
    *out = (struct shape){(enum shape_kind)n, v[0], v[1], v[2], 1};
    if (out->kind == VOLUME && (double)v[1] * v[2] > 1 << 24)
        return -1;
    if (out->kind == VOLUME)
        *out = (struct shape){VOLUME, v[0], v[1] * v[2], v[3], v[1]};
    return 0;
}

int nn_uses(const struct nn_graph *g, const char *layer)
{
    const struct layer_type *t = layer_find(layer);
    for (int i = 0; t && i < g->nnodes; i++)
        if (g->node[i].type == t && (t->flags & IDENTITY || !(g->node[i].flags & IDENTITY)))
            return 1;
    return 0;
}

int nn_is_layer(const struct nn_node *nd, const char *layer)
{
    return nd->type == layer_find(layer);
}

static const struct nn_node *first_with_flag(const struct nn_graph *g, unsigned flag, int side)
{
    for (int i = 0; i < g->nnodes; i++)
        if (g->node[i].flags & flag && g->node[i].side >= side)
            return &g->node[i];
    return NULL;
}

const struct nn_node *nn_adds_loss(const struct nn_graph *g)
{
    return first_with_flag(g, ADDS_LOSS, 0);
}

const struct nn_node *nn_looks_ahead(const struct nn_graph *g)
{
    return first_with_flag(g, LOOKS_AHEAD, g->target > 0);
}

size_t nn_tensor_row(const struct nn_tensor *t)
{
    return (size_t)(t->rank == 2 ? t->dim[1] : t->fan_in);
}

char *nn_inputs_text(const struct nn_node *nd, char *buf, size_t n)
{
    size_t used = 0;
    buf[0] = 0;
    for (int k = 0; k < nd->nin && used < n; k++)
        used += (size_t)(nd->in[k] == NN_INPUT ? snprintf(buf + used, n - used, "%sinput", k ? " " : "")
                                               : snprintf(buf + used, n - used, "%s%d", k ? " " : "", nd->in[k] + 1));
    return buf;
}

int nn_is_chain(const struct nn_graph *g)
{
    for (int i = 0; i < g->nnodes; i++)
        if (g->node[i].nin != 1 || g->node[i].in[0] != i - 1)
            return 0;
    return 1;
}

/* --- links, shapes, offsets --- */

/* Marks each node as normalized of which every reader takes a bias away. */
static void mark_normalized(struct nn_graph *g)
{
    for (int i = 0; i < g->nnodes; i++)
        g->node[i].normalized = i < g->nnodes - 1;
    for (int i = 0; i < g->nnodes; i++)
        for (int k = 0; k < g->node[i].nin; k++)
            if (g->node[i].in[k] != NN_INPUT && !(g->node[i].type->flags & UNDOES_BIAS))
                g->node[g->node[i].in[k]].normalized = 0;
}

/* The tokens whose ids it reads; 0: it reads numbers. */
static int vocabulary_read(const struct nn_graph *g, const struct nn_node *nd)
{
    int most = 0;
    for (int k = 0; k < nd->nin; k++) {
        const int ids = nd->in[k] == NN_INPUT ? g->vocabulary : g->node[nd->in[k]].ids;
        most = ids > most ? ids : most;
    }
    return most;
}

/* Which text of a pair it is of, and the embedding there that a dense layer may be tied to. */
static void find_side(const struct nn_graph *g, struct nn_node *nd)
{
    const int index = (int)(nd - g->node);
    nd->side = nd->in[0] == NN_INPUT ? 0 : g->node[nd->in[0]].side;
    nd->ids = nd->table_rows = nd->table_width = 0;
    nd->tied = nd->embedding = -1;
    for (int i = 0; i < index; i++) {
        const struct nn_node *before = &g->node[i];
        if (!(before->type->flags & READS_IDS) || !before->ntensors || before->side != nd->side)
            continue;
        nd->embedding = i;
        nd->table_rows = before->tensor[0].dim[0];
        nd->table_width = before->tensor[0].dim[1];
    }
}

/* Positions that lengths count. */
static int counted_positions(const struct nn_graph *g, const struct nn_node *nd)
{
    return !g->target ? g->in.h : nd->side ? g->target : g->in.h - g->target;
}

/* Refuses to join positions of both texts of a pair. */
static int check_sides(const struct nn_graph *g, const struct nn_node *nd, struct err *e)
{
    const int may = nd->type->reads_encoder && nd->type->reads_encoder(nd->args);
    for (int k = 1; k < nd->nin && !may; k++)
        if (nd->in[k] != NN_INPUT && g->node[nd->in[k]].side != nd->side && nd->x[k].kind == SEQUENCE)
            return layer_error(nd, e,
                               "joins positions of the source with those of the target; attention with `cross` looks "
                               "from the ones at the others");
    return 0;
}

/* Does it make a position, or all, of others without a look at lengths? */
static int ignores_lengths(const struct nn_node *nd)
{
    struct nn_window w = NN_WINDOW_ONE;
    if (nd->type->window)
        nd->type->window(nd, &w);
    return nd->x[0].kind == SEQUENCE && !(nd->flags & KNOWS_LENGTHS) &&
           (w.kernel[0] > 1 || nd->flags & (OVER_BATCH | OVER_POSITIONS));
}

/* Of ids of tokens nothing is made but by an embedding, and positions stay what lengths count. */
static int check_tokens(const struct nn_graph *g, const struct nn_node *nd, struct err *e)
{
    if (g->vocabulary && !nd->vocabulary && ignores_lengths(nd))
        return layer_error(nd, e,
                           "would count what stands after the end of the shorter texts; attention, rnn, lstm, gru, "
                           "mean, first and last look at the positions that count");
    if (nd->vocabulary && !(nd->type->flags & READS_IDS))
        return layer_error(nd, e, "its input is ids of tokens, which only stand for them; begin with embedding 64");
    if (g->vocabulary && nd->y.kind == SEQUENCE && nd->y.h != counted_positions(g, nd))
        return layer_error(nd, e, "makes %d positions of the %d of a text, whose lengths then count no more; keep them",
                           nd->y.h, counted_positions(g, nd));
    return check_sides(g, nd, e);
}

int graph_shape(struct nn_graph *g, struct nn_node *nd, struct arena *mem, struct err *e)
{
    nd->flags = nd->type->flags;
    nd->tensor = NULL;
    nd->buffer = NULL;
    nd->ntensors = nd->nnamed = 0;
    nd->params = nd->nbuffers = nd->nsaved = nd->saved_block = 0;
    nd->macs = 0;
    nd->mem = mem;
    nd->x = arena_take(mem, (size_t)nd->nin * sizeof *nd->x);
    if (!nd->x)
        return err_set(e, ERR_NOMEM, "no memory for the network");
    for (int k = 0; k < nd->nin; k++)
        nd->x[k] = nd->in[k] == NN_INPUT ? g->in : g->node[nd->in[k]].y;
    nd->vocabulary = vocabulary_read(g, nd);
    find_side(g, nd);
    if (nd->type->shape(nd, e) || check_tokens(g, nd, e))
        return -1;
    if (shape_size(nd->y) > INT_MAX / (4 * LANES))
        return layer_error(nd, e, "its output has %zu values for one image, the limit is %d", shape_size(nd->y),
                           INT_MAX / (4 * LANES));
    return mem->failed ? err_set(e, ERR_NOMEM, "no memory for the network") : 0;
}

static int place_node(struct nn_graph *g, struct nn_node *nd, const struct nn_spec *spec, struct arena *mem,
                      struct err *e)
{
    if (graph_shape(g, nd, mem, e))
        return -1;
    for (int t = 0; t < nd->ntensors; t++) {
        struct nn_tensor *tensor = &nd->tensor[t];
        tensor->at = g->param_floats;
        g->param_floats += PAD16(tensor->n);
        if (tensor->role == NN_WEIGHT && tensor->init < 0)
            tensor->init = spec->init;
        else if (tensor->init == INIT_BIASES)
            tensor->init = init_types[tensor[-1].init].fills_biases ? tensor[-1].init : -1;
    }
    nd->buffers_at = g->buffer_floats;
    g->buffer_floats += PAD16(nd->nbuffers);
    if (g->param_floats > INT_MAX)
        return layer_error(nd, e, "the network has more than %d parameters up to here", INT_MAX);
    return 0;
}

/* Positions of a sequence that was made of maps lie in no row: several of them see at most the whole input. */
static double cap_field(const struct nn_graph *g, const struct nn_node *nd, double before, double field, int side)
{
    if (g->in.kind < MAPS || nd->nin == 0 || nd->x[0].kind != SEQUENCE || field <= side)
        return field;
    return before > side ? before : side;
}

/* Receptive field, jump: Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks", Distill
 * 2019, doi:10.23915/distill.00021. Of several inputs the largest field and the largest jump count. */
static int reach(const struct nn_graph *g, struct nn_node *nd, struct err *e)
{
    const int side[NN_SIDES] = {shape_rows(g->in), g->in.w, g->in.d};
    struct nn_window w = NN_WINDOW_ONE;
    double most = 0;
    if (nd->type->window)
        nd->type->window(nd, &w);
    for (int i = 0; i < NN_SIDES; i++) {
        int rf = 1, jump = 1;
        for (int k = 0; k < nd->nin; k++)
            if (nd->in[k] != NN_INPUT) {
                const struct nn_node *in = &g->node[nd->in[k]];
                rf = in->rf[i] > rf ? in->rf[i] : rf;
                jump = in->jump[i] > jump ? in->jump[i] : jump;
            }
        double field = rf + (double)(w.kernel[i] - 1) * w.dilation[i] * jump, step = (double)jump * w.stride[i];
        field = cap_field(g, nd, rf, field, side[i]);
        most = field > most ? field : most;
        most = step > most ? step : most;
        nd->rf[i] = field < INT_MAX ? (int)field : INT_MAX;
        nd->jump[i] = step < INT_MAX ? (int)step : INT_MAX;
    }
    return most < INT_MAX ? 0 : layer_error(nd, e, "its receptive field is larger than %d pixels", INT_MAX);
}

/* A pooling whose one window is the whole map, or volume, is global pooling in other words. */
static void mark_global_pooling(struct nn_node *nd)
{
    const struct shape x = nd->x[0];
    struct nn_window w = NN_WINDOW_ONE;
    if (!(nd->flags & POOLS) || nd->flags & (HEAD_GAP | HEAD_GMP) || !nd->type->window || x.h * x.w == 1 ||
        nd->y.h * nd->y.w > 1)
        return;
    nd->type->window(nd, &w);
    if (w.kernel[0] >= shape_rows(x) && w.kernel[1] >= x.w && w.kernel[2] >= x.d)
        nd->flags |=
            nd->type == layer_find("maxpool") || nd->type == layer_find("adaptive_maxpool") ? HEAD_GMP : HEAD_GAP;
}

/* Marks the embedding whose table a node has for its weight. */
static int share_table(struct nn_graph *g, const struct nn_node *nd, struct err *e)
{
    if (nd->tied >= 0 && g->node[nd->tied].shared)
        return layer_error(nd, e, "is tied to '%s', and another layer is already", g->node[nd->tied].text);
    if (nd->tied >= 0)
        g->node[nd->tied].shared = 1;
    return 0;
}

int graph_finish(struct nn_graph *g, const struct nn_spec *spec, struct arena *mem, struct err *e)
{
    mark_normalized(g);
    for (int i = 0; i < g->nnodes; i++) {
        struct nn_node *nd = &g->node[i];
        nd->index = i;
        if (place_node(g, nd, spec, mem, e) || reach(g, nd, e) || share_table(g, nd, e))
            return -1;
        if (nd->flags & LAST && i < g->nnodes - 1)
            nd->flags &= ~(unsigned)IDENTITY;
        mark_global_pooling(nd);
    }
    nn_graph_transfer(g, spec);
    return graph_facts(g, mem, e);
}

/* The output is to have a shape of its own: it is told how to come by it. */
static int check_shape(const struct nn_node *last, struct nn_target want, struct err *e)
{
    char is[48], to_be[48];
    const struct shape y = last->y, w = *want.shape;
    if (shape_equal(y, w))
        return 0;
    shape_text(y, is, sizeof is);
    shape_text(w, to_be, sizeof to_be);
    if (y.kind == MAPS && w.kind == MAPS && y.h == w.h && y.w == w.w)
        return layer_error(last, e,
                           "the network ends with %s, it is to put out %d %s at each pixel (%s); end with conv 1x1 %d",
                           is, w.c, want.what, to_be, w.c);
    if (shape_size(y) == shape_size(w))
        return layer_error(last, e, "the network ends with %s, the %d %s are %s; end with reshape %s", is, want.n,
                           want.what, to_be, to_be);
    if (w.kind == SEQUENCE)
        return layer_error(last, e,
                           "the network ends with %s, it is to put out %d %s at each of %d positions (%s); end with "
                           "dense %d",
                           is, w.c, want.what, w.h, to_be, w.c);
    if (w.kind == VECTOR)
        return layer_error(last, e, "the network ends with %s, the data has %d %s; end with dense %d", is, want.n,
                           want.what, want.n);
    return layer_error(last, e,
                       "the network ends with %s, the %d %s are %s; end with dense %zu, reshape %s, or with maps "
                       "of that shape (upsample, conv_transpose)",
                       is, want.n, want.what, to_be, shape_size(w), to_be);
}

int nn_graph_critic(struct nn_graph *g, int line, struct nn_target made, struct err *e)
{
    int n = 0;
    while (n < g->nnodes && g->node[n].block < line)
        n++;
    if (!n || n == g->nnodes)
        return layer_error(&g->node[n ? n - 1 : 0], e,
                           "a generator and a critic are two networks; write layers into both");
    if (!nn_may_begin_at(g, n))
        return layer_error(&g->node[n], e,
                           "here begins the critic, which reads samples in the place of what the generator makes: "
                           "nothing of it reads other layers of the generator, and it does not begin with batchnorm");
    int learns = n;
    while (learns < g->nnodes && !g->node[learns].ntensors)
        learns++;
    if (learns == g->nnodes)
        return layer_error(&g->node[n], e, "the critic has no weights, and so it learns nothing; end it with dense 1");
    g->critic = n;
    return check_shape(&g->node[n - 1], made, e);
}

static int check_output(const struct nn_graph *g, struct nn_target want, struct err *e)
{
    const struct nn_node *last = &g->node[g->nnodes - 1];
    char buf[48];
    if (last->flags & LAST && want.n && strncmp(want.what, "class", 5) != 0 && strncmp(want.what, "token", 5) != 0)
        return layer_error(last, e,
                           "at the end it is left to the loss, and only losses of classes have one; leave it out");
    if (want.shape)
        return check_shape(last, want, e);
    if (!want.n || (last->y.c == want.n && last->y.h == 1 && last->y.w == 1))
        return 0;
    shape_text(last->y, buf, sizeof buf);
    if (last->y.h > 1 || last->y.w > 1)
        return layer_error(
            last, e, "the network ends with maps of %s, the data has %d %s; end with gap or flatten, then dense %d",
            buf, want.n, want.what, want.n);
    return layer_error(last, e, "the network ends with %s outputs, the data has %d %s; end with dense %d", buf, want.n,
                       want.what, want.n);
}

/* Of a pair of texts the second is not to be made without the first. */
static int check_encoder_read(const struct nn_graph *g, struct err *e)
{
    const struct nn_node *first = NULL; /* of the decoder: `target` itself */
    for (int i = 0; i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        first = !first && nd->side ? nd : first;
        for (int k = 1; k < nd->nin; k++)
            if (nd->side && nd->in[k] != NN_INPUT && !g->node[nd->in[k]].side)
                return 0;
    }
    return !first ? 0
                  : layer_error(first, e,
                                "nothing after it reads what the encoder puts out, so that every source would have the "
                                "same translation; write rnn, lstm or gru with `start`, or attention or transformer "
                                "with `cross`");
}

static int build_graph(struct nn_graph *g, const struct item *items, const struct where *at, struct nn_target target,
                       const struct nn_spec *spec, struct arena *a, struct err *e)
{
    struct builder b = {.g = g, .a = a, .e = e};
    int out = NN_INPUT;
    if ((g->target && items && build_side(&b, items, 0, &out)) || build_sequence(&b, items, out, &out))
        return -1;
    if (!g->nnodes)
        return err_at(e, ERR_USAGE, at, "the network has no layers; `sweep list layers` names them all");
    if (g->target && !b.target)
        return err_at(e, ERR_USAGE, at,
                      "the data has pairs of texts, and the network reads the first alone; write `target` after the "
                      "encoder, and then the decoder, which begins with an embedding of its own");
    assert(out == g->nnodes - 1); /* the last node is the output: every block ends with what it puts out */
    return graph_finish(g, spec, a, e) || check_encoder_read(g, e) || check_output(g, target, e) ? -1 : 0;
}

int nn_lines_check(const struct nn_line *lines, size_t nlines, struct err_list *errs)
{
    struct arena a;
    struct item *items;
    arena_init(&a);
    int bad = parse_layers(lines, nlines, &a, &items, errs);
    if (a.failed)
        bad = err_list_nomem(errs);
    arena_release(&a);
    return bad;
}

int nn_graph_build(struct nn_graph *g, const struct nn_line *lines, size_t nlines, struct shape in,
                   struct nn_target target, const struct nn_spec *spec, struct arena *a, struct err_list *errs)
{
    struct item *items;
    struct err e = {0};
    *g = (struct nn_graph){.in = in,
                           .precision = (enum nn_precision)spec->precision,
                           .vocabulary = spec->vocabulary,
                           .target = spec->target,
                           .target_vocabulary = spec->target_vocabulary};
    int bad = parse_layers(lines, nlines, a, &items, errs);
    if (!bad && build_graph(g, items, nlines ? &lines[0].at : NULL, target, spec, a, &e)) {
        err_list_take(errs, &e);
        bad = -1;
    }
    return a->failed ? err_list_nomem(errs) : bad;
}
