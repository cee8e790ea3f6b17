#include "data/kinds.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct dataset_kind *const kinds[] = {
    &dataset_optdigits,     &dataset_mnist,          &dataset_fashion_mnist,   &dataset_kmnist,
    &dataset_emnist_digits, &dataset_emnist_letters, &dataset_emnist_balanced, &dataset_idx,
};

const struct data_word *data_dataset_word(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? &kinds[i]->word : NULL;
}

static const char *kind_name(size_t i, const void *ctx)
{
    const struct data_word *w = data_dataset_word(i);
    (void)ctx;
    return w ? w->name : NULL;
}

const struct dataset_kind *dataset_kind_find(const char *name, const struct where *w, struct err *e)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (name && !strcmp(kinds[i]->word.name, name))
            return kinds[i];
    name = name ? name : "";
    const char *near = str_nearest(name, kind_name, NULL);
    if (near)
        err_at(e, ERR_USAGE, w, "no dataset '%s'; did you mean '%s'?", name, near);
    else
        err_at(e, ERR_USAGE, w, "no dataset '%s'; `sweep list datasets` names them", name);
    return NULL;
}

struct owned { /* a list of allocations, and of mappings */
    struct owned *next;
    void *map; /* NULL: none */
    size_t mapped;
    _Alignas(64) unsigned char bytes[];
};

void *dataset_alloc(struct dataset *d, size_t n, struct err *e)
{
    struct owned *o = NULL;
    if (n > SIZE_MAX - 2 * sizeof *o)
        o = NULL;
    else /* aligned_alloc wants a multiple of the alignment */
        o = aligned_alloc(_Alignof(struct owned), (sizeof *o + n + 63) & ~(size_t)63);
    if (!o) {
        err_set(e, ERR_NOMEM, "dataset %s: no memory for %zu bytes", d->name, n);
        return NULL;
    }
    *o = (struct owned){.next = d->owned};
    d->owned = o;
    return o->bytes;
}

void dataset_free(struct dataset *d, void *bytes)
{
    struct owned *before = NULL, *o = d->owned;
    for (; o->bytes != bytes; o = o->next)
        before = o;
    if (before)
        before->next = o->next;
    else
        d->owned = o->next;
    free(o);
}

int dataset_own_map(struct dataset *d, void *map, size_t n)
{
    struct err e = {0};
    if (!dataset_alloc(d, 0, &e))
        return -1;
    struct owned *o = d->owned;
    o->map = map;
    o->mapped = n;
    return 0;
}

int dataset_is_mapped(const struct dataset *d, const void *at)
{
    for (const struct owned *o = d->owned; o; o = o->next)
        if (o->map && (uintptr_t)at - (uintptr_t)o->map < o->mapped)
            return 1;
    return 0;
}

void dataset_let_go(const struct dataset *d)
{
    for (const struct owned *o = d->owned; o; o = o->next)
        if (o->map)
            madvise(o->map, o->mapped, MADV_DONTNEED);
}

void dataset_release(struct dataset *d)
{
    for (struct owned *o = d->owned; o;) {
        struct owned *next = o->next;
        if (o->map)
            munmap(o->map, o->mapped);
        free(o);
        o = next;
    }
    memset(d, 0, sizeof *d);
}

static int load(struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    static const struct where at = {NULL, 0, "data", "dataset"};
    memset(d, 0, sizeof *d);
    const struct dataset_kind *k = dataset_kind_find(s->dataset, &at, e);
    if (!k)
        return -1;
    d->name = k->word.name;
    snprintf(d->credit, sizeof d->credit, "%s", k->credit);
    if (k->load(k, d, s, peek, e)) {
        dataset_release(d);
        return -1;
    }
    return 0;
}

int dataset_absent(struct dataset *d, const struct data_spec *s, const struct dataset_seen *seen, const struct err *why)
{
    struct err e = {0};
    const struct dataset_kind *k = dataset_kind_find(s->dataset, NULL, &e);
    if (!k || !k->there || why->code != ERR_DATA || k->there(k, s))
        return -1;
    memset(d, 0, sizeof *d);
    if (k->known(k, d, seen))
        return -1;
    d->name = k->word.name;
    snprintf(d->credit, sizeof d->credit, "%s", k->credit);
    snprintf(d->absent, sizeof d->absent, "%s", why->text);
    return 0;
}

int dataset_load(struct dataset *d, const struct data_spec *s, struct err *e)
{
    return load(d, s, 0, e);
}

int dataset_peek(struct dataset *d, const struct data_spec *s, struct err *e)
{
    return load(d, s, 1, e);
}

#define TEN(p) p "0", p "1", p "2", p "3", p "4", p "5", p "6", p "7", p "8", p "9"
// clang-format off
const char *const dataset_digits[256] = {
    TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),  TEN("8"),  TEN("9"),
    TEN("10"), TEN("11"), TEN("12"), TEN("13"), TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"),
    TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"), "250", "251", "252", "253", "254", "255",
};
// clang-format on
