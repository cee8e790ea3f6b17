/* one_trial.c finds a trial of a sweep that has run, and trains or measures it alone. */
#include "orchestrate/one_trial.h"

#include "base/file.h"
#include "orchestrate/crew.h"
#include "orchestrate/earlier.h"
#include "orchestrate/growth.h"
#include "orchestrate/models.h"
#include "orchestrate/plan.h"
#include "orchestrate/planner.h"
#include "orchestrate/pruning.h"
#include "orchestrate/records/records.h"
#include "orchestrate/starts.h"
#include "orchestrate/train_trial.h"
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct one_trial {
    char path[4096]; /* results/NAME/sweep.ini */
    char journal[4096];
    struct sweep *sweep;
    struct datasets sets;
    struct proposal at;
    int repeat;
    uint64_t key;
    struct arena mem;
    struct trial_training p; /* its texts in mem */
};

/* --- finding it --- */

/* What a search that listens was told: the ends of trials that the journal has. */
struct heard_end {
    enum trial_status status;
    float value[SEARCH_OBJECTIVES]; /* of the objectives that are metrics */
    int epochs_run;
};
struct listening {
    const struct sweep_spec *spec;
    struct keymap place; /* key of a trial -> index into end */
    struct heard_end *end;
    size_t n;
    int failed, waits; /* no memory; a point that is not over has come, and nothing is told after it */
};

static void hear_end(void *ctx, const struct trial_record *t)
{
    struct listening *l = ctx;
    struct heard_end end = {.status = t->status, .epochs_run = t->epochs_run};
    for (size_t k = 0; k < l->spec->goals; k++)
        end.value[k] = l->spec->goal[k].fact ? 0 : t->metric[l->spec->goal[k].metric];
    if (t->status == TRIAL_PRUNED)
        end.value[0] = pruning_value(l->spec, t->metric);
    const uint64_t at = keymap_get(&l->place, t->key);
    if (at != KEYMAP_NONE) { /* the last one counts, as in replay.c */
        l->end[at] = end;
        return;
    }
    struct heard_end *more = realloc(l->end, (l->n + 1) * sizeof *more);
    l->failed |= !more || keymap_put(&l->place, t->key, l->n);
    l->end = more ? more : l->end;
    if (!l->failed)
        l->end[l->n++] = end;
}

static void pass_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)ctx;
    (void)key;
    (void)row;
}

/* Reads the journal, where the search listens. 0, or -1 with *e. */
static int listen_to_journal(struct listening *l, const struct one_trial *o, struct err *e)
{
    struct journal j = {.fd = -1};
    unsigned damaged;
    *l = (struct listening){.spec = sweep_spec(o->sweep)};
    if (!sweep_search(o->sweep)->type->listens)
        return 0;
    snprintf(j.path, sizeof j.path, "%s", o->journal);
    return journal_scan(&j, pass_epoch, hear_end, l, &damaged, e) ||
                   (l->failed && err_set(e, ERR_NOMEM, "no memory for the results of a search"))
               ? -1
               : 0;
}

/* The search is told of a point that it has proposed, as in growth.c. */
static void tell_point(struct listening *l, struct planner *planner, const struct plan_point *p)
{
    struct point_outcome outcome = {.fewest = 0};
    if (!sweep_search(planner->sweep)->type->listens || l->waits)
        return;
    for (int r = 0; r < l->spec->repeats; r++) {
        uint64_t at = keymap_get(&l->place, trial_key(p, l->spec, r));
        l->waits |= at == KEYMAP_NONE;
        if (at == KEYMAP_NONE)
            continue;
        double value[SEARCH_OBJECTIVES];
        for (size_t k = 0; k < l->spec->goals; k++)
            value[k] =
                l->spec->goal[k].fact ? l->spec->goal[k].fact->number(&p->graph->facts) : (double)l->end[at].value[k];
        outcome_add(&outcome, l->end[at].status, value, l->spec->goals, l->end[at].epochs_run);
    }
    const struct search_result result = outcome_result(&outcome, l->spec);
    if (!l->waits)
        search_tell(&planner->history, &result);
}

