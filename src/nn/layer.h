/* layer.h - what a layer type is. A layer is one file src/nn/layers/NAME.c that ends in one row, listed in
 * nn/layers/layers.c; parser, shape check, `sweep list`, cost table, planner and gradient tests walk the rows. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include "nn/nn.h"

/* One call of a layer: all that it reads and writes. x and y live as long as the planner decided by the layer's flags;
 * what stands in scratch is lost between calls. */
struct layer_call {
    const struct nn_node *node;
    const struct nn_pass *pass;
    const struct kernels *kernels;
    int bf16;              /* what is multiplied is made of bf16 numbers */
    const float *const *x; /* [nin] the outputs of the nodes that it reads */
    float *y;
    const float *dy;
    float *const *dx; /* [nin] their gradients; NULL where nobody needs one (before the first layer with weights) */
    const float *w;   /* the node's tensors, at w + (tensor[i].at - tensor[0].at) */
    float *dw;
    const float *tied; /* of node->tied: the weight, and where its gradient belongs, to which that node adds its own */
    float *dtied;
    float *buffers, *saved, *scratch; /* saved is NULL when the plan is for evaluation only */
};

enum {
    KEEPS_X = 1,     /* backward reads x */
    KEEPS_Y = 2,     /* backward reads y */
    INPLACE = 4,     /* forward may have y == x, backward dx == dy; the planner sees to it that nothing kept is lost */
    IDENTITY = 8,    /* same floats, other shape (flatten where the layout allows it): no code runs */
    OVER_BATCH = 16, /* normalizes over the batch, by running statistics outside training */
    POOLS = 32,
    COUNTS = 64, /* counts for depth and distance; multiplies inputs and weights: convolution, dense, attention */
    EVAL_IDENTITY = 128,     /* IDENTITY outside training (dropout) */
    LAST = 256,              /* at the end it is left to the loss: it is an IDENTITY there alone */
    HEAD_GAP = 512,          /* what facts.head calls "gap" */
    HEAD_FC = 1024,          /* and "fc" */
    UNDOES_BIAS = 4096,      /* takes away what is added to all values of a channel alike */
    DISTANCE_SHOWN = 8192,   /* `show` says how far it is from the output */
    ADDS_LOSS = 16384,       /* adds to the loss what pass->divergence gets, and to dx what follows from it */
    READS_IDS = 32768,       /* its input is ids of tokens, which nothing else reads */
    KNOWS_LENGTHS = 65536,   /* of a padded sequence it looks at the positions that count */
    OVER_POSITIONS = 131072, /* each of its outputs is made of all positions */
    LOOKS_AHEAD = 262144,    /* of a sequence: of each position's output, positions after it are a part */
    HEAD_GMP = 2048          /* and "gmp"; a pooling gets one of the two where its window is the whole map */
};

/* What a layer is inside a stage (stage.h): a link of [norm][sum][act][dropout][pool][conv]. */
enum part_kind { PART_NORM, PART_SUM, PART_ACT, PART_DROPOUT, PART_POOL, PART_CONV, PART_KINDS };
struct stage_part {
    enum part_kind kind;
    union {
        struct {
            enum act f;
            float parameter;
        } act;
        float p;
        struct {
            struct pool_dims d;
            int max; /* else average */
        } pool;
        struct conv_dims conv;
    };
};

/* How a layer acts on the receptive field: kernel, stride and dilation along rows, columns and slices, all 1 unless it
 * says otherwise. */
struct nn_window {
    int kernel[NN_SIDES], stride[NN_SIDES], dilation[NN_SIDES];
};
#define NN_WINDOW_ONE                                                                                                  \
    {                                                                                                                  \
        {1, 1, 1}, {1, 1, 1},                                                                                          \
        {                                                                                                              \
            1, 1, 1                                                                                                    \
        }                                                                                                              \
    }

