/* tasks.c - the list of tasks, each a file that ends in one row, and which of them, with which loss, a training has. */
#include "train/critic.h"

#include <stdio.h>
#include <string.h>

// clang-format off
#define TASK_NAMES(X) X(classify) X(regress) X(label) X(next) X(translate) X(reconstruct) X(generate)
// clang-format on
#define DECLARE(name) extern const struct task_type task_##name;
#define ROW(name) &task_##name,
TASK_NAMES(DECLARE)

const struct task_type *const task_types[] = {TASK_NAMES(ROW) NULL};

#define TASKS (sizeof task_types / sizeof *task_types - 1)

const char *task_name(size_t i)
{
    return i == 0 ? "auto" : i <= TASKS ? task_types[i - 1]->name : NULL;
}

/* The first task that fits the data; NULL: none does. */
static const struct task_type *usual_task(struct target_kind target)
{
    for (size_t i = 0; i < TASKS; i++)
        if (task_types[i]->outputs(target))
            return task_types[i];
    return NULL;
}

const struct task_type *train_task(const struct train_spec *s, struct target_kind target)
{
    return s->task ? task_types[s->task - 1] : usual_task(target);
}

const struct loss_type *train_loss(const struct train_spec *s, struct target_kind target)
{
    const struct task_type *task = train_task(s, target);
    return s->loss ? loss_types[s->loss - 1] : task ? task->losses[0] : NULL;
}

void train_task_normal(struct train_spec *s, struct target_kind target)
{
    if (s->task && task_types[s->task - 1] == usual_task(target))
        s->task = 0;
    const struct task_type *task = train_task(s, target);
    if (s->loss && task && loss_types[s->loss - 1] == task->losses[0])
        s->loss = 0;
}

static int fits_loss(const struct task_type *task, const struct loss_type *loss)
{
    for (size_t i = 0; task->losses[i]; i++)
        if (task->losses[i] == loss)
            return 1;
    return 0;
}

/* "mse, mae or huber" */
static char *list_losses(const struct task_type *task, char *buf, size_t n)
{
    size_t at = 0;
    *buf = 0;
    for (size_t i = 0; task->losses[i] && at < n; i++)
        at += (size_t)snprintf(buf + at, n - at, "%s%s",
                               !i                    ? ""
                               : task->losses[i + 1] ? ", "
                                                     : " or ",
                               task->losses[i]->name);
    return buf;
}

/* Keys of trainings with a critic, and those that say nothing there. */
static int check_adversarial(const struct train_spec *s, const struct task_type *task, const char **key, struct err *e)
{
    *key = s->critic_steps != 1 ? "critic_steps" : *s->judge ? "judge" : "critic_lr";
    if (!task->adversarial && (s->critic_steps != 1 || s->critic_lr > 0 || *s->judge))
        return err_set(e, ERR_USAGE, "%s has no critic; leave it out, or write task = generate", task->name);
    *key = "accumulate";
    if (task->adversarial && s->accumulate > 1)
        return err_set(e, ERR_USAGE,
                       "a step of %s is one of the generator after critic_steps of the critic; write 1, "
                       "and a larger batch_size",
                       task->name);
    *key = "swa_from";
    if (task->adversarial && s->swa_from)
        return err_set(e, ERR_USAGE, "%s has no mean of epochs to measure; write 0, or ema", task->name);
    return 0;
}

int train_task_check(const struct train_spec *s, const struct dataset *d, const char **key, struct err *e)
{
    struct target_kind target = target_of(d);
    const struct task_type *task = train_task(s, target), *usual = usual_task(target);
    const struct loss_type *loss = train_loss(s, target);
    char text[200];
    *key = "task";
    if (!task->outputs(target))
        return err_set(e, ERR_USAGE, "%s wants %s, dataset %s has %s; write %s, or leave it out", task->name,
                       task->many, d->name, usual->many, usual->name);
    *key = "loss";
    if (!fits_loss(task, loss))
        return err_set(e, ERR_USAGE, "%s is not a loss of %s; write %s, or leave it out", loss->name, task->name,
                       list_losses(task, text, sizeof text));
    *key = "label_smoothing";
    if (s->label_smoothing > 0 && !(loss->smooths && (task->by_class || task->by_position)))
        return err_set(e, ERR_USAGE, "%s has no classes to smooth; write 0, or leave it out", loss->name);
    *key = s->mixup > 0 ? "mixup" : "cutmix";
    if (train_mixes(s) && task->mixes == MIXES_NOTHING)
        return err_set(e, ERR_USAGE, "mixes samples of two classes, and %s has none; write 0, or leave it out",
                       task->name);
    if (train_mixes(s) && target.vocabulary)
        return err_set(e, ERR_USAGE,
                       "mixes the numbers of samples, and those of dataset %s are texts; write 0, or leave "
                       "it out",
                       d->name);
    if (s->mixup > 0 && task->mixes == MIXES_PLACES)
        return err_set(e, ERR_USAGE,
                       "lays two pictures over each other, and a pixel has one class; write 0, or cutmix in "
                       "its place");
    *key = "cutmix";
    if (s->cutmix > 0 && data_input(d)->shape.kind != MAPS)
        return err_set(e, ERR_USAGE,
                       "pastes rectangles into pictures, and dataset %s has none; write 0, or mixup in its place",
                       d->name);
    *key = s->beam != 1 ? "beam" : "length_penalty";
    if ((s->beam != 1 || s->length_penalty > 0) && !task->translates)
        return err_set(e, ERR_USAGE, "is of a search for translations, and %s makes none; leave it out", task->name);
    *key = "sampling";
    if (s->sampling && !task->by_class)
        return err_set(e, ERR_USAGE, "%s has no classes to balance; write shuffle, or leave it out", task->name);
    if (s->sampling && task->by_position)
        return err_set(e, ERR_USAGE,
                       "%s has classes of positions, not of samples, to balance; write shuffle, or leave it out",
                       task->name);
    if (check_adversarial(s, task, key, e))
        return -1;
    *key = "class_weights";
    if (train_weighs(s) && !task->by_class)
        return err_set(e, ERR_USAGE, "%s has no classes to weigh; write none, or leave it out", task->name);
    return train_weights_check(s, task->by_class ? target.classes : 0, e);
}

