/* cache_place.h - what the parts of the cache have in common: its folder, and stamps of files. Private to cache*.c. */
#ifndef DATA_CACHE_PLACE_H
#define DATA_CACHE_PLACE_H

#include "data/cache.h"

/* Whether SWEEP_CACHE switches it off. */
int cache_is_off(void);
/* Its folder: 0, or -1 when there is none. A relative $XDG_CACHE_HOME is invalid and ignored (XDG Base Directory
 * Specification 0.8). */
int cache_home(char folder[DATA_PATH]);
/* The stamp of files, absolute paths, one a line, and of how they are made. 0, or -1 when one cannot be looked at. */
int cache_stamp_files(const char *source, uint64_t how, size_t planes, size_t plane, struct cache_stamp *s);
/* The stamp of a folder's files, and the absolute path of what is kept of them. 0, or -1: nothing is to be. */
int cache_stamp_folder(const struct cache_folder *f, size_t planes, size_t plane, struct cache_stamp *s,
                       char file[DATA_PATH], const char *end);

#endif
