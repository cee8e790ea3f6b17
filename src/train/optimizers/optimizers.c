/* optimizers.c - the list of optimizers; each is a file NAME.c that ends in one row. */
#include "train/train.h"

extern const struct optimizer_type optimizer_sgd, optimizer_rmsprop, optimizer_adam, optimizer_adamw;

const struct optimizer_type *const optimizer_types[] = {
    &optimizer_sgd, &optimizer_rmsprop, &optimizer_adam, &optimizer_adamw, NULL,
};

const char *optimizer_name(size_t i)
{
    return i < sizeof optimizer_types / sizeof optimizer_types[0] - 1 ? optimizer_types[i]->name : NULL;
}
