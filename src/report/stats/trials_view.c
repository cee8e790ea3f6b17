/* trials_view.c - makes points, axes and ranks of the main table: every summary and picture starts here. */
#include "report/stats/trials_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ids_entry {
    uint64_t key;
    const char *text;
};

static uint32_t *find_id(const struct ids *m, uint64_t key, const char *text)
{
    uint64_t at = (key ^ key >> 29) * 0x9e3779b97f4a7c15u >> 17;
    for (;; at++) {
        uint32_t *place = &m->place[at & (m->cap - 1)];
        const struct ids_entry *x = *place ? &m->entry[*place - 1] : NULL;
        if (!x || (x->key == key && (!text || !strcmp(x->text, text))))
            return place;
    }
}

/* Room for one more: entries grow in steps, places so that no more than half of them are taken. */
static int grow_ids(struct ids *m)
{
    if (m->n == m->room) {
        size_t room = m->room ? m->room + m->room / 2 : 64;
        struct ids_entry *more = m->n < UINT32_MAX / 2 ? realloc(m->entry, room * sizeof *more) : NULL;
        if (!more)
            return -1;
        m->entry = more;
        m->room = room;
    }
    if (2 * m->n < m->cap)
        return 0;
    size_t cap = m->cap ? 2 * m->cap : 64;
    uint32_t *place = calloc(cap, sizeof *place);
    if (!place)
        return -1;
    free(m->place);
    m->place = place;
    m->cap = cap;
    for (size_t i = 0; i < m->n; i++)
        *find_id(m, m->entry[i].key, m->entry[i].text) = (uint32_t)i + 1;
    return 0;
}

long ids_get(struct ids *m, uint64_t key, const char *text)
{
    if (grow_ids(m))
        return -1;
    uint32_t *place = find_id(m, key, text);
    if (!*place) {
        m->entry[m->n] = (struct ids_entry){key, text};
        *place = (uint32_t)++m->n;
    }
    return (long)*place - 1;
}

long ids_of_cell(struct ids *m, const struct table *t, size_t row, int col, struct arena *a)
{
    char buf[STR_NUM];
    const char *text = table_text(t, row, col, buf);
    uint64_t key = str_hash(STR_HASH, text, strlen(text));
    size_t known = m->n;
    long id = ids_get(m, key, text);
    if (id >= 0 && m->n > known && text == buf && !(m->entry[id].text = arena_str(a, buf)))
        return -1;
    return id;
}

const char *ids_text(const struct ids *m, size_t id)
{
    return m->entry[id].text;
}

void ids_release(struct ids *m)
{
    free(m->entry);
    free(m->place);
    memset(m, 0, sizeof *m);
}

/* ---- columns ---------------------------------------------------------------------------------------------------- */

static const char *const key_columns[] = {"trial", "point", "repeat", "seed", "status", "id", "same_as", "error", NULL};
static const char *const measured_columns[] = {"epochs_run", "best_epoch", NULL}; /* beside the metrics of a split */

static int one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list))
        list++;
    return *list != NULL;
}

int view_is_metric(const struct trials_view *v, int col)
{
    const char *split, *name = report_metric_of(v->t->head[col], &split);
    return col == v->col || (*split && strcmp(name, "samples")) || one_of(name, measured_columns);
}

int view_is_fact(const struct trials_view *v, int col)
{
    const char *name = v->t->head[col];
    return !strchr(name, '.') && !one_of(name, key_columns) && !view_is_metric(v, col);
}

const char *view_cell(const struct trials_view *v, size_t row, int col)
{
    return table_text(v->t, row, col, NULL);
}

int objective_parse(const char *text, char *metric, size_t n, int *maximise, struct err *e)
{
    size_t len = strcspn(text, " \t");
    const char *name = text + len + strspn(text + len, " \t");
    int max = len == 3 && !strncmp(text, "max", 3);
    if ((!max && !(len == 3 && !strncmp(text, "min", 3))) || !*name || strlen(name) >= n)
        return err_set(e, ERR_USAGE, "objective '%.80s': expected 'max METRIC' or 'min METRIC'", text);
    strcpy(metric, name);
    *maximise = max;
    return 0;
}

/* ---- axes ------------------------------------------------------------------------------------------------------- */

