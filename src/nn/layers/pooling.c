/* pooling.c reads the arguments of a pooling, and computes its geometry. */
#include "nn/layers/pooling.h"

// clang-format off
#define AT(field) offsetof(struct pool_args, field)
const struct param pool_params[] = {
    { .name = "kernel", .type = P_PAIR, .at = AT(kernel), .min = 1, .max = 1024,
      .help = "height x width of the window" },
    { .name = "stride", .type = P_PAIR, .at = AT(stride), .min = 0, .max = 1024, .preset = "0",
      .help = "step between windows; 0: the window's size" },
    { .name = "pad", .type = P_PAIR, .at = AT(pad), .min = 0, .max = 512, .preset = "0",
      .help = "rows and columns around the input, at most half the window" },
    { 0 },
};
// clang-format on

int pool_check(void *args, struct err *e)
{
    struct pool_args *a = args;
    for (int i = 0; i < 2; i++) {
        if (!a->stride[i])
            a->stride[i] = a->kernel[i];
        if (a->pad[i] > a->kernel[i] / 2)
            return err_set(e, ERR_USAGE, "pad: %d is more than half of the window's %d", a->pad[i], a->kernel[i]);
    }
    return 0;
}

static int pool_outputs(const struct pool_args *a, int i, int n)
{
    int room = n + 2 * a->pad[i] - a->kernel[i];
    return room < 0 ? 0 : room / a->stride[i] + 1;
}

struct pool_dims pool_geometry(const struct nn_node *nd)
{
    const struct pool_args *a = nd->args;
    return (struct pool_dims){.c = nd->x[0].c,
                              .h = nd->x[0].h,
                              .w = nd->x[0].w,
                              .ho = pool_outputs(a, 0, nd->x[0].h),
                              .wo = pool_outputs(a, 1, nd->x[0].w),
                              .kh = a->kernel[0],
                              .kw = a->kernel[1],
                              .sh = a->stride[0],
                              .sw = a->stride[1],
                              .ph = a->pad[0],
                              .pw = a->pad[1]};
}

int pool_shape(struct nn_node *nd, struct err *e)
{
    if (layer_wants_maps(nd, e))
        return -1;
    struct pool_dims d = pool_geometry(nd);
    if (!d.ho || !d.wo)
        return layer_error(nd, e, "the window of %dx%d does not fit into the input of %dx%d; pool less before it", d.kh,
                           d.kw, d.h, d.w);
    nd->y = (struct shape){MAPS, d.c, d.ho, d.wo};
    return 0;
}

void pool_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    const struct pool_args *a = nd->args;
    for (int i = 0; i < 2; i++) {
        k[i] = a->kernel[i];
        s[i] = a->stride[i];
        dilation[i] = 1;
    }
}

int pool_whole_shape(struct nn_node *nd, struct err *e)
{
    if (layer_wants_maps(nd, e))
        return -1;
    nd->y = (struct shape){MAPS, nd->x[0].c, 1, 1};
    if (nd->x[0].h == 1 && nd->x[0].w == 1)
        nd->flags |= IDENTITY;
    return 0;
}

struct pool_dims pool_whole_geometry(const struct nn_node *nd)
{
    const struct shape x = nd->x[0];
    return (struct pool_dims){
        .c = x.c, .h = x.h, .w = x.w, .ho = 1, .wo = 1, .kh = x.h, .kw = x.w, .sh = 1, .sw = 1, .ph = 0, .pw = 0};
}

void pool_whole_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2])
{
    k[0] = nd->x[0].h;
    k[1] = nd->x[0].w;
    s[0] = s[1] = dilation[0] = dilation[1] = 1;
}
