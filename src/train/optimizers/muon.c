/* muon.c - momentum whose matrices are made orthogonal (Jordan et al. 2024, kellerjordan.github.io/posts/muon), in
 * float where torch.optim.Muon computes in bf16. A weight tensor is the matrix [outputs][inputs of one]; its step is as
 * long as one of AdamW usually is, 0.2 sqrt(max(rows, columns)) times lr (Liu et al. 2025, arXiv:2502.16982), so that
 * the same lr serves biases, gains and shifts, which AdamW steps. */
#include "train/optimizers/adam.h"

#include <math.h>
#include <string.h>

struct muon_args {
    struct adam_args adam;
    double momentum;
    int nesterov, rounds;
};

// clang-format off
#define AT(field) offsetof(struct muon_args, field)
static const struct param muon_params[] = {
    { .name = "momentum", .type = P_FLOAT, .at = AT(momentum), .min = 0, .max = 1, .preset = "0.95", .open = 2,
      .help = "decay of the running mean of gradients that is made orthogonal" },
    { .name = "nesterov", .type = P_BOOL, .at = AT(nesterov), .preset = "yes", .help = "look ahead along the momentum" },
    { .name = "rounds", .type = P_INT, .at = AT(rounds), .min = 1, .max = 20, .preset = "5",
      .help = "of the iteration that makes a matrix orthogonal" },
    { .name = "beta1", .type = P_FLOAT, .at = AT(adam.beta1), .min = 0, .max = 1, .preset = "0.9", .open = 2,
      .help = "of AdamW for biases, gains and shifts: decay of the running mean of gradients" },
    { .name = "beta2", .type = P_FLOAT, .at = AT(adam.beta2), .min = 0, .max = 1, .preset = "0.95", .open = 2,
      .help = "and of their squares" },
    { .name = "eps", .type = P_FLOAT, .at = AT(adam.eps), .min = 0, .max = 1, .preset = "1e-8", .open = 1,
      .help = "and what is added to the root" },
    { 0 }
};
// clang-format on

/* A matrix, or its transpose if that has fewer rows. Its columns stand in blocks of 16, x[block][row][16], so that the
 * kernels of dense layers multiply it. */
struct muon_matrix {
    int rows, cols, flipped, blocks;
};

static struct muon_matrix matrix_of(const struct nn_tensor *t)
{
    int cols = (int)nn_tensor_row(t), rows = (int)(t->n / (size_t)cols), flipped = rows > cols;
    int wide = flipped ? rows : cols;
    return (struct muon_matrix){flipped ? cols : rows, wide, flipped, blocks_of(wide)};
}

/* The place of an element in the blocks, and in the tensor. */
static size_t in_blocks(const struct muon_matrix *m, int row, int col)
{
    return ((size_t)(col / LANES) * (size_t)m->rows + (size_t)row) * LANES + (size_t)(col % LANES);
}

static size_t in_tensor(const struct muon_matrix *m, int row, int col)
{
    return m->flipped ? (size_t)col * (size_t)m->rows + (size_t)row : (size_t)row * (size_t)m->cols + (size_t)col;
}

static size_t floats_of_blocks(const struct muon_matrix *m)
{
    return (size_t)m->blocks * (size_t)m->rows * LANES;
}

/* Floats of a square of rows x rows in blocks, which is no less than as rows. */
static size_t floats_of_square(const struct muon_matrix *m)
{
    return (size_t)blocks_of(m->rows) * (size_t)m->rows * LANES;
}

static size_t muon_scratch(const struct nn_tensor *t)
{
    struct muon_matrix m = matrix_of(t);
    size_t work = dense_scratch(m.blocks, m.rows, m.rows);
    return 2 * PAD16(t->n) + 2 * floats_of_blocks(&m) + 4 * floats_of_square(&m) + work;
}

static float *next_array(float **scratch, size_t n)
{
    float *p = *scratch;
    *scratch += PAD16(n);
    return p;
}

/* x = a x + (b G + c G^2) x with G = x x^T, which drives every singular value to near 1; the three numbers are those of
 * the authors. square[0..3]: G, G in blocks, G^2 in blocks, the sum. */
