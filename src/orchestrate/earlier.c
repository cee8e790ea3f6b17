/* earlier.c - what a search knows from an earlier sweep. */
#include "orchestrate/earlier.h"

#include "base/file.h"
#include "orchestrate/growth.h"
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOSS "loss" /* of several objectives loss_2, ... are those after the first */
#define PRUNED "pruned"
#define OBJECTIVE "objective" /* of a kept copy: the losses are of this one */

static const char *name_of_earlier(const struct sweep *s)
{
    const struct search *search = sweep_search(s);
    return search->type->listens && search->args.from ? search->args.from : "";
}

static char *kept_path(const struct sweep *s, const char *out, char *path, size_t n)
{
    char suffix[300];
    snprintf(suffix, sizeof suffix, "/from.%.255s.csv", name_of_earlier(s));
    return report_path(path, n, out, sweep_spec(s)->name, suffix);
}

static int wrong_earlier(const struct sweep *s, struct err *e, const char *why, const char *what)
{
    const struct where at = sweep_where(s, "search", "from");
    return err_at(e, ERR_USAGE, &at, "%s %s%s", name_of_earlier(s), why, what);
}

/* Refuses a table that lacks an axis of the sweep, or has another one. */
static int check_axes(const struct sweep *s, const struct table *t, struct err *e)
{
    for (size_t i = 0; i < sweep_keys(s); i++)
        if (table_column(t, sweep_key(s, i)) < 0)
            return wrong_earlier(s, e, "is of another space: it does not vary ", sweep_key(s, i));
    for (size_t c = 0; c < t->cols; c++) {
        int known = !strchr(t->head[c], '.');
        for (size_t i = 0; i < sweep_keys(s) && !known; i++)
            known = !strcmp(t->head[c], sweep_key(s, i));
        if (!known)
            return wrong_earlier(s, e, "is of another space: it varies ", t->head[c]);
    }
    return 0;
}

/* The point of a row, where all its values are values of the axes. 0; -1: they are not. */
static int read_earlier_values(const struct sweep *s, const struct table *t, size_t row, struct proposal *at)
{
    for (size_t i = 0; i < sweep_search(s)->axes; i++)
        at->value[i] = SEARCH_ABSENT;
    for (size_t i = 0; i < sweep_keys(s); i++) {
        const char *text = table_cell(t, row, sweep_key(s, i));
        if (*text && sweep_take_value(s, sweep_key(s, i), text, at))
            return -1;
    }
    return 0;
}

static int is_own_objective(const struct sweep *s, const char *objective)
{
    return !strcmp(objective, sweep_spec(s)->objective);
}

/* ---- from the tables of the earlier sweep ------------------------------------------------------------------------ */

struct earlier_table {
    struct table trials, about;
    int point, status, epochs, objective[SEARCH_OBJECTIVES];
};

static enum trial_status status_of_row(const struct earlier_table *t, size_t row)
{
    const char *text = t->trials.cell[row * t->trials.cols + (size_t)t->status];
    enum trial_status s = TRIAL_OPEN;
    while (s < TRIAL_SKIPPED && strcmp(trial_status_name[s], text))
        s++;
    return s;
}

/* The result of the point whose first row is *row, which moves on to the next point. Whether it has one: a point is
 * only known where a trial of it has come to its end. */
static int result_of_rows(const struct earlier_table *t, size_t *row, const struct sweep_spec *spec,
                          struct search_result *result)
{
    struct point_outcome o = {.fewest = 0};
    int ended = 0;
    const char *point = t->trials.cell[*row * t->trials.cols + (size_t)t->point];
    for (; *row < t->trials.rows && !strcmp(t->trials.cell[*row * t->trials.cols + (size_t)t->point], point); ++*row) {
        double epochs = table_number(&t->trials, *row, t->epochs);
        enum trial_status status = status_of_row(t, *row);
        ended |= status == TRIAL_COMPLETE || status == TRIAL_PRUNED || status == TRIAL_FAILED;
        double value[SEARCH_OBJECTIVES];
        for (size_t k = 0; k < spec->goals; k++)
            value[k] = table_number(&t->trials, *row, t->objective[k]);
        outcome_add(&o, status, value, spec->goals, epochs > 0 ? (int)epochs : 0);
    }
    *result = outcome_result(&o, spec);
    return ended;
}