/* Whether the trial is one of the point: then all of it is known. 1, 0, or -1 with *e. */
static int trial_of_point(struct one_trial *o, const struct plan_point *p, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(o->sweep);
    for (int r = 0; r < spec->repeats && !p->skip; r++) {
        if (trial_key(p, spec, r) != o->key)
            continue;
        o->repeat = r;
        o->at = *p->point->at;
        return trial_settings(o->sweep, &o->at, r, p->set, &o->p, &o->mem, e) ? -1 : 1;
    }
    return 0;
}

/* Looks through the points for the trial. 0, or -1 with *errs. */
static int find_trial(struct one_trial *o, struct err_list *errs)
{
    struct planner planner;
    struct plan_point p;
    struct listening l;
    struct err e = {0};
    int found = listen_to_journal(&l, o, &e);
    planner_init(&planner, o->sweep, &o->sets);
    while (!found && planner_next(&planner, &p, errs) == SEARCH_FOUND) {
        found = trial_of_point(o, &p, &e);
        tell_point(&l, &planner, &p);
    }
    planner_release(&planner);
    keymap_release(&l.place);
    free(l.end);
    for (const struct start_file *x = o->sets.start; x && !found && !errs->n; x = x->next)
        if (x->changed)
            err_set(&e, ERR_USAGE,
                    "%s began with another file than what %s is now: of that there is no trial %016" PRIx64, o->path,
                    x->name, o->key);
    if (!found && !errs->n)
        err_set(&e, ERR_USAGE, "%s has no trial %016" PRIx64 "; the column id of its table names them", o->path,
                o->key);
    err_list_take(errs, &e);
    return found > 0 ? 0 : -1;
}

struct one_trial *one_trial_open(const char *out, const char *name, uint64_t id, struct err_list *errs)
{
    struct one_trial *o = calloc(1, sizeof *o);
    if (!o) {
        err_list_nomem(errs);
        return NULL;
    }
    o->key = id;
    o->sets.out = out;
    o->sets.name = name;
    arena_init(&o->mem);
    report_path(o->path, sizeof o->path, out, name, "/sweep.ini");
    report_path(o->journal, sizeof o->journal, out, name, "/journal");
    struct err e = {0};
    int bad = sweep_open(&o->sweep, o->path, NULL, 0, errs) || earlier_read(o->sweep, out, &e);
    err_list_take(errs, &e);
    if (!bad && !find_trial(o, errs))
        return o;
    one_trial_free(o);
    return NULL;
}

void one_trial_free(struct one_trial *o)
{
    if (!o)
        return;
    datasets_release(&o->sets);
    sweep_free(o->sweep);
    arena_release(&o->mem);
    free(o);
}

const struct data_view *one_trial_view(struct one_trial *o, struct err *e)
{
    if (!o->p.job.view)
        o->p.job.view = datasets_view(&o->sets, &o->p.point.data, e);
    if (!o->p.job.view)
        planner_data_error(o->sweep, &o->at, &o->p.point.data, e);
    return o->p.job.view;
}

double one_trial_lr(const struct one_trial *o)
{
    return o->p.point.train.lr;
}

/* --- training it --- */

static int train_epochs(struct one_trial *o, const struct one_trial_how *how, struct err *e)
{
    struct epoch_row row;
    while (!train_done(o->p.r)) {
        if (train_epoch(o->p.r, &row, e))
            return -1;
        if (how->epoch)
            how->epoch(how->ctx, &row, o->p.point.train.epochs);
    }
    return 0;
}

/* The threads that are not the first help it, as idle workers of a sweep do. */
static int train_with_crew(struct one_trial *o, const struct one_trial_how *how, struct crew *crew, struct err *e)
{
    int bad = 0, over = 0;
#pragma omp parallel num_threads(how->jobs)
    {
        if (!omp_get_thread_num()) {
            crew_open(crew);
            bad = train_epochs(o, how, e);
            crew_close(crew);
#pragma omp atomic write
            over = 1;
        } else
            for (int end = 0; !end;) {
                if (!crew_join(crew))
                    usleep(1000);
#pragma omp atomic read
                end = over;
            }
    }
    return bad;
}

