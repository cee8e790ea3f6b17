/* fetch.c - brings a set below a root: the files that are not there yet, and what is in its archive. */
#include "data/fetch/fetch.h"

#include "base/file.h"
#include "data/locate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int fetch_root(char *root, size_t n, struct err *e)
{
    const char *data = getenv("SWEEP_DATA"), *home = getenv("HOME");
    int given = data && *data, length;
    if (!given && (!home || !*home))
        return err_set(e, ERR_USAGE, "neither SWEEP_DATA nor HOME is set; say with --to where the files are to be put");
    length = given ? snprintf(root, n, "%s", data) : snprintf(root, n, "%s/.cache/sweep", home);
    return length < (int)n ? 0 : err_set(e, ERR_USAGE, "the folder for data has a path that is too long");
}

static void tell_fetched(const struct fetch_how *how, const char *path, const char *what)
{
    char line[DATA_PATH + 64];
    snprintf(line, sizeof line, "%s: %s", path, what);
    if (how->say)
        how->say(how->ctx, line);
}

/* Whether there is a file of so many bytes (0: of any). */
static int is_there(const char *path, uint64_t bytes)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && (!bytes || (uint64_t)st.st_size == bytes);
}

/* 1: the file is there as it was published; 0: it is not; -1 with *e. */
static int is_whole(const char *path, const struct fetch_file *f, struct err *e)
{
    char sum[65];
    if (!is_there(path, f->bytes))
        return 0;
    if (fetch_sha256(path, sum, e))
        return -1;
    return !strcasecmp(sum, f->sha256);
}

static int get_file(const struct fetch_set *set, const struct fetch_file *f, const char *folder,
                    const struct fetch_how *how, struct err *e)
{
    char path[DATA_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, f->name);
    int whole = is_whole(path, f, e);
    if (whole < 0)
        return -1;
    if (whole && !set->members && !set->reviews)
        tell_fetched(how, path, "is there already");
    return whole ? 0 : fetch_transfer(set, f, folder, how, e);
}

static int members_are_there(const struct fetch_set *set, const char *root)
{
    static const char *const tables[] = {"train.csv", "test.csv"};
    char path[DATA_PATH];
    int there = 1;
    for (size_t i = 0; i < set->members && there; i++) {
        snprintf(path, sizeof path, "%s/%s", root, set->member[i].to);
        there = is_there(path, set->member[i].bytes);
    }
    for (size_t i = 0; set->reviews && i < 2 && there; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", root, set->name, tables[i]);
        there = is_there(path, 0);
    }
    return there;
}

static int get_archive_alone(const struct fetch_set *set, const char *root, const char *folder,
                             const struct fetch_how *how, struct err *e)
{
    char archive[DATA_PATH];
    if (members_are_there(set, root)) {
        tell_fetched(how, folder, "is there already");
        return 0;
    }
    if (snprintf(archive, sizeof archive, "%s/%s", folder, set->file->name) >= (int)sizeof archive)
        return err_set(e, ERR_USAGE, "%.100s...: is too long", folder);
    if (get_file(set, set->file, folder, how, e) ||
        (set->reviews ? fetch_reviews(set, archive, root, e) : fetch_unpack(set, archive, root, e)))
        return -1;
    unlink(archive);
    tell_fetched(how, archive, "unpacked");
    return 0;
}

/* One call at a time: what two unpack would go into the same files. */
static int get_archive(const struct fetch_set *set, const char *root, const char *folder, const struct fetch_how *how,
                       struct err *e)
{
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int busy = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    int bad = busy ? err_set(e, ERR_BUSY, "%s: is being fetched by another call", folder)
                   : get_archive_alone(set, root, folder, how, e);
    if (lock >= 0)
        close(lock);
    return bad;
}

int fetch_get(const struct fetch_set *set, const char *root, const struct fetch_how *how, struct err *e)
{
    char folder[DATA_PATH];
    if (snprintf(folder, sizeof folder, "%s/%s", root, set->name) >= (int)sizeof folder - 128)
        return err_set(e, ERR_USAGE, "%.100s...: is too long", root);
    if (file_mkdirs(folder, e))
        return -1;
    if (set->members || set->reviews)
        return get_archive(set, root, folder, how, e);
    for (size_t i = 0; i < set->files; i++)
        if (get_file(set, &set->file[i], folder, how, e))
            return -1;
    return 0;
}
