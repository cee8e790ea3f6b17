/* fields.c - the kinds of datasets there are, and the memory of a dataset. */
#include "data/fields.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void dataset_of_images(struct dataset *d, int c, int h, int w, int max_value, int classes,
                       const char *const *class_name)
{
    d->inputs = d->targets = 1;
    d->field[0] =
        (struct field){.name = "image", .type = FIELD_BYTES, .shape = {MAPS, c, h, w, 1}, .max_value = max_value};
    d->field[1] = (struct field){.name = "class",
                                 .type = FIELD_IDS,
                                 .shape = {VECTOR, 1, 1, 1, 1},
                                 .classes = classes,
                                 .class_name = class_name};
}

void dataset_of_label_maps(struct dataset *d, int c, int h, int w, int max_value, int classes,
                           const char *const *class_name)
{
    dataset_of_images(d, c, h, w, max_value, classes, class_name);
    d->field[1].name = "labels";
    d->field[1].shape = (struct shape){MAPS, 1, h, w, 1};
}

void dataset_of_vectors(struct dataset *d, int features, int classes, const char *const *class_name)
{
    static const struct shape one = {VECTOR, 1, 1, 1, 1};
    static const char *const target[] = {"target"};
    d->inputs = d->targets = 1;
    d->field[0] = (struct field){.name = "features", .type = FIELD_FLOATS, .shape = {VECTOR, features, 1, 1, 1}};
    d->field[1] = classes ? (struct field){.name = "class",
                                           .type = FIELD_IDS,
                                           .shape = one,
                                           .classes = classes,
                                           .class_name = class_name}
                          : (struct field){.name = "number", .type = FIELD_FLOATS, .shape = one, .channel = target};
}

struct field field_of_texts(int length, int vocabulary)
{
    return (struct field){
        .name = "text", .type = FIELD_TOKENS, .shape = {SEQUENCE, 1, length, 1, 1}, .vocabulary = vocabulary};
}

void dataset_of_texts(struct dataset *d, int length, int vocabulary)
{
    d->inputs = d->targets = 1;
    d->field[0] = d->field[1] = field_of_texts(length, vocabulary);
    d->field[1].name = "next";
}

void dataset_of_pairs(struct dataset *d, int length, int vocabulary, int target_vocabulary)
{
    d->inputs = d->targets = 1;
    d->field[0] = field_of_texts(2 * length + 1, vocabulary);
    d->field[0].name = "pair";
    d->field[0].source = length;
    d->field[1] = field_of_texts(length + 1, target_vocabulary);
    d->field[1].name = "translation";
}

int dataset_count_classes(struct dataset *d, struct err *e)
{
    struct field *f = &d->field[d->inputs];
    const uint8_t *y = field_bytes(f, PART_TRAIN);
    uint32_t *count = dataset_alloc(d, (size_t)f->classes * sizeof *count, e);
    if (!count)
        return -1;
    memset(count, 0, (size_t)f->classes * sizeof *count);
    for (size_t i = 0; i < d->n[PART_TRAIN]; i++)
        count[y[i]]++;
    f->count = count;
    return 0;
}

struct owned_memory { /* a list of allocations, and of mappings */
    struct owned_memory *next;
    void *map; /* NULL: none */
    size_t mapped;
    _Alignas(64) unsigned char bytes[];
};

void *dataset_alloc(struct dataset *d, size_t n, struct err *e)
{
    struct owned_memory *o = NULL;
    if (n > SIZE_MAX - 2 * sizeof *o)
        o = NULL;
    else /* aligned_alloc wants a multiple of the alignment */
        o = aligned_alloc(_Alignof(struct owned_memory), (sizeof *o + n + 63) & ~(size_t)63);
    if (!o) {
        err_set(e, ERR_NOMEM, "dataset %s: no memory for %zu bytes", d->name, n);
        return NULL;
    }
    *o = (struct owned_memory){.next = d->owned};
    d->owned = o;
    return o->bytes;
}

void dataset_free(struct dataset *d, void *bytes)
{
    struct owned_memory *before = NULL, *o = d->owned;
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
    struct owned_memory *o = d->owned;
    o->map = map;
    o->mapped = n;
    return 0;
}

int dataset_is_mapped(const struct dataset *d, const void *at)
{
    for (const struct owned_memory *o = d->owned; o; o = o->next)
        if (o->map && (uintptr_t)at - (uintptr_t)o->map < o->mapped)
            return 1;
    return 0;
}

void dataset_let_go(const struct dataset *d)
{
    for (const struct owned_memory *o = d->owned; o; o = o->next)
        if (o->map)
            madvise(o->map, o->mapped, MADV_DONTNEED);
}

void dataset_release(struct dataset *d)
{
    for (struct owned_memory *o = d->owned; o;) {
        struct owned_memory *next = o->next;
        if (o->map)
            munmap(o->map, o->mapped);
        free(o);
        o = next;
    }
    memset(d, 0, sizeof *d);
}

#define TEN(p) p "0", p "1", p "2", p "3", p "4", p "5", p "6", p "7", p "8", p "9"
// clang-format off
const char *const dataset_digits[DATA_CLASSES] = {
    TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),  TEN("8"),  TEN("9"),
    TEN("10"), TEN("11"), TEN("12"), TEN("13"), TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"),
    TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"), "250", "251", "252", "253", "254", "255",
};
// clang-format on
