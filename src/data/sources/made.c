/* made.c holds what all datasets that are made share: their random numbers, fingerprints and loading. */
#include "data/sources/made.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct made_args) <= DATA_ARGS, "DATA_ARGS");

double made_uniform(struct rng *r)
{
    return ((double)rng_u32(r) + 0.5) * 0x1p-32;
}

void made_common(struct rng *r, uint64_t seed, int class)
{
    rng_init(r, seed, RNG_MADE, DATA_PARTS, (uint32_t) class);
}

uint64_t made_fingerprint(const struct data_source *source, const struct data_spec *s)
{
    char text[256];
    uint64_t h = str_hash(STR_HASH, source->word.name, strlen(source->word.name) + 1);
    for (const struct param *p = source->word.params; p->name; p++) {
        h = str_hash(h, p->name, strlen(p->name) + 1);
        param_text(p, s->source_args, text, sizeof text);
        h = str_hash(h, text, strlen(text) + 1);
    }
    return str_hash(h, &s->seed, sizeof s->seed);
}

static int count_classes(struct dataset *d, struct err *e)
{
    struct field *f = &d->field[1];
    size_t classes = (size_t)f->classes;
    uint32_t *count = dataset_alloc(d, classes * sizeof *count, e);
    if (!count)
        return -1;
    for (size_t k = 0; k < classes; k++)
        count[k] = (uint32_t)(d->n[PART_TRAIN] / classes + (k < d->n[PART_TRAIN] % classes));
    f->count = count;
    return 0;
}

/* Where the values of sample i go; `class` or `number` is NULL. */
struct made_place {
    float *x, *number;
    uint8_t *class;
};

static void put_sample(const struct made_sample *s, const double *noise, int features, double deviation, size_t i,
                       const struct made_place *to)
{
    for (int k = 0; k < features; k++)
        to->x[i * (size_t)features + (size_t)k] = (float)(s->x[k] + (to->class ? deviation * noise[k] : 0));
    if (to->class)
        to->class[i] = (uint8_t)s->class;
    else
        to->number[i] = (float)(s->number + deviation * noise[0]);
}

static void make_part(const struct made_type *t, const struct dataset *d, const struct data_spec *s,
                      enum data_part part, const struct made_place *to, struct made_sample *sample)
{
    const struct made_args *args = (const void *)s->source_args;
    double noise[MADE_FEATURES];
    int features = d->field[0].shape.c, classes = data_classes(d);
    for (size_t i = 0; i < d->n[part]; i++) {
        struct rng r;
        rng_init(&r, (uint64_t)s->seed, RNG_MADE, part, (uint32_t)i);
        sample->class = classes ? (int)(i % (size_t)classes) : 0;
        t->make(args, (uint64_t)s->seed, &r, sample);
        rng_normals(&r, classes ? (size_t)features : 1, noise);
        put_sample(sample, noise, features, args->noise, i, to);
    }
}

static int make_values(const struct made_type *t, struct dataset *d, const struct data_spec *s, struct err *e)
{
    struct made_sample *sample = malloc(sizeof *sample);
    int bad = sample ? 0 : err_set(e, ERR_NOMEM, "dataset %s: no memory to make it", d->name);
    for (int part = 0; part < DATA_PARTS && !bad; part++) {
        size_t n = d->n[part], floats = n * shape_size(d->field[0].shape);
        struct made_place to = {.x = dataset_alloc(d, floats * sizeof(float), e)};
        void *target = to.x ? dataset_alloc(d, n * (data_classes(d) ? 1 : sizeof(float)), e) : NULL;
        *(data_classes(d) ? (void **)&to.class : (void **)&to.number) = target;
        if (!target) {
            bad = -1;
            break;
        }
        make_part(t, d, s, part, &to, sample);
        d->field[0].values[part] = to.x;
        d->field[1].values[part] = target;
    }
    free(sample);
    return bad;
}

int made_load(const struct data_source *source, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    const struct made_type *t = source->detail;
    const struct made_args *args = (const void *)s->source_args;
    int features = t->features, classes = t->classes;
    if (t->sizes)
        t->sizes(args, &features, &classes);
    dataset_of_vectors(d, features, classes, dataset_digits);
    d->n[PART_TRAIN] = (size_t)args->samples;
    d->n[PART_TEST] = (size_t)args->test_samples;
    d->fingerprint = made_fingerprint(source, s);
    if (classes && count_classes(d, e))
        return -1;
    return peek ? 0 : make_values(t, d, s, e);
}
