/* tabular_source.c - the datasets csv, json and xlsx: a table of which some columns are features, and one is the
 * target. */
#include "base/str.h"
#include "data/locate.h"
#include "data/sources/cells.h"
#include "data/sources/fingerprint.h"
#include "data/sources/source.h"
#include "data/sources/tabular_code.h"
#include "data/sources/tabular_kept.h"
#include "data/sources/tabular_text.h"
#include "data/sources/tabular_tokens.h"
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABULAR_FEATURES 1000000

_Static_assert(sizeof(struct tabular_args) <= DATA_ARGS, "DATA_ARGS");

/* Defines NAME_word, the words of a key in the order of its enum. */
#define TABULAR_WORDS(name, ...)                                                                                       \
    static const char *name##_word(size_t i)                                                                           \
    {                                                                                                                  \
        static const char *const words[] = {__VA_ARGS__};                                                              \
        return i < sizeof words / sizeof *words ? words[i] : NULL;                                                     \
    }
TABULAR_WORDS(header, "auto", "yes", "no")
TABULAR_WORDS(delimiter, "comma", "semicolon", "tab", "space", "bar")
TABULAR_WORDS(missing, "mean", "median", "constant", "indicator", "drop")
TABULAR_WORDS(target_type, "auto", "class", "number")
TABULAR_WORDS(keep, "beginning", "end")

#define TABULAR_AT(field) offsetof(struct tabular_args, field)
// clang-format off
#define TABULAR_PARAMS                                                                                                 \
    { .name = "file", .type = P_TEXT, .at = TABULAR_AT(file), .preset = "", .matters = MATTERS_NEVER, /* the fingerprint does */\
      .help = "name of the file, plain or gzipped; seen from where sweep is started, or from the places of data.path" },\
    { .name = "test_file", .type = P_TEXT, .at = TABULAR_AT(test_file), .preset = "",                                  \
      .matters = MATTERS_NEVER,                                                                                        \
      .help = "name of a file with the same columns to test with; default: a part of the rows of file" },              \
    { .name = "test_part", .type = P_FLOAT, .at = TABULAR_AT(test_part), .min = 0, .max = 1, .preset = "0.2", .open = 3,\
      .help = "how much of the rows is for tests where there is no test_file: drawn class by class, the same whatever the "\
              "seeds" },                                                                                               \
    { .name = "target", .type = P_TEXT, .at = TABULAR_AT(target), .preset = "",                                        \
      .help = "column to predict, by its name or its number from 1, or several columns of numbers, by commas; default: the "\
              "last one" },                          \
    { .name = "target_type", .type = P_CHOICE, .at = TABULAR_AT(target_type), .preset = "auto", .word = target_type_word,\
      .help = "class or number; auto: texts, and up to 20 different whole numbers, are classes" },                     \
    { .name = "features", .type = P_TEXT, .at = TABULAR_AT(features), .preset = "",                                    \
      .help = "columns to predict from, by commas; default: all others" },                                             \
    { .name = "drop", .type = P_TEXT, .at = TABULAR_AT(drop), .preset = "", .help = "columns that are left out, by commas" },\
    { .name = "onehot", .type = P_TEXT, .at = TABULAR_AT(onehot), .preset = "",                                        \
      .help = "columns of numbers that are categories, a feature of 0 and 1 for each, as for texts" },                 \
    { .name = "ordinal", .type = P_TEXT, .at = TABULAR_AT(ordinal), .preset = "",                                      \
      .help = "columns of categories that become one number, 0, 1, ... in the order of their values" },                \
    { .name = "missing", .type = P_CHOICE, .at = TABULAR_AT(missing), .preset = "mean", .word = missing_word,          \
      .help = "what an empty cell, NA, NaN, null or ? among numbers becomes: the mean or median of the training split, data."\
              "constant, the mean and one more feature that says so (indicator); drop leaves the row out. Among texts it is a "\
              "category" },                                                                                            \
    { .name = "constant", .type = P_FLOAT, .at = TABULAR_AT(constant), .min = -1e30, .max = 1e30, .preset = "0",       \
      .help = "of missing = constant" },                                                                               \
    { .name = "text", .type = P_TEXT, .at = TABULAR_AT(text), .preset = "",                                            \
      .help = "column that is a text: it is the whole input, as ids of tokens" },                                      \
    { .name = "keep", .type = P_CHOICE, .at = TABULAR_AT(keep), .preset = "beginning", .word = keep_word, .with = "text",\
      .help = "of a text of more tokens than data.length" },                                                           \
    TOKEN_PARAMS(TABULAR_AT(token), "word", "256", "most tokens of a text; what is longer is cut, see data.keep", .with = "text",)
