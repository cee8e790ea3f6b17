/* nn.h - networks as static graphs: written as text, shaped and costed before anything runs, planned into one block of
 * memory, then run forward and backward by layer types that are rows of a table (layer.h).
 *
 *   text lines --nn_graph_build--> struct nn_graph (shapes, parameters, facts; immutable, shareable between threads)
 *   graph + batch size --nn_net_new--> struct nn_net (weights, gradients, activations; owned by one run)
 *
 * Activations are [blocks][h][c][w][16] floats (kernels/layout.h). Nodes are in topological order; node i reads the
 * outputs of nodes in[0..nin-1] < i, or the network's input (NN_INPUT). Gradients of an output that is used twice are
 * added up. */
#ifndef NN_NN_H
#define NN_NN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/param.h"
#include "base/team.h"
#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

char *shape_text(struct shape s, char *buf, size_t n); /* "10x8x26x26", "10x26x26", "10x64" or "10"; returns buf */
/* The same backwards: 0, or -1 where the text is no shape. */
int shape_of_text(const char *text, struct shape *out);

/* How weights start. Fan-in and fan-out as PyTorch counts them. he: N(0, 2/fan_in) (He et al. 2015, arXiv:1502.01852);
 * xavier: U(+-sqrt(6/(fan_in+fan_out))) (Glorot & Bengio 2010); normal: N(0, 0.02^2)... each row says its own. Biases
 * start at 0 but with those rows that fill them, too, normalization gains at 1. One table in inits.c. */
const char *nn_init_name(size_t i); /* NULL after the last */
const char *nn_init_help(size_t i); /* its distribution and source; likewise */

/* What a network computes with; a table in precision.c. Weights, statistics, losses and sums are floats in any case.
 * bf16: the operands of convolutions and dense layers (inputs, weights, and the gradient at the output) are rounded to
 * bf16 numbers (kernels.h); what a convolution hands to the normalization after it, and the gradient that comes back
 * at the output of that, are stored so. */
enum nn_precision { NN_FP32, NN_BF16 };
const char *nn_precision_name(size_t i); /* NULL after the last */
const char *nn_precision_help(size_t i);

/* The words of the sweep file that every layer shares. */
struct nn_spec {
    int init;       /* index into nn_init_name */
    int precision;  /* enum nn_precision */
    int vocabulary; /* no word, but of the data: the input [1,T] is ids of tokens below it; 0: it is numbers */
    /* Likewise, of pairs of texts: the last so many positions of the input are ids of a second text, below
     * target_vocabulary; 0: there is one text. */
    int target, target_vocabulary;
    /* Where a network begins and what of it is trained; texts are owned by the caller, nn/freezing.h says what they
     * mean. */
    const char *start, *match, *freeze, *lr_scale;
    int unfreeze_at; /* the epoch from which on everything is trained; 0: never */
};
extern const struct param nn_params[];           /* as read from [model] */
extern const struct param nn_precision_params[]; /* as read from [train] */

enum nn_role { NN_WEIGHT, NN_BIAS, NN_GAIN }; /* weight decay goes to NN_WEIGHT only, unless asked otherwise */

#define NN_DIMS 5
struct nn_tensor {    /* one parameter tensor of a node, n floats at net->w + at (at is a multiple of 16) */
    const char *name; /* as PyTorch calls it in a module of this kind: "weight", "in_proj_weight" */
    enum nn_role role;
    size_t n, at;
    int rank, dim[NN_DIMS]; /* its shape there, in the order in which it lies here but for: */
    int by_row; /* 1: it has a number for each element of the input, of maps or a volume, and lies as that, [h][c][w] */
    int fan_in, fan_out;
    int init;       /* index into nn_init_name; -1: all numbers are `start` */
    float start;    /* 0, of a gain 1, unless its layer says otherwise */
    int frozen;     /* 1: it is not trained, before the epoch nn_graph.unfreeze_at */
    float lr_scale; /* factor of its learning rate */
};

struct nn_buffer { /* running statistics of a node, n floats at net->buffers + node->buffers_at + at */
    const char *name;
    size_t n, at;
};

