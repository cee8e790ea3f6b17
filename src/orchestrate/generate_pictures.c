/* generate_pictures.c makes pictures, 16 at a time, each in a lane of a block: of codes that are drawn, and of codes on
 * the way from one to another. */
#include "orchestrate/generate.h"

#include "base/maths.h"
#include "base/rng.h"
#include "data/batch.h"

#include <math.h>
#include <string.h>

enum { ACROSS_BETWEEN = 10, MOST_ACROSS = 20, USUAL_SIDE = 56, GREY = 128 };
#define SHEET_VALUES ((size_t)1 << 28) /* most numbers of all pictures */

struct making {
    const struct model *m;
    const struct generate_how *how;
    struct nn_net *encoder; /* from a sample to its code; NULL: samples have none */
    struct nn_net *decoder; /* from a code to a picture */
    struct nn_graph front;  /* the encoder, up to the code; or the generator */
    size_t codes;           /* numbers of a code */
    struct shape picture;
    int across, rows, pictures;
    float *code;  /* [pictures][codes]; of places that show a sample unused */
    float *value; /* [pictures][h][c][w] */
    struct arena *a;
};

int generate_wants_samples(const struct model *m)
{
    return strcmp(m->task, "reconstruct") == 0;
}

/* --- codes --- */

static void draw_code(const struct making *g, uint32_t number, float *code)
{
    struct rng r;
    rng_init(&r, g->how->seed, RNG_NOISE, 0, number);
    for (size_t k = 0; k < g->codes; k++)
        code[k] = (float)rng_normal(&r);
}

/* Goes from code a to code b in `steps`, into every one of to[steps][codes]. */
static void walk_codes(const struct making *g, const float *a, const float *b, int steps, float *to)
{
    for (int s = 0; s < steps; s++)
        for (size_t k = 0; k < g->codes; k++) {
            const double t = (double)s / (steps - 1), straight = (1 - t) * (double)a[k] + t * (double)b[k];
            /* Between two draws, what is as long as a draw. */
            to[(size_t)s * g->codes + k] = (float)(g->encoder ? straight : straight / sqrt((1 - t) * (1 - t) + t * t));
        }
}

static void put_lane(const float *from, size_t n, int lane, float *x)
{
    for (size_t k = 0; k < n; k++)
        x[k * LANES + (size_t)lane] = from[k];
}

static void take_lane(const float *x, size_t n, int lane, float *to)
{
    for (size_t k = 0; k < n; k++)
        to[k] = x[k * LANES + (size_t)lane];
}

static void pass_through(struct nn_net *net, int n)
{
    const uint32_t sample[LANES] = {0};
    const struct nn_pass pass = {.n = n, .blocks = 1, .sample = sample};
    nn_forward(net, &pass);
}

/* The picture of each code from number `first` on. */
static void decode(struct making *g, int first, int n)
{
    const size_t size = shape_size(g->picture);
    for (int from = first; from < first + n; from += LANES) {
        const int here = first + n - from < LANES ? first + n - from : LANES;
        memset(g->decoder->x, 0, g->codes * LANES * sizeof(float));
        for (int i = 0; i < here; i++)
            put_lane(g->code + (size_t)(from + i) * g->codes, g->codes, i, g->decoder->x);
        pass_through(g->decoder, here);
        for (int i = 0; i < here; i++)
            take_lane(g->decoder->z, size, i, g->value + (size_t)(from + i) * size);
    }
}

/* What bce has put out are logits. */
static void squash(struct making *g, int first, int n)
{
    const size_t size = shape_size(g->picture);
    float *v = g->value + (size_t)first * size;
    const int logits = strcmp(g->m->task, "reconstruct") == 0 && strcmp(g->m->loss, "bce") == 0;
    for (size_t i = 0; logits && i < (size_t)n * size; i++)
        v[i] = (float)(1 / (1 + m_exp(-(double)v[i])));
}

/* --- samples --- */

static int take_batch(struct making *g, struct batch *b, struct err *e)
{
    const struct data_view *v = g->how->view;
    *b = (struct batch){.k = g->encoder->k,
                        .scratch = arena_take(g->a, data_scratch(v)),
                        .x = g->encoder->x,
                        .label = arena_take(g->a, LANES * (size_t)v->labels * sizeof(int32_t)),
                        .target = arena_take(g->a, floats_of(data_target(v->set)->shape, 1) * sizeof(float)),
                        .key = arena_take(g->a, LANES * sizeof(uint32_t))};
    return g->a->failed ? err_set(e, ERR_NOMEM, "no memory for samples") : 0;
}

