/* judges.c reads the classifiers that judge what generators make. */
#include "orchestrate/judges.h"

#include <string.h>

/* Makes x->judge of the file. 0, or -1 with x->judge_err. */
static int read_judge(struct start_file *x)
{
    struct err *e = &x->judge_err;
    struct arena *a = &x->judge_mem;
    struct model *m = arena_take(a, sizeof *m);
    struct train_judge *j = arena_take(a, sizeof *j);
    if (!m || !j)
        return err_set(e, ERR_NOMEM, "no memory for %.80s", x->word);
    if (model_read(m, x->path, a, e))
        return -1;
    if (strcmp(m->task, "classify") != 0)
        return err_set(e, ERR_USAGE, "%s has learned to %s; a judge is one that has learned to classify", x->path,
                       m->task);
    *j = (struct train_judge){m->graph, m->w, m->buffers, m->form.scale, m->form.shift};
    x->judge = j;
    return 0;
}

/* Once for each file: a failure is remembered, and its memory given back. 0, or -1 with *e. */
static int read_judge_once(struct start_file *x, struct err *e)
{
    if (!x->judge && !x->judge_err.code && read_judge(x)) {
        arena_release(&x->judge_mem);
        arena_init(&x->judge_mem);
    }
    *e = x->judge_err;
    return e->code ? -1 : 0;
}

const struct train_judge *judge_open(struct datasets *d, const char *word, struct shape sample, uint64_t *hash,
                                     struct err *e)
{
    struct start_file *x = starts_open(d, "train.judge", word, e);
    struct err why = {0};
    if (!x || read_judge_once(x, e))
        return NULL;
    *hash = x->hash;
    if (!train_judge_check(x->judge, sample, &why))
        return x->judge;
    err_set(e, why.code, "%s: %s", x->path, why.text);
    return NULL;
}
