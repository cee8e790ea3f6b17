/* adaptive_maxpool and adaptive_avgpool: pooling into maps of a given size. Window i of m over n elements goes from
 * floor(i n / m) to ceil((i + 1) n / m), as in PyTorch; where m divides n, it is an ordinary pooling, and computed so.
 */
#include "nn/layer.h"

struct adaptive_args {
    int size[2];
};

// clang-format off
static const struct param adaptive_params[] = {
    { .name = "size", .type = P_PAIR, .at = offsetof(struct adaptive_args, size), .min = 1, .max = 1024,
      .help = "height x width of the output, at most that of the input" },
    { 0 },
};
// clang-format on

static int adaptive_shape(struct nn_node *nd, struct err *e)
{
    const struct adaptive_args *a = nd->args;
    const struct shape x = nd->x[0];
    if (layer_wants_maps(nd, e))
        return -1;
    if (a->size[0] > x.h || a->size[1] > x.w)
        return layer_error(nd, e, "the output of %dx%d is larger than the input of %dx%d; upsample enlarges",
                           a->size[0], a->size[1], x.h, x.w);
    nd->y = (struct shape){MAPS, x.c, a->size[0], a->size[1]};
    if (nd->y.h == x.h && nd->y.w == x.w)
        nd->flags |= IDENTITY;
    return 0;
}

static int is_even(const struct nn_node *nd)
{
    return nd->x[0].h % nd->y.h == 0 && nd->x[0].w % nd->y.w == 0;
}

/* Of the ordinary pooling, where it is one; otherwise the largest windows. */
static struct pool_dims adaptive_dims(const struct nn_node *nd)
{
    const struct shape x = nd->x[0], y = nd->y;
    return (struct pool_dims){.c = x.c,
                              .h = x.h,
                              .w = x.w,
                              .ho = y.h,
                              .wo = y.w,
                              .kh = x.h / y.h + (x.h % y.h ? 1 : 0),
                              .kw = x.w / y.w + (x.w % y.w ? 1 : 0),
                              .sh = x.h / y.h,
                              .sw = x.w / y.w};
}

static void adaptive_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    struct pool_dims d = adaptive_dims(nd);
    k[0] = d.kh;
    k[1] = d.kw;
    s[0] = d.sh;
    s[1] = d.sw;
    dilation[0] = dilation[1] = 1;
}

static void adaptive_run(const struct layer_call *c, int max)
{
    const struct pool_dims d = adaptive_dims(c->node);
    const int blocks = c->pass->blocks;
    if (!is_even(c->node))
        c->kernels->adaptive_forward(&d, max, blocks, c->x[0], c->y);
    else
        (max ? c->kernels->maxpool_forward : c->kernels->avgpool_forward)(&d, blocks, c->x[0], c->y);
}

static void adaptive_back(const struct layer_call *c, int max)
{
    const struct pool_dims d = adaptive_dims(c->node);
    const int blocks = c->pass->blocks;
    if (!c->dx[0])
        return;
    if (!is_even(c->node))
        c->kernels->adaptive_backward(&d, max, blocks, c->x[0], c->y, c->dy, c->dx[0]);
    else if (max)
        c->kernels->maxpool_backward(&d, blocks, c->x[0], c->y, c->dy, c->dx[0]);
    else
        c->kernels->avgpool_backward(&d, blocks, c->dy, c->dx[0]);
}

static void adaptive_max_forward(const struct layer_call *c)
{
    adaptive_run(c, 1);
}

static void adaptive_max_backward(const struct layer_call *c)
{
    adaptive_back(c, 1);
}

static void adaptive_avg_forward(const struct layer_call *c)
{
    adaptive_run(c, 0);
}

static void adaptive_avg_backward(const struct layer_call *c)
{
    adaptive_back(c, 0);
}

const struct layer_type layer_adaptive_maxpool = {
    .name = "adaptive_maxpool",
    .sig = "[C,H,W] -> [C,H',W']",
    .help = "the largest value of each of H' x W' windows that share the map out",
    .source = "",
    .params = adaptive_params,
    .positional = 1,
    .args_size = sizeof(struct adaptive_args),
    .flags = KEEPS_X | KEEPS_Y | POOLS | DISTANCE_SHOWN,
    .shape = adaptive_shape,
    .window = adaptive_window,
    .forward = adaptive_max_forward,
    .backward = adaptive_max_backward,
};
const struct layer_type layer_adaptive_avgpool = {
    .name = "adaptive_avgpool",
    .sig = "[C,H,W] -> [C,H',W']",
    .help = "the mean of each of H' x W' windows that share the map out",
    .source = "",
    .params = adaptive_params,
    .positional = 1,
    .args_size = sizeof(struct adaptive_args),
    .flags = POOLS | DISTANCE_SHOWN,
    .shape = adaptive_shape,
    .window = adaptive_window,
    .forward = adaptive_avg_forward,
    .backward = adaptive_avg_backward,
};
