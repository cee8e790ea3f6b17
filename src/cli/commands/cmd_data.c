/* cmd_data.c - looks into a dataset: that of a sweep file, or one of the table by its name. */
#include "cli/command.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/commands/data_out.h"
#include "data/sheet.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

struct data_look {
    const struct invocation *in;
    struct arena mem;
    struct data_spec spec;
    int seed;          /* of the first training */
    const char *name;  /* of the pictures' folder */
    struct str chosen; /* values of axes of [data] at the point that is looked at */
    int status;        /* after a failure that was printed */
};

/* ---- which dataset ----------------------------------------------------------------------------------------------- */

/* Sets a key of [data] from "data.key=value" or "key=value". */
static int set_word(struct data_look *l, const char *word, struct err *e)
{
    const char *equals = strchr(word, '=');
    const char *from = !strncmp(word, "data.", 5) ? word + 5 : word;
    if (!equals || equals < from)
        return err_set(e, ERR_USAGE, "'%s' is no key of [data] with its value; write such as data.path=folder", word);
    char *key = arena_strn(&l->mem, from, (size_t)(equals - from)), *value = arena_str(&l->mem, equals + 1);
    if (!key || !value)
        return err_set(e, ERR_NOMEM, "no memory for the keys");
    const struct param *own = data_dataset_named(l->spec.dataset)->params, *p = param_find(data_params, key);
    const struct where at = {"command line", 0, "data", key};
    if (p)
        return param_set(p, &l->spec, value, &at, e);
    if (own && (p = param_find(own, key)))
        return param_set(p, l->spec.source_args, value, &at, e);
    return err_at(e, ERR_USAGE, &at, "there is no such key of %s; `sweep list keys` names them", l->spec.dataset);
}

static int look_by_name(struct data_look *l, struct err *e)
{
    const struct data_word *w = data_dataset_named(l->in->arg[0]);
    l->name = w->name;
    l->seed = 1;
    param_defaults(data_params, &l->spec);
    l->spec.dataset = w->name;
    if (w->params)
        param_defaults(w->params, l->spec.source_args);
    for (size_t i = 1; i < l->in->nargs; i++)
        if (set_word(l, l->in->arg[i], e))
            return -1;
    if (strcmp(l->spec.dataset, w->name) != 0)
        return err_set(e, ERR_USAGE, "data.dataset: the word after info says which dataset: %s", w->name);
    return data_spec_check(&l->spec, NULL, e);
}

/* The [data] of the first point that the sweep proposes. */
static int look_by_file(struct data_look *l, struct err *e)
{
    struct search_history before = {0};
    struct err_list errs = {0};
    struct proposal at;
    struct data_spec spec;
    char value[STR_NUM];
    struct sweep *s = open_sweep(l->in, &l->status);
    if (!s)
        return -1;
    l->name = arena_str(&l->mem, sweep_spec(s)->name);
    l->seed = sweep_spec(s)->seed;
    int bad = search_next(sweep_search(s), &before, &at, e);
    search_forget(&before);
    if (bad > 0)
        bad = err_set(e, ERR_USAGE, "%s: the search proposes no point", l->in->arg[0]);
    if (!bad && sweep_point_data(s, &at, &l->mem, &spec, &errs)) {
        l->status = fail_list(&errs, l->in->arg[0]);
        bad = -1;
    }
    bad = bad || data_spec_copy(&l->spec, &spec, &l->mem, e);
    for (size_t i = 0; !bad && i < sweep_keys(s); i++)
        if (!strncmp(sweep_key(s, i), "data.", 5))
            str_addf(&l->chosen, "%s%s=%s", l->chosen.n ? " " : "", sweep_key(s, i),
                     sweep_point_value(s, &at, i, value));
    err_list_release(&errs);
    sweep_free(s);
    return bad ? -1 : 0;
}

static const char *dataset_name_at(size_t i, const void *ctx)
{
    (void)ctx;
    return data_dataset_word(i) ? data_dataset_word(i)->name : NULL;
}

