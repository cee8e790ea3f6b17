/* fingerprint.h - are these the files that were there last time? */
#ifndef DATA_FINGERPRINT_H
#define DATA_FINGERPRINT_H

#include "base/err.h"

#include <stdint.h>

/* Goes on from h with the file's size, its first and its last 64 KiB: not its name or times, so that a copy is the same
 * data. (The tail of a gzip file holds the checksum of all of it.) A change in the middle of a plain file is not seen:
 * see cache_content. 0, or -1 with *e: ERR_IO, the file cannot be read. */
int file_fingerprint(uint64_t *h, const char *path, struct err *e);
/* The same, and with VERIFY_FULL (enum data_verify) every byte of the file. */
int fingerprint_add(uint64_t *h, const char *path, int verify, struct err *e);

#endif
