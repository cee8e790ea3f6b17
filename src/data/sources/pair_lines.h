/* pair_lines.h - the texts of two files that agree line by line, or of two columns of a table. */
#ifndef DATA_SOURCES_PAIR_LINES_H
#define DATA_SOURCES_PAIR_LINES_H

#include "base/err.h"

#include <stddef.h>

struct pair_line {
    const char *text; /* [n], without the end of the line */
    size_t n, line;   /* of the file, from 1 */
};
struct pair_lines {         /* zero-initialise; pair_lines_release frees, also after an error */
    struct pair_line *v[2]; /* [n] of each side */
    size_t n, room;
    char *bytes[2]; /* private */
};
/* Two text files, plain or gzipped; lines end with LF or CR LF, a byte order mark is passed over. 0, or -1 with *e:
 * also where one has more lines than the other, or a byte of value 0. */
int pair_lines_of_files(struct pair_lines *l, const char *from, const char *to, struct err *e);
/* The columns of those names, or numbers from 1, of a table: CSV, with cells between tabs where the path ends in .tsv,
 * JSON where it ends in .json or .jsonl, each plain or gzipped (.gz). */
int pair_lines_of_table(struct pair_lines *l, const char *path, const char *from, const char *to, struct err *e);
void pair_lines_release(struct pair_lines *l);

#endif
