/* families.h - what is chosen by the value of a key and brings keys of its own: optimizers, schedules, datasets. A
 * family is one row; keys, settings, axes, points, conditions, the text of a training and `sweep list` walk the rows. A
 * new one needs its types in a table of their own folder, and in the struct that it fills a field for its choice and
 * one for the values of its keys. */
#ifndef CONFIG_KEYS_FAMILIES_H
#define CONFIG_KEYS_FAMILIES_H

#include "config/config.h"

/* The struct that a key of a table is read into. */
enum key_group {
    KEY_SWEEP, /* of the sweep as a whole; all others may differ between points */
    KEY_DATA,
    KEY_NN,
    KEY_TRAIN,
    KEY_MODEL, /* texts and variables of [model] */
    KEY_BLOCK  /* of a [block.NAME]: its layers and its parameters */
};
#define KEY_SPECS KEY_MODEL /* the groups before it are structs */

struct family_row {
    const char *name, *help, *source;
    const struct param *params; /* keys that only this row has; NULL: none */
};
struct family {
    const char *section, *key; /* whose value is the name of a row */
    const char *plural;        /* in `sweep list` */
    int plain;                 /* the key has no $name in it: which keys there are must be known beforehand */
    enum key_group group;      /* its struct has the values of the row's keys: */
    size_t args, args_size;    /* at that place, in so many bytes; 0: no row has keys */
    int (*row)(size_t i, struct family_row *out); /* 0, or -1 after the last */
};
extern const struct family families[]; /* in the order of the manual; ends with key NULL */
size_t family_count(void);
/* The number of the row with that name, -1: there is none. */
int family_find(const struct family *f, const char *name, struct family_row *out);

#endif
