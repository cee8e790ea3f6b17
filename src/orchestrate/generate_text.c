/* generate_text.c draws texts, 16 at a time, each in a lane of a block. */
#include "orchestrate/generate.h"

#include "base/maths.h"
#include "base/rng.h"
#include "data/text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

struct likely_token {
    double z;
    int32_t id;
};

struct generating {
    const struct model *m;
    const struct generate_how *how;
    struct tokenizer tokens;
    struct id_list prompt;
    struct nn_net *net;
    int32_t *id;                         /* [16][prompt + length] the texts */
    size_t room;                         /* of a text */
    struct likely_token *z;              /* [vocabulary] */
    _Alignas(64) int32_t lengths[LANES]; /* as kernels read them */
    struct arena mem;
};

static int compare_likely(const void *a, const void *b)
{
    const struct likely_token *x = a, *y = b;
    return x->z != y->z ? (x->z > y->z ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

/* Turns outputs into shares times some factor, and returns their sum over those that are drawn from; *n of them. */
static double shares_to_draw_from(struct generating *g, size_t *n)
{
    const struct generate_how *how = g->how;
    const double most = g->z[0].z;
    double sum = 0, whole = 0;
    if (how->top_k && (size_t)how->top_k < *n)
        *n = (size_t)how->top_k;
    for (size_t i = 0; i < *n; i++)
        whole += g->z[i].z = m_exp((g->z[i].z - most) / how->temperature);
    size_t kept = 0;
    while (kept < *n && (!kept || sum < how->top_p * whole))
        sum += g->z[kept++].z;
    *n = kept;
    return sum;
}

/* The next token of text number `text`, from the outputs at a position of a lane. */
static int32_t draw_token(struct generating *g, int lane, int position, uint32_t text, uint32_t number)
{
    const struct shape out = nn_output(g->m->graph);
    const int32_t first = g->tokens.kind == TOKENS_CHAR || g->tokens.kind == TOKENS_WORD; /* not the unknown one */
    size_t n = 0;
    struct rng r;
    for (int32_t k = first; k < out.c; k++)
        g->z[n++] = (struct likely_token){(double)g->net->z[lane_at(out, lane, k, position, 0)], k};
    qsort(g->z, n, sizeof *g->z, compare_likely);
    if (g->how->temperature <= 0)
        return g->z[0].id;
    const double sum = shares_to_draw_from(g, &n);
    rng_init(&r, g->how->seed, RNG_SAMPLE, text, number);
    const double high = rng_u32(&r), low = rng_u32(&r) >> 11; /* 53 bits of [0,1) */
    double left = (high * 0x1p-32 + low * 0x1p-53) * sum;
    for (size_t i = 0; i + 1 < n; i++) {
        if (left < g->z[i].z)
            return g->z[i].id;
        left -= g->z[i].z;
    }
    return g->z[n - 1].id;
}

/* The last ids of the texts, as many as there is room for, go through the network. Returns the last position. */
static int look_at_texts(struct generating *g, int texts, size_t have)
{
    const int most = g->m->graph->in.h, n = have < (size_t)most ? (int)have : most;
    const uint32_t sample[LANES] = {0};
    for (int i = 0; i < LANES; i++) {
        const int32_t *id = g->id + (size_t)i * g->room + (have - (size_t)n);
        for (int p = 0; p < most; p++)
            g->net->x[p * LANES + i] = i < texts && p < n ? (float)id[p] : 0;
        g->lengths[i] = i < texts ? n : 0;
    }
    const struct nn_pass pass = {.n = texts, .blocks = 1, .sample = sample, .lengths = n < most ? g->lengths : NULL};
    nn_forward(g->net, &pass);
    return n - 1;
}

static void draw_texts(struct generating *g, int first, int texts)
{
    for (int i = 0; i < texts; i++)
        memcpy(g->id + (size_t)i * g->room, g->prompt.v, g->prompt.n * sizeof *g->id);
    for (int k = 0; k < g->how->length; k++) {
        const size_t have = g->prompt.n + (size_t)k;
        const int position = look_at_texts(g, texts, have);
        for (int i = 0; i < texts; i++)
            g->id[(size_t)i * g->room + have] = draw_token(g, i, position, (uint32_t)(first + i), (uint32_t)k);
    }
}

/* Puts the bytes of the prompt before what was drawn. */
static int hand_over_text(struct generating *g, int lane, int number,
                          int (*text)(void *ctx, int i, const struct str *t), void *ctx, struct err *e)
{
    const char *prompt = g->how->prompt, *end = prompt + strlen(prompt);
    struct str out = {0};
    str_add(&out, prompt);
    if (g->tokens.kind == TOKENS_WORD && end > prompt && !strchr(" \n\t", end[-1]))
        str_add(&out, " ");
    tokenizer_decode(&g->tokens, g->id + (size_t)lane * g->room + g->prompt.n, (size_t)g->how->length, &out);
    int bad = out.failed ? err_set(e, ERR_NOMEM, "no memory for a text of %d tokens", g->how->length)
                         : text(ctx, number, &out);
    str_release(&out);
    return bad;
}

static int read_prompt(struct generating *g, size_t *unknown, struct err *e)
{
    const char *prompt = g->how->prompt;
    const size_t n = strlen(prompt), bad = tokenizer_check(g->tokens.kind, prompt, n);
    if (bad < n)
        return err_set(e, ERR_USAGE, "--prompt: byte %zu, %02x, is not of a letter in UTF-8", bad + 1,
                       (unsigned char)prompt[bad]);
    tokenizer_encode(&g->tokens, prompt, n, &g->prompt);
    if (!g->prompt.n)
        return err_set(e, ERR_USAGE, "--prompt: has no tokens; write a word");
    *unknown = 0;
    for (size_t i = 0; i < g->prompt.n; i++)
        *unknown +=
            (g->tokens.kind == TOKENS_CHAR || g->tokens.kind == TOKENS_WORD) && g->prompt.v[i] == TOKENS_UNKNOWN;
    return g->prompt.failed ? err_set(e, ERR_NOMEM, "no memory for the prompt") : 0;
}

static int generating_init(struct generating *g, size_t *unknown, struct err *e)
{
    const struct nn_graph *graph = g->m->graph;
    const struct kernels *k = kernels_pick(g->how->isa);
    arena_init(&g->mem);
    if (strcmp(g->m->task, "next") != 0 || g->m->form.type != FIELD_TOKENS)
        return err_set(e, ERR_USAGE, "the network has learned to %s; texts are generated by one of the task next",
                       g->m->task);
    if (!k)
        return err_set(e, ERR_USAGE, "--isa %s: this machine or this program does not have it", g->how->isa);
    if (g->m->form.target)
        return err_set(e, ERR_DATA, "the model's network reads pairs of texts, and its task, next, is of one");
    if (tokenizer_read(&g->tokens, g->m->form.tokens, e) || read_prompt(g, unknown, e))
        return -1;
    if (nn_output(graph).kind != SEQUENCE || nn_output(graph).c != g->tokens.size || nn_output(graph).h != graph->in.h)
        return err_set(e, ERR_DATA, "the model's network does not put out its %d tokens at each position",
                       g->tokens.size);
    if (g->tokens.size < 2 && (g->tokens.kind == TOKENS_CHAR || g->tokens.kind == TOKENS_WORD))
        return err_set(e, ERR_DATA, "the model knows no token that could be written");
    g->room = g->prompt.n + (size_t)g->how->length;
    g->id = arena_take(&g->mem, LANES * g->room * sizeof *g->id);
    g->z = arena_take(&g->mem, (size_t)g->tokens.size * sizeof *g->z);
    g->net = nn_net_new(graph, LANES, 0, NULL, k, &g->mem, e);
    if (!g->id || !g->z || !g->net)
        return e->code ? -1 : err_set(e, ERR_NOMEM, "no memory for a text of %d tokens", g->how->length);
    memcpy(g->net->w, g->m->w, graph->param_floats * sizeof(float));
    if (graph->buffer_floats)
        memcpy(g->net->buffers, g->m->buffers, graph->buffer_floats * sizeof(float));
    return 0;
}

int generate_texts(const struct model *m, const struct generate_how *how,
                   int (*text)(void *ctx, int i, const struct str *t), void *ctx, size_t *unknown, struct err *e)
{
    struct generating g = {.m = m, .how = how};
    int bad = generating_init(&g, unknown, e);
    for (int first = 0; first < how->count && !bad; first += LANES) {
        const int texts = how->count - first < LANES ? how->count - first : LANES;
        draw_texts(&g, first, texts);
        for (int i = 0; i < texts && !bad; i++)
            bad = hand_over_text(&g, i, first + i, text, ctx, e);
    }
    tokenizer_release(&g.tokens);
    free(g.prompt.v);
    arena_release(&g.mem);
    return bad && e->code ? -1 : 0;
}
