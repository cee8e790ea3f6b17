#include "orchestrate/run.h"

#include "base/file.h"
#include "nn/layer.h"
#include "orchestrate/planner.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int run_lock(struct run *run, struct err *e)
{
    char path[4200], owner[32] = "";
    if (file_mkdirs(run->folder, e))
        return -1;
    snprintf(path, sizeof path, "%s/lock", run->folder);
    run->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (run->lock_fd < 0)
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    if (flock(run->lock_fd, LOCK_EX | LOCK_NB)) {
        int why = errno;
        ssize_t n = pread(run->lock_fd, owner, sizeof owner - 1, 0);
        owner[n > 0 ? n : 0] = 0;
        close(run->lock_fd);
        run->lock_fd = -1;
        if (why == EWOULDBLOCK)
            return err_set(e, ERR_BUSY,
                           "another sweep (process %s) is running on %s; wait for it, or give this one "
                           "another sweep.name or --out",
                           owner[0] ? owner : "unknown", run->folder);
        return err_set(e, ERR_IO, "%s: cannot lock: %s", path, strerror(why));
    }
    int n = snprintf(owner, sizeof owner, "%ld", (long)getpid());
    if (ftruncate(run->lock_fd, 0) || pwrite(run->lock_fd, owner, (size_t)n, 0) != n)
        return err_set(e, ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    return 0;
}

void run_unlock(struct run *run)
{
    if (run->lock_fd >= 0)
        close(run->lock_fd);
    run->lock_fd = -1;
}

/* --- the plan --- */

static int no_memory(struct err_list *errs)
{
    struct err e = {0};
    err_set(&e, ERR_NOMEM, "no memory for the plan");
    err_list_take(errs, &e);
    return -1;
}

static void *one_more(void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t more = *cap ? 2 * *cap : 64;
    void *r = realloc(v, more * size);
    if (r)
        *cap = more;
    return r;
}

static int add_copy(struct run *run, const struct plan_point *p)
{
    struct copied_point *v = one_more(run->copy, run->ncopies, &run->copy_cap, sizeof *v);
    if (!v)
        return -1;
    run->copy = v;
    v[run->ncopies++] = (struct copied_point){p->point->index, p->same_as};
    return 0;
}

/* The kind of the point, shared with the points before that are alike; NULL without memory. */
static const struct plan_kind *kind_of(struct run *run, const struct plan_point *p)
{
    struct plan_kind k, *kept;
    memset(&k, 0, sizeof k);
    k.has_facts = p->graph != NULL;
    if (p->graph) {
        k.facts = p->graph->facts;
        k.batchnorm = nn_uses(p->graph, "batchnorm");
        k.dropout = nn_uses(p->graph, "dropout");
        k.precision = (int)p->graph->precision;
    }
    memcpy(k.n, p->n, sizeof k.n);
    k.set = p->set;
    k.expected = planner_cost(p);
    k.bytes = p->bytes;
    k.images = p->n[DATA_TRAIN];
    k.epochs = p->point->train.epochs;
    uint64_t hash = str_hash(STR_HASH, &k, sizeof k), at = keymap_get(&run->kinds, hash);
    if (at != KEYMAP_NONE && !memcmp((const void *)(uintptr_t)at, &k, sizeof k))
        return (const void *)(uintptr_t)at;
    kept = arena_take(&run->text, sizeof *kept);
    if (!kept || keymap_put(&run->kinds, hash, (uint64_t)(uintptr_t)kept))
        return NULL;
    memcpy(kept, &k, sizeof k);
    return kept;
}

static int add_point(struct run *run, const struct plan_point *p)
{
    struct planned_point *v = one_more(run->point, run->npoints, &run->point_cap, sizeof *v);
    if (!v)
        return -1;
    run->point = v;
    v += run->npoints;
    memset(v, 0, sizeof *v);
    v->index = p->point->index;
    v->first = (uint32_t)run->ntrials;
    v->skip = p->skip ? arena_str(&run->text, p->skip) : NULL;
    run->npoints++;
    return p->skip && !v->skip ? -1 : 0;
}

static uint64_t trial_key(const struct plan_point *p, int seed)
{
    char line[32];
    int n = snprintf(line, sizeof line, "seed = %d\n", seed);
    return str_hash(p->hash, line, (size_t)n);
}

static int add_trial(struct run *run, const struct plan_point *p, const struct plan_kind *kind, int repeat)
{
    struct trial *t =
        run->ntrials == UINT32_MAX ? NULL : one_more(run->trial, run->ntrials, &run->trial_cap, sizeof *t);
    if (!t || !kind)
        return -1;
    run->trial = t;
    t += run->ntrials;
    memset(t, 0, sizeof *t);
    t->point = (uint32_t)run->npoints - 1;
    t->repeat = repeat;
    t->kind = kind;
    t->place = kept_place(&run->kept, p->skip ? 0 : kind->epochs);
    t->r.status = p->skip ? TRIAL_SKIPPED : TRIAL_OPEN;
    t->r.error = p->skip ? run->point[t->point].skip : "";
    t->r.key = trial_key(p, run->spec->seed + repeat);
    if (!p->skip && keymap_put(&run->by_key, t->r.key, run->ntrials))
        return -1;
    run->ntrials++;
    return 0;
}

static const char *layer_head[] = {"point",  "block", "layer",           "text", "output",
                                   "params", "macs",  "receptive_field", "jump", "distance_to_output"};
#define LAYER_COLS (sizeof layer_head / sizeof layer_head[0])

static int write_layers(struct csv_out *csv, const struct plan_point *p)
{
    for (int i = 0; p->graph && i < p->graph->nnodes; i++) {
        const struct nn_node *nd = &p->graph->node[i];
        char num[LAYER_COLS][STR_NUM], output[64];
        const char *cell[LAYER_COLS] = {
            num[0], num[1], nd->type->name, nd->text, shape_text(nd->y, output, sizeof output),
            num[2], num[3], num[4],         num[5],   num[6]};
        const double v[] = {(double)p->point->index + 1,
                            nd->block,
                            (double)nd->params,
                            nd->macs,
                            nd->rf_h > nd->rf_w ? nd->rf_h : nd->rf_w,
                            nd->jump_h > nd->jump_w ? nd->jump_h : nd->jump_w,
                            nd->distance};
        for (size_t j = 0; j < sizeof v / sizeof v[0]; j++)
            str_double(num[j], v[j]);
        if (csv_row(csv, cell))
            return -1;
    }
    return 0;
}

/* Keys of the trials that the journal calls final: needed before the plan only to know where its window ends. Those
 * that are tried again do not take the place of new ones. */
struct finals {
    struct keymap keys;
    int failed; /* no memory */
};

static void final_key(void *ctx, const struct trial_record *t)
{
    struct finals *f = ctx;
    f->failed |= keymap_put(&f->keys, t->key, 1);
}

static void no_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    (void)ctx;
    (void)key;
    (void)row;
}

