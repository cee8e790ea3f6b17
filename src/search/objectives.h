/* objectives.h - the best points of a search that has several objectives. */
#ifndef SEARCH_OBJECTIVES_H
#define SEARCH_OBJECTIVES_H

#include "base/rng.h"
#include "search/search.h"

/* Fills point[most] with the best of the points whose results may be known and are there: the fronts one after the
 * other, as far as they fit (base/pareto.h). Of the front that does not fit whole
 * - those that cover the largest volume before a reference point a tenth beyond its worst values, as MOTPE does in
 * Optuna 5.0 (Ozaki et al. 2020, doi:10.1145/3377930.3389817);
 * - those with the largest crowding distances, by which each front is in order, as NSGA-II does (Deb et al. 2002).
 * 0 with *n, how many; -1 without memory. */
int best_by_volume(const struct search *s, const struct search_history *h, size_t most, uint32_t *point, size_t *n);
int best_by_crowding(const struct search *s, const struct search_history *h, size_t most, uint32_t *point, size_t *n);

/* One loss instead of several, for points 0 .. known - 1 of the history, into loss[known]; INFINITY where there is no
 * result. The losses, each in parts of its range, have weights that are drawn from r: the largest of them counts, and a
 * little of all (ParEGO: Knowles 2006, doi:10.1109/TEVC.2005.851274). */
void mix_losses(const struct search *s, const struct search_history *h, size_t known, struct rng *r, double *loss);

#endif
