/* keys.h - every key of a sweep file: the param tables of all folders behind one number. */
#ifndef CONFIG_KEYS_KEYS_H
#define CONFIG_KEYS_KEYS_H

#include "config/config.h"
#include "config/keys/families.h"

struct key_row {
    const char *section;
    enum key_group group;
    const struct param *param, *table; /* the row, and the table that has it */
    const struct family *family;       /* whose row number `type` has the key, by the name `owner`; NULL: none */
    const char *owner;
    int type;
};
/* The next key in the order of the manual; keys that several datasets, optimizers or schedules have come once for each.
 * 0, -1 after the last. */
int key_next(struct key_walk *w, struct key_row *out);
/* The i-th key of that walk, which it makes up to there. 0, -1 after the last. */
int key_row(size_t i, struct key_row *out);

/* Keys of [model] that are no variables and not nn_params. */
struct model_spec {
    const char *layers, *critic, *pool, *variant;
    int noise, pool_at;
};
extern const struct param sweep_params[], search_params[], prune_params[], stop_params[], model_params[];
extern const char default_layers[];

const char *section_name(size_t i); /* the plain ones; NULL after the last */
/* The section (other than not_this, which may be NULL) of a key, [data], [model] and [train] first; NULL: none has it.
 */
const char *key_section(const char *key, const char *not_this);
const struct param *key_find(const char *section, const char *key);
/* Nearest key of the section; NULL: none is close. */
const char *key_nearest(const char *section, const char *key);
/* Points of a sweep may differ in these, the others are of the sweep as a whole. */
int group_varies(enum key_group g);
/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
int name_ok(const char *name);
#define NAME_RULE "letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64"

#endif
