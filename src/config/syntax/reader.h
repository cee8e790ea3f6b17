/* reader.h - a sweep file as sections, keys and the physical lines of their values. inih does the parsing; what it does
 * silently (cut lines and names, drop text, merge sections) is seen by the function that hands it the lines, and is an
 * error that names the line. */
#ifndef CONFIG_SYNTAX_READER_H
#define CONFIG_SYNTAX_READER_H

#include "base/arena.h"
#include "config/error_list.h"

#include <stddef.h>

#define READER_BYTES ((size_t)1 << 20) /* a longer file is no sweep file */
#define READER_KEYS 10000
#define READER_LINE 198 /* bytes of a line without its end that inih takes as it is usually built */

struct ini_piece { /* one line of a value, trimmed, without its comment; never empty */
    const char *text;
    int line;
};
struct ini_entry {
    const char *section, *key;
    struct where at; /* of the key */
    struct ini_piece *piece;
    size_t n, cap;
};
struct ini_section {
    const char *name; /* blanks at the ends cut */
    int line;
};
struct ini_doc {
    const char *path;
    struct ini_section *section;
    size_t nsections, sections_cap;
    struct ini_entry *entry;
    size_t nentries, entries_cap;
};

/* Whether an indented line of `section` that reads "word = ..." is surely meant as a key of its own. `before` is the
 * value so far. */
typedef int reader_is_key(const char *section, const char *word, const char *before);

/* bytes[n] (a NUL behind them) into *d, in `a`. Faults go to *errors, `path` is the name they carry. 0, or -1 when
 * there is no memory. Duplicate keys and sections are errors here; what the names mean is the caller's. */
int reader_parse(struct ini_doc *d, const char *path, const char *bytes, size_t n, reader_is_key *is_key,
                 struct arena *a, struct error_list *errors);
/* All lines of a value joined by blanks; NULL without memory. */
const char *entry_text(const struct ini_entry *e, struct arena *a);

#endif