#define TABULAR_IMAGE                                                                                                  \
    { .name = "image", .type = P_TEXT, .at = TABULAR_AT(image), .preset = "",                                          \
      .help = "channels x height x width, such as 1x28x28: the features, row by row, are an image; channels x slices x height x width: a volume" }
#define TABULAR_BEGIN                                                                                                  \
    { .name = "header", .type = P_CHOICE, .at = TABULAR_AT(header), .preset = "auto", .word = header_word,             \
      .help = "whether the first line has the names of the columns; auto: if none of its cells is a number" },         \
    { .name = "skip", .type = P_INT, .at = TABULAR_AT(skip), .min = 0, .max = 1000000, .preset = "0",                  \
      .help = "lines at the beginning of a file that are not read" }
static const struct param csv_params[] = {
    TABULAR_PARAMS,
    TABULAR_BEGIN,
    { .name = "delimiter", .type = P_CHOICE, .at = TABULAR_AT(delimiter), .preset = "comma", .word = delimiter_word,
      .help = "what is between two cells" },
    TABULAR_IMAGE,
    { 0 }
};
static const struct param xlsx_params[] = {
    TABULAR_PARAMS,
    TABULAR_BEGIN,
    { .name = "sheet", .type = P_TEXT, .at = TABULAR_AT(sheet), .preset = "",
      .help = "of the workbook, by its name or its number from 1; default: the first one" },
    TABULAR_IMAGE,
    { 0 }
};
static const struct param json_params[] = {
    TABULAR_PARAMS,
    TABULAR_IMAGE,
    { 0 }
};
// clang-format on

struct tabular_work {
    const char *name; /* of the dataset */
    char path[DATA_PARTS][DATA_PATH];
    const struct tabular_args *args;
    const char *tokens; /* data_spec.tokens */
    struct tabular table;
    struct tabular_coding coding;
    struct tabular_texts texts; /* where a column is one */
    unsigned char *part;        /* [rows] */
    struct arena mem;
};

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int find_tables(struct tabular_work *w, const struct data_spec *s, struct err *e)
{
    if (!*w->args->file)
        return err_set(e, ERR_USAGE, "data.file: %s wants the name of its file", w->name);
    return data_locate_file(w->path[PART_TRAIN], s->dataset, s->path, w->args->file, e) ||
                   (*w->args->test_file &&
                    data_locate_file(w->path[PART_TEST], s->dataset, s->path, w->args->test_file, e))
               ? -1
               : 0;
}

