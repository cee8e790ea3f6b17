/* predict_texts.h - what `sweep predict` prints of a network that translates: a row for each line of the files,
 * or for each pair of a split. */
#ifndef CLI_PREDICT_TEXTS_H
#define CLI_PREDICT_TEXTS_H

#include "cli/command.h"
#include "model/model.h"

/* Whether that is what the network does. */
static inline int model_translates(const struct model *m)
{
    return m->form.target > 0;
}
/* Lines of files, plain or gzipped: file, line, predicted, error. *failed: rows with an error. 0, or -1, maybe with *e.
 */
int predict_lines(const struct invocation *in, const struct model *m, const char *const *path, size_t n,
                  const char *isa, size_t *failed, struct err *e);
/* The pairs of a split: sample, source, true, predicted, error. Sources that are too long are cut, as where the
 * training was tested. */
int predict_pairs(const struct invocation *in, const struct model *m, const struct data_view *v, int split,
                  const char *isa, size_t *failed, struct err *e);

#endif
