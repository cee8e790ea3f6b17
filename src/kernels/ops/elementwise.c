/* activation.c - elementwise functions and their derivatives. */
#include "kernels/ops/activations.h"
#include "kernels/ops/ops.h"

#define FOR_EACH(len) for (size_t i = 0; i < (len); i += LANES)

void EXPORT(act_forward)(enum act f, float slope, size_t len, const float *x, float *y)
{
    v16 s = v16_set1(slope);
    switch (f) {
    case ACT_RELU:
        FOR_EACH(len) v16_store(y + i, relu(v16_load(x + i)));
        break;
    case ACT_LEAKY_RELU:
        FOR_EACH(len) v16_store(y + i, leaky_relu(v16_load(x + i), s));
        break;
    case ACT_SIGMOID:
        FOR_EACH(len) v16_store(y + i, v16_sigmoid(v16_load(x + i)));
        break;
    case ACT_TANH:
        FOR_EACH(len) v16_store(y + i, v16_tanh(v16_load(x + i)));
        break;
    case ACT_GELU:
        FOR_EACH(len) v16_store(y + i, gelu(v16_load(x + i)));
        break;
    }
}

void EXPORT(act_backward)(enum act f, float slope, size_t len, const float *v, const float *dy, float *dx)
{
    v16 s = v16_set1(slope), zero = v16_zero();
    switch (f) {
    case ACT_RELU:
        FOR_EACH(len) v16_store(dx + i, v16_keep(v16_gt(v16_load(v + i), zero), v16_load(dy + i)));
        break;
    case ACT_LEAKY_RELU:
        FOR_EACH(len)
        {
            v16 g = v16_load(dy + i);
            v16_store(dx + i, v16_select(v16_gt(v16_load(v + i), zero), g, v16_mul(g, s)));
        }
        break;
    case ACT_SIGMOID:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), sigmoid_slope(v16_load(v + i))));
        break;
    case ACT_TANH:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), tanh_slope(v16_load(v + i))));
        break;
    case ACT_GELU:
        FOR_EACH(len) v16_store(dx + i, v16_mul(v16_load(dy + i), gelu_slope(v16_load(v + i))));
        break;
    }
}

void EXPORT(vec_exp)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_exp(v16_load(x + i)));
}

void EXPORT(vec_log)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_log(v16_load(x + i)));
}

void EXPORT(vec_tanh)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_tanh(v16_load(x + i)));
}

void EXPORT(vec_erf)(size_t len, const float *x, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_erf(v16_load(x + i)));
}
