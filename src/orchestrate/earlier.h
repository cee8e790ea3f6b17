/* earlier.h - search.from: a search that listens knows the results of an earlier sweep from the beginning. What they
 * are is kept in results/NAME/from.FROM.csv when the sweep is run first, a row a point: its values, its loss and, where
 * it was given up, after how many epochs, and of which objective that is. Later calls and `verify` read that file,
 * whatever becomes of the other sweep; where the sweep has other axes or another objective by then, the other one is
 * read again.
 */
#ifndef ORCHESTRATE_EARLIER_H
#define ORCHESTRATE_EARLIER_H

#include "config/config.h"

/* Puts what the earlier sweep found into the search of s, from results/ below `out`; nothing where search.from is not
 * set. 0, or -1 with *e: it is not there, or has other axes or another objective. */
int earlier_read(struct sweep *s, const char *out, struct err *e);
/* Keeps it, unless that was done. 0, or -1 with *e. */
int earlier_keep(const struct sweep *s, const char *out, struct err *e);

#endif
