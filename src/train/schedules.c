/* schedules.c - learning rate schedules and the warm-up in front of them. All in double, own cos and pow. */
#include "base/maths.h"
#include "train/train.h"

#include <math.h>

static const struct param no_params[] = {{0}};

static double constant_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    (void)args, (void)i, (void)n, (void)steps_per_epoch;
    return 1;
}

static const struct schedule_type schedule_constant = {
    .name = "constant",
    .help = "the same learning rate throughout",
    .source = "",
    .params = no_params,
    .factor = constant_factor,
};

struct step_args {
    int step_epochs;
    double gamma;
};

// clang-format off
static const struct param step_params[] = {
    { .name = "step_epochs", .type = P_INT, .at = offsetof(struct step_args, step_epochs), .min = 1, .max = 1000000,
      .preset = "10", .help = "epochs between two reductions" },
    { .name = "gamma", .type = P_FLOAT, .at = offsetof(struct step_args, gamma), .min = 0, .max = 1,
      .preset = "0.1", .open = 1, .help = "what the learning rate is multiplied by at each reduction" },
    { 0 }
};
// clang-format on

static double step_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct step_args *a = args;
    (void)n;
    return m_pow(a->gamma, (double)(i / steps_per_epoch / (uint64_t)a->step_epochs));
}

static int step_flat(const void *args, int epochs)
{
    const struct step_args *a = args;
    return a->gamma == 1 || epochs <= a->step_epochs;
}

static const struct schedule_type schedule_step = {
    .name = "step",
    .help = "times gamma every step_epochs epochs (counted from the end of the warm-up)",
    .source = "",
    .params = step_params,
    .args_size = sizeof(struct step_args),
    .factor = step_factor,
    .flat = step_flat,
};

struct exponential_args {
    double gamma;
};

// clang-format off
static const struct param exponential_params[] = {
    { .name = "gamma", .type = P_FLOAT, .at = offsetof(struct exponential_args, gamma), .min = 0, .max = 1,
      .preset = "0.95", .open = 1, .help = "what the learning rate is multiplied by after each epoch" },
    { 0 }
};
// clang-format on

static double exponential_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct exponential_args *a = args;
    (void)n;
    return m_pow(a->gamma, (double)(i / steps_per_epoch));
}

static int exponential_flat(const void *args, int epochs)
{
    return ((const struct exponential_args *)args)->gamma == 1 || epochs == 1;
}

static const struct schedule_type schedule_exponential = {
    .name = "exponential",
    .help = "times gamma every epoch (counted from the end of the warm-up)",
    .source = "",
    .params = exponential_params,
    .args_size = sizeof(struct exponential_args),
    .factor = exponential_factor,
    .flat = exponential_flat,
};

struct cosine_args {
    double final;
};

// clang-format off
static const struct param cosine_params[] = {
    { .name = "final", .type = P_FLOAT, .at = offsetof(struct cosine_args, final), .min = 0, .max = 1, .preset = "0",
      .help = "share of the learning rate that is left at the end" },
    { 0 }
};
// clang-format on

/* One period of SGDR, not restarted; falls at every step and would reach `final` at step n, one after the last. */
static double cosine_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct cosine_args *a = args;
    (void)steps_per_epoch;
    return a->final + (1 - a->final) * 0.5 * (1 + m_cos(M_PI * (double)i / (double)n));
}

static int cosine_flat(const void *args, int epochs)
{
    (void)epochs;
    return ((const struct cosine_args *)args)->final == 1;
}

static const struct schedule_type schedule_cosine = {
    .name = "cosine",
    .help = "half a cosine wave over all steps, from the learning rate down to `final` of it",
    .source = "Loshchilov & Hutter 2017, arXiv:1608.03983",
    .params = cosine_params,
    .args_size = sizeof(struct cosine_args),
    .factor = cosine_factor,
    .flat = cosine_flat,
};

struct onecycle_args {
    double pct_start, div_factor, final_div_factor;
};

// clang-format off
static const struct param onecycle_params[] = {
    { .name = "pct_start", .type = P_FLOAT, .at = offsetof(struct onecycle_args, pct_start), .min = 0, .max = 1,
      .preset = "0.3", .help = "share of the steps in which the learning rate rises" },
    { .name = "div_factor", .type = P_FLOAT, .at = offsetof(struct onecycle_args, div_factor), .min = 1, .max = 1e9,
      .preset = "25", .help = "the first learning rate is lr / div_factor" },
    { .name = "final_div_factor", .type = P_FLOAT, .at = offsetof(struct onecycle_args, final_div_factor), .min = 1, .max = 1e9,
      .preset = "10000", .help = "the last learning rate is lr / div_factor / final_div_factor" },
    { 0 }
};
// clang-format on

/* Along half a cosine wave from a (share 0) to b (share 1). */
static double between(double a, double b, double share)
{
    return b + (a - b) / 2 * (1 + m_cos(M_PI * share));
}

/* The peak stands at step pct_start * n - 1, which need not be whole, as in torch.optim.lr_scheduler.OneCycleLR. */
static double onecycle_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    const struct onecycle_args *a = args;
    (void)steps_per_epoch;
    double first = 1 / a->div_factor, last = first / a->final_div_factor;
    double peak = a->pct_start * (double)n - 1, end = (double)n - 1, at = (double)i;
    if (at <= peak)
        return peak > 0 ? between(first, 1, at / peak) : 1;
    return end > peak ? between(1, last, (at - peak) / (end - peak)) : 1;
}

static int onecycle_flat(const void *args, int epochs)
{
    const struct onecycle_args *a = args;
    (void)epochs;
    return a->div_factor == 1 && a->final_div_factor == 1;
}

static const struct schedule_type schedule_onecycle = {
    .name = "onecycle",
    .help = "up from lr / div_factor to lr, then down to nearly nothing; momentum is not cycled",
    .source = "Smith & Topin 2018, arXiv:1708.07120",
    .params = onecycle_params,
    .args_size = sizeof(struct onecycle_args),
    .factor = onecycle_factor,
    .flat = onecycle_flat,
};

const struct schedule_type *const schedule_types[] = {
    &schedule_constant, &schedule_step, &schedule_exponential, &schedule_cosine, &schedule_onecycle, NULL,
};

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
