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

static void fill_pytorch(struct rng *r, int fan_in, int fan_out, size_t n, float *w)
{
    (void)fan_out;
    uniform(r, 1 / sqrt((double)fan_in), n, w);
}

// clang-format off
const struct init_type init_types[] = {
    { "he",      "normal, variance 2 / fan_in (He et al. 2015, arXiv:1502.01852)", fill_he },
    { "xavier",  "uniform, +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)", fill_xavier },
    { "normal",  "normal, standard deviation 0.02", fill_normal },
    { "pytorch", "uniform, +-1 / sqrt(fan_in): PyTorch's default for weights", fill_pytorch },
    { "zero",    "all 0", fill_zero },
    { 0 },
};

const struct param nn_params[] = {
    { .name = "init", .type = P_CHOICE, .at = offsetof(struct nn_spec, init), .preset = "he", .word = nn_init_name,
      .help = "how weights start; biases start at 0" },
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
