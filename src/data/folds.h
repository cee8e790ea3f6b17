/* folds.h - cross-validation (Stone 1974, doi:10.1111/j.2517-6161.1974.tb00994.x): data_spec.folds folds of the
 * training file, of which number `fold` validates. Each class is spread evenly over the folds (numbers to predict: each
 * stretch of neighbouring ones is), and `round` says which division it is: stream (seed, RNG_SPLIT, class, 2 + round).
 */
#ifndef DATA_FOLDS_H
#define DATA_FOLDS_H

#include "data/data.h"

int folds_check(const struct data_spec *s, const struct where *w, struct err *e);
/* Samples that train and validate in s->fold (0: the first, of which none is larger). 0, or -1 with *e: there are fewer
 * samples than folds. */
int folds_sizes(const struct dataset *d, const struct data_spec *s, size_t n[3], struct err *e);
/* As split_draw. */
int folds_draw(const struct dataset *d, const struct data_spec *s, const size_t n[3], struct arena *a,
               const uint32_t *index[3], struct err *e);

#endif
