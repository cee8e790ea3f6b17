/* inits.c - how weights start: one row each. */
#include "nn/inits.h"

#include "nn/layer.h"

#include <math.h>

static void normal(struct rng *r, double std, size_t n, float *w)
{
    enum { PIECE = 256 };
    double v[PIECE];
    for (size_t i = 0; i < n; i += PIECE) {
        size_t m = n - i < PIECE ? n - i : PIECE;
        rng_normals(r, m, v);
        for (size_t k = 0; k < m; k++)
            w[i + k] = (float)(std * v[k]);
    }
}

static void uniform(struct rng *r, double limit, size_t n, float *w)
{
    for (size_t i = 0; i < n; i++)
        w[i] = (float)(limit * (double)rng_signed(r));
}

static void fill_he(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_out;
    normal(r, sqrt(2.0 / fan_in), n, w);
}

static void fill_xavier(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    uniform(r, sqrt(6.0 / ((double)fan_in + fan_out)), n, w);
}

static void fill_zero(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)r, (void)fan_in, (void)fan_out;
    for (size_t i = 0; i < n; i++)
        w[i] = 0;
}

static void fill_normal(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_in, (void)fan_out;
    normal(r, 0.02, n, w);
}

static void fill_standard_normal(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_in, (void)fan_out;
    normal(r, 1, n, w);
}

static void fill_pytorch(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_out;
    uniform(r, 1 / sqrt((double)fan_in), n, w);
}

static void fill_lecun(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_out;
    normal(r, sqrt(1.0 / fan_in), n, w);
}

static void fill_truncated_normal(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_in, (void)fan_out;
    for (size_t i = 0; i < n; i++) {
        double v;
        do
            v = rng_normal(r);
        while (fabs(v) > 2);
        w[i] = (float)(0.02 * v);
    }
}

static void fill_uniform(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_in, (void)fan_out;
    uniform(r, 0.05, n, w);
}

static void fill_constant(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)r, (void)fan_in, (void)fan_out;
    for (size_t i = 0; i < n; i++)
        w[i] = 0.01f;
}

/* Takes from v[n] its part along u[n], which has length 1; elements are `step` apart. */
static void make_orthogonal_to(const float *u, float *v, size_t n, size_t step)
{
    double dot = 0;
    for (size_t i = 0; i < n; i++)
        dot += (double)u[i * step] * (double)v[i * step];
    for (size_t i = 0; i < n; i++)
        v[i * step] = (float)((double)v[i * step] - dot * (double)u[i * step]);
}

static void make_unit(float *v, size_t n, size_t step)
{
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += (double)v[i * step] * (double)v[i * step];
    for (size_t i = 0; square > 0 && i < n; i++)
        v[i * step] = (float)((double)v[i * step] / sqrt(square));
}

/* The shorter side of a normal matrix w[n / fan_in][fan_in], made orthonormal by Gram and Schmidt's method, twice so
 * that rounding does not show (Giraud et al. 2005, doi:10.1007/s00211-005-0615-4). */
static void fill_orthogonal(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    size_t cols = (size_t)fan_in, rows = n / cols, wide = rows <= cols;
    size_t vectors = wide ? rows : cols, length = wide ? cols : rows, step = wide ? 1 : cols, apart = wide ? cols : 1;
    (void)fan_out;
    normal(r, 1, n, w);
    for (size_t i = 0; i < vectors; i++)
        for (int again = 0; again < 2; again++) {
            for (size_t k = 0; k < i; k++)
                make_orthogonal_to(w + k * apart, w + i * apart, length, step);
            make_unit(w + i * apart, length, step);
        }
}

// clang-format off
const struct init_type init_types[] = {
    { "he",      "normal, variance 2 / fan_in (He et al. 2015, arXiv:1502.01852)", fill_he, 0 },
    { "xavier",  "uniform, +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)", fill_xavier, 0 },
    { "normal",  "normal, standard deviation 0.02", fill_normal, 0 },
    { "pytorch", "uniform, +-1 / sqrt(fan_in), also biases: PyTorch's default for convolutions and dense layers", fill_pytorch,
      1 },
    { "zero",    "all 0", fill_zero, 0 },
    { "lecun",   "normal, variance 1 / fan_in (LeCun et al. 1998, Efficient BackProp); what selu wants", fill_lecun, 0 },
    { "orthogonal", "rows of length 1 at right angles, or columns if there are fewer of them (Saxe et al. 2014, arXiv:1312.6120)",
      fill_orthogonal, 0 },
    { "truncated_normal", "normal, standard deviation 0.02, without what is more than two of them from 0", fill_truncated_normal, 0 },
    { "uniform", "uniform, +-0.05", fill_uniform, 0 },
    { "standard_normal", "normal, standard deviation 1: PyTorch's default for embeddings", fill_standard_normal, 0 },
    { "constant", "all 0.01: all channels of a layer stay the same, as with zero", fill_constant, 0 },
    { 0 },
};

const struct param nn_params[] = {
    { .name = "init", .type = P_CHOICE, .at = offsetof(struct nn_spec, init), .preset = "he", .word = nn_init_name,
      .help = "how weights start; biases start at 0, but with `pytorch`" },
    { .name = "start", .type = P_TEXT, .at = offsetof(struct nn_spec, start), .preset = "", .matters = MATTERS_NEVER, /* its tensors do */
      .help = "a trained network whose weights this one begins with: NAME of a sweep, NAME@TRIAL, or FILE.safetensors; empty or none: no other; tensors of the "
              "same name and shape are taken, the others start as `init` says" },
    { .name = "match", .type = P_TEXT, .at = offsetof(struct nn_spec, match), .preset = "", .matters = MATTERS_NEVER, /* likewise */
      .help = "PATTERN -> PATTERN, ...: tensors of `start` whose names fit the first have the second here, with what each * stood for "
              "(backbone.* -> *); the first line that fits counts, `-> none` leaves them out" },
    { .name = "freeze", .type = P_TEXT, .at = offsetof(struct nn_spec, freeze), .preset = "", .matters = MATTERS_NEVER, /* what it freezes does */
      .help = "layers and tensors that are not trained: patterns of names (4 layer1 *.bias), `before PATTERN` for all in front of a "
              "layer; a frozen batchnorm normalizes by its running statistics, as PyTorch's in eval mode" },
    { .name = "unfreeze_at", .type = P_INT, .at = offsetof(struct nn_spec, unfreeze_at), .min = 0, .max = 1000000, .preset = "0",
      .matters = MATTERS_NEVER, /* where something is frozen it does */
      .help = "from this epoch on everything is trained; 0: what is frozen stays so" },
    { .name = "lr_scale", .type = P_TEXT, .at = offsetof(struct nn_spec, lr_scale), .preset = "", .matters = MATTERS_NEVER, /* its factors do */
      .help = "PATTERN FACTOR, ...: the learning rate of tensors whose names fit is multiplied by it; the last that fits counts" },
    { 0 },
};
// clang-format on

const char *nn_init_name(size_t i)
{
    return i < sizeof init_types / sizeof init_types[0] ? init_types[i].name : NULL;
}

const char *nn_init_help(size_t i)
{
    return nn_init_name(i) ? init_types[i].help : NULL;
}
