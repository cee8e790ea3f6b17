/* predict.c applies a network to samples: they are collected, decoded and computed by all threads, and told in order.
 */
#include "orchestrate/predict.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 32                      /* samples that a thread takes at a time */
#define CHUNK_GROUPS 32               /* groups of each thread between two times of telling, and at most */
#define CHUNK_BYTES ((size_t)1 << 26) /* of values */

struct waiting_sample {
    const char *file, *error;
    size_t number;
    int picture;
};

/* What a thread has for itself. */
struct predict_member {
    struct arena mem;
    struct nn_net *net;
    struct batch batch;
    uint32_t at[GROUP];
};

struct predictor {
    const struct model *m;
    const struct predict_how *how;
    const struct kernels *k;
    struct predict_member *member; /* [jobs] */
    size_t outputs, bytes;         /* of a sample: numbers that come out, bytes of its values */
    size_t chunk, n;               /* samples of a chunk: most, waiting */
    struct waiting_sample *sample; /* [chunk] */
    unsigned char *values;         /* [chunk][bytes], of files */
    float *z;                      /* [chunk][outputs] */
    struct data_view view;         /* of the samples of files, behind it: */
    struct dataset set;
    struct arena mem, texts; /* of the whole; of the samples that wait */
    struct err e;
};

/* --- memory --- */

static int member_init(struct predict_member *t, const struct predictor *p, size_t targets, size_t labels)
{
    struct err e = {0};
    arena_init(&t->mem);
    t->net = nn_net_new(p->m->graph, GROUP, 0, NULL, p->k, &t->mem, &e);
    t->batch = (struct batch){.k = p->k,
                              .key = arena_take(&t->mem, GROUP * sizeof *t->batch.key),
                              .label = arena_take(&t->mem, labels * sizeof *t->batch.label),
                              .target = arena_take(&t->mem, GROUP * (targets + 1) * sizeof(float))};
    if (p->m->form.type == FIELD_TOKENS)
        t->batch.lengths = arena_take(&t->mem, GROUP * sizeof *t->batch.lengths);
    if (!t->net || t->mem.failed)
        return -1;
    t->batch.x = t->net->x;
    memcpy(t->net->w, p->m->w, p->m->graph->param_floats * sizeof(float));
    if (p->m->graph->buffer_floats)
        memcpy(t->net->buffers, p->m->buffers, p->m->graph->buffer_floats * sizeof(float));
    return 0;
}

static int predictor_nomem(struct predictor *p)
{
    return err_set(&p->e, ERR_NOMEM, "no memory to predict with a network of %zu parameters",
                   p->m->graph->facts.params);
}

/* `bytes`: of the values of a sample that are kept here; targets: numbers of one, labels: of a batch. */
static int predictor_init(struct predictor *p, const struct model *m, const struct predict_how *how, size_t bytes,
                          size_t targets, size_t labels)
{
    *p = (struct predictor){.m = m, .how = how, .k = kernels_pick(how->isa), .bytes = bytes};
    arena_init(&p->mem);
    arena_init(&p->texts);
    if (!p->k)
        return err_set(&p->e, ERR_USAGE, "--isa %s: this machine or this program does not have it", how->isa);
    p->outputs = shape_size(nn_output(m->graph));
    p->chunk = (size_t)how->jobs * CHUNK_GROUPS * GROUP;
    while (p->chunk > (size_t)how->jobs * GROUP && p->chunk * (bytes + p->outputs * sizeof(float)) > CHUNK_BYTES)
        p->chunk -= (size_t)how->jobs * GROUP;
    p->member = arena_take(&p->mem, (size_t)how->jobs * sizeof *p->member);
    p->sample = arena_take(&p->mem, p->chunk * sizeof *p->sample);
    p->values = arena_take(&p->mem, p->chunk * bytes + 1);
    p->z = arena_take(&p->mem, p->chunk * p->outputs * sizeof *p->z);
    if (p->mem.failed)
        return predictor_nomem(p);
    for (int i = 0; i < how->jobs; i++)
        if (member_init(&p->member[i], p, targets, labels))
            return predictor_nomem(p);
    return 0;
}

static void predictor_release(struct predictor *p, struct err *e)
{
    for (int i = 0; p->member && i < p->how->jobs; i++)
        arena_release(&p->member[i].mem);
    arena_release(&p->mem);
    arena_release(&p->texts);
    if (p->e.code)
        *e = p->e;
}

/* --- work --- */

/* Samples at[n] of a split through the network of a thread; their outputs to z[n][outputs]. */
static void compute_group(const struct predictor *p, struct predict_member *t, const struct data_view *v,
                          enum data_split split, int n, float *z)
{
    data_batch(v, split, t->at, n, NULL, &t->batch);
    const struct nn_pass pass = {.n = n, .blocks = blocks_of(n), .sample = t->batch.key, .lengths = t->batch.lengths};
    const struct shape out = nn_output(p->m->graph);
    const size_t plane = (size_t)out.h * (size_t)out.w;
    nn_forward(t->net, &pass);
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < p->outputs; k++)
            *z++ =
                t->net
                    ->z[lane_at(out, i, (int)(k / plane), (int)(k % plane / (size_t)out.w), (int)(k % (size_t)out.w))];
}

