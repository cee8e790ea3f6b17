/* file.h - whole files in, whole files out. A published file is complete at every moment: written as PATH.tmp, synced,
 * renamed, and its folder synced. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

/* A descriptor to read from, or -1 with *e: also of a folder, and of a named pipe, for whose writer one might wait for
 * ever. (The pipe of a shell's <(command) is taken.) */
int file_open(const char *path, struct err *e);
/* The same for zlib, which reads plain files as they are. NULL with *e (ERR_IO or ERR_NOMEM); close with gzclose. */
gzFile file_open_gzip(const char *path, struct err *e);
/* What a number of gzerror means. */
enum err_code file_gzip_code(int code);

/* The file's bytes in malloc'ed memory with a NUL after them; *n without it. Plain or gzip: known by the first bytes,
 * a gzip stream that is cut off or corrupt is an error. NULL with *e (ERR_IO, ERR_DATA or ERR_NOMEM) otherwise; the
 * caller frees.
 */
char *file_read(const char *path, size_t *n, struct err *e);
/* The same, but of a longer file only its first `most` bytes: what may be a device or anything else without an end. */
char *file_read_head(const char *path, size_t most, size_t *n, struct err *e);
/* Hands the file's bytes to `see`, at most FILE_PIECE of them at a time, until it returns -1 with *e of its own. 0, or
 * -1 with *e. */
#define FILE_PIECE (1 << 13)
int file_each_piece(const char *path, int (*see)(void *ctx, const char *bytes, size_t n), void *ctx, struct err *e);

struct publish {
    FILE *f;
    char path[4096], tmp[4104];
};
/* Opens PATH.tmp for writing. 0, or -1 with *e (ERR_IO). */
int publish_begin(struct publish *p, const char *path, struct err *e);
/* Closes and renames; `sync` = 0 leaves out the fsyncs (content that a power cut may take). On failure the old file
 * stands, the temporary one is removed, and -1 comes back with *e. p->f is closed either way. */
int publish_commit(struct publish *p, int sync, struct err *e);
void publish_abort(struct publish *p);
/* The last step of it: syncs what stands at tmp, gives it the name `path` in the same folder, syncs the folder. With
 * `sync` = 0 it renames only. 0, or -1 with *e: tmp is gone, and the old file stands (the new one, if it is the folder
 * that cannot be synced). */
int file_rename(const char *tmp, const char *path, int sync, struct err *e);
/* publish_begin, write, publish_commit. */
int file_publish(const char *path, const void *bytes, size_t n, int sync, struct err *e);

/* Brings a file that stands already, and its name, to the disk. 0, or -1 with *e. */
int file_sync(const char *path, struct err *e);

/* 0, or errno. A short write does not say why it is short, but the next one does. */
int file_write_all(int fd, const void *bytes, size_t n);
/* The same at a place of the file, in bytes from its beginning; the descriptor's own position stays. */
int file_write_at(int fd, const void *bytes, size_t n, uint64_t at);

/* mkdir -p, and each new folder is synced into the one that holds it. 0, or -1 with *e. */
int file_mkdirs(const char *path, struct err *e);
/* strerror, but in words that help where its own do not. */
const char *file_reason(int number);
int file_exists(const char *path); /* 0 with errno: ENOENT, or why it cannot be known */

#endif
