/* layer_table.c - NAME.layers.csv: the layers of every point. */
#include "orchestrate/records/records.h"

#include "nn/layer.h"
#include "orchestrate/planner.h"

/* A row. */
struct layer_source {
    const char *layer, *text, *output, *inputs;
    double point, block, params, macs, field, jump, distance, level;
};

static const struct column_row layer_columns[] = {
    COLUMN_FIELD("point", "number of the point in the grid", column_double, struct layer_source, point),
    COLUMN_FIELD("block", "line of `layers` that it comes from", column_double, struct layer_source, block),
    COLUMN_FIELD("layer", "kind of the layer: a word of `sweep list layers`", column_text, struct layer_source, layer),
    COLUMN_FIELD("text", "the layer as written, with the values of its variables", column_text, struct layer_source,
                 text),
    COLUMN_FIELD(
        "output",
        "shape of what it puts out: channels x height x width (of volumes slices before height), or how many numbers",
        column_text, struct layer_source, output),
    COLUMN_FIELD("params", "numbers that are trained", column_double, struct layer_source, params),
    COLUMN_FIELD("macs", "multiply-adds of one image forward", column_double, struct layer_source, macs),
    COLUMN_FIELD("receptive_field", "input pixels along the longest side that one value of the output sees",
                 column_double, struct layer_source, field),
    COLUMN_FIELD("jump", "input pixels between two neighbours of the output", column_double, struct layer_source, jump),
    COLUMN_FIELD("distance_to_output", "convolutions and dense layers between it and the output", column_double,
                 struct layer_source, distance),
    COLUMN_FIELD("inputs", "the layers that it reads, counted from 1, or the input", column_text, struct layer_source,
                 inputs),
    COLUMN_FIELD("level", "bodies of blocks that it is inside of", column_double, struct layer_source, level),
};
const struct column_table layer_table = {"NAME.layers.csv", "a layer of a point", COLUMNS_OF(layer_columns)};

void layers_add(struct record_file *f, const struct plan_point *p)
{
    for (int i = 0; p->graph && i < p->graph->nnodes; i++) {
        const struct nn_node *nd = &p->graph->node[i];
        char output[64], inputs[512];
        const struct layer_source source = {
            .layer = nd->type->name,
            .text = nd->text,
            .output = shape_text(nd->y, output, sizeof output),
            .inputs = nn_inputs_text(nd, inputs, sizeof inputs),
            .point = (double)p->index + 1,
            .block = nd->block,
            .params = (double)nd->params,
            .macs = nd->macs,
            .field = nn_longest(nd->rf),
            .jump = nn_longest(nd->jump),
            .distance = nd->distance,
            .level = nd->level,
        };
        record_row(f, &source);
    }
}

int write_layers(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    if (record_begin(&f, run, &layer_table, NULL, e))
        return -1;
    return record_end(&f, record_points(&f, run, layers_add, e), sync, e);
}
