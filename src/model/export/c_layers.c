/* c_layers.c - what each layer becomes in an exported C file: a call of one of its functions. */
#include "model/export/c_export.h"
#include "nn/layers/joins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL(c, helper, ...)                                                                                           \
    do {                                                                                                               \
        (c)->w->helpers |= 1u << (helper);                                                                             \
        str_addf(&(c)->w->body, __VA_ARGS__);                                                                          \
    } while (0)

/* The name of an array of a node, "w3"; or 0 where there is none. */
#define NAMES 24
static const char *array_name(char buf[NAMES], const char *what, const struct nn_node *nd, int there)
{
    snprintf(buf, NAMES, "%s%d", what, nd->index);
    return there ? buf : "0";
}

static int positions_of(struct shape s)
{
    return s.h * s.w;
}

static void put_tensor(struct c_call *c, const char *what, int i)
{
    const float *v = export_tensor(c->w->m, c->nd, i, &c->w->mem);
    c_array(c->w, what, c->nd->index, v, c->nd->tensor[i].n);
}

static int emit_conv(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    struct stage_part part;
    char w[NAMES], b[NAMES];
    (void)e;
    nd->type->part(nd, &part);
    const struct conv_dims *d = &part.conv;
    put_tensor(c, "w", 0);
    if (nd->ntensors > 1)
        put_tensor(c, "b", 1);
    CALL(c, C_CONV, "    conv(%s, %s, %s, %s, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d);\n", c->x[0],
         array_name(w, "w", nd, 1), array_name(b, "b", nd, nd->ntensors > 1), c->y, d->ci, d->h, d->w, d->co, d->ho,
         d->wo, d->kh, d->kw, d->sh, d->sw, d->ph, d->pw, d->dh, d->dw, d->groups);
    return 0;
}

static int emit_dense(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    char w[NAMES], b[NAMES];
    (void)e;
    put_tensor(c, "w", 0);
    if (nd->ntensors > 1)
        put_tensor(c, "b", 1);
    CALL(c, C_DENSE, "    dense(%s, %s, %s, %s, %d, %d, %d);\n", c->x[0], array_name(w, "w", nd, 1),
         array_name(b, "b", nd, nd->ntensors > 1), c->y, nd->x[0].c, nd->y.c, positions_of(nd->x[0]));
    return 0;
}

static int emit_batchnorm(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    float *scale, *shift;
    (void)e;
    if (export_batchnorm(c->w->m, nd, &scale, &shift, &c->w->mem))
        return 0; /* the arena tells */
    c_array(c->w, "scale", nd->index, scale, nd->tensor[0].n);
    c_array(c->w, "shift", nd->index, shift, nd->tensor[0].n);
    CALL(c, C_AFFINE, "    affine(%s, scale%d, shift%d, %s, %d, %d);\n", c->x[0], nd->index, nd->index, c->y,
         nd->x[0].c, positions_of(nd->x[0]));
    return 0;
}

static int emit_prelu(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    (void)e;
    put_tensor(c, "slope", 0);
    CALL(c, C_PRELU, "    prelu(%s, slope%d, %zu, %s, %d, %d);\n", c->x[0], nd->index, nd->tensor[0].n, c->y,
         nd->x[0].c, positions_of(nd->x[0]));
    return 0;
}

static int emit_act(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    char a[STR_NUM + 4];
    (void)e;
    const float parameter = nd->type->positional ? (float)export_word(nd, nd->type->params[0].name) : 0;
    c->w->acts |= 1u << nd->type->act;
    str_addf(&c->w->body, "    act_%s(%s, %s, %s, %zu);\n", nd->type->name, c->x[0], c_number(a, parameter), c->y,
             shape_size(nd->y));
    return 0;
}

static int emit_pool(struct c_call *c, enum c_helper helper, const char *name, struct err *e)
{
    struct pool_dims d;
    if (export_pool(c->nd, &d, e))
        return -1;
    CALL(c, helper, "    %s(%s, %s, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d);\n", name, c->x[0], c->y, d.c, d.h, d.w,
         d.ho, d.wo, d.kh, d.kw, d.sh, d.sw, d.ph, d.pw);
    return 0;
}

static int emit_maxpool(struct c_call *c, struct err *e)
{
    return emit_pool(c, C_MAXPOOL, "maxpool", e);
}

static int emit_avgpool(struct c_call *c, struct err *e)
{
    return emit_pool(c, C_AVGPOOL, "avgpool", e);
}

