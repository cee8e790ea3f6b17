/* search.h - which points of a space are tried, and in which order. A space is axes with so many values each, of which
 * some are there only under a condition. A point of it is a proposal: the number of a value for each axis; a continuous
 * axis has 2^32 of them, each a quantile of its distribution. A method is one row and one file: it answers what
 * proposal number k is. What the values are, and whether a network can be trained with them, others know.
 *
 * The answer depends on the method's keys, the seed, the number and what was proposed before it, and on nothing else:
 * not on workers, times, or which results are there already. A method that listens to results will get them, in the
 * order of the plan, with what was proposed before. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "base/keymap.h"
#include "base/param.h"
#include "search/diagram.h"

#define SEARCH_AXES DIAGRAM_AXES
#define SEARCH_ABSENT DIAGRAM_ABSENT
#define SEARCH_STEPS ((uint64_t)1 << 32) /* values of a continuous axis */

struct proposal {
    int64_t value[SEARCH_AXES]; /* [axes]; SEARCH_ABSENT where the condition of the axis does not hold */
};

/* The number of the value of the axis that has (unit + 0.5) / 2^32 of its distribution's mass around it. */
typedef uint64_t search_quantile(void *ctx, size_t axis, uint32_t unit);

/* The keys that rows have. */
struct search_args {
    int trials; /* points that are tried */
};

struct search {
    const struct search_type *type;
    struct search_args args;
    uint64_t seed;
    size_t axes;
    const struct diagram_axis *axis; /* [axes] */
    diagram_holds *holds;
    search_quantile *quantile;
    void *ctx; /* of holds and quantile */
    /* By search_init: */
    struct diagram diagram; /* of a method that draws only its order, axes, points and approx */
};

/* What was proposed before: of a method that draws each proposal once. Zero-initialise; search_forget frees it. */
struct search_history {
    uint64_t asked; /* numbers 0 .. asked - 1 were asked for */
    struct keymap seen;
};

struct search_type {
    const char *name, *help, *source;
    const struct param *params; /* keys of [search], into struct search_args; NULL: none */
    /* Its points are drawn: values may be continuous or have weights, and what cannot be trained or was proposed before
     * is not proposed. Otherwise they are a grid, whose every point has a row. */
    int draws;
    /* Proposal `number` into *out. 0; 1: there are no so many; -1 with *e: a condition cannot be worked out. */
    int (*ask)(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
               struct err *e);
};
extern const struct search_type
    *const search_types[]; /* in the order of the manual, the default first; ends with NULL */
extern const struct param search_draw_params[]; /* of those that draw */
const char *search_name(size_t i);              /* NULL after the last */

/* Puts the axes in order and counts the points; what is above `diagram` in *s is set. 0, or -1 with *e (*culprit: the
 * axis that is wrong). */
int search_init(struct search *s, struct arena *a, size_t *culprit, struct err *e);
/* Points that are planned: of a grid all, else as many as are asked for; UINT64_MAX: that many or more. And as double.
 */
uint64_t search_size(const struct search *s);
double search_size_approx(const struct search *s);

/* The next proposal that was not made before, and notes it. 0; 1: there is none; -1 with *e. */
int search_next(const struct search *s, struct search_history *h, struct proposal *out, struct err *e);
int search_was_proposed(const struct search *s, const struct search_history *h, const struct proposal *p);
void search_forget(struct search_history *h);

/* For methods that draw: the proposal whose axes have these quantiles; an absent axis leaves its own unused. 0, or -1
 * with *e. */
int search_from_units(const struct search *s, const uint32_t *unit, struct proposal *out, struct err *e);

/* The first 32 bits of the points of Sobol's sequence, point `number` along dimension d < SEARCH_AXES; not scrambled.
 */
uint32_t sobol_point(uint64_t number, size_t d);
/* Row d: a polynomial over GF(2), the highest bit first, and as many odd numbers as its degree. */
#define SOBOL_DEGREE 11
extern const uint16_t sobol_numbers[SEARCH_AXES][1 + SOBOL_DEGREE];

#endif