struct level {
    const char *text;
    double value;
    int old;
};

static int level_order(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    int ex = !*x->text, ey = !*y->text; /* absent comes last */
    if (ex != ey)
        return ex - ey;
    if (!isnan(x->value) && !isnan(y->value) && x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->old - y->old;
}

/* Sorts the values of a numeric axis, puts "" last, and renumbers the rows. */
static int sort_levels(struct table_axis *a, size_t rows)
{
    struct level *l = malloc(a->levels * sizeof *l);
    int *rank = malloc(a->levels * sizeof *rank);
    if (!l || !rank) {
        free(l);
        free(rank);
        return -1;
    }
    a->numeric = 1;
    for (size_t i = 0; i < a->levels; i++) {
        l[i] = (struct level){a->text[i], a->value[i], (int)i};
        a->conditional |= !*a->text[i];
        a->numeric &= !*a->text[i] || !isnan(a->value[i]);
    }
    for (size_t i = 0; !a->numeric && i < a->levels; i++)
        l[i].value = NAN;
    qsort(l, a->levels, sizeof *l, level_order);
    for (size_t i = 0; i < a->levels; i++) {
        double x;
        rank[l[i].old] = (int)i;
        a->text[i] = l[i].text;
        a->value[i] = str_to_double(l[i].text, &x) ? NAN : x;
    }
    for (size_t r = 0; r < rows; r++)
        a->code[r] = rank[a->code[r]];
    free(l);
    free(rank);
    return 0;
}

/* Shortens values for pictures: drawn at random they have dozens of digits, of which nobody reads more than a few.
 * Values ascend: when neighbours differ, all do. */
static int shorten_values(struct table_axis *a, struct arena *mem)
{
    int fractions = 0;
    for (size_t i = 0; i < a->levels && a->numeric; i++)
        fractions |= strpbrk(a->text[i], ".eE") != NULL;
    a->show = a->text;
    if (!fractions)
        return 0;
    a->show = arena_take(mem, (a->levels + 1) * sizeof *a->show);
    if (!a->show)
        return -1;
    for (int digits = 4, same = 1; same; digits++) {
        same = 0;
        for (size_t i = 0; i < a->levels; i++) {
            char buf[STR_NUM];
            snprintf(buf, sizeof buf, "%.*g", digits, a->value[i]);
            int fraction = a->numeric && strpbrk(a->text[i], ".eE") != NULL;
            a->show[i] = fraction && strlen(buf) < strlen(a->text[i]) ? arena_fmt(mem, "%s", buf) : a->text[i];
            if (!a->show[i])
                return -1;
            same |= digits < 17 && i && a->show[i] != a->text[i] && !strcmp(a->show[i], a->show[i - 1]);
        }
    }
    return 0;
}

static int read_axis(struct trials_view *v, struct table_axis *a, int col)
{
    size_t rows = v->t->rows;
    struct ids m = {0};
    *a = (struct table_axis){.name = v->t->head[col], .col = col};
    a->code = arena_take(&v->mem, (rows + 1) * sizeof *a->code);
    for (size_t r = 0; a->code && r < rows; r++) {
        long id = ids_of_cell(&m, v->t, r, col, &v->mem);
        if (id < 0)
            a->code = NULL;
        else
            a->code[r] = (int)id;
    }
    a->levels = m.n;
    a->text = arena_take(&v->mem, (m.n + 1) * sizeof *a->text);
    a->value = arena_take(&v->mem, (m.n + 1) * sizeof *a->value);
    for (size_t i = 0; a->code && a->text && i < a->levels; i++)
        a->text[i] = ids_text(&m, i);
    ids_release(&m);
    if (!a->code || !a->text || !a->value)
        return -1;
    for (size_t i = 0; i < a->levels; i++)
        if (str_to_double(a->text[i], &a->value[i]))
            a->value[i] = NAN;
    return (a->levels && sort_levels(a, rows)) || shorten_values(a, &v->mem) ? -1 : 0;
}

/* Shortens the fractions of a scattered axis to three digits, or two where they are small: nobody looks for neighbours
 * among them. */
static int shorten_scattered(struct table_axis *a, struct arena *mem)
{
    a->show = arena_take(mem, (a->levels + 1) * sizeof *a->show);
    for (size_t i = 0; a->show && i < a->levels; i++) {
        char buf[STR_NUM + 8];
        double rounded = a->value[i];
        int small = fabs(rounded) < 0.01;
        a->show[i] = a->text[i];
        if (!strpbrk(a->text[i], ".eE"))
            continue;
        snprintf(buf, sizeof buf, "%.*e", small ? 1 : 2, a->value[i]);
        str_to_double(buf, &rounded);
        char *power = strstr(buf, "e-0");
        if (power && small)
            memmove(power + 2, power + 3, strlen(power + 2)); /* 1.5e-04 */
        else
            str_double(buf, rounded);
        if (strlen(buf) < strlen(a->text[i]) && !(a->show[i] = arena_str(mem, buf)))
            return -1;
    }
    return a->show ? 0 : -1;
}

/* Says whether fewer than two points have a value of the axis, on average, in a table of points that were drawn. */
static int is_scattered(const struct trials_view *v, const struct table_axis *a)
{
    size_t points = 0;
    for (size_t p = 0; p < v->npoints; p++)
        points += *a->text[a->code[v->first[p]]] != 0;
    return v->t->drawn && a->numeric && 2 * (a->levels - (size_t)a->conditional) > points;
}

static const char *last_name_part(const char *name)
{
    return strchr(name, '.') + 1;
}

static int read_axes(struct trials_view *v)
{
    v->axis = arena_take(&v->mem, (v->t->cols + 1) * sizeof *v->axis);
    if (!v->axis)
        return -1;
    for (size_t c = 0; c < v->t->cols; c++)
        if (strchr(v->t->head[c], '.') && read_axis(v, &v->axis[v->naxes++], (int)c))
            return -1;
    for (size_t i = 0; i < v->naxes; i++) {
        v->axis[i].scattered = is_scattered(v, &v->axis[i]);
        if (v->axis[i].scattered && shorten_scattered(&v->axis[i], &v->mem))
            return -1;
        v->axis[i].label = last_name_part(v->axis[i].name);
        for (size_t j = 0; j < v->naxes; j++)
            if (j != i && !strcmp(v->axis[i].label, last_name_part(v->axis[j].name)))
                v->axis[i].label = v->axis[i].name;
    }
    return 0;
}

/* ---- points ----------------------------------------------------------------------------------------------------- */

static int number_points(struct trials_view *v, int col)
{
    size_t rows = v->t->rows;
    struct ids m = {0};
    struct arena texts;
    long id = 0;
    arena_init(&texts);
    for (size_t r = 0; r < rows && id >= 0; r++) {
        id = ids_of_cell(&m, v->t, r, col, &texts);
        v->point[r] = (uint32_t)id;
    }
    v->npoints = m.n;
    ids_release(&m);
    arena_release(&texts);
    if (id < 0)
        return -1;
    v->first = arena_take(&v->mem, (v->npoints + 1) * sizeof *v->first);
    v->start = arena_take(&v->mem, (v->npoints + 2) * sizeof *v->start);
    v->mean = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->mean);
    v->order = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->order);
    v->rank = arena_take(&v->ranks, (v->npoints + 1) * sizeof *v->rank);
    if (!v->first || !v->start || !v->mean || !v->order || !v->rank)
        return -1;
    for (size_t r = rows; r-- > 0;) {
        v->first[v->point[r]] = (uint32_t)r;
        v->start[v->point[r] + 2]++;
    }
    for (size_t p = 2; p <= v->npoints; p++)
        v->start[p + 1] += v->start[p];
    for (size_t r = 0; r < rows; r++)
        v->row[v->start[v->point[r] + 1]++] = (uint32_t)r;
    return 0;
}

