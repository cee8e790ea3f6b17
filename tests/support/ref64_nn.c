#include "ref64_nn.h"

#include <math.h>

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