struct layer_type {
    const char *name, *alias;   /* alias may be NULL; both work in files, tables print name */
    const char *sig;            /* "[C,H,W] -> [units]" */
    const char *help;           /* one line */
    const char *source;         /* paper or "", for `sweep list layers` and the docs */
    const struct param *params; /* first `positional` rows may be given without their names, in this order */
    int positional;
    size_t args_size;
    unsigned flags;
    int act; /* of an activation: which one, enum act */
    /* After the words are set: checks them against each other and derives fields that no word sets. NULL: nothing to
     * do. */
    int (*check)(void *args, struct err *e);
    /* From nd->x[0] and nd->args: nd->y, tensors, nbuffers, nsaved, saved_block, macs; may change nd->flags. */
    int (*shape)(struct nn_node *nd, struct err *e);
    /* Whether with these words it also reads what the encoder puts out, as x[1]. NULL: never. */
    int (*reads_encoder)(const void *args);
    void (*window)(const struct nn_node *nd, struct nn_window *w);     /* NULL: it leaves the receptive field alone */
    size_t (*scratch)(const struct nn_node *nd, int blocks, int bf16); /* floats; NULL: none */
    void (*reset)(const struct nn_node *nd, float *buffers);           /* first values of the buffers; NULL: zeros */
    void (*forward)(const struct layer_call *c);
    void (*backward)(const struct layer_call *c); /* fills each dx that is wanted, and dw; both are overwritten */
    void (*part)(const struct nn_node *nd, struct stage_part *out); /* NULL: always a step of its own */
};

extern const struct layer_type *const layer_types[]; /* NULL-terminated, in the order of the manual */
const struct layer_type *layer_find(const char *name_or_alias);

/* For the rows. */

/* err_at with the node's place and text in front. Returns -1. */
int layer_error(const struct nn_node *nd, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* -1 with *e unless x is maps; unless it is maps or a volume; or one of them or a sequence. */
int layer_wants_maps(const struct nn_node *nd, struct err *e);
int layer_wants_places(const struct nn_node *nd, struct err *e);
int layer_wants_positions(const struct nn_node *nd, struct err *e);
/* The number of an extent (P_EXTENT) along rows, columns or slices: one that names no slices has equal numbers there.
 */
int layer_along(const int extent[NN_SIDES], int side);
/* -1 with *e unless the extent has numbers for the directions of x: slices for volumes alone, one number for sequences.
 */
int layer_extent_fits(const struct nn_node *nd, const int extent[NN_SIDES], struct err *e);
/* How many of rows, columns and slices x has a direction for. */
int layer_sides(const struct nn_node *nd);
/* layer_along, and `none` for a direction that x does not have. */
int layer_number(const struct nn_node *nd, const int extent[NN_SIDES], int side, int none);
/* The window that is all of x. */
void layer_whole_window(const struct nn_node *nd, struct nn_window *w);
/* y = x: the shape function of element-wise layers. */
int layer_same_shape(struct nn_node *nd, struct err *e);
/* Adds a parameter tensor of n floats; fans and init (model's own where `init` is -1 and role is NN_WEIGHT) follow. */
void layer_tensor(struct nn_node *nd, const char *name, enum nn_role role, size_t n, int fan_in, int fan_out, int init);
/* Adds the n biases of a layer whose weights were added last; they start as the initialisation of those has it. */
void layer_bias(struct nn_node *nd, size_t n);
#define INIT_BIASES (-2) /* the `init` of such a tensor until the network knows that of the weights */
/* The shape of the tensor that was added last, where it is not [n]: rank <= NN_DIMS. */
void layer_dims(struct nn_node *nd, int rank, const int *dim);
/* The same of one with a number for each element of the input: [C,H,W] or as that is, after as many 1 as make the rank.
 */
void layer_elements(struct nn_node *nd, int rank);
/* Adds running statistics of n numbers, padded to 16. */
void layer_buffer(struct nn_node *nd, const char *name, size_t n);
/* Floats that a node keeps from forward to backward in a net of so many blocks. */
size_t layer_saved_floats(const struct nn_node *nd, int blocks);
/* Floats of all tensors of a node that has some, padding included. */
size_t layer_tensor_floats(const struct nn_node *nd);
/* The number of an initialisation. */
int layer_init_named(const char *name);
/* The lengths of a call on a sequence, that is x[0]; NULL: every position counts. */
const int32_t *layer_lengths(const struct layer_call *c);
/* Words of the options `init` ("default" is [model] init, then nn_init_name) and `bias`. */
const char *layer_init_word(size_t i);
enum { BIAS_AUTO, BIAS_YES, BIAS_NO };
const char *layer_bias_word(size_t i);
int layer_has_bias(const struct nn_node *nd, int bias);

#endif
