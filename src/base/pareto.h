/* pareto.h - points that have several values, of which smaller ones are better: which points are better than which, and
 * how much of the space the best of them cover. Values are finite. Functions return 0, or -1 without memory; results
 * depend on the values and their order alone. */
#ifndef BASE_PARETO_H
#define BASE_PARETO_H

#include <stddef.h>
#include <stdint.h>

#define PARETO_VALUES 4 /* most values of a point: the volume of n points takes up to n^(values - 1) steps */

/* Whether a[m] is at least as good as b[m] in each value, and better in one. */
int pareto_dominates(const double *a, const double *b, size_t m);

/* The front of each of v[n][m]: 0 for points that no other dominates, 1 for those that only points of front 0 dominate,
 * and so on (non-dominated sorting: Deb et al. 2002, doi:10.1109/4235.996017, by the binary search of Zhang et al.
 * 2015, doi:10.1109/TEVC.2014.2308305). Equal points share one. */
int pareto_fronts(const double *v, size_t n, size_t m, uint32_t *front);

/* The crowding distance of each of v[n][m] (Deb et al. 2002): the distance between its two neighbours along a value, in
 * parts of the range, summed over the values. It is INFINITY at an end; a value that all share adds nothing. */
int pareto_crowding(const double *v, size_t n, size_t m, double *distance);

/* The hypervolume: the volume of what is dominated by one of v[n][m] and dominates the reference point. */
int pareto_volume(const double *v, size_t n, size_t m, const double *reference, double *volume);
/* By how much point[m] makes that of v[n][m] larger: 0 for a point that adds nothing, also by rounding. */
int pareto_gain(const double *point, const double *v, size_t n, size_t m, const double *reference, double *gain);

/* Chooses k <= n of v[n][m] so that their volume is large: one after the other that which adds most, of equal ones the
 * first by its values (hypervolume subset selection: Guerreiro, Fonseca & Paquete 2016, doi:10.1162/EVCO_a_00188). Of
 * points with the same values the first is taken, the others only where k points with different values are not there.
 */
int pareto_choose(const double *v, size_t n, size_t m, const double *reference, size_t k, uint32_t *chosen);

#endif
