/* A journal: opened, read, gone on with. A line of the input that begins with '=' gets its checksum, so that what is
 * behind the checksum is reached: a forged record is a record. */
#include "fuzz.h"

#include "base/str.h"
#include "orchestrate/journal.h"

#include <string.h>
#include <zlib.h>

struct seen {
    struct journal *j;
    int epochs, trials, refused;
};

static void saw_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    struct seen *s = ctx;
    (void)key;
    (void)row;
    s->epochs++;
}

static void saw_table(void *ctx, const struct train_table *t)
{
    double sum = 0;
    (void)ctx;
    for (int i = 0; i < t->rows * t->cols; i++)
        sum += t->v[i];
    PROMISE(sum == sum || sum != sum); /* every value can be read */
}

static void saw_trial(void *ctx, const struct trial_record *t)
{
    struct seen *s = ctx;
    struct err e = {0};
    s->trials++;
    PROMISE(t->ntables >= 0 && t->ntables <= TRAIN_TABLES);
    journal_tables(s->j, t->at, t->length, saw_table, NULL, &e);
}

static struct seen read_all(const char *path)
{
    struct journal j;
    struct err e = {0};
    struct seen s = {.j = &j};
    struct epoch_row row = {.epoch = 1};
    unsigned damaged;
    PROMISE(!journal_open(&j, path, &e));
    if (journal_scan(&j, saw_epoch, saw_trial, &s, &damaged, &e)) {
        PROMISE(e.code == ERR_DATA && strstr(e.text, "has version")); /* of a later program */
        s.refused = 1;
    }
    PROMISE(!journal_epoch(&j, 1, &row, &e));
    journal_close(&j);
    return s;
}

/* Lines with '=' in front, each with its checksum instead; others as they are. */
static void forge(struct str *out, const char *bytes, size_t n)
{
    str_add(out, "");
    for (const char *end = bytes + n, *next; bytes < end; bytes = next) {
        const char *lf = memchr(bytes, '\n', (size_t)(end - bytes));
        next = lf ? lf + 1 : end;
        size_t len = (size_t)((lf ? lf : end) - bytes);
        if (len && *bytes == '=') {
            str_addf(out, "%08lx ", crc32_z(0, (const Bytef *)bytes + 1, len - 1));
            bytes++;
        }
        str_addn(out, bytes, (size_t)(next - bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str text = {0};
    forge(&text, (const char *)bytes, n);
    PROMISE(!text.failed);
    const char *path = fuzz_file(text.p, text.n);
    struct seen once = read_all(path), again = read_all(path);
    PROMISE(again.epochs == once.epochs + 1 && again.trials == once.trials && again.refused == once.refused);
    str_release(&text);
    return 0;
}
