/* inspect.h - a look into a trained network with samples of a split: what its layers put out, what its weights are,
 * what decides, and where samples lie before the head. Tables go to a folder, pictures to the caller.
 *
 *   layers.csv        a layer: how its values are distributed over the first samples, its dead units (channels that put
 * out 0 for all of them), the norms of its weights and of their gradient, and their ratio times the learning rate of
 * the sweep activations.csv   a layer and a bin of its values maps.csv          a sample, a layer and a value of its
 * first channels filters.csv       a number of the first convolution saliency.csv      a sample and a pixel: the
 * largest of its channels' absolute gradients of the logit that is predicted (Simonyan et al. 2013, arXiv:1312.6034),
 * and Grad-CAM at the last maps (Selvaraju et al. 2017, arXiv:1610.02391) attention.csv     a sample, an attention, a
 * head and two positions: what one looks at the other with embedding.csv     a sample: its class, and the first two
 * principal components of the features before the last layer
 */
#ifndef ORCHESTRATE_INSPECT_H
#define ORCHESTRATE_INSPECT_H

#include "model/model.h"
#include "report/report.h"

struct inspect_how {
    const char *isa; /* NULL: the best */
    enum data_split split;
    size_t sample; /* number in the split, from 1; 0: the surest right answer and the surest wrong one */
    double lr;     /* of the training */
    size_t bytes;  /* that the network may take for its samples, but for 16 of them; 0: 512 MB. 64 go through it at a
                      time  where they fit, and the gradient is that of 64 all the same */
};
struct inspected {
    struct report_look pictures; /* all but the name; memory is the arena's */
    size_t chosen[2], nchosen;   /* samples that were looked at, from 1 */
    int wrong[2];                /* the answer is not the class; of numbers 0 */
};
/* Looks, and writes the tables into `folder`, which is there. The view normalizes as the model. 0, or -1 with *e. */
int inspect_model(const struct model *m, const struct data_view *v, const struct inspect_how *how, const char *folder,
                  struct arena *a, struct inspected *out, struct err *e);

#endif
