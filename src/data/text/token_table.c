/* token_table.c keeps different pieces of text, found by their hashes. */
#include "data/text/token_table.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of_token(const struct token_table *t, const char *text, size_t n, uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (t->slots - 1);
    for (; t->slot[i]; i = (i + 1) & (t->slots - 1)) {
        const struct token_entry *v = &t->v[t->slot[i] - 1];
        if (v->hash == hash && v->n == n && !memcmp(v->text, text, n))
            break;
    }
    return i;
}

size_t token_table_find(const struct token_table *t, const char *text, size_t n)
{
    const size_t i = t->slots ? slot_of_token(t, text, n, str_hash(STR_HASH, text, n)) : 0;
    return t->slots && t->slot[i] ? t->slot[i] - 1 : TOKEN_NONE;
}

/* Room for one more: half of the slots at least are free. */
static int room_for_token(struct token_table *t)
{
    if (t->n < t->cap)
        return 0;
    if (t->cap >= TOKEN_ENTRIES / 2)
        return -1;
    const size_t cap = t->cap ? 2 * t->cap : 64, slots = 2 * cap;
    struct token_entry *v = realloc(t->v, cap * sizeof *v);
    if (!v)
        return -1;
    t->v = v;
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return -1;
    free(t->slot);
    t->slot = slot;
    t->slots = slots;
    t->cap = cap;
    for (size_t i = 0; i < t->n; i++) {
        size_t at = (size_t)(v[i].hash ^ v[i].hash >> 32) & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = (uint32_t)i + 1;
    }
    return 0;
}

size_t token_table_add(struct token_table *t, const char *text, size_t n)
{
    if (room_for_token(t))
        return TOKEN_NONE;
    const uint64_t hash = str_hash(STR_HASH, text, n);
    const size_t i = slot_of_token(t, text, n, hash);
    if (!t->slot[i]) {
        t->v[t->n] = (struct token_entry){text, n, hash, 0};
        t->slot[i] = (uint32_t)++t->n;
    }
    return t->slot[i] - 1;
}

static int compare_tokens(const void *a, const void *b)
{
    const struct token_entry *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    const int order = memcmp(x->text, y->text, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

void token_table_sort(struct token_table *t)
{
    if (t->n)
        qsort(t->v, t->n, sizeof *t->v, compare_tokens);
    free(t->slot);
    t->slot = NULL;
    t->slots = t->cap = 0; /* whoever adds again makes room first */
}

void token_table_release(struct token_table *t)
{
    free(t->v);
    free(t->slot);
    *t = (struct token_table){.v = NULL};
}