static int check_earlier_objective(const struct sweep *s, const struct earlier_table *t, struct err *e)
{
    const char *objective = "";
    for (size_t r = 0; r < t->about.rows; r++)
        if (!strcmp(table_cell(&t->about, r, "key"), "objective"))
            objective = table_cell(&t->about, r, "value");
    return is_own_objective(s, objective) ? 0 : wrong_earlier(s, e, "has another objective: ", objective);
}

static int open_tables(const struct sweep *s, const char *out, struct earlier_table *t, struct err *e)
{
    char path[4200];
    const char *name = name_of_earlier(s);
    if (!file_exists(report_path(path, sizeof path, out, name, ".csv")))
        return wrong_earlier(s, e, "has no results: there is no ", path);
    if (table_read(&t->trials, path, e) ||
        table_read(&t->about, report_path(path, sizeof path, out, name, ".about.csv"), e) ||
        check_axes(s, &t->trials, e) || check_earlier_objective(s, t, e))
        return -1;
    t->point = table_column(&t->trials, "point");
    t->status = table_column(&t->trials, "status");
    t->epochs = table_column(&t->trials, "epochs_run");
    for (size_t k = 0; k < sweep_spec(s)->goals; k++)
        t->objective[k] = table_column(&t->trials, sweep_spec(s)->goal[k].name);
    return t->point < 0 || t->status < 0 ? wrong_earlier(s, e, "has a table without points", "") : 0;
}

static int read_sweep(struct sweep *s, const char *out, struct search_earlier **v, size_t *n, struct err *e)
{
    struct earlier_table t;
    table_init(&t.trials);
    table_init(&t.about);
    int bad = open_tables(s, out, &t, e);
    if (!bad && !(*v = malloc((t.trials.rows + 1) * sizeof **v)))
        bad = err_set(e, ERR_NOMEM, "no memory for the results of %s", name_of_earlier(s));
    for (size_t r = 0; !bad && r < t.trials.rows;) {
        int known = !read_earlier_values(s, &t.trials, r, &(*v)[*n].at);
        int ended = result_of_rows(&t, &r, sweep_spec(s), &(*v)[*n].result);
        *n += (size_t)(known && ended);
    }
    if (!bad && !*n)
        bad = wrong_earlier(s, e, "has no trained point whose values are all values of these axes", "");
    table_release(&t.trials);
    table_release(&t.about);
    return bad;
}

/* ---- kept -------------------------------------------------------------------------------------------------------- */

/* Whether the table is of the axes and the objective that the sweep has now: it may have been kept before they were
 * others. */
static int kept_fits(const struct sweep *s, const struct table *t)
{
    struct err why = {0};
    if (check_axes(s, t, &why))
        return 0;
    return table_column(t, OBJECTIVE) < 0 || !t->rows || is_own_objective(s, table_cell(t, 0, OBJECTIVE));
}

/* Whether there is a kept copy that fits. 1, 0, or -1 with *e: it cannot be read. */
static int has_kept_earlier(const struct sweep *s, const char *path, struct err *e)
{
    struct table t;
    if (!file_exists(path))
        return 0;
    table_init(&t);
    int fits = table_read(&t, path, e) ? -1 : kept_fits(s, &t);
    table_release(&t);
    return fits;
}

/* "loss", or "loss_2" of the second objective; returns buf. */
static char *name_of_loss(size_t goal, char buf[STR_NUM])
{
    snprintf(buf, STR_NUM, goal ? LOSS "_%zu" : LOSS, goal + 1);
    return buf;
}

