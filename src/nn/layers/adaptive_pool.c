/* adaptive_maxpool and adaptive_avgpool: pooling into maps of a given size. Window i of m over n elements goes from
 * floor(i n / m) to ceil((i + 1) n / m), as in PyTorch; where m divides n, it is an ordinary pooling, and computed so.
 */
#include "nn/layers/pooling.h"

#include <stdint.h>

struct adaptive_args {
    int size[NN_SIDES];
};

// clang-format off
static const struct param adaptive_params[] = {
    { .name = "size", .type = P_EXTENT, .at = offsetof(struct adaptive_args, size), .min = 1, .max = 1024,
      .help = "height x width of the output, of volumes slices before them, at most those of the input" },
    { 0 },
};
// clang-format on

static int adaptive_shape(struct nn_node *nd, struct err *e)
{
    const struct adaptive_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_positions(nd, e) || layer_extent_fits(nd, a->size, e))
        return -1;
    const int slices = layer_number(nd, a->size, 2, 1), columns = layer_number(nd, a->size, 1, 1);
    if (a->size[0] > shape_rows(x) || columns > x.w || slices > x.d)
        return layer_error(nd, e, "the output of %dx%d is larger than the input of %dx%d%s; upsample enlarges",
                           a->size[0], columns, shape_rows(x), x.w, slices > x.d ? ", or has more slices" : "");
    nd->y = (struct shape){x.kind, x.c, slices * a->size[0], columns, slices};
    if (shape_equal(nd->y, x))
        nd->flags |= IDENTITY;
    return 0;
}

/* The first element of window i where m share n elements out, and the first after it. */
static int window_begin(int i, int n, int m)
{
    return (int)((int64_t)i * n / m);
}

static int window_end(int i, int n, int m)
{
    return (int)(((int64_t)(i + 1) * n + m - 1) / m);
}

/* The size of the largest window; that of an ordinary pooling, where it is one. */
static int largest_window(int n, int m)
{
    int most = 0;
    for (int i = 0; i < m; i++)
        if (window_end(i, n, m) - window_begin(i, n, m) > most)
            most = window_end(i, n, m) - window_begin(i, n, m);
    return most;
}

static struct pool_plan adaptive_geometry(const struct nn_node *nd)
{
    const struct shape x = nd->x[0], y = nd->y;
    const int rows = shape_rows(x), out = shape_rows(y);
    struct pool_plan p = {.map = {.c = x.c,
                                  .h = rows,
                                  .w = x.w,
                                  .ho = out,
                                  .wo = y.w,
                                  .kh = largest_window(rows, out),
                                  .kw = largest_window(x.w, y.w),
                                  .sh = rows / out,
                                  .sw = x.w / y.w}};
    if (x.kind == VOLUME)
        p.slices = pool_slices(&p.map, x, y.d, largest_window(x.d, y.d), x.d / y.d, 0);
    return p;
}

static void adaptive_window(const struct nn_node *nd, struct nn_window *w)
{
    const struct shape x = nd->x[0], y = nd->y;
    const int in[NN_SIDES] = {shape_rows(x), x.w, x.d}, out[NN_SIDES] = {shape_rows(y), y.w, y.d};
    for (int i = 0; i < NN_SIDES; i++) {
        w->kernel[i] = largest_window(in[i], out[i]);
        w->stride[i] = (in[i] + out[i] - 1) / out[i]; /* the largest step */
    }
}

static int is_even(const struct pool_dims *d)
{
    return d->h % d->ho == 0 && d->w % d->wo == 0;
}

static void adaptive_max_forward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                                 float *y)
{
    if (is_even(d))
        k->maxpool_forward(d, blocks, x, y);
    else
        k->adaptive_forward(d, 1, blocks, x, y);
}

static void adaptive_max_backward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                                  const float *y, const float *dy, float *dx)
{
    if (is_even(d))
        k->maxpool_backward(d, blocks, x, y, dy, dx);
    else
        k->adaptive_backward(d, 1, blocks, x, y, dy, dx);
}

static void adaptive_mean_forward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                                  float *y)
{
    if (is_even(d))
        k->avgpool_forward(d, blocks, x, y);
    else
        k->adaptive_forward(d, 0, blocks, x, y);
}

static void adaptive_mean_backward(const struct kernels *k, const struct pool_dims *d, int blocks, const float *x,
                                   const float *y, const float *dy, float *dx)
{
    if (is_even(d))
        k->avgpool_backward(d, blocks, dy, dx);
    else
        k->adaptive_backward(d, 0, blocks, x, y, dy, dx);
}

static const struct pool_kind adaptive_max = {1, adaptive_max_forward, adaptive_max_backward},
                              adaptive_mean = {0, adaptive_mean_forward, adaptive_mean_backward};
POOLING(adaptive_maxpool, adaptive_geometry, adaptive_max)
POOLING(adaptive_avgpool, adaptive_geometry, adaptive_mean)

const struct layer_type layer_adaptive_maxpool = {
    .name = "adaptive_maxpool",
    .sig = "[C,H,W] -> [C,H',W'], [C,T] -> [C,T'], [C,D,H,W] -> [C,D',H',W']",
    .help = "the largest value of each of H' x W' windows that share the map out",
    .source = "",
    .params = adaptive_params,
    .positional = 1,
    .args_size = sizeof(struct adaptive_args),
    .flags = KEEPS_X | KEEPS_Y | POOLS | DISTANCE_SHOWN,
    .shape = adaptive_shape,
    .window = adaptive_window,
    POOLING_ROW(adaptive_maxpool),
};
const struct layer_type layer_adaptive_avgpool = {
    .name = "adaptive_avgpool",
    .sig = "[C,H,W] -> [C,H',W'], [C,T] -> [C,T'], [C,D,H,W] -> [C,D',H',W']",
    .help = "the mean of each of H' x W' windows that share the map out",
    .source = "",
    .params = adaptive_params,
    .positional = 1,
    .args_size = sizeof(struct adaptive_args),
    .flags = POOLS | DISTANCE_SHOWN,
    .shape = adaptive_shape,
    .window = adaptive_window,
    POOLING_ROW(adaptive_avgpool),
};
