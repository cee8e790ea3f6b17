/* onnx_export.c - a network as ONNX (onnx.ai, IR version 9, operators of version 20): the input is a batch of any size
 * of samples as they are in files, the output the scores or numbers. */
#include "model/export/onnx_export.h"

#include <stdio.h>
#include <string.h>

#define IR_VERSION 9
#define OPSET 20
enum onnx_type { ONNX_FLOAT = 1, ONNX_INT64 = 7 };

/* Numbers of fields in onnx.proto. */
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER = 2,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_TENSOR = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_OP = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INT = 3,
    ATTRIBUTE_TEXT = 4,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TEXTS = 9,
    ATTRIBUTE_TYPE = 20,
    TENSOR_DIM = 1,
    TENSOR_TYPE = 2,
    TENSOR_CALLED = 8,
    TENSOR_RAW = 9,
};
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_TEXT = 3, TYPE_INTS = 7, TYPE_TEXTS = 8 };

/* --- pieces --- */

const char *onnx_name(struct onnx_writer *w)
{
    const char *name = arena_fmt(&w->mem, "t%d", w->names++);
    return name ? name : "";
}

static void put_attribute(struct onnx_attributes *a, const char *name, int type, struct str *rest)
{
    struct str s = {0};
    pb_text(&s, ATTRIBUTE_NAME, name);
    str_addn(&s, rest->p ? rest->p : "", rest->n);
    pb_whole(&s, ATTRIBUTE_TYPE, type);
    s.failed |= rest->failed;
    str_release(rest);
    pb_message(&a->s, NODE_ATTRIBUTE, &s);
}

void onnx_int(struct onnx_attributes *a, const char *name, int64_t v)
{
    struct str s = {0};
    pb_whole(&s, ATTRIBUTE_INT, v);
    put_attribute(a, name, TYPE_INT, &s);
}

void onnx_float(struct onnx_attributes *a, const char *name, float v)
{
    struct str s = {0};
    pb_float(&s, ATTRIBUTE_FLOAT, v);
    put_attribute(a, name, TYPE_FLOAT, &s);
}

void onnx_text(struct onnx_attributes *a, const char *name, const char *v)
{
    struct str s = {0};
    pb_text(&s, ATTRIBUTE_TEXT, v);
    put_attribute(a, name, TYPE_TEXT, &s);
}

void onnx_texts(struct onnx_attributes *a, const char *name, const char *v, int n)
{
    struct str s = {0};
    for (int i = 0; i < n; i++)
        pb_text(&s, ATTRIBUTE_TEXTS, v);
    put_attribute(a, name, TYPE_TEXTS, &s);
}

void onnx_ints(struct onnx_attributes *a, const char *name, const int *v, int n)
{
    struct str s = {0};
    for (int i = 0; i < n; i++)
        pb_whole(&s, ATTRIBUTE_INTS, v[i]);
    put_attribute(a, name, TYPE_INTS, &s);
}

/* y is the node's output after so many that nobody wants. */
static const char *put_node(struct onnx_writer *w, const char *op, const char *const *x, int n, int unwanted,
                            const char *y, struct onnx_attributes *a)
{
    struct str s = {0};
    y = y ? y : onnx_name(w);
    for (int i = 0; i < n; i++)
        pb_text(&s, NODE_INPUT, x[i]);
    for (int i = 0; i < unwanted; i++)
        pb_text(&s, NODE_OUTPUT, "");
    pb_text(&s, NODE_OUTPUT, y);
    pb_text(&s, NODE_OP, op);
    if (a) {
        s.failed |= a->s.failed;
        str_addn(&s, a->s.p ? a->s.p : "", a->s.n);
        str_release(&a->s);
    }
    pb_message(&w->nodes, GRAPH_NODE, &s);
    return y;
}

const char *onnx_node(struct onnx_writer *w, const char *op, const char *const *x, int n, const char *y,
                      struct onnx_attributes *a)
{
    return put_node(w, op, x, n, 0, y, a);
}

