/* rnn, lstm and gru: a state that goes along a sequence. What the input adds to the gates is one product of all
 * positions, as are the gradients of the weights; what the state before adds is a product for each step. Tensors, and
 * how they start, are those of PyTorch's nn.RNN, nn.LSTM and nn.GRU of one layer: weight_ih_l0 [gates H][C],
 * weight_hh_l0 [gates H][H], bias_ih_l0, bias_hh_l0, then those of the way from the last position to the first, with
 * _reverse. Of a padded sequence the steps beyond its length do nothing and put out 0. With `start` the state begins as
 * what the encoder puts out, x[1]: a vector, or the last position that counts of a sequence; the cell of an LSTM as 0.
 *
 * Positions of all blocks lie one after the other, so that a step finds its state and gates in one piece:
 *
 *     states  [T + 1][blocks][H][16]     step t goes  from row t to row t + 1,  or back  from row t + 1 to row t
 *     gates   [T][blocks][kept][H][16]
 */
#include "nn/layer.h"

#include <limits.h>
#include <string.h>

struct recurrent_args {
    int units, bidirectional, last, relu, start, init;
};

static const char *cell_word(size_t i)
{
    static const char *const words[] = {"tanh", "relu"};
    return i < 2 ? words[i] : NULL;
}

// clang-format off
#define AT(field) offsetof(struct recurrent_args, field)
#define UNITS { .name = "units", .type = P_INT, .at = AT(units), .min = 1, .max = 16384, .help = "numbers of the state" }
#define WAYS \
    { .name = "bidirectional", .type = P_FLAG, .at = AT(bidirectional), .preset = "no", \
      .help = "a second state goes from the last position to the first; both are put out, one after the other" }, \
    { .name = "last", .type = P_FLAG, .at = AT(last), .preset = "no", \
      .help = "put out where each state ends, not all positions" }, \
    { .name = "start", .type = P_FLAG, .at = AT(start), .preset = "no", \
      .help = "the state begins as what the encoder puts out, of a sequence at its last position, not as 0" }, \
    { .name = "init", .type = P_CHOICE, .at = AT(init), .preset = "default", .word = layer_init_word, \
      .help = "how the weights start; default, as biases always: uniform, +-1 / sqrt(units)" }
static const struct param rnn_params[] = {
    UNITS, WAYS,
    { .name = "act", .type = P_CHOICE, .at = AT(relu), .preset = "tanh", .word = cell_word, .help = "tanh or relu" },
    { 0 },
};
static const struct param gated_params[] = { UNITS, WAYS, { 0 } };
// clang-format on

extern const struct layer_type layer_rnn, layer_lstm, layer_gru;
enum { INPUT_WEIGHT, STATE_WEIGHT, INPUT_BIAS, STATE_BIAS, WAY_TENSORS };

struct recurrence {
    enum cell_kind cell;
    int t, in, units, ways, last;
    int gates, kept; /* that the products make, and that the way back reads */
};

static struct recurrence recurrence_of(const struct nn_node *nd)
{
    const struct recurrent_args *a = nd->args;
    const int lstm = nd->type == &layer_lstm, gru = nd->type == &layer_gru;
    return (struct recurrence){.cell = lstm      ? CELL_LSTM
                                       : gru     ? CELL_GRU
                                       : a->relu ? CELL_RELU
                                                 : CELL_TANH,
                               .t = nd->x[0].h,
                               .in = nd->x[0].c,
                               .units = a->units,
                               .ways = 1 + a->bidirectional,
                               .last = a->last,
                               .gates = lstm  ? 4
                                        : gru ? 3
                                              : 1,
                               .kept = lstm || gru ? 4 : 1};
}

static int recurrent_check(void *args, struct err *e)
{
    const struct recurrent_args *a = args;
    return a->start && a->bidirectional
               ? err_set(e, ERR_USAGE, "start is of a state that goes one way; leave out bidirectional")
               : 0;
}

static int recurrent_reads_encoder(const void *args)
{
    return ((const struct recurrent_args *)args)->start;
}

/* --- shape --- */

