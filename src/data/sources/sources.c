/* sources.c - the table of datasets. */
#include "data/sources/source.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* In the order of the manual. */
// clang-format off
#define SOURCES(X)                                                                                                     \
    X(optdigits) X(mnist) X(fashion_mnist) X(kmnist) X(emnist_digits) X(emnist_letters) X(emnist_balanced) X(idx)      \
    X(cifar10) X(cifar100) X(images) X(csv) X(json) X(xlsx) X(text) X(pairs)                                                               \
    X(moons) X(circles) X(spirals) X(blobs) X(xor) X(friedman) X(sines) X(shapes)
// clang-format on
#define DECLARE(name) extern const struct data_source source_##name;
#define ROW(name) &source_##name,
SOURCES(DECLARE)

static const struct data_source *const rows[] = {SOURCES(ROW)};

const struct data_word *data_dataset_word(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i]->word : NULL;
}

const struct data_word *data_dataset_named(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (name && !strcmp(rows[i]->word.name, name))
            return &rows[i]->word;
    return NULL;
}

static const struct param *keys_of(const struct data_source *source)
{
    static const struct param no_keys = {0};
    return source && source->word.params ? source->word.params : &no_keys;
}

static const char *text_at(const unsigned char *args, const struct param *p)
{
    const char *text;
    memcpy(&text, args + p->at, sizeof text);
    return text;
}

static void put_text(unsigned char *args, const struct param *p, const char *text)
{
    memcpy(args + p->at, &text, sizeof text);
}

/* Texts are the same where their letters are. */
static int same_keys(const struct data_source *source, const struct data_spec *a, const struct data_spec *b)
{
    unsigned char other[DATA_ARGS];
    memcpy(other, b->source_args, sizeof other);
    for (const struct param *p = keys_of(source); p->name; p++)
        if (p->type == P_TEXT && !strcmp(text_at(a->source_args, p), text_at(other, p)))
            put_text(other, p, text_at(a->source_args, p));
    return !memcmp(a->source_args, other, sizeof other);
}

int data_same_dataset(const struct data_spec *a, const struct data_spec *b)
{
    struct err none = {0};
    const struct data_source *source = source_find(a->dataset, NULL, &none);
    return !strcmp(a->dataset, b->dataset) && !strcmp(a->path, b->path) && a->verify == b->verify &&
           same_keys(source, a, b) && !(source && source->made && a->seed != b->seed) &&
           !(source && source->divides && (a->train != b->train || a->validation != b->validation));
}

int data_spec_copy(struct data_spec *to, const struct data_spec *from, struct arena *a, struct err *e)
{
    struct err none = {0};
    const struct data_source *source = source_find(from->dataset, NULL, &none);
    *to = *from;
    to->dataset = arena_str(a, from->dataset);
    to->path = arena_str(a, from->path);
    to->augment = arena_str(a, from->augment);
    for (const struct param *p = keys_of(source); p->name; p++)
        if (p->type == P_TEXT)
            put_text(to->source_args, p, arena_str(a, text_at(from->source_args, p)));
    return a->failed ? err_set(e, ERR_NOMEM, "no memory for dataset %s", from->dataset) : 0;
}

void data_source_text(const struct data_spec *s, struct str *text)
{
    char buf[64];
    struct err none = {0};
    for (const struct param *p = keys_of(source_find(s->dataset, NULL, &none)); p->name; p++)
        str_addf(text, "%s=%s\n", p->name,
                 p->type == P_TEXT ? text_at(s->source_args, p) : param_text(p, s->source_args, buf, sizeof buf));
}

void data_source_from_text(struct data_spec *s, const char *text, struct arena *a)
{
    struct err none = {0};
    const struct param *keys = keys_of(source_find(s->dataset, NULL, &none));
    param_defaults(keys, s->source_args);
    char *rest = arena_str(a, text);
    for (char *line, *value; (line = strsep(&rest, "\n"));) {
        value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = 0;
        const struct param *p = param_find(keys, line);
        if (p)
            param_set(p, s->source_args, value, NULL, &none);
    }
}

static const char *source_name(size_t i, const void *ctx)
{
    const struct data_word *w = data_dataset_word(i);
    (void)ctx;
    return w ? w->name : NULL;
}

const struct data_source *source_find(const char *name, const struct where *w, struct err *e)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (name && !strcmp(rows[i]->word.name, name))
            return rows[i];
    name = name ? name : "";
    const char *near = str_nearest(name, source_name, NULL);
    if (near)
        err_at(e, ERR_USAGE, w, "no dataset '%s'; did you mean '%s'?", name, near);
    else
        err_at(e, ERR_USAGE, w, "no dataset '%s'; `sweep list datasets` names them", name);
    return NULL;
}

static int load_source(struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    static const struct where at = {NULL, 0, "data", "dataset"};
    memset(d, 0, sizeof *d);
    const struct data_source *k = source_find(s->dataset, &at, e);
    if (!k)
        return -1;
    d->name = k->word.name;
    snprintf(d->credit, sizeof d->credit, "%s", k->credit);
    d->made = k->made;
    if (k->load(k, d, s, peek, e)) {
        dataset_release(d);
        return -1;
    }
    return 0;
}

int dataset_absent(struct dataset *d, const struct data_spec *s, const struct dataset_seen *seen, struct err *why)
{
    struct err e = {0};
    const struct data_source *k = source_find(s->dataset, NULL, &e);
    if (!k || !k->there || why->code != ERR_DATA)
        return -1;
    int found = k->there(k, s);
    if (found < 0)
        err_clear(why); /* nothing may be said to be absent */
    if (found)
        return found > 0 ? -1 : err_set(why, ERR_NOMEM, "dataset %s: no memory to look for it", s->dataset);
    memset(d, 0, sizeof *d);
    if (k->known(k, s, d, seen))
        return -1;
    d->name = k->word.name;
    snprintf(d->credit, sizeof d->credit, "%s", k->credit);
    snprintf(d->absent, sizeof d->absent, "%s", why->text);
    return 0;
}

int dataset_load(struct dataset *d, const struct data_spec *s, struct err *e)
{
    return load_source(d, s, 0, e);
}

int dataset_peek(struct dataset *d, const struct data_spec *s, struct err *e)
{
    return load_source(d, s, 1, e);
}
