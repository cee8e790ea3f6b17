/* select.c - which epoch is the best, and when a training stops early. */
#include "train/training.h"

int train_selector(const struct train_job *j)
{
    const struct metric *m = &train_metrics[j->spec->metric];
    int train = m->split == DATA_TRAIN || !j->view->n[DATA_VALIDATION];
    return metric_on(train ? DATA_TRAIN : DATA_VALIDATION, m->metric);
}

static float selecting_value(const struct training *r, const struct epoch_row *row)
{
    return epoch_number(row, train_selector(&r->job));
}

/* By how much a is better than b. */
static double gain(const struct training *r, float a, float b)
{
    return r->job.spec->maximise ? (double)a - (double)b : (double)b - (double)a;
}

void train_judge(struct training *r, const struct epoch_row *row)
{
    const struct nn_graph *g = r->job.graph;
    struct train_progress *p = &r->p;
    float value = selecting_value(r, row);
    int first = p->epoch == 0;
    if (!r->best_w || first || gain(r, value, selecting_value(r, &p->best)) > 0) {
        p->best = *row;
        if (r->best_w) {
            train_copy(r->best_w, r->net->w, g->param_floats);
            train_copy(r->best_buffers, r->net->buffers, g->buffer_floats);
        }
    }
    if (first || gain(r, value, p->reference) > r->job.spec->min_delta) {
        p->reference = value;
        p->wait = 0;
    } else {
        p->wait++;
    }
    const struct schedule_type *schedule = schedule_types[r->job.spec->schedule];
    if (schedule->after_epoch)
        schedule->after_epoch(r->job.spec->schedule_args, (double)(r->job.spec->maximise ? value : -value),
                              &p->schedule);
    p->stopped = r->job.spec->patience > 0 && p->wait >= r->job.spec->patience;
}
