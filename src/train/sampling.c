/* sampling.c - which training samples a round has, in which order: each once, shuffled; or, balanced, as many as there
 * are, drawn with replacement, each class as often as any other: what PyTorch's WeightedRandomSampler does with the
 * weights 1 / samples of the class. The numbers that are drawn depend on the seed and the round alone. */
#include "base/rng.h"
#include "train/training.h"

#include <string.h>

static const char *const sampling_words[] = {"shuffle", "balanced", NULL};

const char *train_sampling_name(size_t i)
{
    return i < sizeof sampling_words / sizeof *sampling_words ? sampling_words[i] : NULL;
}

static const uint8_t *labels_to_train(const struct training *r)
{
    return field_bytes(data_target(r->job.view->set), PART_TRAIN);
}

void train_sampling_lay_out(struct training *r, struct train_taker *t)
{
    const size_t n = r->job.view->n[DATA_TRAIN];
    r->order = train_take(t, n, sizeof *r->order);
    if (!r->job.spec->sampling)
        return;
    r->by_class = train_take(t, n, sizeof *r->by_class);
    r->class_start = train_take(t, DATA_CLASSES + 1, sizeof *r->class_start);
    r->batch.stream = train_take(t, (size_t)train_batch(&r->job), sizeof *r->batch.stream);
}

/* Sorts the training samples by class; classes without any have no place. */
void train_sampling_prepare(struct training *r)
{
    const struct data_view *v = r->job.view;
    const uint32_t n = (uint32_t)v->n[DATA_TRAIN];
    uint32_t *start = r->class_start, at = 0;
    if (!r->job.spec->sampling)
        return;
    const uint8_t *label = labels_to_train(r);
    r->classes_present = 0;
    for (int k = 0; k < data_classes(v->set); k++) {
        const uint32_t first = at;
        for (uint32_t i = 0; i < n; i++)
            if (label[v->index[DATA_TRAIN][i]] == k)
                r->by_class[at++] = i;
        if (at > first)
            start[r->classes_present++] = first;
    }
    start[r->classes_present] = at;
}

static void draw_balanced(struct training *r, uint32_t round)
{
    const uint32_t n = (uint32_t)r->job.view->n[DATA_TRAIN];
    struct rng g;
    rng_init(&g, r->job.seed, RNG_SAMPLE, round, 0);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *start = r->class_start + rng_below(&g, r->classes_present);
        r->order[i] = r->by_class[start[0] + rng_below(&g, start[1] - start[0])];
    }
}

static void shuffle_samples(struct training *r, uint32_t round)
{
    const uint32_t n = (uint32_t)r->job.view->n[DATA_TRAIN];
    struct rng g;
    for (uint32_t i = 0; i < n; i++)
        r->order[i] = i;
    rng_init(&g, r->job.seed, RNG_SHUFFLE, round, 0);
    rng_shuffle(&g, r->order, n);
}

void train_order_round(struct training *r, uint32_t round)
{
    if (r->job.spec->sampling)
        draw_balanced(r, round);
    else
        shuffle_samples(r, round);
    r->round = round;
}

void train_streams(struct training *r, uint64_t from, int n)
{
    for (int i = 0; r->batch.stream && i < n; i++)
        r->batch.stream[i] = (uint32_t)from + (uint32_t)i;
}
