/* diagram.h - counting and decoding a grid whose axes may be conditional, without enumerating it. The axes are put into
 * an order in which every condition stands behind the axes it looks at; the decision diagram over that order has one
 * node for each (position, what later conditions still need to know), each with the number of points below it. Axes
 * that nobody looks at multiply; so 10^12 points are a handful of nodes. */
#ifndef SEARCH_DIAGRAM_H
#define SEARCH_DIAGRAM_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define DIAGRAM_AXES 200
#define DIAGRAM_WORK ((size_t)1 << 19) /* edges of the diagram: values of axes that conditions look at */
#define DIAGRAM_ABSENT ((int64_t)-1)

struct diagram_axis {
    uint64_t values; /* >= 1 */
    int conditional;
    const int *depends_on; /* [ndepends] axes its condition looks at */
    size_t ndepends;
};
/* Whether the condition of `axis` holds: value[axis] is set for the axes it looks at, DIAGRAM_ABSENT where absent. 1,
 * 0, -1 with *e. */
typedef int diagram_holds(void *ctx, size_t axis, const int64_t *value, struct err *e);

struct diagram_node;
struct diagram {
    size_t axes;
    int order[DIAGRAM_AXES]; /* axis at each position: as given, conditions moved behind what they look at */
    uint64_t points;         /* UINT64_MAX: that many or more */
    double approx;
    const struct diagram_node *node;
    const struct diagram_edge *edge;
    uint32_t root;
};

/* order[n]: the axes, stable, but each after those its condition looks at. 0; -1 with *e: there are too many, or
 * conditions go in a circle (*culprit is an axis of it). */
int diagram_order(const struct diagram_axis *axis, size_t n, int *order, size_t *culprit, struct err *e);
/* 0; -1 with *e: conditions in a circle (*culprit is an axis of it), too many combinations, no memory, or what `holds`
 * said
 * (*culprit: of which axis). */
int diagram_build(struct diagram *g, const struct diagram_axis *axis, size_t n, diagram_holds *holds, void *ctx,
                  struct arena *a, size_t *culprit, struct err *e);
/* value[axes] of the k-th point, k < points; in `order` the last axis turns fastest. Any number of threads. */
void diagram_decode(const struct diagram *g, uint64_t k, int64_t *value);

#endif