static void add_way(struct nn_node *nd, const struct recurrence *r, int reverse, int init)
{
    static const char *const names[][WAY_TENSORS] = {
        {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"},
        {"weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse"}};
    const int rows = r->gates * r->units, usual = layer_init_named("pytorch"), in[] = {r->in, r->units};
    for (int i = 0; i < WAY_TENSORS; i++) {
        const int weight = i < INPUT_BIAS, fan_in = init < 0 || !weight ? r->units : in[i];
        const size_t n = (size_t)rows * (size_t)(weight ? in[i] : 1);
        layer_tensor(nd, names[reverse][i], weight ? NN_WEIGHT : NN_BIAS, n, fan_in, rows,
                     init < 0 || !weight ? usual : init);
        if (weight)
            layer_dims(nd, 2, (const int[]){rows, in[i]});
    }
}

static size_t saved_vectors(const struct recurrence *r)
{
    const size_t t = (size_t)r->t, states = r->cell == CELL_LSTM ? 2 : 1;
    return (size_t)r->units * (t * (size_t)r->kept + (t + 1) * states);
}

static int recurrent_shape(struct nn_node *nd, struct err *e)
{
    const struct recurrent_args *a = nd->args;
    const struct recurrence r = recurrence_of(nd);
    char buf[48];
    if (nd->x[0].kind != SEQUENCE)
        return layer_error(nd, e,
                           "wants a sequence [C,T], but its input is %s; rows makes one of maps, reshape of a vector",
                           shape_text(nd->x[0], buf, sizeof buf));
    if (a->start && (nd->x[1].c != r.units || nd->x[1].kind > SEQUENCE))
        return layer_error(nd, e, "begins with %d numbers, and the encoder puts out %s; end it with %d units", r.units,
                           shape_text(nd->x[1], buf, sizeof buf), r.units);
    const double n = (double)r.gates * r.units * (r.in + r.units);
    if (n > INT_MAX || (double)saved_vectors(&r) * r.ways > INT_MAX)
        return layer_error(nd, e, "%d units for %d channels and %d positions are too many", r.units, r.in, r.t);
    nd->flags |= r.ways > 1 && !r.last ? LOOKS_AHEAD : 0;
    const int out = r.ways * r.units;
    nd->y = r.last ? (struct shape){VECTOR, out, 1, 1, 1} : (struct shape){SEQUENCE, out, r.t, 1, 1};
    nd->macs = n * r.t * r.ways;
    nd->saved_block = saved_vectors(&r) * LANES * (size_t)r.ways;
    for (int i = 0; i < r.ways; i++)
        add_way(nd, &r, i, a->init - 1);
    return 0;
}

/* --- memory --- */

/* What one way of the forward pass leaves. */
struct way_saved {
    float *gates, *h, *c; /* c of an LSTM */
};

static struct way_saved way_saved_of(const struct recurrence *r, int blocks, int way, float *saved)
{
    const size_t units = (size_t)blocks * (size_t)r->units * LANES, t = (size_t)r->t;
    float *gates = saved + (size_t)way * saved_vectors(r) * LANES * (size_t)blocks;
    float *h = gates + t * (size_t)r->kept * units;
    return (struct way_saved){gates, h, r->cell == CELL_LSTM ? h + (t + 1) * units : NULL};
}

/* Scratch: what the kernels want, then these arrays. */
struct recurrent_room {
    float *kernels;
    float *x;                         /* the input with positions before blocks; NULL: there is one block */
    float *rec;                       /* of a step */
    float *rounded;                   /* states, where they are multiplied in bf16 */
    float *in;                        /* of a GRU, which keeps no `in` */
    float *din, *drec, *product;      /* back: of all steps, and of one */
    float *direct, *dc, *dx, *turned; /* gradients of one step; of the input; weight_hh with its sides swapped */
};

/* Arrays one after the other; without a base only their sizes. */
struct room_cut {
    float *base;
    size_t at;
};

static float *cut_room(struct room_cut *c, size_t n)
{
    const size_t at = c->at;
    c->at += PAD16(n);
    return c->base ? c->base + at : NULL;
}

static size_t largest_scratch(const struct recurrence *r, int blocks, int bf16)
{
    size_t (*const scratch)(int, int, int) = bf16 ? dense_scratch_bf16 : dense_scratch;
    const int rows = r->gates * r->units;
    const size_t each[] = {scratch(blocks * r->t, r->in, rows), scratch(blocks * r->t, r->units, rows),
                           scratch(blocks, rows, r->units)};
    size_t most = each[0];
    for (size_t i = 1; i < sizeof each / sizeof *each; i++)
        most = each[i] > most ? each[i] : most;
    return most;
}

/* Cuts `scratch` up (NULL: counts); returns its floats. The arrays of both passes are there, whichever runs. */
static size_t cut_recurrent(const struct recurrence *r, int blocks, int bf16, float *scratch, struct recurrent_room *m)
{
    const size_t step = (size_t)blocks * (size_t)r->units * LANES, t = (size_t)r->t, gates = (size_t)r->gates;
    const size_t x = (size_t)blocks * t * (size_t)r->in * LANES, gru = r->cell == CELL_GRU;
    struct room_cut at = {scratch, 0};
    m->kernels = cut_room(&at, largest_scratch(r, blocks, bf16));
    m->x = cut_room(&at, blocks > 1 ? x : 0);
    m->rec = cut_room(&at, gates * step);
    m->rounded = cut_room(&at, bf16 ? t * step : 0);
    m->in = m->din = cut_room(&at, t * gates * step); /* one in the forward pass, the other back */
    m->drec = gru ? cut_room(&at, t * gates * step) : m->din;
    m->product = cut_room(&at, step);
    m->direct = cut_room(&at, step);
    m->dc = cut_room(&at, step);
    m->dx = cut_room(&at, x);
    m->turned = cut_room(&at, gates * (size_t)r->units * (size_t)r->units);
    return at.at;
}

/* And after it what is not saved in evaluation. */
static size_t recurrent_scratch(const struct nn_node *nd, int blocks, int bf16)
{
    const struct recurrence r = recurrence_of(nd);
    struct recurrent_room m;
    return cut_recurrent(&r, blocks, bf16, NULL, &m) + (size_t)blocks * nd->saved_block;
}

/* --- positions before blocks --- */

/* from[blocks][t][n] to to[t][blocks][n], or back. */
static void swap_blocks(int blocks, int t, size_t n, int back, const float *from, float *to)
{
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < t; i++) {
            const size_t by_block = ((size_t)b * (size_t)t + (size_t)i) * n;
            const size_t by_position = ((size_t)i * (size_t)blocks + (size_t)b) * n;
            memcpy(to + (back ? by_block : by_position), from + (back ? by_position : by_block), n * sizeof *to);
        }
}

