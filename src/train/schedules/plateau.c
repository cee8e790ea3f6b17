/* plateau.c - the schedule that makes the learning rate smaller when the objective no longer gets better, as
 * torch.optim.lr_scheduler.ReduceLROnPlateau with threshold_mode = abs. */
#include "train/train.h"

struct plateau_args {
    int plateau_patience;
    double gamma, plateau_delta, final;
};

// clang-format off
#define AT(field) offsetof(struct plateau_args, field)
static const struct param plateau_params[] = {
    { .name = "plateau_patience", .type = P_INT, .at = AT(plateau_patience), .min = 0, .max = 1000000, .preset = "10",
      .help = "epochs without improvement of the objective that are borne; one more, and the learning rate is reduced" },
    { .name = "gamma", .type = P_FLOAT, .at = AT(gamma), .min = 0, .max = 1, .preset = "0.1", .open = 1,
      .help = "what the learning rate is multiplied by at each reduction" },
    { .name = "plateau_delta", .type = P_FLOAT, .at = AT(plateau_delta), .min = 0, .max = 1e30, .preset = "0",
      .help = "a change by no more than this is no improvement" },
    { .name = "final", .type = P_FLOAT, .at = AT(final), .min = 0, .max = 1, .preset = "0",
      .help = "the least share of the learning rate" },
    { 0 }
};
// clang-format on

static double plateau_factor(const void *args, uint64_t i, uint64_t n, uint64_t steps_per_epoch)
{
    (void)args, (void)i, (void)n, (void)steps_per_epoch;
    return 1;
}

static void plateau_after_epoch(const void *args, double value, struct schedule_state *s)
{
    const struct plateau_args *a = args;
    if (!s->epochs++ || value > (double)s->best + a->plateau_delta) {
        s->best = (float)value;
        s->wait = 0;
    } else if (++s->wait > a->plateau_patience) {
        s->wait = 0;
        s->factor = s->factor * a->gamma > a->final ? s->factor * a->gamma : a->final;
    }
}

static int plateau_flat(const void *args, int epochs)
{
    const struct plateau_args *a = args;
    return a->gamma == 1 || a->final == 1 || epochs <= a->plateau_patience + 2;
}

const struct schedule_type schedule_plateau = {
    .name = "plateau",
    .help = "times gamma after more than plateau_patience epochs in which what selects the epoch got no better",
    .source = "",
    .params = plateau_params,
    .args_size = sizeof(struct plateau_args),
    .factor = plateau_factor,
    .after_epoch = plateau_after_epoch,
    .flat = plateau_flat,
};
