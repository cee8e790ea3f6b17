/* view.c - a split with its normalization and augmentation. */
#include "data/augment.h"
#include "data/data.h"
#include "data/kinds.h"
#include "data/split.h"
#include "data/sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

struct sums { /* exact, so that no order of the samples shows */
    uint64_t n, sum, squares;
};

static void add(struct sums *s, size_t n, const uint32_t sums[2])
{
    s->n += n;
    s->sum += sums[0];
    s->squares += sums[1];
}

static void add_bytes(struct sums *s, const uint8_t *x, size_t n)
{
    while (n) {
        size_t piece = n < SUMS_BYTES ? n : SUMS_BYTES;
        uint32_t sums[2];
        sums_of_bytes(piece, x, sums);
        add(s, piece, sums);
        x += piece;
        n -= piece;
    }
}

static void channel_sums(const struct data_view *v, struct sums sums[DATA_CHANNELS])
{
    const struct dataset *d = v->set;
    size_t plane = (size_t)d->h * (size_t)d->w;
    memset(sums, 0, DATA_CHANNELS * sizeof *sums);
    for (size_t i = 0; i < v->n[DATA_TRAIN]; i++)
        for (int c = 0; c < d->c; c++) {
            size_t at = (size_t)v->index[DATA_TRAIN][i] * (size_t)d->c + (size_t)c;
            if (d->train_sums)
                add(&sums[c], plane, d->train_sums[at]);
            else
                add_bytes(&sums[c], d->train.x + at * plane, plane);
        }
}

static void standardize(struct data_view *v)
{
    struct sums sums[DATA_CHANNELS];
    channel_sums(v, sums);
    for (int c = 0; c < v->set->c; c++) {
        const struct sums *s = &sums[c];
        double n = (double)s->n, mean = (double)s->sum / n;
        wide spread = (wide)s->n * s->squares - (wide)s->sum * s->sum; /* n^2 times the variance */
        double deviation = spread ? sqrt((double)spread) / n : v->set->max_value;
        v->scale[c] = (float)(1 / deviation);
        v->shift[c] = (float)(-mean / deviation);
    }
}

static void normalize(struct data_view *v, int how)
{
    for (int c = 0; c < v->set->c; c++) {
        v->scale[c] = how == NORMALIZE_UNIT ? (float)(1.0 / v->set->max_value) : 1;
        v->shift[c] = 0;
    }
    if (how == NORMALIZE_STANDARD)
        standardize(v);
}

static int make_augment(struct data_view *v, const char *text, struct arena *a, struct err *e)
{
    static const struct where at = {NULL, 0, "data", "augment"};
    struct augment parsed, *kept;
    if (augment_parse(&parsed, text, &at, e))
        return -1;
    if (!parsed.any)
        return 0;
    kept = arena_take(a, sizeof *kept);
    if (!kept)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory for its view", v->set->name);
    *kept = parsed;
    v->augment = kept;
    return 0;
}

int data_view_gather(struct data_view *v, struct arena *a)
{
    const struct dataset *d = v->set;
    size_t image = (size_t)d->c * (size_t)d->h * (size_t)d->w;
    if (2 * (v->n[DATA_TRAIN] + v->n[DATA_VALIDATION]) > d->train.n || !dataset_is_mapped(d, d->train.x))
        return 0;
    uint8_t *train = arena_take(a, v->n[DATA_TRAIN] * image), *valid = arena_take(a, v->n[DATA_VALIDATION] * image);
    if (!train || !valid)
        return 0;
    for (size_t i = 0; i < v->n[DATA_TRAIN]; i++)
        memcpy(train + i * image, d->train.x + v->index[DATA_TRAIN][i] * image, image);
    for (size_t i = 0; i < v->n[DATA_VALIDATION]; i++)
        memcpy(valid + i * image, d->train.x + v->index[DATA_VALIDATION][i] * image, image);
    v->copy[DATA_TRAIN] = train;
    v->copy[DATA_VALIDATION] = valid;
    dataset_let_go(d);
    return 1;
}

int data_view_init(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a,
                   struct err *e)
{
    memset(v, 0, sizeof *v);
    v->set = d;
    if (data_split_sizes(d, s, NULL, v->n, e) || make_augment(v, s->augment, a, e) ||
        split_draw(d, s->seed, v->n, a, v->index, e))
        return -1;
    normalize(v, s->normalize);
    return 0;
}
