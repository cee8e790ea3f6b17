/* families.c lists what is chosen by a key and brings keys of its own. */
#include "config/keys/families.h"

#include "train/task.h"

#include <string.h>

/* Defines NAME_row, which fills *out from the i-th row of a table of pointers that ends with NULL. */
#define ROWS(its, table)                                                                                               \
    static int its##_row(size_t i, struct family_row *out)                                                             \
    {                                                                                                                  \
        if (table[i])                                                                                                  \
            *out = (struct family_row){table[i]->name, table[i]->help, table[i]->source, table[i]->params};            \
        return table[i] ? 0 : -1;                                                                                      \
    }
ROWS(search, search_types)
ROWS(prune, prune_types)
ROWS(optimizer, optimizer_types)
ROWS(schedule, schedule_types)

static int dataset_row(size_t i, struct family_row *out)
{
    const struct data_word *w = data_dataset_word(i);
    if (w)
        *out = (struct family_row){w->name, w->help, NULL, w->params};
    return w ? 0 : -1;
}

/* Row 0 has no keys, whatever loss it stands for. */
static int loss_row(size_t i, struct family_row *out)
{
    static const struct family_row usual = {"auto", "the first loss that `sweep list tasks` has for the task", NULL,
                                            NULL};
    const struct loss_type *l = i ? loss_types[i - 1] : NULL;
    *out = l ? (struct family_row){l->name, l->help, l->source, l->params} : usual;
    return i && !l ? -1 : 0;
}

static int precision_row(size_t i, struct family_row *out)
{
    *out = (struct family_row){nn_precision_name(i), nn_precision_help(i), NULL, NULL};
    return out->name ? 0 : -1;
}

#define ARGS(spec, field) .args = offsetof(struct spec, field), .args_size = sizeof((struct spec *)0)->field
// clang-format off
const struct family families[] = {
    { .section = "search", .key = "method", .plural = "search", .plain = 1, .group = KEY_SWEEP,
      ARGS(sweep_spec, search_args), .row = search_row },
    { .section = "prune", .key = "method", .plural = "pruning", .plain = 1, .group = KEY_SWEEP,
      ARGS(sweep_spec, prune_args), .row = prune_row },
    { .section = "train", .key = "optimizer", .plural = "optimizers", .plain = 1, .group = KEY_TRAIN,
      ARGS(train_spec, optimizer_args), .row = optimizer_row },
    { .section = "train", .key = "schedule", .plural = "schedules", .plain = 1, .group = KEY_TRAIN,
      ARGS(train_spec, schedule_args), .row = schedule_row },
    { .section = "train", .key = "loss", .plural = "losses", .plain = 1, .group = KEY_TRAIN,
      ARGS(train_spec, loss_args), .row = loss_row },
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