static const float *input_by_position(const struct layer_call *c, const struct recurrence *r, float *room)
{
    if (c->pass->blocks == 1)
        return c->x[0];
    swap_blocks(c->pass->blocks, r->t, (size_t)r->in * LANES, 0, c->x[0], room);
    return room;
}

/* --- the passes --- */

/* A way of a call: its weights, its memory, and how its steps go. */
struct way {
    const struct layer_call *c;
    struct recurrence r;
    struct way_saved saved;
    struct recurrent_room m;
    const float *w[WAY_TENSORS];
    int number;
    size_t state; /* floats of the states of a step, of all blocks */
};

static struct way way_of(const struct layer_call *c, int number)
{
    struct way w = {.c = c, .r = recurrence_of(c->node), .number = number};
    const int blocks = c->pass->blocks;
    float *rest = c->scratch + cut_recurrent(&w.r, blocks, c->bf16, c->scratch, &w.m);
    w.saved = way_saved_of(&w.r, blocks, number, c->saved ? c->saved : rest);
    w.state = (size_t)blocks * (size_t)w.r.units * LANES;
    for (int i = 0; i < WAY_TENSORS; i++)
        w.w[i] = c->w + (c->node->tensor[WAY_TENSORS * number + i].at - c->node->tensor[0].at);
    return w;
}

/* The position of step i, and the rows of states before and after it. */
static int step_position(const struct way *w, int i)
{
    return w->number ? w->r.t - 1 - i : i;
}

static size_t row_before(const struct way *w, int t)
{
    return (size_t)(t + w->number) * w->state;
}

static size_t row_after(const struct way *w, int t)
{
    return (size_t)(t + !w->number) * w->state;
}

static const int32_t *block_lengths(const struct way *w, int block)
{
    const int32_t *lengths = layer_lengths(w->c);
    return lengths ? lengths + (size_t)block * LANES : NULL;
}

