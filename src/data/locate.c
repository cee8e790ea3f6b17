/* locate.c finds the folder of a dataset's files. */
#include "data/locate.h"

#include "base/file.h"
#include "data/fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct file_search {
    char *folder;
    const char *name;
    int (*has)(const char *folder, const void *ctx);
    const void *ctx;
    char looked[400]; /* ", "-separated, for the error */
};

static void note(struct file_search *s, const char *place)
{
    size_t n = strlen(s->looked);
    snprintf(s->looked + n, sizeof s->looked - n, "%s%s", n ? ", " : "", place);
}

/* 1 when root/sub/name has it; an empty part is left out. */
static int look(struct file_search *s, const char *root, const char *sub, const char *name)
{
    int n = snprintf(s->folder, DATA_PATH, "%s%s%s%s%s", root, sub[0] ? "/" : "", sub, name[0] ? "/" : "", name);
    if (n < 0 || n >= DATA_PATH) {
        note(s, "(a path that is too long)");
        return 0;
    }
    note(s, s->folder);
    return s->has(s->folder, s->ctx);
}

static int look_around(struct file_search *s)
{
    const char *data = getenv("SWEEP_DATA"), *home = getenv("HOME");
    if (!data || !data[0])
        note(s, "$SWEEP_DATA (not set)");
    else if (look(s, data, "", s->name) || look(s, data, "", ""))
        return 1;
    if (!home || !home[0])
        note(s, "~/.cache/sweep ($HOME is not set)");
    else if (look(s, home, ".cache/sweep", s->name))
        return 1;
    return 0;
}

int data_locate(char folder[DATA_PATH], const char *name, const char *path, const char *wanted,
                int (*has)(const char *folder, const void *ctx), const void *ctx, struct err *e)
{
    struct file_search s = {folder, name, has, ctx, ""};
    struct stat st;
    if (!path || !path[0]) {
        const char *fetched = fetch_set_named(name) ? name : NULL;
        return look_around(&s)
                   ? 0
                   : err_set(e, ERR_DATA, "dataset %s: no %s in %s; set data.path or SWEEP_DATA%s%s", name, wanted,
                             s.looked, fetched ? ", or fetch it: sweep data get " : "", fetched ? fetched : "");
    }
    if (look(&s, path, "", ""))
        return 0;
    if (stat(path, &st) && errno != ENOENT && errno != ENOTDIR)
        return err_set(e, ERR_DATA, "%s: cannot open: %s", path, strerror(errno));
    if (stat(path, &st))
        return err_set(e, ERR_DATA, "%s: no such folder, of dataset %s", path, name);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_DATA, "%s: is a file, expected the folder with %s", path, wanted);
    return err_set(e, ERR_DATA, "%s: has no %s, of dataset %s", path, wanted, name);
}

static int join_path(char path[DATA_PATH], const char *folder, const char *file)
{
    return (size_t)snprintf(path, DATA_PATH, "%s/%s", folder, file) < DATA_PATH && file_exists(path);
}

static int has_file(const char *folder, const void *file)
{
    char path[DATA_PATH];
    return join_path(path, folder, file);
}

int data_locate_file(char path[DATA_PATH], const char *name, const char *where, const char *file, struct err *e)
{
    char folder[DATA_PATH];
    if ((!*where || *file == '/') && file_exists(file) && strlen(file) < DATA_PATH) {
        strcpy(path, file);
        return 0;
    }
    return data_locate(folder, name, where, file, has_file, file, e) || !join_path(path, folder, file) ? -1 : 0;
}