static int choose_dataset(struct data_look *l, struct err *e)
{
    const char *word = l->in->arg[0];
    if (data_dataset_named(word))
        return look_by_name(l, e);
    if (file_exists(word) || str_ends(word, ".ini"))
        return look_by_file(l, e);
    const char *near = str_nearest(word, dataset_name_at, NULL);
    return err_set(e, ERR_USAGE, "'%s' is neither a dataset nor a sweep file%s%s%s; `sweep list datasets` names them",
                   word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static struct report_sheet as_report(const struct sample_sheet *s, const char *heading)
{
    return (struct report_sheet){heading, s->rows, s->columns, s->label, s->h, s->w, s->rgb};
}

static void print_drawn_line(void *ctx, const char *line)
{
    const struct invocation *in = ctx;
    if (!strstr(line, ": left out: "))
        fprintf(in->opt.json ? stderr : stdout, "%s\n", line);
}

static const char *sheet_heading(struct arena *a, const char *what, size_t left_out, const char *whats)
{
    return left_out ? arena_fmt(a, "%s; %zu further %s are not shown", what, left_out, whats) : what;
}

static int draw_images(struct data_look *l, const struct inspection *of, struct err *e)
{
    struct sample_sheet plain, moved;
    int augments = *l->spec.augment && strcmp(l->spec.augment, "none") != 0;
    if (sheet_of_samples(of, &plain, &l->mem, e) || (augments && sheet_of_augmented(of, l->seed, &moved, &l->mem, e)))
        return -1;
    struct report_sheet samples =
        as_report(&plain, sheet_heading(&l->mem, "training samples", plain.left_out, "classes"));
    struct report_sheet augmented = {0};
    if (augments)
        augmented = as_report(&moved, "samples, and what augmentation makes of them");
    const struct report_data pictures = {l->name, &samples, augments ? &augmented : NULL, NULL};
    return report_data_plots(l->in->opt.out, &pictures, print_drawn_line, (void *)(uintptr_t)l->in, e);
}

static int draw_columns(struct data_look *l, const struct inspection *of, struct err *e)
{
    struct histogram_sheet h;
    if (sheet_of_columns(of, &h, &l->mem, e))
        return -1;
    struct report_histogram *column = arena_take(&l->mem, h.n * sizeof *column);
    if (!column)
        return err_set(e, ERR_NOMEM, "no memory for the pictures");
    for (size_t i = 0; i < h.n; i++)
        column[i] = (struct report_histogram){h.column[i].name, h.column[i].low, h.column[i].high, h.column[i].count};
    const struct report_histograms columns = {
        sheet_heading(&l->mem, "training samples by column", h.left_out, "columns"),
        h.n,
        h.series,
        h.bins,
        h.series_name,
        column};
    const struct report_data pictures = {l->name, NULL, NULL, &columns};
    return report_data_plots(l->in->opt.out, &pictures, print_drawn_line, (void *)(uintptr_t)l->in, e);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static int show_dataset(struct data_look *l, const struct dataset *d, struct err *e)
{
    struct data_view v;
    struct inspection of;
    if (data_view_init(&v, d, &l->spec, &l->mem, e) || data_inspect(&v, &of, &l->mem, e))
        return -1;
    if (l->chosen.n)
        fprintf(l->in->opt.json ? stderr : stdout, "the data of the first point, %s\n", l->chosen.p);
    if (l->in->opt.json)
        data_print_json(&of);
    else if (data_print_text(&of, l->in->opt.all))
        return err_set(e, ERR_NOMEM, "no memory to print it");
    if (l->in->opt.no_plots)
        return 0;
    if (sheet_is_possible(d))
        return draw_images(l, &of, e);
    return data_input(d)->type == FIELD_FLOATS ? draw_columns(l, &of, e) : 0;
}

static int data_info(const struct invocation *in)
{
    struct data_look l = {.in = in};
    struct dataset d = {0};
    struct err e = {0};
    arena_init(&l.mem);
    int bad = choose_dataset(&l, &e) || dataset_load(&d, &l.spec, &e) || show_dataset(&l, &d, &e);
    dataset_release(&d);
    arena_release(&l.mem);
    str_release(&l.chosen);
    return !bad ? STATUS_DONE : e.code ? fail(&e) : l.status;
}

int cmd_data(const struct invocation *in)
{
    struct invocation rest = *in;
    rest.arg++;
    rest.nargs--;
    if (!strcmp(in->arg[0], "info"))
        return data_info(&rest);
    if (!strcmp(in->arg[0], "get"))
        return data_get(&rest);
    return fail_usage("'%s' is nothing that `sweep data` does; usage: sweep data %s", in->arg[0], in->command->args);
}
