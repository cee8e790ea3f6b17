/* cmd_inspect.c looks into a trained network with samples of its sweep's data: tables and pictures. */
#include "cli/commands/model_file.h"

#include "base/file.h"
#include "orchestrate/inspect/inspect.h"
#include "orchestrate/one_trial.h"

#include <stdio.h>
#include <string.h>

static void print_look_line(void *ctx, const char *line)
{
    const struct invocation *in = ctx;
    if (in->opt.verbose || !strstr(line, ": left out: "))
        printf("%s\n", line);
}

static void print_chosen(const struct inspected *seen, const char *folder)
{
    for (size_t i = 0; i < seen->nchosen; i++)
        printf("sample    %zu%s\n", seen->chosen[i], seen->wrong[i] ? ", which is taken for another class" : "");
    printf("tables    %s/layers.csv and others beside it\n", folder);
}

static int run_inspect(const struct invocation *in, struct arena *mem, struct err_list *errs, struct err *e)
{
    char folder[4400];
    const char *pictures;
    struct model_word w;
    struct model m;
    struct inspected seen;
    struct inspect_how how = {.sample = (size_t)in->opt.sample};
    const int split = split_of_word(in->opt.split ? in->opt.split : "test", e);
    if (split < 0 || option_level(&in->opt, &how.isa, e) || model_word_read(in, in->arg[0], &w, e))
        return -1;
    if (!*w.name)
        return err_set(e, ERR_USAGE, "the samples are those of a sweep; write NAME or NAME@TRIAL, not a file");
    if (model_word_model(&w, &m, mem, e))
        return -1;
    if (m.graph->critic)
        return err_set(e, ERR_USAGE, "the network has learned to generate, and reads no samples; see sweep generate");
    how.split = (enum data_split)split;
    struct one_trial *o = one_trial_open(in->opt.out, w.name, w.id, errs);
    const struct data_view *v = o ? one_trial_view(o, e) : NULL;
    report_path(folder, sizeof folder, in->opt.out, w.name, "/inspect");
    how.lr = o ? one_trial_lr(o) : 0;
    int bad =
        !v || one_trial_suits(o, &m, e) || file_mkdirs(folder, e) || inspect_model(&m, v, &how, folder, mem, &seen, e);
    if (!bad) {
        print_chosen(&seen, folder);
        pictures = arena_fmt(mem, "%s/inspect", w.name);
        seen.pictures.name = pictures;
        bad = !pictures ? err_set(e, ERR_NOMEM, "no memory")
                        : !in->opt.no_plots &&
                              report_look_plots(in->opt.out, &seen.pictures, print_look_line, (void *)(uintptr_t)in, e);
    }
    one_trial_free(o);
    return bad ? -1 : 0;
}

int cmd_inspect(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    struct arena mem;
    arena_init(&mem);
    int bad = run_inspect(in, &mem, &errs, &e), status = STATUS_DONE;
    if (bad)
        status = e.code ? fail(&e) : fail_list(&errs, in->arg[0]);
    arena_release(&mem);
    err_list_release(&errs);
    return status;
}
