/* search.h - which points of a space are tried, and in which order. A space is axes with so many values each, of which
 * some are there only under a condition. A point of it is a proposal: the number of a value for each axis; a continuous
 * axis has 2^32 of them, each a quantile of its distribution. A method is one row and one file: it answers what
 * proposal number k is. What the values are, and whether a network can be trained with them, others know.
 *
 * The answer depends on the method's keys, the seed, the number and what was proposed before it, and on nothing else:
 * not on workers, times, or which results are there already. A method that listens to results gets those of the first
 * points of the plan: for point k of it the results of points 0 .. k - lag, never more and never fewer, and of the
 * points after them the values alone. Whoever asks waits for these results; nothing else of when they came is seen. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "base/keymap.h"
#include "base/param.h"
#include "base/pareto.h"
#include "search/diagram.h"

#define SEARCH_AXES DIAGRAM_AXES
#define SEARCH_ABSENT DIAGRAM_ABSENT
#define SEARCH_ANY (SEARCH_ABSENT - 1)
#define SEARCH_STEPS ((uint64_t)1 << 32) /* values of a continuous axis */
#define SEARCH_OBJECTIVES PARETO_VALUES  /* most of them */

struct proposal {
    int64_t value[SEARCH_AXES]; /* [axes]; SEARCH_ABSENT where the condition of the axis does not hold */
};

/* The number of the value of the axis that has (unit + 0.5) / 2^32 of its distribution's mass around it. */
typedef uint64_t search_quantile(void *ctx, size_t axis, uint32_t unit);

/* What came of a point. */
struct search_result {
    double loss; /* smaller is better; INFINITY: there is none, it failed */
    int pruned;  /* 0; else it was given up after so many epochs, and the loss is that of the last one */
    double other[SEARCH_OBJECTIVES - 1]; /* of several objectives the losses after the first; none was pruned */
};
struct search_earlier {
    struct proposal at;
    struct search_result result;
};

/* The keys that rows have. */
struct search_args {
    int trials;        /* points that are tried */
    const char *start; /* as written; see search.start */
    /* Of a method that listens: */
    const char *from; /* name of an earlier sweep, "": none */
    int lag;          /* >= 1: how many points before a proposal are known by their values alone, itself counted */
    int startup;      /* the first points, which are drawn by themselves */
    int candidates;   /* of which it takes the one that promises most */
};

struct search {
    const struct search_type *type;
    struct search_args args;
    uint64_t seed;
    size_t others; /* objectives after the first */
    size_t axes;
    const struct diagram_axis *axis; /* [axes] */
    const unsigned char *ordered;    /* [axes] whether values with neighbouring numbers are alike; NULL: all are */
    diagram_holds *holds;
    search_quantile *quantile;
    void *ctx; /* of holds and quantile */
    /* Points that are tried first, of a method that draws: [nstart]; an axis may be SEARCH_ANY, which is drawn. */
    const struct proposal *start;
    size_t nstart;
    /* What a method that listens knows beforehand, of an earlier sweep with the same axes: [nearlier]. */
    const struct search_earlier *earlier;
    size_t nearlier;
    /* By search_init: */
    struct diagram diagram; /* of a method that draws only its order, axes, points and approx */
    double **edge;          /* [axes] of a method that listens: [values + 1] the quantiles at which values begin, of
                               axes with few; NULL: of all others */
};

/* What was proposed before: of a method that draws each proposal once. Zero-initialise; search_forget frees it. */
struct search_history {
    uint64_t asked; /* numbers 0 .. asked - 1 were asked for */
    struct keymap seen;
    /* Of a method that listens: the points of the plan in its order, and the results of the first `told`. */
    size_t earlier; /* the first of them are those of an earlier sweep, */
    uint32_t drawn; /* whose hash is this; 0: there are none. Else what is drawn has numbers of its own */
    size_t points, told, cap;
    int64_t *value;               /* [points][axes] */
    double *unit;                 /* [points][axes] the quantile in the middle of the value; NaN where it is absent */
    struct search_result *result; /* [told] */
    uint32_t *order;              /* [axes][cap] the points that have the axis, by their units */
    uint32_t *ordered;            /* [axes] how many */
    /* And proposals that can never be trained: */
    size_t refused, refused_cap;
    int64_t *refused_value; /* [refused][axes] */
};

