/* sweep.h - inside of config: what a sweep file has become. Filled by load.c and its helpers, then immutable. */
#ifndef CONFIG_SWEEP_H
#define CONFIG_SWEEP_H

#include "config/config.h"
#include "config/error_list.h"
#include "config/keys/keys.h"
#include "config/syntax/expr.h"
#include "config/syntax/reader.h"
#include "config/syntax/values.h"

enum given_by { BY_DEFAULT, BY_FILE, BY_COMMAND_LINE };

struct block_text;
/* A line of a network, or a value, with $name and ${...} taken apart. */
struct piece {
    const char *text;     /* as it stands; NULL: */
    int slot;             /* $name, or -1: */
    const struct expr *x; /* ${...} */
};
struct text_line {
    struct piece *piece;
    size_t n;
    struct where at;
    const struct block_text *block; /* whose line it is; NULL: of [model] */
    int exact; /* of layers: numbers as they come out. Else as ranges have them, so that 0.1 * 3 is 0.3 */
};
struct lines {
    struct text_line *v;
    size_t n;
};

/* A value as somebody wrote it. */
struct given {
    const char *text; /* lines joined by blanks; NULL: no value */
    struct where at;
    const struct ini_piece *piece; /* its lines */
    size_t n;
    enum given_by by;
    struct text_line *made; /* not NULL: the value follows from others, this is its text taken apart */
    struct lines lines;     /* of a setting whose value is lines: those */
};

/* A key that a row of a family has; several rows may have one of that name. */
struct owned {
    const struct family *family;
    int type; /* row of the family, and its name */
    const char *name;
    const struct param *param, *table; /* the row, and those of the same owner */
};

struct setting {
    const char *section, *key, *name; /* name: "section.key" */
    enum key_group group;
    const struct param *param, *table; /* its row and the table of that; NULL: a variable, or a key of families' rows */
    struct owned *own;
    size_t nown;
    struct given base; /* text NULL: a variable without value in [model], or an owned key left alone */
    int column;        /* the axis key that varies it, or -1 */
    int in_variant;    /* some [model.NAME] gives it too */
    int used;          /* variables: some text or condition reads it */
    int follows;       /* some given is made of others' values */
    const char *canon; /* its line of the canonical text where that is the same at all points; "": it has none */
};

/* A [block.NAME]: lines that may use its parameters. */
struct block_text {
    const char *name;
    struct where at;
    int layers; /* its setting; those of the parameters follow */
    size_t nparams;
    int program; /* it comes with the program (nn/blocks/library.h) */
    int used;    /* some text names it */
    int wrong;   /* its lines have errors, which were told */
};

struct variant {
    const char *name;
    struct where at;
    struct given *set; /* [nset]; text NULL: as in [model] */
    int used;
};

struct column { /* an axis key */
    int setting, axis;
    struct where at;
    const char *text; /* as written */
    struct values values;
    struct lines *lines; /* [values.n] when its values are lines */
};
/* A text that is put into `layers`, after the block of a number: two settings of [model]. */
struct insert {
    int text, at;
};

