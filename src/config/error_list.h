/* error_list.h - every error of a sweep file and its overrides, reported in one go and in the order of the lines. */
#ifndef CONFIG_ERROR_LIST_H
#define CONFIG_ERROR_LIST_H

#include "base/err.h"

#include <stddef.h>

#define COMMAND_LINE "command line" /* where.file of an override */

/* Zero-initialise; errors_deliver or errors_release empties it. */
struct error_list {
    struct located_error {
        int order; /* line; overrides come after the file */
        size_t seq;
        struct err e;
    } * v;
    size_t n, cap, dropped;
    int nomem; /* of which the others may come: it is delivered alone */
};

/* Keeps an error located by w. Always returns -1. */
int errors_add(struct error_list *errors, const struct where *w, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Keeps *e (if set), which was located by w, and clears it. Returns -1 if it was set, else 0. */
int errors_take(struct error_list *errors, const struct where *w, struct err *e);
/* Moves those of *own that are of lines without an error so far, and of the command line those that were not told yet:
 * what is wrong at one point is wrong at others for the same reason. Releases *own. */
void errors_take_new(struct error_list *errors, struct error_list *own);
/* Lack of memory. Returns -1. */
int errors_nomem(struct error_list *errors);
/* Moves all to the end of *errs, sorted. */
void errors_deliver(struct error_list *errors, struct err_list *errs);
void errors_release(struct error_list *errors);

#endif