const char *onnx_second(struct onnx_writer *w, const char *op, const char *const *x, int n, struct onnx_attributes *a)
{
    return put_node(w, op, x, n, 1, NULL, a);
}

const char *onnx_of(struct onnx_writer *w, const char *op, const char *x, const char *y)
{
    return onnx_node(w, op, &x, 1, y, NULL);
}

const char *onnx_of_two(struct onnx_writer *w, const char *op, const char *x1, const char *x2, const char *y)
{
    const char *const x[] = {x1, x2};
    return onnx_node(w, op, x, 2, y, NULL);
}

static const char *put_constant(struct onnx_writer *w, enum onnx_type type, const void *v, size_t bytes, const int *dim,
                                int rank)
{
    struct str s = {0};
    const char *name = onnx_name(w);
    for (int i = 0; i < rank; i++)
        pb_whole(&s, TENSOR_DIM, dim[i]);
    pb_whole(&s, TENSOR_TYPE, type);
    pb_text(&s, TENSOR_CALLED, name);
    pb_bytes(&s, TENSOR_RAW, v, bytes);
    pb_message(&w->tensors, GRAPH_TENSOR, &s);
    return name;
}

const char *onnx_floats(struct onnx_writer *w, const float *v, const int *dim, int rank)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)dim[i];
    w->mem.failed |= !v;
    return v ? put_constant(w, ONNX_FLOAT, v, n * sizeof *v, dim, rank) : "";
}

const char *onnx_wholes(struct onnx_writer *w, const int64_t *v, int n)
{
    return put_constant(w, ONNX_INT64, v, (size_t)n * sizeof *v, &n, 1);
}

/* The dimensions of a sample. */
static int dims_of(struct shape s, int64_t dim[4])
{
    dim[0] = s.c;
    dim[1] = s.kind == VOLUME ? s.d : s.h;
    dim[2] = s.kind == VOLUME ? shape_rows(s) : s.w;
    dim[3] = s.w;
    return (int)s.kind;
}

const char *onnx_reshape(struct onnx_writer *w, const char *x, struct shape s, const char *y)
{
    int64_t dim[5] = {0}; /* the first: as it is */
    int n = dims_of(s, dim + 1);
    return onnx_of_two(w, "Reshape", x, onnx_wholes(w, dim, n + 1), y);
}

/* --- the graph --- */

/* Raw values to what the first layer reads. */
static const char *emit_input(struct onnx_writer *w)
{
    const struct sample_form *f = &w->m->form;
    const int dim[] = {f->shape.c, 1, 1, 1}, rank = (int)f->shape.kind;
    const char *x = "x";
    if (f->fill) {
        const char *const in[] = {onnx_of(w, "IsNaN", x, NULL), onnx_floats(w, f->fill, dim, rank), x};
        x = onnx_node(w, "Where", in, 3, NULL, NULL);
    }
    x = onnx_of_two(w, "Mul", x, onnx_floats(w, f->scale, dim, rank), NULL);
    return onnx_of_two(w, "Add", x, onnx_floats(w, f->shift, dim, rank), NULL);
}

static int emit_layer(struct onnx_writer *w, const struct nn_node *nd, const char **value, struct err *e)
{
    const char *x[64];
    if (nd->nin > 64)
        return err_set(e, ERR_USAGE, "layer %d of the network joins %d others, at most 64 can be exported",
                       nd->index + 1, nd->nin);
    for (int k = 0; k < nd->nin; k++)
        x[k] = value[nd->in[k] + 1];
    const char **y = &value[nd->index + 1];
    if (export_is_identity(nd)) {
        *y = shape_equal(nd->x[0], nd->y) ? x[0] : onnx_reshape(w, x[0], nd->y, NULL);
        return 0;
    }
    const struct onnx_layer *row = export_row(nd, onnx_layers, sizeof *onnx_layers, "onnx", 1, e);
    *y = onnx_name(w);
    return row ? row->emit(w, nd, x, *y, e) : -1;
}

