/* keys.h - every key of a sweep file: the param tables of all folders behind one number. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/config.h"

enum key_group {
    KEY_SWEEP,
    KEY_SEARCH,
    KEY_STOP,
    KEY_DATA,
    KEY_MODEL,
    KEY_NN,
    KEY_TRAIN,
    KEY_PRECISION, /* of nn_spec, but in [train] */
    KEY_SOURCE,    /* of a row of the dataset table, in [data] */
    KEY_OPTIMIZER, /* of a row of theirs, in [train] */
    KEY_SCHEDULE,
    KEY_BLOCK /* of a [block.NAME]: its layers and its parameters */
};

struct key_row {
    const char *section;
    enum key_group group;
    const struct param *param;
    const char *owner; /* of KEY_SOURCE, KEY_OPTIMIZER and KEY_SCHEDULE: its name, and its place in the table */
    int type;
    const struct param *table; /* the param's */
};
/* The i-th key in the order of the manual; keys that several datasets, optimizers or schedules have come once for each.
 * 0, -1 after the last. */
int key_row(size_t i, struct key_row *out);

/* Keys of [model] that are no variables and not nn_params. */
struct model_spec {
    const char *layers, *pool, *variant;
    int pool_at;
};
extern const struct param sweep_params[], search_params[], stop_params[], model_params[];
extern const char default_layers[];

const char *section_name(size_t i); /* the plain ones; NULL after the last */
/* The section (other than not_this, which may be NULL) of a key, [data], [model] and [train] first; NULL: none has it.
 */
const char *key_section(const char *key, const char *not_this);
const struct param *key_find(const char *section, const char *key);
/* Nearest key of the section; NULL: none is close. */
const char *key_nearest(const char *section, const char *key);
/* Points of a sweep differ in these, the others are of the sweep as a whole. */
int group_varies(enum key_group g);
/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
int name_ok(const char *name);
#define NAME_RULE "letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64"

#endif