/* Makes the training in memory of its own, which the caller frees. */
static int make_alone(struct one_trial *o, const struct one_trial_how *how, struct team *team, struct arena *memory,
                      struct err *e)
{
    o->p.job.k = kernels_pick(how->isa);
    o->p.job.team = team;
    if (!o->p.job.k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", how->isa);
    if (!one_trial_view(o, e))
        return -1;
    if (find_trial_start(&o->p, &o->sets, e))
        return -1;
    size_t need = train_bytes(&o->p.job);
    if (need == SIZE_MAX || arena_init_fixed(memory, need))
        return err_set(e, ERR_NOMEM, "no memory: this training needs %.0f MB", (double)need / 1e6);
    o->p.r = train_new(&o->p.job, memory, e);
    return o->p.r ? begin_training(&o->p, e) : -1;
}

static int write_model(struct one_trial *o, const char *path, struct err *e)
{
    struct model m;
    struct arena a;
    arena_init(&a);
    int bad = model_of_training(o->sweep, &o->p, o->repeat, &m, &a, e) || model_write(path, &m, 1, e);
    arena_release(&a);
    return bad ? -1 : 0;
}

int one_trial_train(struct one_trial *o, const struct one_trial_how *how, const char *path,
                    struct one_trial_result *result, struct err *e)
{
    struct arena memory = {0};
    struct crew crew;
    struct train_result r;
    if (crew_init(&crew, how->jobs < CREW_MOST ? how->jobs : CREW_MOST))
        return err_set(e, ERR_NOMEM, "no locks for the threads");
    int bad = make_alone(o, how, &crew.team, &memory, e) || train_with_crew(o, how, &crew, e);
    if (!bad) {
        crew_open(&crew);
        bad = train_finish(o->p.r, &r) ? err_set(e, ERR_NOMEM, "no memory to measure the test split") : 0;
        crew_close(&crew);
        *result = (struct one_trial_result){.epochs = r.epochs_run};
        memcpy(result->metric, r.metric, sizeof result->metric);
        bad = bad || (path && write_model(o, path, e));
    }
    crew_release(&crew);
    arena_release(&memory);
    o->p.r = NULL;
    return bad ? -1 : 0;
}

/* --- comparing it with the journal --- */

struct verifying {
    const struct one_trial *o;
    const struct one_trial_how *how;
    struct epoch_row *row; /* [rows] of the journal; epoch 0: it has none */
    int rows, ended;
    struct trial_record end;
    char *differs;
    size_t n;
};

static void know_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    struct verifying *v = ctx;
    if (key == v->o->key && row->epoch >= 1 && row->epoch <= v->rows)
        v->row[row->epoch - 1] = *row;
}

static void know_end(void *ctx, const struct trial_record *t)
{
    struct verifying *v = ctx;
    if (t->key == v->o->key) {
        v->end = *t;
        v->ended = t->status == TRIAL_COMPLETE;
    }
}

static int same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

/* The first difference stays. */
static void note_difference(struct verifying *v, const char *where, const char *what, float now, float then)
{
    char a[STR_NUM], b[STR_NUM];
    if (!*v->differs && !same_float(now, then))
        snprintf(v->differs, v->n, "%s%s is %s, was %s", where, what, str_float(a, now), str_float(b, then));
}

static void compare_epoch(void *ctx, const struct epoch_row *row, int epochs)
{
    struct verifying *v = ctx;
    struct epoch_row then = v->row[row->epoch - 1], now = *row;
    char where[32];
    snprintf(where, sizeof where, "epoch %d: ", row->epoch);
    if (!then.epoch && !*v->differs)
        snprintf(v->differs, v->n, "%sthe journal does not have it", where);
    note_difference(v, where, "lr", now.lr, then.lr);
    for (int m = 0; m < M_EPOCHS; m++)
        note_difference(v, where, train_metrics[m].name, epoch_number(&now, m), epoch_number(&then, m));
    for (const struct epoch_sign *s = epoch_signs; s->name; s++)
        note_difference(v, where, s->name, *sign_value(&now, s), *sign_value(&then, s));
    if (v->how->epoch)
        v->how->epoch(v->how->ctx, row, epochs);
}