static void put_value(struct str *graph, unsigned field, const char *name, struct shape s)
{
    struct str value = {0}, type = {0}, tensor = {0}, shape = {0}, dim = {0};
    int64_t size[4];
    int n = dims_of(s, size);
    pb_text(&dim, 2, "batch");
    pb_message(&shape, 1, &dim);
    for (int i = 0; i < n; i++) {
        pb_whole(&dim, 1, size[i]);
        pb_message(&shape, 1, &dim);
    }
    pb_whole(&tensor, 1, ONNX_FLOAT);
    pb_message(&tensor, 2, &shape);
    pb_message(&type, 1, &tensor);
    pb_text(&value, 1, name);
    pb_message(&value, 2, &type);
    pb_message(graph, field, &value);
}

static void put_metadata(struct str *out, const char *key, const char *text)
{
    struct str s = {0};
    if (!text || !*text)
        return;
    pb_text(&s, 1, key);
    pb_text(&s, 2, text);
    pb_message(out, MODEL_METADATA, &s);
}

static void put_model(struct onnx_writer *w, const char *name, struct str *out, struct err *e)
{
    struct str graph = {0}, opset = {0};
    struct stored_text text[MODEL_TEXTS];
    size_t texts = 0;
    graph.failed |= w->nodes.failed | w->tensors.failed | (model_texts(w->m, text, &texts, &w->mem, e) != 0);
    str_addn(&graph, w->nodes.p ? w->nodes.p : "", w->nodes.n);
    pb_text(&graph, GRAPH_NAME, name);
    str_addn(&graph, w->tensors.p ? w->tensors.p : "", w->tensors.n);
    put_value(&graph, GRAPH_INPUT, "x", w->m->form.shape);
    put_value(&graph, GRAPH_OUTPUT, "y", nn_output(w->m->graph));
    pb_whole(out, MODEL_IR, IR_VERSION);
    pb_text(out, MODEL_PRODUCER, "sweep");
    pb_message(out, MODEL_GRAPH, &graph);
    pb_whole(&opset, 2, OPSET);
    pb_message(out, MODEL_OPSET, &opset);
    for (size_t i = 0; i < texts; i++)
        put_metadata(out, text[i].key, text[i].text);
}

/* Of texts of many lengths a layer that looks at all positions would look at those after their ends, too. */
static int check_lengths(const struct model *m, const struct nn_node *nd, struct err *e)
{
    if (m->form.target)
        return export_refuse(nd, "onnx", "it reads two texts, of many lengths", e);
    if (m->form.type == FIELD_TOKENS && *m->form.columns && nd->flags & KNOWS_LENGTHS)
        return export_refuse(nd, "onnx", "texts of a column are of many lengths, which it is not told of there", e);
    return 0;
}

static int make_onnx(const struct model *m, const char *name, struct str *out, struct err *e)
{
    struct onnx_writer w = {.m = m};
    arena_init(&w.mem);
    const char **value = arena_take(&w.mem, ((size_t)m->graph->nnodes + 1) * sizeof *value);
    int bad = !value;
    if (value)
        value[0] = emit_input(&w);
    for (int i = 0; i < m->graph->nnodes && !bad; i++)
        bad = check_lengths(m, &m->graph->node[i], e) || emit_layer(&w, &m->graph->node[i], value, e);
    if (!bad) {
        onnx_of(&w, "Identity", value[m->graph->nnodes], "y");
        put_model(&w, name, out, e);
    }
    if (!e->code && (w.mem.failed || out->failed || bad))
        bad = err_set(e, ERR_NOMEM, "no memory for the exported network");
    str_release(&w.nodes);
    str_release(&w.tensors);
    arena_release(&w.mem);
    return bad ? -1 : 0;
}

const struct export_format export_onnx = {
    "onnx", ".onnx", "an ONNX file for onnxruntime and others; batches of any size, the normalization is inside",
    make_onnx};
