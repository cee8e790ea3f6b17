/* start_table.c - NAME.start.csv: which tensors of a file each network begins with, and which it does not; and
 * NAME/starts.csv: which trial or file that was when the sweep began. */
#include "orchestrate/records/records.h"

#include "nn/freezing.h"
#include "nn/layer.h"
#include "orchestrate/planner.h"
#include "orchestrate/starts.h"
#include "orchestrate/tally.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A row. */
struct tensor_source {
    const char *tensor, *shape, *stored, *stored_shape, *state, *frozen;
    double point, layer, lr_scale;
};

static const struct column_row start_columns[] = {
    COLUMN_FIELD("point", "number of the point in the grid", column_double, struct tensor_source, point),
    COLUMN_FIELD("layer", "number of the layer among those of the point in NAME.layers.csv, from 1", column_double,
                 struct tensor_source, layer),
    COLUMN_FIELD("tensor", "its name here: that of a block, or the layer's number less 1", column_text,
                 struct tensor_source, tensor),
    COLUMN_FIELD("shape", "its shape here", column_text, struct tensor_source, shape),
    COLUMN_FIELD("stored", "name of the tensor of the file that was found for it", column_text, struct tensor_source,
                 stored),
    COLUMN_FIELD("stored_shape", "the shape of that", column_text, struct tensor_source, stored_shape),
    COLUMN_FIELD("state", "taken, or why not", column_text, struct tensor_source, state),
    COLUMN_FIELD("frozen", "yes where it is not trained from the first epoch on", column_text, struct tensor_source,
                 frozen),
    COLUMN_FIELD("lr_scale", "factor of its learning rate; empty for running statistics", column_double,
                 struct tensor_source, lr_scale),
};
const struct column_table start_table = {"NAME.start.csv", "a tensor of a point, or of the file that it begins with",
                                         COLUMNS_OF(start_columns)};

static const struct nn_tensor *parameter_of(const struct model_tensor *t)
{
    for (int i = 0; t && !t->buffer && i < t->node->ntensors; i++)
        if (t->node->tensor[i].at == t->at)
            return &t->node->tensor[i];
    return NULL;
}

static void add_start_row(struct record_file *f, const struct plan_point *p, const struct start_row *r)
{
    char name[NN_NAME] = "", shape[128] = "", stored[128] = "";
    const struct model_tensor *t = r->to;
    const struct nn_tensor *own = parameter_of(t);
    const int frozen = own ? own->frozen : t && t->node->frozen;
    const struct tensor_source source = {
        .tensor = t ? start_name(t, name) : "",
        .shape = t ? tensor_shape_text(t->rank, t->dim, shape, sizeof shape) : "",
        .stored = r->from ? r->from->name : "",
        .stored_shape = r->from ? tensor_shape_text(r->from->rank, r->from->dim, stored, sizeof stored) : "",
        .state = start_state(r),
        .frozen = !t       ? ""
                  : frozen ? "yes"
                           : "no",
        .point = (double)p->index + 1,
        .layer = t ? t->node->index + 1 : NAN,
        .lr_scale = own ? (double)own->lr_scale : NAN,
    };
    record_row(f, &source);
}

static void add_start(struct record_file *f, const struct plan_point *p)
{
    for (size_t k = 0; p->start && k < p->start->n; k++)
        add_start_row(f, p, &p->start->row[k]);
}

/* --- pins --- */

static const struct column_row pin_columns[] = {
    COLUMN_FIELD("start", "model.start or train.judge as the sweep file has it", column_text, struct start_pin, start),
    COLUMN_FIELD("trial", "id of the trial that it means, of every call from the first on; empty for a file",
                 column_text, struct start_pin, trial),
    COLUMN_FIELD("hash", "hash of the model file", column_text, struct start_pin, hash),
};
const struct column_table pin_table = {"NAME/starts.csv", "a word of model.start or train.judge, and what it means",
                                       COLUMNS_OF(pin_columns)};

static void add_pin(void *ctx, const struct start_pin *pin)
{
    record_row(ctx, pin);
}

static int write_pins(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    if (record_begin(&f, run, &pin_table, NULL, e))
        return -1;
    starts_pins(run->sets, add_pin, &f);
    return record_end(&f, 0, sync, e);
}

void starts_tell(struct sweep_run *run)
{
    char text[512];
    for (const struct start_file *x = run->sets->start; x; x = x->next) {
        const int length = (int)strcspn(x->word, "@");
        snprintf(text, sizeof text,
                 "%s = %.80s means %.*s@%016" PRIx64 " now; this sweep goes on with %s, with which it began "
                 "(to take the new one, write that, or give the sweep another name)",
                 x->key, x->word, length, x->word, x->now, x->name);
        if (x->now)
            run_tell(run, text, 1);
        snprintf(text, sizeof text,
                 "%s = %.80s: the file is not the one that this sweep began with; its trials are trained again", x->key,
                 x->word);
        if (x->changed)
            run_tell(run, text, 1);
    }
}

int write_starts(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    if (!run->sets->start)
        return record_none(run, &start_table);
    if (record_begin(&f, run, &start_table, NULL, e))
        return -1;
    return record_end(&f, record_points(&f, run, add_start, e), sync, e) || write_pins(run, sync, e) ? -1 : 0;
}
