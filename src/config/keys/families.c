/* families.c lists what is chosen by a key and brings keys of its own. */
#include "config/keys/families.h"

#include <string.h>

/* Each fills *out from the i-th row of the table of its folder. */

static int dataset_row(size_t i, struct family_row *out)
{
    const struct data_word *w = data_dataset_word(i);
    if (w)
        *out = (struct family_row){w->name, w->help, NULL, w->params};
    return w ? 0 : -1;
}

static int optimizer_row(size_t i, struct family_row *out)
{
    const struct optimizer_type *o = optimizer_types[i];
    if (o)
        *out = (struct family_row){o->name, o->help, o->source, o->params};
    return o ? 0 : -1;
}

static int schedule_row(size_t i, struct family_row *out)
{
    const struct schedule_type *s = schedule_types[i];
    if (s)
        *out = (struct family_row){s->name, s->help, s->source, s->params};
    return s ? 0 : -1;
}

static int precision_row(size_t i, struct family_row *out)
{
    *out = (struct family_row){nn_precision_name(i), nn_precision_help(i), NULL, NULL};
    return out->name ? 0 : -1;
}

#define ARGS(spec, field) .args = offsetof(struct spec, field), .args_size = sizeof((struct spec *)0)->field
// clang-format off
const struct family families[] = {
    { .section = "train", .key = "optimizer", .plural = "optimizers", .plain = 1, .group = KEY_TRAIN,
      ARGS(train_spec, optimizer_args), .row = optimizer_row },
    { .section = "train", .key = "schedule", .plural = "schedules", .plain = 1, .group = KEY_TRAIN,
      ARGS(train_spec, schedule_args), .row = schedule_row },
    { .section = "train", .key = "precision", .plural = "precisions", .group = KEY_NN, .row = precision_row },
    { .section = "data", .key = "dataset", .plural = "datasets", .group = KEY_DATA,
      ARGS(data_spec, source_args), .row = dataset_row },
    { .key = NULL },
};
// clang-format on

size_t family_count(void)
{
    return sizeof families / sizeof *families - 1;
}

int family_find(const struct family *f, const char *name, struct family_row *out)
{
    for (size_t i = 0; name && !f->row(i, out); i++)
        if (!strcmp(out->name, name))
            return (int)i;
    return -1;
}
