/* diagram.c counts the points of a grid whose axes may be conditional, and finds the values of one. */
#include "search/diagram.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct diagram_edge {
    uint64_t end; /* points below this value and all before it */
    uint32_t child;
};
struct diagram_node {
    int axis, active, watched;
    uint32_t child; /* of an axis nobody looks at, or an absent one */
    uint32_t first; /* watched: edges first .. first + values - 1 */
    uint64_t values, points;
    double approx;
};

struct build {
    struct diagram *g;
    const struct diagram_axis *axis;
    diagram_holds *holds;
    void *ctx;
    int at[DIAGRAM_AXES];    /* position of each axis */
    int ready[DIAGRAM_AXES]; /* position behind which a conditional axis can be decided; -1: at once */
    int watched[DIAGRAM_AXES];
    int64_t value[DIAGRAM_AXES];
    signed char held[DIAGRAM_AXES];
    struct diagram_node *node;
    struct diagram_edge *edge;
    size_t nodes, nodes_cap, edges, edges_cap;
    uint32_t *table; /* hash of states: node + 1 */
    size_t table_cap;
    int64_t **key; /* of each node: its state, key[0] its length */
    struct arena *a, keys;
    size_t culprit;
    struct err *e;
};

static uint64_t add_points(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply_points(uint64_t a, uint64_t b)
{
    return a && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/* Sorts the axes by Kahn's algorithm, always taking the first that may come, so that it is stable. */
int diagram_order(const struct diagram_axis *axis, size_t n, int *order, size_t *culprit, struct err *e)
{
    int done[DIAGRAM_AXES] = {0};
    if (n > DIAGRAM_AXES)
        return err_set(e, ERR_USAGE, "%zu axes, at most %d can be counted", n, DIAGRAM_AXES);
    for (size_t placed = 0; placed < n; placed++) {
        size_t i = 0;
        for (; i < n; i++) {
            int waits = done[i];
            for (size_t l = 0; axis[i].conditional && l < axis[i].ndepends; l++)
                waits |= !done[axis[i].depends_on[l]];
            if (!waits)
                break;
        }
        if (i == n) {
            for (i = 0; done[i];)
                i++;
            *culprit = i;
            return err_set(e, ERR_USAGE, "its condition looks, directly or through others, at itself");
        }
        done[i] = 1;
        order[placed] = (int)i;
    }
    return 0;
}

static void find_watched(struct build *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->ready[i] = -1;
        for (size_t l = 0; b->axis[i].conditional && l < b->axis[i].ndepends; l++) {
            int seen = b->axis[i].depends_on[l];
            b->watched[seen] = 1;
            if (b->at[seen] > b->ready[i])
                b->ready[i] = b->at[seen];
        }
    }
}

/* Fills the key with what the axes from position pos on still need to know: conditions that are decided, and values
 * for the others. */
static size_t state_key(const struct build *b, int pos, int64_t *key)
{
    size_t n = 0;
    char told[DIAGRAM_AXES] = {0};
    key[n++] = pos;
    for (int p = pos; p < (int)b->g->axes; p++) {
        int i = b->g->order[p];
        if (!b->axis[i].conditional)
            continue;
        if (b->ready[i] < pos) {
            key[n++] = b->held[i];
            continue;
        }
        for (size_t l = 0; l < b->axis[i].ndepends; l++) {
            int seen = b->axis[i].depends_on[l];
            if (b->at[seen] < pos && !told[seen]) {
                told[seen] = 1;
                key[n++] = b->value[seen];
            }
        }
    }
    return n;
}

static size_t slot_of(const struct build *b, const int64_t *key, size_t n)
{
    size_t i = (size_t)str_hash(STR_HASH, key, n * sizeof *key) & (b->table_cap - 1);
    for (; b->table[i]; i = (i + 1) & (b->table_cap - 1)) {
        const int64_t *k = b->key[b->table[i] - 1];
        if (k[0] == (int64_t)n && !memcmp(k + 1, key, n * sizeof *key))
            break;
    }
    return i;
}

static int nomem(struct build *b)
{
    return err_set(b->e, ERR_NOMEM, "no memory");
}

static int rehash(struct build *b)
{
    size_t cap = b->table_cap ? 2 * b->table_cap : 64;
    uint32_t *table = calloc(cap, sizeof *table);
    if (!table)
        return nomem(b);
    free(b->table);
    b->table = table;
    b->table_cap = cap;
    for (size_t i = 0; i < b->nodes; i++)
        table[slot_of(b, b->key[i] + 1, (size_t)b->key[i][0])] = (uint32_t)i + 1;
    return 0;
}

static int new_node(struct build *b, const int64_t *key, size_t n, uint32_t *out)
{
    if (b->nodes == b->nodes_cap) {
        size_t cap = b->nodes_cap ? 2 * b->nodes_cap : 32;
        struct diagram_node *v = realloc(b->node, cap * sizeof *v);
        if (v)
            b->node = v;
        int64_t **k = realloc(b->key, cap * sizeof *k);
        if (k)
            b->key = k;
        if (!v || !k)
            return nomem(b);
        b->nodes_cap = cap;
    }
    int64_t *copy = arena_take(&b->keys, (n + 1) * sizeof *copy);
    if (!copy)
        return nomem(b);
    copy[0] = (int64_t)n;
    memcpy(copy + 1, key, n * sizeof *key);
    b->key[b->nodes] = copy;
    b->node[b->nodes] = (struct diagram_node){0};
    *out = (uint32_t)b->nodes++;
    if (2 * b->nodes >= b->table_cap)
        return rehash(b);
    b->table[slot_of(b, key, n)] = *out + 1;
    return 0;
}

static int new_edges(struct build *b, uint64_t n, uint32_t *first)
{
    if (n > DIAGRAM_WORK || b->edges + n > DIAGRAM_WORK)
        return err_set(b->e, ERR_USAGE, "conditions look at too many combinations of values (more than %zu)",
                       DIAGRAM_WORK);
    while (b->edges + n > b->edges_cap) {
        size_t cap = b->edges_cap ? 2 * b->edges_cap : 64;
        struct diagram_edge *v = realloc(b->edge, cap * sizeof *v);
        if (!v)
            return nomem(b);
        b->edge = v;
        b->edges_cap = cap;
    }
    *first = (uint32_t)b->edges;
    b->edges += n;
    return 0;
}

static int visit_axis(struct build *b, int pos, uint32_t *out);

/* Gives the axis at pos this value, decides the conditions that waited for it, and goes on. */
static int step_axis(struct build *b, int pos, int64_t value, uint32_t *child)
{
    if (pos >= 0)
        b->value[b->g->order[pos]] = value;
    for (size_t i = 0; i < b->g->axes; i++)
        if (b->axis[i].conditional && b->ready[i] == pos) {
            int h = b->holds(b->ctx, i, b->value, b->e);
            b->culprit = i;
            if (h < 0)
                return -1;
            b->held[i] = (signed char)h;
        }
    return visit_axis(b, pos + 1, child);
}

static int visit_watched(struct build *b, int pos, struct diagram_node *nd)
{
    if (new_edges(b, nd->values, &nd->first))
        return -1;
    for (uint64_t v = 0; v < nd->values; v++) {
        uint32_t child = 0;
        if (step_axis(b, pos, (int64_t)v, &child))
            return -1;
        nd->points = add_points(nd->points, b->node[child].points);
        nd->approx += b->node[child].approx;
        b->edge[nd->first + v] = (struct diagram_edge){nd->points, child};
    }
    return 0;
}

static int visit_axis(struct build *b, int pos, uint32_t *out)
{
    int64_t key[2 * DIAGRAM_AXES + 1];
    size_t n = state_key(b, pos, key);
    if (b->table_cap) {
        size_t i = slot_of(b, key, n);
        if (b->table[i]) {
            *out = b->table[i] - 1;
            return 0;
        }
    }
    struct diagram_node nd = {.points = 1, .approx = 1};
    if (b->nodes > DIAGRAM_WORK)
        return err_set(b->e, ERR_USAGE, "conditions look at too many combinations of values (more than %zu)",
                       DIAGRAM_WORK);
    if (pos < (int)b->g->axes) {
        int i = b->g->order[pos];
        nd =
            (struct diagram_node){.axis = i, .active = !b->axis[i].conditional || b->held[i], .watched = b->watched[i]};
        nd.values = nd.active ? b->axis[i].values : 1;
        if (nd.active && nd.watched) {
            if (visit_watched(b, pos, &nd))
                return -1;
        } else {
            if (step_axis(b, pos, nd.active ? 0 : DIAGRAM_ABSENT, &nd.child))
                return -1;
            nd.points = multiply_points(nd.values, b->node[nd.child].points);
            nd.approx = (double)nd.values * b->node[nd.child].approx;
        }
    }
    if (new_node(b, key, n, out))
        return -1;
    b->node[*out] = nd;
    return 0;
}

static int keep_diagram(struct build *b)
{
    struct diagram_node *node = arena_take(b->a, b->nodes * sizeof *node);
    struct diagram_edge *edge = arena_take(b->a, (b->edges + 1) * sizeof *edge);
    if (!node || !edge)
        return nomem(b);
    memcpy(node, b->node, b->nodes * sizeof *node);
    if (b->edges)
        memcpy(edge, b->edge, b->edges * sizeof *edge);
    b->g->node = node;
    b->g->edge = edge;
    b->g->points = node[b->g->root].points;
    b->g->approx = node[b->g->root].approx;
    return 0;
}

int diagram_build(struct diagram *g, const struct diagram_axis *axis, size_t n, diagram_holds *holds, void *ctx,
                  struct arena *a, size_t *culprit, struct err *e)
{
    struct build b = {.g = g, .axis = axis, .holds = holds, .ctx = ctx, .a = a, .e = e};
    memset(g, 0, sizeof *g);
    if (diagram_order(axis, n, g->order, culprit, e))
        return -1;
    g->axes = n;
    for (size_t pos = 0; pos < n; pos++)
        b.at[g->order[pos]] = (int)pos;
    find_watched(&b, n);
    arena_init(&b.keys);
    int rc = step_axis(&b, -1, 0, &g->root) || keep_diagram(&b) ? -1 : 0;
    *culprit = b.culprit;
    free(b.node);
    free(b.edge);
    free(b.table);
    free(b.key);
    arena_release(&b.keys);
    return rc;
}

/* Finds the first value whose `end` lies above k. */
static uint64_t find_edge(const struct diagram_edge *edge, uint64_t n, uint64_t k)
{
    uint64_t lo = 0, hi = n - 1;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (edge[mid].end > k)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

void diagram_decode(const struct diagram *g, uint64_t k, int64_t *value)
{
    const struct diagram_node *nd = &g->node[g->root];
    for (size_t pos = 0; pos < g->axes; pos++) {
        if (nd->active && nd->watched) {
            const struct diagram_edge *edge = g->edge + nd->first;
            uint64_t v = find_edge(edge, nd->values, k);
            k -= v ? edge[v - 1].end : 0;
            value[nd->axis] = (int64_t)v;
            nd = &g->node[edge[v].child];
            continue;
        }
        const struct diagram_node *child = &g->node[nd->child];
        value[nd->axis] = nd->active ? (int64_t)(k / child->points) : DIAGRAM_ABSENT;
        k %= child->points;
        nd = child;
    }
}