/* A row whose ends are two samples of the test split, which are drawn. */
static void row_of_samples(struct making *g, struct batch *b, int row)
{
    const size_t size = shape_size(g->picture), first = (size_t)(row * g->across), last = first + (size_t)g->across - 1;
    const uint32_t n = (uint32_t)g->how->view->n[DATA_TEST];
    struct rng r;
    rng_init(&r, g->how->seed, RNG_NOISE, 1, (uint32_t)row);
    uint32_t at[2] = {rng_below(&r, n), 0};
    at[1] = n > 1 ? (at[0] + 1 + rng_below(&r, n - 1)) % n : at[0];
    data_batch(g->how->view, DATA_TEST, at, 2, NULL, b);
    pass_through(g->encoder, 2);
    for (int i = 0; i < 2; i++) {
        take_lane(g->encoder->x, size, i, g->value + (i ? last : first) * size);
        take_lane(g->encoder->z, g->codes, i, g->code + (i ? last : first) * g->codes);
    }
    walk_codes(g, g->code + first * g->codes, g->code + last * g->codes, g->across - 2,
               g->code + (first + 1) * g->codes);
    decode(g, (int)first + 1, g->across - 2);
    squash(g, (int)first + 1, g->across - 2);
}

static void row_of_draws(struct making *g, int row, float *ends)
{
    const int first = row * g->across;
    for (uint32_t i = 0; i < 2; i++)
        draw_code(g, 2 * (uint32_t)row + i, ends + i * g->codes);
    walk_codes(g, ends, ends + g->codes, g->across, g->code + (size_t)first * g->codes);
    decode(g, first, g->across);
}

static int make_sheet_rows(struct making *g, struct err *e)
{
    struct batch b = {0};
    float *ends = arena_take(g->a, 2 * g->codes * sizeof *ends);
    if (!ends)
        return err_set(e, ERR_NOMEM, "no memory for codes");
    if (g->encoder && take_batch(g, &b, e))
        return -1;
    for (int row = 0; row < g->rows; row++)
        if (g->encoder)
            row_of_samples(g, &b, row);
        else
            row_of_draws(g, row, ends);
    return 0;
}

static void make_draws(struct making *g)
{
    for (int i = 0; i < g->pictures; i++)
        draw_code(g, (uint32_t)i, g->code + (size_t)i * g->codes);
    decode(g, 0, g->pictures);
    squash(g, 0, g->pictures);
}

/* --- networks --- */

static int load_weights(const struct model *m, struct nn_net *net)
{
    if (!net)
        return -1;
    memcpy(net->w, m->w, m->graph->param_floats * sizeof(float));
    if (m->graph->buffer_floats)
        memcpy(net->buffers, m->buffers, m->graph->buffer_floats * sizeof(float));
    return 0;
}

/* Takes an autoencoder apart after its layer `sample`. */
static int take_autoencoder(struct making *g, const struct kernels *k, struct err *e)
{
    const struct nn_graph *graph = g->m->graph;
    const struct nn_node *draws = nn_adds_loss(graph);
    char out[48], in[48];
    if (!shape_equal(nn_output(graph), g->m->form.shape))
        return err_set(e, ERR_USAGE, "the network puts out %s, and to reconstruct is to put out what it reads, %s",
                       shape_text(nn_output(graph), out, sizeof out), shape_text(g->m->form.shape, in, sizeof in));
    if (!draws)
        return err_set(e, ERR_USAGE,
                       "the network has learned to reconstruct, and pictures are made by one with a layer `sample`, "
                       "whose codes can be drawn");
    if (!nn_may_begin_at(graph, draws->index + 1))
        return err_set(e, ERR_USAGE,
                       "what comes after the layer `sample` reads more than its draw, so that a draw alone makes no "
                       "picture");
    g->front = *graph;
    g->front.nnodes = draws->index + 1;
    g->codes = shape_size(draws->y);
    g->picture = nn_output(graph);
    g->encoder = nn_net_new(&g->front, LANES, 0, NULL, k, g->a, e);
    g->decoder = g->encoder ? nn_part_new(graph, g->front.nnodes, LANES, 0, NULL, k, g->a, e) : NULL;
    return load_weights(g->m, g->encoder) || load_weights(g->m, g->decoder) ? -1 : 0;
}

/* The generator alone. */
static int take_generator(struct making *g, const struct kernels *k, struct err *e)
{
    g->front = *g->m->graph;
    g->front.nnodes = g->front.critic;
    g->front.critic = 0;
    g->codes = shape_size(g->front.in);
    g->picture = nn_output(&g->front);
    g->decoder = nn_net_new(&g->front, LANES, 0, NULL, k, g->a, e);
    return load_weights(g->m, g->decoder);
}

