#include "ref64_nn.h"

#include <math.h>
#include <stdlib.h>

/* x[n][c][row][col], 0 outside */
static double pixel(const struct ref64_window *g, const double *x, int n, int c, int row, int col)
{
    if (row < 0 || row >= g->h || col < 0 || col >= g->w)
        return 0;
    return x[((n * g->c + c) * g->h + row) * g->w + col];
}

static double conv_at(const struct ref64_window *g, const double *x, const double *w, int n, int co, int i, int j)
{
    int cig = g->c / g->groups, first = co / (g->co / g->groups) * cig;
    double sum = 0;
    for (int ci = 0; ci < cig; ci++)
        for (int a = 0; a < g->kh; a++)
            for (int b = 0; b < g->kw; b++)
                sum += w[((co * cig + ci) * g->kh + a) * g->kw + b] *
                       pixel(g, x, n, first + ci, i * g->sh - g->top + a * g->dh, j * g->sw - g->left + b * g->dw);
    return sum;
}

void ref64_conv2d(const struct ref64_window *g, const double *x, const double *w, const double *b, double *y)
{
    for (int n = 0; n < g->n; n++)
        for (int co = 0; co < g->co; co++)
            for (int i = 0; i < g->ho; i++)
                for (int j = 0; j < g->wo; j++)
                    *y++ = conv_at(g, x, w, n, co, i, j) + (b ? b[co] : 0);
}

void ref64_maxpool(const struct ref64_window *g, const double *x, double *y)
{
    for (int n = 0; n < g->n; n++)
        for (int c = 0; c < g->c; c++)
            for (int i = 0; i < g->ho; i++)
                for (int j = 0; j < g->wo; j++, y++) {
                    *y = -INFINITY;
                    for (int a = 0; a < g->kh; a++)
                        for (int b = 0; b < g->kw; b++) {
                            int row = i * g->sh - g->top + a, col = j * g->sw - g->left + b;
                            if (row >= 0 && row < g->h && col >= 0 && col < g->w)
                                *y = fmax(*y, pixel(g, x, n, c, row, col));
                        }
                }
}

void ref64_avgpool(const struct ref64_window *g, const double *x, double *y)
{
    for (int n = 0; n < g->n; n++)
        for (int c = 0; c < g->c; c++)
            for (int i = 0; i < g->ho; i++)
                for (int j = 0; j < g->wo; j++, y++) {
                    *y = 0;
                    for (int a = 0; a < g->kh; a++)
                        for (int b = 0; b < g->kw; b++)
                            *y += pixel(g, x, n, c, i * g->sh - g->top + a, j * g->sw - g->left + b) / (g->kh * g->kw);
                }
}

void ref64_dense(int n, int in, int out, const double *x, const double *w, const double *b, double *y)
{
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++) {
            double sum = b ? b[o] : 0;
            for (int k = 0; k < in; k++)
                sum += w[o * in + k] * x[i * in + k];
            *y++ = sum;
        }
}

void ref64_moments(int n, int c, int hw, const double *x, double *mean, double *var)
{
    for (int k = 0; k < c; k++) {
        double sum = 0, square = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < hw; j++)
                sum += x[(i * c + k) * hw + j];
        mean[k] = sum / (n * hw);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < hw; j++)
                square += pow(x[(i * c + k) * hw + j] - mean[k], 2);
        var[k] = square / (n * hw);
    }
}

void ref64_batchnorm(int n, int c, int hw, double eps, const double *x, const double *mean, const double *var,
                     const double *weight, const double *bias, double *y)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c; k++)
            for (int j = 0; j < hw; j++, x++)
                *y++ = (*x - mean[k]) / sqrt(var[k] + eps) * weight[k] + bias[k];
}

double ref64_relu(double x, double unused)
{
    (void)unused;
    return x > 0 ? x : 0;
}

double ref64_leaky_relu(double x, double slope)
{
    return x > 0 ? x : slope * x;
}

double ref64_sigmoid(double x, double unused)
{
    (void)unused;
    return 1 / (1 + exp(-x));
}

double ref64_tanh(double x, double unused)
{
    (void)unused;
    return tanh(x);
}

double ref64_gelu(double x, double unused)
{
    (void)unused;
    return x * 0.5 * (1 + erf(x / sqrt(2)));
}

double ref64_relu6(double x, double unused)
{
    (void)unused;
    return fmin(fmax(x, 0), 6);
}

double ref64_elu(double x, double alpha)
{
    return x > 0 ? x : alpha * expm1(x);
}

double ref64_selu(double x, double unused)
{
    (void)unused;
    return 1.0507009873554805 * ref64_elu(x, 1.6732632423543772);
}

double ref64_silu(double x, double unused)
{
    (void)unused;
    return x / (1 + exp(-x));
}

double ref64_mish(double x, double unused)
{
    (void)unused;
    return x * tanh(log1p(exp(x)));
}

double ref64_softplus(double x, double unused)
{
    (void)unused;
    return log1p(exp(x));
}

double ref64_hardswish(double x, double unused)
{
    (void)unused;
    return x * ref64_relu6(x + 3, 0) / 6;
}

void ref64_prelu(int n, int c, int hw, int shared, const double *x, const double *slope, double *y)
{
    for (int i = 0; i < n * c * hw; i++)
        y[i] = x[i] > 0 ? x[i] : slope[shared ? 0 : i / hw % c] * x[i];
}

void ref64_glu(int n, int c, int hw, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < c * hw; j++)
            y[i * c * hw + j] = x[2 * i * c * hw + j] / (1 + exp(-x[(2 * i + 1) * c * hw + j]));
}

