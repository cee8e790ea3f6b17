/* numbers.c - floats on their way into a batch: inputs normalized channel by channel, targets as they are. */
#include "data/transform.h"

#include <math.h>
#include <stdlib.h>

/* What the training split says of one channel. */
struct channel_statistics {
    double mean, deviation, low, high;
};

/* The value of a place p of channel c of a training sample, a missing one as t->fill has it. */
static double training_value(const struct transform *t, const struct data_view *v, size_t i, size_t c, size_t p)
{
    size_t size = shape_size(t->field->shape), plane = size / (size_t)t->field->shape.c;
    float x = field_floats(t->field, PART_TRAIN)[v->index[DATA_TRAIN][i] * size + c * plane + p];
    return (double)(isnan(x) && t->fill ? t->fill[c] : x);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The mean or median of the values that channel c has in the training split, [there] at `have`; 0 where it has none. */
static double middle_of(enum field_fill how, double *have, size_t there)
{
    double sum = 0;
    if (!there)
        return 0;
    if (how == FILL_MEDIAN) {
        qsort(have, there, sizeof *have, compare_doubles);
        return (have[(there - 1) / 2] + have[there / 2]) / 2;
    }
    for (size_t i = 0; i < there; i++)
        sum += have[i];
    return sum / (double)there;
}

/* Finds out what missing values of each channel are taken for. */
static int init_fill(struct transform *t, const struct data_view *v, struct arena *a, struct err *e)
{
    size_t channels = (size_t)t->field->shape.c, plane = shape_size(t->field->shape) / channels;
    double *have = malloc(v->n[DATA_TRAIN] * plane * sizeof *have);
    float *fill = arena_take(a, channels * sizeof *fill);
    for (size_t c = 0; have && fill && c < channels; c++) {
        size_t there = 0;
        for (size_t i = 0; i < v->n[DATA_TRAIN]; i++)
            for (size_t p = 0; p < plane; p++) {
                double x = training_value(t, v, i, c, p);
                if (!isnan(x))
                    have[there++] = x;
            }
        fill[c] = (float)middle_of(t->field->fill, have, there);
    }
    t->fill = fill;
    int bad = !have || !fill;
    free(have);
    return bad ? err_set(e, ERR_NOMEM, "dataset %s: no memory for its view", v->set->name) : 0;
}

/* Looks at the samples in ascending order, so that the answer is the same for everybody. Mean first, then the deviation
 * from it: two passes lose nothing where the mean is large (Chan, Golub and LeVeque 1983). */
static struct channel_statistics look_at_channel(const struct transform *t, const struct data_view *v, size_t c)
{
    size_t plane = shape_size(t->field->shape) / (size_t)t->field->shape.c, n = v->n[DATA_TRAIN];
    struct channel_statistics of = {0, 0, INFINITY, -INFINITY};
    for (int pass = 0; pass < 2; pass++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t p = 0; p < plane; p++) {
                double value = training_value(t, v, i, c, p);
                sum += pass ? (value - of.mean) * (value - of.mean) : value;
                of.low = value < of.low ? value : of.low;
                of.high = value > of.high ? value : of.high;
            }
        *(pass ? &of.deviation : &of.mean) = sum / (double)(n * plane);
    }
    of.deviation = of.high > of.low ? sqrt(of.deviation) : 0; /* rounding of the mean is no deviation */
    return of;
}

static int init_numbers(struct transform *t, const struct data_view *v, const struct data_spec *s, struct arena *a,
                        struct err *e)
{
    if (t->field->fill != FILL_NOTHING && init_fill(t, v, a, e))
        return -1;
    for (int c = 0; c < t->field->shape.c && s->normalize != NORMALIZE_NONE; c++) {
        struct channel_statistics of = look_at_channel(t, v, (size_t)c);
        double from = s->normalize == NORMALIZE_UNIT ? of.low : of.mean;
        double width = s->normalize == NORMALIZE_UNIT ? of.high - of.low : of.deviation;
        width = width > 0 ? width : 1;
        t->scale[c] = (float)(1 / width);
        t->shift[c] = (float)(-from / width);
    }
    return 0;
}

/* Writes every lane of a field of floats: v * scale + shift, or v where scale is NULL; lanes beyond b->n become 0. In
 * double, as nothing may be left of a small deviation beside a large mean in float. */
static void lay_out_numbers(const struct transform *t, enum data_split split, const struct batch *b, const float *scale,
                            const float *shift, float *to)
{
    const struct shape s = t->field->shape;
    const float *values = field_floats(t->field, part_of(split));
    size_t size = shape_size(s);
    for (int i = 0; i < b->blocks * LANES; i++) {
        const float *x = i < b->n ? values + b->key[i] * size : NULL;
        for (int c = 0; c < s.c; c++)
            for (int h = 0; h < s.h; h++)
                for (int w = 0; w < s.w; w++) {
                    float v = x ? x[(c * s.h + h) * s.w + w] : 0;
                    v = isnan(v) && t->fill ? t->fill[c] : v;
                    to[lane_at(s, i, c, h, w)] =
                        x && scale ? (float)((double)v * (double)scale[c] + (double)shift[c]) : v;
                }
    }
}

static void fill_numbers(const struct transform *t, enum data_split split, const uint32_t *at,
                         const struct data_draw *draw, struct batch *b)
{
    (void)at;
    (void)draw;
    lay_out_numbers(t, split, b, t->scale, t->shift, b->x);
}

static void fill_targets(const struct transform *t, enum data_split split, const uint32_t *at,
                         const struct data_draw *draw, struct batch *b)
{
    (void)at;
    (void)draw;
    lay_out_numbers(t, split, b, NULL, NULL, b->target);
}

const struct transform_type transform_numbers = {
    .target = 0, .of = FIELD_FLOATS, .init = init_numbers, .fill = fill_numbers};
const struct transform_type transform_targets = {.target = 1, .of = FIELD_FLOATS, .fill = fill_targets};
