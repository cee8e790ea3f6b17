/* library.h - shared libraries that are loaded when somebody needs them. Most calls of the program need none of these,
 * and what libcurl and libarchive are linked with takes longer to load than the program takes to start. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

struct library_function {
    const char *name;
    size_t at; /* of the pointer in the struct that is filled */
};
/* For a struct T with a pointer to each function under its own name: LIBRARY_POINTER(f) declares one, and
 * {LIBRARY_ROW(T, f)} is its row. */
#define LIBRARY_POINTER(f) __typeof__(&f) f;
#define LIBRARY_ROW(T, f) #f, offsetof(struct T, f)

/* Loads the first of the files (a list that ends with NULL) that is there, and puts its functions (a list that ends
 * with name NULL) into *into. It stays loaded. 0, or -1 with *e (ERR_IO), which names the package of Debian it is in.
 */
int library_load(const char *const *files, const char *package, const struct library_function *functions, void *into,
                 struct err *e);

#endif
