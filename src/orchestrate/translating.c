/* translating.c - texts become ids, ids go through searches of all threads, and come back as texts. */
#include "orchestrate/translating.h"

#include "data/text/tokenizer.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCES 64                  /* that a thread takes at a time */
#define CHUNK_GROUPS 8                /* of these for each thread between two times of telling */
#define CHUNK_BYTES ((size_t)1 << 26) /* of ids between them */
#define WHY_BYTES 96

struct translate_member { /* of a thread */
    struct arena mem;
    struct nn_net *net;
    void *beam;
};

/* A text on its way. */
struct sentence {
    int32_t *in, *out; /* [source], [target] */
    int n_in, n_out;
    char why[WHY_BYTES]; /* it is not translated; "": it is */
};

struct translator {
    const struct model *m;
    const struct translate_how *how;
    const struct kernels *k;
    struct tokenizer source, target;
    struct translate_member *member; /* [jobs] */
    struct sentence *sentence;       /* [chunk] */
    size_t chunk;
    struct id_list ids;
    struct arena mem;
};

static int translator_nomem(struct err *e)
{
    return err_set(e, ERR_NOMEM, "no memory to translate");
}

static int member_begin(const struct translator *t, struct translate_member *b)
{
    struct err e = {0};
    const struct nn_graph *g = t->m->graph;
    const int batch = SENTENCES > t->how->beam.width ? SENTENCES : t->how->beam.width;
    b->net = nn_net_new(g, batch, 0, NULL, t->k, &b->mem, &e);
    b->beam = arena_take(&b->mem, beam_bytes(g, batch, t->how->beam));
    if (!b->net || !b->beam)
        return -1;
    memcpy(b->net->w, t->m->w, g->param_floats * sizeof(float));
    if (g->buffer_floats)
        memcpy(b->net->buffers, t->m->buffers, g->buffer_floats * sizeof(float));
    return 0;
}

/* Texts at a time, of n: at least one. */
static size_t chunk_of(const struct translator *t, size_t n)
{
    const size_t all = (size_t)t->how->jobs * CHUNK_GROUPS * SENTENCES, some = n < all ? n : all;
    const size_t fit = CHUNK_BYTES / ((size_t)t->m->graph->in.h * sizeof(int32_t));
    return some <= fit ? some + !some : fit + !fit;
}

/* For n texts. */
static int translator_begin(struct translator *t, size_t n, struct err *e)
{
    const struct nn_graph *g = t->m->graph;
    if (!t->m->form.target)
        return err_set(e, ERR_USAGE, "the network has learned to %s; texts are translated by one of the task translate",
                       t->m->task);
    if (!(t->k = kernels_pick(t->how->isa)))
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", t->how->isa);
    if (tokenizer_read(&t->source, t->m->form.tokens, e) || tokenizer_read(&t->target, t->m->form.target_tokens, e))
        return -1;
    if (nn_output(g).kind != SEQUENCE || nn_output(g).c != g->target_vocabulary || nn_output(g).h != g->target)
        return err_set(e, ERR_DATA,
                       "the model's network does not put out its %d tokens at each position of a translation",
                       g->target_vocabulary);
    t->chunk = chunk_of(t, n);
    t->member = arena_take(&t->mem, (size_t)t->how->jobs * sizeof *t->member);
    t->sentence = arena_take(&t->mem, t->chunk * sizeof *t->sentence);
    for (size_t i = 0; i < t->chunk && !t->mem.failed; i++) {
        t->sentence[i].in = arena_take(&t->mem, (size_t)(g->in.h - g->target) * sizeof(int32_t));
        t->sentence[i].out = arena_take(&t->mem, (size_t)g->target * sizeof(int32_t));
    }
    for (int i = 0; i < t->how->jobs && !t->mem.failed; i++)
        if (member_begin(t, &t->member[i]))
            return translator_nomem(e);
    return t->mem.failed ? translator_nomem(e) : 0;
}

