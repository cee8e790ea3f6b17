/* bench_layers.c calls the kernels of single layers, losses and optimizers on the arrays of the benchmark. */
#include "bench/bench_arrays.h"

/* ---- normalizations of samples ----------------------------------------------------------------------------------- */

#define BENCH_GROUPS 4

static struct sample_norm norm_of(const struct kernel_arrays *v, int groups)
{
    return (struct sample_norm){.c = v->d.ci,
                                .h = v->d.h,
                                .w = v->d.w,
                                .groups = groups,
                                .centred = 1,
                                .eps = 1e-5f,
                                .gain = v->w,
                                .bias = v->dw};
}

/* Statistics of all sets, which are most where each position is one. */
static size_t norm_scratch(const struct conv_dims *d, int blocks)
{
    return (size_t)(blocks * d->h * d->w + BENCH_GROUPS) * 2 * LANES;
}

static void norm_forward(void *p, int groups)
{
    const struct kernel_arrays *v = p;
    const struct sample_norm d = norm_of(v, groups);
    v->k->sample_norm_forward(&d, v->blocks, v->a, v->scratch, v->b);
}

static void norm_backward(void *p, int groups)
{
    const struct kernel_arrays *v = p;
    const struct sample_norm d = norm_of(v, groups);
    v->k->sample_norm_backward(&d, v->blocks, v->a, v->scratch, v->b, v->c, v->lanes);
}

static void call_layernorm_forward(void *p)
{
    norm_forward(p, 0);
}

static void call_layernorm_backward(void *p)
{
    norm_backward(p, 0);
}

static void call_groupnorm_forward(void *p)
{
    norm_forward(p, BENCH_GROUPS);
}

static void call_groupnorm_backward(void *p)
{
    norm_backward(p, BENCH_GROUPS);
}

/* ---- activations that know channels, and joins ------------------------------------------------------------------- */

static void call_prelu_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->prelu_forward(v->d.ci, v->d.h, v->d.w, v->blocks, v->a, v->w, v->b);
}

static void call_prelu_backward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->prelu_backward(v->d.ci, v->d.h, v->d.w, v->images, v->a, v->b, v->w, v->c, v->scratch);
}

static size_t floats_of_half_row(const struct kernel_arrays *v)
{
    return (size_t)(v->d.ci / 2 * v->d.w) * LANES;
}

static void call_glu_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->glu_forward(v->blocks * v->d.h, floats_of_half_row(v), v->a, v->b);
}

static void call_glu_backward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->glu_backward(v->blocks * v->d.h, floats_of_half_row(v), v->a, v->b, v->c);
}

static void call_maxout_forward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->maxout_forward(v->blocks * v->d.h, v->d.ci / 2, 2, v->d.w, v->a, v->b);
}

static void call_maxout_backward(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->maxout_backward(v->blocks * v->d.h, v->d.ci / 2, 2, v->d.w, v->a, v->b, v->e, v->c);
}

static size_t gate_scratch(const struct conv_dims *d, int blocks)
{
    return (size_t)(blocks * d->ci) * LANES;
}

static void call_gate(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->gate(v->d.ci, v->d.h, v->d.w, v->blocks, v->a, v->scratch, v->b);
}

static void call_gate_sums(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->gate_sums(v->d.ci, v->d.h, v->d.w, v->blocks, v->a, v->b, v->scratch);
}

static void call_add_scaled(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->add_scaled(v->in, 0.5f, v->a, v->c, v->b);
}

static void call_mul(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->mul(v->in, v->a, v->c, v->b);
}

/* ---- other sizes ------------------------------------------------------------------------------------------------- */

#define BENCH_SIDE 64 /* most rows or columns of what upsample makes */

/* Twice as large along straight lines, as the layer upsample asks for it. */
static struct sample_place doubled_place(int i, int n)
{
    const int first = i ? (i - 1) / 2 : 0, last = first >= n - 1;
    return (struct sample_place){first, last ? first : first + 1, i == 0 || last ? 0 : i % 2 ? 0.25f : 0.75f};
}