static void decode_sample(struct predictor *p, struct waiting_sample *s, unsigned char *to)
{
    struct err why = {0};
    if (!s->error && s->picture && sample_picture(s->file, &p->m->form, to, &why)) {
#pragma omp critical(predict_texts)
        s->error = arena_str(&p->texts, why.text);
        s->error = s->error ? s->error : "there is not enough memory";
    }
    if (s->error)
        memset(to, 0, p->bytes);
}

static void run_group(struct predictor *p, int member, size_t from)
{
    struct predict_member *t = &p->member[member];
    size_t n = p->n - from < GROUP ? p->n - from : GROUP;
    for (size_t i = 0; i < n; i++) {
        decode_sample(p, &p->sample[from + i], p->values + (from + i) * p->bytes);
        t->at[i] = (uint32_t)(from + i);
    }
    compute_group(p, t, &p->view, DATA_TEST, (int)n, p->z + from * p->outputs);
}

/* Computes and tells what is waiting. 0; -1: p->e, or `row` has ended it. */
static int run_chunk(struct predictor *p)
{
    int stop = 0;
    p->set.n[PART_TEST] = p->view.n[DATA_TEST] = p->n;
#pragma omp parallel for num_threads(p->how->jobs) schedule(dynamic)
    for (size_t from = 0; from < p->n; from += GROUP)
        run_group(p, omp_get_thread_num(), from);
    for (size_t i = 0; i < p->n && !stop; i++) {
        const struct waiting_sample *s = &p->sample[i];
        stop = p->how->row(p->how->ctx, &(struct prediction){.file = s->file,
                                                             .number = s->number,
                                                             .z = s->error ? NULL : p->z + i * p->outputs,
                                                             .error = s->error,
                                                             .label = -1});
    }
    p->n = 0;
    arena_reset(&p->texts);
    return stop ? -1 : 0;
}

static int wait_for_chunk(void *ctx, const struct sample *s)
{
    struct predictor *p = ctx;
    struct waiting_sample *w = &p->sample[p->n];
    *w = (struct waiting_sample){.file = arena_str(&p->texts, s->file),
                                 .error = s->error ? arena_str(&p->texts, s->error) : NULL,
                                 .number = s->number,
                                 .picture = !s->error && !s->values};
    if (p->texts.failed)
        return predictor_nomem(p);
    if (s->values)
        memcpy(p->values + p->n * p->bytes, s->values, p->bytes);
    return ++p->n == p->chunk ? run_chunk(p) : 0;
}

int predict_files(const struct model *m, const char *const *path, size_t n, const struct predict_how *how,
                  struct err *e)
{
    struct predictor p;
    int bad = predictor_init(&p, m, how, sample_bytes(&m->form), 0, 0);
    if (!bad && sample_view(&p.view, &p.set, &m->form, p.chunk, p.values, &p.mem))
        bad = predictor_nomem(&p);
    for (size_t i = 0; i < n && !bad; i++)
        bad = samples_read(path[i], &m->form, wait_for_chunk, &p, &p.e);
    bad = bad || run_chunk(&p);
    predictor_release(&p, e);
    return bad ? -1 : 0;
}

/* A sample of a split with what is known of it. */
static int tell_known(const struct predictor *p, const struct data_view *v, enum data_split split, size_t i,
                      const float *z)
{
    const struct field *target = data_target(v->set);
    const size_t number = v->index[split][i], values = shape_size(target->shape);
    struct prediction q = {.number = number + 1, .z = z, .label = -1};
    if (field_is_label_map(target))
        q.labels = field_bytes(target, part_of(split)) + number * values;
    else if (target->type == FIELD_IDS)
        q.label = field_bytes(target, part_of(split))[number];
    else if (target->type == FIELD_FLOATS)
        q.target = field_floats(target, part_of(split)) + number * values;
    return p->how->row(p->how->ctx, &q);
}

int predict_view(const struct model *m, const struct data_view *v, enum data_split split, const struct predict_how *how,
                 struct err *e)
{
    struct predictor p;
    int stop = predictor_init(&p, m, how, 0, (size_t)v->targets, (size_t)GROUP * (size_t)v->labels);
    for (size_t first = 0; first < v->n[split] && !stop; first += p.chunk) {
        const size_t n = v->n[split] - first < p.chunk ? v->n[split] - first : p.chunk;
#pragma omp parallel for num_threads(how->jobs) schedule(dynamic)
        for (size_t from = 0; from < n; from += GROUP) {
            struct predict_member *t = &p.member[omp_get_thread_num()];
            const size_t group = n - from < GROUP ? n - from : GROUP;
            for (size_t i = 0; i < group; i++)
                t->at[i] = (uint32_t)(first + from + i);
            compute_group(&p, t, v, split, (int)group, p.z + from * p.outputs);
        }
        for (size_t i = 0; i < n && !stop; i++)
            stop = tell_known(&p, v, split, first + i, p.z + i * p.outputs);
    }
    predictor_release(&p, e);
    return stop ? -1 : 0;
}
