/* journal.c writes and reads the records of the journal. */
#include "orchestrate/journal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "train/warnings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define VERSION 3
#define VERSION_LINE "V 3"

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
    j->torn = j->version = 0;
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

/* Puts the CRC of body in front, a newline after it, and appends it with one write: the first of this version after a
 * line that says so. */
static int append(struct journal *j, struct str *body, struct err *e)
{
    struct str line = {0};
    size_t head = 0;
    if (j->version < VERSION) {
        str_addf(&line, "%08lx " VERSION_LINE "\n", crc32(0, (const Bytef *)VERSION_LINE, sizeof VERSION_LINE - 1));
        head = line.n;
    }
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
    if (!why) {
        j->written = j->size + (long)head;
        j->size += (long)line.n;
        j->version = VERSION;
    }
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

/* Seconds and the like of a trial. */
static const struct {
    const char *name;
    size_t at;
} times[] = {{"start", offsetof(struct trial_timing, start)},
             {"wall", offsetof(struct trial_timing, wall)},
             {"cpu", offsetof(struct trial_timing, cpu)},
             {"images_per_second", offsetof(struct trial_timing, images_per_second)}};
#define TIMES (sizeof times / sizeof times[0])

static double *time_of(struct trial_record *t, size_t i)
{
    return (double *)(void *)((char *)&t->timing + times[i].at);
}

static void add_float(struct str *s, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    str_addf(s, "%" PRIx32, bits);
}

static void add_double(struct str *s, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    str_addf(s, "%" PRIx64, bits);
}

/* Fields by name; those that are not known are left out. */
static void add_metric(struct str *s, const char *name, float v)
{
    if (isnan(v))
        return;
    str_addf(s, " %s=", name);
    add_float(s, v);
}

int journal_epoch(struct journal *j, uint64_t key, const struct epoch_row *r, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "E %" PRIx64 " %d", key, r->epoch);
    add_metric(&s, "lr", r->lr);
    for (int m = 0; m < M_EPOCHS; m++)
        add_metric(&s, train_metrics[m].name, epoch_number(r, m));
    struct epoch_row signs = *r;
    for (const struct epoch_sign *sign = epoch_signs; sign->name; sign++)
        add_metric(&s, sign->name, *sign_value(&signs, sign));
    const struct warning_type *w = warning_row(r->warning);
    if (w)
        str_addf(&s, " warning=%s", w->name);
    if (r->late_dropout)
        str_add(&s, " dropout=on");
    return append(j, &s, e);
}

int journal_told(struct journal *j, unsigned damaged, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "D %u", damaged);
    return append(j, &s, e);
}

/* " name=counts,rows,columns,value,..."; counts of 0 are left empty */
static void add_table(struct str *s, const struct train_table *t)
{
    str_addf(s, " %s=%d,%d,%d", t->name, t->counts, t->rows, t->cols);
    for (int i = 0; i < t->rows * t->cols; i++) {
        str_add(s, ",");
        if (t->counts && !(t->v[i] > 0))
            continue;
        if (t->counts)
            str_addf(s, "%" PRIx64, (uint64_t)t->v[i]);
        else
            add_double(s, t->v[i]);
    }
}

