/* plots.c - reads the tables of a sweep and draws every plot of the table of plots, or those that are asked for. */
#include "base/file.h"
#include "report/plots/canvas/gnuplot.h"
#include "report/plots/plot.h"
#include "report/stats/design.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME_LIMIT 20.0 /* seconds a plot */

#define ROW(name) &plot_##name,
static const struct plot *const plots[] = {PLOTS(ROW)};
#define NPLOTS (sizeof plots / sizeof *plots)
const struct plot_type *report_plot_type(size_t i)
{
    return i < NPLOTS ? &plots[i]->type : NULL;
}

static const struct plot *const bench_plots[] = {&plot_roofline};
#define BENCH_PLOTS (sizeof bench_plots / sizeof *bench_plots)

const struct plot_type *report_bench_plot_type(size_t i)
{
    return i < BENCH_PLOTS ? &bench_plots[i]->type : NULL;
}

static const struct plot *const data_plots[] = {&plot_samples, &plot_augmented, &plot_histograms};
#define DATA_PLOTS (sizeof data_plots / sizeof *data_plots)

const struct plot_type *report_data_plot_type(size_t i)
{
    return i < DATA_PLOTS ? &data_plots[i]->type : NULL;
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

/* Refuses a name that would lead out of the folders: names come from a command line too. */
static int check_result_name(const char *name, struct err *e)
{
    if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 255)
        return err_set(e, ERR_USAGE, "'%.80s' is no name of a sweep: letters, digits, '.', '_' and '-'", name);
    return 0;
}

static int join_axes(struct plot_data *d)
{
    struct design g;
    if (design_factors(&g, &d->v, &d->mem))
        return -1;
    d->naxes = g.nfactors;
    d->axis = arena_take(&d->mem, (g.nfactors + 1) * sizeof *d->axis);
    d->inside = arena_take(&d->mem, (g.nfactors + 1) * sizeof *d->inside);
    for (size_t f = 0; d->axis && d->inside && f < g.nfactors; f++) {
        d->axis[f] = design_axis(&g, f);
        d->inside[f] = g.factor[f].inside;
    }
    return d->axis && d->inside ? 0 : -1;
}

#define PLOT_TABLES 13
static void all_tables(struct plot_data *d, struct table *all[PLOT_TABLES])
{
    struct table *const of[] = {&d->trials,   &d->effects, &d->epochs,   &d->timing,      &d->confusion,
                                &d->about,    &d->classes, &d->curves,   &d->calibration, &d->predictions,
                                &d->pictures, &d->regions, &d->surrogate};
    memcpy(all, of, sizeof of);
}

/* Reads what the best point left of the test split. */
static int read_findings(struct plot_data *d, const char *out, struct err *e)
{
    return read_if_there(&d->confusion, out, d->name, ".confusion.csv", e) ||
           read_if_there(&d->classes, out, d->name, ".classes.csv", e) ||
           read_if_there(&d->curves, out, d->name, ".curves.csv", e) ||
           read_if_there(&d->calibration, out, d->name, ".calibration.csv", e) ||
           (!*plot_about(d, "classes") && read_if_there(&d->predictions, out, d->name, ".predictions.csv", e)) ||
           read_if_there(&d->pictures, out, d->name, ".pictures.csv", e) ||
           read_if_there(&d->regions, out, d->name, ".regions.csv", e);
}

/* The shares of a search are known where its distributions are: when the tables are written. */
static int read_effects(struct plot_data *d, const char *out, struct err *e)
{
    if (d->trials.drawn && (read_if_there(&d->effects, out, d->name, ".effects.csv", e) ||
                            read_if_there(&d->surrogate, out, d->name, ".surrogate.csv", e)))
        return -1;
    return d->effects.cols ? 0 : report_effects(&d->trials, d->objective, &d->effects, e);
}

int plot_data_init(struct plot_data *d, const char *out, const char *name, struct err *e)
{
    memset(d, 0, sizeof *d);
    d->name = name;
    struct table *all[PLOT_TABLES];
    all_tables(d, all);
    for (size_t i = 0; i < PLOT_TABLES; i++)
        table_init(all[i]);
    arena_init(&d->mem);
    char path[4096];
    if (check_result_name(name, e) || table_read(&d->trials, report_path(path, sizeof path, out, name, ".csv"), e))
        return -1;
    d->bench = report_is_bench(&d->trials);
    if (d->bench)
        return 0;
    if (read_if_there(&d->epochs, out, name, ".epochs.csv", e) ||
        read_if_there(&d->timing, out, name, ".timing.csv", e) ||
        read_if_there(&d->about, out, name, ".about.csv", e) || read_findings(d, out, e))
        return -1;
    const char *objective = plot_about(d, "objective");
    report_metrics_read(&d->about, &d->metrics);
    d->trials.metrics = d->epochs.metrics = &d->metrics;
    d->trials.drawn = *plot_about(d, "search") != 0;
    snprintf(d->objective, sizeof d->objective, "%s", *objective ? objective : "max val_accuracy");
    if (view_init(&d->v, &d->trials, d->objective, e) || read_effects(d, out, e))
        return -1;
    if (join_axes(d))
        return err_set(e, ERR_NOMEM, "no memory for the axes of %s", name);
    d->unit = metric_label(&d->trials, d->v.metric, d->label, sizeof d->label);
    return 0;
}

