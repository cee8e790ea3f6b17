/* err.h - errors that carry their origin. Nothing below cli prints or exits: a function that fails fills a
 * struct err and returns -1 (or NULL); the caller adds nothing, passes it on, or keeps it in an err_list. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,    /* command line or sweep file wrong: exit status 2 */
    ERR_SHAPE,    /* a network that does not fit together: exit status 2, or a skipped point */
    ERR_DATA,     /* a dataset that is missing, cut off or contradicts itself */
    ERR_IO,       /* the file system said no: exit status 4 */
    ERR_NOMEM,    /* out of memory */
    ERR_BUSY,     /* somebody else holds it */
    ERR_DIVERGED, /* a training produced NaN or infinity */
    ERR_DIED      /* the process of a training was ended */
};

/* Where a value of a sweep file comes from. file may be "command line" (line 0). section and key may be NULL. */
struct where {
    const char *file;
    int line;
    const char *section, *key;
};

/* Zero-initialised it is "no error". The first error set is kept; later ones are ignored until err_clear. */
struct err {
    enum err_code code;
    char text[512];
};

/* Sets *e unless it is set already; the text starts with "file:line: section.key: " as far as `w` (may be NULL) knows
 * them. Always returns -1, so that callers write: return err_at(e, ERR_USAGE, w, "...", ...). */
int err_at(struct err *e, enum err_code code, const struct where *w, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define err_set(e, code, ...) err_at(e, code, NULL, __VA_ARGS__)
void err_clear(struct err *e);

/* Every error of a file, in the order found. Zero-initialise; err_list_release frees it. */
struct err_list { /* not to be copied: v may be &last */
    struct err *v;
    size_t n, cap;
    struct err last; /* lack of memory, which needs none to be told */
};
/* Moves *e (if set) to the end of the list and clears it. Lack of memory, be it *e or that of the list itself, stays
 * alone in it: errors before and after may come of it. */
void err_list_take(struct err_list *l, struct err *e);
/* Lack of memory. Returns -1. */
int err_list_nomem(struct err_list *l);
int err_list_lacks_memory(const struct err_list *l);
void err_list_release(struct err_list *l);

#endif
