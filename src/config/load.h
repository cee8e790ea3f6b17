/* load.h - a sweep file while it is read. Private to load.c, which reads the file, and overrides.c, which reads the
 * words of the command line. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/snapshot.h"
#include "config/sweep.h"

struct loading {
    struct sweep *s;
    struct ini_doc doc;
    struct ini_doc *library; /* [nlibrary] blocks of the program that it names */
    size_t nlibrary;
    struct pending *pending; /* axes */
    size_t npending;
    struct given model, result; /* [require] */
    struct snapshot_edit *edit; /* what the words change, for the snapshot */
    size_t nedits;
    struct error_list errors;
};

/* The i-th section, and the i-th key of any section; NULL after the last. ctx is not looked at. */
const char *load_section_word(size_t i, const void *ctx);
const char *load_any_key(size_t i, const void *ctx);
int load_is_section(const char *name); /* one of those */
/* NAME of [model.NAME] or [zip NAME]; NULL: the section is not of that kind. */
const char *load_section_tail(const char *section, const char *kind, char sep);
/* Cuts "section.key" of an axis at the last dot. 0, -1: there is none. */
int load_split_name(const char *name, struct arena *a, const char **section, const char **key);
/* "unknown key" with the best advice there is. */
void load_unknown_key(struct loading *o, const char *section, const char *key, const struct where *at);
/* The setting of a key of [model] or [model.NAME]: any name is a variable. -1 after an error. */
int load_model_setting(struct loading *o, const char *key, const struct where *at);
void load_block_key(struct loading *o, int i, struct given g); /* '?' is no value */
void load_add_axis(struct loading *o, struct pending p);
void load_add_edit(struct loading *o, struct snapshot_edit e);
/* overrides.c */
void load_word(struct loading *o, const char *word);

#endif
