/* source.h - where a dataset comes from: a file src/data/sources/NAME.c that ends in a row, listed in sources.c. */
#ifndef DATA_SOURCES_SOURCE_H
#define DATA_SOURCES_SOURCE_H

#include "data/data.h"

struct data_source {
    struct data_word word;
    const char *credit; /* source and licence; "": there is nothing to say */
    enum { PATH_MAY, PATH_NEVER, PATH_ALWAYS } path;
    enum field_type input; /* of the input field: FIELD_BYTES are images, which can be augmented */
    int made;              /* from the keys word.params and data.seed, not read */
    int divides;           /* a text that it divides itself by data.train and data.validation, which are shares */
    const void *detail;    /* of the file's own type, for sources that differ by names only */
    /* For dataset_absent: whether the files are found (-1: no memory to look); what is known without them (0, -1:
     * nothing). NULL: read from no file, or not known without it. */
    int (*there)(const struct data_source *source, const struct data_spec *s);
    int (*known)(const struct data_source *source, const struct data_spec *s, struct dataset *d,
                 const struct dataset_seen *seen);
    /* Fills the fields, n, the fingerprint, and owned with what dataset_release is to free; `peek`: without values. On
     * error nothing may be left behind but what hangs on owned. */
    int (*load)(const struct data_source *source, struct dataset *d, const struct data_spec *s, int peek,
                struct err *e);
};

/* NULL with *e, which names the nearest known word. */
const struct data_source *source_find(const char *name, const struct where *w, struct err *e);

#endif
