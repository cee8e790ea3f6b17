/* sample_files.h - the kinds of files that samples are read from. Private to data/samples. */
#ifndef DATA_SAMPLES_SAMPLE_FILES_H
#define DATA_SAMPLES_SAMPLE_FILES_H

#include "data/samples.h"
#include "data/sources/tabular.h"

/* Where samples go. */
struct sample_sink {
    const struct sample_form *form;
    int (*take)(void *ctx, const struct sample *s);
    void *ctx;
};
/* Hands over a sample without values. */
int sample_fails(const struct sample_sink *k, const char *file, size_t number, const char *error);

/* Each hands over what is in the file. 0; -1: `take` has said so, or there is no memory (*e); a file that cannot be
 * read is handed over with its error. */
int sample_idx(const char *path, const struct sample_sink *k, struct err *e);
int sample_table(const char *path, const struct tabular_format *format, const struct sample_sink *k, struct err *e);

#endif
