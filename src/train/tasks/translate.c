/* translate.c - the task of translating: from a text and the beginning of its translation the token that comes next, at
 * every position (teacher forcing: the beginning is the true one). Of the test split, and of the validation split where
 * BLEU selects the epoch, whole translations are made, token by token (train/beam.h), and compared with the true ones
 * (bleu.h). It leaves the table
 *
 *   translations   [test samples][positions] the ids of each translation, -1 after the last; of the first samples, as
 * far as TRAIN_ANSWER_VALUES values go
 */
#include "data/text/tokenizer.h"
#include "train/answers.h"
#include "train/beam.h"
#include "train/tasks/bleu.h"
#include "train/tasks/token_task.h"

#include <limits.h>
#include <math.h>
#include <string.h>

struct translate_task {
    struct token_task tokens;
    double bleu;  /* NaN: nothing was translated */
    void *beam;   /* beam_bytes */
    double *said; /* [rows][positions] the table */
    size_t rows;
};
_Static_assert(sizeof(struct translate_task) <= TASK_OWN, "there is room for it");

static int translate_outputs(struct target_kind target)
{
    const int64_t n = target.pairs ? (int64_t)target.vocabulary * target.pairs : 0;
    return n < INT_MAX ? (int)n : INT_MAX; /* which no network can have */
}

static struct beam_how beam_of(const struct train_task *t)
{
    return (struct beam_how){t->job->spec->beam, t->job->spec->length_penalty};
}

static void translate_lay_out(struct train_task *t, size_t eval, struct train_taker *memory)
{
    struct translate_task *n = (void *)t->own;
    const struct data_view *v = t->job->view;
    const size_t labels = (size_t)data_labels(v->set), most = TRAIN_ANSWER_VALUES / labels;
    const int batch = train_batch(t->job), larger = batch > (int)eval ? batch : (int)eval;
    token_lay_out(t, eval, memory);
    n->rows = v->n[DATA_TEST] < most ? v->n[DATA_TEST] : most;
    n->said = train_take(memory, n->rows * labels, sizeof *n->said);
    n->beam = train_take(memory, 1, beam_bytes(t->job->graph, larger, beam_of(t)));
}

static void translate_begin(struct train_task *t, int training)
{
    struct translate_task *n = (void *)t->own;
    token_begin(t, training);
    n->bleu = NAN;
}

/* --- whole translations --- */

struct translating {
    struct train_task *t;
    enum data_split split;
    int keep; /* 1: they are the table */
    struct tokenizer tokens;
    struct bleu bleu;
    struct str text;
};

static const int32_t *source_of_sample(void *ctx, size_t i, int *n)
{
    const struct translating *w = ctx;
    const struct data_view *v = w->t->job->view;
    const struct field *f = data_input(v->set);
    const int32_t *id = field_tokens(f, part_of(w->split), v->index[w->split][i]);
    while (*n < f->source && id[*n] >= 0)
        ++*n;
    return id;
}

static int see_translation(void *ctx, size_t i, const int32_t *id, int n)
{
    struct translating *w = ctx;
    struct translate_task *own = (void *)w->t->own;
    const struct data_view *v = w->t->job->view;
    const char *wanted = v->set->target_text[part_of(w->split)][v->index[w->split][i]];
    for (int p = 0; p < v->labels && w->keep && i < own->rows; p++)
        own->said[i * (size_t)v->labels + (size_t)p] = p < n ? (double)id[p] : -1;
    str_clear(&w->text);
    tokenizer_decode(&w->tokens, id, (size_t)n, &w->text);
    return w->text.failed || bleu_count(&w->bleu, w->text.p ? w->text.p : "", w->text.n, wanted, strlen(wanted)) ? -1
                                                                                                                 : 0;
}

static int translate_look(struct training *r, enum data_split split, int keep)
{
    struct translate_task *n = (void *)r->task.own;
    const struct train_job *j = &r->job;
    struct translating w = {.t = &r->task, .split = split, .keep = keep == KEEP_TEST};
    struct err none = {0};
    if (keep != KEEP_TEST && (split != DATA_VALIDATION || train_selector(j) != M_VAL_BLEU))
        return 0;
    const int bad =
        tokenizer_read(&w.tokens, j->view->set->target_tokens, &none) ||
        beam_search(r->eval, beam_of(&r->task), j->view->n[split], source_of_sample, see_translation, &w, n->beam);
    if (!bad)
        n->bleu = bleu_score(&w.bleu);
    tokenizer_release(&w.tokens);
    bleu_release(&w.bleu);
    str_release(&w.text);
    return bad ? -1 : 0;
}

static void translate_values(const struct train_task *t, float v[METRICS])
{
    const struct translate_task *n = (const void *)t->own;
    token_values(t, v);
    v[METRIC_BLEU] = (float)n->bleu;
}

static void translate_finish(struct train_task *t, struct train_result *out)
{
    const struct translate_task *n = (const void *)t->own;
    train_leave_table(out, TRAIN_TRANSLATIONS, (int)n->rows, t->job->view->labels, 0, n->said);
}

static const struct loss_type *const translate_losses[] = {&loss_cross_entropy, NULL};

const struct task_type task_translate = {
    .name = "translate",
    .help = "turn a text into another: after its beginning the token that comes next, at every position of it",
    .one = "token",
    .many = "tokens",
    .by_position = 1,
    .translates = 1,
    .outputs = translate_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_ACCURACY | 1u << METRIC_PERPLEXITY | 1u << METRIC_BLEU,
    .untrained = 1u << METRIC_BLEU,
    .selecting = {[DATA_VALIDATION] = 1u << METRIC_BLEU},
    .losses = translate_losses,
    .lay_out = translate_lay_out,
    .begin = translate_begin,
    .step = token_step,
    .measure = token_measure,
    .look = translate_look,
    .values = translate_values,
    .guess = token_guess,
    .finish = translate_finish,
};
