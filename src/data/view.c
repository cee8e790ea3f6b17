/* view.c makes a view of a dataset: its splits, and a transform for each field. */
#include "data/view.h"

#include "base/str.h"
#include "data/folds.h"
#include "data/samples.h"
#include "data/split.h"
#include "data/transform.h"

#include <stdlib.h>
#include <string.h>

static const struct transform_type *const types[] = {&transform_images,     &transform_numbers, &transform_class,
                                                     &transform_label_maps, &transform_targets, &transform_tokens,
                                                     &transform_next};

static const struct transform_type *type_for(const struct field *f, int target)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i]->of == f->type && types[i]->target == target && types[i]->maps == field_is_label_map(f))
            return types[i];
    abort(); /* no source makes such a field */
}

/* As many channels as checkpoints have always hashed, the missing ones as zeros. */
static size_t hashed_channels(const struct field *f)
{
    return f->shape.c > DATA_CHANNELS ? (size_t)f->shape.c : DATA_CHANNELS;
}

static int make_transform(struct transform *t, const struct data_view *v, int i, const struct data_spec *s,
                          struct arena *a, struct err *e)
{
    int target = i >= v->set->inputs;
    t->set = v->set;
    t->field = &v->set->field[i];
    t->type = type_for(t->field, target);
    if (!target) {
        size_t c = (size_t)t->field->shape.c, room = hashed_channels(t->field);
        t->scale = arena_take(a, room * sizeof *t->scale);
        t->shift = arena_take(a, room * sizeof *t->shift);
        if (!t->scale || !t->shift)
            return err_set(e, ERR_NOMEM, "dataset %s: no memory for its view", v->set->name);
        for (size_t k = 0; k < c; k++)
            t->scale[k] = 1;
    }
    return t->type->init ? t->type->init(t, v, s, a, e) : 0;
}

int data_view_init(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a,
                   struct err *e)
{
    memset(v, 0, sizeof *v);
    v->set = d;
    v->targets = data_numbers(d);
    v->labels = data_labels(d);
    v->fold = s->folds && !s->fold ? 1 : s->fold;
    if (data_normalize_check(d, s, NULL, e) || data_split_sizes(d, s, NULL, v->n, e) ||
        (s->folds ? folds_draw(d, s, v->n, a, v->index, e) : split_draw(d, s->seed, v->n, a, v->index, e)))
        return -1;
    v->transform = arena_take(a, (size_t)(d->inputs + d->targets) * sizeof *v->transform);
    if (!v->transform)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory for its view", d->name);
    for (int i = 0; i < d->inputs + d->targets; i++)
        if (make_transform(&v->transform[i], v, i, s, a, e))
            return -1;
    return 0;
}

void sample_form_of(const struct data_view *v, struct sample_form *f)
{
    const struct transform *t = &v->transform[0];
    *f = (struct sample_form){.type = t->field->type,
                              .shape = t->field->shape,
                              .scale = t->scale,
                              .shift = t->shift,
                              .fill = t->fill,
                              .white = t->field->max_value,
                              .fit = t->field->fit,
                              .background = t->field->background,
                              .columns = v->set->columns ? v->set->columns : "",
                              .tokens = v->set->tokens ? v->set->tokens : "",
                              .vocabulary = t->field->vocabulary,
                              .target = data_target_positions(v->set),
                              .target_tokens = v->set->target_tokens ? v->set->target_tokens : ""};
    f->target_vocabulary = f->target ? data_target(v->set)->vocabulary : 0;
}

void sample_form_put(struct data_view *v, const struct sample_form *f)
{
    struct transform *t = &v->transform[0];
    for (int c = 0; c < f->shape.c; c++) {
        t->scale[c] = f->scale[c];
        t->shift[c] = f->shift[c];
        if (t->fill && f->fill)
            t->fill[c] = f->fill[c];
    }
}

int sample_view(struct data_view *v, struct dataset *set, const struct sample_form *f, size_t n, const void *values,
                struct arena *a)
{
    uint32_t *index = arena_take(a, n * sizeof *index + 1);
    struct transform *t = arena_take(a, sizeof *t);
    float *number = arena_take(a, 3 * (size_t)f->shape.c * sizeof *number);
    if (!index || !t || !number)
        return -1;
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
    *set = (struct dataset){.name = "samples", .inputs = 1, .n = {[PART_TEST] = n}};
    set->field[0] = (struct field){.name = "sample",
                                   .type = f->type,
                                   .shape = f->shape,
                                   .vocabulary = f->vocabulary,
                                   .values = {[PART_TEST] = values}};
    *v = (struct data_view){.set = set, .index = {[DATA_TEST] = index}, .n = {[DATA_TEST] = n}, .transform = t};
    *t = (struct transform){.type = type_for(&set->field[0], 0),
                            .set = set,
                            .field = &set->field[0],
                            .scale = number,
                            .shift = number + f->shape.c,
                            .fill = f->fill ? number + 2 * f->shape.c : NULL};
    sample_form_put(v, f);
    return 0;
}

float data_input_scale(const struct data_view *v, int channel)
{
    return v->transform[0].scale[channel];
}

float data_input_shift(const struct data_view *v, int channel)
{
    return v->transform[0].shift[channel];
}

uint64_t data_view_hash(uint64_t h, const struct data_view *v)
{
    h = str_hash(h, v->set->name, strlen(v->set->name) + 1);
    for (int s = 0; s < 3; s++) {
        uint64_t n = v->n[s];
        h = str_hash(h, &n, sizeof n);
        h = str_hash(h, v->index[s], v->n[s] * sizeof *v->index[s]);
    }
    for (int i = 0; i < v->set->inputs; i++) {
        const struct transform *t = &v->transform[i];
        h = str_hash(h, t->scale, hashed_channels(t->field) * sizeof *t->scale);
        h = str_hash(h, t->shift, hashed_channels(t->field) * sizeof *t->shift);
    }
    return h;
}

int data_view_gather(struct data_view *v, struct arena *a)
{
    const struct dataset *d = v->set;
    const struct field *f = data_input(d);
    size_t image = shape_size(f->shape);
    if (f->type != FIELD_BYTES || 2 * (v->n[DATA_TRAIN] + v->n[DATA_VALIDATION]) > d->n[PART_TRAIN] ||
        !dataset_is_mapped(d, f->values[PART_TRAIN]))
        return 0;
    uint8_t *copy[2] = {arena_take(a, v->n[DATA_TRAIN] * image), arena_take(a, v->n[DATA_VALIDATION] * image)};
    if (!copy[0] || !copy[1])
        return 0;
    for (int split = DATA_TRAIN; split <= DATA_VALIDATION; split++) {
        for (size_t i = 0; i < v->n[split]; i++)
            memcpy(copy[split] + i * image, field_bytes(f, PART_TRAIN) + v->index[split][i] * image, image);
        v->transform[0].copy[split] = copy[split];
    }
    dataset_let_go(d);
    return 1;
}
