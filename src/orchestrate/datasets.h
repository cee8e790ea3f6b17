/* datasets.h - every dataset and view of a sweep, loaded once and shared read-only. Not locked: the caller is. */
#ifndef ORCHESTRATE_DATASETS_H
#define ORCHESTRATE_DATASETS_H

#include "data/data.h"

struct datasets { /* zero-initialise */
    struct dataset_entry *set;
    struct view_entry *view;
};

/* The dataset without its pixels; NULL with *e. Both live until datasets_release. A failure is remembered. */
const struct dataset *datasets_peek(struct datasets *d, const struct data_spec *s, struct err *e);
/* The dataset loaded, split and normalized as the spec says; NULL with *e. */
const struct data_view *datasets_view(struct datasets *d, const struct data_spec *s, struct err *e);
void datasets_release(struct datasets *d);

#endif
