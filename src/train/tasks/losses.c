/* losses.c - losses that compare a network's output with what the data says. */
#include "train/task.h"

static void cross_entropy(const struct train_spec *s, int training, const struct batch *b, int outputs, const float *z,
                          float scale, float *loss, float *dz)
{
    b->k->softmax_xent(b->n, outputs, z, b->label, training ? (float)s->label_smoothing : 0, scale, loss, NULL, dz);
}

const struct loss_type loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "-log of the share that softmax gives to the right class",
    .source = "Szegedy et al. 2016, arXiv:1512.00567 (label smoothing)",
    .compute = cross_entropy,
};
