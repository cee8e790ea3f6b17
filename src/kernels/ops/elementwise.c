/* elementwise.c - activations and their gradients alone, sums and products, and the elementary functions. */
#include "kernels/ops/activations.h"
#include "kernels/ops/ops.h"

#define FOR_EACH(len) for (size_t i = 0; i < (len); i += LANES)

void EXPORT(act_forward)(enum act f, float parameter, size_t len, const float *x, float *y)
{
    v16 a = v16_set1(parameter);
    switch (f) {
#define ACTIVATION(name, ...)                                                                                          \
    case ACT_##name:                                                                                                   \
        FOR_EACH(len) v16_store(y + i, name##_value(v16_load(x + i), a));                                              \
        return;
#include "kernels/activations.def"
    case ACTIVATIONS:
        break;
    }
    __builtin_trap();
}

void EXPORT(act_backward)(enum act f, float parameter, size_t len, const float *v, const float *dy, float *dx)
{
    v16 a = v16_set1(parameter);
    switch (f) {
#define ACTIVATION(name, ...)                                                                                          \
    case ACT_##name:                                                                                                   \
        FOR_EACH(len) v16_store(dx + i, name##_gradient(v16_load(v + i), a, v16_load(dy + i)));                        \
        return;
#include "kernels/activations.def"
    case ACTIVATIONS:
        break;
    }
    __builtin_trap();
}

void EXPORT(add_scaled)(size_t len, float scale, const float *x, const float *z, float *y)
{
    v16 s = v16_set1(scale);
    FOR_EACH(len) v16_store(y + i, v16_fma(v16_load(x + i), s, v16_load(z + i)));
}

void EXPORT(mul)(size_t len, const float *x, const float *z, float *y)
{
    FOR_EACH(len) v16_store(y + i, v16_mul(v16_load(x + i), v16_load(z + i)));
}

void EXPORT(scaled)(size_t len, float scale, const float *x, float *y)
{
    v16 s = v16_set1(scale);
    FOR_EACH(len) v16_store(y + i, v16_mul(v16_load(x + i), s));
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
