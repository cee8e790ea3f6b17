/* layer_table.c - NAME.layers.csv: the layers of every point. */
#include "orchestrate/records/records.h"

#include "nn/layer.h"

static const char *layer_head[] = {"point",  "block", "layer",           "text", "output",
                                   "params", "macs",  "receptive_field", "jump", "distance_to_output",
                                   "inputs", "level"};
#define LAYER_COLS (sizeof layer_head / sizeof layer_head[0])

struct csv_out *layers_begin(const struct sweep_run *run, struct err *e)
{
    char path[4200];
    return csv_begin(run_path(run, ".layers.csv", path, sizeof path), layer_head, LAYER_COLS, e);
}

void layers_add(struct csv_out *csv, const struct plan_point *p)
{
    for (int i = 0; p->graph && i < p->graph->nnodes; i++) {
        const struct nn_node *nd = &p->graph->node[i];
        char num[LAYER_COLS][STR_NUM], output[64], inputs[512];
        const char *cell[LAYER_COLS] = {
            num[0], num[1], nd->type->name, nd->text, shape_text(nd->y, output, sizeof output),  num[2],
            num[3], num[4], num[5],         num[6],   nn_inputs_text(nd, inputs, sizeof inputs), num[7]};
        const double v[] = {(double)p->index + 1,
                            nd->block,
                            (double)nd->params,
                            nd->macs,
                            nd->rf_h > nd->rf_w ? nd->rf_h : nd->rf_w,
                            nd->jump_h > nd->jump_w ? nd->jump_h : nd->jump_w,
                            nd->distance,
                            nd->level};
        for (size_t j = 0; j < sizeof v / sizeof v[0]; j++)
            str_double(num[j], v[j]);
        csv_row(csv, cell); /* a failed row is remembered and told by commit */
    }
}
