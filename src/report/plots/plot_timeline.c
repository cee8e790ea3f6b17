/* plot_timeline.c - draws which worker trained which trial when. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 5000
#define FRAME 1000 /* pixels of the frame's width, about */

static const struct {
    const char *status, *colour, *name;
} look[] = {
    {"complete", BLUE, "complete"}, {"pruned", ORANGE, "pruned"}, {"failed", RED, "failed"}, {"", GREY, "other"}};
#define LOOKS (sizeof look / sizeof *look)

static size_t look_of(const char *status)
{
    size_t k = 0;
    while (k + 1 < LOOKS && strcmp(status, look[k].status))
        k++;
    return k;
}

/* Reads the status of every trial of the timing table, by the trial column of both. */
static int read_looks(const struct plot_data *d, size_t *of, struct arena *a)
{
    const struct table *t = &d->timing, *m = &d->trials;
    struct ids ids = {0};
    int trial = table_column(t, "trial"), known = table_column(m, "trial"), status = table_column(m, "status"), bad = 0;
    size_t *row = arena_take(a, (m->rows + 1) * sizeof *row);
    if (!row)
        return -1;
    for (size_t r = 0; r < m->rows && known >= 0 && !bad; r++) {
        const char *text = view_cell(&d->v, r, known);
        long id = ids_get(&ids, str_hash(STR_HASH, text, strlen(text)), text);
        bad = id < 0;
        if (!bad)
            row[id] = r;
    }
    size_t n = ids.n;
    for (size_t r = 0; r < t->rows && !bad; r++) {
        const char *text = trial < 0 ? "" : t->cell[r * t->cols + (size_t)trial];
        long id = ids_get(&ids, str_hash(STR_HASH, text, strlen(text)), text);
        bad = id < 0;
        of[r] = !bad && (size_t)id < n ? look_of(view_cell(&d->v, row[id], status)) : LOOKS - 1;
    }
    ids_release(&ids);
    return bad ? -1 : 0;
}

struct busy {
    double worker, from, to;
};

static int by_time(const void *a, const void *b)
{
    const struct busy *x = a, *y = b;
    if (x->worker != y->worker)
        return x->worker < y->worker ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Sums the time in which the workers had a trial: what overlaps (the clocks of two calls) counts once. Sorts b. */
static double covered_time(struct busy *b, size_t n)
{
    double sum = 0, end = 0;
    qsort(b, n, sizeof *b, by_time);
    for (size_t i = 0; i < n; i++) {
        double from = !i || b[i].worker != b[i - 1].worker ? b[i].from : b[i].from > end ? b[i].from : end;
        end = !i || b[i].worker != b[i - 1].worker || b[i].to > end ? b[i].to : end;
        sum += end > from ? end - from : 0;
    }
    return sum;
}

struct time_span {
    double end, busy;
    long first, last; /* workers */
    size_t n;
};

/* Finds the first and the last worker, when the last trial ended, and the time in which workers had a trial. b[t->rows]
 * is scratch. */
static struct time_span measure_span(const struct table *t, int worker, int start, int wall, struct busy *b)
{
    struct time_span s = {0, 0, 0, 0, 0};
    for (size_t r = 0; r < t->rows; r++) {
        double w = table_number(t, r, worker), from = table_number(t, r, start), took = table_number(t, r, wall);
        if (isnan(w) || isnan(from) || isnan(took) || fabs(w) > 1e6)
            continue;
        s.first = !s.n || (long)w < s.first ? (long)w : s.first;
        s.last = !s.n || (long)w > s.last ? (long)w : s.last;
        s.end = from + took > s.end ? from + took : s.end;
        b[s.n++] = (struct busy){w, from > 0 ? from : 0, from + took};
    }
    s.busy = covered_time(b, s.n);
    return s;
}

static const char *draw_timeline(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->timing;
    int trial = table_column(t, "trial"), worker = table_column(t, "worker"), start = table_column(t, "start"),
        wall = table_column(t, "wall");
    size_t *of = arena_take(a, (t->rows + 1) * sizeof *of), met[LOOKS] = {0};
    struct busy *busy = arena_take(a, (t->rows + 1) * sizeof *busy);
    if (!of || !busy || read_looks(d, of, a))
        return PLOT_NOMEM;
    struct time_span span = measure_span(t, worker, start, wall, busy);
    if (!span.n || !(span.end > 0))
        return t->rows ? "no trial has a start and a duration" : "there is no table of times";
    if (span.n > MOST)
        return "more than 5000 trials make no readable timeline";
    double scale = span.end > 7200 ? 3600 : span.end > 300 ? 60 : 1;
    script_begin(s, d, &plot_timeline, "what each worker did");
    data_begin(s, "trials");
    for (size_t r = 0; r < t->rows; r++) {
        double w = table_number(t, r, worker), from = table_number(t, r, start), took = table_number(t, r, wall);
        if (isnan(w) || isnan(from) || isnan(took) || fabs(w) > 1e6)
            continue;
        str_addf(s, "%ld\t", (long)w);
        put_number(s, from / scale);
        str_add(s, "\t");
        put_number(s, (from + took) / scale);
        str_addf(s, "\t0x%s\t", look[of[r]].colour + 1);
        const char *number = trial < 0 ? "" : t->cell[r * t->cols + (size_t)trial];
        if (*number && took / span.end * FRAME > text_pixels(number, 8) + 6)
            put_field(s, number, 8);
        else
            str_add(s, " ");
        str_add(s, "\n");
        met[of[r]]++;
    }
    data_end(s);
    double workers = (double)(span.last - span.first + 1);
    str_addf(s, "busy = 'workers busy %.0f%% of the time'\n", 100 * span.busy / (workers * span.end));
    int rows = workers < 40 ? (int)workers : 40;
    int height = 170 + 44 * (rows < 12 ? rows : 12) + 12 * (rows > 12 ? rows - 12 : 0);
    script_draw(s, 1100, height);
    put_key_below(s, height);
    str_addf(s,
             "set title heading.\", \".busy\nset xlabel 'time since the start of the run (%s)'\nset ylabel 'worker'\n"
             "set yrange [%g:%g]\nset ytics %d\nset xrange [0:",
             scale == 1    ? "s"
             : scale == 60 ? "min"
                           : "h",
             (double)span.last + 0.6, (double)span.first - 0.6, workers > 20 ? 5 : 1);
    put_number(s, 1.01 * span.end / scale);
    str_addf(
        s,
        "]\nset grid noytics\n"
        "plot $trials using 2:1:2:3:($1-0.4):($1+0.4):4 with boxxyerror fs solid 0.85 %s lw 0.7 lc rgb variable, \\\n"
        "     $trials using (($2+$3)/2):1:5 with labels tc rgb '#ffffff'",
        span.n > 600 ? "noborder" : "border lc rgb '#ffffff'");
    for (size_t k = 0; k < LOOKS; k++)
        if (met[k])
            str_addf(s, ", \\\n     keyentry with boxes fs solid 0.85 noborder lc rgb '%s' title '%s'", look[k].colour,
                     look[k].name);
    str_add(s, "\n");
    script_end(s);
    return NULL;
}

const struct plot plot_timeline = {{"timeline", "which worker trained which trial when"}, draw_timeline};
