/* looking.h - what the parts of a look share. Private to orchestrate/inspect. */
#ifndef ORCHESTRATE_INSPECT_LOOKING_H
#define ORCHESTRATE_INSPECT_LOOKING_H

#include "nn/looking.h"
#include "orchestrate/inspect/inspect.h"
#include "report/table/csv.h"

#define LOOK_BATCH 64 /* samples whose gradient is looked at, and the most that go through the network at a time: */
#define LOOK_BYTES ((size_t)1 << 29) /* fewer, but a block, where the network takes more for them */
#define LOOK_SAMPLES 512             /* of the split, at most, for statistics and the embedding */

struct looking {
    const struct model *m;
    const struct data_view *v;
    const struct inspect_how *how;
    const char *folder;
    struct nn_net *net;
    size_t at_once; /* samples that go through it */
    struct batch batch;
    uint32_t at[LOOK_BATCH];
    size_t samples; /* that are looked at for statistics */
    struct arena *a;
    struct inspected *out;
    struct err *e;
};

/* n samples from number `from` of the split through the network, each node of which is shown to `see` (or NULL). */
void look_at(struct looking *l, size_t from, int n, nn_look_see *see, void *ctx);
/* How many of the samples up to `end` go through it at a time, from number `from` on. */
static inline int look_step(const struct looking *l, size_t from, size_t end)
{
    return (int)(end - from < l->at_once ? end - from : l->at_once);
}
/* Element (c, h, w) of sample s of values of that shape. */
static inline double look_number(const float *v, struct shape s, int sample, int c, int h, int w)
{
    return (double)v[lane_at(s, sample, c, h, w)];
}
/* The class that sample s of the batch is taken for, and its share. */
int look_answer(const struct looking *l, int s, double *share);

/* A table of numbers below the folder; NULL with *e. A row of n numbers, the first `whole` of them without a fraction.
 */
struct csv_out *look_table(struct looking *l, const char *file, const char *const *head, size_t cols);
void look_row(struct csv_out *csv, const double *v, size_t n);
/* 0, or -1 with *e. */
int look_end(struct looking *l, struct csv_out *csv);

/* A sheet of rows x columns images of side x side pixels, all white. NULL with *e. */
struct report_sheet *look_sheet(struct looking *l, const char *heading, size_t rows, size_t columns, int side);
/* Fills a place with h x w values from low to high, in colours from dark to light, or of three channels. */
void look_picture(struct report_sheet *t, size_t row, size_t column, int h, int w, const double *v);
/* The sample s of the batch as it is without normalization. */
void look_sample(const struct looking *l, struct report_sheet *t, size_t row, size_t column, int s);
const char *look_label(struct looking *l, size_t which);

/* Each a part of the look: 0, or -1 with *e. */
int look_layers(struct looking *l);
int look_maps(struct looking *l);
int look_filters(struct looking *l);
int look_saliency(struct looking *l);
int look_attention(struct looking *l);
int look_embedding(struct looking *l);

#endif
