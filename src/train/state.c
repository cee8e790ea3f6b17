/* state.c - a training between two epochs as bytes: a header, the progress, then float vectors as they lie in memory.
 * Shuffles, augmentation and dropout are keyed by the epoch, so no generator's state is needed. */
#include "base/str.h"
#include "train/training.h"

#include <string.h>
#include <zlib.h>

struct state_head {
    char magic[8];
    uint32_t version;
    uint32_t crc;   /* of everything behind the header */
    uint64_t bytes; /* all of it, header included */
    uint64_t run;   /* fingerprint: what must be equal for the floats to mean the same */
};
#define STATE_MAGIC "sweepRUN"
#define STATE_VERSION                                                                                                  \
    7 /* 6: without the diversity of what is made; 5: without what decides when dropout begins; 4: without what        \
         warnings look at; 3: without the schedule's state; 2: the row of the best epoch had two metrics; 1: as fields \
       */

struct state_vector {
    float *p;
    size_t n;
};
#define MAX_VECTORS (7 + TRAIN_STATES)

static int state_vectors(const struct training *r, struct state_vector v[MAX_VECTORS])
{
    const struct nn_graph *g = r->job.graph;
    int n = 0;
    v[n++] = (struct state_vector){r->net->w, g->param_floats};
    v[n++] = (struct state_vector){r->net->buffers, g->buffer_floats};
    for (int i = 0; i < r->nstates; i++)
        v[n++] = (struct state_vector){r->state[i], g->param_floats};
    if (r->mean_w) {
        v[n++] = (struct state_vector){r->mean_w, g->param_floats};
        v[n++] = (struct state_vector){r->mean_buffers, g->buffer_floats};
    }
    if (r->best_w) {
        v[n++] = (struct state_vector){r->best_w, g->param_floats};
        v[n++] = (struct state_vector){r->best_buffers, g->buffer_floats};
    }
    if (r->job.spec->detail)
        v[n++] = (struct state_vector){r->layer_norm, (size_t)r->job.spec->epochs * r->layers};
    return n;
}

static uint64_t hash_params(uint64_t h, const struct param *p, const void *from)
{
    char text[256];
    for (; p->name; p++) {
        if (p->matters == MATTERS_NEVER)
            continue;
        param_text(p, from, text, sizeof text);
        h = str_hash(h, p->name, strlen(p->name) + 1);
        h = str_hash(h, text, strlen(text) + 1);
    }
    return h;
}

static uint64_t hash_graph(uint64_t h, const struct nn_graph *g)
{
    uint64_t size[] = {(uint64_t)g->in.c, (uint64_t)g->in.h, (uint64_t)g->in.w,  (uint64_t)nn_output(g).c,
                       g->param_floats,   g->buffer_floats,  (uint64_t)g->critic};
    h = str_hash(h, size, sizeof size);
    for (int i = 0; i < g->nnodes; i++) {
        h = str_hash(h, g->node[i].text, strlen(g->node[i].text) + 1);
        for (int t = 0; t < g->node[i].ntensors; t++)
            h = str_hash(h, &g->node[i].tensor[t].init, sizeof(int));
        for (int t = 0; t < g->node[i].ntensors && g->frozen; t++)
            h = str_hash(h, &g->node[i].tensor[t].frozen, sizeof(int));
    }
    return h;
}

static uint64_t fingerprint(const struct train_job *j)
{
    const struct train_spec *s = j->spec;
    uint64_t h = str_hash(STR_HASH, &j->seed, sizeof j->seed);
    h = hash_params(h, train_params, s);
    h = hash_params(h, optimizer_types[s->optimizer]->params, s->optimizer_args);
    h = hash_params(h, schedule_types[s->schedule]->params, s->schedule_args);
    if (s->loss && loss_types[s->loss - 1]->params)
        h = hash_params(h, loss_types[s->loss - 1]->params, s->loss_args);
    for (int m = 0; m < METRICS; m++) /* whose places in the row of the best epoch are theirs */
        h = str_hash(h, train_metrics[m].what, strlen(train_metrics[m].what) + 1);
    int selector[] = {train_selector(j), s->maximise, s->detail};
    h = str_hash(h, selector, sizeof selector);
    return data_view_hash(hash_graph(h, j->graph), j->view);
}

