/* schedules.c - the list of schedules, each a file NAME.c that ends in one row, and the warm-up before them. All in
 * double, with cos and pow of this program. */
#include "train/train.h"

// clang-format off
#define SCHEDULES(X) X(constant) X(step) X(exponential) X(cosine) X(onecycle) X(plateau) X(polynomial) X(cyclic) X(restarts) X(pieces)
// clang-format on
#define DECLARE(name) extern const struct schedule_type schedule_##name;
#define ROW(name) &schedule_##name,
SCHEDULES(DECLARE)

const struct schedule_type *const schedule_types[] = {SCHEDULES(ROW) NULL};

const char *schedule_name(size_t i)
{
    return i < sizeof schedule_types / sizeof schedule_types[0] - 1 ? schedule_types[i]->name : NULL;
}

int train_schedule(const struct train_spec *s)
{
    const struct schedule_type *t = schedule_types[s->schedule];
    return t->flat && t->flat(s->schedule_args, s->epochs) ? 0 : s->schedule; /* constant is the first */
}

double train_lr_at(const struct train_spec *s, uint64_t i, uint64_t total, uint64_t steps_per_epoch)
{
    uint64_t warm = 0;
    if (s->warmup > 0) {
        warm = (uint64_t)(s->warmup * (double)total);
        warm += !warm;
    }
    if (i < warm)
        return s->lr * (s->warmup_from + (1 - s->warmup_from) * (double)i / (double)warm);
    return s->lr * schedule_types[s->schedule]->factor(s->schedule_args, i - warm, total - warm, steps_per_epoch);
}
