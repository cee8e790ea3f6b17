/* pooling.h - what the kinds of pooling share: arguments and geometry of maxpool and avgpool, and of a window that is
 * the whole map (gap, gmp) or all of a sequence (mean, last). */
#ifndef NN_LAYERS_POOLING_H
#define NN_LAYERS_POOLING_H

#include "nn/layer.h"

struct pool_args {
    int kernel[2], stride[2], pad[2];
};
extern const struct param pool_params[];

int pool_check(void *args, struct err *e);
struct pool_dims pool_geometry(const struct nn_node *nd);
int pool_shape(struct nn_node *nd, struct err *e);
void pool_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2]);

int pool_whole_shape(struct nn_node *nd, struct err *e); /* of maps */
struct pool_dims pool_whole_geometry(const struct nn_node *nd);
void pool_whole_window(const struct nn_node *nd, int k[2], int s[2], int dilation[2]);

#endif
