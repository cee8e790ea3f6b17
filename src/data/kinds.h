/* kinds.h - what a kind of dataset is: a file src/data/NAME.c that ends in a row, listed in kinds.c. */
#ifndef DATA_KINDS_H
#define DATA_KINDS_H

#include "data/data.h"

struct dataset_kind {
    struct data_word word;
    const char *credit; /* source and licence */
    enum { PATH_MAY, PATH_NEVER, PATH_ALWAYS } path;
    const void *detail; /* of the file's own type, for kinds that differ by names only */
    /* For dataset_absent: whether the files are found; what is known without them (0, -1: nothing). NULL: read from no
     * file. */
    int (*there)(const struct dataset_kind *k, const struct data_spec *s);
    int (*known)(const struct dataset_kind *k, struct dataset *d, const struct dataset_seen *seen);
    /* Fills c, h, w, classes, class_name, max_value, train and test, and owned with what dataset_release is to free;
     * `peek`: without x and y. On error nothing may be left behind but what hangs on owned. */
    int (*load)(const struct dataset_kind *k, struct dataset *d, const struct data_spec *s, int peek, struct err *e);
};

/* NULL with *e, which names the nearest known word. */
const struct dataset_kind *dataset_kind_find(const char *name, const struct where *w, struct err *e);

/* n bytes (n may be 0) that dataset_release frees; NULL with *e. */
void *dataset_alloc(struct dataset *d, size_t n, struct err *e);
/* Frees it before that. */
void dataset_free(struct dataset *d, void *bytes);
/* Makes dataset_release unmap n bytes at `map`. 0, or -1 without memory (the mapping is still the caller's then). */
int dataset_own_map(struct dataset *d, void *map, size_t n);
/* Is it in such a mapping? And: their pages are not needed for the time being. */
int dataset_is_mapped(const struct dataset *d, const void *at);
void dataset_let_go(const struct dataset *d);
/* "0", "1", ... "255". */
extern const char *const dataset_digits[256];

extern const struct dataset_kind dataset_optdigits;
extern const struct dataset_kind dataset_mnist, dataset_fashion_mnist, dataset_kmnist, dataset_emnist_digits,
    dataset_emnist_letters, dataset_emnist_balanced, dataset_idx;

#endif