/* Compares the model of now, written beside the other, with that. */
static int compare_models(struct verifying *v, const char *path, const char *again, struct err *e)
{
    size_t n, m;
    char *then = file_read(path, &n, e), *now = then ? file_read(again, &m, e) : NULL;
    if (then && now && !*v->differs && (n != m || memcmp(then, now, n) != 0))
        snprintf(v->differs, v->n, "the model is not that of %s", path);
    int bad = !then || !now;
    free(then);
    free(now);
    return bad;
}

static int verify_training(struct verifying *v, struct one_trial *o, const struct one_trial_how *how, const char *path,
                           struct err *e)
{
    const struct one_trial_how compared = {.jobs = how->jobs, .isa = how->isa, .epoch = compare_epoch, .ctx = v};
    struct one_trial_result r;
    char again[4200];
    const char *const kept = path && file_exists(path) ? path : NULL;
    snprintf(again, sizeof again, "%s.again", kept ? kept : "");
    int bad = one_trial_train(o, &compared, kept ? again : NULL, &r, e);
    if (bad && e->code == ERR_DIVERGED) { /* what was complete does not diverge */
        snprintf(v->differs, v->n, "%.*s", (int)(v->n - 1), e->text);
        err_clear(e);
        return 0;
    }
    for (int m = 0; m < M_COUNT && !bad; m++)
        note_difference(v, "", train_metrics[m].name, r.metric[m], v->end.metric[m]);
    if (!bad && r.epochs != v->end.epochs_run && !*v->differs)
        snprintf(v->differs, v->n, "it ends after %d epochs, not %d", r.epochs, v->end.epochs_run);
    if (!bad && kept)
        bad = compare_models(v, kept, again, e);
    if (kept)
        unlink(again);
    return bad;
}

int one_trial_verify(struct one_trial *o, const struct one_trial_how *how, const char *path, char *differs, size_t n,
                     struct err *e)
{
    struct journal j = {.fd = -1};
    unsigned damaged;
    struct verifying v = {.o = o, .how = how, .rows = o->p.point.train.epochs, .differs = differs, .n = n};
    *differs = 0;
    snprintf(j.path, sizeof j.path, "%s", o->journal);
    v.row = calloc((size_t)v.rows, sizeof *v.row);
    if (!v.row)
        return err_set(e, ERR_NOMEM, "no memory for %d epochs", v.rows);
    int bad = journal_scan(&j, know_epoch, know_end, &v, &damaged, e);
    if (!bad && !v.ended)
        bad = err_set(e, ERR_USAGE, "%s: trial %016" PRIx64 " is not complete", o->journal, o->key);
    bad = bad || verify_training(&v, o, how, path, e);
    free(v.row);
    return bad ? -1 : 0;
}

/* --- measuring it --- */

static int only_data(const char *const *words, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(words[i], "data.", 5) != 0 || !strchr(words[i], '='))
            return err_set(e, ERR_USAGE, "'%s' does not say what other data there are; write data.KEY=VALUE", words[i]);
    return 0;
}

