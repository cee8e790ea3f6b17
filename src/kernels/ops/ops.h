/* impl.h - what the files of one level export to its table; each name ends in the level's. Contracts: kernels.h. */
#ifndef KERNELS_OPS_OPS_H
#define KERNELS_OPS_OPS_H

#include "kernels/simd/simd.h"

void EXPORT(conv_forward)(const struct conv_dims *d, int blocks, const float *x, const float *w, const float *b,
                          float *y, float *scratch);
void EXPORT(conv_backward_data)(const struct conv_dims *d, int blocks, const float *dy, const float *w, float *dx,
                                float *scratch);
void EXPORT(conv_backward_weights)(const struct conv_dims *d, int blocks, const float *x, const float *dy, float *dw,
                                   float *db, float *scratch);
void EXPORT(conv_weight_rows)(const struct conv_dims *d, int r0, int r1, const float *const *x, const float *const *dy,
                              float *sums);
void EXPORT(conv_weight_sums)(const struct conv_dims *d, const float *sums, float *dw);
void EXPORT(conv_bias_rows)(const struct conv_dims *d, int r0, int r1, const float *const *dy, float *sums);
void EXPORT(conv_bias_sums)(const struct conv_dims *d, const float *sums, float *db);
void EXPORT(conv_pack)(const struct conv_dims *d, enum conv_way way, const float *w, float *packed);
void EXPORT(conv_rows)(const struct conv_dims *d, enum conv_way way, int r0, int r1, const float *const *x,
                       const float *packed, const float *b, float *const *y, const struct ahead *next, float *scratch);
void EXPORT(dense_forward)(int blocks, int in, int out, const float *x, const float *w, const float *b, float *y);
void EXPORT(dense_backward_data)(int blocks, int in, int out, const float *dy, const float *w, float *dx);
void EXPORT(dense_backward_weights)(int blocks, int in, int out, const float *x, const float *dy, float *dw, float *db,
                                    float *scratch);

void EXPORT(bn_stats)(int c, int h, int w, int n, const float *x, float *mean, float *var);
void EXPORT(bn_moments)(int c, int w, int rows, int live, int first, const float *x, float *about, double *lanes);
void EXPORT(bn_moments_bf16)(int c, int w, int rows, int live, int first, const float *x, uint16_t *y, float *about,
                             double *lanes);
void EXPORT(bn_moments_end)(int c, int w, int rows, int live, const float *about, const double *lanes,
                            struct moments *out);
void EXPORT(bn_apply)(int c, int h, int w, int blocks, const float *x, const float *scale, const float *shift,
                      float *y);
void EXPORT(bn_backward_stats)(int c, int h, int w, int n, const float *x, const float *dy, const float *mean,
                               const float *invstd, float *sum_dy, float *sum_dyx);
void EXPORT(bn_backward)(int c, int h, int w, int n, const float *x, const float *dy, const float *a, const float *p,
                         const float *q, float *dx);

void EXPORT(act_forward)(enum act f, float slope, size_t len, const float *x, float *y);
void EXPORT(act_backward)(enum act f, float slope, size_t len, const float *v, const float *dy, float *dx);
void EXPORT(dropout)(int blocks, size_t vectors, float p, const uint32_t *seed, const float *x, float *y);

void EXPORT(pointwise_forward)(struct pointwise *f, int rows, const float *x, float *y);
void EXPORT(pointwise_backward)(struct pointwise *f, int rows, const float *x, const float *dy, const float *mean,
                                float *y, float *g, double *lanes);
void EXPORT(pointwise_sums)(int c, int live, const double *lanes, double *sums);

void EXPORT(bf16_round)(size_t n, const float *x, float *y);
void EXPORT(to_bf16)(size_t n, const float *x, uint16_t *y);
void EXPORT(from_bf16)(size_t n, const uint16_t *x, float *y);
void EXPORT(bn_backward_bf16)(int c, int h, int w, int n, const uint16_t *x, const uint16_t *dy, const float *a,
                              const float *p, const float *q, float *dx);
void EXPORT(pointwise_forward_bf16)(struct pointwise *f, int rows, const uint16_t *x, int round, float *y);
void EXPORT(pointwise_backward_bf16)(struct pointwise *f, int rows, const uint16_t *x, const float *dy,
                                     const float *mean, float *y, uint16_t *g, double *lanes);

void EXPORT(maxpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y);
void EXPORT(maxpool_backward)(const struct pool_dims *d, int blocks, const float *x, const float *y, const float *dy,
                              float *dx);
void EXPORT(avgpool_forward)(const struct pool_dims *d, int blocks, const float *x, float *y);
void EXPORT(avgpool_backward)(const struct pool_dims *d, int blocks, const float *dy, float *dx);

void EXPORT(softmax_xent)(int n, int classes, const float *z, const int32_t *label, float smoothing, float scale,
                          float *loss, float *prob, float *dz);

void EXPORT(sgd_step)(size_t len, float lr, float momentum, int nesterov, int first, float wd, float gscale,
                      const float *g, float *w, float *m);
void EXPORT(rmsprop_step)(size_t len, float lr, double alpha, float momentum, float eps, float wd, float gscale,
                          const float *g, float *w, float *v, float *m);
void EXPORT(adam_step)(size_t len, float lr, double beta1, double beta2, float eps, float c1, float c2, int decoupled,
                       float wd, float gscale, const float *g, float *w, float *m, float *v);
double EXPORT(sum_squares)(size_t len, const float *x);

void EXPORT(pixels)(size_t n, const uint8_t *const in[LANES], float scale, float shift, float *x);
void EXPORT(warp)(const struct sampling *s, const uint8_t *const in[LANES], const uint8_t *const next[LANES],
                  float scale, float shift, size_t stride, float *x, uint16_t *scratch);
void EXPORT(vec_exp)(size_t len, const float *x, float *y);
void EXPORT(vec_log)(size_t len, const float *x, float *y);
void EXPORT(vec_tanh)(size_t len, const float *x, float *y);
void EXPORT(vec_erf)(size_t len, const float *x, float *y);

#endif
