/* cache.c keeps decoded pixels between runs, and maps them when they are wanted again. */
#include "data/cache.h"

#include "base/file.h"
#include "base/str.h"
#include "data/images/sums.h"
#include "data/sources/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct page { /* the first of a file */
    struct cache_stamp stamp;
    uint64_t sum;
};

static int switched_off(void)
{
    static const char *const words[] = {"off", "no", "0", "false"};
    const char *v = getenv("SWEEP_CACHE");
    for (size_t i = 0; v && i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(v, words[i]))
            return 1;
    return 0;
}

/* A relative $XDG_CACHE_HOME is invalid and ignored (XDG Base Directory Specification 0.8). */
static int cache_folder(char folder[DATA_PATH])
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/')
        n = snprintf(folder, DATA_PATH, "%s/sweep/decoded", xdg);
    else if (home && home[0] == '/')
        n = snprintf(folder, DATA_PATH, "%s/.cache/sweep/decoded", home);
    return n > 0 && n < DATA_PATH - 32 ? 0 : -1; /* room for a name behind it */
}

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

/* Adds one of the sources: sizes add up, times of all but the first are hashed into it. 0, or -1 when it cannot be
 * looked at. */
static int add_stamp(const char *path, int first, struct cache_stamp *s)
{
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return -1;
    const int64_t now[4] = {st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ctim.tv_sec, st.st_ctim.tv_nsec};
    int64_t *const kept[4] = {&s->changed_s, &s->changed_ns, &s->status_s, &s->status_ns};
    for (int i = 0; i < 4; i++)
        *kept[i] = first ? now[i] : (int64_t)str_hash((uint64_t)*kept[i], &now[i], sizeof now[i]);
    s->size += st.st_size;
    return 0;
}

/* source has absolute paths, one a line. 0, or -1 when one of them cannot be looked at. */
static int stamp_of(const char *source, uint64_t how, size_t planes, size_t plane, struct cache_stamp *s)
{
    char path[DATA_PATH];
    size_t n = strlen(source);
    memset(s, 0, sizeof *s);
    memcpy(s->magic, "sweepdc2", sizeof s->magic);
    s->path[0] = str_hash(STR_HASH, source, n);
    s->path[1] = str_hash(~STR_HASH, source, n);
    for (int i = 0; how && i < 2; i++)
        s->path[i] = str_hash(s->path[i], &how, sizeof how);
    s->planes = planes;
    s->plane = plane;
    for (const char *at = source, *end; *at; at = end + (*end == '\n')) {
        end = strchrnul(at, '\n');
        snprintf(path, sizeof path, "%.*s", (int)(end - at), at);
        if (add_stamp(path, at == source, s))
            return -1;
    }
    return 0;
}

/* Adds the absolute path of a file as a line of c->source. 0, or -1 when there is none that fits. */
static int add_source(struct cache_slot *c, const char *path)
{
    size_t have = strlen(c->source);
    char *real = realpath(path, NULL);
    int n = real && !strchr(real, '\n')
                ? snprintf(c->source + have, sizeof c->source - have, "%s%s", have ? "\n" : "", real)
                : -1;
    free(real);
    return n >= 0 && (size_t)n < sizeof c->source - have ? 0 : -1;
}

/* Fills the stamp of a folder's files, and the absolute path of what is kept of them. 0, or -1: nothing is to be. */
static int stamp_of_folder(const struct cache_folder *f, size_t planes, size_t plane, struct cache_stamp *s,
                           char file[DATA_PATH], const char *end)
{
    char folder[DATA_PATH];
    char *real = switched_off() || cache_folder(folder) ? NULL : realpath(f->path, NULL);
    if (!real)
        return -1;
    size_t n = strlen(real);
    memset(s, 0, sizeof *s);
    memcpy(s->magic, "sweepdc2", sizeof s->magic);
    s->path[0] = str_hash(str_hash(STR_HASH, real, n), &f->how, sizeof f->how);
    s->path[1] = str_hash(str_hash(~STR_HASH, real, n), &f->how, sizeof f->how);
    s->changed_s = (int64_t)f->state;
    s->status_s = f->newest;
    s->planes = planes;
    s->plane = plane;
    free(real);
    snprintf(file, DATA_PATH, "%.4064s/%016llx%s", folder, (unsigned long long)s->path[0], end);
    return 0;
}