static int add_point_and_trials(struct run *run, const struct plan_point *p, const struct finals *f, uint64_t *open)
{
    const struct plan_kind *kind = kind_of(run, p);
    if (!kind || add_point(run, p))
        return -1;
    for (int r = 0; r < (p->skip ? 1 : run->spec->repeats); r++) {
        if (add_trial(run, p, kind, r))
            return -1;
        const struct trial *t = &run->trial[run->ntrials - 1];
        *open += !p->skip && keymap_get(&f->keys, t->r.key) == KEYMAP_NONE;
    }
    return 0;
}

/* Of a grid that is too large to plan as a whole, so many open trials: what [stop] trials lets run. 0: plan all. */
static uint64_t window(const struct run *run)
{
    uint64_t most = run->o->limit ? run->o->limit : RUN_LIMIT;
    double trials = sweep_points_approx(run->sweep) * run->spec->repeats;
    return trials > (double)most ? (uint64_t)run->spec->stop_trials : 0;
}

/* Points in order until the grid or the window ends. */
static int expand(struct run *run, const struct finals *f, struct csv_out *csv, struct err_list *errs)
{
    struct planner planner;
    planner_init(&planner, run->sweep, &run->sets);
    uint64_t n = sweep_points(run->sweep), open = 0, limit = window(run);
    int bad = 0;
    for (uint64_t i = 0; i < n && !bad; i++) {
        struct plan_point p;
        if (limit && open >= limit) {
            run->more = 1;
            break;
        }
        if (run_signalled() || planner_point(&planner, i, &p, errs)) {
            bad = -1;
        } else if (p.same_as == i) {
            if (add_point_and_trials(run, &p, f, &open))
                bad = no_memory(errs);
            else
                write_layers(csv, &p); /* a failed row is remembered and told by commit */
        } else if (add_copy(run, &p)) {
            bad = no_memory(errs);
        }
    }
    planner_release(&planner);
    return bad;
}

static int all_skipped(struct run *run, struct err_list *errs)
{
    for (size_t i = 0; i < run->npoints; i++)
        if (!run->point[i].skip)
            return 0;
    struct err e = {0};
    plan_all_skipped(run->npoints ? run->point[0].skip : NULL, &e);
    err_list_take(errs, &e);
    return -1;
}

/* --- the journal --- */

int trial_add_epoch(struct run *run, struct trial *t, const struct epoch_row *row, struct err *e)
{
    if (row->epoch < 1 || row->epoch > t->nepochs + 1 || row->epoch > t->kind->epochs)
        return 0; /* a gap: the checkpoint decides from where it is trained again */
    if (kept_put_row(&run->kept, t->place, row, e))
        return -1;
    if (row->epoch > t->nepochs)
        t->nepochs = row->epoch;
    return 0;
}