static void translator_end(struct translator *t)
{
    for (int i = 0; t->member && i < t->how->jobs; i++)
        arena_release(&t->member[i].mem);
    tokenizer_release(&t->source);
    tokenizer_release(&t->target);
    free(t->ids.v);
    arena_release(&t->mem);
}

/* The ids of a text. 0, or -1 without memory. */
static int read_sentence(struct translator *t, struct sentence *s, const char *text, size_t n)
{
    const size_t most = (size_t)(t->m->graph->in.h - t->m->graph->target),
                 bad = tokenizer_check(t->source.kind, text, n);
    s->n_in = s->n_out = 0;
    s->why[0] = 0;
    if (bad < n) {
        snprintf(s->why, sizeof s->why, "byte %zu, %02x, is not of a letter in UTF-8", bad + 1,
                 (unsigned char)text[bad]);
        return 0;
    }
    t->ids.n = 0;
    tokenizer_encode(&t->source, text, n, &t->ids);
    if (t->ids.n > most && !t->how->cut)
        snprintf(s->why, sizeof s->why, "has %zu tokens, the network reads at most %zu", t->ids.n, most);
    else
        s->n_in = (int)(t->ids.n < most ? t->ids.n : most);
    if (t->how->cut)
        *t->how->cut += t->ids.n > most;
    if (s->n_in)
        memcpy(s->in, t->ids.v, (size_t)s->n_in * sizeof *s->in);
    return t->ids.failed ? -1 : 0;
}

/* A group of sentences of which those with tokens are searched for. */
struct sentence_group {
    struct sentence *of[SENTENCES];
};

static const int32_t *ids_of_sentence(void *ctx, size_t i, int *n)
{
    const struct sentence *s = ((struct sentence_group *)ctx)->of[i];
    *n = s->n_in;
    return s->in;
}

static int take_sentence(void *ctx, size_t i, const int32_t *id, int n)
{
    struct sentence *s = ((struct sentence_group *)ctx)->of[i];
    memcpy(s->out, id, (size_t)n * sizeof *id);
    s->n_out = n;
    return 0;
}

static void translate_group(struct translator *t, int member, size_t from, size_t n)
{
    struct sentence_group g;
    size_t some = 0;
    for (size_t i = from; i < from + SENTENCES && i < n; i++)
        if (t->sentence[i].n_in)
            g.of[some++] = &t->sentence[i];
    beam_search(t->member[member].net, t->how->beam, some, ids_of_sentence, take_sentence, &g, t->member[member].beam);
}

static int translate_chunk(struct translator *t, size_t first, size_t n, struct str *text, struct err *e)
{
#pragma omp parallel for num_threads(t->how->jobs) schedule(dynamic)
    for (size_t from = 0; from < n; from += SENTENCES)
        translate_group(t, omp_get_thread_num(), from, n);
    for (size_t i = 0; i < n; i++) {
        const struct sentence *s = &t->sentence[i];
        str_clear(text);
        tokenizer_decode_shown(&t->target, s->out, (size_t)s->n_out, text);
        if (text->failed)
            return translator_nomem(e);
        if (t->how->row(t->how->ctx, first + i, *s->why ? NULL : text->p ? text->p : "", *s->why ? s->why : NULL))
            return -1;
    }
    return 0;
}

int translate_texts(const struct model *m, const char *const *text, const size_t *n_text, size_t n,
                    const struct translate_how *how, struct err *e)
{
    struct translator t = {.m = m, .how = how};
    struct str out = {0};
    arena_init(&t.mem);
    int bad = translator_begin(&t, n, e);
    for (size_t first = 0; first < n && !bad; first += t.chunk) {
        const size_t some = n - first < t.chunk ? n - first : t.chunk;
        for (size_t i = 0; i < some && !bad; i++)
            if (read_sentence(&t, &t.sentence[i], text[first + i], n_text[first + i]))
                bad = translator_nomem(e);
        bad = bad || translate_chunk(&t, first, some, &out, e);
    }
    str_release(&out);
    translator_end(&t);
    return bad ? -1 : 0;
}