/* Returns the column that counts the samples of the objective, -1 when it is not a share of them or the table has none.
 */
static int samples_column(const struct trials_view *v)
{
    const struct report_metric *m = table_metric(v->t, v->metric);
    char column[80];
    if (!m || !m->percent)
        return -1;
    snprintf(column, sizeof column, "%.*ssamples", (int)(strlen(v->metric) - strlen(m->name)), v->metric);
    return table_column(v->t, column);
}

/* Returns the right answers of row r, of n; -1 when its accuracy is not such a fraction (the last step of an epoch was
 * dropped). */
static int64_t right_answers(const struct trials_view *v, size_t r, double n)
{
    double right = floor(v->y[r] * n + 0.5);
    return n >= 1 && right >= 0 && right <= n && (float)(right / n) == (float)v->y[r] ? (int64_t)right : -1;
}

/* Returns the number of samples that every complete trial of the point is a fraction of, 0 for none. */
static double common_samples(const struct trials_view *v, size_t p)
{
    int col = samples_column(v);
    double n = col < 0 ? 0 : table_number(v->t, v->first[p], col);
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (!isnan(v->y[r]) && (table_number(v->t, r, col) != n || !(n < 4294967296.0) || right_answers(v, r, n) < 0))
            return 0;
    }
    return n >= 1 ? floor(n) : 0;
}