#define NN_INPUT (-1)
#define NN_SIDES 3 /* of what is listed for rows, columns and slices, in this order */

struct layer_type;
struct nn_node {
    const struct layer_type *type;
    const void *args; /* type->args_size bytes, filled from the text */
    struct where at;  /* where the text stands */
    const char *text; /* as written, variables resolved: "conv2d 3x3 10" */
    int block;        /* 1-based line of `layers` it came from */
    int level;        /* bodies of blocks that it is inside of */
    const char *name; /* that a block gives it, see nn/freezing.h; NULL: it has its number alone */
    int frozen;       /* 1: it has tensors, and all of them are frozen */
    int index;        /* its number in the graph: keys its random streams */
    unsigned flags;   /* the type's (layer.h), narrowed or widened by the arguments and shapes of this node */
    int *in, nin;     /* the nodes whose outputs it reads, or NN_INPUT */
    int normalized;   /* read only by what takes a bias away again */
    int vocabulary;   /* what it reads is ids of tokens below it; 0: numbers */
    int ids;          /* and what it puts out; 0: numbers */
    int side;         /* its positions are 1: those of the second text of a pair, 0: of the first, or the only one */
    int embedding;    /* the last embedding of the same text before it, -1: there is none; of as many tokens */
    int table_rows, table_width; /* and numbers of each */
    int tied;                    /* the node whose first tensor is its weight, too; -1: it has its own */
    int shared;                  /* 1: its first tensor is the weight of another node, too, which is after it */
    struct shape *x;             /* [nin] of what it reads */
    struct shape y;              /* of what it puts out */

    struct nn_tensor *tensor;
    int ntensors;
    struct arena *mem; /* of the graph, for tables of the node, while it is built */
    size_t params;     /* true number of parameters, without padding */
    struct nn_buffer *buffer;
    int nnamed;      /* of buffer */
    size_t nbuffers; /* floats of running statistics, at net->buffers + buffers_at (multiple of 16) */
    size_t buffers_at;
    size_t nsaved;      /* floats kept from forward to backward besides activations (batch statistics) */
    size_t saved_block; /* and so many more of each block of a batch (statistics of samples) */

    double macs;        /* multiply-adds of one image, forward */
    int rf[NN_SIDES];   /* receptive field of one output element, in input pixels, not clipped to the input */
    int jump[NN_SIDES]; /* input pixels between neighbouring outputs */
    int distance;       /* convolution and dense layers between it and the output */
};

/* The largest of rows, columns and slices. */
int nn_longest(const int side[NN_SIDES]);

/* Facts of a network, for tables, conditions and `show`; nn_fact_rows says what each means. */
struct nn_facts {
    size_t params;
    double macs;
    int receptive_field;
    int depth;
    const char *head;               /* nn_head_name */
    int pool_distance, bn_distance; /* -1: there is none */
    int jump;
};
struct nn_fact {
    const char *name, *help;
    double (*number)(const struct nn_facts *f); /* NaN: the network has none; NULL: the fact is the word f->head */
};
extern const struct nn_fact nn_fact_rows[]; /* ends with name NULL */
/* What turns maps into the outputs: "gap", "gap+fc", ...; NULL after the last. */
const char *nn_head_name(size_t i);
const char *nn_head_help(size_t i);

struct nn_graph {
    struct nn_node *node;
    int nnodes;
    struct shape in;
    enum nn_precision precision;
    int vocabulary;                     /* of nn_spec, */
    int target, target_vocabulary;      /* likewise */
    int critic;                         /* nodes before those of a critic, see nn_graph_critic; 0: there is none */
    int frozen;                         /* 1: some tensor is not trained from the first epoch on */
    int unfreeze_at;                    /* the epoch from which on it is; 0: never */
    size_t param_floats, buffer_floats; /* sizes of net->w and net->buffers, padding included */
    struct nn_facts facts;
};

/* The shape of what the network puts out. */
static inline struct shape nn_output(const struct nn_graph *g)
{
    return g->node[g->nnodes - 1].y;
}

