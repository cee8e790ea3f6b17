/* snapshot.h - the sweep file kept beside the results: the file's own text with what the command line said put in, so
 * that running it gives the same tables under the same name. */
#ifndef CONFIG_SNAPSHOT_H
#define CONFIG_SNAPSHOT_H

#include "config/syntax/reader.h"

struct snapshot_edit { /* a word of the command line */
    const char *section, *key, *text;
    int axis; /* several values: it belongs to [grid] */
    int line; /* lines of the value count, as of layers: it is one of them */
    int over; /* set by snapshot_text: a later word makes it void */
};

/* The text of `doc` with the edits, of which later ones win, in `a`; NULL without memory. A value is folded over lines
 * where it is too long for one and its lines do not count. */
const char *snapshot_text(const struct ini_doc *doc, const char *text, struct snapshot_edit *edit, size_t n,
                          struct arena *a);
/* Reads `text`, which was made of these edits, again. An error for each that a sweep file cannot hold.
 */
void snapshot_check(const char *text, const struct snapshot_edit *edit, size_t n, reader_is_key *is_key,
                    struct arena *a, struct error_list *errors);

#endif