double view_resolution(const struct trials_view *v, size_t p)
{
    double n = common_samples(v, p);
    return n > 0 ? 1 / n : 0;
}

/* n: common_samples of the point. */
static struct exact exact_of(const struct trials_view *v, size_t p, double n)
{
    struct exact x = {{0}, 0};
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (isnan(v->y[r]))
            continue;
        if (n > 0)
            exact_add_count(&x, (uint64_t)right_answers(v, r, n));
        else
            exact_add(&x, (float)v->y[r]);
        x.over++;
    }
    x.over *= n > 0 ? (uint64_t)n : 1;
    return x;
}

struct exact view_exact(const struct trials_view *v, size_t p)
{
    return exact_of(v, p, common_samples(v, p));
}

/* A point as it is sorted. There may be millions, so its exact mean is made again where its double does not decide. */
struct ranked {
    const struct trials_view *v;
    double mean; /* exact_mean; NaN for none */
    uint32_t p, samples;
};

static struct exact ranked_exact(const struct ranked *k)
{
    return exact_of(k->v, k->p, k->samples);
}

/* Returns the mean as it is shown: of floats that of their decimals, which reads better and is as near. */
static double shown_mean(const struct ranked *k)
{
    const struct trials_view *v = k->v;
    double sum = 0, n = 0;
    if (isnan(k->mean) || k->samples)
        return k->mean;
    for (size_t i = v->start[k->p]; i < v->start[k->p + 1]; i++)
        if (!isnan(v->y[v->row[i]])) {
            sum += v->y[v->row[i]];
            n++;
        }
    return sum / n;
}

#define ROUNDED 1e-12 /* an exact mean differs from its double by less than this part of it */

/* Compares the means of two points that have one: -1, 0 or 1. */
static int compare_means(const struct ranked *x, const struct ranked *y)
{
    double far = ROUNDED * fmax(fabs(x->mean), fabs(y->mean));
    if (fabs(x->mean - y->mean) > far)
        return x->mean < y->mean ? -1 : 1;
    struct exact a = ranked_exact(x), b = ranked_exact(y);
    return exact_compare(&a, &b);
}

static int by_mean(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (isnan(x->mean) != isnan(y->mean))
        return isnan(x->mean) - isnan(y->mean);
    int order = isnan(x->mean) ? 0 : compare_means(x, y);
    if (order)
        return x->v->maximise ? -order : order;
    return (x->p > y->p) - (x->p < y->p);
}

static struct ranked ranked_point(const struct trials_view *v, size_t p)
{
    struct ranked k = {v, NAN, (uint32_t)p, (uint32_t)common_samples(v, p)};
    struct exact mean = ranked_exact(&k);
    k.mean = exact_mean(&mean);
    return k;
}

/* Ranks the points. This is the one place that says which point is better: every table, picture and condition asks for
 * order and rank. */
static int rank_points(struct trials_view *v)
{
    struct ranked *k = malloc((v->npoints + 1) * sizeof *k);
    if (!k)
        return -1;
    for (size_t p = 0; p < v->npoints; p++)
        k[p] = ranked_point(v, p);
    qsort(k, v->npoints, sizeof *k, by_mean);
    for (size_t i = 0; i < v->npoints; i++) {
        size_t p = k[i].p;
        v->order[i] = (uint32_t)p;
        int equal = i && !isnan(k[i].mean) && !compare_means(&k[i], &k[i - 1]);
        v->rank[p] = equal ? v->rank[k[i - 1].p] : (uint32_t)i + 1;
        v->mean[p] = equal ? v->mean[k[i - 1].p] : shown_mean(&k[i]);
    }
    free(k);
    return 0;
}

