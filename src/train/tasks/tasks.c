/* tasks.c - the list of tasks, each a file that ends in one row, and which of them, with which loss, a training has. */
#include "train/task.h"

#include <stdio.h>
#include <string.h>

// clang-format off
#define TASK_NAMES(X) X(classify) X(regress)
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
    if (s->label_smoothing > 0 && !loss->smooths)
        return err_set(e, ERR_USAGE, "%s has no classes to smooth; write 0, or leave it out", loss->name);
    *key = "class_weights";
    if (train_weighs(s) && !target.classes)
        return err_set(e, ERR_USAGE, "%s has no classes to weigh; write none, or leave it out", task->name);
    return train_weights_check(s, target.classes, e);
}

void train_task_init(struct train_task *t, const struct train_job *j)
{
    struct target_kind target = target_of(j->view->set);
    memset(t, 0, sizeof *t);
    t->type = train_task(j->spec, target);
    t->loss = train_loss(j->spec, target);
    t->job = j;
    t->outputs = nn_output(j->graph).c;
}