void cache_find_folder(struct cache_slot *c, const struct cache_folder *f, size_t planes, size_t plane)
{
    c->source[0] = 0;
    c->how = 0;
    if (planes * plane < CACHE_MIN || plane > SUMS_BYTES || stamp_of_folder(f, planes, plane, &c->stamp, c->file, ""))
        c->file[0] = 0;
}

static void find_sources(struct cache_slot *c, const char *const *source, size_t sources, size_t planes, size_t plane)
{
    char folder[DATA_PATH];
    c->file[0] = c->source[0] = 0;
    if (plane > SUMS_BYTES || switched_off() || cache_folder(folder))
        return;
    for (size_t i = 0; i < sources; i++)
        if (add_source(c, source[i]))
            return;
    if (!stamp_of(c->source, c->how, planes, plane, &c->stamp))
        snprintf(c->file, sizeof c->file, "%.4064s/%016llx", folder, (unsigned long long)c->stamp.path[0]);
}

void cache_find_files(struct cache_slot *c, const char *const *source, size_t sources, size_t planes, size_t plane)
{
    c->how = 0;
    c->file[0] = c->source[0] = 0;
    if (planes * plane >= CACHE_MIN)
        find_sources(c, source, sources, planes, plane);
}

void cache_find_made(struct cache_slot *c, const char *const *source, size_t sources, uint64_t how, size_t plane)
{
    struct page p;
    c->how = how;
    find_sources(c, source, sources, 0, plane);
    int fd = c->file[0] ? open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd >= 0 && read(fd, &p, sizeof p) == (ssize_t)sizeof p)
        c->stamp.planes = p.stamp.planes;
    if (fd >= 0)
        close(fd);
}

void cache_find(struct cache_slot *c, const char *source, size_t planes, size_t plane)
{
    cache_find_files(c, &source, 1, planes, plane);
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

static int fits(const struct cache_slot *c, int fresh, const uint8_t *map)
{
    struct page p;
    memcpy(&p, map, sizeof p);
    return !memcmp(&p.stamp, &c->stamp, sizeof p.stamp) &&
           (fresh || p.sum == sum_of(map + CACHE_PAGE, bytes_of_pixels(&c->stamp)));
}

int cache_map(const struct cache_slot *c, int fresh, struct dataset *d, struct cache_hit *hit)
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
        map = mmap(NULL, n, PROT_READ, MAP_SHARED | (fresh ? 0 : MAP_POPULATE), fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return -1;
    if (!fits(c, fresh, map) || dataset_own_map(d, map, n)) {
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
    return !stamp_of(c->source, c->how, c->stamp.planes, c->stamp.plane, &now) && !memcmp(&now, &c->stamp, sizeof now);
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
    if (!c->file[0] || cache_folder(folder) || file_mkdirs(folder, &ignored))
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
    if (!cache_map(c, 0, d, hit))
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

/* ---- the hash of a file's content ---- */

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
    if (switched_off() || cache_folder(folder) || !(real = realpath(source, NULL)))
        return -1;
    int bad = stamp_of(real, 0, 0, 0, stamp);
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

/* ---- notes about the files of a folder ---- */

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
    if (stamp_of_folder(f, 1, n, &stamp, path, ".note"))
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
    if (time(NULL) - f->newest <= SETTLED || stamp_of_folder(f, 1, n, &k.stamp, path, ".note"))
        return;
    memcpy(k.note, note, n);
    k.hash = hash_of_note(&k);
    keep_small(path, &k, sizeof k);
}