static int fill_view(struct trials_view *v, int point_col, int status_col)
{
    size_t rows = v->t->rows + 1;
    v->point = arena_take(&v->mem, rows * sizeof *v->point);
    v->row = arena_take(&v->ranks, rows * sizeof *v->row);
    v->y = arena_take(&v->mem, rows * sizeof *v->y);
    v->complete = arena_take(&v->mem, rows);
    if (!v->point || !v->row || !v->y || !v->complete)
        return -1;
    for (size_t r = 0; r < v->t->rows; r++) {
        char buf[STR_NUM];
        v->complete[r] = !strcmp(table_text(v->t, r, status_col, buf), "complete");
        v->y[r] = v->complete[r] ? table_number(v->t, r, v->col) : NAN;
        v->ncomplete += (size_t)v->complete[r];
    }
    return number_points(v, point_col) || read_axes(v) || rank_points(v) ? -1 : 0;
}

int view_init(struct trials_view *v, const struct table *trials, const char *objective, struct err *e)
{
    memset(v, 0, sizeof *v);
    v->t = trials;
    arena_init(&v->mem);
    arena_init(&v->ranks);
    if (objective_parse(objective, v->metric, sizeof v->metric, &v->maximise, e))
        return -1;
    int point = table_column(trials, "point"), status = table_column(trials, "status");
    v->col = table_column(trials, v->metric);
    if (point < 0 || status < 0)
        return err_set(e, ERR_DATA, "the main table has no column '%s'", point < 0 ? "point" : "status");
    if (v->col < 0)
        return err_set(e, ERR_DATA, "the main table has no column '%s', which the objective '%s' names", v->metric,
                       objective);
    if (fill_view(v, point, status)) {
        view_release(v);
        return err_set(e, ERR_NOMEM, "no memory to sort %zu trials", trials->rows);
    }
    return 0;
}

void view_forget_ranks(struct trials_view *v)
{
    arena_release(&v->ranks);
    v->order = v->rank = v->row = NULL;
    v->mean = NULL;
}

void view_release(struct trials_view *v)
{
    view_forget_ranks(v);
    arena_release(&v->mem);
    memset(v, 0, sizeof *v);
}

void metric_limits(const struct table *t, const char *column, double *lo, double *hi)
{
    static const char *const counts[] = {"epochs_run", "best_epoch", NULL};
    const struct report_metric *m = table_metric(t, column);
    *lo = m ? m->low : one_of(column, counts) ? 0 : -INFINITY;
    *hi = m ? m->high : INFINITY;
}

struct stats metric_stats(const struct table *t, const char *column, const double *v, size_t n, struct t_cache *c)
{
    struct stats s = stats_of(v, n, c);
    double lo, hi;
    metric_limits(t, column, &lo, &hi);
    if (s.low < lo && s.mean >= lo) /* a mean outside is another metric of that name */
        s.low = lo;
    if (s.high > hi && s.mean <= hi)
        s.high = hi;
    return s;
}

struct stats view_stats(const struct trials_view *v, size_t p, int col, double *buf, struct t_cache *c)
{
    size_t n = 0;
    for (size_t i = v->start[p]; i < v->start[p + 1]; i++) {
        size_t r = v->row[i];
        if (v->complete[r])
            buf[n++] = col == v->col ? v->y[r] : table_number(v->t, r, col);
    }
    struct stats s = metric_stats(v->t, v->t->head[col], buf, n, c);
    if (col == v->col && n)
        s.mean = v->mean[p]; /* the one that ranks it */
    return s;
}

void view_point_text(const struct trials_view *v, size_t p, int brief, struct str *s)
{
    const char *sep = "";
    for (size_t i = 0; i < v->naxes; i++) {
        const struct table_axis *a = &v->axis[i];
        const char *text = view_cell(v, v->first[p], a->col);
        if (!*text)
            continue;
        if (brief)
            text = a->show[a->code[v->first[p]]];
        str_addf(s, "%s%s=%s", sep, a->label, text);
        sep = ", ";
    }
    if (!*sep)
        str_addf(s, "point %s", view_cell(v, v->first[p], table_column(v->t, "point")));
}
