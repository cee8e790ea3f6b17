/* results.c - finds the sweeps of a results folder, brings their tables up to date, and prints the ranking of points.
 */
#include "cli/commands/results.h"

#include "base/file.h"
#include "base/pareto.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/console/text.h"
#include "orchestrate/earlier.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ABOUT ".about.csv"

/* ---- names ---- */

static int is_name(const char *s)
{
    size_t n = strlen(s);
    if (!n || n > 64 || !isalnum((unsigned char)s[0]))
        return 0;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
            return 0;
    return 1;
}

struct names {
    char **v;
    size_t n;
};

static const char *result_name_at(size_t i, const void *ctx)
{
    const struct names *l = ctx;
    return i < l->n ? l->v[i] : NULL;
}

/* Finds every NAME of results/NAME.about.csv. */
static struct names known_names(const char *out)
{
    struct names l = {0};
    struct str folder = {0};
    str_addf(&folder, "%s/results", out);
    DIR *d = folder.failed ? NULL : opendir(folder.p);
    str_release(&folder);
    for (struct dirent *f; d && (f = readdir(d));) {
        size_t n = strlen(f->d_name), m = strlen(ABOUT);
        char **more = n > m && !strcmp(f->d_name + n - m, ABOUT) ? realloc(l.v, (l.n + 1) * sizeof *l.v) : NULL;
        if (!more)
            continue;
        l.v = more;
        if ((l.v[l.n] = strndup(f->d_name, n - m)))
            l.n++;
    }
    if (d)
        closedir(d);
    return l;
}

static void release_names(struct names *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
}

int result_of_word(const struct invocation *in, const char *word, struct err *e)
{
    char path[4096];
    size_t n = strlen(word);
    if (n > 4 && !strcmp(word + n - 4, ".ini"))
        return err_set(e, ERR_USAGE, "'%s' is a sweep file; `sweep %s` wants the name of its results", word,
                       in->command->name);
    if (!is_name(word))
        return err_set(e, ERR_USAGE, "'%s' is not the name of a sweep: letters, digits, '.', '_' and '-', at most 64",
                       word);
    if (file_exists(report_path(path, sizeof path, in->opt.out, word, ".csv")))
        return 0;
    if (errno != ENOENT && errno != ENOTDIR) /* it may well be there: the folder may not be read, or the like */
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    struct names l = known_names(in->opt.out);
    const char *near = str_nearest(word, result_name_at, &l);
    err_set(e, ERR_USAGE, "there is no %s%s%s%s", path, near ? "; did you mean '" : "", near ? near : "",
            near ? "'?" : "");
    release_names(&l);
    return -1;
}

int result_name(const struct invocation *in, const char **name, struct err *e)
{
    *name = in->arg[0];
    return result_of_word(in, in->arg[0], e);
}

/* ---- tables from the journal ---- */

static int is_older(const char *path, const struct stat *than)
{
    struct stat st;
    if (stat(path, &st))
        return 1;
    return st.st_mtim.tv_sec != than->st_mtim.tv_sec ? st.st_mtim.tv_sec < than->st_mtim.tv_sec
                                                     : st.st_mtim.tv_nsec < than->st_mtim.tv_nsec;
}

/* Says whether the tables are missing or older than the journal, by the first and the last of those that are written
 * one after the other. */
static int tables_are_old(const char *out, const char *name)
{
    static const char *const suffix[] = {".csv", ".points.csv", ".epochs.csv", ".about.csv"};
    char path[4096];
    struct stat journal;
    int old = 0;
    if (stat(report_path(path, sizeof path, out, name, "/journal"), &journal))
        return 0;
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++)
        old |= is_older(report_path(path, sizeof path, out, name, suffix[i]), &journal);
    return old;
}

int refresh_tables(const char *out, const char *name, struct err *e)
{
    char path[4096];
    struct sweep *s = NULL;
    struct err_list errs = {0};
    struct run_summary sum;
    struct run_options o = {.out = out, .jobs = 1, .only_tables = 1, .limit = RUN_LIMIT};
    if (!is_name(name) || !tables_are_old(out, name) ||
        !file_exists(report_path(path, sizeof path, out, name, "/sweep.ini")))
        return 0;
    struct err why = {0};
    int bad = sweep_open(&s, path, NULL, 0, &errs) || earlier_read(s, out, &why);
    err_list_take(&errs, &why);
    if (!bad && !strcmp(sweep_spec(s)->name, name)) /* else it is of an older version of the program */
        bad = sweep_run(s, &o, &sum, &errs);
    bad = bad && errs.n && errs.v[0].code != ERR_BUSY; /* who runs it writes them */
    if (bad)
        err_set(e, errs.v[0].code, "the tables cannot be made again from the journal: %s", errs.v[0].text);
    err_list_release(&errs);
    sweep_free(s);
    return bad ? -1 : 0;
}

