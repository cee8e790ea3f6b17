/* optimizers.c - the list of optimizers; each is a file NAME.c that ends in one row. */
#include "train/train.h"

// clang-format off
#define OPTIMIZERS(X) X(sgd) X(rmsprop) X(adam) X(adamw) X(adagrad) X(adadelta) X(nadam) X(radam) X(lion) X(lamb) X(muon)
// clang-format on
#define DECLARE(name) extern const struct optimizer_type optimizer_##name;
#define ROW(name) &optimizer_##name,
OPTIMIZERS(DECLARE)

const struct optimizer_type *const optimizer_types[] = {OPTIMIZERS(ROW) NULL};

const char *optimizer_name(size_t i)
{
    return i < sizeof optimizer_types / sizeof optimizer_types[0] - 1 ? optimizer_types[i]->name : NULL;
}
