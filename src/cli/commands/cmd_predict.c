/* cmd_predict.c applies a trained network to files or to a split of its sweep's own data, and prints a row a sample. */
#include "cli/commands/model_file.h"
#include "cli/commands/predict_maps.h"
#include "cli/commands/predict_texts.h"

#include "base/maths.h"
#include "base/str.h"
#include "cli/console/printed_rows.h"
#include "orchestrate/one_trial.h"
#include "orchestrate/predict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRUTHS 64 /* most numbers of a sample that are told beside those that are predicted */

/* The table, a column after the other: file, sample, what is true (of a split), what is predicted, error. */
struct answers {
    const struct model *m;
    const struct options *opt;
    struct label_answers maps;  /* where each position has a class */
    int labels;                 /* 1: it has */
    int split, outputs, truths; /* truths: columns of what is true */
    struct printed_rows rows;
    const char **head; /* [cols] */
    char *kind;        /* [cols] as rows_begin takes them */
    const char **cell; /* [cols] */
    size_t cols;
    double *share;         /* [outputs] */
    int *order;            /* [outputs] */
    char (*text)[STR_NUM]; /* [cols] numbers of a row */
    struct arena mem;
    size_t failed; /* rows with an error */
    struct err e;  /* what ended the table */
};

/* --- a row --- */

/* softmax of z, in double. */
static void softmax_of(const float *z, int n, double *share)
{
    double most = (double)z[0], sum = 0;
    for (int i = 1; i < n; i++)
        most = (double)z[i] > most ? (double)z[i] : most;
    for (int i = 0; i < n; i++)
        sum += share[i] = m_exp((double)z[i] - most);
    for (int i = 0; i < n; i++)
        share[i] /= sum;
}

/* The k likeliest first, of equal ones the first. */
static void order_shares(const double *share, int n, int k, int *order)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = 0; i < k; i++) {
        int best = i;
        for (int j = i + 1; j < n; j++)
            if (share[order[j]] > share[order[best]] ||
                (share[order[j]] == share[order[best]] && order[j] < order[best]))
                best = j;
        int x = order[i];
        order[i] = order[best];
        order[best] = x;
    }
}

static const char *number_cell(struct answers *a, size_t at, double v)
{
    return str_float(a->text[at], (float)v);
}

/* What is said of a class: its name, or nothing below the threshold; and its share. */
static size_t add_class(struct answers *a, size_t at, int class)
{
    const double p = a->share[class];
    a->cell[at] = p < a->opt->threshold ? NULL : a->m->class_name[class];
    a->cell[at + 1] = number_cell(a, at + 1, p);
    return at + 2;
}

static size_t add_classes(struct answers *a, size_t at, const float *z)
{
    const int top = a->opt->top ? (a->opt->top < a->outputs ? a->opt->top : a->outputs) : 1;
    softmax_of(z, a->outputs, a->share);
    order_shares(a->share, a->outputs, top, a->order);
    for (int i = 0; i < top; i++)
        at = add_class(a, at, a->order[i]);
    for (int i = 0; i < a->outputs && !a->opt->top; i++, at++)
        a->cell[at] = number_cell(a, at, a->share[i]);
    return at;
}

static size_t add_truth(struct answers *a, size_t at, const struct prediction *p)
{
    for (int i = 0; i < a->truths; i++, at++)
        if (a->m->classes && p->label >= 0)
            a->cell[at] = a->m->class_name[p->label];
        else if (!a->m->classes && p->target)
            a->cell[at] = number_cell(a, at, (double)p->target[i]);
    return at;
}

/* What is said of a label map: how much of it is right, its file, the share of each class. */
static int add_map(struct answers *a, size_t at, const struct prediction *p)
{
    if (label_answers_see(&a->maps, p, &a->e))
        return -1;
    if (a->split) {
        if (!isnan(a->maps.accuracy))
            a->cell[at] = number_cell(a, at, a->maps.accuracy);
        at++;
    }
    if (*a->maps.folder)
        a->cell[at++] = a->maps.path;
    for (int k = 0; k < a->m->classes; k++, at++)
        a->cell[at] = number_cell(a, at, a->maps.share[k]);
    return 0;
}