/* ---- about ---- */

int about_read(struct about *a, const char *out, const char *name, struct err *e)
{
    char path[4096];
    table_init(&a->t);
    return table_read(&a->t, report_path(path, sizeof path, out, name, ABOUT), e);
}

void about_release(struct about *a)
{
    table_release(&a->t);
}

const char *about_value(const struct about *a, const char *key)
{
    for (size_t r = 0; r < a->t.rows; r++)
        if (!strcmp(table_cell(&a->t, r, "key"), key))
            return table_cell(&a->t, r, "value");
    return "";
}

char *objective_metric(const char *objective, char buf[64], int *maximise)
{
    int max;
    report_objective(objective, buf, 64, maximise ? maximise : &max);
    return buf;
}

/* ---- ranking ---- */

/* Writes "0.9876" or, over repeats, "0.9876 +- 0.0012" (standard deviation); of a fact of the network the fact. */
static void mean_text(const struct table *t, size_t row, const char *metric, char *buf, size_t n)
{
    char column[128];
    if (table_column(t, metric) >= 0) {
        snprintf(buf, n, "%s", table_cell(t, row, metric));
        return;
    }
    snprintf(column, sizeof column, "%s_mean", metric);
    double mean = table_number(t, row, table_column(t, column));
    snprintf(column, sizeof column, "%s_std", metric);
    double std = table_number(t, row, table_column(t, column));
    if (isnan(mean))
        snprintf(buf, n, "-");
    else if (isnan(std))
        snprintf(buf, n, "%.4f", mean);
    else
        snprintf(buf, n, "%.4f ± %.4f", mean, std);
}

/* Finds the rows with the smallest ranks, in their order. */
static size_t by_rank(const struct table *t, size_t *row, size_t top)
{
    size_t n = 0;
    int col = table_column(t, "rank");
    for (size_t r = 0; r < t->rows; r++) {
        double rank = table_number(t, r, col);
        if (isnan(rank) || (n == top && table_number(t, row[n - 1], col) <= rank))
            continue;
        size_t at = n < top ? n++ : n - 1;
        for (; at > 0 && table_number(t, row[at - 1], col) > rank; at--)
            row[at] = row[at - 1];
        row[at] = r;
    }
    return n;
}

#define TOP 20

/* Of a table of points that is read row by row: those that may be among the first TOP, in their order. */
struct best_rows {
    struct table all, kept; /* all: nothing but the names of the columns and the number of rows */
    size_t met[TOP + 1];    /* rows with that rank */
};

/* table.pass: keeps a row whose rank is small enough, and of equal ones no more than can be shown. */
static int keep_ranked_row(void *ctx, const char *const *cell)
{
    struct best_rows *b = ctx;
    int col = table_column(&b->all, "rank");
    long rank = col < 0 ? 0 : strtol(cell[col], NULL, 10);
    if (!b->kept.head && table_columns(&b->kept, b->all.head, b->all.cols))
        return -1;
    if (rank < 1 || rank > TOP || b->met[rank] == TOP)
        return 0;
    b->met[rank]++;
    return table_row(&b->kept, cell);
}

/* Columns of the ranking: which of the table, or a metric. */
struct ranking {
    const struct table *t; /* its first rows */
    size_t points;         /* all rows */
    const char *metric[PARETO_VALUES + 1];
    size_t metrics;
    int fronts; /* there are several objectives */
};

static int add_ranked(const struct ranking *k, struct table *out, size_t row, const char **cell)
{
    char text[PARETO_VALUES + 1][64];
    size_t n = 0;
    cell[n++] = table_cell(k->t, row, "rank");
    if (k->fronts)
        cell[n++] = table_cell(k->t, row, "pareto");
    cell[n++] = table_cell(k->t, row, "point");
    for (size_t c = 0; c < k->t->cols; c++)
        if (strchr(k->t->head[c], '.'))
            cell[n++] = k->t->cell[row * k->t->cols + c];
    cell[n++] = table_cell(k->t, row, "params");
    for (size_t m = 0; m < k->metrics; m++) {
        mean_text(k->t, row, k->metric[m], text[m], sizeof text[m]);
        cell[n++] = text[m];
    }
    const char *tied = strcmp(table_cell(k->t, row, "tied_with_best"), "yes") ? "" : "tied with the best";
    cell[n++] = strcmp(cell[0], "1") ? tied : "the best";
    return table_row(out, cell);
}

