/* cmd_eval.c measures a trained network on a split of its data, or of others. */
#include "cli/commands/model_file.h"

#include "base/str.h"
#include "cli/console/json.h"
#include "orchestrate/one_trial.h"
#include "report/report.h"

#include <math.h>
#include <stdio.h>

static int print_metrics_csv(const float value[METRICS], enum data_split split, size_t samples, struct err *e)
{
    static const char *const head[] = {"metric", "value"};
    char text[STR_NUM];
    struct csv_out *csv = csv_stream(stdout, head, 2, e);
    if (!csv)
        return -1;
    csv_row(csv, (const char *const[]){"samples", str_whole(text, samples)});
    for (int m = 0; m < METRICS; m++)
        if (!isnan(value[m]))
            csv_row(csv, (const char *const[]){train_metrics[metric_on(split, m)].name, str_float(text, value[m])});
    csv_end(csv); /* close_output tells what the stream says */
    return 0;
}

static void print_metrics_json(const float value[METRICS], enum data_split split, size_t samples)
{
    char text[STR_NUM];
    struct json j = {.f = stdout};
    json_begin(&j);
    json_number(&j, "samples", (double)samples);
    json_open(&j, "metrics", '{');
    for (int m = 0; m < METRICS; m++)
        if (!isnan(value[m]))
            json_digits(&j, train_metrics[metric_on(split, m)].name, str_float(text, value[m]));
    json_close(&j, '}');
    json_close(&j, '}');
}

static int run_eval(const struct invocation *in, struct arena *mem, struct err_list *errs, struct err *e)
{
    struct model_word w;
    struct model m;
    struct one_trial_how how = {.jobs = 1, .to = in->opt.to};
    float value[METRICS];
    size_t samples = 0;
    int split = split_of_word(in->opt.split ? in->opt.split : "test", e);
    if (split < 0 || option_level(&in->opt, &how.isa, e) || model_word_read(in, in->arg[0], &w, e))
        return -1;
    if (!*w.name)
        return err_set(e, ERR_USAGE, "what is measured stands in the sweep file; write NAME or NAME@TRIAL, not a file");
    if (model_word_model(&w, &m, mem, e))
        return -1;
    struct one_trial *o = one_trial_open(in->opt.out, w.name, w.id, errs);
    int bad =
        !o || one_trial_measure(o, &how, &m, in->arg + 1, in->nargs - 1, (enum data_split)split, value, &samples, errs);
    one_trial_free(o);
    if (!bad && in->opt.json)
        print_metrics_json(value, (enum data_split)split, samples);
    else
        bad = bad || print_metrics_csv(value, (enum data_split)split, samples, e);
    return bad ? -1 : 0;
}

int cmd_eval(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    struct arena mem;
    arena_init(&mem);
    int bad = run_eval(in, &mem, &errs, &e), status = STATUS_DONE;
    if (bad)
        status = e.code ? fail(&e) : fail_list(&errs, in->arg[0]);
    arena_release(&mem);
    err_list_release(&errs);
    return status;
}
