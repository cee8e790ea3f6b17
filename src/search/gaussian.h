/* gaussian.h - a Gaussian process over the points of a search: Matern 5/2 with a length for each axis. Axes in order
 * are told by their quantiles, others by whether values are the same (Hamming), and an axis that one of two points does
 * not have is another value of it. Its own Cholesky, so that the bits are the same on every machine. */
#ifndef SEARCH_GAUSSIAN_H
#define SEARCH_GAUSSIAN_H

#include "search/search.h"

enum { GP_SEVERAL = 16 }; /* points that are predicted together */

struct gp {
    const struct search *s;
    size_t n, axes;
    double *x;      /* [n][axes] quantiles, of axes without order the numbers of values; NaN where absent */
    double *y;      /* [n] of mean 0 and deviation 1; smaller is better */
    double *weight; /* [axes] one over the squared length */
    double scale, noise;
    double *u;      /* [n][n] Cholesky factor, upper */
    double *alpha;  /* [n] */
    double *room;   /* [2][n][GP_SEVERAL] scratch of predictions */
    double *across; /* [axes][n or GP_SEVERAL] scratch: points, a row for each axis */
};

struct gp_prediction {
    double mean, variance;
};

/* The logarithm of an expected improvement, and its derivatives. */
struct gp_gain {
    double log, by_mean, by_variance;
};

/* Room for n points; the caller fills x, y. 0, or -1 without memory; gp_release is due either way. */
int gp_init(struct gp *g, const struct search *s, size_t n);
void gp_release(struct gp *g);
/* y[n] become numbers of mean 0 and deviation 1 in the same order that look like those of a normal distribution: a
 * power of Yeo & Johnson 2000 bends them (as HEBO does: Cowen-Rivers et al. 2020, arXiv:2012.03826). All 0 where all
 * are equal. */
void gp_normalize(size_t n, double *y);
/* The next step along an axis by the sign of the slope alone, from *step and the slope before, which are kept: longer
 * where the sign is the same, up to `most`, half as long where it has changed (Riedmiller & Braun 1993). */
double gp_step(double slope, double *last, double *step, double most);
/* The most likely lengths, scale and noise after the priors of Optuna 5.0 (GPSampler), by a fixed number of steps. 0,
 * or -1 without memory. */
int gp_fit(struct gp *g);
/* Prepares predictions with the lengths, scale and noise that are there. */
void gp_factorize(struct gp *g);
/* What is predicted for x[m][axes], m <= GP_SEVERAL. */
void gp_predict(const struct gp *g, size_t m, const double *x, struct gp_prediction *p);
/* The expected improvement over `best` (Ament et al. 2023, arXiv:2310.20708). */
struct gp_gain gp_gain_of(struct gp_prediction p, double best);
/* Predictions, and in slope[m][axes] the derivatives of the logarithm of the improvement along the axes in order. */
void gp_climb(const struct gp *g, size_t m, const double *x, double best, struct gp_prediction *p, double *slope);

#endif
