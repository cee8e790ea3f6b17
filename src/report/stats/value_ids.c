/* value_ids.c - numbers things by first appearance, with a hash table. */
#include "report/stats/value_ids.h"

#include <stdlib.h>
#include <string.h>

struct ids_entry {
    uint64_t key;
    const char *text;
};

static uint32_t *find_id(const struct ids *m, uint64_t key, const char *text)
{
    uint64_t at = (key ^ key >> 29) * 0x9e3779b97f4a7c15u >> 17;
    for (;; at++) {
        uint32_t *place = &m->place[at & (m->cap - 1)];
        const struct ids_entry *x = *place ? &m->entry[*place - 1] : NULL;
        if (!x || (x->key == key && (!text || !strcmp(x->text, text))))
            return place;
    }
}

/* Room for one more: entries grow in steps, places so that no more than half of them are taken. */
static int grow_ids(struct ids *m)
{
    if (m->n == m->room) {
        size_t room = m->room ? m->room + m->room / 2 : 64;
        struct ids_entry *more = m->n < UINT32_MAX / 2 ? realloc(m->entry, room * sizeof *more) : NULL;
        if (!more)
            return -1;
        m->entry = more;
        m->room = room;
    }
    if (2 * m->n < m->cap)
        return 0;
    size_t cap = m->cap ? 2 * m->cap : 64;
    uint32_t *place = calloc(cap, sizeof *place);
    if (!place)
        return -1;
    free(m->place);
    m->place = place;
    m->cap = cap;
    for (size_t i = 0; i < m->n; i++)
        *find_id(m, m->entry[i].key, m->entry[i].text) = (uint32_t)i + 1;
    return 0;
}

long ids_get(struct ids *m, uint64_t key, const char *text)
{
    if (grow_ids(m))
        return -1;
    uint32_t *place = find_id(m, key, text);
    if (!*place) {
        m->entry[m->n] = (struct ids_entry){key, text};
        *place = (uint32_t)++m->n;
    }
    return (long)*place - 1;
}

long ids_of_cell(struct ids *m, const struct table *t, size_t row, int col, struct arena *a)
{
    char buf[STR_NUM];
    const char *text = table_text(t, row, col, buf);
    uint64_t key = str_hash(STR_HASH, text, strlen(text));
    size_t known = m->n;
    long id = ids_get(m, key, text);
    if (id >= 0 && m->n > known && text == buf && !(m->entry[id].text = arena_str(a, buf)))
        return -1;
    return id;
}

const char *ids_text(const struct ids *m, size_t id)
{
    return m->entry[id].text;
}

void ids_release(struct ids *m)
{
    free(m->entry);
    free(m->place);
    memset(m, 0, sizeof *m);
}
