/* ref64_nn.h - every layer's forward pass in double, written as its definition reads, in natural order x[n][c][h][w]:
 * the oracle of the nn tests. No code and no layout in common with the engine. */
#ifndef SUPPORT_REF64_NN_H
#define SUPPORT_REF64_NN_H

struct ref64_window { /* convolution and pooling; all sides */
    int n, c, h, w;   /* input */
    int co, ho, wo;   /* output */
    int kh, kw, sh, sw, top, left, dh, dw, groups;
};

/* y[n][co][ho][wo]; w[co][c / groups][kh][kw], b[co] or NULL */
void ref64_conv2d(const struct ref64_window *g, const double *x, const double *w, const double *b, double *y);
void ref64_maxpool(const struct ref64_window *g, const double *x, double *y);
void ref64_avgpool(const struct ref64_window *g, const double *x, double *y); /* padding counts as zeros */
/* y[n][out] = w[out][in] x[n][in] + b[out] (or NULL) */
void ref64_dense(int n, int in, int out, const double *x, const double *w, const double *b, double *y);
/* x, y [n][c][hw]. mean, var [c]: those to normalize with; ref64_moments computes a batch's (biased). */
void ref64_moments(int n, int c, int hw, const double *x, double *mean, double *var);
void ref64_batchnorm(int n, int c, int hw, double eps, const double *x, const double *mean, const double *var,
                     const double *weight, const double *bias, double *y);

double ref64_relu(double x, double unused);
double ref64_leaky_relu(double x, double slope);
double ref64_sigmoid(double x, double unused);
double ref64_tanh(double x, double unused);
double ref64_gelu(double x, double unused);
double ref64_relu6(double x, double unused);
double ref64_elu(double x, double alpha);
double ref64_selu(double x, double unused);
double ref64_silu(double x, double unused);
double ref64_mish(double x, double unused);
double ref64_softplus(double x, double unused);
double ref64_hardswish(double x, double unused);
/* x[n][c][hw]; slope [c], or one number where `shared`. */
void ref64_prelu(int n, int c, int hw, int shared, const double *x, const double *slope, double *y);
/* Each sample by itself: groups of channels at all positions, or (0) the channels of each position; the mean is taken
 * away where `centred`. weight and bias (NULL: 1, 0): [c], or [c][h][w] where `elementwise`. */
void ref64_sample_norm(int n, int c, int h, int w, int groups, int centred, int elementwise, double eps,
                       const double *x, const double *weight, const double *bias, double *y);
void ref64_lrn(int n, int c, int hw, int size, double alpha, double beta, double k, const double *x, double *y);
/* Each position's channels divided by their length and t. */
void ref64_logit_norm(int n, int c, int hw, double t, const double *x, double *y);
/* Windows of adaptive pooling, by g->c, h, w, ho, wo. */
void ref64_adaptive(const struct ref64_window *g, int max, const double *x, double *y);
/* Each row and column `factor` times (fh, fw); bilinear: middles of pixels, the edge goes on. */
void ref64_upsample(int n, int c, int h, int w, int fh, int fw, int bilinear, const double *x, double *y);
/* top rows above and below, left columns on both sides; negative: taken away. mode 0 zeros, 1 reflect, 2 replicate. */
void ref64_border(int n, int c, int h, int w, int top, int left, int mode, const double *x, double *y);
/* x[n][2 c][hw], y[n][c][hw] */
void ref64_glu(int n, int c, int hw, const double *x, double *y);
/* x[n][pieces c][hw], y[n][c][hw] */
void ref64_maxout(int n, int c, int pieces, int hw, const double *x, double *y);

#endif
