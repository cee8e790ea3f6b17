/* planner.h - points costed one after another: what plan_visit shows and sweep_run runs. */
#ifndef ORCHESTRATE_PLANNER_H
#define ORCHESTRATE_PLANNER_H

#include "base/keymap.h"
#include "orchestrate/datasets.h"
#include "orchestrate/orchestrate.h"

#include <omp.h>

struct planner {
    const struct sweep *sweep;
    struct datasets *sets;
    struct search_history history;
    uint64_t next;      /* number of the next point of the plan */
    struct proposal at; /* of the current one */
    struct plan_draws draws;
    struct keymap seen; /* content of a point -> number of the first point that has it */
    struct arena mem;   /* of the current point */
    omp_lock_t *lock;   /* NULL, or that of the caller, which is left while the search works out a proposal */
    int members;        /* of a worker's team, which its memory depends on; set to 1 by planner_init */
    struct point point;
    struct nn_graph graph;
    char why[512], why_at[512], note[256];
};

void planner_init(struct planner *p, const struct sweep *s, struct datasets *sets);
/* Point number `index`, which is at this proposal, into *out, valid until the next call. A point that breaks a
 * condition, whose network does not fit, or, where it is one of several, at which a value of the sweep file is a
 * mistake (out->mistake) has out->skip; 0 then too. -1 with *errs when the only point has a mistake, or the dataset, or
 * the file that the network begins with, cannot be had. */
int planner_point(struct planner *p, uint64_t index, const struct proposal *at, struct plan_point *out,
                  struct err_list *errs);
/* The next point of the plan. Of a search that draws, proposals that cannot be trained, and those that are the same
 * training as an earlier one, are left out and counted. SEARCH_FOUND; SEARCH_END: there are no more; SEARCH_WAITS: it
 * depends on results that p->history was not told yet; -1 with *errs, also when there is none at all. */
int planner_next(struct planner *p, struct plan_point *out, struct err_list *errs);
/* Goes to the first point that is not skipped by the mistake of all before it. As planner_next, and -1 with that
 * mistake where it is every point's. */
int planner_sound(struct planner *p, struct plan_point *out, struct err_list *errs);
/* Goes on with point number `first`; of a search that draws all before it are drawn. As planner_next. */
int planner_seek(struct planner *p, uint64_t first, struct err_list *errs);
void planner_release(struct planner *p);
/* An error of the point's dataset (if *e is one) gets the place of the key that says where the files are. Not for what
 * stands in the tables. */
void planner_data_error(const struct sweep *s, const struct proposal *at, const struct data_spec *data, struct err *e);
/* Seconds of one repeat on an ordinary machine: as good as plan_seconds where trials are compared with each other. */
double planner_cost(const struct plan_point *p);

/* The network of a point: the graph in `a`; 0, or -1 with *errs. */
int point_graph(const struct point *pt, const struct dataset *set, struct nn_graph *g, struct arena *a,
                struct err_list *errs);

#endif
