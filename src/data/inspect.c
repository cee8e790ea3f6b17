/* inspect.c - counts the samples of a view, takes statistics of its columns, and finds samples that are there twice. */
#include "data/inspect.h"

#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const inspect_split_name[INSPECT_SPLITS] = {
    [DATA_TRAIN] = "train", [DATA_VALIDATION] = "validation", [DATA_TEST] = "test"};

static int inspect_nomem(const struct data_view *v, struct err *e)
{
    return err_set(e, ERR_NOMEM, "dataset %s: no memory to look at it", v->set->name);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* Number k of a sample of a split; a missing one is NaN. */
static double value_at(const struct data_view *v, const struct field *f, int split, size_t sample, size_t k)
{
    size_t at = (size_t)v->index[split][sample] * shape_size(f->shape) + k;
    return (double)field_floats(f, part_of((enum data_split)split))[at];
}

/* Adds a split's values, or with `spread` their squared distances from the means, sample by sample as they lie. */
static void add_values(const struct data_view *v, const struct field *f, int split, int spread,
                       struct inspect_column *column, unsigned char *fractions)
{
    size_t channels = (size_t)f->shape.c, plane = shape_size(f->shape) / channels;
    for (size_t i = 0; i < v->n[split]; i++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < plane; p++) {
                struct inspect_column *to = &column[c];
                double x = value_at(v, f, split, i, c * plane + p);
                if (isnan(x)) {
                    to->missing += !spread;
                } else if (spread) {
                    to->deviation += (x - to->mean) * (x - to->mean);
                } else {
                    to->values++;
                    to->mean += x;
                    to->least = x < to->least ? x : to->least;
                    to->largest = x > to->largest ? x : to->largest;
                    fractions[c] |= x != floor(x);
                }
            }
}

static const char *type_of_column(const struct field *f, const struct inspect_column *c, int fractions)
{
    if (!c->values)
        return "";
    if (f->type == FIELD_BYTES)
        return "byte";
    if (fractions)
        return "number";
    return c->least >= 0 && c->largest <= 1 ? "0 or 1" : "whole number";
}

static const char *name_of_channel(const struct field *f, size_t c, struct arena *a)
{
    static const char *const colours[] = {"red", "green", "blue", "alpha"};
    if (f->channel)
        return f->channel[c];
    if (f->type == FIELD_BYTES && f->shape.c == 1)
        return "grey";
    if (f->type == FIELD_BYTES && f->shape.c >= 3)
        return colours[c];
    return arena_fmt(a, "%zu", c + 1);
}

static size_t count_missing(const struct data_view *v, const struct field *f, int split, size_t c)
{
    size_t plane = shape_size(f->shape) / (size_t)f->shape.c, missing = 0;
    for (size_t i = 0; f->type == FIELD_FLOATS && i < v->n[split]; i++)
        for (size_t p = 0; p < plane; p++)
            missing += isnan(value_at(v, f, split, i, c * plane + p)) != 0;
    return missing;
}

/* Counts the bytes of each channel, which says everything about them, and exactly. */
static int add_bytes_of_split(const struct data_view *v, const struct field *f, int split,
                              struct inspect_column *column)
{
    size_t channels = (size_t)f->shape.c, plane = shape_size(f->shape) / channels;
    size_t(*count)[256] = calloc(channels, sizeof *count);
    if (!count)
        return -1;
    for (size_t i = 0; i < v->n[split]; i++) {
        const uint8_t *x = field_bytes(f, part_of((enum data_split)split)) + v->index[split][i] * channels * plane;
        for (size_t k = 0; k < channels * plane; k++)
            count[k / plane][x[k]]++;
    }
    for (size_t c = 0; c < channels; c++) {
        struct inspect_column *to = &column[c];
        for (int b = 0; b < 256; b++) {
            to->values += count[c][b];
            to->mean += (double)count[c][b] * b;
            to->least = count[c][b] && b < to->least ? b : to->least;
            to->largest = count[c][b] ? b : to->largest;
        }
        for (int b = 0; b < 256; b++) {
            double from_mean = b - to->mean / (double)to->values;
            to->deviation += (double)count[c][b] * from_mean * from_mean;
        }
    }
    free(count);
    return 0;
}

/* The columns of a field over one split; NULL without memory. Mean first, then the deviation from it: two passes lose
 * nothing where the mean is large (Chan, Golub and LeVeque 1983). */
static struct inspect_column *look_at_columns(const struct data_view *v, const struct field *f, int split,
                                              struct arena *a)
{
    size_t n = (size_t)f->shape.c;
    struct inspect_column *column = arena_take(a, n * sizeof *column);
    unsigned char *fractions = arena_take(a, n);
    if (!column || !fractions)
        return NULL;
    for (size_t c = 0; c < n; c++)
        column[c] = (struct inspect_column){
            .name = name_of_channel(f, c, a), .type = "", .least = INFINITY, .largest = -INFINITY};
    if (f->type == FIELD_FLOATS)
        add_values(v, f, split, 0, column, fractions);
    else if (add_bytes_of_split(v, f, split, column))
        return NULL;
    for (size_t c = 0; c < n; c++)
        column[c].mean /= (double)column[c].values;
    if (f->type == FIELD_FLOATS)
        add_values(v, f, split, 1, column, fractions);
    for (size_t c = 0; c < n; c++) {
        struct inspect_column *k = &column[c];
        k->type = type_of_column(f, k, fractions[c]);
        k->deviation = k->values ? sqrt(k->deviation / (double)k->values) : NAN;
        if (!k->values)
            k->mean = k->least = k->largest = NAN;
    }
    return column;
}

/* ---- samples that are there twice -------------------------------------------------------------------------------- */

struct sample_hash {
    uint64_t hash;
    uint32_t number; /* in its part */
    uint8_t split;
    uint8_t grouped; /* it is one of those that were compared with an earlier one */
};

static uint64_t hash_of_sample(const struct field *f, enum data_part part, uint32_t number)
{
    size_t n = shape_size(f->shape);
    uint64_t h = STR_HASH;
    if (f->type == FIELD_TOKENS)
        return str_hash(h, field_tokens(f, part, number), n * sizeof(int32_t));
    if (f->type != FIELD_FLOATS)
        return str_hash(h, field_bytes(f, part) + number * n, n);
    for (size_t k = 0; k < n; k++) {
        float x = field_floats(f, part)[number * n + k];
        x = isnan(x) ? NAN : x + 0; /* no two zeros, nor two ways of missing */
        h = str_hash(h, &x, sizeof x);
    }
    return h;
}

static int same_values(const struct field *f, const struct sample_hash *x, const struct sample_hash *y)
{
    size_t n = shape_size(f->shape);
    enum data_part px = part_of(x->split), py = part_of(y->split);
    if (f->type == FIELD_TOKENS) /* of windows the ids that come next, too */
        return !memcmp(field_tokens(f, px, x->number), field_tokens(f, py, y->number),
                       (n + (f->windows > 0)) * sizeof(int32_t));
    if (f->type != FIELD_FLOATS)
        return !memcmp(field_bytes(f, px) + x->number * n, field_bytes(f, py) + y->number * n, n);
    const float *a = field_floats(f, px) + x->number * n, *b = field_floats(f, py) + y->number * n;
    for (size_t k = 0; k < n; k++)
        if (a[k] != b[k] && !(isnan(a[k]) && isnan(b[k])))
            return 0;
    return 1;
}

static int compare_hashes(const void *a, const void *b)
{
    const struct sample_hash *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->split != y->split)
        return x->split < y->split ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Sample y repeats sample x. */
static void count_twin(const struct data_view *v, struct inspect_twins *t, const struct sample_hash *x,
                       const struct sample_hash *y)
{
    if (!t->samples++ || y->number < t->second) {
        t->first = x->number;
        t->second = y->number;
    }
    t->disagree += !same_values(data_target(v->set), x, y);
}

/* The samples of h[n] that have the values of h[0], in the order of splits and numbers. */
static void count_group(const struct data_view *v, struct inspection *out, struct sample_hash *h, size_t n)
{
    const struct sample_hash *first[INSPECT_SPLITS] = {NULL};
    for (size_t i = 0; i < n; i++) {
        struct sample_hash *y = &h[i];
        if (y->grouped || (i && !same_values(data_input(v->set), h, y)))
            continue;
        y->grouped = i > 0;
        for (size_t t = 0; t < INSPECT_TWINS; t++)
            if (out->twins[t].to == y->split && first[out->twins[t].from])
                count_twin(v, &out->twins[t], first[out->twins[t].from], y);
        if (!first[y->split])
            first[y->split] = y;
    }
}

static int find_twins(const struct data_view *v, struct inspection *out, struct err *e)
{
    size_t n = v->n[DATA_TRAIN] + v->n[DATA_VALIDATION] + v->n[DATA_TEST], at = 0, t = 0;
    struct sample_hash *h = malloc((n ? n : 1) * sizeof *h);
    if (!h)
        return inspect_nomem(v, e);
    for (int split = 0; split < INSPECT_SPLITS; split++)
        for (size_t i = 0; i < v->n[split]; i++, at++)
            h[at] = (struct sample_hash){
                hash_of_sample(data_input(v->set), part_of((enum data_split)split), v->index[split][i]),
                v->index[split][i], (uint8_t)split, 0};
    for (int apart = 0; apart < INSPECT_SPLITS; apart++)
        for (int from = 0; from + apart < INSPECT_SPLITS; from++)
            out->twins[t++] = (struct inspect_twins){.from = from, .to = from + apart};
    qsort(h, n, sizeof *h, compare_hashes);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && h[to].hash == h[from].hash;)
            to++;
        for (size_t i = from; to - from > 1 && i < to; i++)
            if (!h[i].grouped)
                count_group(v, out, h + i, to - i);
    }
    free(h);
    return 0;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int count_inspected_classes(const struct data_view *v, struct inspection *out, struct arena *a)
{
    const struct field *y = data_target(v->set);
    out->classes = arena_take(a, (size_t)y->classes * sizeof *out->classes);
    const size_t positions = shape_size(y->shape);
    for (int split = 0; out->classes && split < INSPECT_SPLITS; split++)
        for (size_t i = 0; i < v->n[split]; i++) {
            const uint8_t *class = field_bytes(y, part_of((enum data_split)split)) + v->index[split][i] * positions;
            for (size_t k = 0; k < positions; k++)
                if (class[k] < y -> classes) /* of label maps some have none */
                    out->classes[class[k]][split]++;
        }
    return out->classes ? 0 : -1;
}

