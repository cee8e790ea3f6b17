/* data.c - the keys of [data], and what can be checked of them without any data. */
#include "data/data.h"

#include "base/str.h"
#include "data/folds.h"
#include "data/images/augment.h"
#include "data/sources/source.h"
#include "data/split.h"

#include <math.h>
#include <string.h>

// clang-format off
static const struct {
    const char *name, *help;
} normalizations[] = {
    { "standard", "(x - mean) / deviation, of each channel over the training split: mean 0, deviation 1 (divided by n)" },
    { "unit",     "x / max, the largest value that a pixel of the dataset can have: 0 to 1; of numbers (x - least) / "
                  "(largest - least) over the training split" },
    { "none",     "x as it stands in the file" },
    { "imagenet", "(x / 255 - mean) / deviation, of red, green and blue pixels over ImageNet: what torchvision's networks have learned from" },
    { "centred",  "(x - 127) / 128, of pixels: what efficientnet_lite0 has learned from" },
};
// clang-format on

const char *data_normalize_name(size_t i)
{
    return i < sizeof normalizations / sizeof *normalizations ? normalizations[i].name : NULL;
}

const char *data_normalize_help(size_t i)
{
    return data_normalize_name(i) ? normalizations[i].help : NULL;
}

int data_normalize_check(const struct dataset *d, const struct data_spec *s, const struct where *at, struct err *e)
{
    static const struct where key = {NULL, 0, "data", "normalize"};
    const struct field *x = data_input(d);
    const char *word = data_normalize_name((size_t)s->normalize);
    at = at ? at : &key;
    if (s->normalize < NORMALIZE_IMAGENET || x->type == FIELD_TOKENS)
        return 0;
    if (x->type != FIELD_BYTES)
        return err_at(e, ERR_USAGE, at, "%s is of pixels, and dataset %s has numbers; write standard, unit or none",
                      word, d->name);
    if (x->max_value != 255 || (s->normalize == NORMALIZE_IMAGENET && x->shape.c != 3))
        return err_at(
            e, ERR_USAGE, at,
            "%s is of %s of 0 to 255, and dataset %s has %d channel%s of 0 to %d; write standard, unit or none", word,
            s->normalize == NORMALIZE_IMAGENET ? "three colours" : "pixels", d->name, x->shape.c,
            x->shape.c == 1 ? "" : "s", x->max_value);
    return 0;
}

