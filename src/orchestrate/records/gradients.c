/* gradients.c - NAME.gradients.csv: the norm of the gradient of each layer after each epoch, of the trials that have
 * come to an end. */
#include "orchestrate/records/records.h"

#include "orchestrate/plan.h"
#include "orchestrate/records/trials.h"
#include "orchestrate/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A row. */
struct gradient_source {
    const char *id;
    size_t trial, point, repeat, epoch, layer;
    double norm;
};

static const struct column_row gradient_columns[] = {
    COLUMN_FIELD("trial", "number of the trial in the plan", column_whole, struct gradient_source, trial),
    COLUMN_FIELD("point", "number of the point in the grid", column_whole, struct gradient_source, point),
    COLUMN_FIELD("repeat", "number of the repeat of the point", column_whole, struct gradient_source, repeat),
    COLUMN_FIELD("epoch", "number of the epoch, from 1", column_whole, struct gradient_source, epoch),
    COLUMN_FIELD("id", "name of the training, as in NAME.csv", column_text, struct gradient_source, id),
    COLUMN_FIELD("layer", "number of the layer among those of the point in NAME.layers.csv, from 1", column_whole,
                 struct gradient_source, layer),
    COLUMN_FIELD("grad_norm", "norm of the gradient of its parameters, at the epoch's last step", column_float,
                 struct gradient_source, norm),
};
const struct column_table gradient_table = {"NAME.gradients.csv", "an epoch and a layer with parameters",
                                            COLUMNS_OF(gradient_columns)};

/* What the tables of a trial are seen with. */
struct gradient_visit {
    struct record_file *f;
    struct gradient_source row;
    double *layer; /* of the table "layers", which comes first */
    int layers, failed;
};

static void keep_layers(struct gradient_visit *v, const struct train_table *t)
{
    v->layer = calloc((size_t)t->cols + 1, sizeof *v->layer);
    v->failed = !v->layer;
    v->layers = v->failed ? 0 : t->cols;
    for (int i = 0; i < v->layers; i++)
        v->layer[i] = t->v[i];
}

static void see_table(void *ctx, const struct train_table *t)
{
    struct gradient_visit *v = ctx;
    if (!strcmp(t->name, "layers") && t->rows == 1 && !v->layer)
        keep_layers(v, t);
    if (strcmp(t->name, "gradients") != 0 || t->cols != v->layers)
        return;
    for (int epoch = 0; epoch < t->rows; epoch++)
        for (int i = 0; i < t->cols; i++) {
            v->row.epoch = (size_t)epoch + 1;
            v->row.layer = (size_t)v->layer[i];
            v->row.norm = t->v[epoch * t->cols + i];
            record_row(v->f, &v->row);
        }
}

static int gradients_of(struct sweep_run *run, size_t i, struct record_file *f, struct err *e)
{
    const struct trial *t = &run->plan->trial[i];
    char id[STR_NUM];
    struct kept_end end;
    struct gradient_visit v = {.f = f,
                               .row = {.id = trial_id_text(id, t),
                                       .trial = i + 1,
                                       .point = (size_t)run->plan->point[t->point].index + 1,
                                       .repeat = (size_t)t->repeat + 1}};
    int bad = kept_get_end(&run->store->kept, t->place, &end, e);
    if (!bad && end.ntables)
        bad = journal_tables(&run->store->journal, end.at, end.length, see_table, &v, e);
    free(v.layer);
    return v.failed && !bad ? err_set(e, ERR_NOMEM, "no memory for the gradients of a trial") : bad;
}

static int gradient_rows(struct sweep_run *run, struct record_file *f, struct err *e)
{
    for (size_t i = 0; i < run->plan->ntrials; i++) {
        const uint8_t status = run->plan->trial[i].r.status;
        if ((status == TRIAL_COMPLETE || status == TRIAL_FAILED) && gradients_of(run, i, f, e))
            return -1;
    }
    return 0;
}

int write_gradients(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    char path[4200];
    if (!run->spec->detail) { /* those of an earlier run say nothing about this one */
        unlink(run_path(run, ".gradients.csv", path, sizeof path));
        return 0;
    }
    if (record_begin(&f, run, &gradient_table, NULL, e))
        return -1;
    return record_end(&f, gradient_rows(run, &f, e), sync, e);
}
