/* cache.h - decoded pixels, and tables that were read, kept between runs. Unpacking MNIST takes a fifth of a second,
 * mapping what an earlier run has unpacked a few milliseconds; every worker, and every process, then shares the same
 * read-only pages. With the pixels are kept the sums that normalization wants, so that a start need not look at every
 * pixel for them.
 *
 * One file per source file (or list of files, whose pixels go together) in $XDG_CACHE_HOME/sweep/decoded, else
 * ~/.cache/sweep/decoded, named by the hash of the source's absolute path. It begins with a page that says whose bytes
 * follow (path, size, times of last change and a version of this format) and what they add up to. A file that is
 * missing, cut off, damaged or about an older source is no error: the source is decoded again and the file replaced.
 * Neither is a folder that cannot be written. SWEEP_CACHE = off (or no, 0) leaves the cache alone. */
#ifndef DATA_CACHE_H
#define DATA_CACHE_H

#include "data/data.h"
#include "data/locate.h"

#define CACHE_MIN ((size_t)1 << 20) /* bytes; less is decoded as fast as it is found */
#define CACHE_PAGE 4096             /* of the file in front of the pixels */

struct cache_stamp { /* what the file says of its source; compared as bytes: no padding */
    char magic[8];
    uint64_t path[2]; /* two hashes */
    int64_t size, changed_s, changed_ns, status_s, status_ns;
    uint64_t planes, plane; /* how many, and of how many bytes */
};
_Static_assert(sizeof(struct cache_stamp) == 80, "no padding");

struct cache_slot {
    char source[DATA_PATH]; /* absolute paths, one a line */
    uint64_t how;           /* a hash of what is made of them; 0: their values as they are */
    char file[DATA_PATH];   /* absolute path; empty when nothing is to be cached */
    struct cache_stamp stamp;
};

struct cache_hit {
    const uint8_t *x;          /* [planes][plane] */
    const uint32_t (*sums)[2]; /* [planes] sum, sum of squares */
};

/* Where the planes of `plane` bytes (a channel of an image) of a source file are or would be cached. To be called
 * before the source is read. */
void cache_find(struct cache_slot *c, const char *source, size_t planes, size_t plane);
/* The same for planes that come out of several files. */
void cache_find_files(struct cache_slot *c, const char *const *source, size_t sources, size_t planes, size_t plane);
/* What tells whether the files in a folder are those of last time: the caller's, who has listed them. */
struct cache_folder {
    const char *path;
    uint64_t how;   /* a hash of what is made of them */
    uint64_t state; /* a hash of their names, sizes and times */
    int64_t newest; /* the last of those times, in seconds */
};
/* The same for planes that are made of the files of a folder. The caller looks at them again before cache_keep. */
void cache_find_folder(struct cache_slot *c, const struct cache_folder *f, size_t planes, size_t plane);
/* What is cached, mapped and owned by d (dataset_release unmaps it): 0, or -1. */
int cache_map(const struct cache_slot *c, struct dataset *d, struct cache_hit *hit);
/* Where what is made of files, as `how` says, is cached, in planes of so many bytes; stamp.planes: how many there are,
 * 0: it is not cached. Who makes it sets them. */
void cache_find_made(struct cache_slot *c, const char *const *source, size_t sources, uint64_t how, size_t plane);

/* How planes are made. */
struct cache_maker {
    int (*make)(void *ctx, uint8_t *x, struct err *e); /* all planes at x, zeros before. 0, or -1 with *e */
    int (*still)(void *ctx); /* whether a folder is what it was when it was listed; NULL: it is of files */
    void *ctx;
};
/* Makes the planes right in the file that they are kept in, mapped: they take memory only as long as nobody else wants
 * it, and a set may be larger than memory. They are kept unless the source has changed since it was found. 0 with the
 * mapping owned by d; 1: nothing was made, as the disk has little room, or another process is just doing the same; -1
 * with *e. */
int cache_put(const struct cache_slot *c, const struct cache_maker *m, struct dataset *d, struct cache_hit *hit,
              struct err *e);
/* The planes, `bytes` in all: from the cache, or put there, or where that cannot be in memory of d, then without sums.
 * 0, or -1 with *e. */
int cache_get(const struct cache_slot *c, size_t bytes, const struct cache_maker *m, struct dataset *d,
              struct cache_hit *hit, struct err *e);

/* A hash of every byte of a file, kept in the same folder (as NAME.sum) until the file's size or times change: then it
 * is not read again. Nothing is kept of a file that has changed within the last two seconds, which might change again
 * and show the same times. 0, or -1 with *e. */
int cache_content(const char *source, uint64_t *hash, struct err *e);

/* A few bytes about the files of a folder, kept in the same way. 0, or -1: there are none. */
#define CACHE_NOTE 64
int cache_recall(const struct cache_folder *f, void *note, size_t n);
void cache_note(const struct cache_folder *f, const void *note, size_t n);

#endif
