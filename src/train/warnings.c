/* warnings.c - the rules of early warning. A comparison with what is not known (NaN) does not hold. */
#include "train/warnings.h"

#include <math.h>
#include <string.h>

#define MOST_DEAD 0.5f       /* share of units */
#define LEAST_REACHING 1e-4f /* of the first layer in the gradient's norm */
#define EXPLODED 10.0f       /* norm of a gradient, and how many times that of the first epoch */
#define NO_LOWER 0.99f       /* of the loss of a constant guess */
#define FLAT 1e-3f           /* relative change of the loss in an epoch */
#define FLAT_EPOCHS 3
#define COLLAPSED 0.5f /* of the distance between two samples */
#define LEARNED 0.1f   /* of the loss of a constant guess: what is as good may well stand still */

static float training_loss(const struct epoch_row *now)
{
    return now->v[DATA_TRAIN][METRIC_LOSS];
}

static int still_learns(const struct epoch_row *now)
{
    return training_loss(now) > LEARNED * now->guess_loss;
}

static int too_many_dead(const struct epoch_row *now, const struct warning_history *past)
{
    (void)past;
    return now->dead_units > MOST_DEAD && still_learns(now);
}

static int gradient_vanishes(const struct epoch_row *now, const struct warning_history *past)
{
    (void)past;
    return now->first_layer_gradient < LEAST_REACHING && still_learns(now);
}

static int gradient_explodes(const struct epoch_row *now, const struct warning_history *past)
{
    return now->grad_norm > EXPLODED && now->grad_norm > EXPLODED * past->first_norm;
}

static int loss_of_a_guess(const struct epoch_row *now, const struct warning_history *past)
{
    (void)past;
    return now->epoch > 1 && training_loss(now) >= NO_LOWER * now->guess_loss;
}

static int accuracy_of_a_guess(const struct epoch_row *now, const struct warning_history *past)
{
    const float validation = now->v[DATA_VALIDATION][METRIC_ACCURACY];
    const float accuracy = isnan(validation) ? now->v[DATA_TRAIN][METRIC_ACCURACY] : validation;
    (void)past;
    return now->epoch > 1 && accuracy <= now->guess_accuracy;
}

static int loss_is_flat(const struct epoch_row *now, const struct warning_history *past)
{
    return past->flat >= FLAT_EPOCHS && still_learns(now);
}

static int generator_collapses(const struct epoch_row *now, const struct warning_history *past)
{
    (void)past;
    return now->epoch > 1 && now->diversity < COLLAPSED;
}

const struct warning_type warning_types[] = {
    {"dead_units", "dead_units > 0.5 while train_loss > guess_loss / 10",
     "more than half of its units get no gradient from any sample", too_many_dead},
    {"vanishing_gradient", "first_layer_gradient < 0.0001 while train_loss > guess_loss / 10",
     "next to nothing of its gradient reaches the first layer", gradient_vanishes},
    {"exploding_gradient", "grad_norm > 10 and grad_norm > 10 * that of epoch 1",
     "its gradient is more than ten times as long as in the first epoch", gradient_explodes},
    {"constant_loss", "train_loss >= 0.99 * guess_loss, from epoch 2 on",
     "its training loss is no lower than that of a constant guess", loss_of_a_guess},
    {"constant_accuracy", "val_accuracy (without a validation split train_accuracy) <= guess_accuracy, from epoch 2 on",
     "its accuracy is no better than that of a constant guess", accuracy_of_a_guess},
    {"flat_loss",
     "train_loss has changed by less than 0.1 % in each of the last 3 epochs while train_loss > guess_loss / 10",
     "its training loss has stopped falling", loss_is_flat},
    {"collapse", "diversity < 0.5, from epoch 2 on",
     "what its generator makes is less than half as different as samples are", generator_collapses},
    {0}};

int warning_after(const struct epoch_row *now, struct warning_history *past)
{
    const float loss = training_loss(now);
    if (now->epoch == 1)
        past->first_norm = now->grad_norm;
    const int changed = now->epoch == 1 || !(fabsf(loss - past->last_loss) < FLAT * past->last_loss);
    past->flat = changed ? 0 : past->flat + 1;
    past->last_loss = loss;
    for (int i = 0; warning_types[i].name; i++)
        if (warning_types[i].holds(now, past))
            return i + 1;
    return 0;
}

const struct warning_type *warning_row(int warning)
{
    enum { ROWS = sizeof warning_types / sizeof *warning_types - 1 };
    return warning > 0 && warning <= ROWS ? &warning_types[warning - 1] : NULL;
}

int warning_named(const char *name, size_t n)
{
    for (int i = 0; warning_types[i].name; i++)
        if (strlen(warning_types[i].name) == n && !memcmp(warning_types[i].name, name, n))
            return i + 1;
    return 0;
}
