/* look_whole.c chooses the samples of a look into a network, and has its parts look. */
#include "orchestrate/inspect/looking.h"

#include "base/maths.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- samples and answers --- */

void look_at(struct looking *l, size_t from, int n, nn_look_see *see, void *ctx)
{
    for (int i = 0; i < n; i++)
        l->at[i] = (uint32_t)(from + (size_t)i);
    l->batch.x = l->net->x;
    data_batch(l->v, l->how->split, l->at, n, NULL, &l->batch);
    nn_look_forward(l->net, n, l->batch.key, see, ctx);
}

int look_answer(const struct looking *l, int s, double *share)
{
    const struct shape out = nn_output(l->m->graph);
    double sum = 0;
    int best = 0;
    for (int k = 1; k < out.c; k++)
        if (look_number(l->net->z, out, s, k, 0, 0) > look_number(l->net->z, out, s, best, 0, 0))
            best = k;
    for (int k = 0; k < out.c; k++)
        sum += m_exp(look_number(l->net->z, out, s, k, 0, 0) - look_number(l->net->z, out, s, best, 0, 0));
    *share = 1 / sum;
    return best;
}

/* The surest right answer and the surest wrong one, of equal ones the first; of numbers the first sample. */
static void choose_samples(struct looking *l)
{
    struct inspected *out = l->out;
    double most[2] = {0, 0};
    size_t found[2] = {0, 0};
    for (size_t from = 0; l->m->classes && from < l->samples; from += l->at_once) {
        const int n = look_step(l, from, l->samples);
        look_at(l, from, n, NULL, NULL);
        for (int i = 0; i < n; i++) {
            double share;
            const int wrong = look_answer(l, i, &share) != l->batch.label[i];
            if (share > most[wrong]) {
                most[wrong] = share;
                found[wrong] = from + (size_t)i + 1;
            }
        }
    }
    for (int w = 0; w < 2; w++)
        if (found[w]) {
            out->wrong[out->nchosen] = w;
            out->chosen[out->nchosen++] = found[w];
        }
    if (!out->nchosen)
        out->chosen[out->nchosen++] = 1;
}

/* The one that is asked for. */
static int take_sample(struct looking *l)
{
    const size_t n = l->v->n[l->how->split];
    double share;
    if (l->how->sample > n)
        return err_set(l->e, ERR_USAGE, "--sample %zu: the split has %zu samples", l->how->sample, n);
    look_at(l, l->how->sample - 1, 1, NULL, NULL);
    l->out->chosen[0] = l->how->sample;
    l->out->wrong[0] = l->m->classes && look_answer(l, 0, &share) != l->batch.label[0];
    l->out->nchosen = 1;
    return 0;
}

const char *look_label(struct looking *l, size_t which)
{
    const char *text = arena_fmt(l->a, "%s%zu", l->out->wrong[which] ? "wrong: " : "sample ", l->out->chosen[which]);
    return text ? text : "";
}

/* --- tables --- */

struct csv_out *look_table(struct looking *l, const char *file, const char *const *head, size_t cols)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", l->folder, file);
    return csv_begin(path, head, cols, l->e);
}

void look_row(struct csv_out *csv, const double *v, size_t n)
{
    char text[12][STR_NUM];
    const char *cell[12];
    for (size_t i = 0; i < n && i < 12; i++)
        cell[i] = isnan(v[i])                               ? ""
                  : v[i] == floor(v[i]) && fabs(v[i]) < 1e9 ? str_double(text[i], v[i])
                                                            : str_float(text[i], (float)v[i]);
    csv_row(csv, cell);
}

int look_end(struct looking *l, struct csv_out *csv)
{
    return csv_commit(csv, 0, l->e);
}

/* --- sheets --- */

struct report_sheet *look_sheet(struct looking *l, const char *heading, size_t rows, size_t columns, int side)
{
    struct report_sheet *t = arena_take(l->a, sizeof *t);
    const char **label = arena_take(l->a, (rows + 1) * sizeof *label);
    const size_t n = rows * columns * (size_t)side * (size_t)side;
    uint32_t *rgb = arena_take(l->a, n * sizeof *rgb + 1);
    if (!t || !label || !rgb) {
        err_set(l->e, ERR_NOMEM, "no memory for the pictures");
        return NULL;
    }
    for (size_t i = 0; i < rows; i++)
        label[i] = "";
    for (size_t i = 0; i < n; i++)
        rgb[i] = UINT32_MAX;
    *t = (struct report_sheet){heading, rows, columns, label, side, side, rgb};
    return t;
}

