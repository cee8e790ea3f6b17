/* cmd_generate.c prints texts that a network generates, with a line of dashes between two, or writes the pictures that
 * it makes. */
#include "cli/commands/model_file.h"

#include "orchestrate/generate.h"
#include "orchestrate/one_trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A text as it is; for a terminal, which control characters must not reach, with a question mark for each but line ends
 * and tabs. */
static int print_generated(void *ctx, int i, const struct str *t)
{
    const int shown = *(const int *)ctx;
    if (i)
        printf("---------------\n");
    for (size_t k = 0; k < t->n; k++) {
        const unsigned char c = (unsigned char)t->p[k];
        putchar(shown && (c == 127 || (c < ' ' && c != '\n' && c != '\t')) ? '?' : c);
    }
    if (!t->n || t->p[t->n - 1] != '\n')
        putchar('\n');
    return ferror(stdout);
}

/* Options of texts are not for pictures, and the other way round. 0, or -1 with *e. */
static int check_generate_options(const struct options *o, int texts, struct err *e)
{
    const struct {
        const char *name;
        int given, of_texts;
    } row[] = {{"prompt", o->prompt != NULL, 1}, {"length", o->length > 0, 1}, {"temperature", o->temperature >= 0, 1},
               {"top-k", o->top_k > 0, 1},       {"top-p", o->top_p > 0, 1},   {"between", o->between, 0},
               {"to", o->to != NULL, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].given && row[i].of_texts != texts)
            return err_set(e, ERR_USAGE, "--%s is for networks that make %s", row[i].name,
                           texts ? "pictures" : "texts");
    return 0;
}

static int print_texts(const struct options *o, const struct model *m, struct generate_how *how, struct err *e)
{
    size_t unknown = 0;
    int shown = isatty(STDOUT_FILENO);
    how->prompt = o->prompt ? o->prompt : "\n";
    how->count = o->count ? o->count : 1;
    how->length = o->length ? o->length : 200;
    how->temperature = o->temperature >= 0 ? o->temperature : 1;
    how->top_k = o->top_k;
    how->top_p = o->top_p > 0 ? o->top_p : 1;
    if (check_generate_options(o, 1, e) || generate_texts(m, how, print_generated, &shown, &unknown, e))
        return -1;
    if (unknown && o->prompt)
        fprintf(stderr, "sweep: %zu token%s of the prompt %s unknown to the network\n", unknown,
                unknown == 1 ? "" : "s", unknown == 1 ? "is" : "are");
    return 0;
}

/* The samples that rows of pictures are between. NULL with *e, or with *errs. */
static const struct data_view *samples_between(struct one_trial *o, const struct model *m, struct err *e)
{
    const struct data_view *v = o ? one_trial_view(o, e) : NULL;
    return v && !one_trial_suits(o, m, e) ? v : NULL;
}

static int write_pictures_made(const struct invocation *in, const struct model_word *w, const struct model *m,
                               struct generate_how *how, struct arena *mem, struct err_list *errs, struct err *e)
{
    const struct options *o = &in->opt;
    char name[256], path[300];
    struct picture_sheet sheet;
    struct one_trial *trial = NULL;
    how->between = o->between;
    how->count = o->count ? o->count : o->between ? 8 : 64;
    model_word_title(w, name, sizeof name);
    snprintf(path, sizeof path, "%s.png", name);
    const char *to = o->to ? o->to : path;
    int bad = check_generate_options(o, 0, e);
    const int samples = o->between && generate_wants_samples(m);
    if (!bad && samples && !*w->name)
        bad = err_set(e, ERR_USAGE, "the samples are those of a sweep; write NAME or NAME@TRIAL, not a file");
    if (!bad && samples) {
        trial = one_trial_open(o->out, w->name, w->id, errs);
        how->view = samples_between(trial, m, e);
        bad = !how->view;
    }
    bad = bad || generate_pictures(m, how, &sheet, mem, e) ||
          picture_write(to, sheet.pixel, sheet.h, sheet.w, sheet.channels, e);
    if (!bad)
        printf("%s\n", to);
    one_trial_free(trial);
    return bad ? -1 : 0;
}

static int run_generate(const struct invocation *in, struct arena *mem, struct err_list *errs, struct err *e)
{
    struct generate_how how = {.seed = (uint64_t)in->opt.seed};
    struct model_word w;
    struct model m;
    if (option_level(&in->opt, &how.isa, e) || model_word_read(in, in->arg[0], &w, e) ||
        model_word_model(&w, &m, mem, e))
        return -1;
    return strcmp(m.task, "next") == 0 ? print_texts(&in->opt, &m, &how, e)
                                       : write_pictures_made(in, &w, &m, &how, mem, errs, e);
}

int cmd_generate(const struct invocation *in)
{
    struct err e = {0};
    struct err_list errs = {0};
    struct arena mem;
    arena_init(&mem);
    int bad = run_generate(in, &mem, &errs, &e), status = STATUS_DONE;
    if (bad)
        status = e.code ? fail(&e) : fail_list(&errs, in->arg[0]);
    arena_release(&mem);
    err_list_release(&errs);
    return status;
}
