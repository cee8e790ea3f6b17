/* resize.c - maps of another size: enlarged, and pooled into a given number of windows that need not be equal. */
#include "kernels/ops/ops.h"

INLINE size_t vector_at(int c, int w, size_t row, int ch, int col)
{
    return ((row * (size_t)c + (size_t)ch) * (size_t)w + (size_t)col) * LANES;
}

/* ---- enlarging ---- */

void EXPORT(resample_forward)(const struct resample *d, int blocks, const float *x, float *y)
{
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                const struct sample_place *v = &d->row[oy];
                const float *above = x + vector_at(d->c, d->w, (size_t)(b * d->h + v->at), ch, 0);
                const float *below = x + vector_at(d->c, d->w, (size_t)(b * d->h + v->next), ch, 0);
                for (int ox = 0; ox < d->wo; ox++, y += LANES) {
                    const struct sample_place *u = &d->col[ox];
                    const ptrdiff_t left = (ptrdiff_t)u->at * LANES, right = (ptrdiff_t)u->next * LANES;
                    v16 fx = v16_set1(u->share), top = v16_load(above + left), bottom = v16_load(below + left);
                    if (u->share > 0) {
                        top = v16_fma(fx, v16_sub(v16_load(above + right), top), top);
                        bottom = v16_fma(fx, v16_sub(v16_load(below + right), bottom), bottom);
                    }
                    v16_store(y, v16_fma(v16_set1(v->share), v16_sub(bottom, top), top));
                }
            }
}

INLINE void give_share(float *dx, float share, v16 dy)
{
    v16_store(dx, v16_fma(v16_set1(share), dy, v16_load(dx)));
}

void EXPORT(resample_backward)(const struct resample *d, int blocks, const float *dy, float *dx)
{
    memset(dx, 0, (size_t)blocks * (size_t)d->h * (size_t)d->c * (size_t)d->w * LANES * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++) {
                const struct sample_place *v = &d->row[oy];
                float *above = dx + vector_at(d->c, d->w, (size_t)(b * d->h + v->at), ch, 0);
                float *below = dx + vector_at(d->c, d->w, (size_t)(b * d->h + v->next), ch, 0);
                for (int ox = 0; ox < d->wo; ox++, dy += LANES) {
                    const struct sample_place *u = &d->col[ox];
                    const ptrdiff_t left = (ptrdiff_t)u->at * LANES, right = (ptrdiff_t)u->next * LANES;
                    v16 g = v16_load(dy);
                    give_share(above + left, (1 - u->share) * (1 - v->share), g);
                    if (u->share > 0)
                        give_share(above + right, u->share * (1 - v->share), g);
                    if (v->share > 0)
                        give_share(below + left, (1 - u->share) * v->share, g);
                    if (u->share > 0 && v->share > 0)
                        give_share(below + right, u->share * v->share, g);
                }
            }
}

/* ---- windows of a given number: the i-th of m over n begins at floor(i n / m) and ends at ceil((i + 1) n / m) ---- */

struct cell {
    int y0, y1, x0, x1;
};

static struct cell window_cell(const struct pool_dims *d, int oy, int ox)
{
    return (struct cell){oy * d->h / d->ho, ((oy + 1) * d->h + d->ho - 1) / d->ho, ox * d->w / d->wo,
                         ((ox + 1) * d->w + d->wo - 1) / d->wo};
}

INLINE v16 cell_value(const struct pool_dims *d, int max, const struct cell *s, int b, int ch, const float *x)
{
    v16 r = max ? v16_set1(-INFINITY) : v16_zero();
    for (int i = s->y0; i < s->y1; i++)
        for (int j = s->x0; j < s->x1; j++) {
            v16 v = v16_load(x + vector_at(d->c, d->w, (size_t)(b * d->h + i), ch, j));
            r = max ? v16_select(m16_or(v16_gt(v, r), v16_nan(v)), v, r) : v16_add(r, v);
        }
    return max ? r : v16_mul(r, v16_set1(1.0f / (float)((s->y1 - s->y0) * (s->x1 - s->x0))));
}

void EXPORT(adaptive_forward)(const struct pool_dims *d, int max, int blocks, const float *x, float *y)
{
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++)
                for (int ox = 0; ox < d->wo; ox++, y += LANES) {
                    const struct cell s = window_cell(d, oy, ox);
                    v16_store(y, cell_value(d, max, &s, b, ch, x));
                }
}

/* To the first of equal largest, or the same share to each. */
static void cell_back(const struct pool_dims *d, int max, const struct cell *s, int b, int ch, const float *x, v16 y,
                      v16 dy, float *dx)
{
    m16 open = m16_all();
    v16 share = v16_mul(dy, v16_set1(1.0f / (float)((s->y1 - s->y0) * (s->x1 - s->x0))));
    for (int i = s->y0; i < s->y1; i++)
        for (int j = s->x0; j < s->x1; j++) {
            size_t at = vector_at(d->c, d->w, (size_t)(b * d->h + i), ch, j);
            v16 add = share;
            if (max) {
                m16 hit = m16_and(open, v16_eq(v16_load(x + at), y));
                add = v16_keep(hit, dy);
                open = m16_less(open, hit);
            }
            v16_store(dx + at, v16_add(v16_load(dx + at), add));
        }
}

void EXPORT(adaptive_backward)(const struct pool_dims *d, int max, int blocks, const float *x, const float *y,
                               const float *dy, float *dx)
{
    memset(dx, 0, (size_t)blocks * (size_t)d->h * (size_t)d->c * (size_t)d->w * LANES * sizeof *dx);
    for (int b = 0; b < blocks; b++)
        for (int oy = 0; oy < d->ho; oy++)
            for (int ch = 0; ch < d->c; ch++)
                for (int ox = 0; ox < d->wo; ox++, y += max ? LANES : 0, dy += LANES) {
                    const struct cell s = window_cell(d, oy, ox);
                    cell_back(d, max, &s, b, ch, x, max ? v16_load(y) : v16_zero(), v16_load(dy), dx);
                }
}
