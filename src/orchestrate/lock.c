/* lock.c - results/NAME belongs to one process at a time. */
#include "orchestrate/lock.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int run_lock(struct sweep_run *run, struct err *e)
{
    char path[4200], owner[32] = "";
    if (file_mkdirs(run->folder, e))
        return -1;
    snprintf(path, sizeof path, "%s/lock", run->folder);
    run->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (run->lock_fd < 0)
        return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    if (flock(run->lock_fd, LOCK_EX | LOCK_NB)) {
        int why = errno;
        ssize_t n = pread(run->lock_fd, owner, sizeof owner - 1, 0);
        owner[n > 0 ? n : 0] = 0;
        close(run->lock_fd);
        run->lock_fd = -1;
        if (why == EWOULDBLOCK)
            return err_set(e, ERR_BUSY,
                           "another sweep (process %s) is running on %s; wait for it, or give this one "
                           "another sweep.name or --out",
                           owner[0] ? owner : "unknown", run->folder);
        return err_set(e, ERR_IO, "%s: cannot lock: %s", path, strerror(why));
    }
    int n = snprintf(owner, sizeof owner, "%ld", (long)getpid());
    if (ftruncate(run->lock_fd, 0) || pwrite(run->lock_fd, owner, (size_t)n, 0) != n)
        return err_set(e, ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    return 0;
}

void run_unlock(struct sweep_run *run)
{
    if (run->lock_fd >= 0)
        close(run->lock_fd);
    run->lock_fd = -1;
}
