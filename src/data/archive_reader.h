/* archive_reader.h - the files in an archive, .tar.gz or .zip, one after the other, by libarchive. */
#ifndef DATA_ARCHIVE_READER_H
#define DATA_ARCHIVE_READER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct archive_reader;

/* Opens the archive; NULL with *e (ERR_IO, ERR_DATA, ERR_NOMEM): it cannot be read, or is none of these formats. `path`
 * must outlive the reader. archive_reader_close it. */
struct archive_reader *archive_reader_open(const char *path, struct err *e);
void archive_reader_close(struct archive_reader *a);
/* The next file: its name as it stands in the archive (without "./") until the next call. 1; 0: there is none; -1 with
 * *e: the archive is cut off or damaged. */
int archive_reader_next(struct archive_reader *a, const char **name, struct err *e);
/* Reads up to n bytes of the file; *got is less at its end only. 0, or -1 with *e, also when the file's checksum is
 * another. */
int archive_reader_read(struct archive_reader *a, void *to, size_t n, size_t *got, struct err *e);

#endif
