/* pointwise_table.h - makes the passes of every activation, and finds those of a block. Whoever includes this file
 * defines PASSES(name, act), which makes the functions of one activation, and PASSES_ROW(name), which names them in a
 * PASSES_TYPE. No guard: each direction includes it once. */
#ifdef FIXED_KINDS
PASSES(none, NO_ACT)
PASSES(called, CALLED)
#define ACTIVATION(name, ...) PASSES(name, ACT_##name)
#define LONG_ACTIVATION(...)
#include "kernels/activations.def"

static const PASSES_TYPE *passes_of(const struct pointwise *f)
{
    static const PASSES_TYPE none = PASSES_ROW(none), of_act[] = {
#define ACTIVATION(name, ...) [ACT_##name] = PASSES_ROW(name),
#define LONG_ACTIVATION(name, ...) [ACT_##name] = PASSES_ROW(called),
#include "kernels/activations.def"
                                                      };
    return f->act == NO_ACT ? &none : &of_act[f->act];
}
#else
PASSES(any, f->act)

static const PASSES_TYPE *passes_of(const struct pointwise *f)
{
    static const PASSES_TYPE any = PASSES_ROW(any);
    (void)f;
    return &any;
}
#endif