/* A block that a sweep file defines: a text with parameters, which the words of a line may use as they use layers. */
struct nn_defined {
    const char *name;
    struct where at;            /* of its section */
    const struct param *params; /* rows of type P_TEXT, of an array of const char *, in the order of the section */
    int nparams;
};
#define NN_DEFINED_PARAMS 60
/* The blocks that the words of a line may use beside those of the program. */
struct nn_line;
struct nn_library {
    const struct nn_defined *block;
    size_t n;
    /* The lines of block i with these values of its parameters, in `a`. 0, or -1 with *e, located in its section. */
    int (*expand)(const struct nn_library *l, size_t i, const char *const *value, struct arena *a,
                  struct nn_line **line, size_t *nlines, struct err *e);
};

/* One line of `layers` (a block), variables already resolved. */
struct nn_line {
    const char *text;
    struct where at;
    const struct nn_library *library; /* NULL: there are no such blocks */
};

/* How many values a network is to put out for a sample, and what they are ("classes"). n = 0: any output will do. */
struct nn_target {
    int n;
    const char *what;
    const struct shape *shape; /* of the n values; NULL: they are a vector (maps of 1x1 count) */
};

/* No layer at all: where a variable stands for one. */
#define PARSE_NONE "none"
/* Parses the lines and works out shapes, offsets, costs. A layer is a name, positional arguments in the order of its
 * param table, then `name value` options; layers are separated by commas. A final `softmax` is folded into the loss.
 * The output must be [target.n] (maps of 1x1 count). 0, or -1 with every error found
 * appended to *errs, each located and saying what to write instead. The graph lives in `a` and keeps no pointer to the
 * texts. */
int nn_graph_build(struct nn_graph *g, const struct nn_line *lines, size_t nlines, struct shape in,
                   struct nn_target target, const struct nn_spec *spec, struct arena *a, struct err_list *errs);
/* The graph is a generator, whose input is noise and whose output is to be `made`, and a critic after it, whose nodes
 * are those of the lines from number `line` (from 1) on, and which reads what the generator makes, or samples in its
 * place: sets g->critic. 0, or -1 with *e where they do not come apart so, or the critic has no weights. */
int nn_graph_critic(struct nn_graph *g, int line, struct nn_target made, struct err *e);
/* The words alone, without shapes: every unknown or ill-written layer of the lines appended to *errs. 0, or -1. */
int nn_lines_check(const struct nn_line *lines, size_t nlines, struct err_list *errs);
/* The network in its normal words, which two ways to write the same network share: layers by their names in the table,
 * options in its order and by value, what is the default left out, groups and defined blocks written out, no `none`, no
 * softmax at the end; separated by ", ". NULL when the lines have errors or there is no memory. */
const char *nn_lines_text(const struct nn_line *lines, size_t nlines, struct arena *a);
/* The layers that a node reads, counted from 1: "4 2"; "input" is the network's. Returns buf. */
char *nn_inputs_text(const struct nn_node *nd, char *buf, size_t n);
/* Whether every node reads the one before it alone. */
int nn_is_chain(const struct nn_graph *g);
/* Whether the graph has a layer of that name (or alias) that does something: dropout 0 is none. */
int nn_uses(const struct nn_graph *g, const char *layer);
/* Whether a node is of the layer type of that name. */
int nn_is_layer(const struct nn_node *nd, const char *layer);
/* The first layer that adds to the loss by itself (`sample`); NULL: there is none. */
const struct nn_node *nn_adds_loss(const struct nn_graph *g);
/* The first layer whose output at a position is made of later ones, too, of pairs those of the second text; NULL: there
 * is none. */
const struct nn_node *nn_looks_ahead(const struct nn_graph *g);
/* Numbers of a weight tensor that lead to one output, or of an embedding that stand for one token: it is rows of so
 * many. */
size_t nn_tensor_row(const struct nn_tensor *t);

/* What one pass needs to know. sample[] and the seed key the random streams of dropout, so that a sample's mask does
 * not depend on its place in the batch. */