static int take_networks(struct making *g, struct err *e)
{
    const struct kernels *k = kernels_pick(g->how->isa);
    if (!k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", g->how->isa);
    if (g->m->graph->critic)
        return take_generator(g, k, e);
    if (generate_wants_samples(g->m))
        return take_autoencoder(g, k, e);
    return err_set(e, ERR_USAGE,
                   "the network has learned to %s; texts are generated by one of the task next, pictures by one of the "
                   "task generate, or reconstruct with a layer `sample`",
                   g->m->task);
}

/* --- the sheet --- */

static int count_pictures(struct making *g, struct err *e)
{
    const int n = g->how->count;
    g->across = ACROSS_BETWEEN;
    if (!g->how->between)
        for (g->across = 1; g->across < MOST_ACROSS && g->across * g->across < n;)
            g->across++;
    g->rows = g->how->between ? n : (n + g->across - 1) / g->across;
    g->pictures = g->how->between ? n * g->across : n;
    if (g->picture.kind != MAPS || (g->picture.c != 1 && g->picture.c != 3))
        return err_set(e, ERR_USAGE, "what the network puts out are no pictures, of one channel or three");
    if ((size_t)g->pictures * (shape_size(g->picture) + g->codes) > SHEET_VALUES)
        return err_set(e, ERR_USAGE, "--count: %d of these pictures are too many for a sheet", n);
    g->code = arena_take(g->a, (size_t)g->pictures * g->codes * sizeof *g->code);
    g->value = arena_take(g->a, (size_t)g->pictures * shape_size(g->picture) * sizeof *g->value);
    return g->a->failed ? err_set(e, ERR_NOMEM, "no memory for %d pictures", g->pictures) : 0;
}

/* Takes the normalization off, and finds the values that are black and white: of pixels those of their bytes, of
 * numbers the least and the largest. */
static void take_off(struct making *g, double *black, double *white)
{
    const struct sample_form *f = &g->m->form;
    const struct shape s = g->picture;
    const size_t n = (size_t)g->pictures * shape_size(s);
    for (size_t i = 0; i < n; i++) {
        const int c = (int)(i / (size_t)s.w % (size_t)s.c);
        g->value[i] = (float)(((double)g->value[i] - (double)f->shift[c]) / (double)f->scale[c]);
    }
    *black = f->type == FIELD_BYTES ? 0 : (double)g->value[0];
    *white = f->type == FIELD_BYTES ? f->white : (double)g->value[0];
    for (size_t i = 0; f->type != FIELD_BYTES && i < n; i++) {
        *black = (double)g->value[i] < *black ? (double)g->value[i] : *black;
        *white = (double)g->value[i] > *white ? (double)g->value[i] : *white;
    }
}

static uint8_t byte_of_value(double v, double black, double white)
{
    const double grey = white > black ? (v - black) / (white - black) * 255 : 0;
    return (uint8_t)(grey > 0 ? grey < 255 ? grey + 0.5 : 255 : 0);
}

static int lay_out_sheet(struct making *g, struct picture_sheet *out, struct err *e)
{
    const struct shape s = g->picture;
    const int longest = s.h > s.w ? s.h : s.w, times = longest < USUAL_SIDE ? USUAL_SIDE / longest : 1;
    double black, white;
    take_off(g, &black, &white);
    *out = (struct picture_sheet){
        .h = g->rows * (s.h * times + 1) - 1, .w = g->across * (s.w * times + 1) - 1, .channels = s.c};
    const size_t size = (size_t)out->h * (size_t)out->w * (size_t)s.c;
    out->pixel = arena_take(g->a, size);
    if (!out->pixel)
        return err_set(e, ERR_NOMEM, "no memory for a sheet of %d pictures", g->pictures);
    memset(out->pixel, GREY, size);
    for (int i = 0; i < g->pictures; i++)
        for (int y = 0; y < s.h * times; y++)
            for (int x = 0; x < s.w * times; x++)
                for (int c = 0; c < s.c; c++) {
                    const int row = i / g->across * (s.h * times + 1) + y,
                              column = i % g->across * (s.w * times + 1) + x;
                    const size_t at = ((size_t)i * (size_t)s.h + (size_t)(y / times)) * (size_t)(s.c * s.w);
                    const double v = (double)g->value[at + (size_t)(c * s.w + x / times)];
                    out->pixel[((size_t)row * (size_t)out->w + (size_t)column) * (size_t)s.c + (size_t)c] =
                        byte_of_value(v, black, white);
                }
    return 0;
}

int generate_pictures(const struct model *m, const struct generate_how *how, struct picture_sheet *out, struct arena *a,
                      struct err *e)
{
    struct making g = {.m = m, .how = how, .a = a};
    if (take_networks(&g, e) || count_pictures(&g, e))
        return -1;
    if (!how->between)
        make_draws(&g);
    else if (make_sheet_rows(&g, e))
        return -1;
    return lay_out_sheet(&g, out, e);
}
