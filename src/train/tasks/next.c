/* next.c - the task of telling what comes next in a text. */
#include "train/tasks/token_task.h"

#include <limits.h>

_Static_assert(sizeof(struct token_task) <= TASK_OWN, "there is room for it");

static int next_outputs(struct target_kind target)
{
    const int64_t n = target.next && !target.pairs ? (int64_t)target.vocabulary * target.input.h : 0;
    return n < INT_MAX ? (int)n : INT_MAX; /* which no network can have */
}

static const struct loss_type *const next_losses[] = {&loss_cross_entropy, NULL};

const struct task_type task_next = {
    .name = "next",
    .help = "tell which token comes next, at every position of a text: an output for each token there",
    .one = "token",
    .many = "tokens",
    .by_position = 1,
    .outputs = next_outputs,
    .metrics = 1u << METRIC_LOSS | 1u << METRIC_ACCURACY | 1u << METRIC_PERPLEXITY | 1u << METRIC_BITS,
    .losses = next_losses,
    .lay_out = token_lay_out,
    .begin = token_begin,
    .step = token_step,
    .measure = token_measure,
    .values = token_values,
    .guess = token_guess,
};