static int read_kept_earlier(struct sweep *s, const char *path, struct search_earlier **v, size_t *n, struct err *e)
{
    struct table t;
    table_init(&t);
    int bad = table_read(&t, path, e);
    const int loss = table_column(&t, LOSS), pruned = table_column(&t, PRUNED);
    if (!bad && !(*v = malloc((t.rows + 1) * sizeof **v)))
        bad = err_set(e, ERR_NOMEM, "no memory for the results of %s", name_of_earlier(s));
    for (size_t r = 0; !bad && r < t.rows; r++) {
        double x = table_number(&t, r, loss), epochs = table_number(&t, r, pruned);
        if (read_earlier_values(s, &t, r, &(*v)[*n].at))
            continue;
        struct search_result *result = &(*v)[(*n)++].result;
        *result = (struct search_result){.loss = isnan(x) ? INFINITY : x, .pruned = epochs > 0 ? (int)epochs : 0};
        for (size_t k = 1; k < sweep_spec(s)->goals; k++) {
            char name[STR_NUM];
            result->other[k - 1] = table_number(&t, r, table_column(&t, name_of_loss(k, name)));
        }
        outcome_check(result, sweep_spec(s)->goals);
    }
    table_release(&t);
    return bad;
}

/* Fills the cells after those of the axes: the losses, and what belongs to them. */
static void fill_earlier_result(const struct sweep_spec *spec, const struct search_result *r, char (*text)[STR_NUM],
                                const char **cell)
{
    cell[0] = isinf(r->loss) ? "" : str_double(text[0], r->loss);
    for (size_t k = 1; k < spec->goals; k++)
        cell[k] = isinf(r->loss) ? "" : str_double(text[k], r->other[k - 1]);
    cell[spec->goals] = r->pruned ? str_whole(text[spec->goals], (uint64_t)r->pruned) : "";
    cell[spec->goals + 1] = spec->objective;
}

static int write_earlier(const struct sweep *s, const char *path, struct err *e)
{
    const struct search *search = sweep_search(s);
    const struct sweep_spec *spec = sweep_spec(s);
    const size_t keys = sweep_keys(s), cells = keys + spec->goals + 2;
    const char **cell = malloc(cells * sizeof *cell);
    char(*text)[STR_NUM] = malloc(cells * sizeof *text), name[SEARCH_OBJECTIVES][STR_NUM];
    struct csv_out *csv = NULL;
    for (size_t i = 0; cell && i < keys; i++)
        cell[i] = sweep_key(s, i);
    if (cell && text) {
        for (size_t k = 0; k < spec->goals; k++)
            cell[keys + k] = name_of_loss(k, name[k]);
        cell[cells - 2] = PRUNED;
        cell[cells - 1] = OBJECTIVE;
        csv = csv_begin(path, cell, cells, e);
    } else {
        err_set(e, ERR_NOMEM, "no memory for the results of %s", name_of_earlier(s));
    }
    for (size_t p = 0; csv && p < search->nearlier; p++) {
        const struct search_earlier *x = &search->earlier[p];
        for (size_t i = 0; i < keys; i++)
            cell[i] = sweep_point_value(s, &x->at, i, text[i]);
        fill_earlier_result(spec, &x->result, text + keys, cell + keys);
        csv_row(csv, cell);
    }
    int bad = csv ? csv_commit(csv, 1, e) : -1;
    free(cell);
    free(text);
    return bad;
}

int earlier_read(struct sweep *s, const char *out, struct err *e)
{
    char path[4300];
    struct search_earlier *v = NULL;
    size_t n = 0;
    if (!*name_of_earlier(s))
        return 0;
    if (!strcmp(name_of_earlier(s), sweep_spec(s)->name))
        return wrong_earlier(s, e, "is this sweep itself", "");
    if (strchr(name_of_earlier(s), '/'))
        return wrong_earlier(s, e, "is not the name of a sweep", "");
    int kept = has_kept_earlier(s, kept_path(s, out, path, sizeof path), e);
    int bad = kept < 0 ? -1 : kept ? read_kept_earlier(s, path, &v, &n, e) : read_sweep(s, out, &v, &n, e);
    if (!bad && sweep_know(s, v, n))
        bad = err_set(e, ERR_NOMEM, "no memory for the results of %s", name_of_earlier(s));
    free(v);
    return bad ? -1 : 0;
}

int earlier_keep(const struct sweep *s, const char *out, struct err *e)
{
    char path[4300];
    if (!*name_of_earlier(s))
        return 0;
    int kept = has_kept_earlier(s, kept_path(s, out, path, sizeof path), e);
    return kept ? kept < 0 ? -1 : 0 : write_earlier(s, path, e);
}
