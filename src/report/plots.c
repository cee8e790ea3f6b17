#include "base/file.h"
#include "report/grid.h"
#include "report/plot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIME_LIMIT 20.0 /* seconds a plot */

static const struct plot *const plots[] = {
    /* the order of the reports */
    &plot_learning, &plot_ranking, &plot_axes,      &plot_importance, &plot_pairs,
    &plot_parallel, &plot_params,  &plot_confusion, &plot_timeline,
};
#define PLOTS (sizeof plots / sizeof *plots)

const struct plot_type *report_plot_type(size_t i)
{
    return i < PLOTS ? &plots[i]->type : NULL;
}

static const struct plot *const bench_plots[] = {&plot_roofline};
#define BENCH_PLOTS (sizeof bench_plots / sizeof *bench_plots)

const struct plot_type *report_bench_plot_type(size_t i)
{
    return i < BENCH_PLOTS ? &bench_plots[i]->type : NULL;
}

/* ---- data ------------------------------------------------------------------------------------------------------- */

static int read_if_there(struct table *t, const char *out, const char *name, const char *suffix, struct err *e)
{
    char path[4096];
    report_path(path, sizeof path, out, name, suffix);
    return file_exists(path) ? table_read(t, path, e) : 0;
}

const char *plot_about(const struct plot_data *d, const char *key)
{
    for (size_t r = 0; r < d->about.rows; r++)
        if (!strcmp(table_cell(&d->about, r, "key"), key))
            return table_cell(&d->about, r, "value");
    return "";
}

/* Names reach us from a command line too: they must not lead out of the folders. */
static int check_name(const char *name, struct err *e)
{
    if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 255)
        return err_set(e, ERR_USAGE, "'%.80s' is no name of a sweep: letters, digits, '.', '_' and '-'", name);
    return 0;
}

static int join_axes(struct plot_data *d)
{
    struct grid g;
    if (grid_factors(&g, &d->v, &d->mem))
        return -1;
    d->naxes = g.nfactors;
    d->axis = arena_take(&d->mem, (g.nfactors + 1) * sizeof *d->axis);
    d->inside = arena_take(&d->mem, (g.nfactors + 1) * sizeof *d->inside);
    for (size_t f = 0; d->axis && d->inside && f < g.nfactors; f++) {
        d->axis[f] = grid_axis(&g, f);
        d->inside[f] = g.factor[f].inside;
    }
    return d->axis && d->inside ? 0 : -1;
}

int plot_data_init(struct plot_data *d, const char *out, const char *name, struct err *e)
{
    memset(d, 0, sizeof *d);
    d->name = name;
    struct table *all[] = {&d->trials, &d->effects, &d->epochs, &d->timing, &d->confusion, &d->about};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        table_init(all[i]);
    arena_init(&d->mem);
    char path[4096];
    if (check_name(name, e) || table_read(&d->trials, report_path(path, sizeof path, out, name, ".csv"), e))
        return -1;
    d->bench = report_is_bench(&d->trials);
    if (d->bench)
        return 0;
    if (read_if_there(&d->epochs, out, name, ".epochs.csv", e) ||
        read_if_there(&d->timing, out, name, ".timing.csv", e) ||
        read_if_there(&d->confusion, out, name, ".confusion.csv", e) ||
        read_if_there(&d->about, out, name, ".about.csv", e))
        return -1;
    const char *objective = plot_about(d, "objective");
    snprintf(d->objective, sizeof d->objective, "%s", *objective ? objective : "max val_accuracy");
    if (view_init(&d->v, &d->trials, d->objective, e) || report_effects(&d->trials, d->objective, &d->effects, e))
        return -1;
    if (join_axes(d))
        return err_set(e, ERR_NOMEM, "no memory for the axes of %s", name);
    d->unit = metric_label(d->v.metric, d->label, sizeof d->label);
    return 0;
}

void plot_data_release(struct plot_data *d)
{
    struct table *all[] = {&d->trials, &d->effects, &d->epochs, &d->timing, &d->confusion, &d->about};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        table_release(all[i]);
    view_release(&d->v);
    arena_release(&d->mem);
}

/* ---- drawing ---------------------------------------------------------------------------------------------------- */

struct drawing {
    const struct plot_data *data;
    char folder[4096];
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

static void tell(const struct drawing *g, const char *plot, const char *what)
{
    char line[4800];
    snprintf(line, sizeof line, "%s: %s", plot, what);
    if (g->say)
        g->say(g->ctx, line);
}

/* A picture of an earlier run would be taken for one of this run. (One that is drawn again is replaced whole.) */
static void remove_old(const struct drawing *g, const char *plot, int but_script)
{
    static const char *const kind[] = {"gp", "svg", "png"};
    char path[4200];
    for (size_t i = but_script; i < sizeof kind / sizeof *kind; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", g->folder, plot, kind[i]);
        unlink(path);
    }
}

/* The first error is kept in *e; the other plots are drawn all the same. */
static void draw(const struct drawing *g, const struct plot *p, struct err *e)
{
    struct str script = {0};
    struct arena mem;
    struct err own = {0};
    char path[4200];
    arena_init(&mem);
    const char *why = p->draw(g->data, &script, &mem);
    snprintf(path, sizeof path, "%s/%s.gp", g->folder, p->type.name);
    if (why == PLOT_NOMEM || script.failed) {
        err_set(&own, ERR_NOMEM, "%s: no memory for the script", path);
    } else if (why) {
        char text[300];
        snprintf(text, sizeof text, "left out: %s", why);
        remove_old(g, p->type.name, 0);
        tell(g, p->type.name, text);
    } else if (!file_publish(path, script.p, script.n, 1, &own) &&
               !gnuplot_run(g->folder, p->type.name, TIME_LIMIT, &own)) {
        snprintf(path, sizeof path, "%s/%s.svg, .png", g->folder, p->type.name);
        tell(g, p->type.name, path);
    }
    if (own.code) {
        remove_old(g, p->type.name, 1);
        tell(g, p->type.name, own.text);
        err_set(e, own.code, "%s", own.text);
    }
    str_release(&script);
    arena_release(&mem);
}

int report_plots(const char *out, const char *name, void (*say)(void *ctx, const char *line), void *ctx, struct err *e)
{
    struct plot_data d;
    struct drawing g = {&d, "", say, ctx};
    int here = !out || !*out || !strcmp(out, ".");
    if (plot_data_init(&d, out, name, e)) {
        plot_data_release(&d);
        return -1;
    }
    snprintf(g.folder, sizeof g.folder, "%s%splots/%s", here ? "" : out, here ? "" : "/", name);
    if (!file_mkdirs(g.folder, e))
        for (size_t i = 0; i < (d.bench ? BENCH_PLOTS : PLOTS); i++)
            draw(&g, d.bench ? bench_plots[i] : plots[i], e);
    plot_data_release(&d);
    return e->code ? -1 : 0;
}
