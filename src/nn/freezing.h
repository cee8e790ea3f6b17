/* freezing.h - the names of tensors, and the words of [model] that speak of them: which are frozen, which learn slower.
 *
 * A tensor has the name of its layer, a dot, and what PyTorch calls it in a module of that kind. The layer's name is
 * its number in `sweep show` less 1, as in model files: "4.weight". A block may give its layers names beside that,
 * those of the modules of a well-known network: "layer1.0.conv1.weight".
 *
 *     names  = conv1 bn1 layer1.{2}.{conv1,bn1,conv2,bn2} fc      {2}: 0 and 1; {1..3}; {depth}: 0 .. depth - 1, of a
 *                                                                 parameter
 *     freeze = layer1 layer2.* before 7       patterns, and all layers in front of the first one that a pattern fits
 *     lr_scale = layer4 0.1, bn* 0            of patterns that fit the same tensor the last counts
 *
 * The names of a block are those of its layers that have tensors, in their order; names at the end may be without a
 * layer. A name with '=' at its end is that of the layer's one tensor: "class_token=". A pattern fits a name where it
 * is equal to it, or to its beginning up to a dot; '*' is any letters. Words are separated by blanks, commas and lines.
 */
#ifndef NN_FREEZING_H
#define NN_FREEZING_H

#include "nn/nn.h"

#define NN_NAME 128 /* bytes of a tensor's name, with the 0 at its end */

/* The name of a tensor or of running statistics of the node that are called `tensor` there: by its number, or by the
 * name that a block gave the node, which is the number where there is none. Returns buf[NN_NAME]. */
char *nn_number_name(const struct nn_node *nd, const char *tensor, char *buf);
char *nn_given_name(const struct nn_node *nd, const char *tensor, char *buf);

/* Whether a network begins with another's weights. */
int nn_has_start(const struct nn_spec *s);
/* Whether the pattern (n bytes) is the whole name; with `star`, what each '*' stands for: the caller's [NN_STARS]. */
#define NN_STARS 4
struct nn_star {
    const char *from;
    size_t n;
};
int nn_pattern_is(const char *pattern, size_t n, const char *name, struct nn_star *star);

/* The next word of a list: its length, *text moved to it; 0: there is none. */
size_t nn_next_word(const char **text);

/* Sets `frozen` and `lr_scale` of nodes and tensors as the spec says; what cannot be read is passed over. */
void nn_graph_transfer(struct nn_graph *g, const struct nn_spec *spec);
/* Whether each word of the spec says something about the graph: 0; or -1 with *e, and *key is the key of [model] that
 * does not. */
int nn_transfer_check(const struct nn_graph *g, const struct nn_spec *spec, const char **key, struct err *e);

/* The names of a list, braces written out, in `a`. value: the text of a parameter, or NULL. -1 with *e. */
int nn_names_expand(const char *list, const char *(*value)(const void *ctx, const char *name, size_t n),
                    const void *ctx, struct arena *a, const char ***name, int *n, struct err *e);

#endif
