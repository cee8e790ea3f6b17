/* cells.c - the steps of recurrent cells after their products: gates, states and what they leave for the way back. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

/* The samples that are not over. */
INLINE m16 going_on(const int32_t *lengths, int position)
{
    return lengths ? v16_gt(w16_float(w16_load(lengths)), v16_set1((float)position)) : m16_all();
}

/* Element `at` of an array of vectors, and of gate k of such of `width` gates each. */
#define VECTOR_AT(array, at) ((array) + (ptrdiff_t)(at)*LANES)
#define GATE_AT(array, k) VECTOR_AT(array, (k)*s->width + i)

INLINE v16 gate_sum(const struct cell_step *s, int k, int i)
{
    return v16_add(v16_load(GATE_AT(s->in, k)), v16_load(GATE_AT(s->rec, k)));
}

/* Stores h, or what it was before where the sample is over, and what is put out. */
INLINE void put_state(const struct cell_step *s, m16 on, int i, v16 h)
{
    v16_store(VECTOR_AT(s->h, i), v16_select(on, h, v16_load(VECTOR_AT(s->h_before, i))));
    if (s->y)
        v16_store(VECTOR_AT(s->y, i), v16_keep(on, h));
}

static void simple_forward(const struct cell_step *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        v16 sum = gate_sum(s, 0, i), h = s->cell == CELL_RELU ? v16_max(v16_zero(), sum) : v16_tanh(sum);
        v16_store(GATE_AT(s->gates, 0), h);
        put_state(s, on, i, h);
    }
}

static void lstm_forward(const struct cell_step *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        const v16 in = v16_sigmoid(gate_sum(s, 0, i)), forget = v16_sigmoid(gate_sum(s, 1, i));
        const v16 cell = v16_tanh(gate_sum(s, 2, i)), out = v16_sigmoid(gate_sum(s, 3, i));
        const v16 before = v16_load(VECTOR_AT(s->c_before, i)), c = v16_fma(forget, before, v16_mul(in, cell));
        v16_store(GATE_AT(s->gates, 0), in);
        v16_store(GATE_AT(s->gates, 1), forget);
        v16_store(GATE_AT(s->gates, 2), cell);
        v16_store(GATE_AT(s->gates, 3), out);
        v16_store(VECTOR_AT(s->c, i), v16_select(on, c, before));
        put_state(s, on, i, v16_mul(out, v16_tanh(c)));
    }
}

static void gru_forward(const struct cell_step *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        const v16 reset = v16_sigmoid(gate_sum(s, 0, i)), keep = v16_sigmoid(gate_sum(s, 1, i));
        const v16 rec = v16_load(GATE_AT(s->rec, 2)),
                  fresh = v16_tanh(v16_fma(reset, rec, v16_load(GATE_AT(s->in, 2))));
        const v16 before = v16_load(VECTOR_AT(s->h_before, i));
        v16_store(GATE_AT(s->gates, 0), reset);
        v16_store(GATE_AT(s->gates, 1), keep);
        v16_store(GATE_AT(s->gates, 2), fresh);
        v16_store(GATE_AT(s->gates, 3), rec);
        put_state(s, on, i, v16_fma(keep, v16_sub(before, fresh), fresh));
    }
}

void EXPORT(cell_forward)(const struct cell_step *s)
{
    const m16 on = going_on(s->lengths, s->position);
    if (s->cell == CELL_LSTM)
        lstm_forward(s, on);
    else if (s->cell == CELL_GRU)
        gru_forward(s, on);
    else
        simple_forward(s, on);
}

/* --- back --- */

/* The gradient at h: nothing from above where the sample is over. */
INLINE v16 state_gradient(const struct cell_back *s, m16 on, int i)
{
    v16 dh = v16_load(VECTOR_AT(s->direct, i));
    if (s->dy)
        dh = v16_add(v16_keep(on, v16_load(VECTOR_AT(s->dy, i))), dh);
    return s->product ? v16_add(dh, v16_load(VECTOR_AT(s->product, i))) : dh;
}

