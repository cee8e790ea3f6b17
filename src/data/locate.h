/* locate.h - where a dataset's files are: data.path, else $SWEEP_DATA/NAME, $SWEEP_DATA, ~/.cache/sweep/NAME. */
#ifndef DATA_LOCATE_H
#define DATA_LOCATE_H

#include "base/err.h"

#define DATA_PATH 4096

/* The first of the places for which has(folder, ctx) is true, into folder; `wanted` is what it looks for, for the error
 * that lists the places. `path` (may be NULL or "") is data.path; when it is given no other place is looked at. 0 or
 * -1. */
int data_locate(char folder[DATA_PATH], const char *name, const char *path, const char *wanted,
                int (*has)(const char *folder, const void *ctx), const void *ctx, struct err *e);

/* The path of a file: `file` as it is, seen from where sweep was started, where there is such a file and either it is
 * absolute or `where` (data.path) is not given; else in the first of the places that has it. 0 or -1. */
int data_locate_file(char path[DATA_PATH], const char *name, const char *where, const char *file, struct err *e);

#endif
