/* tables.c - every table of a sweep, from the trials as they stand. */
#include "orchestrate/records/records.h"

#include "base/clock.h"
#include "orchestrate/models.h"
#include "orchestrate/plan.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/trials.h"
#include "orchestrate/workers.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *run_path(const struct sweep_run *run, const char *suffix, char *buf, size_t n)
{
    return report_path(buf, n, run->o->out, run->spec->name, suffix);
}

/* A table on its way into its file, row by row; of the points, the first that it calls rank 1 is the best, and those
 * that it calls 1 in the column pareto are the front. */
struct passing {
    struct table t;
    struct sweep_run *run;
    const char *suffix;
    struct csv_out *csv;
    int rank, pareto, point; /* columns; -1: it has none */
    uint64_t best;           /* 0: none yet; what stands in the column point */
    struct err e;
};

static void begin_passing(struct passing *p)
{
    char path[4200];
    p->csv = csv_begin(run_path(p->run, p->suffix, path, sizeof path), p->t.head, p->t.cols, &p->e);
    p->rank = table_column(&p->t, "rank");
    p->pareto = table_column(&p->t, "pareto");
    p->point = table_column(&p->t, "point");
}

static void note_front(struct sweep_run *run, const char *point)
{
    const uint64_t index = strtoull(point, NULL, 10) - 1;
    const size_t at = point_of(run->plan, index);
    if (at < run->records->front_points && run->plan->point[at].index == index) /* a copy is not trained */
        run->records->front[at] = 1;
}

static int pass_row(void *ctx, const char *const *cell)
{
    struct passing *p = ctx;
    if (!p->csv && p->t.rows == 1)
        begin_passing(p);
    if (p->csv && !p->best && p->rank >= 0 && p->point >= 0 && !strcmp(cell[p->rank], "1"))
        p->best = strtoull(cell[p->point], NULL, 10);
    if (p->csv && p->pareto >= 0 && !strcmp(cell[p->pareto], "1"))
        note_front(p->run, cell[p->point]);
    if (p->csv)
        csv_row(p->csv, cell); /* a failed row is remembered and told by commit */
    return p->csv ? 0 : -1;
}

static int write_passing(struct sweep_run *run, const struct table *trials, struct passing *p, const char *suffix,
                         int (*fill)(const struct table *trials, const char *objective, struct table *out,
                                     struct err *e),
                         int sync, struct err *e)
{
    *p = (struct passing){.run = run, .suffix = suffix};
    table_init(&p->t);
    p->t.pass = pass_row;
    p->t.ctx = p;
    struct err why = {0};
    int bad = fill(trials, run->spec->objective, &p->t, &why);
    if (!bad && !p->csv) { /* there are no rows */
        begin_passing(p);
        bad = !p->csv;
    }
    if (p->csv && bad)
        csv_abort(p->csv);
    else if (p->csv)
        bad = csv_commit(p->csv, sync, &why);
    table_release(&p->t);
    if (bad)
        *e = p->e.code ? p->e : why;
    return bad ? -1 : 0;
}

/* Of a search, after its effects. */
static int write_surrogate(struct sweep_run *run, const struct table *trials, int sync, struct err *e)
{
    struct table effects, out;
    char path[4200];
    if (!trials->drawn)
        return record_none(run, &surrogate_table);
    table_init(&effects);
    table_init(&out);
    int bad = table_read(&effects, run_path(run, ".effects.csv", path, sizeof path), e) ||
              report_surrogate(trials, &effects, run->spec->objective, &out, e) ||
              table_write(&out, run_path(run, ".surrogate.csv", path, sizeof path), sync, e);
    table_release(&effects);
    table_release(&out);
    return bad ? -1 : 0;
}

static int write_effects(struct sweep_run *run, const struct table *trials, int sync, struct err *e)
{
    struct passing p;
    return write_passing(run, trials, &p, ".effects.csv", report_effects, sync, e) ||
                   write_surrogate(run, trials, sync, e)
               ? -1
               : 0;
}

static int write_points(struct sweep_run *run, const struct table *trials, int sync, struct err *e)
{
    struct passing p;
    struct records *r = run->records;
    free(r->front);
    r->front_points = run->spec->goals > 1 ? run->plan->npoints : 0;
    r->front = calloc(r->front_points + 1, 1);
    if (!r->front)
        return err_set(e, ERR_NOMEM, "no memory for the table of points");
    if (write_passing(run, trials, &p, ".points.csv", report_points, sync, e))
        return -1;
    run->records->best_point = SIZE_MAX;
    if (p.best) { /* a copy is not trained: then there is no best point */
        size_t at = point_of(run->plan, p.best - 1);
        run->records->best_point = run->plan->point[at].index == p.best - 1 ? at : SIZE_MAX;
    }
    return 0;
}

int is_among_best(const struct sweep_run *run, size_t point)
{
    const struct records *r = run->records;
    return point == r->best_point || (point < r->front_points && r->front[point]);
}

/* All tables but those of the effects. */
static int write_others(struct sweep_run *run, const struct table *trials, int sync, struct err *e)
{
    char path[4200];
    return table_write(trials, run_path(run, ".csv", path, sizeof path), sync, e) ||
                   write_points(run, trials, sync, e) ||
                   (run->growth && (write_layers(run, sync, e) || write_starts(run, sync, e))) ||
                   write_epochs(run, sync, e) || write_findings(run, sync, e) || write_gradients(run, sync, e) ||
                   write_held_out(run, sync, e) || write_predictions(run, sync, e) ||
                   write_translations(run, sync, e) || write_pictures(run, sync, e) || write_regions(run, sync, e) ||
                   write_about(run, sync, e)
               ? -1
               : 0;
}

/* The effects are worked out beside the other tables, by a worker that has no trial: threads that there are not yet may
 * not be had (threads.h). While others train, a thread that comes here is alone, as regions do not nest. */
int tables_write(struct sweep_run *run, int sync, struct err *e)
{
    struct main_table trials;
    struct err of_effects = {0};
    int bad = 0, effects_bad = 0;
    metrics_known(run);
    if (main_table_init(&trials, run)) {
        main_table_release(&trials);
        return err_set(e, ERR_NOMEM, "no memory for the main table");
    }
    trials.t.metrics = &run->records->metrics;
    trials.t.drawn = sweep_search(run->sweep)->type->draws;
#pragma omp parallel sections num_threads(run->workers->jobs > 1 ? 2 : 1)
    {
#pragma omp section
        bad = write_others(run, &trials.t, sync, e);
#pragma omp section
        effects_bad = write_effects(run, &trials.t, sync, &of_effects);
    }
    main_table_release(&trials);
    if (effects_bad && !bad)
        *e = of_effects;
    return bad || effects_bad ? -1 : 0;
}

int tables_sometimes(struct sweep_run *run, struct err *e)
{
    struct records *r = run->records;
    double now = clock_wall(), pause = 20 * r->cost > 2 ? 20 * r->cost : 2;
    if (now - r->written_at < pause)
        return 0;
    int bad = tables_write(run, 0, e);
    if (!bad)
        models_tidy(run);
    r->written_at = clock_wall();
    r->cost = r->written_at - now;
    return bad;
}