struct nn_pass {
    int n, blocks; /* live images; blocks = ceil(n/16) */
    int training;  /* batch statistics and dropout, or running statistics and none */
    uint64_t seed;
    uint32_t epoch;
    const uint32_t *sample; /* [n] index of each image in the dataset */
    int keep_all;           /* 1: dropout, dropout2d and droppath change nothing, though it is training; 2: and sample
                             * puts out the means */
    /* Of networks with a layer that adds to the loss (nn_adds_loss): forward adds to divergence[blocks][16], which the
     * caller zeroes, what it adds for each sample (NULL: nobody wants it), and backward is that of divergence_scale
     * times their sum. */
    float *divergence, divergence_scale;
    /* [blocks * 16] how many positions of each sample count, of those of the network's input, a sequence; 0 in dead
     * lanes. What stands at the others are finite numbers that no other position reads and no layer counts, and their
     * gradients are 0. NULL: all positions of every sample. Of pairs those of the first text. */
    const int32_t *lengths;
    int frozen; /* 1: of a graph with frozen tensors: these have no gradient, and nothing goes back beyond the first
                 * layer that has one; a batchnorm whose tensors are all frozen normalizes by its running statistics and
                 * leaves them alone */
    const int32_t *target_lengths; /* of pairs of texts: as lengths, of the second */
};

struct nn_net {
    const struct nn_graph *graph;
    const struct kernels *k;
    int batch;         /* the largest n of a pass */
    float *w, *dw;     /* [param_floats], padding always 0 */
    float *buffers;    /* [buffer_floats] running statistics */
    float *x;          /* input [blocks][h][c][w][16]; dead lanes must be 0 */
    float *dx;         /* its gradient; NULL unless it was asked for (NN_INPUT_GRADIENT) */
    float *z, *dz;     /* output [blocks][outputs][16], and its gradient, set by the loss */
    struct team *team; /* shares the passes out; NULL: none */
    int members;       /* the team\'s size, 1 without */
    void *plan;        /* private: buffer of each node, saved, scratch */
};

/* Of `training`: also the gradient of the input, net->dx. */
#define NN_INPUT_GRADIENT 2
/* Bytes nn_net_new takes from its arena. `training` = 0: forward only, no gradients. `members`: of the team, each needs
 * memory of its own. SIZE_MAX: there is no memory even to plan it. */
size_t nn_net_bytes(const struct nn_graph *g, int batch, int training, int members);
/* Plans buffers (activations whose lifetimes do not overlap share memory; element-wise layers work in place where the
 * layer table allows it). NULL with *e (ERR_NOMEM) when the arena is full. Weights are zero: call nn_net_init. The
 * passes share their work out to the team (NULL: none), which outlives the net; the bits are the same for any team. */
struct nn_net *nn_net_new(const struct nn_graph *g, int batch, int training, struct team *team, const struct kernels *k,
                          struct arena *a, struct err *e);
/* The same of a net that begins after the first `first` nodes: net->x is what node first - 1 puts out, which is all
 * that the later ones read of them. Its weights are those of the whole graph. */
size_t nn_part_bytes(const struct nn_graph *g, int first, int batch, int training, int members);
struct nn_net *nn_part_new(const struct nn_graph *g, int first, int batch, int training, struct team *team,
                           const struct kernels *k, struct arena *a, struct err *e);
/* Whether the nodes from number n on read nothing of those before but what the last of them puts out. A norm over a
 * batch is not cut off from what it reads, so that this is stored as in any plan. */
int nn_may_begin_at(const struct nn_graph *g, int n);
/* How many nodes at the front make the same of a sample in each pass, as nothing of them is ever trained and no noise
 * is among them, and can be left out by nn_part_new; 0: none that has weights. Of pairs of texts always 0: searches for
 * translations put ids into the input of the whole network. */
int nn_fixed_nodes(const struct nn_graph *g);
/* Fills weights and running statistics; stream (seed, RNG_INIT, node, tensor). */
void nn_net_init(struct nn_net *net, uint64_t seed);
/* From net->x to net->z. */
void nn_forward(struct nn_net *net, const struct nn_pass *p);
/* From net->dz to net->dw (overwritten). Must follow nn_forward with the same pass, training = 1. */
void nn_backward(struct nn_net *net, const struct nn_pass *p);

#endif