static void resample_either_way(const struct kernel_arrays *v, int back)
{
    struct sample_place row[BENCH_SIDE], col[BENCH_SIDE];
    const struct resample d = {v->d.ci, v->d.h, v->d.w, v->d.ho, v->d.wo, row, col};
    for (int i = 0; i < d.ho; i++)
        row[i] = doubled_place(i, d.h);
    for (int i = 0; i < d.wo; i++)
        col[i] = doubled_place(i, d.w);
    if (back)
        v->k->resample_backward(&d, v->blocks, v->b, v->c);
    else
        v->k->resample_forward(&d, v->blocks, v->a, v->b);
}

static void call_resample_forward(void *p)
{
    resample_either_way(p, 0);
}

static void call_resample_backward(void *p)
{
    resample_either_way(p, 1);
}

static struct pool_dims adaptive_of(const struct kernel_arrays *v)
{
    return (struct pool_dims){.c = v->d.ci, .h = v->d.h, .w = v->d.w, .ho = v->d.ho, .wo = v->d.wo};
}

static void call_adaptive_forward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct pool_dims d = adaptive_of(v);
    v->k->adaptive_forward(&d, 1, v->blocks, v->a, v->b);
}

static void call_adaptive_backward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct pool_dims d = adaptive_of(v);
    v->k->adaptive_backward(&d, 1, v->blocks, v->a, v->b, v->e, v->c);
}

/* ---- attention and k-means --------------------------------------------------------------------------------------- */

/* The input of a sample is queries, keys and values, ci = 3 co channels at h positions; groups is the number of heads.
 */
static struct attention attention_of_dims(const struct conv_dims *d)
{
    return (struct attention){.heads = d->groups, .width = d->co / d->groups, .rows = d->h, .cols = 1, .scale = 0.25f};
}

static size_t attention_logs(const struct conv_dims *d)
{
    return (size_t)(d->groups * d->h) * LANES;
}

static size_t attention_room(const struct conv_dims *d, int blocks)
{
    const struct attention a = attention_of_dims(d);
    return (size_t)blocks * attention_logs(d) + attention_scratch(&a);
}

/* Two products of all pairs of positions, over all channels; an exponential for each pair and head. */
static double attention_operations(const struct conv_dims *d)
{
    const double pairs = (double)d->h * d->h;
    return pairs * (4.0 * d->co + 28.0 * d->groups);
}

/* And back: five products. */
static double attention_operations_back(const struct conv_dims *d)
{
    const double pairs = (double)d->h * d->h;
    return pairs * (10.0 * d->co + 30.0 * d->groups);
}

static void call_attention_forward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct attention a = attention_of_dims(&v->d);
    const size_t in = v->in / (size_t)v->blocks, out = v->out / (size_t)v->blocks, logs = attention_logs(&v->d);
    for (size_t b = 0; b < (size_t)v->blocks; b++)
        v->k->attention_forward(&a, v->a + b * in, v->b + b * out, v->scratch + b * logs,
                                v->scratch + (size_t)v->blocks * logs);
}

static void call_attention_backward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct attention a = attention_of_dims(&v->d);
    const size_t in = v->in / (size_t)v->blocks, out = v->out / (size_t)v->blocks, logs = attention_logs(&v->d);
    for (size_t b = 0; b < (size_t)v->blocks; b++)
        v->k->attention_backward(&a, v->a + b * in, v->b + b * out, v->scratch + b * logs, v->e + b * out,
                                 v->c + b * in, v->scratch + (size_t)v->blocks * logs);
}

/* co centres, whose shares are put out. Scratch: the centres, the sums of their gradients, and vectors of the kernel.
 */
static struct kmeans kmeans_of_arrays(const struct kernel_arrays *v)
{
    return (struct kmeans){.c = v->d.ci, .w = v->d.w, .k = v->d.co, .sharpness = 1, .centre = v->scratch};
}