struct nn_target train_target(const struct task_type *task, struct target_kind target, struct shape *shape)
{
    const int n = task->outputs(target);
    *shape = target.input;
    if (task->by_position)
        shape->c = target.next ? target.vocabulary : n / (target.input.h * target.input.w);
    if (target.pairs)
        shape->h = target.pairs;
    return (struct nn_target){n, n == 1 ? task->one : task->many, task->like_input || task->by_position ? shape : NULL};
}

unsigned train_task_metrics(const struct train_spec *s, const struct nn_graph *g, const struct dataset *d)
{
    const struct task_type *task = train_task(s, target_of(d));
    return task->metrics & (task->measured ? task->measured(s, g, d) : ~0u);
}

/* The layer that makes the numbers of the output, before those that only change their shape. */
static const struct nn_node *layer_of_output(const struct nn_graph *g)
{
    int i = g->nnodes - 1;
    while (i > 0 && g->node[i].nin == 1 && g->node[i].in[0] >= 0 &&
           (nn_is_layer(&g->node[i], "reshape") || nn_is_layer(&g->node[i], "flatten")))
        i = g->node[i].in[0];
    return &g->node[i];
}

/* The penalty wants the critic's tangents, in floats. */
static int check_penalty(const struct train_spec *s, const struct nn_graph *g, const char **key, struct err *e)
{
    const struct nn_node *stops = g->critic && critic_penalty(s) > 0 ? nn_tangent_stops(g, g->critic) : NULL;
    *key = "loss";
    if (stops)
        return err_set(
            e, ERR_USAGE,
            "the penalty of wgan is made of the critic's gradient by its input, whose own gradient is known of "
            "chains of convolutions, dense layers, activations (but selu, hardswish, and elu with an alpha other than "
            "1), average pooling and dropout, and not of '%s'; write others into the critic, penalty = 0, or another "
            "loss",
            stops->text);
    *key = "precision";
    if (g->critic && critic_penalty(s) > 0 && g->precision != NN_FP32)
        return err_set(e, ERR_USAGE, "the penalty of wgan is computed in fp32; write that, or another loss");
    return 0;
}

int train_network_check(const struct train_spec *s, const struct data_spec *d, const struct nn_graph *g,
                        struct target_kind target, const char **key, struct err *e)
{
    const struct task_type *task = train_task(s, target);
    const int logits = task->like_input && train_loss(s, target) == &loss_bce;
    *key = "loss";
    if (logits && d->normalize != NORMALIZE_UNIT)
        return err_set(e, ERR_USAGE, "bce compares values from 0 to 1; write data.normalize = unit");
    if (logits && nn_is_layer(layer_of_output(g), "sigmoid"))
        return err_set(e, ERR_USAGE,
                       "bce takes the sigmoid of what the network puts out by itself; leave out the sigmoid "
                       "at its end");
    *key = "task";
    if (nn_adds_loss(g) && !task->like_input)
        return err_set(e, ERR_USAGE,
                       "%s has no loss that the layer '%s' could add to; write reconstruct, or leave the "
                       "layer out",
                       task->name, nn_adds_loss(g)->text);
    if (target.next && nn_looks_ahead(g))
        return err_set(e, ERR_USAGE,
                       "%s is to tell what comes next, which the layer '%s' looks at: write attention with `causal` "
                       "(transformer: causal 1), and rnn, lstm or gru without `bidirectional`",
                       task->name, nn_looks_ahead(g)->text);
    if (check_penalty(s, g, key, e))
        return -1;
    *key = "beta";
    if (!nn_adds_loss(g) && s->beta != 1)
        return err_set(e, ERR_USAGE,
                       "weighs the divergence of a layer `sample`, and the network has none; leave it out");
    return 0;
}

void train_task_init(struct train_task *t, const struct train_job *j)
{
    struct target_kind target = target_of(j->view->set);
    memset(t, 0, sizeof *t);
    t->type = train_task(j->spec, target);
    t->loss = train_loss(j->spec, target);
    t->job = j;
    t->outputs = (int)shape_size(nn_output(j->graph));
}
