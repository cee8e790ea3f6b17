/* elementwise.c - activations and their gradients alone, sums and products, and the elementary functions. */
#include "kernels/ops/activations.h"
#include "kernels/ops/ops.h"

#define FOR_EACH(len) for (size_t i = 0; i < (len); i += LANES)

/* y = f(x, a), and dx = f(v, a, dy). Two vectors at a time: while one waits for a result, the other is computed. In
 * plain C, which takes long to compile, one. */
#ifdef FIXED_SIZES
#define AT_ONCE 2
#else
#define AT_ONCE 1
#endif

INLINE void map(size_t len, v16 a, const float *x, float *y, v16 (*f)(v16 x, v16 a))
{
    size_t i = 0;
    for (; AT_ONCE > 1 && i + LANES < len; i += 2 * LANES) {
        v16 first = v16_load(x + i), second = v16_load(x + i + LANES);
        first = f(first, a);
        second = f(second, a);
        v16_store(y + i, first);
        v16_store(y + i + LANES, second);
    }
    for (; i < len; i += LANES)
        v16_store(y + i, f(v16_load(x + i), a));
}

INLINE void map_back(size_t len, v16 a, const float *v, const float *dy, float *dx, v16 (*f)(v16 v, v16 a, v16 dy))
{
    size_t i = 0;
    for (; AT_ONCE > 1 && i + LANES < len; i += 2 * LANES) {
        v16 first = v16_load(v + i), second = v16_load(v + i + LANES);
        v16 dy_first = v16_load(dy + i), dy_second = v16_load(dy + i + LANES);
        first = f(first, a, dy_first);
        second = f(second, a, dy_second);
        v16_store(dx + i, first);
        v16_store(dx + i + LANES, second);
    }
    for (; i < len; i += LANES)
        v16_store(dx + i, f(v16_load(v + i), a, v16_load(dy + i)));
}

/* A function for each activation: with all of them in one, the plain C level takes half a minute to compile. */
typedef void forward_fn(size_t len, float parameter, const float *x, float *y);
typedef void backward_fn(size_t len, float parameter, const float *v, const float *dy, float *dx);

#define ACTIVATION(name, ...)                                                                                          \
    static void name##_forward(size_t len, float parameter, const float *x, float *y)                                  \
    {                                                                                                                  \
        map(len, v16_set1(parameter), x, y, name##_value);                                                             \
    }                                                                                                                  \
    static void name##_backward(size_t len, float parameter, const float *v, const float *dy, float *dx)               \
    {                                                                                                                  \
        map_back(len, v16_set1(parameter), v, dy, dx, name##_gradient);                                                \
    }
#include "kernels/activations.def"

static const struct {
    forward_fn *forward;
    backward_fn *backward;
} alone[ACTIVATIONS] = {
#define ACTIVATION(name, ...) [ACT_##name] = {name##_forward, name##_backward},
#include "kernels/activations.def"
};

void EXPORT(act_forward)(enum act f, float parameter, size_t len, const float *x, float *y)
{
    alone[f].forward(len, parameter, x, y);
}

void EXPORT(act_backward)(enum act f, float parameter, size_t len, const float *v, const float *dy, float *dx)
{
    alone[f].backward(len, parameter, v, dy, dx);
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

/* vec_exp and so on. */
#define FUNCTION(name)                                                                                                 \
    INLINE v16 name##_of(v16 x, v16 a)                                                                                 \
    {                                                                                                                  \
        (void)a;                                                                                                       \
        return v16_##name(x);                                                                                          \
    }                                                                                                                  \
    void EXPORT(vec_##name)(size_t len, const float *x, float *y)                                                      \
    {                                                                                                                  \
        map(len, v16_zero(), x, y, name##_of);                                                                         \
    }
FUNCTION(exp)
FUNCTION(log)
FUNCTION(tanh)
FUNCTION(erf)