static int rank_head(const struct ranking *k, struct table *out, const char **cell)
{
    size_t n = 0;
    cell[n++] = "rank";
    if (k->fronts)
        cell[n++] = "front";
    cell[n++] = "point";
    for (size_t c = 0; c < k->t->cols; c++)
        if (strchr(k->t->head[c], '.'))
            cell[n++] = k->t->head[c];
    cell[n++] = "params";
    for (size_t m = 0; m < k->metrics; m++)
        cell[n++] = k->metric[m];
    cell[n++] = "";
    return table_columns(out, cell, n);
}

static int print_table(const struct ranking *k, size_t top)
{
    size_t row[TOP], n = by_rank(k->t, row, top < TOP ? top : TOP);
    struct table shown;
    table_init(&shown);
    const char **cell = calloc(k->t->cols + PARETO_VALUES + 6, sizeof *cell);
    int bad = !cell || rank_head(k, &shown, cell);
    for (size_t i = 0; i < n && !bad; i++)
        bad = add_ranked(k, &shown, row[i], cell);
    if (!bad && n)
        text_table(stdout, &shown, 0);
    if (!bad && n && k->points > n)
        printf("... %zu more point%s in the table .points.csv\n", k->points - n, k->points - n == 1 ? "" : "s");
    free(cell);
    table_release(&shown);
    return bad;
}

/* Fills what the ranking shows: the objectives, but for the number of parameters, which is there anyhow, and the first
 * one on the test split. */
static void name_ranked(struct ranking *k, const char *objective, char metric[PARETO_VALUES][64], char test[64])
{
    const char *split;
    int maximise, tested = 0;
    for (size_t i = 0; objective && i < PARETO_VALUES; i++) {
        objective = report_objective(objective, metric[i], sizeof metric[i], &maximise);
        k->fronts |= i > 0;
        if (i && !strcmp(metric[i], "params"))
            continue;
        k->metric[k->metrics++] = metric[i];
    }
    snprintf(test, 64, "test_%.58s", report_metric_of(metric[0], &split));
    for (size_t i = 0; i < k->metrics; i++)
        tested |= !strcmp(k->metric[i], test);
    if (!tested)
        k->metric[k->metrics++] = test;
}

int print_ranking(const char *out, const char *name, const struct about *a, size_t top, struct err *e)
{
    char path[4096];
    struct best_rows points = {.met = {0}};
    table_init(&points.all);
    table_init(&points.kept);
    points.all.pass = keep_ranked_row;
    points.all.ctx = &points;
    int bad = table_read(&points.all, report_path(path, sizeof path, out, name, ".points.csv"), e);
    if (!bad) {
        struct ranking k = {.t = &points.kept, .points = points.all.rows};
        char metric[PARETO_VALUES][64], test[64];
        name_ranked(&k, about_value(a, "objective"), metric, test);
        if (print_table(&k, top))
            bad = err_set(e, ERR_NOMEM, "no memory");
        else if (strcmp(about_value(a, "repeats"), "1") != 0)
            printf("(mean ± standard deviation over the repeats; tied: the difference to the best is not "
                   "significant, all points compared at once, 95 %%)\n");
    }
    table_release(&points.all);
    table_release(&points.kept);
    return bad;
}

static void print_model_conditions(const struct about *a)
{
    for (int i = 1;; i++) {
        char key[64], broken[64];
        snprintf(key, sizeof key, "model.%d", i);
        snprintf(broken, sizeof broken, "model.%d.broken", i);
        const char *text = about_value(a, key);
        if (!*text)
            break;
        printf("required  %s: checked before training; %s points skipped for it\n", text, about_value(a, broken));
    }
}

void print_conditions(const struct about *a)
{
    print_model_conditions(a);
    for (int i = 1;; i++) {
        char key[64], best[64], met[64];
        snprintf(key, sizeof key, "require.%d", i);
        snprintf(best, sizeof best, "require.%d.best", i);
        snprintf(met, sizeof met, "require.%d.met", i);
        const char *text = about_value(a, key), *verdict = about_value(a, best);
        if (!*text)
            break;
        printf("required  %s: %s by every repeat of the best point; by %s trials in all\n", text,
               !strcmp(verdict, "yes")  ? "met"
               : !strcmp(verdict, "no") ? "NOT met"
                                        : "not known yet",
               about_value(a, met));
    }
}

void print_places(const char *out, const char *name, int pictures)
{
    char path[4096];
    printf("tables    %s (one row a trial), .points.csv, .epochs.csv and more beside it\n",
           report_path(path, sizeof path, out, name, ".csv"));
    int here = !strcmp(out, ".");
    struct str plots = {0};
    str_addf(&plots, "%s%splots/%s", here ? "" : out, here ? "" : "/", name);
    if (pictures && plots.p && file_exists(plots.p))
        printf("pictures  %s/ (each .svg and .png with its gnuplot script .gp)\n", plots.p);
    str_release(&plots);
}
