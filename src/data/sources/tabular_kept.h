/* tabular_kept.h - a table that was read is kept in the cache as it is in memory, so that its file is read once, and
 * later its values are mapped. */
#ifndef DATA_SOURCES_TABULAR_KEPT_H
#define DATA_SOURCES_TABULAR_KEPT_H

#include "data/cache.h"
#include "data/sources/tabular.h"

/* Where the table of these files (the second may be "") is or would be kept, as the keys that say how it is read have
 * it. */
void tabular_find_kept(struct cache_slot *slot, const char *const path[DATA_PARTS], const struct tabular *t);
/* Fills t, which is initialized and empty, from what is kept, mapped and owned by d; *first: rows of the first file. 0;
 * 1: nothing is kept; -1 with *e (no memory). */
int tabular_take_kept(const struct cache_slot *slot, struct tabular *t, size_t *first, struct dataset *d,
                      struct err *e);
/* Keeps a table that was read, if it is large enough: then its values are those of the mapping. 0, or -1 with *e (no
 * memory). */
int tabular_keep(struct cache_slot *slot, struct tabular *t, size_t first, struct dataset *d, struct err *e);

#endif
