/* model.h - a trained network as a file: its text and weights, and what a new sample becomes on its way into it.
 *
 * A model file is a safetensors file (safetensors.h). Its tensors are those of a torch.nn.Sequential, or ModuleList,
 * that has the layers of `sweep show` in their order: K.NAME, K the number of the layer there less 1, NAME what PyTorch
 * calls the tensor in a module of that kind ("0.weight", "1.running_mean", "4.in_proj_weight"), shaped and ordered as
 * there. The metadata say the rest: see the table in metadata.c. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "data/data.h"
#include "data/samples.h"
#include "model/safetensors.h"
#include "nn/nn.h"

struct model {
    const struct nn_graph *graph;
    const char *network; /* its text in normal words, one line (nn_lines_text) */
    const char *critic;  /* the same of a critic, whose layers come after those; "": there is none, graph->critic */
    const float *w, *buffers; /* [param_floats], [buffer_floats] of the graph, as they lie in a net */
    struct sample_form form;  /* what a sample is, and how its numbers are normalized */
    const char *task, *loss;  /* words of `sweep list tasks` and losses */
    const char *dataset;      /* word of `sweep list datasets` */
    int classes;              /* channels of the output, of a sample or of each of its positions; 0: they are numbers */
    const char *const *class_name;
    const char *training; /* the sweep file of this training alone; "" of a model from elsewhere */
};

/* Whether each position of a sample has a class, not the sample. */
static inline int model_labels_positions(const struct model *m)
{
    const struct shape y = nn_output(m->graph);
    return m->classes && y.h * y.w > 1;
}

/* Publishes the file; `sync` as publish_commit. The same model gives the same bytes. 0, or -1 with *e. */
int model_write(const char *path, const struct model *m, int sync, struct err *e);
/* Adds the bytes of the file. 0, or -1 with *e. */
int model_bytes(const struct model *m, struct str *out, struct err *e);
/* Reads it into memory of `a`. 0, or -1 with *e: it is no model file, its network cannot be built here, or a tensor is
 * missing, of another shape, or one that the network does not have. */
int model_read(struct model *m, const char *path, struct arena *a, struct err *e);

/* tensors.c: a tensor of a graph as it is in files. */
struct model_tensor {
    char name[48]; /* "0.weight" */
    int rank;
    uint64_t dim[TENSOR_DIMS];
    size_t n;
    int buffer; /* 1: at net->buffers + at; else at net->w + at */
    size_t at;
    int by_row; /* 1: it lies here as `map` does, [h][c][w], in the file [c][h][w] */
    struct shape map;
    const struct nn_node *node;
};
/* All of them in the order of the layers, in `a`; NULL without memory. */
struct model_tensor *model_tensors(const struct nn_graph *g, size_t *n, struct arena *a);
/* Its numbers from the order of the net into that of files, or `back`. from and to do not overlap. */
void model_tensor_order(const struct model_tensor *t, int back, const float *from, float *to);

/* model.c: the numbers of a tensor of a file, of as many and of a type of floats, into w or buffers. 0, or -1 with *e.
 */
int model_tensor_read(const struct model_tensor *t, const struct tensors_file *f, const struct stored_tensor *s,
                      float *w, float *buffers, struct err *e);

/* metadata.c: the texts of a model file, and what they say. In `a`; -1 with *e. */
#define MODEL_TEXTS 20
int model_texts(const struct model *m, struct stored_text text[MODEL_TEXTS], size_t *n, struct arena *a, struct err *e);
/* Everything but the weights, with the graph built. */
int model_from_texts(struct model *m, const struct tensors_file *f, struct arena *a, struct err *e);

#endif
