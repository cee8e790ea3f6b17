/* tabular_code.c makes features and targets of the columns of a table. */
#include "data/sources/tabular_code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES_BY_THEMSELVES 20 /* most whole numbers that are taken for classes without a word */

/* ---- categories -------------------------------------------------------------------------------------------------- */

struct sorted_category {
    const char *text;
    double value;
    int number, category;
};

static int compare_categories(const void *a, const void *b)
{
    const struct sorted_category *x = a, *y = b;
    if (x->number && y->number && x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* Counts the categories of the training part (NULL: of all rows), and puts those that there are in order. */
static void order_categories(const struct tabular *t, const unsigned char *part, struct tabular_code *k)
{
    struct sorted_category sorted[TABULAR_CATEGORIES];
    size_t count[TABULAR_CATEGORIES] = {0};
    int numbers = 1;
    for (size_t i = 0; i < t->rows; i++)
        if (!part || part[i] == PART_TRAIN)
            count[(int)tabular_row(t, i)[k->column->place]]++;
    k->known = 0;
    for (int i = 0; i < k->column->categories; i++) {
        const char *text = k->column->category[i].text;
        struct sorted_category *s = &sorted[k->known];
        k->place[i] = -1;
        if (!count[i])
            continue;
        *s = (struct sorted_category){text, 0, 1, i};
        numbers = (!tabular_number(text, strlen(text), &s->value) || !*text) && numbers;
        k->known++;
    }
    for (int i = 0; i < k->known; i++)
        sorted[i].number = numbers && *sorted[i].text;
    qsort(sorted, (size_t)k->known, sizeof *sorted, compare_categories);
    for (int i = 0; i < k->known; i++) {
        k->name[i] = *sorted[i].text ? sorted[i].text : "(missing)";
        k->place[sorted[i].category] = i;
        k->count[i] = count[sorted[i].category];
    }
}

/* A value of a column of texts that is no number. */
static const char *first_text(const struct tabular_column *c)
{
    double v;
    for (int i = 0; i < c->categories; i++)
        if (tabular_number(c->category[i].text, strlen(c->category[i].text), &v))
            return c->category[i].text;
    return "";
}

/* ---- the target -------------------------------------------------------------------------------------------------- */

/* Takes each different number for a class, in order. 0, or -1: there are more than `most`. */
static int order_numbers(const struct tabular *t, struct tabular_code *k, int most)
{
    k->known = 0;
    for (size_t i = 0; i < t->rows; i++) {
        float v = tabular_row(t, i)[k->column->place];
        int at = 0;
        while (at < k->known && k->value[at] < v)
            at++;
        if (at < k->known && k->value[at] == v)
            continue;
        if (k->known == most)
            return -1;
        memmove(&k->value[at + 1], &k->value[at], (size_t)(k->known++ - at) * sizeof *k->value);
        k->value[at] = v;
    }
    return 0;
}

static int number_classes(const struct tabular *t, struct tabular_code *k, struct err *e)
{
    int forced = t->args->target_type == TARGET_CLASS, most = forced ? TABULAR_CATEGORIES : CLASSES_BY_THEMSELVES;
    if (t->args->target_type == TARGET_NUMBER || (!forced && k->column->fractions))
        return 0;
    if (order_numbers(t, k, most)) {
        k->known = 0;
        return forced ? err_set(e, ERR_DATA,
                                "data.target_type: column '%s' has more than %d different numbers, which "
                                "cannot be classes; write number",
                                k->column->name, TABULAR_CATEGORIES)
                      : 0;
    }
    return 0;
}

/* Several targets are numbers, each of them. */
static int check_numbers(const struct tabular *t, struct err *e)
{
    if (t->args->target_type == TARGET_CLASS)
        return err_set(e, ERR_USAGE, "data.target_type: several targets cannot be classes; name one in data.target");
    for (int i = 1; i <= t->targets; i++) {
        const struct tabular_column *c = tabular_target(t, i);
        if (c->text)
            return err_set(
                e, ERR_DATA,
                "data.target: the values of column '%s' are not all numbers, such as '%.40s'; several targets "
                "must be, a single one can be a class",
                c->name, first_text(c));
    }
    return 0;
}

int tabular_code_target(const struct tabular *t, struct tabular_code *k, struct err *e)
{
    *k = (struct tabular_code){.column = tabular_target(t, 1)};
    if (t->targets > 1)
        return check_numbers(t, e);
    if (!k->column->text) {
        if (number_classes(t, k, e))
            return -1;
    } else if (t->args->target_type == TARGET_NUMBER)
        return err_set(e, ERR_DATA, "data.target_type: the values of column '%s' are not all numbers; write class",
                       k->column->name);
    else
        order_categories(t, NULL, k);
    k->width = k->known;
    if (k->known == 1)
        return err_set(e, ERR_DATA,
                       "data.target: column '%s' has the same value in all rows, there is nothing to learn",
                       k->column->name);
    return 0;
}

int tabular_class(const struct tabular_code *k, const float *row)
{
    float v = row[k->column->place];
    if (k->column->text)
        return k->place[(int)v];
    for (int i = 0; i < k->known; i++)
        if (k->value[i] == v)
            return i;
    return -1;
}

/* Names and counts of classes; one without a training row is an error, as no network can learn it. */
static int finish_target(const struct tabular *t, const unsigned char *part, struct tabular_code *k, struct arena *a,
                         struct err *e)
{
    char buf[STR_NUM];
    memset(k->count, 0, sizeof k->count);
    for (size_t i = 0; k->width && i < t->rows; i++)
        if (part[i] == PART_TRAIN)
            k->count[tabular_class(k, tabular_row(t, i))]++;
    for (int i = 0; i < k->known; i++) {
        if (!k->column->text)
            k->name[i] = arena_str(a, str_float(buf, k->value[i]));
        if (!k->count[i] && !a->failed)
            return err_set(e, ERR_DATA, "data.target: rows of class '%s' of column '%s' are for tests only", k->name[i],
                           k->column->name);
    }
    return 0;
}

/* ---- features ---------------------------------------------------------------------------------------------------- */

static int lacks_in_training(const struct tabular *t, const unsigned char *part, const struct tabular_column *c)
{
    for (size_t i = 0; i < t->rows; i++)
        if (part[i] == PART_TRAIN && isnan(tabular_row(t, i)[c->place]))
            return 1;
    return 0;
}

static void code_feature(const struct tabular *t, const unsigned char *part, struct tabular_code *k)
{
    k->width = 1;
    if (k->column->text) {
        order_categories(t, part, k);
        k->width = k->column->ordinal ? 1 : k->known;
    } else if (t->args->missing == TABULAR_INDICATOR && k->column->missing && lacks_in_training(t, part, k->column))
        k->width += k->indicator = 1;
}

int tabular_code_columns(const struct tabular *t, const unsigned char *part, struct tabular_coding *c, struct arena *a,
                         struct err *e)
{
    size_t i = 0;
    memset(c, 0, sizeof *c);
    c->code = arena_take(a, t->used * sizeof *c->code);
    for (const struct tabular_column *col = t->column; c->code && i < t->used; col++) {
        if (col->role == COLUMN_UNUSED)
            continue;
        struct tabular_code *k = &c->code[i++];
        k->column = col;
        if (col->role == COLUMN_TARGET && col->target > 1)
            continue; /* a further number */
        if (col->role == COLUMN_TARGET) {
            c->target = k;
            if (tabular_code_target(t, k, e) || finish_target(t, part, k, a, e))
                return -1;
            continue;
        }
        if (col->role == COLUMN_TEXT)
            continue; /* tabular_tokens.c */
        code_feature(t, part, k);
        k->at = c->features;
        c->features += k->width;
    }
    return a->failed || !c->code ? err_set(e, ERR_NOMEM, "no memory for the columns of a table") : 0;
}

static void encode_column(const struct tabular *t, const struct tabular_code *k, float v, float *x)
{
    x += k->at;
    if (!k->column->text) {
        *x = isnan(v) && t->args->missing == TABULAR_CONSTANT ? (float)t->args->constant : v;
        if (k->indicator)
            x[1] = isnan(v) ? 1 : 0;
        return;
    }
    int place = k->place[(int)v], missing = !*k->column->category[(int)v].text;
    if (k->column->ordinal) {
        *x = place < 0 || missing ? NAN : (float)place;
        if (isnan(*x) && t->args->missing == TABULAR_CONSTANT)
            *x = (float)t->args->constant;
        return;
    }
    memset(x, 0, (size_t)k->width * sizeof *x);
    if (place >= 0)
        x[place] = 1;
}

void tabular_encode(const struct tabular *t, const struct tabular_coding *c, const float *row, float *x)
{
    for (size_t i = 0; i < t->used; i++)
        if (c->code[i].column->role == COLUMN_FEATURE)
            encode_column(t, &c->code[i], row[c->code[i].column->place], x);
}

/* ---- what was recognised ----------------------------------------------------------------------------------------- */

#define SHOWN 40 /* letters of a text */

/* A text of the file, as one line of a terminal may have it: control characters are blanks, long texts are cut. */
static void tell_text(const char *text, struct str *to)
{
    for (size_t n = 0, letter; *text && n < SHOWN; n++, text += letter) {
        letter = str_utf8(text);
        if (!letter || (unsigned char)*text < ' ' || *text == 127) {
            letter = 1;
            str_add(to, " ");
        } else
            str_addn(to, text, letter);
    }
    if (*text)
        str_add(to, "...");
}

static void tell_names(const struct tabular_code *k, int counts, struct str *to)
{
    for (int i = 0; i < k->known && i < 10; i++) {
        str_add(to, i ? ", " : "");
        tell_text(k->name[i], to);
        if (counts)
            str_addf(to, " %zu", k->count[i]);
    }
    if (k->known > 10)
        str_add(to, ", ...");
}

static void tell_feature(const struct tabular *t, const struct tabular_code *k, struct str *to)
{
    static const char *const rules[] = {[TABULAR_MEAN] = "mean",
                                        [TABULAR_MEDIAN] = "median",
                                        [TABULAR_CONSTANT] = "constant",
                                        [TABULAR_INDICATOR] = "mean, and a feature that says so",
                                        [TABULAR_DROP] = "left out"};
    str_add(to, "  ");
    tell_text(k->column->name, to);
    str_add(to, ": ");
    if (k->column->text) {
        str_addf(to, "%d categories, %s: ", k->known, k->column->ordinal ? "one number" : "a feature each");
        tell_names(k, 0, to);
    } else
        str_add(to, k->column->fractions ? "numbers" : "whole numbers");
    if (k->column->dates)
        str_addf(to, "; dates, as days since %s", k->column->dates == 2 ? "1904-01-01" : "1899-12-30");
    if (k->column->missing)
        str_addf(to, "; %zu missing (%s)", k->column->missing,
                 k->column->text && !k->column->ordinal && t->args->missing != TABULAR_DROP ? "a category of their own"
                                                                                            : rules[t->args->missing]);
    str_add(to, "\n");
}

static void tell_targets(const struct tabular *t, const struct tabular_code *first, struct str *to)
{
    for (int i = 1; i <= t->targets; i++) {
        str_add(to, i > 1 ? ", " : "  ");
        tell_text(tabular_target(t, i)->name, to);
    }
    if (t->targets > 1)
        str_addf(to, ": the targets, %d numbers\n", t->targets);
    else if (!first->width)
        str_add(to, ": the target, a number\n");
    else {
        str_addf(to, ": the target, %d classes: ", first->width);
        tell_names(first, 1, to);
        str_add(to, "\n");
    }
}

void tabular_tell(const struct tabular *t, const struct tabular_coding *c, struct str *to)
{
    tell_targets(t, c->target, to);
    for (size_t i = 0; i < t->used; i++)
        if (c->code[i].column->role == COLUMN_FEATURE)
            tell_feature(t, &c->code[i], to);
    int unused = 0;
    for (size_t i = 0; i < t->columns; i++)
        if (t->column[i].role == COLUMN_UNUSED) {
            str_add(to, unused++ ? ", " : "  not used: ");
            tell_text(t->column[i].name, to);
        }
    if (unused)
        str_add(to, "\n");
}
