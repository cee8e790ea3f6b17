/* unpack.c - takes files out of an archive, each under a name that the table says, none that the archive says. */
#include "base/file.h"
#include "data/archive_reader.h"
#include "data/fetch/fetch.h"
#include "data/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER_BYTES ((uint64_t)1 << 30) /* most of a member whose size the table does not say */

static int copy_member(struct archive_reader *a, const struct fetch_member *m, FILE *f, const char *path, struct err *e)
{
    char block[1 << 13];
    uint64_t bytes = 0, most = m->bytes ? m->bytes : MEMBER_BYTES;
    size_t got;
    do {
        if (archive_reader_read(a, block, sizeof block, &got, e))
            return -1;
        bytes += got;
        if (bytes > most)
            return err_set(e, ERR_DATA, "%s: would be longer than %llu bytes", path, (unsigned long long)most);
        fwrite(block, 1, got, f); /* publish_commit tells what failed */
    } while (got == sizeof block);
    if (m->bytes && bytes != m->bytes)
        return err_set(e, ERR_DATA, "%s: has %llu bytes in the archive, expected %llu", path, (unsigned long long)bytes,
                       (unsigned long long)m->bytes);
    return 0;
}

static int write_member(struct archive_reader *a, const struct fetch_member *m, struct publish *p, const char *path,
                        struct err *e)
{
    if (publish_begin(p, path, e))
        return -1;
    if (copy_member(a, m, p->f, path, e)) {
        publish_abort(p);
        return -1;
    }
    return publish_commit(p, 1, e);
}

static int unpack_member(struct archive_reader *a, const struct fetch_member *m, const char *root, struct err *e)
{
    char path[DATA_PATH];
    struct publish *p = malloc(sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "%s: no memory to unpack it", m->path);
    snprintf(path, sizeof path, "%s/%.*s", root, (int)(strrchr(m->to, '/') - m->to), m->to);
    int bad = file_mkdirs(path, e);
    snprintf(path, sizeof path, "%s/%s", root, m->to);
    bad = bad || write_member(a, m, p, path, e);
    free(p);
    return bad ? -1 : 0;
}

int fetch_unpack(const struct fetch_set *set, const char *archive, const char *root, struct err *e)
{
    const char *name;
    int more = -1;
    unsigned char *done = calloc(set->members, 1);
    struct archive_reader *a = done ? archive_reader_open(archive, e) : NULL;
    if (!done)
        err_set(e, ERR_NOMEM, "%s: no memory to unpack it", archive);
    while (a && (more = archive_reader_next(a, &name, e)) > 0) {
        size_t i = 0;
        while (i < set->members && strcmp(set->member[i].path, name) != 0)
            i++;
        if (i < set->members && !done[i] && !(done[i] = !unpack_member(a, &set->member[i], root, e)))
            break;
    }
    for (size_t i = 0; i < set->members && !e->code; i++)
        if (!done[i])
            err_set(e, ERR_DATA, "%s: has no %s", archive, set->member[i].path);
    archive_reader_close(a);
    free(done);
    return e->code ? -1 : 0;
}
