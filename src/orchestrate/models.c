/* models.c keeps the networks of trials as model files. */
#include "orchestrate/models.h"

#include "base/file.h"
#include "orchestrate/plan.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/records.h"
#include "orchestrate/starts.h"
#include "orchestrate/tally.h"
#include "orchestrate/train_trial.h"
#include "train/task.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".safetensors"

static char *models_folder(const struct sweep_run *run, char *buf, size_t n)
{
    snprintf(buf, n, "%s/models", run->folder);
    return buf;
}

char *model_path(const struct sweep_run *run, const struct trial *t, char *buf, size_t n)
{
    snprintf(buf, n, "%s/models/%016" PRIx64 SUFFIX, run->folder, t->r.key);
    return buf;
}

/* The keys of [model] about transfer in words that hold without the names that blocks give. 0, or -1 with *e. */
static int words_of_transfer(const struct trial_training *p, struct nn_spec *to, struct arena *a, struct err *e)
{
    struct start_match m;
    const char *key;
    if (p->start) {
        if (start_find(&m, &p->graph, &p->start->tensors, to->match, a, &key, e))
            return -1;
        to->match = start_match_text(&m, a);
        to->start = p->start->name;
    }
    to->freeze = start_freeze_text(&p->graph, a);
    to->lr_scale = start_scale_text(&p->graph, a);
    return a->failed ? err_set(e, ERR_NOMEM, "no memory for the model of a trial") : 0;
}

int model_of_training(const struct sweep *s, const struct trial_training *p, int repeat, struct model *m,
                      struct arena *a, struct err *e)
{
    const struct train_spec *spec = &p->point.train;
    const struct dataset *set = p->job.view->set;
    const struct target_kind target = target_of(set);
    const size_t critic = p->point.ncritic, layers = p->point.nlines - critic;
    struct str training = {0};
    struct point told = p->point;
    if (words_of_transfer(p, &told.nn, a, e))
        return -1;
    const int bad = sweep_training_text(s, &told, target, repeat, a, &training);
    *m = (struct model){.graph = p->job.graph,
                        .network = nn_lines_text(p->point.line, layers, a),
                        .critic = critic ? nn_lines_text(p->point.line + layers, critic, a) : "",
                        .task = train_task(spec, target)->name,
                        .loss = train_loss(spec, target)->name,
                        .dataset = set->name,
                        .classes = train_task(spec, target)->by_class ? data_classes(set) : 0,
                        .class_name = data_target(set)->class_name,
                        .training = bad ? NULL : arena_str(a, training.p)};
    str_release(&training);
    sample_form_of(p->job.view, &m->form);
    train_selected(p->r, &m->w, &m->buffers);
    return m->network && m->critic && m->training ? 0 : err_set(e, ERR_NOMEM, "no memory for the model of a trial");
}

/* Whether a finished trial is better than this one and stays so: where points have one trial each and none of them is
 * dropped again, by the sweep's end or by a rule. In sweeps of many small trials the files would take most of the time.
 */
static int another_is_better(struct sweep_run *run, const struct trial_record *rec)
{
    const struct sweep_spec *s = run->spec;
    if (s->keep != KEEP_BEST || s->repeats > 1 || s->goals > 1 || run->pruning || s->stop_stagnation ||
        !isnan(s->stop_target))
        return 0;
    omp_set_lock(&run->lock);
    const size_t best = run->tally->best;
    int better = best != SIZE_MAX && objective_better(run, (double)objective_of(run, &run->plan->trial[best]),
                                                      (double)rec->metric[s->metric]);
    omp_unset_lock(&run->lock);
    return better;
}

int model_keep(struct sweep_run *run, const struct trial_training *p, const struct trial *t,
               const struct trial_record *rec, int sync, struct err *e)
{
    char path[4200], folder[4200];
    struct model m;
    struct arena a;
    if (run->spec->keep == KEEP_NONE || another_is_better(run, rec))
        return 0;
    arena_init(&a);
    int bad = model_of_training(run->sweep, p, t->repeat, &m, &a, e) ||
              file_mkdirs(models_folder(run, folder, sizeof folder), e) ||
              model_write(model_path(run, t, path, sizeof path), &m, sync, e);
    arena_release(&a);
    return bad ? -1 : 0;
}