static void orthogonal_round(const struct kernels *k, const struct muon_matrix *m, float *x, float *y,
                             float *const square[4], float *work)
{
    const float a = 3.4445f, b = -4.7750f, c = 2.0315f;
    const struct muon_matrix s = {m->rows, m->rows, 0, blocks_of(m->rows)};
    k->dense_backward_weights(m->blocks, m->rows, m->rows, x, x, square[0], NULL, work);
    memset(square[1], 0, floats_of_square(m) * sizeof(float));
    for (int r = 0; r < m->rows; r++)
        for (int i = 0; i < m->rows; i++)
            square[1][in_blocks(&s, r, i)] = square[0][in_tensor(&s, r, i)];
    k->dense_forward(s.blocks, m->rows, m->rows, square[1], square[0], NULL, square[2], NULL);
    k->scaled(floats_of_square(m), c, square[2], square[2]);
    k->add_scaled(floats_of_square(m), b, square[1], square[2], square[2]);
    for (int r = 0; r < m->rows; r++)
        for (int i = 0; i < m->rows; i++)
            square[3][in_tensor(&s, r, i)] = square[2][in_blocks(&s, r, i)];
    k->dense_forward(m->blocks, m->rows, m->rows, x, square[3], NULL, y, NULL);
    k->add_scaled(floats_of_blocks(m), a, x, y, x);
}

/* The orthogonal matrix nearest to u[n], more or less, in its place. */
static void make_orthogonal(const struct muon_args *a, const struct kernels *k, const struct nn_tensor *t, float *u,
                            float *scratch)
{
    struct muon_matrix m = matrix_of(t);
    float *x = next_array(&scratch, floats_of_blocks(&m)), *y = next_array(&scratch, floats_of_blocks(&m)), *square[4];
    for (int i = 0; i < 4; i++)
        square[i] = next_array(&scratch, floats_of_square(&m));
    double length = sqrt(k->sum_squares(PAD16(t->n), u));
    float scale = (float)(1 / (length > 1e-7 ? length : 1e-7));
    memset(x, 0, floats_of_blocks(&m) * sizeof *x);
    for (int r = 0; r < m.rows; r++)
        for (int i = 0; i < m.cols; i++)
            x[in_blocks(&m, r, i)] = scale * u[in_tensor(&m, r, i)];
    for (int i = 0; i < a->rounds; i++)
        orthogonal_round(k, &m, x, y, square, scratch);
    for (int r = 0; r < m.rows; r++)
        for (int i = 0; i < m.cols; i++)
            u[in_tensor(&m, r, i)] = x[in_blocks(&m, r, i)];
}

static void muon_step(const void *args, const struct optimizer_call *c)
{
    const struct muon_args *a = args;
    if (c->tensor->role != NN_WEIGHT) {
        adam_update(&a->adam, 1, c);
        return;
    }
    struct muon_matrix m = matrix_of(c->tensor);
    size_t len = PAD16(c->tensor->n);
    float *rest = c->scratch, *u = next_array(&rest, len), *g = next_array(&rest, len), *mean = c->state[0];
    double size = 0.2 * sqrt(m.cols), lr = (double)c->lr;
    c->k->scaled(len, (float)(1 - a->momentum) * c->gscale, c->g, g);
    c->k->add_scaled(len, (float)a->momentum, mean, g, mean);
    if (a->nesterov)
        c->k->add_scaled(len, (float)a->momentum, mean, g, u);
    else
        memcpy(u, mean, len * sizeof *u);
    make_orthogonal(a, c->k, c->tensor, u, rest);
    c->k->scaled(len, (float)(1 - lr * (double)c->wd), c->w, c->w);
    c->k->add_scaled(len, (float)(-lr * size), u, c->w, c->w);
}

const struct optimizer_type optimizer_muon = {
    .name = "muon",
    .help = "steps of weight tensors are momentum made orthogonal, as long as adamw's; others are adamw's",
    .source = "Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv:2502.16982",
    .params = muon_params,
    .args_size = sizeof(struct muon_args),
    .states = adam_states,
    .scratch = muon_scratch,
    .step = muon_step,
};
