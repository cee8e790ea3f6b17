/* cache_notes.c keeps small things about files between runs: the hash of all of a file, and notes about a folder. */
#include "base/file.h"
#include "base/str.h"
#include "data/cache_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- the hash of a file's content -------------------------------------------------------------------------------- */

struct sum { /* all of NAME.sum */
    struct cache_stamp stamp;
    uint64_t hash;
};

#define SETTLED 2 /* seconds after which a further change shows another time, on any file system */

static int read_sum(const char *path, struct sum *s)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int bad = fd < 0 || read(fd, s, sizeof *s) != (ssize_t)sizeof *s;
    if (fd >= 0)
        close(fd);
    return bad ? -1 : 0;
}

static int hash_file(const char *path, uint64_t *hash, struct err *e)
{
    unsigned char piece[4096];
    int fd = file_open(path, e);
    if (fd < 0)
        return -1;
    ssize_t n;
    for (*hash = STR_HASH; (n = read(fd, piece, sizeof piece)) > 0;)
        *hash = str_hash(*hash, piece, (size_t)n);
    int why = errno;
    close(fd);
    return n < 0 ? err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(why)) : 0;
}

/* Where the sum of the file is kept, and its stamp; -1: it is not to be kept. */
static int find_sum(const char *source, char path[DATA_PATH], struct cache_stamp *stamp)
{
    char folder[DATA_PATH], *real;
    if (cache_is_off() || cache_home(folder) || !(real = realpath(source, NULL)))
        return -1;
    int bad = cache_stamp_files(real, 0, 0, 0, stamp);
    free(real);
    return bad || snprintf(path, DATA_PATH, "%.4064s/%016llx.sum", folder, (unsigned long long)stamp->path[0]) < 0 ? -1
                                                                                                                   : 0;
}

static void keep_small(char path[DATA_PATH], const void *bytes, size_t n)
{
    struct err ignored = {0};
    char *slash = strrchr(path, '/');
    *slash = 0;
    int bad = file_mkdirs(path, &ignored);
    *slash = '/';
    if (!bad)
        file_publish(path, bytes, n, 0, &ignored);
}

static void keep_sum(const char *source, char path[DATA_PATH], const struct sum *s)
{
    struct cache_stamp now;
    if (!find_sum(source, path, &now) && !memcmp(&now, &s->stamp, sizeof now) && time(NULL) - now.status_s > SETTLED)
        keep_small(path, s, sizeof *s);
}

int cache_content(const char *source, uint64_t *hash, struct err *e)
{
    char path[DATA_PATH];
    struct cache_stamp stamp;
    struct sum s;
    int kept = !find_sum(source, path, &stamp);
    if (kept && !read_sum(path, &s) && !memcmp(&s.stamp, &stamp, sizeof stamp)) {
        *hash = s.hash;
        return 0;
    }
    if (hash_file(source, hash, e))
        return -1;
    if (kept)
        keep_sum(source, path, &(struct sum){stamp, *hash});
    return 0;
}

/* ---- notes about the files of a folder --------------------------------------------------------------------------- */

struct folder_note { /* all of NAME.note */
    struct cache_stamp stamp;
    unsigned char note[CACHE_NOTE];
    uint64_t hash; /* of both */
};

static uint64_t hash_of_note(const struct folder_note *k)
{
    return str_hash(STR_HASH, k, offsetof(struct folder_note, hash));
}

int cache_recall(const struct cache_folder *f, void *note, size_t n)
{
    char path[DATA_PATH];
    struct cache_stamp stamp;
    struct folder_note k;
    if (cache_stamp_folder(f, 1, n, &stamp, path, ".note"))
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int bad = fd < 0 || read(fd, &k, sizeof k) != (ssize_t)sizeof k || memcmp(&k.stamp, &stamp, sizeof stamp) != 0 ||
              k.hash != hash_of_note(&k);
    if (fd >= 0)
        close(fd);
    if (!bad)
        memcpy(note, k.note, n);
    return bad ? -1 : 0;
}

void cache_note(const struct cache_folder *f, const void *note, size_t n)
{
    char path[DATA_PATH];
    struct folder_note k = {0};
    if (time(NULL) - f->newest <= SETTLED || cache_stamp_folder(f, 1, n, &k.stamp, path, ".note"))
        return;
    memcpy(k.note, note, n);
    k.hash = hash_of_note(&k);
    keep_small(path, &k, sizeof k);
}