static size_t kmeans_room(const struct conv_dims *d, int blocks)
{
    const size_t numbers = (size_t)d->ci * (size_t)d->co;
    (void)blocks;
    return PAD16(numbers) + (numbers + 1) * LANES + (size_t)d->co * LANES;
}

/* A difference and its square for each channel and centre, an exponential for each centre. */
static double kmeans_operations(const struct conv_dims *d)
{
    return (double)d->h * d->w * d->co * (3.0 * d->ci + 27);
}

static double kmeans_operations_back(const struct conv_dims *d)
{
    return (double)d->h * d->w * d->co * (7.0 * d->ci + 6);
}

static void call_kmeans_forward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct kmeans d = kmeans_of_arrays(v);
    v->k->kmeans_forward(&d, v->blocks * v->d.h, v->a, v->b, NULL);
}

static void call_kmeans_backward(void *p)
{
    const struct kernel_arrays *v = p;
    const struct kmeans d = kmeans_of_arrays(v);
    const size_t numbers = (size_t)d.c * (size_t)d.k;
    float *sums = v->scratch + PAD16(numbers);
    v->k->kmeans_backward(&d, v->blocks * v->d.h, v->a, v->b, v->e, v->c, sums, sums + (numbers + 1) * LANES);
}

/* ---- sequences --------------------------------------------------------------------------------------------------- */

#define BENCH_TOKENS 65

/* A token at each position, then the table that they are looked up in. */
static size_t tokens_room(const struct conv_dims *d, int blocks)
{
    return (size_t)(blocks * d->h) * LANES + PAD16(BENCH_TOKENS * d->ci);
}

static float *draw_bench_tokens(const struct kernel_arrays *v)
{
    const size_t n = (size_t)(v->blocks * v->d.h) * LANES;
    for (size_t i = 0; i < n; i++)
        v->scratch[i] = (float)(i * 7 % BENCH_TOKENS);
    return v->scratch + n;
}

static void call_embed_forward(void *p)
{
    const struct kernel_arrays *v = p;
    const float *table = draw_bench_tokens(v);
    v->k->embed_forward(v->blocks * v->d.h, v->d.ci, v->scratch, table, v->b);
}

static void call_embed_backward(void *p)
{
    const struct kernel_arrays *v = p;
    float *table = draw_bench_tokens(v);
    v->k->embed_backward(v->blocks * v->d.h, v->d.ci, BENCH_TOKENS, v->scratch, v->b, table);
}

static void call_weigh_positions(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->weigh_positions(v->d.h, v->d.ci, v->scratch, v->a, v->b);
}

static void call_spread_positions(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->spread_positions(v->d.h, v->d.ci, v->scratch, v->b, v->a);
}

/* A step: the input is what it and the state add to four gates, ci = 8 co; the output is the state. */
static void run_cell(const struct kernel_arrays *v, enum cell_kind cell, int back)
{
    const size_t state = (size_t)v->d.co * LANES, kept = 4 * state;
    for (size_t b = 0; b < (size_t)v->blocks; b++) {
        float *in = v->a + 2 * b * kept, *gates = v->scratch, *h = v->b + b * state, *before = gates + kept;
        const struct cell_step s = {.cell = cell,
                                    .width = v->d.co,
                                    .in = in,
                                    .rec = in + kept,
                                    .h_before = before,
                                    .c_before = before + state,
                                    .gates = gates,
                                    .h = h,
                                    .c = before + 2 * state};
        const struct cell_back g = {.cell = cell,
                                    .width = v->d.co,
                                    .gates = in,
                                    .h_before = before,
                                    .c_before = before + state,
                                    .c = before + 2 * state,
                                    .dy = h,
                                    .product = before + 3 * state,
                                    .direct = before + 4 * state,
                                    .dc = before + 5 * state,
                                    .din = v->c + 2 * b * kept,
                                    .drec = cell == CELL_GRU ? v->c + (2 * b + 1) * kept : v->c + 2 * b * kept};
        if (back)
            v->k->cell_backward(&g);
        else
            v->k->cell_forward(&s);
    }
}

