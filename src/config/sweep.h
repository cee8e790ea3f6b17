/* sweep.h - inside of config: what a sweep file has become. Filled by open.c and its helpers, then immutable. */
#ifndef CONFIG_SWEEP_H
#define CONFIG_SWEEP_H

#include "config/config.h"
#include "config/expr.h"
#include "config/faults.h"
#include "config/grid.h"
#include "config/keys.h"
#include "config/reader.h"
#include "config/values.h"

enum given_by { BY_DEFAULT, BY_FILE, BY_COMMAND_LINE };

/* A value as somebody wrote it. */
struct given {
    const char *text; /* lines joined by blanks; NULL: no value */
    struct where at;
    const struct ini_piece *piece; /* its lines */
    size_t n;
    enum given_by by;
};

/* A key that has a row in a table of optimizers or schedules, one for each owner. */
struct owned {
    enum key_group group;
    int type;
    const char *name;
    const struct param *param;
};

struct setting {
    const char *section, *key, *name; /* name: "section.key" */
    enum key_group group;
    const struct param *param; /* NULL: a variable of [model], or a key with owners */
    struct owned *own;
    size_t nown;
    struct given base; /* text NULL: a variable without value in [model], or an owned key left alone */
    int column;        /* the axis key that varies it, or -1 */
    int in_variant;    /* some [model.NAME] gives it too */
    int used;          /* variables: some text or condition reads it */
    const char *canon; /* its line of the canonical text where it does not vary */
};

/* `layers` or `pool` with $name and ${...} taken apart. */
struct chunk {
    const char *text;     /* as it stands; NULL: */
    int slot;             /* $name, or -1: */
    const struct expr *x; /* ${...} */
};
struct text_line {
    struct chunk *chunk;
    size_t n;
    struct where at;
};
struct lines {
    struct text_line *v;
    size_t n;
};

struct variant {
    const char *name;
    struct where at;
    struct given *set; /* [nset]; text NULL: as in [model] */
    struct lines layers, pool;
    int used;
};

struct column { /* an axis key */
    int setting, axis;
    struct where at;
    const char *text; /* as written */
    struct values values;
    struct lines *pool; /* [values.n] when it varies the pool */
};
struct axis {
    size_t column, ncolumns;
    uint64_t n;
    const char *when_text;
    struct where when_at;
    const struct expr *when; /* NULL: unconditional */
    int *looks;
    size_t nlooks;
};

struct requirement {
    const struct expr *x;
    const char *text;
    struct where at;
};
struct requirements {
    struct requirement *v;
    size_t n;
};

struct sweep {
    struct arena mem;
    const char *path, *text;
    struct sweep_spec spec;
    struct setting *set;
    size_t nset, set_cap;
    int layers, pool, pool_at, variant, optimizer, schedule; /* settings with a part of their own */
    struct lines base_layers, base_pool;
    struct variant *var;
    size_t nvar;
    struct column *col;
    size_t ncol;
    const char **col_name; /* [ncol] */
    struct axis *ax;
    size_t nax;
    struct grid grid;
    struct requirements model, result;
    /* Of the settings' base values. */
    struct data_spec data;
    struct nn_spec nn;
    struct train_spec train;
};

/* settings.c: finding and reading settings */
int setting_find(const struct sweep *s, const char *section, const char *key); /* index or -1 */
int setting_named(const struct sweep *s, const char *name);                    /* "section.key" */
/* Of [model]: any key. */
int setting_in_model(const struct setting *st);
int setting_is_variable(const struct setting *st);
/* All rows of the key tables; room for `more` variables. 0, -1: no memory. */
int settings_init(struct sweep *s, size_t more);
/* The variable of that name, made when it is not there. -1: no memory. */
int setting_variable(struct sweep *s, const char *key);
/* Whether text is a value of the setting: a fault located by w otherwise. */
int setting_check(const struct sweep *s, int i, const char *text, const struct where *w, struct faults *f);
/* Not of layers and pool: a fault where the text of a key is an expression. */
int setting_plain(const struct param *p, const char *text, const struct where *w, struct faults *f);
/* Text as param_set wants it: pool_at = none is 0. */
const char *setting_text(const struct sweep *s, int i, const char *text);
/* Whether an optimizer (schedule) of that number is that of some point. */
int owner_used(const struct sweep *s, const struct owned *o);
struct variant *variant_find(const struct sweep *s, const char *name);

/* One point: the values of the axes and what follows from them. */
struct pick {
    const struct sweep *s;
    int64_t value[GRID_AXES]; /* per axis, GRID_ABSENT where absent */
    const struct variant *variant;
    int classes;
};
void pick_point(struct pick *p, const struct sweep *s, uint64_t k);
void pick_variant(struct pick *p);
/* The setting's text at the point: of its axis, its variant, or the file; NULL: none. buf is for numbers of a range.
 * *at (may be NULL) is where it stands. */
const char *pick_text(const struct pick *p, int setting, char buf[STR_NUM], struct where *at);
/* For conditions: 0 and *v, 1: it has none here. */
int pick_value(const struct pick *p, int setting, struct expr_value *v);
int pick_get(void *pick, int slot, struct expr_value *v, struct err *e); /* expr_env.get over settings */
/* Names of conditions: "section.key" of what varies between points. ctx is the struct sweep. */
extern const struct expr_scope setting_scope;
int scope_find(const void *sweep, const char *name);
const char *scope_known(size_t i, const void *sweep);
const char *scope_hint(const void *sweep, const char *name);
const struct param *scope_param(const void *sweep, int slot);
int scope_takes(const void *sweep, int slot, const char *word, const char **near);

/* texts.c */
/* Takes the lines of a `layers` or `pool` apart; every unknown name is a fault. */
void lines_parse(struct sweep *s, struct lines *l, const struct given *g, struct faults *f);
/* The lines in force at the point, of `layers` or `pool`. */
const struct lines *lines_of(const struct pick *p, int setting);
/* A line with its values put in, blanks tidied. NULL with *e. */
const char *line_text(const struct text_line *l, struct pick *p, struct arena *a, struct err *e);
/* What can be said at open about variables, pool and pool_at over all points. */
void texts_check(struct sweep *s, struct faults *f);

/* axes.c */
struct pending { /* an axis key as read, in the order of the file */
    const char *section, *key;
    const char *text;
    struct where at;
    int zip; /* number of its [zip], or -1 */
};
void axes_build(struct sweep *s, struct pending *p, size_t n, struct faults *f);
/* After everything else is known: conditions, then the count. */
void axes_count(struct sweep *s, struct faults *f);

/* require.c */
void requirements_parse(struct sweep *s, struct requirements *r, const struct given *g, int after, struct faults *f);

/* spec.c */
void spec_fill(struct sweep *s, struct faults *f); /* also what selects the epoch, in s->train */
/* A fault where an accuracy is to reach more than 1: 99 is written for 99 %, and days later nothing has met it. */
void metric_reaches(int metric, double v, const struct where *at, struct faults *f);

/* point.c */
void point_prepare(struct sweep *s, struct faults *f);            /* base specs and canonical lines */
void point_check_layers(const struct sweep *s, struct faults *f); /* the words of all layers and pools */

#endif