/* --- normalizations of samples --- */

static void put_gains(struct c_call *c, char gain[NAMES], char bias[NAMES])
{
    const int n = c->nd->ntensors;
    if (n > 0)
        put_tensor(c, "gain", 0);
    if (n > 1)
        put_tensor(c, "bias", 1);
    if (strcmp(array_name(gain, "gain", c->nd, n > 0), "0") == 0)
        strcpy(gain, "0");
    if (strcmp(array_name(bias, "bias", c->nd, n > 1), "0") == 0)
        strcpy(bias, "0");
}

static int emit_groups(struct c_call *c, int groups, int centred, int each)
{
    const struct nn_node *nd = c->nd;
    char gain[NAMES], bias[NAMES], eps[STR_NUM];
    put_gains(c, gain, bias);
    CALL(c, C_NORM_GROUPS, "    norm_groups(%s, %s, %s, %s, %d, %d, %d, %d, %d, %s);\n", c->x[0], gain, bias, c->y,
         nd->x[0].c, positions_of(nd->x[0]), groups, centred, each, str_double(eps, export_word(nd, "eps")));
    return 0;
}

static int emit_over(struct c_call *c, int centred)
{
    const struct nn_node *nd = c->nd;
    char gain[NAMES], bias[NAMES], eps[STR_NUM];
    if (export_word(nd, "over") > 0)
        return emit_groups(c, 1, centred, 1);
    put_gains(c, gain, bias);
    CALL(c, C_NORM_PLACES, "    norm_places(%s, %s, %s, %s, %d, %d, %d, %s);\n", c->x[0], gain, bias, c->y, nd->x[0].c,
         positions_of(nd->x[0]), centred, str_double(eps, export_word(nd, "eps")));
    return 0;
}

static int emit_layernorm(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_over(c, 1);
}

static int emit_rmsnorm(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_over(c, 0);
}

static int emit_groupnorm(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_groups(c, (int)export_word(c->nd, "groups"), 1, 0);
}

static int emit_instancenorm(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_groups(c, c->nd->x[0].c, 1, 0);
}

/* --- joins --- */

static int emit_add(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    char scale[STR_NUM + 4];
    (void)e;
    for (int k = 1; k < nd->nin; k++)
        CALL(c, C_ADD, "    add(%s, %s, %s, %s, %zu);\n", k == 1 ? c->x[0] : c->y,
             c_number(scale, k == 1 ? (float)join_scale(nd) : 1), c->x[k], c->y, shape_size(nd->y));
    return 0;
}

static int emit_mean_of(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    char share[STR_NUM + 4];
    (void)e;
    for (int k = 1; k < nd->nin; k++)
        CALL(c, C_ADD, "    add(%s, 1, %s, %s, %zu);\n", k == 1 ? c->x[0] : c->y, c->x[k], c->y, shape_size(nd->y));
    CALL(c, C_SCALE, "    scale_by(%s, %s, %zu);\n", c->y, c_number(share, 1 / (float)nd->nin), shape_size(nd->y));
    return 0;
}

static int emit_mul(struct c_call *c, struct err *e)
{
    const struct nn_node *nd = c->nd;
    (void)e;
    for (int k = 1; k < nd->nin; k++)
        CALL(c, C_MUL, "    mul(%s, %s, %s, %zu);\n", k == 1 ? c->x[0] : c->y, c->x[k], c->y, shape_size(nd->y));
    return 0;
}

static int emit_gate(struct c_call *c, struct err *e)
{
    (void)e;
    CALL(c, C_GATE, "    gate(%s, %s, %s, %d, %d);\n", c->x[0], c->x[1], c->y, c->nd->x[0].c,
         positions_of(c->nd->x[0]));
    return 0;
}

static int emit_concat(struct c_call *c, struct err *e)
{
    size_t at = 0;
    (void)e;
    for (int k = 0; k < c->nd->nin; k++) {
        const size_t n = shape_size(c->nd->x[k]);
        CALL(c, C_COPY, "    copy(%s, %s + %zu, %zu);\n", c->x[k], c->y, at, n);
        at += n;
    }
    return 0;
}

/* --- places --- */