static size_t cell_room(const struct conv_dims *d, int blocks)
{
    (void)blocks;
    return (size_t)(10 * d->co) * LANES;
}

static void call_lstm_forward(void *p)
{
    run_cell(p, CELL_LSTM, 0);
}

static void call_lstm_backward(void *p)
{
    run_cell(p, CELL_LSTM, 1);
}

static void call_gru_forward(void *p)
{
    run_cell(p, CELL_GRU, 0);
}

static void call_gru_backward(void *p)
{
    run_cell(p, CELL_GRU, 1);
}

/* ---- losses and optimizers --------------------------------------------------------------------------------------- */

static void call_focal_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->focal_loss(v->images, v->d.ci, 2, v->a, v->label, 1, v->scratch, v->b);
}

static void call_hinge_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->hinge_loss(v->images, v->d.ci, v->a, v->label, 1, v->scratch, v->b);
}

static void call_bce_loss(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->bce_loss(v->images, v->d.ci, v->a, v->label, 0, 1, v->scratch, v->b);
}

static void call_adagrad_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->adagrad_step(v->in, 1e-12f, 1e-8f, 1e-4f, 1, v->a, v->b, v->c);
}

static void call_adadelta_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->adadelta_step(v->in, 1e-12f, 0.9, 1e-6f, 1e-4f, 1, v->a, v->b, v->c, v->e);
}

static void call_lion_step(void *p)
{
    const struct kernel_arrays *v = p;
    v->k->lion_step(v->in, 1e-12f, 0.9, 0.99, 1e-4f, 1, v->a, v->b, v->c);
}

static void call_moment_step(void *p)
{
    const struct kernel_arrays *v = p;
    const struct moment_rule r = {
        .beta1 = 0.9, .beta2 = 0.999, .by_g = 1e-13f, .by_m = 1e-12f, .root = 1, .eps = 1e-8f, .decay = 1e-16f};
    v->k->moment_step(v->in, &r, 1, v->a, v->b, v->c, v->e, NULL);
}

