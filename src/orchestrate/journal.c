#include "orchestrate/journal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static int io_error(struct journal *j, const char *what, struct err *e)
{
    return err_set(e, errno == ENOMEM ? ERR_NOMEM : ERR_IO, "%s: cannot %s: %s", j->path, what, file_reason(errno));
}

int journal_open(struct journal *j, const char *path, struct err *e)
{
    snprintf(j->path, sizeof j->path, "%s", path);
    j->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (j->fd < 0)
        return io_error(j, "open", e);
    j->synced = clock_wall();
    j->torn = 0;
    j->size = (long)lseek(j->fd, 0, SEEK_END);
    long whole = j->size; /* back to the last newline */
    for (char c = 0; whole > 0 && c != '\n'; whole -= c != '\n')
        if (pread(j->fd, &c, 1, whole - 1) != 1)
            return io_error(j, "read", e);
    if (whole != j->size && ftruncate(j->fd, whole))
        return io_error(j, "repair the last line", e);
    j->size = whole;
    return 0;
}

/* Puts the CRC of body in front, a newline behind, and appends it with one write. */
static int append(struct journal *j, struct str *body, struct err *e)
{
    struct str line = {0};
    if (!body->failed)
        str_addf(&line, "%08lx %s\n", crc32(0, (const Bytef *)body->p, (uInt)body->n), body->p);
    int failed = body->failed || line.failed;
    str_release(body);
    if (failed) {
        str_release(&line);
        return err_set(e, ERR_NOMEM, "no memory for a line of the journal");
    }
    if (j->torn) {
        str_release(&line);
        return err_set(e, ERR_IO, "%s: its last line is torn", j->path);
    }
    int why = file_write_all(j->fd, line.p, line.n);
    if (!why)
        j->size += (long)line.n;
    str_release(&line);
    if (why) {
        j->torn = ftruncate(j->fd, j->size) != 0; /* the next open cuts it off all the same */
        errno = why;
        return io_error(j, "write", e);
    }
    return clock_wall() - j->synced > 1 ? journal_sync(j, e) : 0;
}

int journal_sync(struct journal *j, struct err *e)
{
    j->synced = clock_wall();
    return fdatasync(j->fd) ? io_error(j, "flush", e) : 0;
}

void journal_close(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

static void add_float(struct str *s, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    str_addf(s, " %" PRIx32, bits);
}

static void add_double(struct str *s, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    str_addf(s, " %" PRIx64, bits);
}

int journal_epoch(struct journal *j, uint64_t key, const struct epoch_row *r, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "E %" PRIx64 " %d", key, r->epoch);
    add_float(&s, r->lr);
    for (int m = 0; m < M_EPOCHS; m++)
        add_float(&s, epoch_number(r, m));
    add_float(&s, r->grad_norm);
    return append(j, &s, e);
}

int journal_told(struct journal *j, unsigned damaged, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "D %u", damaged);
    return append(j, &s, e);
}

int journal_trial(struct journal *j, struct trial_record *t, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "T %" PRIx64 " %d %d %d", t->key, (int)t->status, t->epochs_run, t->best_epoch);
    for (int i = 0; i < M_COUNT; i++)
        add_float(&s, t->metric[i]);
    str_addf(&s, " %d", t->timing.worker);
    const double v[] = {t->timing.start, t->timing.wall, t->timing.cpu, t->timing.images_per_second};
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        add_double(&s, v[i]);
    str_addf(&s, " %zu %d", t->timing.bytes, t->classes);
    for (int i = 0; i < t->classes * t->classes; i++)
        str_addf(&s, " %" PRIx32, t->confusion[i]);
    for (int i = 0; i < t->classes; i++)
        add_double(&s, t->auc[i]);
    str_add(&s, " ");
    for (const char *c = t->error; *c; c++) /* the rest of the line; a newline would end the record */
        str_addn(&s, *c == '\n' || *c == '\r' ? " " : c, 1);
    t->at = j->size;
    return append(j, &s, e);
}

/* --- reading: fields from the left, any missing one sets *bad --- */

static uint64_t field(const char **p, int base, int *bad)
{
    char *end;
    errno = 0;
    uint64_t v = strtoull(*p, &end, base);
    if (end == *p || errno)
        *bad = 1;
    *p = end;
    return v;
}