static int emit_shortcut(struct c_call *c, struct err *e)
{
    const struct shape x = c->nd->x[0], y = c->nd->y;
    int stride[2];
    (void)e;
    export_shortcut(c->nd, stride);
    CALL(c, C_SHORTCUT, "    shortcut(%s, %s, %d, %d, %d, %d, %d, %d, %d, %d);\n", c->x[0], c->y, x.c, x.h, x.w, y.c,
         y.h, y.w, stride[0], stride[1]);
    return 0;
}

static int emit_upsample(struct c_call *c, struct err *e)
{
    const struct shape x = c->nd->x[0];
    if (export_word(c->nd, "mode") > 0)
        return export_refuse(c->nd, "c", "only `nearest` can", e);
    const struct shape y = c->nd->y;
    CALL(c, C_UPSAMPLE, "    upsample(%s, %s, %d, %d, %d, %d, %d);\n", c->x[0], c->y, x.c, x.h, x.w, y.h / x.h,
         y.w / x.w);
    return 0;
}

static void emit_border(struct c_call *c, enum c_helper helper, const char *name)
{
    const struct shape x = c->nd->x[0], y = c->nd->y;
    CALL(c, helper, "    %s(%s, %s, %d, %d, %d, %d, %d, %d, %d);\n", name, c->x[0], c->y, x.c, x.h, x.w, y.h, y.w,
         abs(y.h - x.h) / 2, abs(y.w - x.w) / 2);
}

static int emit_pad(struct c_call *c, struct err *e)
{
    if (export_word(c->nd, "mode") > 0)
        return export_refuse(c->nd, "c", "only `zeros` can", e);
    emit_border(c, C_PAD, "pad");
    return 0;
}

static int emit_crop(struct c_call *c, struct err *e)
{
    (void)e;
    emit_border(c, C_CROP, "crop");
    return 0;
}

/* One position of a sequence [C,T]: a crop of a map with one column for each. */
static int emit_position(struct c_call *c, int t)
{
    CALL(c, C_CROP, "    crop(%s, %s, %d, %d, 1, 1, 1, %d, 0);\n", c->x[0], c->y, c->nd->x[0].c, c->nd->x[0].h, t);
    return 0;
}

static int emit_first(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_position(c, 0);
}

static int emit_last(struct c_call *c, struct err *e)
{
    (void)e;
    return emit_position(c, c->nd->x[0].h - 1);
}

static int emit_maxout(struct c_call *c, struct err *e)
{
    (void)e;
    CALL(c, C_MAXOUT, "    maxout(%s, %s, %d, %d, %d);\n", c->x[0], c->y, c->nd->y.c, positions_of(c->nd->y),
         (int)export_word(c->nd, "pieces"));
    return 0;
}

static int emit_glu(struct c_call *c, struct err *e)
{
    (void)e;
    CALL(c, C_GLU, "    glu(%s, %s, %zu);\n", c->x[0], c->y, shape_size(c->nd->y));
    return 0;
}

static int emit_softmax(struct c_call *c, struct err *e)
{
    (void)e;
    CALL(c, C_SOFTMAX, "    softmax(%s, %s, %d, %d);\n", c->x[0], c->y, c->nd->y.c, positions_of(c->nd->y));
    return 0;
}

const struct c_layer c_layers[] = {
    {"softmax", emit_softmax},
    {"conv2d", emit_conv},
    {"depthwise", emit_conv},
    {"dense", emit_dense},
    {"batchnorm", emit_batchnorm},
    {"layernorm", emit_layernorm},
    {"rmsnorm", emit_rmsnorm},
    {"groupnorm", emit_groupnorm},
    {"instancenorm", emit_instancenorm},
    {"prelu", emit_prelu},
    {"maxout", emit_maxout},
    {"glu", emit_glu},
    {"maxpool", emit_maxpool},
    {"avgpool", emit_avgpool},
    {"adaptive_maxpool", emit_maxpool},
    {"adaptive_avgpool", emit_avgpool},
    {"gap", emit_avgpool},
    {"gmp", emit_maxpool},
    {"mean", emit_avgpool},
    {"first", emit_first},
    {"last", emit_last},
    {"shortcut", emit_shortcut},
    {"upsample", emit_upsample},
    {"pad", emit_pad},
    {"crop", emit_crop},
    {"join add", emit_add},
    {"join mean", emit_mean_of},
    {"join mul", emit_mul},
    {"join gate", emit_gate},
    {"join concat", emit_concat},
#define ACTIVATION(name, ...) {#name, emit_act},
#include "kernels/activations.def"
    {NULL, NULL},
};
