#include "single.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 64
#define GUARD 32
#define GUARD_VALUE 12345.0f

static int run_build(struct nn_graph *g, const char *text, struct shape in, int classes, struct arena *a,
                     struct err_list *errs)
{
    struct nn_line line[MAX_LINES];
    struct nn_spec spec = {.vocabulary = strstr(text, "embedding") ? VOCABULARY : 0};
    if (strstr(text, "target")) {
        spec.target = PAIR_TARGET(in.h);
        spec.target_vocabulary = TARGET_VOCABULARY;
    }
    char *copy = strdup(text), *rest = copy, *one;
    size_t n = 0;
    while ((one = strsep(&rest, "\n"))) {
        line[n] = (struct nn_line){.text = one, .at = {"net.ini", (int)n + 10, "model", "layers"}};
        n++;
    }
    int bad = nn_graph_build(g, line, n, in, (struct nn_target){classes, "classes", NULL}, &spec, a, errs);
    memset(copy, '#', strlen(text)); /* the graph must not look at it any more */
    free(copy);
    return bad;
}

void build(struct nn_graph *g, const char *text, struct shape in, int classes, struct arena *a)
{
    struct err_list errs = {0};
    int bad = run_build(g, text, in, classes, a, &errs);
    if (bad != 0 || errs.n)
        fail_msg("'%s': %s", text, errs.n ? errs.v[0].text : "failed without an error");
    err_list_release(&errs);
}

const char *build_errors(const char *text, struct shape in, int classes)
{
    static char all[4096];
    struct err_list errs = {0};
    struct arena a;
    struct nn_graph g;
    size_t used = 0;
    all[0] = 0;
    arena_init(&a);
    int bad = run_build(&g, text, in, classes, &a, &errs);
    assert_int_equal(bad, errs.n ? -1 : 0);
    for (size_t i = 0; i < errs.n && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? "\n" : "", errs.v[i].text);
    err_list_release(&errs);
    arena_release(&a);
    return all;
}

const struct kernels *test_kernels(void)
{
    const struct kernels *k = kernels_pick(getenv("SWEEP_ISA"));
    assert_non_null(k);
    return k;
}

static struct rng stream;

void noise_restart(uint32_t seed)
{
    rng_init(&stream, seed, RNG_TEST, 0, 0);
}

float noise(void)
{
    return rng_signed(&stream);
}

double *doubles(struct arena *a, size_t n)
{
    double *p = arena_take(a, (n + 1) * sizeof *p);
    assert_non_null(p);
    return p;
}

float *floats(struct arena *a, size_t n)
{
    float *p = arena_take(a, (n + 3 * GUARD) * sizeof *p);
    assert_non_null(p);
    p += GUARD;
    ((size_t *)(void *)p)[-1] = n;
    for (size_t i = 0; i < GUARD; i++)
        p[n + i] = GUARD_VALUE;
    for (size_t i = 3; i < GUARD; i++)
        p[-(ptrdiff_t)i] = GUARD_VALUE;
    return p;
}

void floats_check(const float *p)
{
    size_t n = ((const size_t *)(const void *)p)[-1];
    for (size_t i = 0; i < GUARD; i++)
        if (p[n + i] != GUARD_VALUE)
            fail_msg("written to float %zu behind the end of %zu", i, n);
    for (size_t i = 3; i < GUARD; i++)
        if (p[-(ptrdiff_t)i] != GUARD_VALUE)
            fail_msg("written to float %zu before the beginning", i);
}

void to_natural(struct shape s, int n, const float *lanes, double *natural)
{
    for (int i = 0; i < n; i++)
        for (int c = 0; c < s.c; c++)
            for (int h = 0; h < s.h; h++)
                for (int w = 0; w < s.w; w++)
                    *natural++ = (double)lanes[lane_at(s, i, c, h, w)];
}