struct axis {
    size_t column, ncolumns;
    uint64_t n;
    const char *when_text;
    struct where when_at;
    const struct expr *when; /* NULL: unconditional */
    int *depends_on;
    size_t ndepends;
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
    int layers, critic, noise, variant, data_path; /* settings with a part of their own */
    int *chooser;                                  /* of each family: the setting that names the row */
    unsigned char *settled;                        /* of each family: its keys are the same at all points, and filled */
    int follows;                                   /* some setting does */
    int *made;                                     /* [nmade] those that do and are no axes */
    size_t nmade;
    struct insert *insert;
    size_t ninsert;
    struct variant *var;
    size_t nvar;
    struct block_text *block;
    size_t nblock;
    struct column *col;
    size_t ncol;
    const char **col_name; /* [ncol] */
    struct axis *ax;
    size_t nax;
    struct search search;
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
/* A variable, or a parameter of a block: any text, put in as it stands. */
int setting_is_word(const struct setting *st);
/* All rows of the key tables; room for `more` variables. 0, -1: no memory. */
int settings_init(struct sweep *s, size_t more);
/* A further setting without a row of a table. -1: no memory. */
int setting_new(struct sweep *s, const char *section, const char *key, enum key_group group);
/* Whether it says how many samples a split has. */
int setting_is_size(const struct setting *st);
/* Whether its value is lines of layers. */
int setting_is_lines(const struct sweep *s, int i);
/* The variable of that name, made when it is not there. -1: no memory. */
int setting_variable(struct sweep *s, const char *key);
/* 0 where the text may be a value of the setting; else -1 with an error located by w. */
int setting_check(const struct sweep *s, int i, const char *text, const struct where *w, struct error_list *errors);
/* Text as param_set wants it: the place `none` of an insert is 0. */
const char *setting_text(const struct sweep *s, int i, const char *text);
/* The setting whose value names a row of the family. */
int family_setting(const struct sweep *s, const struct family *f);
/* Whether the row of that name is that of some point. */
int family_row_used(const struct sweep *s, const struct family *f, const char *name);

/* One point: the values of the axes and what follows from them. */
struct point_choice {
    const struct sweep *s;
    int64_t value[SEARCH_AXES]; /* per axis, SEARCH_ABSENT where absent */
    const struct variant *variant;
    struct target_kind target;
    struct arena *a;                /* for values that follow from others */
    const char **made;              /* [nset] those that were asked for; NULL: there are none */
    const struct block_text *block; /* that is being expanded, and the values of its parameters; NULL: none */
    const char *const *given;
};
/* Without a point: value[] and what follows from it is the caller's. What is made of values lies in `a`. */
void choice_init(struct point_choice *p, const struct sweep *s, struct arena *a);
void choice_point(struct point_choice *p, const struct sweep *s, const struct proposal *at, struct arena *a);
void choice_variant(struct point_choice *p);
/* Where the setting's value at the point stands. */
struct where choice_where(const struct point_choice *p, int setting);
/* The setting's text at the point: of its axis, its variant, or the file; NULL: none, or it cannot be made (*e is set).
 * buf is for numbers of a range. */
const char *choice_text(const struct point_choice *p, int setting, char buf[STR_NUM], struct err *e);
/* The text as written where the value at the point is made of others; else NULL. */
const char *choice_origin(const struct point_choice *p, int setting);
/* Whether the training of the point has the key: its dataset, optimizer and schedule decide. */
int choice_has(const struct point_choice *p, int setting);
/* For conditions and expressions, as expr_env.get: 0 and *v, 1: it has none here, -1 with *e. */
int choice_get(void *choice, int slot, struct expr_value *v, struct err *e);
/* Names of conditions: "section.key" of what varies between points. ctx is the struct sweep. */
extern const struct expr_scope setting_scope;
int scope_find(const void *sweep, const char *name);
const char *scope_known(size_t i, const void *sweep);
const char *scope_hint(const void *sweep, const char *name);
const struct param *scope_param(const void *sweep, int slot);
int scope_takes(const void *sweep, int slot, const char *word, const char **near);

/* load.c: whether a variable or parameter may have the name. */
int variable_ok(const char *key);

/* templates.c */
#define SLOT_CLASSES (1 << 24) /* above all settings */
#define SLOT_TARGETS (SLOT_CLASSES + 1)
#define SLOT_VOCABULARY (SLOT_CLASSES + 2)
/* LAYERS: variables of [model], or the parameters of l->block, $classes, $targets and $vocabulary. VALUE: variables and
 * "section.key". PATH: the same, and '$' is a letter unless a brace follows. */
enum template_kind { TEMPLATE_LAYERS, TEMPLATE_VALUE, TEMPLATE_PATH };
/* Takes the text apart; every unknown name is an error. l->at is set. */
void template_parse(struct sweep *s, struct text_line *l, const char *text, enum template_kind kind,
                    struct error_list *errors);
/* The text with its values put in, blanks of layers tidied. NULL with *e. */
const char *template_text(const struct text_line *l, const struct point_choice *p, struct arena *a, struct err *e);

/* follow.c */
/* Whether the text makes the value of the setting follow from others: it has a $name or an ${expression}. */
int setting_follows(const struct sweep *s, int i, const char *text);
/* The n-th setting that values of this one are made of, over [model] and its variants; -1 after the last. */
int setting_reads(const struct sweep *s, int setting, size_t n);
/* Takes all such values apart. 0; -1: unknown names and circles are errors, and their values as if not written. */
int follow_parse(struct sweep *s, struct error_list *errors);

/* variants.c */
struct variant *variant_find(const struct sweep *s, const char *name);
const char *variant_nearest(const struct sweep *s, const char *name); /* NULL: none is close */
/* Takes the lines of a value apart, which are those of a block, or of [model] (b NULL); every unknown name is an error.
 */
void lines_parse(struct sweep *s, const struct block_text *b, struct lines *l, const struct given *g,
                 struct error_list *errors);
/* The lines in force at the point, of a setting whose value is lines; and those of a variant (NULL: none). */
const struct lines *variant_lines(const struct sweep *s, const struct variant *v, int setting);
const struct lines *lines_of(const struct point_choice *p, int setting);
/* What can be said at open about variables and texts over all points. */
void texts_check(struct sweep *s, struct error_list *errors);

/* inserts.c */
int inserts_init(struct sweep *s);                         /* 0, -1: no memory */
int setting_is_insert(const struct sweep *s, int i);       /* the text of one */
int setting_is_insert_place(const struct sweep *s, int i); /* where it is put */
/* The block of so many after which the text is put at the point; 0: nowhere. */
size_t insert_place(const struct point_choice *p, const struct insert *in, size_t blocks, struct error_list *errors);
/* What can be said of inserts over all models of the sweep, of which the largest has so many blocks. model(i, ...) are
 * those that some point has, with NULL for [model] itself. */
void inserts_check(const struct sweep *s, const struct variant *const *model, size_t n, struct error_list *errors);
/* Where a value of the setting was given first: in the file, by an axis, in a variant. */
const struct where *place_of(const struct sweep *s, int setting);

/* own_blocks.c */
const char *block_section(const char *section); /* NAME of "block.NAME"; NULL: it is not such a section */
struct block_text *block_named(const struct sweep *s, const char *name);
/* 0, or -1 with an error: the name may not be that of a block. */
int block_name_check(const char *name, const struct where *at, struct error_list *errors);
/* The blocks of the file and settings for their keys, then those of the program's texts that the sweep names:
 * library[n], made by blocks_library. 0, -1: no memory. */
int blocks_init(struct sweep *s, const struct ini_doc *doc, const struct ini_doc *library, size_t n);
/* Reads the program's blocks that the file or a word of the command line names, and those that they name. A section of
 * the file with layers of its own is another block; one without gives such a block other defaults. 0, -1: no memory. */
int blocks_library(struct sweep *s, const struct ini_doc *doc, const char *const *words, size_t nwords,
                   struct ini_doc **library, size_t *n);
/* The setting of a key of a block; -1 after an error, or where the section is wrong, which is told elsewhere. */
int block_setting(struct sweep *s, const char *section, const char *key, const struct where *at,
                  struct error_list *errors);
int setting_is_param(const struct setting *st); /* of a block, or its layers */
/* Takes the lines of all blocks apart; what no text uses is an error. */
void blocks_check(struct sweep *s, struct error_list *errors);
/* What the lines of a point may use beside the layers of the program, in `a`; NULL without memory. */
const struct nn_library *blocks_at(const struct point_choice *p, struct arena *a);

/* axes.c */
struct pending { /* an axis key as read, in the order of the file */
    const char *section, *key;
    const char *text;
    struct where at;
    int zip; /* number of its [zip], or -1 */
};
void axes_build(struct sweep *s, struct pending *p, size_t n, struct error_list *errors);
/* After everything else is known: conditions, then the space that is searched. */
void axes_search(struct sweep *s, struct error_list *errors);

/* start.c: the points that are tried first, into s->search */
void start_parse(struct sweep *s, struct error_list *errors);

/* require.c */
void requirements_parse(struct sweep *s, struct requirements *r, const struct given *g, int after,
                        struct error_list *errors);

/* sweep_keys.c */
void sweep_keys_fill(struct sweep *s, struct error_list *errors); /* also what selects the epoch, in s->train */
/* An error where an accuracy is to reach more than 1: 99 is written for 99 %, and days later nothing has met it. */
void metric_reaches(int metric, double v, const struct where *at, struct error_list *errors);

/* point_check.c */
void point_prepare(struct sweep *s, struct error_list *errors);            /* base specs and canonical lines */
void point_check_layers(const struct sweep *s, struct error_list *errors); /* the words of all layers and pools */
void point_check_follows(const struct sweep *s,
                         struct error_list *errors); /* values that follow from others, at the points */

#endif
