/* library.c - loads shared libraries when they are needed. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int library_load(const char *const *files, const char *package, const struct library_function *functions, void *into,
                 struct err *e)
{
    void *library = NULL;
    for (const char *const *file = files; *file && !library; file++)
        library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return err_set(e, ERR_IO, "the library %s cannot be loaded: %s; it is in Debian's package %s", files[0],
                       dlerror(), package);
    for (const struct library_function *f = functions; f->name; f++) {
        void *at = dlsym(library, f->name);
        if (!at)
            return err_set(e, ERR_IO, "the library %s has no function %s: it is too old; it is in Debian's package %s",
                           files[0], f->name, package);
        memcpy((unsigned char *)into + f->at, &at, sizeof at);
    }
    return 0;
}