size_t train_state_bytes(const struct training *r)
{
    struct state_vector v[MAX_VECTORS];
    size_t bytes = sizeof(struct state_head) + sizeof r->p;
    for (int i = 0, n = state_vectors(r, v); i < n; i++)
        bytes += v[i].n * sizeof(float);
    return bytes;
}

void train_state_write(const struct training *r, void *bytes)
{
    struct state_vector v[MAX_VECTORS];
    struct state_head head = {.version = STATE_VERSION, .bytes = train_state_bytes(r), .run = fingerprint(&r->job)};
    unsigned char *body = (unsigned char *)bytes + sizeof head, *at = body;
    memcpy(at, &r->p, sizeof r->p);
    at += sizeof r->p;
    for (int i = 0, n = state_vectors(r, v); i < n; i++) {
        memcpy(at, v[i].n ? v[i].p : (float[]){0}, v[i].n * sizeof(float));
        at += v[i].n * sizeof(float);
    }
    memcpy(head.magic, STATE_MAGIC, sizeof head.magic);
    head.crc = (uint32_t)crc32_z(0, body, (size_t)(at - body));
    memcpy(bytes, &head, sizeof head);
}

static int check_state(const struct training *r, const void *bytes, size_t n, struct err *e)
{
    struct state_head head;
    size_t want = train_state_bytes(r);
    if (n < sizeof head)
        return err_set(e, ERR_DATA, "checkpoint is cut off: %zu bytes, expected %zu", n, want);
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.magic, STATE_MAGIC, sizeof head.magic))
        return err_set(e, ERR_DATA, "not a checkpoint of a training");
    if (head.version != STATE_VERSION)
        return err_set(e, ERR_DATA, "checkpoint has version %u, this program reads %d", head.version, STATE_VERSION);
    if (head.bytes != n)
        return err_set(e, ERR_DATA, "checkpoint is %s: %zu bytes, expected %llu",
                       n < head.bytes ? "cut off" : "too long", n, (unsigned long long)head.bytes);
    if (head.bytes != want || head.run != fingerprint(&r->job))
        return err_set(e, ERR_DATA, "checkpoint belongs to another training: settings, network, data or seed differ");
    if (head.crc != (uint32_t)crc32_z(0, (const unsigned char *)bytes + sizeof head, n - sizeof head))
        return err_set(e, ERR_DATA, "checkpoint is corrupt: its checksum is wrong");
    return 0;
}

/* What an epoch adds to, or counts with, is in range also where a checksum was forged. */
static int check_progress(const struct training *r, const struct train_progress *p, struct err *e)
{
    if (p->epoch >= 0 && p->epoch <= r->job.spec->epochs && p->step == (uint64_t)p->epoch * r->steps_per_epoch &&
        p->schedule.factor >= 0 && p->schedule.factor <= 1 && p->schedule.wait >= 0 && p->schedule.wait <= p->epoch &&
        p->schedule.epochs >= 0 && p->schedule.epochs <= p->epoch && p->averaged >= 0 && p->averaged <= p->epoch &&
        p->past.flat >= 0 && p->past.flat <= p->epoch && (p->overfit.holds & ~1) == 0 && p->wait >= 0 &&
        p->wait <= p->epoch && p->best.epoch >= 0 && p->best.epoch <= p->epoch)
        return 0;
    return err_set(e, ERR_DATA, "checkpoint is corrupt: epoch %d of %d with the step %llu", p->epoch,
                   r->job.spec->epochs, (unsigned long long)p->step);
}

int train_state_read(struct training *r, const void *bytes, size_t n, struct err *e)
{
    struct state_vector v[MAX_VECTORS];
    struct train_progress p;
    if (check_state(r, bytes, n, e))
        return -1;
    const unsigned char *at = (const unsigned char *)bytes + sizeof(struct state_head);
    memcpy(&p, at, sizeof p);
    if (check_progress(r, &p, e))
        return -1;
    r->p = p;
    at += sizeof r->p;
    for (int i = 0, count = state_vectors(r, v); i < count; i++) {
        if (v[i].n)
            memcpy(v[i].p, at, v[i].n * sizeof(float));
        at += v[i].n * sizeof(float);
    }
    return 0;
}
