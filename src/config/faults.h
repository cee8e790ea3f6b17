/* faults.h - every error of a sweep file and its overrides, reported in one go and in the order of the lines. */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include "base/err.h"

#include <stddef.h>

#define COMMAND_LINE "command line" /* where.file of an override */

/* Zero-initialise; faults_deliver or faults_release empties it. */
struct faults {
    struct fault {
        int order; /* line; overrides come after the file */
        size_t seq;
        struct err e;
    } * v;
    size_t n, cap, dropped;
    int nomem; /* of which the others may come: it is delivered alone */
};

/* Keeps an error located by w. Always returns -1. */
int fault(struct faults *f, const struct where *w, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Keeps *e (if set), which was located by w, and clears it. Returns -1 if it was set, else 0. */
int fault_take(struct faults *f, const struct where *w, struct err *e);
/* Moves those of *own that are of lines without a fault so far, and of the command line those that were not told yet:
 * what is wrong at one point is wrong at others for the same reason. Releases *own. */
void faults_take_new(struct faults *f, struct faults *own);
/* Lack of memory. Returns -1. */
int fault_nomem(struct faults *f);
/* Moves all to the end of *errs, sorted. */
void faults_deliver(struct faults *f, struct err_list *errs);
void faults_release(struct faults *f);

#endif