// clang-format off
#define ROW_OF(id) [id - FIRST_LAYER_ROW]
const struct kernel_row kernel_rows_of_layers[] = {
    ROW_OF(LAYERNORM_F) = { "sample_norm_forward channels", call_layernorm_forward, 0, 8,  0,   1, 1, 0, 0, 0, NULL, norm_scratch },
    ROW_OF(LAYERNORM_B) = { "sample_norm_backward channels", call_layernorm_backward, 0, 14, 0, 2, 1, 0, 0, 0, NULL, norm_scratch },
    ROW_OF(GROUPNORM_F) = { "sample_norm_forward groups",  call_groupnorm_forward,  0, 8,  0,   1, 1, 0, 0, 0, NULL, norm_scratch },
    ROW_OF(GROUPNORM_B) = { "sample_norm_backward groups", call_groupnorm_backward, 0, 14, 0,   2, 1, 0, 0, 0, NULL, norm_scratch },
    ROW_OF(PRELU_F)     = { "prelu_forward",       call_prelu_forward,      0, 2,  0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(PRELU_B)     = { "prelu_backward",      call_prelu_backward,     0, 4,  0,   2, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(GLU_F)       = { "glu_forward",         call_glu_forward,        0, 12, 0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(GLU_B)       = { "glu_backward",        call_glu_backward,       0, 14, 0,   2, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(MAXOUT_F)    = { "maxout_forward",      call_maxout_forward,     0, 1,  0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(MAXOUT_B)    = { "maxout_backward",     call_maxout_backward,    0, 1,  0,   2, 2, 0, 0, 0, NULL, NULL },
    ROW_OF(GATE_F)      = { "gate",                call_gate,               0, 1,  0,   1, 1, 0, 0, 0, NULL, gate_scratch },
    ROW_OF(GATE_SUMS)   = { "gate_sums",           call_gate_sums,          0, 2,  0,   1, 1, 0, 0, 0, NULL, gate_scratch },
    ROW_OF(ADD_SCALED)  = { "add_scaled",          call_add_scaled,         0, 2,  0,   2, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(MUL)         = { "mul",                 call_mul,                0, 1,  0,   2, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(UPSAMPLE_F)  = { "resample_forward",    call_resample_forward,   0, 0,  6,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(UPSAMPLE_B)  = { "resample_backward",   call_resample_backward,  0, 0,  8,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(ADAPTIVE_F)  = { "adaptive_forward",    call_adaptive_forward,   0, 0,  1,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(ADAPTIVE_B)  = { "adaptive_backward",   call_adaptive_backward,  0, 0,  1,   2, 2, 0, 0, 0, NULL, NULL },
    ROW_OF(ATTENTION_F) = { "attention_forward",   call_attention_forward,  0, 0,  0,   1, 1, 0, 0, 0, attention_operations, attention_room },
    ROW_OF(ATTENTION_B) = { "attention_backward",  call_attention_backward, 0, 0,  0,   2, 2, 0, 0, 0, attention_operations_back, attention_room },
    ROW_OF(KMEANS_F)    = { "kmeans_forward",      call_kmeans_forward,     0, 0,  0,   1, 1, 0, 0, 0, kmeans_operations, kmeans_room },
    ROW_OF(KMEANS_B)    = { "kmeans_backward",     call_kmeans_backward,    0, 0,  0,   2, 2, 0, 0, 0, kmeans_operations_back, kmeans_room },
    ROW_OF(EMBED_F)     = { "embed_forward",       call_embed_forward,      0, 1,  0,   0, 1, 0, 0, 0, NULL, tokens_room },
    ROW_OF(EMBED_B)     = { "embed_backward",      call_embed_backward,     0, 1,  0,   0, 1, 0, 0, 0, NULL, tokens_room },
    ROW_OF(WEIGH)       = { "weigh_positions",     call_weigh_positions,    0, 2,  0,   1, 0, 0, 0, 0, NULL, NULL },
    ROW_OF(SPREAD)      = { "spread_positions",    call_spread_positions,   0, 1,  0,   1, 0, 0, 0, 0, NULL, NULL },
    ROW_OF(LSTM_F)      = { "cell_forward lstm",   call_lstm_forward,       0, 15, 0,   2, 1, 0, 0, 0, NULL, cell_room },
    ROW_OF(LSTM_B)      = { "cell_backward lstm",  call_lstm_backward,      0, 6,  0,   1, 2, 0, 0, 0, NULL, cell_room },
    ROW_OF(GRU_F)       = { "cell_forward gru",    call_gru_forward,        0, 10, 0,   2, 1, 0, 0, 0, NULL, cell_room },
    ROW_OF(GRU_B)       = { "cell_backward gru",   call_gru_backward,       0, 3,  0,   2, 2, 0, 0, 0, NULL, cell_room },
    ROW_OF(FOCAL)       = { "focal_loss",          call_focal_loss,         0, 30, 0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(HINGE)       = { "hinge_loss",          call_hinge_loss,         0, 4,  0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(BCE)         = { "bce_loss",            call_bce_loss,           0, 76, 0,   1, 1, 0, 0, 0, NULL, NULL },
    ROW_OF(ADAGRAD)     = { "adagrad_step",        call_adagrad_step,       0, 8,  0,   3, 2, 0, 0, 0, NULL, NULL },
    ROW_OF(ADADELTA)    = { "adadelta_step",       call_adadelta_step,      0, 14, 0,   4, 3, 0, 0, 0, NULL, NULL },
    ROW_OF(LION)        = { "lion_step",           call_lion_step,          0, 10, 0,   3, 2, 0, 0, 0, NULL, NULL },
    ROW_OF(MOMENT)      = { "moment_step",         call_moment_step,        0, 15, 0,   4, 3, 0, 0, 0, NULL, NULL },
};
// clang-format on