static int print_answer(void *ctx, const struct prediction *p)
{
    struct answers *a = ctx;
    size_t at = 0;
    for (size_t i = 0; i < a->cols; i++)
        a->cell[i] = NULL;
    if (!a->split)
        a->cell[at++] = p->file;
    a->cell[at] = p->number ? str_whole(a->text[at], p->number) : NULL;
    at = add_truth(a, at + 1, p);
    if (p->z && a->labels && add_map(a, at, p))
        return -1;
    if (p->z && a->m->classes && !a->labels)
        add_classes(a, at, p->z);
    for (int i = 0; p->z && !a->m->classes && i < a->outputs; i++)
        a->cell[at + (size_t)i] = number_cell(a, at + (size_t)i, (double)p->z[i]);
    if (p->error)
        a->cell[a->cols - 1] = p->error;
    a->failed += p->error != NULL;
    return rows_put(&a->rows, a->cell);
}

/* --- the table --- */

static const char *numbered(struct answers *a, const char *what, int i, int n)
{
    return n == 1 ? what : arena_fmt(&a->mem, "%s_%d", what, i + 1);
}

static void name_column(struct answers *a, char kind, const char *name)
{
    a->head[a->cols] = name;
    a->kind[a->cols++] = kind;
}

static void name_map_columns(struct answers *a)
{
    if (a->split)
        name_column(a, 'n', "accuracy");
    if (*a->maps.folder)
        name_column(a, 't', "map");
    for (int k = 0; k < a->m->classes; k++)
        name_column(a, 'n', arena_fmt(&a->mem, "share_%s", a->m->class_name[k]));
}

static void name_answer_columns(struct answers *a)
{
    const int classes = a->m->classes;
    const int top = classes && a->opt->top ? (a->opt->top < a->outputs ? a->opt->top : a->outputs) : 1;
    const int answers = classes ? top : a->outputs;
    for (int i = 0; i < a->truths; i++)
        name_column(a, classes ? 't' : 'n', numbered(a, "true", i, a->truths));
    for (int i = 0; i < answers; i++) {
        name_column(a, classes ? 't' : 'n', numbered(a, "predicted", i, answers));
        if (classes)
            name_column(a, 'n', numbered(a, "probability", i, answers));
    }
    for (int i = 0; i < classes && !a->opt->top; i++)
        name_column(a, 'n', arena_fmt(&a->mem, "p_%s", a->m->class_name[i]));
}

static void name_columns(struct answers *a)
{
    if (!a->split)
        name_column(a, 't', "file");
    name_column(a, 'n', "sample");
    (a->labels ? name_map_columns : name_answer_columns)(a);
    if (!a->split)
        name_column(a, 't', "error");
}

static int answers_begin(struct answers *a, const struct model *m, const struct options *opt, int split, int truths,
                         struct err *e)
{
    *a = (struct answers){.m = m, .opt = opt, .split = split, .truths = truths};
    arena_init(&a->mem);
    a->labels = model_labels_positions(m);
    a->truths = a->labels ? 0 : truths;
    if (a->labels && label_answers_init(&a->maps, m, opt, &a->mem, e))
        return -1;
    a->outputs = a->labels ? m->classes : (int)shape_size(nn_output(m->graph));
    size_t most = 8 + 3 * (size_t)a->outputs + (size_t)truths;
    a->head = arena_take(&a->mem, most * sizeof *a->head);
    a->kind = arena_take(&a->mem, most);
    a->cell = arena_take(&a->mem, most * sizeof *a->cell);
    a->text = arena_take(&a->mem, most * sizeof *a->text);
    a->share = arena_take(&a->mem, (size_t)a->outputs * sizeof *a->share);
    a->order = arena_take(&a->mem, (size_t)a->outputs * sizeof *a->order);
    if (!a->mem.failed)
        name_columns(a);
    if (a->mem.failed)
        return err_set(e, ERR_NOMEM, "no memory");
    return rows_begin(&a->rows, opt->json, "predictions", a->head, a->kind, a->cols, e);
}

static void answers_end(struct answers *a)
{
    rows_end(&a->rows);
    label_answers_release(&a->maps);
    arena_release(&a->mem);
}

/* --- where the samples come from --- */

