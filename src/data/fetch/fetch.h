/* fetch.h - public datasets are fetched from where they are published: with libcurl, which takes its proxies from the
 * environment, resumed where an earlier call was cut off, and compared with the hash that is published before anything
 * has its name. Archives are unpacked with libarchive. */
#ifndef DATA_FETCH_FETCH_H
#define DATA_FETCH_FETCH_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FETCH_MIRRORS 3
struct fetch_file {
    const char *name;
    uint64_t bytes;
    const char *sha256;             /* 64 hexadecimal digits */
    const char *url[FETCH_MIRRORS]; /* folders that end with '/', tried in this order; NULL after the last */
};
struct fetch_member { /* of an archive: a file in it, and where it is put below the root */
    const char *path, *to;
    uint64_t bytes; /* 0: it is not known */
};
struct fetch_set {
    const char *name;        /* of its folder below the root, and what it is asked for by */
    const char *const *also; /* other names that it is asked for by: datasets in the same archive; NULL: none */
    const char *licence;
    const struct fetch_file *file; /* [files] */
    size_t files;
    const struct fetch_member *member; /* [members] of file[0], an archive that goes when it is unpacked; 0: the files
                                          are what is wanted */
    size_t members;
    int reviews; /* of file[0]: the folders of texts become two tables (reviews.c) */
};

/* The table of sets (fetch_sets.c); NULL after the last. And the one that has a name; NULL: there is none. */
const struct fetch_set *fetch_set_at(size_t i);
const struct fetch_set *fetch_set_named(const char *name);

struct fetch_progress {
    const char *file;
    uint64_t got, bytes; /* of the file */
    double rate;         /* bytes a second */
};
struct fetch_how {
    const char *mirror; /* a URL below which the files are NAME/FILE, instead of those that are published; "": none */
    double patience;    /* seconds of less than FETCH_SLOW bytes a second after which a mirror is given up, >= 1 */
    void (*progress)(void *ctx, const struct fetch_progress *p); /* several times a second, or NULL */
    void (*say)(void *ctx, const char *line);                    /* what was done, and what failed; or NULL */
    void *ctx;
};
#define FETCH_SLOW 1024

/* Where sets are put when nobody says where: $SWEEP_DATA, else ~/.cache/sweep (data/locate.h looks there). 0, or -1
 * with *e: neither is set. */
int fetch_root(char *root, size_t n, struct err *e);
/* Brings the set below `root`; what is there already stays. 0, or -1 with *e (ERR_IO, ERR_DATA, ERR_BUSY or ERR_NOMEM):
 * then what was fetched so far is kept as NAME.part and resumed by the next call, and no file has its name that is not
 * whole. */
int fetch_get(const struct fetch_set *set, const char *root, const struct fetch_how *how, struct err *e);

/* ---- its parts --------------------------------------------------------------------------------------------------- */

/* transfer.c: brings the file into root/set/NAME, checked. As fetch_get. */
int fetch_transfer(const struct fetch_set *set, const struct fetch_file *f, const char *folder,
                   const struct fetch_how *how, struct err *e);
/* hash_sum.c: the SHA-256 of a file as 64 digits. 0, or -1 with *e. */
int fetch_sha256(const char *path, char sum[65], struct err *e);
/* unpack.c: puts the members of an archive in their places below root. */
int fetch_unpack(const struct fetch_set *set, const char *archive, const char *root, struct err *e);
/* reviews.c: makes root/NAME/train.csv and test.csv of the archive of IMDB: columns review and sentiment. */
int fetch_reviews(const struct fetch_set *set, const char *archive, const char *root, struct err *e);

#endif