void to_lanes(struct shape s, int n, const double *natural, float *lanes)
{
    memset(lanes, 0, floats_of(s, blocks_of(n)) * sizeof *lanes);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < s.c; c++)
            for (int h = 0; h < s.h; h++)
                for (int w = 0; w < s.w; w++)
                    lanes[lane_at(s, i, c, h, w)] = (float)*natural++;
}

int ragged_length(int i, int t)
{
    return 1 + (5 * i + 2) % t;
}

void ragged_lengths(int n, int t, int32_t *lengths)
{
    for (int i = 0; i < blocks_of(n) * LANES; i++)
        lengths[i] = i < n ? ragged_length(i, t) : 0;
}

static uint32_t *samples(struct arena *a, int n)
{
    uint32_t *sample = arena_take(a, (size_t)n * sizeof *sample);
    assert_non_null(sample);
    for (int i = 0; i < n; i++)
        sample[i] = (uint32_t)(1000 + 7 * i);
    return sample;
}

void single_init(struct single *s, const char *text, struct shape in, int n, int training)
{
    int blocks = blocks_of(n);
    memset(s, 0, sizeof *s);
    arena_init(&s->a);
    build(&s->g, text, in, 0, &s->a);
    s->nd = &s->g.node[0];
    s->k = test_kernels();
    s->pass = (struct nn_pass){n, blocks, training, 3, 2, samples(&s->a, n), 0, NULL, 0, NULL, 0, NULL};
    s->x = floats(&s->a, floats_of(in, blocks));
    s->dx = floats(&s->a, floats_of(in, blocks));
    s->y = floats(&s->a, floats_of(s->nd->y, blocks));
    s->dy = floats(&s->a, floats_of(s->nd->y, blocks));
    s->w = floats(&s->a, s->g.param_floats);
    s->dw = floats(&s->a, s->g.param_floats);
    s->buffers = floats(&s->a, s->g.buffer_floats);
    s->saved = floats(&s->a, layer_saved_floats(s->nd, blocks));
    s->scratch = floats(&s->a, s->nd->type->scratch ? s->nd->type->scratch(s->nd, blocks, 0) : 0);
    if (s->nd->type->reset)
        s->nd->type->reset(s->nd, s->buffers);
}

void single_release(struct single *s)
{
    arena_release(&s->a);
}

static struct layer_call call_of(struct single *s)
{
    s->inputs[0] = s->x;
    s->gradients[0] = s->dx;
    return (struct layer_call){.node = s->nd,
                               .pass = &s->pass,
                               .kernels = s->k,
                               .x = s->inputs,
                               .y = s->y,
                               .dy = s->dy,
                               .dx = s->gradients,
                               .w = s->w,
                               .dw = s->dw,
                               .buffers = s->buffers,
                               .saved = s->saved,
                               .scratch = s->scratch};
}

static void check_guards(const struct single *s)
{
    const float *const all[] = {s->x, s->dx, s->y, s->dy, s->w, s->dw, s->buffers, s->saved, s->scratch};
    for (size_t i = 0; i < COUNT(all); i++)
        floats_check(all[i]);
}

static int identity(const struct single *s)
{
    return s->nd->flags & IDENTITY || (s->nd->flags & EVAL_IDENTITY && !s->pass.training);
}

void single_forward(struct single *s)
{
    struct layer_call c = call_of(s);
    if (!identity(s))
        s->nd->type->forward(&c);
    else if (s->y != s->x)
        memcpy(s->y, s->x, floats_of(s->nd->y, s->pass.blocks) * sizeof *s->y);
    check_guards(s);
}

void single_backward(struct single *s)
{
    struct layer_call c = call_of(s);
    if (!(s->nd->flags & KEEPS_X) && s->x != s->y)
        s->inputs[0] = NULL; /* a layer reads what its flags say */
    if (!(s->nd->flags & KEEPS_Y))
        c.y = NULL;
    if (!identity(s))
        s->nd->type->backward(&c);
    else if (s->dy != s->dx)
        memcpy(s->dx, s->dy, floats_of(s->nd->y, s->pass.blocks) * sizeof *s->dx);
    check_guards(s);
}