static int predict_split(const struct invocation *in, const struct model_word *w, const struct model *m, int split,
                         struct predict_how *how, struct answers *a, struct err *e)
{
    struct err_list errs = {0};
    if (!*w->name)
        return err_set(e, ERR_USAGE, "--split is of the data of a sweep; write NAME or NAME@TRIAL, not a file");
    struct one_trial *o = one_trial_open(in->opt.out, w->name, w->id, &errs);
    const struct data_view *v = o ? one_trial_view(o, e) : NULL;
    if (!o && errs.n)
        *e = errs.v[0];
    err_list_release(&errs);
    int truths = v && v->targets < TRUTHS ? (m->classes ? 1 : v->targets) : 0;
    int bad = !v || one_trial_suits(o, m, e);
    if (!bad && model_translates(m))
        bad = predict_pairs(in, m, v, split, how->isa, &a->failed, e);
    else
        bad = bad || answers_begin(a, m, &in->opt, 1, truths, e) || predict_view(m, v, split, how, e);
    one_trial_free(o);
    return bad ? -1 : 0;
}

/* The word is a model; the others are files, unless a split is given. */
static int check_predict_words(const struct invocation *in, struct err *e)
{
    if (in->opt.split && in->nargs > 1)
        return err_set(e, ERR_USAGE, "--split is in the place of files; leave out '%s'", in->arg[1]);
    if (!in->opt.split && in->nargs < 2)
        return err_set(e, ERR_USAGE, "what shall be predicted? usage: sweep predict %s, or --split test",
                       in->command->args);
    return 0;
}

/* Of a network that tells no classes apart there are none to choose. */
static int check_choice(const struct options *opt, const struct model *m, struct err *e)
{
    if (opt->to && !model_labels_positions(m))
        return err_set(e, ERR_USAGE, "--to is the folder for label maps, and the network predicts none");
    if (!model_translates(m) && (opt->beam || opt->length_penalty >= 0))
        return err_set(e, ERR_USAGE, "%s is of a search for translations, and the network makes none; leave it out",
                       opt->beam ? "--beam" : "--length-penalty");
    if (model_translates(m) && (opt->top || opt->threshold >= 0))
        return err_set(e, ERR_USAGE, "%s chooses classes, and the network translates texts; leave it out",
                       opt->top ? "--top" : "--threshold");
    if (model_labels_positions(m) && (opt->top || opt->threshold >= 0))
        return err_set(e, ERR_USAGE, "%s chooses classes of samples, and the network has one for each pixel",
                       opt->top ? "--top" : "--threshold");
    if (m->classes || (!opt->top && opt->threshold < 0))
        return 0;
    return err_set(e, ERR_USAGE, "the network predicts numbers, and no classes that %s could choose from",
                   opt->top ? "--top" : "--threshold");
}

static int run_predict(const struct invocation *in, struct answers *a, struct arena *mem, struct err *e)
{
    struct model_word w;
    struct model m;
    struct predict_how how = {.jobs = option_jobs(&in->opt), .row = print_answer, .ctx = a};
    int split = in->opt.split ? split_of_word(in->opt.split, e) : 0;
    if (split < 0 || check_predict_words(in, e) || option_level(&in->opt, &how.isa, e) ||
        model_word_read(in, in->arg[0], &w, e) || model_word_model(&w, &m, mem, e) || check_choice(&in->opt, &m, e))
        return -1;
    if (!strcmp(m.task, "next"))
        return err_set(e, ERR_USAGE,
                       "the network says which token comes next; `sweep generate` makes texts of that, and "
                       "`sweep eval` measures it");
    if (m.graph->critic)
        return err_set(e, ERR_USAGE, "the network has learned to generate, and reads no samples; see sweep generate");
    if (in->opt.split)
        return predict_split(in, &w, &m, split, &how, a, e);
    if (model_translates(&m))
        return predict_lines(in, &m, in->arg + 1, in->nargs - 1, how.isa, &a->failed, e);
    return answers_begin(a, &m, &in->opt, 0, 0, e) || predict_files(&m, in->arg + 1, in->nargs - 1, &how, e) ? -1 : 0;
}

int cmd_predict(const struct invocation *in)
{
    struct err e = {0};
    struct answers a = {.m = NULL};
    struct arena mem;
    arena_init(&mem);
    int bad = run_predict(in, &a, &mem, &e);
    size_t failed = a.failed;
    if (bad && !e.code)
        e = a.e;
    answers_end(&a);
    arena_release(&mem);
    if (bad && e.code)
        return fail(&e);
    if (failed)
        fprintf(stderr, "sweep: %zu sample%s could not be read; the column error says why\n", failed,
                failed == 1 ? "" : "s");
    return failed ? STATUS_TRIALS : STATUS_DONE;
}