INLINE v16 one_minus_square(v16 a)
{
    return v16_fma(v16_sub(v16_zero(), a), a, v16_set1(1.0f));
}

/* g times the slope of the sigmoid whose value is a. */
INLINE v16 through_sigmoid(v16 a, v16 g)
{
    return v16_mul(g, v16_mul(a, v16_sub(v16_set1(1.0f), a)));
}

static void simple_backward(const struct cell_back *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        const v16 dh = state_gradient(s, on, i), h = v16_load(GATE_AT(s->gates, 0));
        const v16 d = s->cell == CELL_RELU ? v16_keep(v16_gt(h, v16_zero()), dh) : v16_mul(dh, one_minus_square(h));
        v16_store(GATE_AT(s->din, 0), v16_keep(on, d));
        v16_store(VECTOR_AT(s->direct, i), v16_select(on, v16_zero(), dh));
    }
}

static void lstm_backward(const struct cell_back *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        const v16 dh = state_gradient(s, on, i), in = v16_load(GATE_AT(s->gates, 0));
        const v16 forget = v16_load(GATE_AT(s->gates, 1)), cell = v16_load(GATE_AT(s->gates, 2));
        const v16 out = v16_load(GATE_AT(s->gates, 3)), th = v16_tanh(v16_load(VECTOR_AT(s->c, i)));
        const v16 later = v16_load(VECTOR_AT(s->dc, i)), dc = v16_fma(v16_mul(dh, out), one_minus_square(th), later);
        const v16 before = v16_load(VECTOR_AT(s->c_before, i));
        v16_store(GATE_AT(s->din, 0), v16_keep(on, through_sigmoid(in, v16_mul(dc, cell))));
        v16_store(GATE_AT(s->din, 1), v16_keep(on, through_sigmoid(forget, v16_mul(dc, before))));
        v16_store(GATE_AT(s->din, 2), v16_keep(on, v16_mul(v16_mul(dc, in), one_minus_square(cell))));
        v16_store(GATE_AT(s->din, 3), v16_keep(on, through_sigmoid(out, v16_mul(dh, th))));
        v16_store(VECTOR_AT(s->dc, i), v16_select(on, v16_mul(dc, forget), later));
        v16_store(VECTOR_AT(s->direct, i), v16_select(on, v16_zero(), dh));
    }
}

static void gru_backward(const struct cell_back *s, m16 on)
{
    for (int i = 0; i < s->width; i++) {
        const v16 dh = state_gradient(s, on, i), reset = v16_load(GATE_AT(s->gates, 0));
        const v16 keep = v16_load(GATE_AT(s->gates, 1)), fresh = v16_load(GATE_AT(s->gates, 2));
        const v16 before = v16_load(VECTOR_AT(s->h_before, i)), rec = v16_load(GATE_AT(s->gates, 3));
        const v16 share = v16_sub(v16_set1(1.0f), keep);
        const v16 dn = v16_keep(on, v16_mul(v16_mul(dh, share), one_minus_square(fresh)));
        const v16 dr = through_sigmoid(reset, v16_mul(dn, rec));
        const v16 dz = v16_keep(on, through_sigmoid(keep, v16_mul(dh, v16_sub(before, fresh))));
        v16_store(GATE_AT(s->din, 0), dr);
        v16_store(GATE_AT(s->din, 1), dz);
        v16_store(GATE_AT(s->din, 2), dn);
        v16_store(GATE_AT(s->drec, 0), dr);
        v16_store(GATE_AT(s->drec, 1), dz);
        v16_store(GATE_AT(s->drec, 2), v16_mul(dn, reset));
        v16_store(VECTOR_AT(s->direct, i), v16_select(on, v16_mul(dh, keep), dh));
    }
}

void EXPORT(cell_backward)(const struct cell_back *s)
{
    const m16 on = going_on(s->lengths, s->position);
    if (s->cell == CELL_LSTM)
        lstm_backward(s, on);
    else if (s->cell == CELL_GRU)
        gru_backward(s, on);
    else
        simple_backward(s, on);
}
