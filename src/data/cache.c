/* cache.c keeps decoded pixels between runs, and maps them when they are wanted again. */
#include "base/file.h"
#include "base/str.h"
#include "data/cache_place.h"
#include "data/images/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct page { /* the first of a file */
    struct cache_stamp stamp;
    uint64_t sum;
};

static size_t pixels_of(const struct cache_stamp *s)
{
    return s->planes * s->plane;
}

/* Pixels are filled up to a cache line, the sums follow. */
static size_t sums_at(const struct cache_stamp *s)
{
    return (pixels_of(s) + 63) & ~(size_t)63;
}

static size_t bytes_of_pixels(const struct cache_stamp *s)
{
    return sums_at(s) + s->planes * sizeof(uint32_t[2]);
}

/* Two sums in 8 lanes, the second of the first as it grows, so that order counts too (as Fletcher's checksum); at the
 * speed of memory. What is behind the last 64 bytes is hashed. */
static uint64_t sum_of(const uint8_t *x, size_t n)
{
    uint64_t a[8] = {0}, b[8] = {0}, w[8];
    size_t i = 0;
    for (; i + sizeof w <= n; i += sizeof w) {
        memcpy(w, x + i, sizeof w);
        for (int k = 0; k < 8; k++) {
            a[k] += w[k];
            b[k] += a[k];
        }
    }
    uint64_t h = str_hash(STR_HASH, x + i, n - i);
    return str_hash(str_hash(h, a, sizeof a), b, sizeof b);
}

static int fits(const struct cache_slot *c, const uint8_t *map)
{
    struct page p;
    memcpy(&p, map, sizeof p);
    return !memcmp(&p.stamp, &c->stamp, sizeof p.stamp) &&
           p.sum == sum_of(map + CACHE_PAGE, bytes_of_pixels(&c->stamp));
}

int cache_map(const struct cache_slot *c, struct dataset *d, struct cache_hit *hit)
{
    struct stat st;
    int fd = c->file[0] && c->stamp.planes && c->stamp.planes <= SIZE_MAX / 2 / c->stamp.plane
                 ? open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                 : -1;
    if (fd < 0)
        return -1;
    void *map = MAP_FAILED;
    size_t n = CACHE_PAGE + bytes_of_pixels(&c->stamp);
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= 0 && (size_t)st.st_size == n)
        map = mmap(NULL, n, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return -1;
    if (!fits(c, map) || dataset_own_map(d, map, n)) {
        munmap(map, n);
        return -1;
    }
    hit->x = (const uint8_t *)map + CACHE_PAGE;
    hit->sums = (const uint32_t(*)[2])(const void *)(hit->x + sums_at(&c->stamp));
    return 0;
}

/* Filling the last of a disk would hurt the results that the sweep is about to write; going over a limit would kill. */
static int disk_has_room(int fd, size_t n)
{
    struct statvfs fs;
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) || (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < n))
        return 0;
    return !fstatvfs(fd, &fs) && (uint64_t)fs.f_bavail * fs.f_frsize / 4 > n;
}

/* A lock, not the name, says that somebody writes: it goes away with a process that is killed. What was opened may have
 * been renamed by its writer in the meantime, and is then finished. */
static int is_mine(int fd, const char *tmp)
{
    struct stat here, there;
    return !flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &here) && !lstat(tmp, &there) && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

static int unchanged(const struct cache_slot *c)
{
    struct cache_stamp now;
    if (!*c->source) /* of a folder, which its caller has listed again */
        return 1;
    return !cache_stamp_files(c->source, c->how, c->stamp.planes, c->stamp.plane, &now) &&
           !memcmp(&now, &c->stamp, sizeof now);
}

static void add_sums_of_pixels(const struct cache_stamp *s, uint8_t *x)
{
    memset(x + pixels_of(s), 0, sums_at(s) - pixels_of(s));
    for (size_t i = 0; i < s->planes; i++) {
        uint32_t sums[2];
        sums_of_bytes(s->plane, x + i * s->plane, sums);
        memcpy(x + sums_at(s) + i * sizeof sums, sums, sizeof sums);
    }
}

/* A cache file that is being made. */
struct cache_draft {
    char tmp[DATA_PATH + 8];
    int fd;
    uint8_t *map; /* of all of it */
    size_t size;
};

/* Opens the file and takes its room on the disk, so that no write to the mapping can fail. 0, or -1. */
static int begin_draft(struct cache_draft *f, const struct cache_slot *c)
{
    char folder[DATA_PATH];
    struct err ignored = {0};
    f->size = CACHE_PAGE + bytes_of_pixels(&c->stamp);
    f->map = MAP_FAILED;
    if (!c->file[0] || cache_home(folder) || file_mkdirs(folder, &ignored))
        return -1;
    snprintf(f->tmp, sizeof f->tmp, "%s.tmp", c->file);
    f->fd = open(f->tmp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (f->fd < 0)
        return -1;
    int mine = is_mine(f->fd, f->tmp);
    if (mine && !ftruncate(f->fd, 0) && disk_has_room(f->fd, f->size) && !posix_fallocate(f->fd, 0, (off_t)f->size))
        f->map = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
    if (f->map != MAP_FAILED)
        return 0;
    if (mine)
        unlink(f->tmp);
    close(f->fd);
    return -1;
}

/* Gives the file its name where it is what is to be kept. No fsync: what a power cut takes away, the sum will tell. */
static void keep_draft(struct cache_draft *f, const struct cache_slot *c, const struct cache_maker *m)
{
    add_sums_of_pixels(&c->stamp, f->map + CACHE_PAGE);
    struct page p = {c->stamp, sum_of(f->map + CACHE_PAGE, bytes_of_pixels(&c->stamp))};
    memcpy(f->map, &p, sizeof p);
    if (!unchanged(c) || (m->still && !m->still(m->ctx)) || rename(f->tmp, c->file))
        unlink(f->tmp); /* what is mapped stays until it is unmapped */
    close(f->fd);
}

int cache_put(const struct cache_slot *c, const struct cache_maker *m, struct dataset *d, struct cache_hit *hit,
              struct err *e)
{
    struct cache_draft f;
    if (begin_draft(&f, c))
        return 1;
    if (m->make(m->ctx, f.map + CACHE_PAGE, e)) {
        munmap(f.map, f.size);
        unlink(f.tmp);
        close(f.fd);
        return -1;
    }
    keep_draft(&f, c, m);
    mprotect(f.map, f.size, PROT_READ);
    if (dataset_own_map(d, f.map, f.size)) {
        munmap(f.map, f.size);
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", d->name);
    }
    hit->x = f.map + CACHE_PAGE;
    hit->sums = (const uint32_t(*)[2])(const void *)(hit->x + sums_at(&c->stamp));
    return 0;
}

int cache_get(const struct cache_slot *c, size_t bytes, const struct cache_maker *m, struct dataset *d,
              struct cache_hit *hit, struct err *e)
{
    *hit = (struct cache_hit){NULL, NULL};
    if (!cache_map(c, d, hit))
        return 0;
    int put = cache_put(c, m, d, hit, e);
    if (put < 1)
        return put;
    uint8_t *x = dataset_alloc(d, bytes, e);
    if (!x)
        return -1;
    memset(x, 0, bytes);
    hit->x = x;
    return m->make(m->ctx, x, e);
}
