/* formats.c lists the formats, and finds out about layers what all of them ask. */
#include "model/export/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct export_format *const export_formats[] = {&export_safetensors, &export_c, &export_onnx, NULL};

const char *export_format_name(size_t i)
{
    return i + 1 < sizeof export_formats / sizeof *export_formats ? export_formats[i]->name : NULL;
}

static const void *word_at(const struct nn_node *nd, const char *word, const struct param **p)
{
    *p = param_find(nd->type->params, word);
    return (const char *)nd->args + (*p)->at;
}

double export_word(const struct nn_node *nd, const char *word)
{
    const struct param *p;
    const void *at = word_at(nd, word, &p);
    return p->type == P_FLOAT ? *(const double *)at : *(const int *)at;
}

int export_side(const struct nn_node *nd, const char *word, int side)
{
    const struct param *p;
    const int *at = word_at(nd, word, &p);
    return p->type == P_EXTENT ? layer_along(at, side) : at[side];
}

const float *export_tensor(const struct model *m, const struct nn_node *nd, int i, struct arena *a)
{
    const struct nn_tensor *t = &nd->tensor[i];
    if (!t->by_row)
        return m->w + t->at;
    const struct model_tensor turned = {.n = t->n, .by_row = 1, .map = nd->x[0]};
    float *v = arena_take(a, t->n * sizeof *v);
    if (v)
        model_tensor_order(&turned, 0, m->w + t->at, v);
    return v;
}

const float *export_buffer(const struct model *m, const struct nn_node *nd, int i)
{
    return m->buffers + nd->buffers_at + nd->buffer[i].at;
}

int export_batchnorm(const struct model *m, const struct nn_node *nd, float **scale, float **shift, struct arena *a)
{
    const float *weight = m->w + nd->tensor[0].at, *bias = m->w + nd->tensor[1].at;
    const float *mean = export_buffer(m, nd, 0), *var = export_buffer(m, nd, 1);
    const double eps = export_word(nd, "eps");
    *scale = arena_take(a, nd->tensor[0].n * sizeof **scale);
    *shift = arena_take(a, nd->tensor[0].n * sizeof **shift);
    if (!*scale || !*shift)
        return -1;
    for (size_t c = 0; c < nd->tensor[0].n; c++) {
        (*scale)[c] = (float)(1 / sqrt((double)var[c] + eps) * (double)weight[c]);
        (*shift)[c] = (float)((double)bias[c] - (double)mean[c] * (double)(*scale)[c]);
    }
    return 0;
}

int export_is_identity(const struct nn_node *nd)
{
    static const char *const names[] = {"flatten",  "reshape",        "dropout", "dropout2d",
                                        "droppath", "gaussian_noise", NULL};
    for (size_t i = 0; names[i] && nd->nin == 1; i++)
        if (!strcmp(nd->type->name, names[i]))
            return 1;
    return nd->nin == 1 && nd->flags & IDENTITY && strcmp(nd->type->name, "rows") != 0; /* it is one here alone */
}

int export_refuse(const struct nn_node *nd, const char *format, const char *why, struct err *e)
{
    return err_set(e, ERR_USAGE, "layer %d of the network, '%s', cannot be exported to %s%s%s", nd->index + 1, nd->text,
                   format, *why ? ": " : "", why);
}

const void *export_row(const struct nn_node *nd, const void *table, size_t size, const char *format, int volumes,
                       struct err *e)
{
    char name[48];
    const char *has;
    snprintf(name, sizeof name, "%s%s", nd->nin > 1 ? "join " : "", nd->type->name);
    const int volume = nd->x[0].kind == VOLUME && !volumes;
    for (const char *row = table; memcpy(&has, row, sizeof has), has && !volume; row += size)
        if (!strcmp(has, name))
            return row;
    export_refuse(nd, format, volume ? "it works on a volume" : "", e);
    return NULL;
}

int export_pool(const struct nn_node *nd, struct pool_dims *d, struct err *e)
{
    const struct shape x = nd->x[0], y = nd->y;
    struct stage_part part = {.kind = PART_KINDS};
    if (nd->type->part)
        nd->type->part(nd, &part);
    *d = (struct pool_dims){x.c, x.h, x.w, y.h, y.w, x.h / y.h, x.w / y.w, x.h / y.h, x.w / y.w, 0, 0};
    if (part.kind == PART_POOL)
        *d = part.pool.d;
    else if (x.h % y.h || x.w % y.w) /* an adaptive one */
        return err_set(e, ERR_USAGE,
                       "layer %d of the network, '%s', has windows of different sizes, which cannot be exported; "
                       "choose sizes that divide %dx%d",
                       nd->index + 1, nd->text, x.h, x.w);
    return 0;
}

void export_shortcut(const struct nn_node *nd, int stride[2])
{
    int channels;
    stride[0] = stride[1] = 1;
    sscanf(nd->text, "shortcut %d stride %dx%d", &channels, &stride[0], &stride[1]);
}
