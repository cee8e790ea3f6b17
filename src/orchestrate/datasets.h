/* datasets.h - every dataset and view of a sweep, loaded once and shared read-only. Not locked: the caller is. */
#ifndef ORCHESTRATE_DATASETS_H
#define ORCHESTRATE_DATASETS_H

#include "data/data.h"

struct datasets { /* zero-initialise */
    struct dataset_entry *set;
    struct view_entry *view;
    struct seen_entry *seen;
    struct arena texts;
    struct start_file *start; /* starts.h */
    struct table *pins;       /* starts.h: what was pinned, once it is read */
    const char *out;          /* folder that holds results/, for starts that are named by a sweep; NULL: this one */
    const char *name;         /* of the sweep whose starts were pinned by earlier calls; NULL: none */
    int assume;               /* a dataset whose files are not found is peeked as its name is known: for plans */
};

/* A dataset as an earlier run found it, for datasets_peek when its files are gone. s is copied. 0, or -1 without
 * memory.
 */
int datasets_remember(struct datasets *d, const struct data_spec *s, const struct dataset_seen *seen);
/* Whether every dataset that was remembered is what it was; one whose files are gone is. */
int datasets_as_seen(const struct datasets *d);
/* The i-th dataset that was peeked, and in *s the keys that it was found by; NULL after the last. */
const struct dataset *datasets_peeked(const struct datasets *d, size_t i, const struct data_spec **s);

/* The dataset without its pixels; NULL with *e. Both live until datasets_release. A failure is remembered. */
const struct dataset *datasets_peek(struct datasets *d, const struct data_spec *s, struct err *e);
/* The dataset loaded, split and normalized as the spec says, until datasets_leave; NULL with *e. */
const struct data_view *datasets_view(struct datasets *d, const struct data_spec *s, struct err *e);
/* The caller needs the view no longer. The DATASETS_IDLE views that were left last stay for those who ask for them
 * again, and so does one that has copies of its pixels; a sweep over data.seed has a split of its own for each trial.
 */
#define DATASETS_IDLE 16
void datasets_leave(struct datasets *d, const struct data_view *view);
void datasets_release(struct datasets *d);

#endif
