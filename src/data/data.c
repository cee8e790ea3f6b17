/* data.c - the keys of [data], and what can be checked of them without any data. */
#include "data/data.h"

#include "base/str.h"
#include "data/augment.h"
#include "data/kinds.h"
#include "data/split.h"

#include <math.h>
#include <string.h>

static const char *const normalize_names[] = {"standard", "unit", "none"};

const char *data_normalize_name(size_t i)
{
    return i < sizeof normalize_names / sizeof *normalize_names ? normalize_names[i] : NULL;
}

#define AT(field) offsetof(struct data_spec, field)
// clang-format off
const struct param data_params[] = {
    { "dataset", P_TEXT, AT(dataset), 0, 0, "optdigits", "what to learn: see `sweep list datasets`", NULL, 0 },
    { "path", P_TEXT, AT(path), 0, 0, "",
      "folder of the dataset's files; default: $SWEEP_DATA/NAME, $SWEEP_DATA, ~/.cache/sweep/NAME", NULL, 0 },
    { "train", P_FLOAT, AT(train), 0, HUGE_VAL, "0",
      "training samples: a count, or a fraction up to 1 of the training file; 0: all that validation leaves", NULL, 0 },
    { "validation", P_FLOAT, AT(validation), 0, HUGE_VAL, "0.1",
      "validation samples out of the training file, a count or a fraction; 0: none", NULL, 0 },
    { "test", P_FLOAT, AT(test), 0, HUGE_VAL, "0",
      "test samples, a count or a fraction: the first ones of the test file; 0: all", NULL, 0 },
    { "normalize", P_CHOICE, AT(normalize), 0, 0, "standard",
      "standard: mean 0 and deviation 1 per channel over the training split; unit: 0..1; none: raw values",
      data_normalize_name, 0 },
    { "augment", P_TEXT, AT(augment), 0, 0, "",
      "random changes of training images, such as `rotate 7, shift 1`: see `sweep list augmentations`", NULL, 0 },
    { "seed", P_INT, AT(seed), 0, 2147483647, "0", "of the split into train and validation", NULL, 0 },
    { 0 }
};
// clang-format on

/* Where an error of `key` is located: w, as far as it does not point to another key. */
static struct where at_key(const struct where *w, const char *key)
{
    struct where at = {NULL, 0, "data", key};
    if (w) {
        at.file = w->file;
        at.section = w->section ? w->section : at.section;
        if (!w->key || !strcmp(w->key, key))
            at.line = w->line;
    }
    return at;
}

int data_spec_check(const struct data_spec *s, const struct where *w, struct err *e)
{
    struct where at = at_key(w, "dataset");
    const struct dataset_kind *kind = dataset_kind_find(s->dataset, &at, e);
    if (!kind)
        return -1;
    at = at_key(w, "path");
    int given = s->path && s->path[0];
    if (kind->path == PATH_NEVER && given)
        return err_at(e, ERR_USAGE, &at, "%s is built in and read from no file; leave path out", kind->word.name);
    if (kind->path == PATH_ALWAYS && !given)
        return err_at(e, ERR_USAGE, &at, "%s wants the folder of its files", kind->word.name);

    at = at_key(w, "train");
    if (split_size_check(s->train, &at, e))
        return -1;
    at = at_key(w, "validation");
    if (split_size_check(s->validation, &at, e) || split_fractions_check(s->train, s->validation, &at, e))
        return -1;
    at = at_key(w, "test");
    if (split_size_check(s->test, &at, e))
        return -1;

    struct augment a;
    at = at_key(w, "augment");
    return augment_parse(&a, s->augment, &at, e);
}
