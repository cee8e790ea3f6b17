/* data_text.c - prints what was found in a dataset as tables. */
#include "cli/commands/data_out.h"

#include "cli/console/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES_LISTED 100

enum { CELL = 32, COLUMN_CELLS = 7 };

/* Six digits for people; "" where there is no value. */
static const char *shown_number(char buf[CELL], double v)
{
    snprintf(buf, CELL, "%.6g", v);
    return isnan(v) ? "" : buf;
}

static const char *shown_count(char buf[CELL], size_t n)
{
    snprintf(buf, CELL, "%zu", n);
    return buf;
}

/* Prints a table and frees it. */
static int print_and_release(struct table *t, int bad)
{
    if (!bad) {
        printf("\n");
        text_table(stdout, t, 0);
    }
    table_release(t);
    return bad;
}

/* Of all classes: samples, or of label maps the positions that have one. */
static size_t count_all_classes(const struct inspection *of, int split)
{
    size_t sum = 0;
    for (int k = 0; k < data_classes(of->view->set); k++)
        sum += of->classes[k][split];
    return sum;
}

static int print_class_counts(const struct inspection *of)
{
    const struct field *y = data_target(of->view->set);
    const char *const head[] = {field_is_label_map(y) ? "pixels of class" : "class", "train", "validation", "test"};
    struct table t;
    table_init(&t);
    int bad = table_columns(&t, head, 4);
    for (int k = 0; of->classes && k <= y->classes && !bad; k++) { /* the last row is the sum */
        char n[INSPECT_SPLITS][CELL];
        const char *cell[4] = {k < y->classes ? y->class_name[k] : "all"};
        for (int s = 0; s < INSPECT_SPLITS; s++)
            cell[1 + s] = shown_count(n[s], k < y->classes ? of->classes[k][s] : count_all_classes(of, s));
        bad = table_row(&t, cell);
    }
    return print_and_release(&t, bad);
}

/* Adds a row "name, type, mean, deviation, least, largest, missing", after `first`. */
static int add_column_row(struct table *t, const char *first, const struct inspect_column *c)
{
    char number[5][CELL];
    const char *cell[COLUMN_CELLS + 1] = {first,
                                          c->name,
                                          c->type,
                                          shown_number(number[0], c->mean),
                                          shown_number(number[1], c->deviation),
                                          shown_number(number[2], c->least),
                                          shown_number(number[3], c->largest),
                                          shown_count(number[4], c->missing)};
    return table_row(t, first ? cell : cell + 1);
}

static const char *const column_head[] = {"split",     "feature", "type",    "mean",
                                          "deviation", "least",   "largest", "missing"};

static int print_inputs(const struct inspection *of, int all)
{
    const char *head[COLUMN_CELLS];
    size_t n = all || of->inputs <= FEATURES_LISTED ? of->inputs : FEATURES_LISTED;
    struct table t;
    table_init(&t);
    memcpy(head, column_head + 1, sizeof head);
    head[0] = data_input(of->view->set)->shape.kind == VECTOR ? "feature" : "channel";
    int bad = table_columns(&t, head, COLUMN_CELLS);
    for (size_t c = 0; c < n && !bad; c++)
        bad = add_column_row(&t, NULL, &of->input[c]);
    bad = print_and_release(&t, bad);
    if (n < of->inputs)
        printf("the first %zu of %zu are listed; --all lists every one\n", n, of->inputs);
    printf("(statistics of the training split; missing in all splits)\n");
    return bad;
}

static int print_targets(const struct inspection *of)
{
    const char *head[COLUMN_CELLS + 1];
    struct table t;
    table_init(&t);
    memcpy(head, column_head, sizeof head);
    head[1] = "target";
    int bad = table_columns(&t, head, COLUMN_CELLS + 1);
    for (size_t c = 0; c < of->targets; c++)
        for (int s = 0; s < INSPECT_SPLITS && !bad; s++)
            if (of->view->n[s])
                bad = add_column_row(&t, inspect_split_name[s], &of->target[s][c]);
    return print_and_release(&t, bad);
}

static const char *name_of_part(int split)
{
    return part_of((enum data_split)split) == PART_TEST ? "test" : "training";
}

static void print_twins(const struct inspection *of)
{
    const char *others = data_has_label_maps(of->view->set) ? "label map"
                         : of->classes                      ? "class"
                         : of->targets                      ? "number"
                                                            : "token after them";
    int any = 0;
    printf("\n");
    for (size_t i = 0; i < INSPECT_TWINS; i++) {
        const struct inspect_twins *t = &of->twins[i];
        if (!t->samples)
            continue;
        any = 1;
        if (t->from == t->to)
            printf("%zu sample%s of %s repeat%s an earlier one of it", t->samples, t->samples == 1 ? "" : "s",
                   inspect_split_name[t->to], t->samples == 1 ? "s" : "");
        else
            printf("leakage: %zu sample%s of %s %s in %s, too", t->samples, t->samples == 1 ? "" : "s",
                   inspect_split_name[t->to], t->samples == 1 ? "is" : "are", inspect_split_name[t->from]);
        printf(", such as number %zu of the %s part, which is number %zu of the %s part", t->second + 1,
               name_of_part(t->to), t->first + 1, name_of_part(t->from));
        if (t->disagree)
            printf("; %zu of them with another %s", t->disagree, others);
        printf("\n");
    }
    if (!any)
        printf("no sample is there twice, neither inside a split nor in two of them\n");
}

int data_print_text(const struct inspection *of, int all)
{
    const struct data_view *v = of->view;
    const struct dataset *d = v->set;
    const struct shape s = data_input(d)->shape;
    printf("%s: ", d->name);
    if (of->tokens)
        printf("texts of %s%d tokens", data_is_ragged(d) ? "up to " : "",
               data_input(d)->source ? data_input(d)->source : s.h);
    else if (s.kind == VECTOR)
        printf("%d number%s", s.c, s.c == 1 ? "" : "s");
    else
        printf("%dx%dx%d %s", s.c, s.h, s.w, data_input(d)->type == FIELD_BYTES ? "bytes" : "numbers");
    if (of->classes)
        printf(" and one of %d classes%s", data_classes(d), data_has_label_maps(d) ? " for each pixel" : "");
    else if (of->wanted)
        printf(" and what they are to become");
    else if (data_next(d))
        printf(" and those that come next");
    else
        printf(" and %d number%s to predict", data_numbers(d), data_numbers(d) == 1 ? "" : "s");
    printf("; %zu to train, %zu to validate, %zu to test\n", v->n[DATA_TRAIN], v->n[DATA_VALIDATION], v->n[DATA_TEST]);
    if (*d->credit)
        printf("%s\n", d->credit);
    if (d->told)
        fputs(d->told, stdout);
    if (of->classes ? print_class_counts(of) : of->targets ? print_targets(of) : 0)
        return -1;
    if (of->tokens ? data_print_tokens(of->tokens) : print_inputs(of, all))
        return -1;
    if (of->wanted && (printf("\nof what they are to become:\n") < 0 || data_print_tokens(of->wanted)))
        return -1;
    print_twins(of);
    return 0;
}
