/* beam.c - see beam.h. Each slot of `width` lanes has one sentence, whose beginnings are of equal length. */
#include "train/beam.h"

#include "base/maths.h"

#include <math.h>
#include <string.h>

struct beam_slot {
    size_t sentence;
    int busy, live, length, finished; /* live: beginnings of so many tokens */
    double best;                      /* score of the best that is finished */
    int best_length;
};

struct continuation {
    double sum;
    int lane; /* of the slot */
    int32_t token;
};

struct beam {
    struct nn_net *net;
    struct beam_how how;
    int source, target, vocabulary, slots, lanes;
    struct beam_slot *slot;
    int32_t *prefix;             /* [lanes][target] */
    int32_t *moved;              /* [width][target] */
    int32_t *answer;             /* [slots][target] of the best that is finished */
    double *sum;                 /* [lanes] */
    int32_t *lengths, *decoded;  /* [lanes up to 16s] of source and target */
    uint32_t *sample;            /* [lanes] */
    struct continuation *likely; /* [2 width], the likeliest first */
    int nlikely;
};

/* Pieces of the memory, one after the other; without it only their sizes. */
struct beam_taker {
    char *base;
    size_t bytes;
};

static void *take_for_beam(struct beam_taker *t, size_t n, size_t size)
{
    const size_t at = t->bytes;
    t->bytes += (n * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    return t->base ? t->base + at : NULL;
}

static void lay_out_beam(struct beam *b, const struct nn_graph *g, int batch, struct beam_how how, struct beam_taker *t)
{
    b->how = how;
    b->target = g->target;
    b->source = g->in.h - g->target;
    b->vocabulary = g->target_vocabulary;
    b->slots = batch / how.width;
    b->lanes = b->slots * how.width;
    const size_t lanes = (size_t)b->lanes, blocks = (size_t)blocks_of(b->lanes), target = (size_t)g->target;
    b->slot = take_for_beam(t, (size_t)b->slots, sizeof *b->slot);
    b->prefix = take_for_beam(t, lanes * target, sizeof *b->prefix);
    b->moved = take_for_beam(t, (size_t)how.width * target, sizeof *b->moved);
    b->answer = take_for_beam(t, (size_t)b->slots * target, sizeof *b->answer);
    b->sum = take_for_beam(t, lanes, sizeof *b->sum);
    b->lengths = take_for_beam(t, blocks * LANES, sizeof *b->lengths);
    b->decoded = take_for_beam(t, blocks * LANES, sizeof *b->decoded);
    b->sample = take_for_beam(t, lanes, sizeof *b->sample);
    b->likely = take_for_beam(t, 2 * (size_t)how.width, sizeof *b->likely);
}

size_t beam_bytes(const struct nn_graph *g, int batch, struct beam_how how)
{
    struct beam b;
    struct beam_taker t = {0};
    lay_out_beam(&b, g, batch, how, &t);
    return t.bytes;
}

/* --- into the network --- */

/* The places of the source in the lanes of a slot. */
static void put_source(struct beam *b, int slot, const int32_t *id, int n)
{
    for (int lane = slot * b->how.width; lane < (slot + 1) * b->how.width; lane++) {
        float *x = b->net->x + lane_at(b->net->graph->in, lane, 0, 0, 0);
        for (int p = 0; p < b->source; p++)
            x[p * LANES] = p < n ? (float)id[p] : 0;
        b->lengths[lane] = n;
    }
}

static void begin_sentence(struct beam *b, int slot, size_t sentence, const int32_t *id, int n)
{
    b->slot[slot] = (struct beam_slot){.sentence = sentence, .busy = 1, .live = 1, .best = -HUGE_VAL};
    b->sum[slot * b->how.width] = 0;
    put_source(b, slot, id, n);
}

/* The beginnings as they are so far: the token that begins, then their own. */
static void put_targets(struct beam *b, int slot)
{
    const struct beam_slot *s = &b->slot[slot];
    for (int i = 0; i < b->how.width; i++) {
        const int lane = slot * b->how.width + i, known = s->busy && i < s->live;
        float *x = b->net->x + lane_at(b->net->graph->in, lane, 0, b->source, 0);
        for (int p = 0; p < b->target; p++)
            x[p * LANES] = !known || p > s->length ? 0
                           : p                     ? (float)b->prefix[lane * b->target + p - 1]
                                                   : (float)beam_begin(b->vocabulary);
        b->decoded[lane] = known ? s->length + 1 : 0;
        b->lengths[lane] = s->busy ? b->lengths[lane] : 0;
    }
}

/* All lanes up to the last that is in use go through the network. */
static void run_lanes(struct beam *b)
{
    int lanes = 0;
    for (int i = 0; i < b->slots; i++)
        if (b->slot[i].busy)
            lanes = (i + 1) * b->how.width;
    for (int i = 0; i < b->slots; i++)
        put_targets(b, i);
    const struct nn_pass pass = {.n = lanes,
                                 .blocks = blocks_of(lanes),
                                 .sample = b->sample,
                                 .lengths = b->lengths,
                                 .target_lengths = b->decoded};
    nn_forward(b->net, &pass);
}

/* --- out of it --- */

/* Keeps a continuation if it is among the likeliest; of equal ones the first that comes. */
static void consider(struct beam *b, struct continuation c)
{
    const int most = 2 * b->how.width;
    int at = b->nlikely;
    if (at == most && !(c.sum > b->likely[at - 1].sum))
        return;
    b->nlikely += at < most;
    at -= at == most;
    for (; at > 0 && c.sum > b->likely[at - 1].sum; at--)
        b->likely[at] = b->likely[at - 1];
    b->likely[at] = c;
}

/* Considers every token but the one that begins after beginning number i of a slot. */
static void continue_beginning(struct beam *b, int slot, int i)
{
    const int lane = slot * b->how.width + i;
    const struct shape out = nn_output(b->net->graph);
    const float *z = b->net->z + lane_at(out, lane, 0, b->slot[slot].length, 0);
    double most = (double)z[0], sum = 0;
    for (int k = 1; k < b->vocabulary; k++)
        most = (double)z[k * LANES] > most ? (double)z[k * LANES] : most;
    for (int k = 0; k < b->vocabulary; k++)
        sum += m_exp((double)z[k * LANES] - most);
    const double before = b->sum[lane] - most - m_log(sum);
    for (int32_t k = 0; k < b->vocabulary; k++)
        if (k != beam_begin(b->vocabulary) && isfinite(before + (double)z[k * LANES]))
            consider(b, (struct continuation){before + (double)z[k * LANES], i, k});
}

static int32_t *prefix_of(const struct beam *b, int slot, int i)
{
    return b->prefix + (size_t)(slot * b->how.width + i) * (size_t)b->target;
}

/* Beginning number i, of n tokens (and the end after them, which `tokens` counts), is finished. */
static void finish_beginning(struct beam *b, int slot, int i, int n, int tokens, double sum)
{
    struct beam_slot *s = &b->slot[slot];
    const double score = sum / m_pow((5.0 + tokens) / 6, b->how.length_penalty);
    s->finished++;
    if (!(score > s->best))
        return;
    s->best = score;
    s->best_length = n;
    memcpy(b->answer + (size_t)slot * (size_t)b->target, prefix_of(b, slot, i), (size_t)n * sizeof *b->answer);
}

/* The beginnings that go on take the places of the old ones. */
static void go_on(struct beam *b, int slot, const struct continuation *next, int n)
{
    struct beam_slot *s = &b->slot[slot];
    const size_t target = (size_t)b->target, bytes = (size_t)s->length * sizeof *b->prefix;
    for (int i = 0; i < n; i++) {
        int32_t *to = b->moved + (size_t)i * target;
        memcpy(to, prefix_of(b, slot, next[i].lane), bytes);
        to[s->length] = next[i].token;
    }
    for (int i = 0; i < n; i++) {
        memcpy(prefix_of(b, slot, i), b->moved + (size_t)i * target, bytes + sizeof *b->prefix);
        b->sum[slot * b->how.width + i] = next[i].sum;
    }
    s->live = n;
    s->length++;
}

/* A step of the sentence of a slot; 1: it has its answer. */
static int step_sentence(struct beam *b, int slot)
{
    struct beam_slot *s = &b->slot[slot];
    struct continuation next[BEAM_MOST];
    int n = 0;
    b->nlikely = 0;
    for (int i = 0; i < s->live; i++)
        continue_beginning(b, slot, i);
    for (int i = 0; i < b->nlikely && n < b->how.width; i++) {
        const struct continuation *c = &b->likely[i];
        if (c->token != beam_end(b->vocabulary))
            next[n++] = *c;
        else if (i < b->how.width)
            finish_beginning(b, slot, c->lane, s->length, s->length + 1, c->sum);
    }
    if (s->finished >= b->how.width || !n)
        return 1;
    go_on(b, slot, next, n);
    if (s->length < b->target)
        return 0;
    for (int i = 0; i < s->live && s->finished < b->how.width; i++)
        finish_beginning(b, slot, i, s->length, s->length, b->sum[slot * b->how.width + i]);
    return 1;
}

int beam_search(struct nn_net *net, struct beam_how how, size_t n, beam_source *source, beam_take *take, void *ctx,
                void *memory)
{
    struct beam b = {.net = net};
    struct beam_taker t = {.base = memory};
    size_t begun = 0, done = 0;
    memset(memory, 0, beam_bytes(net->graph, net->batch, how));
    lay_out_beam(&b, net->graph, net->batch, how, &t);
    memset(net->x, 0, floats_of(net->graph->in, blocks_of(net->batch)) * sizeof *net->x);
    while (done < n) {
        for (int i = 0; i < b.slots && begun < n; i++)
            if (!b.slot[i].busy) {
                int length = 0;
                const int32_t *id = source(ctx, begun, &length);
                begin_sentence(&b, i, begun++, id, length);
            }
        run_lanes(&b);
        for (int i = 0; i < b.slots; i++) {
            if (!b.slot[i].busy || !step_sentence(&b, i))
                continue;
            b.slot[i].busy = 0;
            done++;
            if (take(ctx, b.slot[i].sentence, b.answer + (size_t)i * (size_t)b.target, b.slot[i].best_length))
                return -1;
        }
    }
    return 0;
}