/* The classes of other data are those of the model, in the same order. */
static int same_target(const struct model *m, const struct dataset *d, struct err *e)
{
    char has[64], wants[64];
    const struct shape a = data_input(d)->shape, b = m->form.shape;
    if (a.kind != b.kind || a.c != b.c || a.h != b.h || a.w != b.w || a.d != b.d)
        return err_set(e, ERR_DATA, "dataset %s has samples of %s, the model wants %s", d->name,
                       shape_text(a, has, sizeof has), shape_text(b, wants, sizeof wants));
    if (strcmp(m->form.tokens, d->tokens ? d->tokens : "") != 0 ||
        strcmp(m->form.target_tokens, d->target_tokens ? d->target_tokens : "") != 0)
        return err_set(e, ERR_DATA, "the tokens of dataset %s are not those of the model", d->name);
    if (m->classes && m->classes != data_classes(d))
        return err_set(e, ERR_DATA, "dataset %s has %d classes, the model %d", d->name, data_classes(d), m->classes);
    for (int i = 0; i < m->classes; i++)
        if (strcmp(m->class_name[i], data_target(d)->class_name[i]) != 0)
            return err_set(e, ERR_DATA, "class %d of dataset %s is '%.40s', that of the model '%.40s'", i + 1, d->name,
                           data_target(d)->class_name[i], m->class_name[i]);
    return 0;
}

int one_trial_suits(const struct one_trial *o, const struct model *m, struct err *e)
{
    return same_target(m, o->p.job.view->set, e);
}

static int write_measured(struct one_trial *o, const char *folder, struct err *e)
{
    struct train_table table[TRAIN_TABLES];
    const int n = train_left(o->p.r, table);
    return file_mkdirs(folder, e) || write_classes_at(folder, o->p.job.view->set, table, n, e) ||
                   write_predictions_at(folder, o->p.job.view->set, table, n, e) ||
                   write_translations_at(folder, o->p.job.view->set, table, n, e)
               ? -1
               : 0;
}

static int measure_split(struct one_trial *o, const struct one_trial_how *how, const struct model *m,
                         enum data_split split, float value[METRICS], struct err *e)
{
    struct arena memory = {0};
    int bad = make_alone(o, how, NULL, &memory, e);
    if (!bad &&
        (m->graph->param_floats != o->p.graph.param_floats || m->graph->buffer_floats != o->p.graph.buffer_floats))
        bad = err_set(e, ERR_DATA, "the model is not of this trial: its network is '%.200s'", m->network);
    if (!bad && !o->p.job.view->n[split])
        bad = err_set(e, ERR_USAGE, "the split has no samples");
    if (!bad) {
        train_put_weights(o->p.r, m->w, m->buffers);
        bad = train_look(o->p.r, split, value) ? err_set(e, ERR_NOMEM, "no memory to measure the split") : 0;
        bad = bad || (how->to && write_measured(o, how->to, e));
    }
    arena_release(&memory);
    o->p.r = NULL;
    return bad ? -1 : 0;
}

int one_trial_measure(struct one_trial *o, const struct one_trial_how *how, const struct model *m,
                      const char *const *words, size_t nwords, enum data_split split, float value[METRICS],
                      size_t *samples, struct err_list *errs)
{
    struct sweep *other = NULL;
    struct dataset set = {0};
    struct data_view view;
    struct err e = {0};
    int bad = only_data(words, nwords, &e);
    if (how->to && split != DATA_TEST)
        bad = err_set(&e, ERR_USAGE, "--to is for tables of the test split; name other data by data.KEY=VALUE");
    bad = bad || sweep_open(&other, o->path, words, nwords, errs);
    if (!bad && sweep_keys(other) != sweep_keys(o->sweep))
        bad = err_set(&e, ERR_USAGE, "a word says what is an axis of the sweep, or makes one; leave it out");
    bad = bad || sweep_point_data(other, &o->at, &o->mem, &o->p.point.data, errs);
    if (!bad && *m->form.tokens)
        o->p.point.data.tokens = m->form.tokens;
    if (!bad && *m->form.target_tokens)
        o->p.point.data.target_tokens = m->form.target_tokens;
    bad = bad || dataset_load(&set, &o->p.point.data, &e) || same_target(m, &set, &e) ||
          data_view_init(&view, &set, &o->p.point.data, &o->mem, &e);
    if (!bad) {
        sample_form_put(&view, &m->form);
        o->p.job.view = &view;
        *samples = view.n[split];
        bad = measure_split(o, how, m, split, value, &e);
        o->p.job.view = NULL;
    }
    dataset_release(&set);
    err_list_take(errs, &e);
    sweep_free(other);
    return bad ? -1 : 0;
}
