/* fixed.c - the front of a network that is never trained: frozen weights, no noise, and batchnorm by running
 * statistics. What it makes of a sample is the same in every epoch, so that it is a net of its own that only goes
 * forward, and the net that is trained begins after it:
 *
 *     samples --[fixed.net]--> values --[net, eval]--> output
 *                                |
 *                               kept     [sample][value]: computed in the first epoch, where nothing changes samples
 *
 * Where the values of the training and the validation split have more than TRAIN_KEPT_BYTES, they are made again for
 * each batch. The bits are the same either way. */
#include "train/training.h"

#include <string.h>

int train_freezes(const struct training *r)
{
    const struct nn_graph *g = r->job.graph;
    return g->frozen && !(g->unfreeze_at && r->p.epoch + 1 >= g->unfreeze_at);
}

void train_fixed_find(struct training *r)
{
    struct fixed_part *f = &r->fixed;
    f->nodes = nn_fixed_nodes(r->job.graph);
    f->graph = *r->job.graph;
    f->graph.nnodes = f->nodes;
    f->values = f->nodes ? shape_size(nn_output(&f->graph)) : 0;
}

/* Whether samples are the same in each epoch, and are no targets. */
static int samples_stay(const struct train_job *j)
{
    return data_input(j->view->set)->type != FIELD_TOKENS && !data_scratch(j->view) && !train_mixes(j->spec) &&
           !train_task(j->spec, target_of(j->view->set))->like_input;
}

int train_keeps_front(const struct train_job *j)
{
    const int nodes = nn_fixed_nodes(j->graph);
    const size_t samples = j->view->n[DATA_TRAIN] + j->view->n[DATA_VALIDATION];
    return nodes && samples_stay(j) &&
           (double)samples * (double)shape_size(j->graph->node[nodes - 1].y) * sizeof(float) <= TRAIN_KEPT_BYTES;
}

void train_fixed_lay_out(struct training *r, struct train_taker *t)
{
    struct fixed_part *f = &r->fixed;
    const struct train_job *j = &r->job;
    const int train = train_batch(j), eval = train_eval_batch(j);
    if (!f->nodes)
        return;
    f->net = train_take_net(t, j, &f->graph, 0, train > eval ? train : eval, 0);
    for (int s = DATA_TRAIN; s <= DATA_VALIDATION && train_keeps_front(j); s++)
        f->kept[s] = train_take(t, j->view->n[s] * f->values, sizeof(float));
}

void train_fixed_changed(struct training *r)
{
    r->fixed.ready = 0;
}

int train_fixed_keeps(const struct training *r, enum data_split split)
{
    return split <= DATA_VALIDATION && r->fixed.kept[split] != NULL;
}

float *train_input(const struct training *r, const struct nn_net *net, enum data_split split)
{
    return !r->fixed.net ? net->x : train_fixed_keeps(r, split) ? NULL : r->fixed.net->x;
}

/* Moves the values of a batch between the lanes of a net and the rows of samples. */
static void move_values(const struct fixed_part *f, int n, const uint32_t *at, int to_rows, float *rows, float *x)
{
    for (int i = 0; i < n; i++) {
        float *lane = x + (size_t)(i / LANES) * LANES * f->values + (size_t)(i % LANES),
              *row = rows + at[i] * f->values;
        for (size_t k = 0; k < f->values; k++)
            *(to_rows ? &row[k] : &lane[k * LANES]) = *(to_rows ? &lane[k * LANES] : &row[k]);
    }
}

/* The batch goes through the fixed part. */
static void run_fixed(struct training *r)
{
    const struct batch *b = &r->batch;
    const struct nn_pass pass = {.n = b->n,
                                 .blocks = b->blocks,
                                 .seed = r->job.seed,
                                 .sample = b->key,
                                 .lengths = b->lengths,
                                 .target_lengths = b->target_lengths};
    nn_forward(r->fixed.net, &pass);
}

/* Computes what is kept of a split, which is kept from then on. */
static void keep_split(struct training *r, enum data_split split)
{
    struct fixed_part *f = &r->fixed;
    const uint32_t n = (uint32_t)r->job.view->n[split];
    const uint32_t batch = (uint32_t)f->net->batch;
    for (uint32_t from = 0; from < n; from += batch) {
        const uint32_t here = n - from < batch ? n - from : batch;
        for (uint32_t i = 0; i < here; i++)
            r->fixed_at[i] = from + i;
        r->batch.x = f->net->x;
        data_batch(r->job.view, split, r->fixed_at, (int)here, NULL, &r->batch);
        run_fixed(r);
        move_values(f, (int)here, r->fixed_at, 1, f->kept[split], f->net->z);
    }
}

/* Takes the weights of the training, before the first batch. */
static void make_ready(struct training *r)
{
    struct fixed_part *f = &r->fixed;
    if (f->ready)
        return;
    train_copy(f->net->w, r->net->w, r->job.graph->param_floats);
    train_copy(f->net->buffers, r->net->buffers, r->job.graph->buffer_floats);
    for (int s = DATA_TRAIN; s <= DATA_VALIDATION; s++)
        if (f->kept[s])
            keep_split(r, s);
    f->ready = 1;
}

void train_fixed_prepare(struct training *r)
{
    if (r->fixed.net)
        make_ready(r);
}

void train_fixed_forward(struct training *r, struct nn_net *net, enum data_split split, const uint32_t *at)
{
    struct fixed_part *f = &r->fixed;
    const size_t floats = (size_t)r->batch.blocks * LANES * f->values;
    if (!f->net)
        return;
    if (train_fixed_keeps(r, split)) {
        memset(net->x, 0, floats * sizeof *net->x); /* dead lanes */
        move_values(f, r->batch.n, at, 0, f->kept[split], net->x);
        return;
    }
    run_fixed(r);
    memcpy(net->x, f->net->z, floats * sizeof *net->x);
}