struct search_type {
    const char *name, *help, *source;
    const struct param *params; /* keys of [search], into struct search_args; NULL: none */
    /* Its points are drawn: values may be continuous or have weights, and what cannot be trained or was proposed before
     * is not proposed. Otherwise they are a grid, whose every point has a row. */
    int draws;
    int listens; /* to results; its points are drawn, too */
    /* Proposal `number` into *out. 0; 1: there are no so many; -1 with *e: a condition cannot be worked out. */
    int (*ask)(const struct search *s, const struct search_history *before, uint64_t number, struct proposal *out,
               struct err *e);
};
extern const struct search_type
    *const search_types[];                      /* in the order of the manual, the default first; ends with NULL */
extern const struct param search_draw_params[]; /* of those that draw */
/* Rows of those that listen. */
// clang-format off
#define SEARCH_START                                                                                                   \
    { .name = "start", .type = P_TEXT, .at = offsetof(struct search_args, start), .preset = "",                        \
      .help = "points that are tried first, one a line: section.key=value ...; axes that a line does not name are "    \
              "drawn" }
#define SEARCH_LISTEN_PARAMS                                                                                           \
    { .name = "trials", .type = P_INT, .at = offsetof(struct search_args, trials), .min = 1, .max = 100000,           \
      .preset = "20", .help = "how many points are tried, each with its repeats" },                                    \
    { .name = "lag", .type = P_INT, .at = offsetof(struct search_args, lag), .min = 1, .max = 100000,                  \
      .preset = "8", .help = "point k is proposed from the results of points 1 to k - lag, whatever the number of "    \
                             "workers, for as many of which a small lag leaves no work" },                         \
    { .name = "from", .type = P_TEXT, .at = offsetof(struct search_args, from), .preset = "",                          \
      .help = "name of a sweep with the same axes and objective in the same folder: the method knows its results from " \
              "the beginning, as they are when this sweep is run first" },                                            \
    SEARCH_START
// clang-format on
extern const struct search_type search_random; /* which others begin with */
const char *search_name(size_t i);             /* NULL after the last */

/* Puts the axes in order and counts the points; what is above `diagram` in *s is set. 0, or -1 with *e (*culprit: the
 * axis that is wrong). */
int search_init(struct search *s, struct arena *a, size_t *culprit, struct err *e);
/* Points that are planned: of a grid all, else as many as are asked for; UINT64_MAX: that many or more. And as double.
 */
uint64_t search_size(const struct search *s);
double search_size_approx(const struct search *s);

enum { SEARCH_FOUND, SEARCH_END, SEARCH_WAITS };
/* The next proposal that was not made before, and notes it. SEARCH_FOUND; SEARCH_END: there is none; SEARCH_WAITS: it
 * depends on results that were not told yet; -1 with *e. */
int search_next(const struct search *s, struct search_history *h, struct proposal *out, struct err *e);
/* Of a method that listens: a proposal has become the next point of the plan (0, or -1 with *e); and the result of the
 * first point of the plan that has none yet. */
int search_accept(const struct search *s, struct search_history *h, const struct proposal *p, struct err *e);
void search_tell(struct search_history *h, const struct search_result *r);
/* Of a method that listens: a proposal can never be trained. 0, or -1 with *e. */
int search_refuse(const struct search *s, struct search_history *h, const struct proposal *p, struct err *e);
/* How many results the next proposal may know; and, of one objective (search/objectives.h has several), whether the
 * first one is better than the second: a lower loss, those that were pruned after the others, later before earlier, and
 * those that failed after all. */
size_t search_known(const struct search *s, const struct search_history *h);
int search_better(const struct search_result *a, const struct search_result *b);
int search_was_proposed(const struct search *s, const struct search_history *h, const struct proposal *p);
void search_forget(struct search_history *h);

/* For methods that draw: the proposal whose axes have these quantiles; an absent axis leaves its own unused. 0, or -1
 * with *e. */
int search_from_units(const struct search *s, const uint32_t *unit, struct proposal *out, struct err *e);
/* The quantiles, from 0 to 1, between which a value of an axis lies; of any method that draws. */
void search_cell(const struct search *s, size_t axis, int64_t value, double *from, double *to);

/* The first 32 bits of the points of Sobol's sequence, point `number` along dimension d < SEARCH_AXES; not scrambled.
 */
uint32_t sobol_point(uint64_t number, size_t d);
/* Row d: a polynomial over GF(2), the highest bit first, and as many odd numbers as its degree. */
#define SOBOL_DEGREE 11
extern const uint16_t sobol_numbers[SEARCH_AXES][1 + SOBOL_DEGREE];

#endif
