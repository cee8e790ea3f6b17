/* kept.c keeps the epochs' rows and the ends of trials in a file without a name. */
#include "orchestrate/kept.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int kept_open(struct kept *k, const char *folder, struct err *e)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/epochs.tmp", folder);
    k->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (k->fd < 0)
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, file_reason(errno));
    unlink(path);
    return 0;
}

void kept_close(struct kept *k)
{
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
}

uint64_t kept_place(struct kept *k, int epochs)
{
    uint64_t place = k->size;
    k->size += sizeof(struct kept_end) + (uint64_t)epochs * sizeof(struct epoch_row);
    return place;
}

static int put(const struct kept *k, const void *bytes, size_t n, uint64_t at, struct err *e)
{
    int why = file_write_at(k->fd, bytes, n, at);
    return why ? err_set(e, ERR_IO, "cannot keep the epochs of a trial: %s", file_reason(why)) : 0;
}

static int get(const struct kept *k, void *bytes, size_t n, uint64_t at, struct err *e)
{
    errno = 0;
    if (pread(k->fd, bytes, n, (off_t)at) == (ssize_t)n)
        return 0;
    return err_set(e, ERR_IO, "cannot read the epochs of a trial: %s", file_reason(errno ? errno : EIO));
}

int kept_put_end(const struct kept *k, uint64_t place, const struct kept_end *end, struct err *e)
{
    return put(k, end, sizeof *end, place, e);
}

int kept_get_end(const struct kept *k, uint64_t place, struct kept_end *end, struct err *e)
{
    return get(k, end, sizeof *end, place, e);
}

static uint64_t row_at(uint64_t place, int epoch)
{
    return place + sizeof(struct kept_end) + ((uint64_t)epoch - 1) * sizeof(struct epoch_row);
}

int kept_put_row(const struct kept *k, uint64_t place, const struct epoch_row *row, struct err *e)
{
    return put(k, row, sizeof *row, row_at(place, row->epoch), e);
}

int kept_get_rows(const struct kept *k, uint64_t place, int from, int n, void *row, struct err *e)
{
    return n ? get(k, row, (size_t)n * sizeof(struct epoch_row), row_at(place, from), e) : 0;
}