int data_inspect(const struct data_view *v, struct inspection *out, struct arena *a, struct err *e)
{
    const struct field *x = data_input(v->set), *y = data_target(v->set);
    const int texts = x->type == FIELD_TOKENS;
    *out = (struct inspection){.view = v, .inputs = texts ? 0 : (size_t)x->shape.c};
    if (texts && !(out->tokens = inspect_texts(v, a, e)))
        return -1;
    if (x->source && !(out->wanted = inspect_targets(v, a, e)))
        return -1;
    out->input = texts ? NULL : look_at_columns(v, x, DATA_TRAIN, a);
    if (!texts && !out->input)
        return inspect_nomem(v, e);
    for (size_t c = 0; c < out->inputs; c++)
        out->input[c].missing += count_missing(v, x, DATA_VALIDATION, c) + count_missing(v, x, DATA_TEST, c);
    if (y->type == FIELD_IDS ? count_inspected_classes(v, out, a) : 0)
        return inspect_nomem(v, e);
    out->targets = y->type == FIELD_FLOATS ? (size_t)y->shape.c : 0;
    for (int split = 0; out->targets && split < INSPECT_SPLITS; split++)
        if (!(out->target[split] = look_at_columns(v, y, split, a)))
            return inspect_nomem(v, e);
    return a->failed ? inspect_nomem(v, e) : find_twins(v, out, e);
}
