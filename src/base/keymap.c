/* keymap.c maps 64-bit keys to numbers. */
#include "base/keymap.h"

#include <stdlib.h>
#include <string.h>

static struct keymap_slot *keymap_find(const struct keymap *m, uint64_t key)
{
    size_t i = (size_t)(key ^ key >> 32) & (m->cap - 1);
    while (m->slot[i].value != KEYMAP_NONE && m->slot[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slot[i];
}

static int grow(struct keymap *m)
{
    struct keymap bigger = {NULL, m->n, m->cap ? 2 * m->cap : 64};
    bigger.slot = malloc(bigger.cap * sizeof *bigger.slot);
    if (!bigger.slot)
        return -1;
    memset(bigger.slot, 0xff, bigger.cap * sizeof *bigger.slot);
    for (size_t i = 0; i < m->cap; i++)
        if (m->slot[i].value != KEYMAP_NONE)
            *keymap_find(&bigger, m->slot[i].key) = m->slot[i];
    free(m->slot);
    *m = bigger;
    return 0;
}

uint64_t keymap_get(const struct keymap *m, uint64_t key)
{
    return m->cap ? keymap_find(m, key)->value : KEYMAP_NONE;
}

int keymap_put(struct keymap *m, uint64_t key, uint64_t value)
{
    if (4 * (m->n + 1) > 3 * m->cap && grow(m))
        return -1;
    struct keymap_slot *s = keymap_find(m, key);
    if (s->value == KEYMAP_NONE) {
        *s = (struct keymap_slot){key, value};
        m->n++;
    }
    return 0;
}

void keymap_release(struct keymap *m)
{
    free(m->slot);
    memset(m, 0, sizeof *m);
}