void models_found(struct sweep_run *run)
{
    char path[4200], file[4200 + sizeof((struct dirent *)0)->d_name];
    DIR *d = opendir(models_folder(run, path, sizeof path));
    for (const struct dirent *f; d && (f = readdir(d));) {
        char *end;
        uint64_t i = keymap_get(&run->plan->by_key, strtoull(f->d_name, &end, 16));
        if (end != f->d_name + 16)
            continue;
        if (!strncmp(end, SUFFIX ".", sizeof SUFFIX)) { /* half-written, or left by a comparison */
            snprintf(file, sizeof file, "%s/%s", path, f->d_name);
            unlink(file);
        } else if (!strcmp(end, SUFFIX) && i != KEYMAP_NONE)
            run->plan->trial[i].r.model = MODEL_THERE;
    }
    if (d)
        closedir(d);
}

/* No trial of the point is open. */
static int point_is_final(const struct sweep_run *run, size_t point)
{
    for (size_t i = run->plan->point[point].first; i < run->plan->ntrials && run->plan->trial[i].point == point; i++)
        if (run->plan->trial[i].r.status == TRIAL_OPEN)
            return 0;
    return 1;
}

static int best_are_final(const struct sweep_run *run)
{
    if (run->records->best_point == SIZE_MAX || !point_is_final(run, run->records->best_point))
        return 0;
    for (size_t p = 0; p < run->records->front_points; p++)
        if (run->records->front[p] && !point_is_final(run, p))
            return 0;
    return 1;
}

/* A point whose trials are all final has its place: it does not come to be better than one that is before it now and
 * whose trials are final, too. */
void models_tidy(struct sweep_run *run)
{
    char path[4200];
    if (run->spec->keep != KEEP_BEST || !best_are_final(run))
        return;
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        struct trial *t = &run->plan->trial[i];
        if (t->r.model == MODEL_NONE || is_among_best(run, t->point) || !point_is_final(run, t->point))
            continue;
        unlink(model_path(run, t, path, sizeof path));
        t->r.model = MODEL_NONE;
    }
}

/* Once a call: who has trained without sweep.keep, or with an earlier version, has no models. */
static void tell_missing(struct sweep_run *run, size_t missing)
{
    char text[512];
    snprintf(text, sizeof text,
             "the models of %zu finished trial%s are not in %.200s/models: `sweep train %s --trial ID` trains one "
             "again, to the same bytes",
             missing, missing == 1 ? "" : "s", run->folder, run->spec->name);
    if (missing && run->o->progress)
        run_tell(run, text, 1);
}

int models_finish(struct sweep_run *run, struct err *e)
{
    char path[4200];
    size_t missing = 0;
    int bad = 0;
    models_tidy(run);
    for (size_t i = 0; i < run->plan->ntrials && !bad; i++) {
        struct trial *t = &run->plan->trial[i];
        if (t->r.model != MODEL_NONE && t->r.status != TRIAL_COMPLETE) { /* of after the sweep's end */
            unlink(model_path(run, t, path, sizeof path));
            t->r.model = MODEL_NONE;
        }
        if (t->r.model == MODEL_WRITTEN && access(model_path(run, t, path, sizeof path), F_OK)) /* another was better */
            t->r.model = MODEL_NONE;
        int wanted = t->r.status == TRIAL_COMPLETE && run->spec->keep != KEEP_NONE &&
                     (run->spec->keep == KEEP_ALL || is_among_best(run, t->point));
        missing += wanted && t->r.model == MODEL_NONE;
        if (t->r.model == MODEL_WRITTEN)
            bad = file_sync(model_path(run, t, path, sizeof path), e);
    }
    if (!bad)
        tell_missing(run, missing);
    return bad;
}