/* Dark blue over red to light yellow. */
static uint32_t heat_colour(double v)
{
    static const double stop[4][3] = {{8, 6, 40}, {120, 28, 109}, {237, 105, 37}, {252, 255, 164}};
    const double at = (v < 0 ? 0 : v > 1 ? 1 : v) * 3;
    const int from = at < 2 ? (int)at : 2;
    uint32_t rgb = 0;
    for (int c = 0; c < 3; c++)
        rgb = rgb << 8 | (uint32_t)(stop[from][c] + (at - from) * (stop[from + 1][c] - stop[from][c]) + 0.5);
    return rgb;
}

static uint32_t *picture_at(struct report_sheet *t, size_t row, size_t column)
{
    return (uint32_t *)(uintptr_t)t->rgb + (row * t->columns + column) * (size_t)t->h * (size_t)t->w;
}

void look_picture(struct report_sheet *t, size_t row, size_t column, int h, int w, const double *v)
{
    uint32_t *to = picture_at(t, row, column);
    double low = v[0], high = v[0];
    for (int i = 1; i < h * w; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    for (int y = 0; y < t->h; y++)
        for (int x = 0; x < t->w; x++)
            to[y * t->w + x] = heat_colour(high > low ? (v[y * h / t->h * w + x * w / t->w] - low) / (high - low) : 0);
}

void look_sample(const struct looking *l, struct report_sheet *t, size_t row, size_t column, int s)
{
    const struct sample_form *f = &l->m->form;
    const struct shape in = l->m->graph->in;
    const double white = f->type == FIELD_BYTES ? data_input(l->v->set)->max_value : 1;
    uint32_t *to = picture_at(t, row, column);
    for (int y = 0; y < t->h; y++)
        for (int x = 0; x < t->w; x++) {
            uint32_t rgb = 0;
            for (int c = 0; c < 3; c++) {
                const int from = in.c == 3 ? c : 0;
                const double v =
                    (look_number(l->net->x, in, s, from, y * in.h / t->h, x * in.w / t->w) - (double)f->shift[from]) /
                    (double)f->scale[from] / white;
                rgb = rgb << 8 | (uint32_t)(255 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5);
            }
            to[y * t->w + x] = rgb;
        }
}

/* --- the whole --- */

static int make_net(struct looking *l)
{
    const struct kernels *k = kernels_pick(l->how->isa);
    const size_t targets = (size_t)l->v->targets, labels = (size_t)l->v->labels;
    if (!k)
        return err_set(l->e, ERR_USAGE, "--isa %s: this machine or this program does not have it", l->how->isa);
    const size_t most = l->how->bytes ? l->how->bytes : LOOK_BYTES;
    l->at_once = LOOK_BATCH;
    while (l->at_once > LANES && nn_look_bytes(l->m->graph, (int)l->at_once) > most)
        l->at_once /= 2;
    l->net = nn_look_new(l->m->graph, (int)l->at_once, k, l->a, l->e);
    if (!l->net)
        return -1;
    l->batch = (struct batch){.k = k,
                              .key = arena_take(l->a, LOOK_BATCH * sizeof *l->batch.key),
                              .label = arena_take(l->a, LOOK_BATCH * (labels + 1) * sizeof *l->batch.label),
                              .target = arena_take(l->a, LOOK_BATCH * (targets + 1) * sizeof(float))};
    if (l->a->failed)
        return err_set(l->e, ERR_NOMEM, "no memory to look into the network");
    memcpy(l->net->w, l->m->w, l->m->graph->param_floats * sizeof(float));
    if (l->m->graph->buffer_floats)
        memcpy(l->net->buffers, l->m->buffers, l->m->graph->buffer_floats * sizeof(float));
    return 0;
}

int inspect_model(const struct model *m, const struct data_view *v, const struct inspect_how *how, const char *folder,
                  struct arena *a, struct inspected *out, struct err *e)
{
    struct looking l = {.m = m, .v = v, .how = how, .folder = folder, .a = a, .out = out, .e = e};
    l.samples = v->n[how->split] < LOOK_SAMPLES ? v->n[how->split] : LOOK_SAMPLES;
    *out = (struct inspected){.nchosen = 0};
    if (!l.samples)
        return err_set(e, ERR_USAGE, "the split has no samples");
    if (data_input(v->set)->type == FIELD_TOKENS || nn_output(m->graph).h * nn_output(m->graph).w > 1)
        return err_set(
            e, ERR_USAGE,
            "inspect looks into networks that have one answer for a sample, images or numbers; this one puts "
            "out maps, or reads texts");
    if (make_net(&l))
        return -1;
    if (how->sample ? take_sample(&l) : (choose_samples(&l), 0))
        return -1;
    int bad = look_layers(&l) || look_maps(&l) || look_filters(&l) || look_saliency(&l) || look_attention(&l) ||
              look_embedding(&l);
    return bad || a->failed ? (e->code ? -1 : err_set(e, ERR_NOMEM, "no memory to look into the network")) : 0;
}
