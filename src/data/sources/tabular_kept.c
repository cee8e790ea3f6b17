/* tabular_kept.c - keeps tables between runs.
 *
 * What is kept: a head, a record for each column, the texts (name of the column, then its categories, each with a NUL),
 * and from a multiple of 64 on the values. */
#include "data/sources/tabular_kept.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_PLANE = 4096, KEPT_VERSION = 1 };

struct kept_head {
    uint64_t columns, used, rows, first, dropped, values_at; /* values_at: bytes from the beginning */
    int32_t targets, has_header;
};

struct kept_column {
    uint64_t missing;
    int32_t role, place, target, text, ordinal, fractions, dates, categories;
};

/* ---- where ------------------------------------------------------------------------------------------------------- */

static uint64_t hash_key(uint64_t h, const char *text)
{
    return text ? str_hash(h, text, strlen(text) + 1) : str_hash(h, "", 1);
}

void tabular_find_kept(struct cache_slot *slot, const char *const path[DATA_PARTS], const struct tabular *t)
{
    const struct tabular_args *a = t->args;
    const char *const texts[] = {a->target, a->features, a->drop, a->onehot, a->ordinal, a->sheet};
    const int numbers[] = {KEPT_VERSION,    a->header, a->skip, a->delimiter, a->missing == TABULAR_DROP,
                           t->format->named};
    uint64_t how = str_hash(STR_HASH, numbers, sizeof numbers);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        how = hash_key(how, texts[i]);
    cache_find_made(slot, path, *path[PART_TEST] ? 2 : 1, how ? how : 1, KEPT_PLANE);
}

/* ---- to the cache ------------------------------------------------------------------------------------------------ */

struct keeping {
    const struct tabular *t;
    struct kept_head head;
};

static size_t bytes_of_texts(const struct tabular_column *c)
{
    size_t n = strlen(c->name) + 1;
    for (int k = 0; k < c->categories; k++)
        n += strlen(c->category[k].text) + 1;
    return n;
}

static size_t bytes_kept(const struct tabular *t, struct kept_head *head)
{
    size_t n = sizeof *head + t->columns * sizeof(struct kept_column);
    for (size_t c = 0; c < t->columns; c++)
        n += bytes_of_texts(&t->column[c]);
    head->values_at = (n + 63) & ~(size_t)63;
    return head->values_at + t->rows * t->used * sizeof(float);
}

static char *put_kept_text(char *to, const char *text)
{
    size_t n = strlen(text) + 1;
    memcpy(to, text, n);
    return to + n;
}

static int write_kept(void *ctx, uint8_t *x, struct err *e)
{
    const struct keeping *k = ctx;
    const struct tabular *t = k->t;
    char *text = (char *)x + sizeof k->head + t->columns * sizeof(struct kept_column);
    (void)e;
    memcpy(x, &k->head, sizeof k->head);
    for (size_t i = 0; i < t->columns; i++) {
        const struct tabular_column *c = &t->column[i];
        const struct kept_column kept = {c->missing, (int32_t)c->role, c->place, c->target,    c->text,
                                         c->ordinal, c->fractions,     c->dates, c->categories};
        memcpy(x + sizeof k->head + i * sizeof kept, &kept, sizeof kept);
        text = put_kept_text(text, c->name);
        for (int n = 0; n < c->categories; n++)
            text = put_kept_text(text, c->category[n].text);
    }
    memcpy(x + k->head.values_at, t->value, t->rows * t->used * sizeof(float));
    return 0;
}

int tabular_keep(struct cache_slot *slot, struct tabular *t, size_t first, struct dataset *d, struct err *e)
{
    struct keeping k = {.t = t,
                        .head = {.columns = t->columns,
                                 .used = t->used,
                                 .rows = t->rows,
                                 .first = first,
                                 .dropped = t->dropped,
                                 .targets = t->targets,
                                 .has_header = t->has_header}};
    struct cache_hit hit;
    size_t n = bytes_kept(t, &k.head);
    if (!slot->file[0] || n < CACHE_MIN)
        return 0;
    slot->stamp.planes = (n + KEPT_PLANE - 1) / KEPT_PLANE;
    int put = cache_put(slot, &(struct cache_maker){write_kept, NULL, &k}, d, &hit, e);
    if (put)
        return put < 0 ? -1 : 0;
    free(t->value);
    t->value = NULL;
    t->room = 0;
    t->kept = (const float *)(const void *)(hit.x + k.head.values_at);
    return 0;
}

/* ---- from the cache ---------------------------------------------------------------------------------------------- */

static const char *take_kept_text(const char **at)
{
    const char *text = *at;
    *at += strlen(text) + 1;
    return text;
}

static int take_column(struct tabular_column *c, const struct kept_column *kept, const char **text)
{
    *c = (struct tabular_column){.name = take_kept_text(text),
                                 .role = (enum tabular_role)kept->role,
                                 .place = kept->place,
                                 .target = kept->target,
                                 .text = kept->text,
                                 .ordinal = kept->ordinal,
                                 .fractions = kept->fractions,
                                 .dates = kept->dates,
                                 .missing = kept->missing,
                                 .categories = kept->categories};
    if (c->categories && !(c->category = calloc(TABULAR_CATEGORIES, sizeof *c->category)))
        return -1;
    for (int k = 0; k < c->categories; k++)
        c->category[k].text = take_kept_text(text);
    return 0;
}

int tabular_take_kept(const struct cache_slot *slot, struct tabular *t, size_t *first, struct dataset *d, struct err *e)
{
    struct cache_hit hit;
    struct kept_head head;
    if (cache_map(slot, d, &hit))
        return 1;
    memcpy(&head, hit.x, sizeof head);
    t->column = calloc(head.columns, sizeof *t->column);
    if (!t->column)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", d->name);
    const char *text = (const char *)hit.x + sizeof head + head.columns * sizeof(struct kept_column);
    for (size_t i = 0; i < head.columns; i++) {
        struct kept_column kept;
        memcpy(&kept, hit.x + sizeof head + i * sizeof kept, sizeof kept);
        t->columns = i + 1;
        if (take_column(&t->column[i], &kept, &text))
            return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", d->name);
    }
    t->used = head.used;
    t->rows = head.rows;
    t->dropped = head.dropped;
    t->targets = head.targets;
    t->has_header = head.has_header;
    t->kept = (const float *)(const void *)(hit.x + head.values_at);
    *first = head.first;
    return 0;
}