void ref64_maxout(int n, int c, int pieces, int hw, const double *x, double *y)
{
    for (int i = 0; i < n * c; i++)
        for (int j = 0; j < hw; j++, y++) {
            *y = -INFINITY;
            for (int p = 0; p < pieces; p++)
                *y = fmax(*y, x[(i * pieces + p) * hw + j]);
        }
}

/* Whether an element of channel a is normalized together with one of channel b. */
static int same_set(int c, int groups, int a, int b)
{
    return groups ? a / (c / groups) == b / (c / groups) : 1;
}

/* Mean of (x - about)^power over the set of an element of a sample; power 1 or 2. */
static double set_moment(int c, int hw, int groups, const double *x, int ch, int at, double about, int power)
{
    double sum = 0;
    int count = 0;
    for (int k = 0; k < c; k++)
        for (int j = 0; j < hw; j++)
            if (same_set(c, groups, ch, k) && (groups || j == at)) {
                const double away = x[k * hw + j] - about;
                sum += power == 2 ? away * away : away;
                count++;
            }
    return sum / count;
}

void ref64_sample_norm(int n, int c, int h, int w, int groups, int centred, int elementwise, double eps,
                       const double *x, const double *weight, const double *bias, double *y)
{
    int hw = h * w;
    for (int i = 0; i < n; i++, x += c * hw)
        for (int ch = 0; ch < c; ch++)
            for (int at = 0; at < hw; at++, y++) {
                double mean = centred ? set_moment(c, hw, groups, x, ch, at, 0, 1) : 0;
                double variance = set_moment(c, hw, groups, x, ch, at, mean, 2);
                int k = elementwise ? ch * hw + at : ch;
                *y = (x[ch * hw + at] - mean) / sqrt(variance + eps) * (weight ? weight[k] : 1) + (bias ? bias[k] : 0);
            }
}

void ref64_lrn(int n, int c, int hw, int size, double alpha, double beta, double k, const double *x, double *y)
{
    for (int i = 0; i < n; i++, x += c * hw)
        for (int ch = 0; ch < c; ch++)
            for (int at = 0; at < hw; at++, y++) {
                double sum = 0;
                for (int j = ch - size / 2; j < ch - size / 2 + size; j++)
                    sum += j >= 0 && j < c ? x[j * hw + at] * x[j * hw + at] : 0;
                *y = x[ch * hw + at] / pow(k + alpha / size * sum, beta);
            }
}

void ref64_logit_norm(int n, int c, int hw, double t, const double *x, double *y)
{
    for (int i = 0; i < n; i++, x += c * hw)
        for (int ch = 0; ch < c; ch++)
            for (int at = 0; at < hw; at++, y++) {
                double square = 0;
                for (int k = 0; k < c; k++)
                    square += x[k * hw + at] * x[k * hw + at];
                *y = x[ch * hw + at] / sqrt(square) / t;
            }
}

void ref64_adaptive(const struct ref64_window *g, int max, const double *x, double *y)
{
    for (int n = 0; n < g->n; n++)
        for (int c = 0; c < g->c; c++)
            for (int i = 0; i < g->ho; i++)
                for (int j = 0; j < g->wo; j++, y++) {
                    double most = -INFINITY, sum = 0;
                    int count = 0;
                    for (int row = 0; row < g->h; row++)
                        for (int col = 0; col < g->w; col++)
                            if ((row + 1) * g->ho > i * g->h && row * g->ho < (i + 1) * g->h &&
                                (col + 1) * g->wo > j * g->w && col * g->wo < (j + 1) * g->w) {
                                most = fmax(most, pixel(g, x, n, c, row, col));
                                sum += pixel(g, x, n, c, row, col);
                                count++;
                            }
                    *y = max ? most : sum / count;
                }
}

/* The value at a place between the pixels of one map. */
static double between_pixels(int h, int w, double row, double col, const double *map)
{
    row = fmin(fmax(row, 0), h - 1);
    col = fmin(fmax(col, 0), w - 1);
    int r = (int)row, s = (int)col, below = r + 1 < h ? r + 1 : r, right = s + 1 < w ? s + 1 : s;
    double up = map[r * w + s] + (map[r * w + right] - map[r * w + s]) * (col - s);
    double down = map[below * w + s] + (map[below * w + right] - map[below * w + s]) * (col - s);
    return up + (down - up) * (row - r);
}

void ref64_upsample(int n, int c, int h, int w, int fh, int fw, int bilinear, const double *x, double *y)
{
    for (int i = 0; i < n * c; i++, x += h * w)
        for (int row = 0; row < h * fh; row++)
            for (int col = 0; col < w * fw; col++)
                *y++ = bilinear ? between_pixels(h, w, (row + 0.5) / fh - 0.5, (col + 0.5) / fw - 0.5, x)
                                : x[row / fh * w + col / fw];
}

void ref64_border(int n, int c, int h, int w, int top, int left, int mode, const double *x, double *y)
{
    for (int i = 0; i < n * c; i++, x += h * w)
        for (int row = -top; row < h + top; row++)
            for (int col = -left; col < w + left; col++) {
                int r = row, s = col;
                if (mode == 1) {
                    r = abs(h - 1 - abs(h - 1 - row));
                    s = abs(w - 1 - abs(w - 1 - col));
                } else if (mode == 2) {
                    r = row < 0 ? 0 : row < h ? row : h - 1;
                    s = col < 0 ? 0 : col < w ? col : w - 1;
                }
                *y++ = r < 0 || r >= h || s < 0 || s >= w ? 0 : x[r * w + s];
            }
}
