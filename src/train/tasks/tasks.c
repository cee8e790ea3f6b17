/* tasks.c - the list of tasks; each is a file that ends in one row. */
#include "train/task.h"

#include <string.h>

extern const struct task_type task_classify;

const struct task_type *const task_types[] = {&task_classify, NULL};

void train_task_init(struct train_task *t, const struct train_job *j)
{
    memset(t, 0, sizeof *t);
    t->type = task_types[0];
    t->loss = t->type->losses[0];
    t->job = j;
    t->outputs = j->graph->classes;
}