/* The floats of the output that this way makes of a block at a position (of the only one, where the last is put out).
 */
static size_t output_at(const struct way *w, int block, int t)
{
    const size_t positions = w->r.last ? 1 : (size_t)w->r.t;
    return (((size_t)block * positions + (size_t)t) * (size_t)w->r.ways + (size_t)w->number) * (size_t)w->r.units *
           LANES;
}

static const float *operand_of_step(const struct way *w, size_t n, const float *x)
{
    if (!w->c->bf16)
        return x;
    w->c->kernels->bf16_round(n, x, w->m.rounded);
    return w->m.rounded;
}

static void step_forward(const struct way *w, const float *in, int t)
{
    const struct recurrence *r = &w->r;
    const int blocks = w->c->pass->blocks, rows = r->gates * r->units;
    const size_t units = (size_t)r->units * LANES, before = row_before(w, t), after = row_after(w, t);
    const size_t gates = (size_t)(t * blocks * r->gates) * units, kept = (size_t)(t * blocks * r->kept) * units;
    PRODUCT_OF(w->c->kernels, w->c->bf16, dense_forward)
    (blocks, r->units, rows, operand_of_step(w, w->state, w->saved.h + before), w->w[STATE_WEIGHT], w->w[STATE_BIAS],
     w->m.rec, w->m.kernels);
    for (int b = 0; b < blocks; b++) {
        const size_t at = (size_t)b * units;
        const struct cell_step s = {.cell = r->cell,
                                    .width = r->units,
                                    .position = t,
                                    .lengths = block_lengths(w, b),
                                    .in = in + gates + at * (size_t)r->gates,
                                    .rec = w->m.rec + at * (size_t)r->gates,
                                    .h_before = w->saved.h + before + at,
                                    .c_before = w->saved.c ? w->saved.c + before + at : NULL,
                                    .gates = w->saved.gates + kept + at * (size_t)r->kept,
                                    .h = w->saved.h + after + at,
                                    .c = w->saved.c ? w->saved.c + after + at : NULL,
                                    .y = r->last ? NULL : w->c->y + output_at(w, b, t)};
        w->c->kernels->cell_forward(&s);
    }
}

/* --- the state that a way begins with --- */

static int has_start(const struct way *w)
{
    return w->c->node->nin > 1;
}

/* Where unit 0 of a lane lies in what the encoder puts out: at the last position that counts. */
static size_t state_start_at(const struct way *w, int block, int lane)
{
    const struct shape x = w->c->node->x[1];
    const int32_t *lengths = x.kind == SEQUENCE ? w->c->pass->lengths : NULL;
    const int counted = lengths ? lengths[block * LANES + lane] : x.h, n = counted < x.h ? counted : x.h;
    const int t = n > 0 ? n - 1 : 0;
    return ((size_t)(block * x.h + t) * (size_t)x.c) * LANES + (size_t)lane;
}

static void begin_state(const struct way *w, float *h)
{
    const size_t units = (size_t)w->r.units;
    memset(h, 0, w->state * sizeof *h);
    for (int b = 0; b < w->c->pass->blocks && has_start(w); b++)
        for (int lane = 0; lane < LANES; lane++) {
            const float *from = w->c->x[1] + state_start_at(w, b, lane);
            for (size_t i = 0; i < units; i++)
                h[((size_t)b * units + i) * LANES + (size_t)lane] = from[i * LANES];
        }
}

/* The gradient at that state: what came directly, and through the product of the first step. */
static void send_to_start(const struct way *w)
{
    const size_t units = (size_t)w->r.units;
    float *dx = w->c->dx[1];
    memset(dx, 0, floats_of(w->c->node->x[1], w->c->pass->blocks) * sizeof *dx);
    w->c->kernels->add_scaled(w->state, 1, w->m.direct, w->m.product, w->m.product);
    for (int b = 0; b < w->c->pass->blocks; b++)
        for (int lane = 0; lane < LANES; lane++) {
            float *to = dx + state_start_at(w, b, lane);
            for (size_t i = 0; i < units; i++)
                to[i * LANES] = w->m.product[((size_t)b * units + i) * LANES + (size_t)lane];
        }
}