static int fingerprint_tables(const struct tabular_work *w, struct dataset *d, const struct data_spec *s, struct err *e)
{
    d->fingerprint = STR_HASH;
    for (int part = 0; part < DATA_PARTS; part++)
        if (*w->path[part] && fingerprint_add(&d->fingerprint, w->path[part], s->verify, e))
            return -1;
    return 0;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* The classes of all rows; NULL with *e, or where the target is a number. The caller frees. */
static uint8_t *classes_of_rows(const struct tabular *t, const struct tabular_code *target, struct err *e)
{
    uint8_t *class = target->width ? malloc(t->rows) : NULL;
    if (target->width && !class)
        err_set(e, ERR_NOMEM, "no memory for the classes of a table's rows");
    for (size_t i = 0; class && i < t->rows; i++)
        class[i] = (uint8_t)tabular_class(target, tabular_row(t, i));
    return class;
}

static int draw_part(struct tabular_work *w, struct err *e)
{
    struct tabular_code *target = malloc(sizeof *target);
    size_t tests = (size_t)floor(w->args->test_part * (double)w->table.rows + 0.5);
    int bad = !target ? err_set(e, ERR_NOMEM, "%s: no memory to read it", w->path[PART_TRAIN])
                      : tabular_code_target(&w->table, target, e);
    if (!bad && (!tests || tests == w->table.rows))
        bad = err_set(e, ERR_DATA, "%s: test_part leaves no rows to train or to test with, of %zu", w->path[PART_TRAIN],
                      w->table.rows);
    uint8_t *class = bad ? NULL : classes_of_rows(&w->table, target, e);
    if (!bad && !e->code && split_draw_tests(class, w->table.rows, class ? target->width : 1, tests, w->part))
        err_set(e, ERR_NOMEM, "%s: no memory to read it", w->path[PART_TRAIN]);
    free(class);
    free(target);
    return bad || e->code ? -1 : 0;
}

/* Reads the files; *first: rows of the first. */
static int read_both(struct tabular_work *w, size_t *first, struct err *e)
{
    if (tabular_read(&w->table, w->path[PART_TRAIN], e))
        return -1;
    *first = w->table.rows;
    return *w->path[PART_TEST] && tabular_read(&w->table, w->path[PART_TEST], e) ? -1 : 0;
}

/* Takes the table as the cache has it, or reads it and keeps it there. */
static int read_tables(struct tabular_work *w, struct dataset *d, struct err *e)
{
    const char *const path[DATA_PARTS] = {w->path[PART_TRAIN], w->path[PART_TEST]};
    struct cache_slot *slot = arena_take(&w->mem, sizeof *slot);
    size_t first = 0;
    if (!slot)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", w->path[PART_TRAIN]);
    const int text = *w->args->text != 0; /* texts are not kept */
    if (!text)
        tabular_find_kept(slot, path, &w->table);
    int kept = text ? 1 : tabular_take_kept(slot, &w->table, &first, d, e);
    if (kept < 0 || (kept && (read_both(w, &first, e) || (!text && tabular_keep(slot, &w->table, first, d, e)))))
        return -1;
    w->part = calloc(w->table.rows, 1);
    if (!w->part)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", w->path[PART_TRAIN]);
    for (size_t i = first; i < w->table.rows; i++)
        w->part[i] = PART_TEST;
    return *w->path[PART_TEST] ? 0 : draw_part(w, e);
}

/* ---- the dataset ------------------------------------------------------------------------------------------------- */

/* "CxHxW" or "CxDxHxW" with as many numbers as there are features. */
static int shape_of_image(const struct tabular_work *w, struct shape *s, struct err *e)
{
    const char *text = w->args->image;
    int end = 0, n[4];
    int got = sscanf(text, "%5dx%5dx%5d%nx%5d%n", &n[0], &n[1], &n[2], &end, &n[3], &end);
    int64_t values = 1;
    for (int i = 0; i < got && values; i++)
        values = n[i] < 1 || values > TABULAR_FEATURES ? 0 : values * n[i];
    if (got < 3 || text[end] || !values)
        return err_set(e, ERR_USAGE,
                       "data.image: '%s' is not channels x height x width, such as 1x28x28, nor channels x slices x "
                       "height x width",
                       text);
    if (values != w->coding.features)
        return err_set(e, ERR_USAGE, "data.image: %s has %lld values, the columns make %d features", text,
                       (long long)values, w->coding.features);
    *s = got == 3 ? (struct shape){MAPS, n[0], n[1], n[2], 1} : (struct shape){VOLUME, n[0], n[1] * n[2], n[3], n[1]};
    return 0;
}

/* The names of the classes in memory of the dataset; NULL with *e. */
static const char *const *keep_class_names(struct dataset *d, const struct tabular_code *target, struct err *e)
{
    size_t bytes = 0;
    for (int i = 0; i < target->width; i++)
        bytes += strlen(target->name[i]) + 1;
    const char **names = dataset_alloc(d, (size_t)target->width * sizeof *names + bytes, e);
    char *text = names ? (char *)(names + target->width) : NULL;
    for (int i = 0; names && i < target->width; i++) {
        names[i] = strcpy(text, target->name[i]);
        text += strlen(text) + 1;
    }
    return names;
}

/* What a feature of a column is called: the column, or "column = category". */
static void add_feature_name(const struct tabular_code *k, int feature, struct str *to)
{
    str_add(to, k->column->name);
    if (k->indicator && feature == k->width - 1)
        str_add(to, " is missing");
    else if (k->column->text && !k->column->ordinal)
        str_addf(to, " = %s", k->name[feature]);
    str_addn(to, "", 1);
}

/* The names of the features in memory of the dataset; NULL with *e. */
static const char *const *keep_feature_names(struct dataset *d, const struct tabular_work *w, struct err *e)
{
    struct str all = {0};
    for (size_t i = 0; i < w->table.used; i++) {
        const struct tabular_code *k = &w->coding.code[i];
        for (int f = 0; k->column->role != COLUMN_TARGET && f < k->width; f++)
            add_feature_name(k, f, &all);
    }
    size_t features = (size_t)w->coding.features;
    const char **names = all.failed ? NULL : dataset_alloc(d, features * sizeof *names + all.n, e);
    if (names) {
        char *text = memcpy(names + features, all.p, all.n);
        for (size_t f = 0; f < features; f++, text += strlen(text) + 1)
            names[f] = text;
    }
    str_release(&all);
    if (!names)
        err_set(e, ERR_NOMEM, "dataset %s: no memory for the names of its features", w->name);
    return names;
}

/* The names of the numbers to predict, likewise. */
static const char *const *keep_target_names(struct dataset *d, const struct tabular_work *w, struct err *e)
{
    size_t n = (size_t)w->table.targets, bytes = 0;
    for (int i = 1; i <= w->table.targets; i++)
        bytes += strlen(tabular_target(&w->table, i)->name) + 1;
    const char **names = dataset_alloc(d, n * sizeof *names + bytes, e);
    char *text = names ? (char *)(names + n) : NULL;
    for (size_t i = 0; names && i < n; i++) {
        names[i] = strcpy(text, tabular_target(&w->table, (int)i + 1)->name);
        text += strlen(text) + 1;
    }
    return names;
}

static int describe_fields(struct tabular_work *w, struct dataset *d, struct err *e)
{
    const struct tabular_code *target = w->coding.target;
    const char *const *names = keep_class_names(d, target, e);
    if (!names)
        return -1;
    if (w->coding.features > TABULAR_FEATURES)
        return err_set(e, ERR_DATA, "%s: more than %d features", w->path[PART_TRAIN], TABULAR_FEATURES);
    dataset_of_vectors(d, w->coding.features, target->width, names);
    if (!target->width) {
        d->field[1].shape.c = w->table.targets;
        if (!(d->field[1].channel = keep_target_names(d, w, e)))
            return -1;
    }
    d->field[0].fill = w->args->missing == TABULAR_MEDIAN ? FILL_MEDIAN : FILL_MEAN;
    if (*w->args->text) {
        if (tabular_learn_texts(&w->texts, &w->table, w->part, w->tokens, e))
            return -1;
        d->field[0] = field_of_texts(w->args->token.length, w->texts.tokens.size);
    } else if (*w->args->image ? shape_of_image(w, &d->field[0].shape, e)
                               : !(d->field[0].channel = keep_feature_names(d, w, e)))
        return -1;
    for (size_t i = 0; i < w->table.rows; i++)
        d->n[w->part[i]]++;
    return 0;
}

static int put_values(struct tabular_work *w, struct dataset *d, enum data_part part, int peek, struct err *e)
{
    const struct tabular *t = &w->table;
    const struct tabular_code *target = w->coding.target;
    size_t features = (size_t)w->coding.features, numbers = target->width ? 0 : (size_t)t->targets, at = 0;
    size_t size = target->width ? 1 : numbers * sizeof(float);
    float *x = peek || *w->args->text ? NULL : dataset_alloc(d, d->n[part] * features * sizeof *x, e);
    int32_t *ids =
        peek || !*w->args->text ? NULL : dataset_alloc(d, d->n[part] * (size_t)w->args->token.length * sizeof *ids, e);
    uint8_t *y = peek && !target->width ? NULL : dataset_alloc(d, d->n[part] * size, e);
    if (e->code)
        return -1;
    for (size_t i = 0; i < t->rows; i++) {
        const float *row = tabular_row(t, i);
        if (w->part[i] != part)
            continue;
        if (x)
            tabular_encode(t, &w->coding, row, x + at * features);
        if (ids && tabular_text_ids(&w->texts, t, i, ids + at * (size_t)w->args->token.length, e))
            return -1;
        if (target->width)
            y[at] = (uint8_t)tabular_class(target, row);
        for (size_t k = 0; y && k < numbers; k++)
            memcpy(y + at * size + k * sizeof(float), &row[tabular_target(t, (int)k + 1)->place], sizeof(float));
        at++;
    }
    d->field[0].values[part] = ids ? (const void *)ids : x;
    d->field[1].values[part] = y;
    return 0;
}

static int keep_told(struct tabular_work *w, struct dataset *d, struct err *e)
{
    struct str to = {0};
    str_addf(&to, "%s: %zu rows and %zu columns%s", w->path[PART_TRAIN], w->table.rows, w->table.columns,
             w->table.has_header ? "" : " without a header");
    if (w->table.dropped)
        str_addf(&to, ", %zu rows with missing values left out", w->table.dropped);
    str_addf(&to, "; %zu to train and to validate, %zu to test", d->n[PART_TRAIN], d->n[PART_TEST]);
    if (!*w->args->text)
        str_addf(&to, ", %d features", w->coding.features);
    str_add(&to, "\n");
    tabular_tell(&w->table, &w->coding, &to);
    if (*w->args->text)
        tabular_tell_texts(&w->texts, &w->table, &to);
    char *kept = to.failed ? NULL : dataset_alloc(d, to.n + 1, e);
    if (kept)
        d->told = memcpy(kept, to.p, to.n + 1);
    str_clear(&to);
    tabular_text(&w->table, &w->coding, &to);
    char *columns = to.failed ? NULL : dataset_alloc(d, to.n + 1, e);
    if (columns)
        d->columns = memcpy(columns, to.p, to.n + 1);
    str_clear(&to);
    char *tokens = !*w->args->text || tokenizer_text(&w->texts.tokens, &to, e) ? NULL : dataset_alloc(d, to.n + 1, e);
    if (tokens)
        d->tokens = memcpy(tokens, to.p, to.n + 1);
    str_release(&to);
    return kept && columns && (tokens || !*w->args->text)
               ? 0
               : err_set(e, ERR_NOMEM, "dataset %s: no memory for what was found in it", w->name);
}

static int make_dataset(struct tabular_work *w, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    if (find_tables(w, s, e) || read_tables(w, d, e) ||
        tabular_code_columns(&w->table, w->part, &w->coding, &w->mem, e) || describe_fields(w, d, e) ||
        put_values(w, d, PART_TRAIN, peek, e) || put_values(w, d, PART_TEST, peek, e) ||
        (w->coding.target->width && dataset_count_classes(d, e)) || keep_told(w, d, e))
        return -1;
    if (peek && w->coding.target->width)
        for (int part = 0; part < DATA_PARTS; part++) {
            dataset_free(d, (void *)(uintptr_t)d->field[1].values[part]);
            d->field[1].values[part] = NULL;
        }
    return fingerprint_tables(w, d, s, e);
}

static int load_tabular(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                        struct err *e)
{
    struct tabular_work *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", k->word.name);
    w->name = k->word.name;
    w->args = (const void *)s->source_args;
    w->tokens = s->tokens;
    arena_init(&w->mem);
    tabular_init(&w->table, k->detail, w->args);
    int bad = make_dataset(w, d, s, peek, e);
    tabular_release(&w->table);
    tokenizer_release(&w->texts.tokens);
    free(w->texts.ids.v);
    arena_release(&w->mem);
    free(w->part);
    free(w);
    return bad;
}

#define TABLE_ROW(word_name, word_help, ...)                                                                           \
    const struct data_source source_##word_name = {                                                                    \
        .word = {#word_name, word_help, word_name##_params},                                                           \
        .credit = "",                                                                                                  \
        .path = PATH_MAY,                                                                                              \
        .input = FIELD_FLOATS,                                                                                         \
        .detail = &(const struct tabular_format){__VA_ARGS__},                                                         \
        .load = load_tabular,                                                                                          \
    }
TABLE_ROW(csv, "a table in a CSV file, plain or gzipped: numbers and categories, and a class or a number to predict",
          .read = cells_read);
TABLE_ROW(json, "the same in a JSON file: an array of objects, or an object a line", .read = json_cells_read,
          .named = 1);
TABLE_ROW(xlsx, "the same in a sheet of an Excel workbook (.xlsx)", .read = xlsx_cells_read);