int journal_trial(struct journal *j, struct trial_record *t, struct err *e)
{
    struct str s = {0};
    str_addf(&s, "T %" PRIx64 " %d %d %d", t->key, (int)t->status, t->epochs_run, t->best_epoch);
    for (int m = 0; m < M_COUNT; m++)
        add_metric(&s, train_metrics[m].name, t->metric[m]);
    str_addf(&s, " worker=%d bytes=%zu", t->timing.worker, t->timing.bytes);
    for (size_t i = 0; i < TIMES; i++) {
        str_addf(&s, " %s=", times[i].name);
        add_double(&s, *time_of(t, i));
    }
    for (int i = 0; i < t->ntables; i++)
        add_table(&s, &t->table[i]);
    str_add(&s, " error=");
    for (const char *c = t->error; *c; c++) /* the rest of the line; a newline would end the record */
        str_addn(&s, *c == '\n' || *c == '\r' ? " " : c, 1);
    int bad = append(j, &s, e);
    t->at = j->written;
    t->length = j->size - j->written;
    return bad;
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

/* Does a field by name come next? Records of version 1 have none: theirs were told by their places. */
static int by_name(const char *p)
{
    p += strspn(p, " ");
    return p[strcspn(p, " =")] == '=' || !*p;
}

/* The name of the next field, up to its '=', which *p is left after; its length, 0: there is none. */
static size_t next_name(const char **p, const char **name)
{
    *name = *p + strspn(*p, " ");
    size_t n = strcspn(*name, " =");
    if (!n || (*name)[n] != '=')
        return 0;
    *p = *name + n + 1;
    return n;
}

static int is_field_name(const char *name, size_t n, const char *word)
{
    return strlen(word) == n && !memcmp(name, word, n);
}

static int metric_at(const char *name, size_t n, int from, int to)
{
    for (int m = from; m < to; m++)
        if (is_field_name(name, n, train_metrics[m].name))
            return m;
    return -1;
}

/* Of version 1: lr, loss and accuracy of the training and of the validation, grad_norm. */
static void read_epoch_1(const char *p, struct epoch_row *r, int *bad)
{
    float *v[] = {&r->lr,
                  epoch_value(r, M_TRAIN_LOSS),
                  epoch_value(r, M_TRAIN_ACCURACY),
                  epoch_value(r, M_VAL_LOSS),
                  epoch_value(r, M_VAL_ACCURACY),
                  &r->grad_norm};
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        *v[i] = float_field(&p, bad);
}

/* The field of that name in *r; NULL: there is none. */
static float *epoch_field(const char *name, size_t n, struct epoch_row *r)
{
    if (is_field_name(name, n, "lr"))
        return &r->lr;
    for (const struct epoch_sign *s = epoch_signs; s->name; s++)
        if (is_field_name(name, n, s->name))
            return sign_value(r, s);
    int m = metric_at(name, n, 0, M_EPOCHS);
    return m >= 0 ? epoch_value(r, m) : NULL;
}

static void read_epoch_fields(const char *p, struct epoch_row *r, int *bad)
{
    const char *name;
    for (size_t n; (n = next_name(&p, &name));) {
        float *v = epoch_field(name, n, r);
        if (v) {
            *v = float_field(&p, bad);
            continue;
        }
        size_t word = strcspn(p, " ");
        if (is_field_name(name, n, "warning"))
            r->warning = warning_named(p, word);
        else if (is_field_name(name, n, "dropout"))
            r->late_dropout = is_field_name(p, word, "on");
        p += word;
    }
}

static int read_epoch(const char *p, uint64_t *key, struct epoch_row *r)
{
    int bad = 0;
    *key = field(&p, 16, &bad);
    r->epoch = (int)field(&p, 10, &bad);
    r->lr = NAN;
    for (const struct epoch_sign *s = epoch_signs; s->name; s++)
        *sign_value(r, s) = NAN;
    for (int m = 0; m < M_EPOCHS; m++)
        *epoch_value(r, m) = NAN;
    if (!by_name(p))
        read_epoch_1(p, r, &bad);
    else
        read_epoch_fields(p, r, &bad);
    return bad ? -1 : 0;
}

/* A visitor of tables; NULL: they are passed over. */
struct table_visit {
    void (*table)(void *ctx, const struct train_table *t);
    void *ctx;
    double *v; /* [TRAIN_TABLE_VALUES] scratch */
};

/* The values of a table, which `separator` stands before each of, and the visit. */
static void read_values(const char **p, struct train_table *t, char separator, struct trial_record *into,
                        const struct table_visit *visit, int *bad)
{
    if (t->rows < 0 || t->cols < 0 || (t->rows && t->cols > TRAIN_TABLE_VALUES / t->rows) ||
        into->ntables == TRAIN_TABLES) {
        *bad = 1;
        return;
    }
    for (int i = 0; i < t->rows * t->cols && !*bad; i++) {
        *bad |= **p != separator;
        *p += **p != 0;
        const int empty = t->counts && (**p == ',' || **p == ' ');
        uint64_t bits = empty ? 0 : field(p, 16, bad);
        double v = (double)bits;
        if (!t->counts)
            memcpy(&v, &bits, sizeof v);
        if (visit)
            visit->v[i] = v;
    }
    t->v = NULL;
    into->table[into->ntables++] = *t;
    if (visit && !*bad) {
        t->v = visit->v;
        visit->table(visit->ctx, t);
    }
}

/* Fields that nobody knows here are passed over; those with commas are tables. */
static void read_other(const char **p, const char *name, size_t n, struct trial_record *t,
                       const struct table_visit *visit, int *bad)
{
    struct train_table x = {.v = NULL};
    int size[3] = {0};
    if (n >= sizeof x.name || !memchr(*p, ',', strcspn(*p, " "))) {
        *p += strcspn(*p, " ");
        return;
    }
    for (int i = 0; i < 3; i++) {
        *bad |= i && **p != ',';
        *p += i && **p;
        uint64_t v = field(p, 10, bad);
        size[i] = v < TRAIN_TABLE_VALUES ? (int)v : TRAIN_TABLE_VALUES;
    }
    memcpy(x.name, name, n);
    x.counts = size[0];
    x.rows = size[1];
    x.cols = size[2];
    read_values(p, &x, ',', t, visit, bad);
}

/* Of version 1: loss and accuracy of the three splits, the timing, classes, confusion and AUC, the error. */
static void read_trial_1(const char *p, struct trial_record *t, const struct table_visit *visit, int *bad)
{
    static const int order[] = {M_TRAIN_LOSS,   M_TRAIN_ACCURACY, M_VAL_LOSS,
                                M_VAL_ACCURACY, M_TEST_LOSS,      M_TEST_ACCURACY};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        t->metric[order[i]] = float_field(&p, bad);
    t->timing.worker = (int)field(&p, 10, bad);
    for (size_t i = 0; i < TIMES; i++)
        *time_of(t, i) = double_field(&p, bad);
    t->timing.bytes = (size_t)field(&p, 10, bad);
    uint64_t classes = field(&p, 10, bad);
    int n = classes < 1000 ? (int)classes : 1000;
    if (n) {
        read_values(&p, &(struct train_table){"confusion", n, n, 1, NULL}, ' ', t, visit, bad);
        read_values(&p, &(struct train_table){"auc", 1, n, 0, NULL}, ' ', t, visit, bad);
    }
    t->error = *p == ' ' ? p + 1 : p;
}

static void read_trial_fields(const char *p, struct trial_record *t, const struct table_visit *visit, int *bad)
{
    const char *name;
    for (size_t n; !*bad && (n = next_name(&p, &name));) {
        int m = metric_at(name, n, 0, M_COUNT);
        size_t i = 0;
        while (i < TIMES && !is_field_name(name, n, times[i].name))
            i++;
        if (m >= 0)
            t->metric[m] = float_field(&p, bad);
        else if (i < TIMES)
            *time_of(t, i) = double_field(&p, bad);
        else if (is_field_name(name, n, "worker"))
            t->timing.worker = (int)field(&p, 10, bad);
        else if (is_field_name(name, n, "bytes"))
            t->timing.bytes = (size_t)field(&p, 10, bad);
        else if (is_field_name(name, n, "error")) {
            t->error = p;
            return;
        } else
            read_other(&p, name, n, t, visit, bad);
    }
    *bad = 1; /* the error is always there, and the last */
}

static int read_trial(const char *p, struct trial_record *t, const struct table_visit *visit)
{
    int bad = 0;
    memset(t, 0, sizeof *t);
    t->error = "";
    t->key = field(&p, 16, &bad);
    t->status = (enum trial_status)field(&p, 10, &bad);
    t->epochs_run = (int)field(&p, 10, &bad);
    t->best_epoch = (int)field(&p, 10, &bad);
    for (int m = 0; m < M_COUNT; m++)
        t->metric[m] = NAN;
    if (by_name(p))
        read_trial_fields(p, t, visit, &bad);
    else
        read_trial_1(p, t, visit, &bad);
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

/* Calls back for a record of an epoch or a trial, at the place j->at. Returns whether it is one. */
static int visit_record(const struct journal *j, const char *body,
                        void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                        void (*trial)(void *ctx, const struct trial_record *t), void *ctx)
{
    struct epoch_row r = {0};
    struct trial_record t;
    uint64_t key;
    if (body[0] == 'E' && !read_epoch(body + 1, &key, &r)) {
        epoch(ctx, key, &r);
        return 1;
    }
    if (body[0] != 'T' || read_trial(body + 1, &t, NULL))
        return 0;
    t.at = j->at;
    t.length = j->length;
    trial(ctx, &t);
    return 1;
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
        unsigned known;
        int version;
        j->at = at;
        j->length = (long)n;
        if (body && sscanf(body, "V %d", &version) == 1) {
            j->version = version > j->version ? version : j->version;
        } else if (body && visit_record(j, body, epoch, trial, ctx)) {
            continue;
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
    if (j->version > VERSION)
        return err_set(
            e, ERR_DATA,
            "%s has version %d, this program reads up to %d; use the program that wrote it, or write to another "
            "folder with --out",
            j->path, j->version, VERSION);
    return bad ? io_error(j, "read", e) : 0;
}

static int damaged_record(const struct journal *j, long at, struct err *e)
{
    return err_set(e, ERR_DATA, "%s: the record at byte %ld is damaged", j->path, at);
}

/* Reads the line at that place into line[length + 1] and returns its body; NULL with *e. */
static const char *read_line_at(struct journal *j, long at, long length, char *line, struct err *e)
{
    ssize_t n = pread(j->fd, line, (size_t)length, at);
    if (n < 0) {
        err_set(e, ERR_IO, "%s: cannot read: %s", j->path, file_reason(errno));
        return NULL;
    }
    line[n] = 0;
    char *end = strchr(line, '\n');
    if (end)
        *end = 0;
    const char *body = end ? body_of(line) : NULL;
    if (!body)
        damaged_record(j, at, e);
    return body;
}

int journal_line(struct journal *j, long at, long length,
                 void (*epoch)(void *ctx, uint64_t key, const struct epoch_row *row),
                 void (*trial)(void *ctx, const struct trial_record *t), void *ctx, struct err *e)
{
    char *line = malloc((size_t)length + 1);
    if (!line)
        return err_set(e, ERR_NOMEM, "no memory to read the journal");
    const char *body = read_line_at(j, at, length, line, e);
    j->at = at;
    j->length = length;
    if (body && !visit_record(j, body, epoch, trial, ctx))
        damaged_record(j, at, e);
    free(line);
    return e->code ? -1 : 0;
}

int journal_tables(struct journal *j, long at, long length, void (*table)(void *ctx, const struct train_table *t),
                   void *ctx, struct err *e)
{
    char *line = malloc((size_t)length + 1);
    double *v = malloc(TRAIN_TABLE_VALUES * sizeof *v);
    const char *body = NULL;
    if (!line || !v)
        err_set(e, ERR_NOMEM, "no memory to read the journal");
    else
        body = read_line_at(j, at, length, line, e);
    struct trial_record t;
    if (body && (body[0] != 'T' || read_trial(body + 1, &t, NULL)))
        damaged_record(j, at, e);
    else if (body)
        read_trial(body + 1, &t, &(struct table_visit){table, ctx, v});
    free(line);
    free(v);
    return e->code ? -1 : 0;
}