static void way_forward(const struct way *w, const float *x)
{
    const struct recurrence *r = &w->r;
    const int blocks = w->c->pass->blocks, first = step_position(w, 0), end = step_position(w, r->t - 1);
    const size_t units = (size_t)r->units * LANES;
    float *in = r->cell == CELL_GRU ? w->m.in : w->saved.gates;
    PRODUCT_OF(w->c->kernels, w->c->bf16, dense_forward)
    (blocks * r->t, r->in, r->gates * r->units, x, w->w[INPUT_WEIGHT], w->w[INPUT_BIAS], in, w->m.kernels);
    begin_state(w, w->saved.h + row_before(w, first));
    if (w->saved.c)
        memset(w->saved.c + row_before(w, first), 0, w->state * sizeof(float));
    for (int i = 0; i < r->t; i++)
        step_forward(w, in, step_position(w, i));
    for (int b = 0; b < blocks && r->last; b++)
        memcpy(w->c->y + output_at(w, b, 0), w->saved.h + row_after(w, end) + (size_t)b * units, units * sizeof(float));
}

static void recurrent_forward(const struct layer_call *c)
{
    const struct recurrence r = recurrence_of(c->node);
    const float *x = NULL;
    for (int i = 0; i < r.ways; i++) {
        const struct way w = way_of(c, i);
        x = i ? x : input_by_position(c, &r, w.m.x);
        way_forward(&w, x);
    }
}

/* --- back --- */

static void step_backward(const struct way *w, int t, const float *product)
{
    const struct recurrence *r = &w->r;
    const int blocks = w->c->pass->blocks;
    const size_t units = (size_t)r->units * LANES, before = row_before(w, t), after = row_after(w, t);
    const size_t gates = (size_t)(t * blocks * r->gates) * units, kept = (size_t)(t * blocks * r->kept) * units;
    const size_t all = (size_t)r->gates * w->state;
    for (int b = 0; b < blocks; b++) {
        const size_t at = (size_t)b * units;
        const struct cell_back s = {.cell = r->cell,
                                    .width = r->units,
                                    .position = t,
                                    .lengths = block_lengths(w, b),
                                    .gates = w->saved.gates + kept + at * (size_t)r->kept,
                                    .h_before = w->saved.h + before + at,
                                    .c_before = w->saved.c ? w->saved.c + before + at : NULL,
                                    .c = w->saved.c ? w->saved.c + after + at : NULL,
                                    .dy = r->last ? NULL : w->c->dy + output_at(w, b, t),
                                    .product = product ? product + at : NULL,
                                    .direct = w->m.direct + at,
                                    .dc = w->m.dc + at,
                                    .din = w->m.din + gates + at * (size_t)r->gates,
                                    .drec = w->m.drec + gates + at * (size_t)r->gates};
        w->c->kernels->cell_backward(&s);
    }
    if (w->c->bf16)
        w->c->kernels->bf16_round(all, w->m.din + gates, w->m.din + gates);
    if (w->c->bf16 && w->m.drec != w->m.din)
        w->c->kernels->bf16_round(all, w->m.drec + gates, w->m.drec + gates);
}

/* weight_hh, [gates H][H], as [H][gates H]: the product that takes a step back is then one of the forward kind. */
static void turn_weight(const struct way *w)
{
    const size_t units = (size_t)w->r.units, rows = (size_t)w->r.gates * units;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < units; k++)
            w->m.turned[k * rows + i] = w->w[STATE_WEIGHT][i * units + k];
}

static void steps_backward(const struct way *w)
{
    const struct recurrence *r = &w->r;
    const int blocks = w->c->pass->blocks, rows = r->gates * r->units;
    const size_t units = (size_t)r->units * LANES;
    turn_weight(w);
    memset(w->m.dc, 0, w->state * sizeof(float));
    memset(w->m.direct, 0, w->state * sizeof(float));
    for (int b = 0; b < blocks && r->last; b++)
        memcpy(w->m.direct + (size_t)b * units, w->c->dy + output_at(w, b, 0), units * sizeof(float));
    for (int i = r->t - 1; i >= 0; i--) {
        const int t = step_position(w, i);
        step_backward(w, t, i < r->t - 1 ? w->m.product : NULL);
        if (i || has_start(w))
            PRODUCT_OF(w->c->kernels, w->c->bf16, dense_forward)
        (blocks, rows, r->units, w->m.drec + (size_t)t * (size_t)r->gates * w->state, w->m.turned, NULL, w->m.product,
         w->m.kernels);
    }
}