void plot_data_release(struct plot_data *d)
{
    struct table *all[PLOT_TABLES];
    all_tables(d, all);
    for (size_t i = 0; i < PLOT_TABLES; i++)
        table_release(all[i]);
    view_release(&d->v);
    arena_release(&d->mem);
}

/* ---- drawing ---------------------------------------------------------------------------------------------------- */

struct picture_run {
    const struct plot_data *data;
    char folder[4096];
    struct report_drawing how;
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

static void report_line(const struct picture_run *g, const char *plot, const char *what)
{
    char line[4800];
    snprintf(line, sizeof line, "%s: %s", plot, what);
    if (g->say)
        g->say(g->ctx, line);
}

#define OF_POINTS "learning-points"
#define BY_AXIS "learning-by-"

/* Removes pictures that were asked for of an earlier run, of these tables or of others. */
static void remove_asked(const struct picture_run *g)
{
    char path[4400];
    DIR *dir = opendir(g->folder);
    for (struct dirent *f; dir && (f = readdir(dir));) {
        if (strncmp(f->d_name, OF_POINTS ".", sizeof OF_POINTS) && strncmp(f->d_name, BY_AXIS, sizeof BY_AXIS - 1))
            continue;
        snprintf(path, sizeof path, "%s/%s", g->folder, f->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
}

/* Removes the picture of an earlier run, which would be taken for one of this run. (One that is drawn again is replaced
 * whole.) */
static void remove_old(const struct picture_run *g, const char *plot, int but_script)
{
    static const char *const kind[] = {"gp", "svg", "png"};
    char path[4200];
    for (size_t i = but_script; i < sizeof kind / sizeof *kind; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", g->folder, plot, kind[i]);
        unlink(path);
    }
}

/* One plot on its way: its script is made and published, gnuplot draws it unless its picture is there, and it ends. */
struct picture {
    const struct plot *plot;
    const char *file; /* name of its files without the ending */
    const char *why;  /* why it is left out, or NULL */
    int drawing;      /* gnuplot runs */
    struct gnuplot gnuplot;
    struct err err;
};

/* Whether the picture of this very script is there: both files, not older than the script. */
static int is_drawn(const struct picture_run *g, const char *file, const struct str *script)
{
    char path[4300];
    struct stat gp, picture;
    struct err unreadable = {0};
    size_t n;
    snprintf(path, sizeof path, "%s/%s.gp", g->folder, file);
    char *old = stat(path, &gp) || (size_t)gp.st_size != script->n ? NULL : file_read(path, &n, &unreadable);
    int same = old && n == script->n && !memcmp(old, script->p, n);
    free(old);
    for (int png = 0; png < 2 && same; png++) {
        snprintf(path, sizeof path, "%s/%s.%s", g->folder, file, png ? "png" : "svg");
        same = !stat(path, &picture) && picture.st_size > 0 &&
               (picture.st_mtim.tv_sec > gp.st_mtim.tv_sec ||
                (picture.st_mtim.tv_sec == gp.st_mtim.tv_sec && picture.st_mtim.tv_nsec >= gp.st_mtim.tv_nsec));
    }
    return same;
}

static void start_picture(const struct picture_run *g, struct picture *p)
{
    struct str script = {0};
    struct arena mem;
    char path[4200];
    p->file = *g->data->file ? g->data->file : p->plot->type.name;
    arena_init(&mem);
    p->why = p->plot->draw(g->data, &script, &mem);
    snprintf(path, sizeof path, "%s/%s.gp", g->folder, p->file);
    if (p->why == PLOT_NOMEM || script.failed)
        err_set(&p->err, ERR_NOMEM, "%s: no memory for the script", path);
    else if (!p->why && !(g->how.only_changed && is_drawn(g, p->file, &script)) &&
             !file_publish(path, script.p, script.n, 1, &p->err))
        p->drawing = !gnuplot_start(&p->gnuplot, g->folder, p->file, TIME_LIMIT, &p->err);
    str_release(&script);
    arena_release(&mem);
}

static void finish_picture(struct picture *p)
{
    if (p->drawing)
        gnuplot_finish(&p->gnuplot, &p->err);
    p->drawing = 0;
}

/* The first error is kept in *e; the other plots are drawn all the same. */
static void end_picture(const struct picture_run *g, struct picture *p, struct err *e)
{
    char text[4300];
    if (p->err.code) {
        remove_old(g, p->file, 1);
        report_line(g, p->plot->type.name, p->err.text);
        err_set(e, p->err.code, "%s", p->err.text);
    } else if (p->why) {
        snprintf(text, sizeof text, "left out: %s", p->why);
        remove_old(g, p->file, 0);
        report_line(g, p->plot->type.name, text);
    } else {
        snprintf(text, sizeof text, "%s/%s.svg, .png", g->folder, p->file);
        report_line(g, p->plot->type.name, text);
    }
}

/* One of picture[n] that draw, which is finished next. */
static struct picture *first_to_finish(struct picture *picture, size_t n)
{
    struct gnuplot *running[GNUPLOT_MOST];
    struct picture *of[GNUPLOT_MOST];
    size_t k = 0;
    for (size_t i = 0; i < n && k < GNUPLOT_MOST; i++)
        if (picture[i].drawing) {
            of[k] = &picture[i];
            running[k++] = &picture[i].gnuplot;
        }
    return of[gnuplot_first(running, k)];
}

/* Draws n plots, some at a time, and reports them in their order. Where a signal that asks for an end comes meanwhile,
 * all that draw are ended before it takes effect, and the pictures of before stay. Returns why the last plot was left
 * out, or NULL. */
static const char *draw_plots(const struct picture_run *g, const struct plot *const *plot, size_t n, struct err *e)
{
    struct picture *picture = calloc(n, sizeof *picture);
    sigset_t before;
    const int most = g->how.at_once < GNUPLOT_MOST ? g->how.at_once : GNUPLOT_MOST;
    int drawing = 0;
    if (!picture) {
        err_set(e, ERR_NOMEM, "no memory for %zu pictures", n);
        return NULL;
    }
    gnuplot_hold_signals(&before);
    for (size_t started = 0, ended = 0; ended < n;) {
        if (started < n && drawing < most) {
            picture[started].plot = plot[started];
            start_picture(g, &picture[started]);
            drawing += picture[started++].drawing;
        } else if (picture[ended].drawing) {
            finish_picture(first_to_finish(picture + ended, started - ended));
            drawing--;
        } else {
            end_picture(g, &picture[ended++], e);
        }
        if (gnuplot_signal_waits()) {
            for (size_t i = ended; i < started; i++)
                finish_picture(&picture[i]);
            gnuplot_let_signals(&before);
            gnuplot_hold_signals(&before);
            drawing = 0;
        }
    }
    gnuplot_let_signals(&before);
    const char *why = picture[n - 1].why;
    free(picture);
    return why;
}

/* Opens the folder of the pictures, and makes it when it is not there. 0, or -1 with *e. */
static int open_folder(struct picture_run *g, const char *out, struct err *e)
{
    int here = !out || !*out || !strcmp(out, ".");
    snprintf(g->folder, sizeof g->folder, "%s%splots/%s", here ? "" : out, here ? "" : "/", g->data->name);
    return file_mkdirs(g->folder, e);
}

int report_plots(const char *out, const char *name, struct report_drawing how, void (*say)(void *ctx, const char *line),
                 void *ctx, struct err *e)
{
    struct plot_data d;
    struct picture_run g = {&d, "", how, say, ctx};
    if (plot_data_init(&d, out, name, e)) {
        plot_data_release(&d);
        return -1;
    }
    if (!open_folder(&g, out, e)) {
        remove_asked(&g);
        draw_plots(&g, d.bench ? bench_plots : plots, d.bench ? BENCH_PLOTS : NPLOTS, e);
    }
    plot_data_release(&d);
    return e->code ? -1 : 0;
}

int report_data_plots(const char *out, const struct report_data *data, void (*say)(void *ctx, const char *line),
                      void *ctx, struct err *e)
{
    struct plot_data d = {.name = data->name, .of_data = data};
    struct picture_run g = {&d, "", {.at_once = 1}, say, ctx};
    if (!open_folder(&g, out, e))
        draw_plots(&g, data_plots, DATA_PLOTS, e);
    return e->code ? -1 : 0;
}

static const struct plot *const look_plots[] = {&plot_features, &plot_filters,   &plot_activations, &plot_layers,
                                                &plot_saliency, &plot_attention, &plot_embedding};
#define LOOK_PLOTS (sizeof look_plots / sizeof *look_plots)

const struct plot_type *report_look_plot_type(size_t i)
{
    return i < LOOK_PLOTS ? &look_plots[i]->type : NULL;
}

int report_look_plots(const char *out, const struct report_look *look, void (*say)(void *ctx, const char *line),
                      void *ctx, struct err *e)
{
    struct plot_data d = {.name = look->name, .of_look = look};
    struct picture_run g = {&d, "", {.at_once = 1}, say, ctx};
    if (!open_folder(&g, out, e))
        draw_plots(&g, look_plots, LOOK_PLOTS, e);
    return e->code ? -1 : 0;
}

/* ---- learning curves that were asked for ------------------------------------------------------------------------- */

static int choose_point(const struct plot_data *d, const char *number, struct curves_of *of, struct err *e)
{
    const struct trials_view *v = &d->v;
    int col = table_column(&d->trials, "point");
    size_t p = 0;
    while (p < v->npoints && strcmp(view_cell(v, v->first[p], col), number))
        p++;
    if (p == v->npoints)
        return err_set(e, ERR_USAGE, "--points: %s has no point '%.40s': its points are %s to %s", d->name, number,
                       p ? view_cell(v, v->first[0], col) : "none", p ? view_cell(v, v->first[p - 1], col) : "none");
    for (size_t i = 0; i < of->n; i++)
        if (of->series[i] == p)
            return 0;
    if (of->n == MOST_SERIES)
        return err_set(e, ERR_USAGE, "--points: at most %d points can be told apart in one picture", MOST_SERIES);
    of->series[of->n++] = p;
    return 0;
}

/* Chooses the points of a list "3,7". */
static int choose_points(const struct plot_data *d, const char *list, struct curves_of *of, struct err *e)
{
    while (*list) {
        char number[64];
        size_t n = strcspn(list, ",");
        snprintf(number, sizeof number, "%.*s", (int)(n < 60 ? n : 60), list);
        char *word = str_trim(number);
        if (*word && choose_point(d, word, of, e))
            return -1;
        list += n + (list[n] == ',');
    }
    return of->n ? 0 : err_set(e, ERR_USAGE, "--points: wants numbers of points, like 3,7");
}

/* Chooses an axis by its name or by what pictures call it; of many values some, evenly spread, the first and the last
 * too. */
static int choose_axis(const struct plot_data *d, const char *name, struct curves_of *of, struct err *e)
{
    struct str known = {0};
    for (size_t i = 0; i < d->naxes && !of->axis; i++) {
        if (!strcmp(d->axis[i].name, name) || !strcmp(d->axis[i].label, name))
            of->axis = &d->axis[i];
        str_addf(&known, "%s%s", i ? ", " : "", d->axis[i].name);
    }
    if (!of->axis)
        err_set(e, ERR_USAGE,
                d->naxes ? "--by: %s has no axis '%.60s'; it has %.150s" : "--by: %s has no axis, nor '%.60s'", d->name,
                name, known.p ? known.p : "");
    str_release(&known);
    if (!of->axis)
        return -1;
    of->n = of->axis->levels < MOST_SERIES ? of->axis->levels : MOST_SERIES;
    for (size_t i = 0; i < of->n; i++)
        of->series[i] = of->n < 2 ? 0 : i * (of->axis->levels - 1) / (of->n - 1);
    return 0;
}

/* Names the file "learning-by-train.lr": no other characters get into its name. */
static void name_file(struct plot_data *d, const struct curves_of *of)
{
    snprintf(d->file, sizeof d->file, "%s%.60s", of->axis ? BY_AXIS : OF_POINTS, of->axis ? of->axis->name : "");
    for (char *c = d->file; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            *c = '_';
}

int report_plot_curves(const char *out, const char *name, const char *points, const char *by,
                       void (*say)(void *ctx, const char *line), void *ctx, struct err *e)
{
    struct plot_data d;
    struct picture_run g = {&d, "", {.at_once = 1}, say, ctx};
    struct curves_of of = {0};
    if (!plot_data_init(&d, out, name, e) && !report_refuse_bench(&d.trials, name, e) &&
        !(by ? choose_axis(&d, by, &of, e) : choose_points(&d, points, &of, e)) && !open_folder(&g, out, e)) {
        d.of = &of;
        name_file(&d, &of);
        const char *why = draw_plots(&g, (const struct plot *const[]){&plot_learning}, 1, e);
        if (why)
            err_set(e, ERR_USAGE, "%s: there are no such learning curves: %s", name, why);
    }
    plot_data_release(&d);
    return e->code ? -1 : 0;
}
