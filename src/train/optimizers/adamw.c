/* adamw.c - Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW;
 * the decay is train.weight_decay, 0 unless set (0.01 in PyTorch). */
#include "train/optimizers/adam.h"

static void adamw_step(const void *args, const struct optimizer_call *c)
{
    adam_update(args, 1, c);
}

const struct optimizer_type optimizer_adamw = {
    .name = "adamw",
    .help = "adam whose weight decay shrinks the weights directly, apart from the gradient",
    .source = "Loshchilov & Hutter 2019, arXiv:1711.05101",
    .params = adam_params,
    .args_size = sizeof(struct adam_args),
    .states = adam_states,
    .step = adamw_step,
};