static float *gradient_of(const struct way *w, int tensor)
{
    const struct nn_node *nd = w->c->node;
    return w->c->dw + (nd->tensor[WAY_TENSORS * w->number + tensor].at - nd->tensor[0].at);
}

/* One product over all positions for each weight: of the input, and of the state before each. */
static void weight_gradients(const struct way *w, const float *x)
{
    const struct recurrence *r = &w->r;
    const int vectors = w->c->pass->blocks * r->t, rows = r->gates * r->units;
    const float *h = operand_of_step(w, (size_t)r->t * w->state, w->saved.h + row_before(w, 0));
    PRODUCT_OF(w->c->kernels, w->c->bf16, dense_backward_weights)
    (vectors, r->in, rows, x, w->m.din, gradient_of(w, INPUT_WEIGHT), gradient_of(w, INPUT_BIAS), w->m.kernels);
    PRODUCT_OF(w->c->kernels, w->c->bf16, dense_backward_weights)
    (vectors, r->units, rows, h, w->m.drec, gradient_of(w, STATE_WEIGHT), gradient_of(w, STATE_BIAS), w->m.kernels);
}

/* Puts, or with `add` adds, what the way sends to the input. */
static void send_to_input(const struct way *w, int add)
{
    const struct recurrence *r = &w->r;
    const int blocks = w->c->pass->blocks;
    const size_t n = (size_t)(blocks * r->t * r->in) * LANES;
    float *dx = w->c->dx[0], *made = blocks == 1 && !add ? dx : w->m.dx;
    PRODUCT_OF(w->c->kernels, w->c->bf16, dense_backward_data)
    (blocks * r->t, r->in, r->gates * r->units, w->m.din, w->w[INPUT_WEIGHT], made, w->m.kernels);
    if (made == dx)
        return;
    float *by_block = add ? w->m.x : dx; /* the input is no longer needed */
    if (blocks == 1)
        by_block = made;
    else
        swap_blocks(blocks, r->t, (size_t)r->in * LANES, 1, made, by_block);
    if (add)
        w->c->kernels->add_scaled(n, 1, by_block, dx, dx);
}

static void recurrent_backward(const struct layer_call *c)
{
    const struct recurrence r = recurrence_of(c->node);
    for (int i = 0; i < r.ways; i++) {
        const struct way w = way_of(c, i);
        const float *x = input_by_position(c, &r, w.m.x);
        steps_backward(&w);
        weight_gradients(&w, x);
        if (has_start(&w) && c->dx[1])
            send_to_start(&w);
        if (c->dx[0])
            send_to_input(&w, i > 0);
    }
}

#define RECURRENT_ROW(word, words, text, paper)                                                                        \
    const struct layer_type layer_##word = {                                                                           \
        .name = #word,                                                                                                 \
        .sig = "[C,T] -> [units,T]",                                                                                   \
        .help = text,                                                                                                  \
        .source = paper,                                                                                               \
        .params = words,                                                                                               \
        .positional = 1,                                                                                               \
        .args_size = sizeof(struct recurrent_args),                                                                    \
        .check = recurrent_check,                                                                                      \
        .reads_encoder = recurrent_reads_encoder,                                                                      \
        .flags = KEEPS_X | COUNTS | KNOWS_LENGTHS,                                                                     \
        .shape = recurrent_shape,                                                                                      \
        .window = layer_whole_window,                                                                                  \
        .scratch = recurrent_scratch,                                                                                  \
        .forward = recurrent_forward,                                                                                  \
        .backward = recurrent_backward,                                                                                \
    }
RECURRENT_ROW(rnn, rnn_params, "a state that goes along a sequence: h = tanh(W x + b + U h' + c)",
              "Elman 1990, doi:10.1207/s15516709cog1402_1");
RECURRENT_ROW(lstm, gated_params, "long short-term memory: a state with gates, and a cell that it is read from",
              "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735");
RECURRENT_ROW(gru, gated_params, "gated recurrent units, the reset gate after the product, as in PyTorch",
              "Cho et al. 2014, arXiv:1406.1078");