static float float_field(const char **p, int *bad)
{
    uint32_t bits = (uint32_t)field(p, 16, bad);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static double double_field(const char **p, int *bad)
{
    uint64_t bits = field(p, 16, bad);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static int read_epoch(const char *p, uint64_t *key, struct epoch_row *r)
{
    int bad = 0;
    *key = field(&p, 16, &bad);
    r->epoch = (int)field(&p, 10, &bad);
    r->lr = float_field(&p, &bad);
    for (int m = 0; m < M_EPOCHS; m++)
        *epoch_value(r, m) = float_field(&p, &bad);
    r->grad_norm = float_field(&p, &bad);
    return bad ? -1 : 0;
}

#define MOST_CLASSES 256 /* labels are bytes */

/* sum and auc may be NULL. */
static int read_trial(const char *p, struct trial_record *t, unsigned long long *sum, double *auc)
{
    int bad = 0;
    memset(t, 0, sizeof *t);
    t->key = field(&p, 16, &bad);
    t->status = (enum trial_status)field(&p, 10, &bad);
    t->epochs_run = (int)field(&p, 10, &bad);
    t->best_epoch = (int)field(&p, 10, &bad);
    for (int i = 0; i < M_COUNT; i++)
        t->metric[i] = float_field(&p, &bad);
    t->timing.worker = (int)field(&p, 10, &bad);
    double *v[] = {&t->timing.start, &t->timing.wall, &t->timing.cpu, &t->timing.images_per_second};
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        *v[i] = double_field(&p, &bad);
    t->timing.bytes = (size_t)field(&p, 10, &bad);
    uint64_t classes = field(&p, 10, &bad);
    if (classes > MOST_CLASSES)
        return -1;
    t->classes = (int)classes;
    for (int i = 0; i < t->classes * t->classes && !bad; i++) {
        uint64_t n = field(&p, 16, &bad);
        if (sum)
            sum[i] += n;
    }
    for (int i = 0; i < t->classes && !bad; i++) {
        double a = double_field(&p, &bad);
        if (auc)
            auc[i] += a;
    }
    t->error = *p == ' ' ? p + 1 : p;
    return bad ? -1 : 0;
}

/* Checks the CRC of a line (its newline already cut off); the body, or NULL. */
static const char *body_of(const char *line)
{
    char *end;
    unsigned long crc = strtoul(line, &end, 16);
    if (end != line + 8 || *end != ' ' || crc32(0, (const Bytef *)end + 1, (uInt)strlen(end + 1)) != crc)
        return NULL;
    return end + 1;
}

int journal_scan(struct journal *j, void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, unsigned *damaged, struct err *e)
{
    FILE *f = fopen(j->path, "rb");
    if (!f)
        return io_error(j, "read", e);
    char *line = NULL;
    size_t cap = 0;
    long at = 0;
    unsigned bad_lines = 0, told = 0;
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0; at += (long)n) {
        if (line[n - 1] == '\n')
            line[n - 1] = 0;
        const char *body = body_of(line);
        struct epoch_row r = {0};
        struct trial_record t;
        uint64_t key;
        unsigned known;
        if (body && body[0] == 'E' && !read_epoch(body + 1, &key, &r)) {
            epoch(ctx, key, &r);
        } else if (body && body[0] == 'T' && !read_trial(body + 1, &t, NULL, NULL)) {
            t.at = at;
            trial(ctx, &t);
        } else if (body && sscanf(body, "D %u", &known) == 1) {
            told += known;
        } else {
            bad_lines++;
        }
    }
    *damaged = bad_lines > told ? bad_lines - told : 0;
    int bad = ferror(f);
    free(line);
    fclose(f);
    return bad ? io_error(j, "read", e) : 0;
}

int journal_reread(struct journal *j, long at, int classes, unsigned long long *sum, double *auc, struct err *e)
{
    size_t cap = 1024 + (size_t)classes * (size_t)classes * 9 + (size_t)classes * 17;
    char *line = malloc(cap + 1);
    if (!line)
        return err_set(e, ERR_NOMEM, "no memory to read the journal");
    ssize_t n = pread(j->fd, line, cap, at);
    line[n > 0 ? n : 0] = 0;
    char *end = strchr(line, '\n');
    if (end)
        *end = 0;
    struct trial_record t;
    const char *body = end ? body_of(line) : NULL;
    int ok = body && body[0] == 'T' && !read_trial(body + 1, &t, NULL, NULL) && t.classes == classes;
    if (ok)
        read_trial(body + 1, &t, sum, auc);
    free(line);
    return ok ? 0 : err_set(e, ERR_DATA, "%s: the record at byte %ld is damaged", j->path, at);
}
