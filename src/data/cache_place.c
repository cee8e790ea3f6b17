/* cache_place.c says where what is decoded is kept, and what tells whether it is of the files that are there now. */
#include "data/cache_place.h"

#include "base/str.h"
#include "data/images/sums.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

int cache_is_off(void)
{
    static const char *const words[] = {"off", "no", "0", "false"};
    const char *v = getenv("SWEEP_CACHE");
    for (size_t i = 0; v && i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(v, words[i]))
            return 1;
    return 0;
}

int cache_home(char folder[DATA_PATH])
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/')
        n = snprintf(folder, DATA_PATH, "%s/sweep/decoded", xdg);
    else if (home && home[0] == '/')
        n = snprintf(folder, DATA_PATH, "%s/.cache/sweep/decoded", home);
    return n > 0 && n < DATA_PATH - 32 ? 0 : -1; /* room for a name behind it */
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

int cache_stamp_files(const char *source, uint64_t how, size_t planes, size_t plane, struct cache_stamp *s)
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

int cache_stamp_folder(const struct cache_folder *f, size_t planes, size_t plane, struct cache_stamp *s,
                       char file[DATA_PATH], const char *end)
{
    char folder[DATA_PATH];
    char *real = cache_is_off() || cache_home(folder) ? NULL : realpath(f->path, NULL);
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
    if (planes * plane < CACHE_MIN || plane > SUMS_BYTES ||
        cache_stamp_folder(f, planes, plane, &c->stamp, c->file, ""))
        c->file[0] = 0;
}

static void find_sources(struct cache_slot *c, const char *const *source, size_t sources, size_t planes, size_t plane)
{
    char folder[DATA_PATH];
    c->file[0] = c->source[0] = 0;
    if (plane > SUMS_BYTES || cache_is_off() || cache_home(folder))
        return;
    for (size_t i = 0; i < sources; i++)
        if (add_source(c, source[i]))
            return;
    if (!cache_stamp_files(c->source, c->how, planes, plane, &c->stamp))
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
    struct cache_stamp kept;
    c->how = how;
    find_sources(c, source, sources, 0, plane);
    int fd = c->file[0] ? open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd >= 0 && read(fd, &kept, sizeof kept) == (ssize_t)sizeof kept)
        c->stamp.planes = kept.planes;
    if (fd >= 0)
        close(fd);
}

void cache_find(struct cache_slot *c, const char *source, size_t planes, size_t plane)
{
    cache_find_files(c, &source, 1, planes, plane);
}