int trial_take(struct run *run, struct trial *t, const struct trial_record *r, struct err *e)
{
    const struct kept_end end = {r->timing, r->at, r->length, r->ntables};
    t->r = (struct trial_end){.key = t->r.key,
                              .error = *r->error ? arena_str(&run->text, r->error) : "",
                              .epochs_run = r->epochs_run,
                              .best_epoch = r->best_epoch,
                              .status = (uint8_t)r->status,
                              .volatile_failure = (uint8_t)(r->volatile_failure != 0)};
    memcpy(t->r.metric, r->metric, sizeof t->r.metric);
    int bad = !t->r.error && err_set(e, ERR_NOMEM, "no memory for the end of a trial");
    if (bad)
        t->r.error = "";
    if (r->status == TRIAL_COMPLETE && t->kind->expected > 0 && r->timing.wall / t->kind->expected > run->slowest)
        run->slowest = r->timing.wall / t->kind->expected;
    return bad || kept_put_end(&run->kept, t->place, &end, e) ? -1 : 0;
}

struct replay {
    struct run *run;
    struct err e;
};

static struct trial *replayed(struct run *run, uint64_t key)
{
    uint64_t i = keymap_get(&run->by_key, key);
    return i == KEYMAP_NONE ? NULL : &run->trial[i];
}

static void replay_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    struct replay *p = ctx;
    struct trial *t = replayed(p->run, key);
    if (t)
        trial_add_epoch(p->run, t, row, &p->e); /* the first cause stays */
}

static void replay_trial(void *ctx, const struct trial_record *r)
{
    struct replay *p = ctx;
    struct trial *t = replayed(p->run, r->key);
    if (!t || (r->status != TRIAL_COMPLETE && r->status != TRIAL_FAILED && r->status != TRIAL_PRUNED))
        return;
    t->again = r->status == TRIAL_FAILED && p->run->o->retry_failed;
    t->reused = 1;
    trial_take(p->run, t, r, &p->e);
    double end = r->timing.start + r->timing.wall;
    p->run->earlier = end > p->run->earlier ? end : p->run->earlier;
}

void trial_reopen(struct trial *t)
{
    t->r = (struct trial_end){.key = t->r.key, .status = TRIAL_OPEN, .error = ""};
    t->reused = 0;
}

/* A final trial whose epochs the journal has lost is trained again: its rows are part of the answer. */
static void reopen_incomplete(struct run *run)
{
    for (size_t i = 0; i < run->ntrials; i++) {
        struct trial *t = &run->trial[i];
        if (!t->reused || t->nepochs >= t->r.epochs_run)
            continue;
        trial_reopen(t);
    }
}

static int snapshot(struct run *run, struct err *e)
{
    char path[4200];
    const char *text = sweep_text(run->sweep);
    snprintf(path, sizeof path, "%s/sweep.ini", run->folder);
    return file_publish(path, text, strlen(text), 1, e);
}

int run_prepare(struct run *run, struct err_list *errs)
{
    struct err e = {0};
    char path[4200];
    struct finals finals = {.failed = 0};
    struct replay replay = {.run = run};
    struct csv_out *csv = NULL;
    snprintf(path, sizeof path, "%s/journal", run->folder);
    int bad = journal_open(&run->journal, path, &e);
    bad = bad || kept_open(&run->kept, run->folder, &e);
    if (!bad && window(run))
        bad = journal_scan(&run->journal, no_epoch, final_key, &finals, &run->damaged, &e) || finals.failed;
    report_path(path, sizeof path, run->o->out, run->spec->name, ".layers.csv");
    if (!bad)
        bad = !(csv = csv_begin(path, layer_head, LAYER_COLS, &e));
    if (!bad)
        bad = expand(run, &finals, csv, errs) || all_skipped(run, errs);
    if (csv && bad)
        csv_abort(csv);
    else if (csv)
        bad = csv_commit(csv, 1, &e);
    if (!bad)
        bad = journal_scan(&run->journal, replay_epoch, replay_trial, &replay, &run->damaged, &e) ||
              outside_write(run, &e) || snapshot(run, &e);
    keymap_release(&finals.keys);
    keymap_release(&run->kinds);
    if (!bad && replay.e.code) {
        e = replay.e;
        bad = -1;
    }
    err_list_take(errs, &e);
    if (bad && !errs->n && run_signalled())
        return -1;
    reopen_incomplete(run);
    if (!bad)
        checkpoints_tidy(run);
    return bad ? (errs->n ? -1 : no_memory(errs)) : 0;
}