static const char *verify_name(size_t i)
{
    static const char *const names[] = {[VERIFY_QUICK] = "quick", [VERIFY_FULL] = "full"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

#define AT(field) offsetof(struct data_spec, field)
// clang-format off
const struct param data_params[] = {
    { .name = "dataset", .type = P_TEXT, .at = AT(dataset), .preset = "optdigits",
      .help = "what to learn: see `sweep list datasets`" },
    { .name = "path", .type = P_TEXT, .at = AT(path), .preset = "", .matters = MATTERS_NEVER, /* dataset.fingerprint does */
      .help = "folder of the dataset's files, seen from where sweep is started; default: $SWEEP_DATA/NAME, $SWEEP_DATA, "
              "~/.cache/sweep/NAME" },
    { .name = "train", .type = P_FLOAT, .at = AT(train), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "training samples: a count, or a fraction up to 1 of the training file; 0: all that validation leaves" },
    { .name = "validation", .type = P_FLOAT, .at = AT(validation), .min = 0, .max = HUGE_VAL, .preset = "0.1",
      .help = "validation samples out of the training file, a count or a fraction; 0: none" },
    { .name = "folds", .type = P_INT, .at = AT(folds), .min = 0, .max = 1000, .preset = "0", .matters = MATTERS_UNLESS_PRESET,
      .help = "folds of a cross-validation, each a repeat in which it validates what the others train, class by class; train and "
              "validation are left out then; 0: none" },
    { .name = "test", .type = P_FLOAT, .at = AT(test), .min = 0, .max = HUGE_VAL, .preset = "0",
      .help = "test samples, a count or a fraction: the first ones of the test file; 0: all" },
    { .name = "normalize", .type = P_CHOICE, .at = AT(normalize), .preset = "standard", .word = data_normalize_name,
      .help = "standard: mean 0 and deviation 1 per channel over the training split; unit: 0..1; none: raw values; what a network that "
              "begins with other weights has learned from: imagenet, centred" },
    { .name = "augment", .type = P_TEXT, .at = AT(augment), .preset = "",
      .help = "random changes of training images, such as `rotate 7, shift 1`: see `sweep list augmentations`" },
    { .name = "seed", .type = P_INT, .at = AT(seed), .min = 0, .max = 2147483647, .preset = "0",
      .help = "of the split into train and validation, and of a dataset that is made" },
    { .name = "verify", .type = P_CHOICE, .at = AT(verify), .preset = "quick", .word = verify_name,
      .matters = MATTERS_NEVER,
      .help = "what tells whether results belong to the files that are there; quick: sizes, first and last 64 KiB; full: every "
              "byte, read again only after a file's size or times have changed" },
    { 0 }
};
// clang-format on

static int check_dataset(const struct data_spec *s, const struct where *at, struct err *e)
{
    return source_find(s->dataset, at, e) ? 0 : -1;
}

static int check_path(const struct data_spec *s, const struct where *at, struct err *e)
{
    struct err unknown = {0};
    const struct data_source *source = source_find(s->dataset, NULL, &unknown);
    int given = s->path && s->path[0];
    if (source && source->path == PATH_NEVER && given)
        return err_at(e, ERR_USAGE, at, "%s is built in and read from no file; leave path out", source->word.name);
    if (source && source->path == PATH_ALWAYS && !given)
        return err_at(e, ERR_USAGE, at, "%s wants the folder of its files", source->word.name);
    return 0;
}

/* A text is divided before it becomes tokens, so that nothing is learned from the part that validates. */
static int check_share(const struct data_spec *s, double size, const struct where *at, struct err *e)
{
    struct err unknown = {0};
    const struct data_source *source = source_find(s->dataset, NULL, &unknown);
    if (source && source->divides && size > 1)
        return err_at(e, ERR_USAGE, at, "a text is divided by shares; write a fraction up to 1, such as 0.1");
    return split_size_check(size, at, e);
}

static int check_train(const struct data_spec *s, const struct where *at, struct err *e)
{
    return check_share(s, s->train, at, e);
}

static int check_validation(const struct data_spec *s, const struct where *at, struct err *e)
{
    return check_share(s, s->validation, at, e) || split_fractions_check(s->train, s->validation, at, e) ? -1 : 0;
}

static int check_folds(const struct data_spec *s, const struct where *at, struct err *e)
{
    struct err unknown = {0};
    const struct data_source *source = source_find(s->dataset, NULL, &unknown);
    if (s->folds && source && source->divides)
        return err_at(e, ERR_USAGE, at, "a text trains and validates in its order; leave folds out");
    return folds_check(s, at, e);
}

static int check_test(const struct data_spec *s, const struct where *at, struct err *e)
{
    return split_size_check(s->test, at, e);
}

static int check_augment(const struct data_spec *s, const struct where *at, struct err *e)
{
    struct augment a;
    struct err unknown = {0};
    const struct data_source *source = source_find(s->dataset, NULL, &unknown);
    if (augment_parse(&a, s->augment, at, e))
        return -1;
    if (a.any && source && source->input != FIELD_BYTES)
        return err_at(e, ERR_USAGE, at,
                      "augmentations change images, and the samples of %s are none; leave augment out",
                      source->word.name);
    return 0;
}

static const struct {
    const char *key;
    int (*check)(const struct data_spec *s, const struct where *at, struct err *e);
} checks[] = {
    {"dataset", check_dataset}, {"path", check_path},       {"train", check_train}, {"validation", check_validation},
    {"test", check_test},       {"augment", check_augment}, {"folds", check_folds},
};

int data_spec_check(const struct data_spec *s, const struct where *w, struct err *e)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct where at = w ? *w : (struct where){NULL, 0, NULL, NULL};
        if (at.key && strcmp(at.key, checks[i].key))
            continue;
        at.section = at.section ? at.section : "data";
        at.key = checks[i].key;
        if (checks[i].check(s, &at, e))
            return -1;
    }
    return 0;
}
