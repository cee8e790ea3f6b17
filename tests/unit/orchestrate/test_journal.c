#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "orchestrate/journal.h"
#include "train/warnings.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

static char path[64];

static int new_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/sweep-journal-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

struct seen {
    int epochs, trials;
    struct epoch_row row;
    struct trial_record trial;
    char error[256];
};

static void saw_epoch(void *ctx, uint64_t key, const struct epoch_row *row)
{
    struct seen *s = ctx;
    assert_true(key == 0xfedcba9876543210u);
    s->epochs++;
    s->row = *row;
}

static void saw_trial(void *ctx, const struct trial_record *t)
{
    struct seen *s = ctx;
    s->trials++;
    s->trial = *t;
    snprintf(s->error, sizeof s->error, "%s", t->error);
}

/* What the lines of the tests say; metrics that they do not name are not known. */
static struct epoch_row an_epoch(void)
{
    struct epoch_row r = {.epoch = 3, .lr = 0.1f};
    for (const struct epoch_sign *s = epoch_signs; s->name; s++)
        *sign_value(&r, s) = NAN;
    r.grad_norm = 1e-30f;
    for (int m = 0; m < M_EPOCHS; m++)
        *epoch_value(&r, m) = NAN;
    *epoch_value(&r, M_TRAIN_LOSS) = 1.5f;
    *epoch_value(&r, M_TRAIN_ACCURACY) = 0.25f;
    return r;
}

static void write_one_of_each(struct journal *j, const char *error)
{
    const struct epoch_row a_row = an_epoch();
    struct err e = {0};
    double confusion[4] = {5, 1, 0, 4000000000};
    double auc[2] = {0.5, 1.0 / 3};
    struct trial_record t = {.key = 42,
                             .status = TRIAL_COMPLETE,
                             .epochs_run = 3,
                             .best_epoch = 2,
                             .metric = {1, 2, NAN, 4, 5, 0.1f},
                             .timing = {1, 0.5, 2.25, 1e-9, 1e6, 123456789},
                             .ntables = 2,
                             .table = {{"confusion", 2, 2, 1, confusion}, {"auc", 1, 2, 0, auc}},
                             .error = error};
    assert_int_equal(journal_epoch(j, 0xfedcba9876543210u, &a_row, &e), 0);
    assert_int_equal(journal_trial(j, &t, &e), 0);
}

static unsigned scan(struct journal *j, struct seen *s)
{
    struct err e = {0};
    unsigned damaged;
    memset(s, 0, sizeof *s);
    assert_int_equal(journal_scan(j, saw_epoch, saw_trial, s, &damaged, &e), 0);
    return damaged;
}

struct tables_seen {
    int n;
    struct train_table t[TRAIN_TABLES];
    double v[TRAIN_TABLES][4];
};

static void saw_table(void *ctx, const struct train_table *t)
{
    struct tables_seen *s = ctx;
    assert_true(s->n < TRAIN_TABLES && t->rows * t->cols <= 4);
    memcpy(s->v[s->n], t->v, (size_t)(t->rows * t->cols) * sizeof *t->v);
    s->t[s->n++] = *t;
}

static void reads_back_every_bit(void **state)
{
    const struct epoch_row a_row = an_epoch();
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    assert_int_equal(journal_open(&j, path, &e), 0);
    write_one_of_each(&j, "two\nlines, \"quoted\"");
    assert_int_equal(scan(&j, &s), 0);
    assert_int_equal(s.epochs, 1);
    assert_int_equal(s.trials, 1);
    assert_memory_equal(&s.row, &a_row, sizeof a_row);
    assert_true(s.trial.key == 42 && s.trial.epochs_run == 3 && s.trial.best_epoch == 2);
    assert_true(isnan(s.trial.metric[2]) && s.trial.metric[5] == 0.1f);
    assert_true(s.trial.timing.cpu == 1e-9 && s.trial.timing.bytes == 123456789);
    assert_string_equal(s.error, "two lines, \"quoted\"");
    struct tables_seen t = {.n = 0};
    assert_int_equal(s.trial.ntables, 2);
    assert_int_equal(journal_tables(&j, s.trial.at, s.trial.length, saw_table, &t, &e), 0);
    assert_int_equal(t.n, 2);
    assert_true(t.t[0].rows == 2 && t.t[0].cols == 2 && t.t[0].counts && !strcmp(t.t[0].name, "confusion"));
    assert_true(t.v[0][0] == 5 && t.v[0][1] == 1 && t.v[0][3] == 4000000000);
    assert_true(t.t[1].rows == 1 && t.t[1].cols == 2 && !t.t[1].counts && !strcmp(t.t[1].name, "auc"));
    assert_true(t.v[1][0] == 0.5 && t.v[1][1] == 1.0 / 3);
    s.trial.at++;
    assert_int_equal(journal_tables(&j, s.trial.at, s.trial.length, saw_table, &t, &e), -1);
    journal_close(&j);
}

/* Cut anywhere, the whole records before the cut are read and writing goes on behind them. */
static void a_torn_tail_costs_one_record(void **state)
{
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    size_t n;
    assert_int_equal(journal_open(&j, path, &e), 0);
    write_one_of_each(&j, "");
    journal_close(&j);
    char *bytes = file_read(path, &n, &e);
    assert_non_null(bytes);
    size_t first = (size_t)(strchr(strchr(bytes, '\n') + 1, '\n') - bytes) + 1; /* the version comes before */
    for (size_t cut = 0; cut <= n; cut++) {
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(file_publish(path, bytes, cut, 0, &e), 0);
        assert_int_equal(journal_open(&j, path, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        assert_int_equal(s.epochs, cut >= first);
        assert_int_equal(s.trials, cut == n);
        write_one_of_each(&j, "");
        assert_int_equal(scan(&j, &s), 0);
        assert_int_equal(s.epochs, 1 + (cut >= first));
        assert_int_equal(s.trials, 1 + (cut == n));
        journal_close(&j);
    }
    free(bytes);
}

/* One flipped bit anywhere: that line is counted as damaged, the other one is read. */
static void a_flipped_bit_is_seen(void **state)
{
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    size_t n;
    assert_int_equal(journal_open(&j, path, &e), 0);
    write_one_of_each(&j, "reason");
    journal_close(&j);
    char *bytes = file_read(path, &n, &e);
    assert_non_null(bytes);
    size_t head = (size_t)(strchr(bytes, '\n') - bytes);
    for (size_t at = 0; at < n; at++) {
        if (bytes[at] == '\n')
            continue;
        bytes[at] ^= 1;
        if (bytes[at] != '\n') {
            assert_int_equal(file_publish(path, bytes, n, 0, &e), 0);
            assert_int_equal(journal_open(&j, path, &e), 0);
            assert_int_equal(scan(&j, &s), 1);
            assert_int_equal(s.epochs + s.trials, at < head ? 2 : 1);
            journal_close(&j);
        }
        bytes[at] ^= 1;
    }
    free(bytes);
}

/* Room for a part of a line only: why is told, and the part is taken back. */
static void a_limit_of_size_is_told(void **state)
{
    const struct epoch_row a_row = an_epoch();
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    struct rlimit old, low;
    assert_int_equal(journal_open(&j, path, &e), 0);
    write_one_of_each(&j, "");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    low = old;
    low.rlim_cur = (rlim_t)j.size + 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int bad = journal_epoch(&j, 1, &a_row, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(bad, -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "limit on the size of a file"));
    write_one_of_each(&j, "");
    assert_int_equal(scan(&j, &s), 0);
    assert_int_equal(s.epochs, 2);
    journal_close(&j);
}

/* What was told is no news in the next call; a further damaged line is. */
static void damage_is_told_once(void **state)
{
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    assert_int_equal(journal_open(&j, path, &e), 0);
    for (int i = 1; i <= 3; i++) {
        static const char line[] = "00000000 E 1 2\n0123 garbage\n";
        assert_int_equal(write(j.fd, line, sizeof line - 1), sizeof line - 1);
        assert_int_equal(scan(&j, &s), 2);
        assert_int_equal(journal_told(&j, 2, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        write_one_of_each(&j, "");
        assert_int_equal(scan(&j, &s), 0);
        assert_int_equal(s.epochs, i);
        assert_int_equal(s.trials, i);
    }
    journal_close(&j);
}

static void saw_any(void *ctx, const struct trial_record *t)
{
    int *most = ctx;
    if (t->ntables > *most)
        *most = t->ntables;
}

/* A record whose checksum is right, but with more classes than there can be (their square does not fit an int), is a
 * damaged line like any other. */
static void forged_records_are_damaged_lines(void **state)
{
    static const char *const classes[] = {"257", "46341", "65536", "2147483648", "4294967295", "-1"};
    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        struct journal j;
        struct err e = {0};
        char body[256], line[300];
        int most = 0;
        unsigned damaged;
        snprintf(body, sizeof body, "T 2a 1 3 2 0 0 0 0 0 0 1 0 0 0 0 1234 %s 5 1 0 0", classes[i]);
        snprintf(line, sizeof line, "%08lx %s\n", crc32_z(0, (const Bytef *)body, strlen(body)), body);
        assert_int_equal(file_publish(path, line, strlen(line), 0, &e), 0);
        assert_int_equal(journal_open(&j, path, &e), 0);
        assert_int_equal(journal_scan(&j, NULL, saw_any, &most, &damaged, &e), 0);
        assert_int_equal(damaged, 1);
        assert_int_equal(most, 0);
        journal_close(&j);
    }
}

static void put_lines(const char *const *body, size_t n)
{
    struct err e = {0};
    char text[4096] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%08lx %s\n",
                 crc32_z(0, (const Bytef *)body[i], strlen(body[i])), body[i]);
    assert_int_equal(file_publish(path, text, strlen(text), 0, &e), 0);
}

/* A journal of sweep 0.1: values by their places, no version. It is read and gone on with. */
static void journals_of_version_1_are_read(void **state)
{
    const struct epoch_row a_row = an_epoch();
    static const char *const body[] = {
        "E fedcba9876543210 3 3dcccccd 3fc00000 3e800000 7fc00000 7fc00000 da24260",
        "T 2a 1 3 2 3f800000 40000000 7fc00000 40800000 40a00000 3dcccccd 1 3fe0000000000000 4002000000000000 "
        "3e112e0be826d695 412e848000000000 123456789 2 5 1 0 ee6b2800 3fe0000000000000 3fd5555555555555 two = 2, why"};
    struct journal j;
    struct seen s;
    struct err e = {0};
    struct tables_seen t = {.n = 0};
    (void)state;
    put_lines(body, 2);
    assert_int_equal(journal_open(&j, path, &e), 0);
    assert_int_equal(scan(&j, &s), 0);
    assert_memory_equal(&s.row, &a_row, sizeof a_row);
    assert_true(s.trial.key == 42 && s.trial.status == TRIAL_COMPLETE && s.trial.best_epoch == 2);
    assert_true(s.trial.metric[M_TRAIN_ACCURACY] == 2 && isnan(s.trial.metric[M_VAL_LOSS]));
    assert_true(s.trial.metric[M_TEST_ACCURACY] == 0.1f && s.trial.timing.wall == 2.25);
    assert_string_equal(s.error, "two = 2, why");
    assert_int_equal(journal_tables(&j, s.trial.at, s.trial.length, saw_table, &t, &e), 0);
    assert_true(t.n == 2 && t.v[0][3] == 4000000000 && t.v[1][1] == 1.0 / 3);
    write_one_of_each(&j, "");
    assert_int_equal(scan(&j, &s), 0);
    assert_true(s.epochs == 2 && s.trials == 2);
    journal_close(&j);
}

/* How often the line stands in the file. */
static int count_lines(const char *body)
{
    struct err e = {0};
    char line[64];
    size_t n;
    int count = 0;
    char *text = file_read(path, &n, &e);
    assert_non_null(text);
    snprintf(line, sizeof line, " %s\n", body);
    for (const char *p = text; (p = strstr(p, line)); p++)
        count++;
    free(text);
    return count;
}

/* What is added to a journal of each older version says of which version it is, once, so that the older program refuses
 * it as a whole instead of calling its lines damaged. */
static void what_is_added_to_an_old_journal_says_its_version(void **state)
{
    static const char *const body[][2] = {{"E fedcba9876543210 3 3dcccccd 3fc00000 3e800000 7fc00000 7fc00000 da24260",
                                           "E fedcba9876543210 4 3dcccccd 3fc00000 3e800000 7fc00000 7fc00000 da24260"},
                                          {"V 2", "E fedcba9876543210 3 lr=3dcccccd grad_norm=0"},
                                          {"V 3", "E fedcba9876543210 3 lr=3dcccccd grad_norm=0"}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct journal j;
        struct seen s;
        struct err e = {0};
        put_lines(body[i], 2);
        assert_int_equal(journal_open(&j, path, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        assert_int_equal(count_lines("V 3"), i == 2);
        write_one_of_each(&j, "");
        assert_int_equal(count_lines("V 3"), 1);
        journal_close(&j);
        assert_int_equal(journal_open(&j, path, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        assert_true(s.epochs == (i ? 2 : 3) && s.trials == 1);
        write_one_of_each(&j, "");
        assert_int_equal(count_lines("V 3"), 1);
        journal_close(&j);
    }
}

/* Fields and tables of a later program are passed over as long as the version is ours; a later version is refused. */
static void journals_of_later_programs(void **state)
{
    static const char *const body[] = {"V 2", "E fedcba9876543210 3 lr=3dcccccd val_taste=3f800000 grad_norm=0",
                                       "T 2a 1 3 2 test_taste=3f800000 sheet=1,1,2,a,b test_loss=3f800000 error="};
    static const char *const later[] = {"V 4", "E fedcba9876543210 3 lr=3dcccccd"};
    struct journal j;
    struct seen s;
    struct err e = {0};
    unsigned damaged;
    (void)state;
    put_lines(body, 3);
    assert_int_equal(journal_open(&j, path, &e), 0);
    assert_int_equal(scan(&j, &s), 0);
    assert_true(s.epochs == 1 && s.row.lr == 0.1f && s.row.grad_norm == 0);
    assert_true(isnan(epoch_number(&s.row, M_VAL_LOSS)));
    assert_true(s.trials == 1 && s.trial.metric[M_TEST_LOSS] == 1 && isnan(s.trial.metric[M_VAL_LOSS]));
    assert_int_equal(s.trial.ntables, 1);
    journal_close(&j);
    put_lines(later, 2);
    assert_int_equal(journal_open(&j, path, &e), 0);
    assert_int_equal(journal_scan(&j, saw_epoch, saw_trial, &s, &damaged, &e), -1);
    assert_non_null(strstr(e.text, "version 4"));
    journal_close(&j);
}

/* So that a program that does not know it passes over it, and one that does finds the epoch again. */
static void dropout_that_acts_is_read_by_name(void **state)
{
    (void)state;
    struct journal j;
    struct seen s;
    struct err e = {0};
    struct epoch_row row = an_epoch();
    assert_int_equal(journal_open(&j, path, &e), 0);
    for (row.late_dropout = 0; row.late_dropout < 2; row.late_dropout++) {
        assert_int_equal(journal_epoch(&j, 0xfedcba9876543210u, &row, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        assert_memory_equal(&s.row, &row, sizeof row);
    }
    journal_close(&j);
}

/* What warnings look at is known by name, and so is the warning; one of another program is none. */
static void warnings_are_read_by_name(void **state)
{
    static const char *const body[] = {"V 2", "E fedcba9876543210 3 lr=3dcccccd warning=taste dead_units=3f000000"};
    struct epoch_row a_row = an_epoch();
    struct journal j;
    struct seen s;
    struct err e = {0};
    (void)state;
    assert_int_equal(journal_open(&j, path, &e), 0);
    for (int w = 1; warning_row(w); w++) {
        float v = 0.25f;
        for (const struct epoch_sign *sign = epoch_signs; sign->name; sign++)
            *sign_value(&a_row, sign) = v *= 2;
        a_row.warning = w;
        assert_int_equal(journal_epoch(&j, 0xfedcba9876543210u, &a_row, &e), 0);
        assert_int_equal(scan(&j, &s), 0);
        assert_memory_equal(&s.row, &a_row, sizeof a_row);
    }
    journal_close(&j);
    put_lines(body, 2);
    assert_int_equal(journal_open(&j, path, &e), 0);
    assert_int_equal(scan(&j, &s), 0);
    assert_true(s.row.warning == 0 && s.row.dead_units == 0.5f && isnan(s.row.guess_loss));
    journal_close(&j);
}

int test_journal(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_back_every_bit, new_file, remove_file),
        cmocka_unit_test_setup_teardown(a_torn_tail_costs_one_record, new_file, remove_file),
        cmocka_unit_test_setup_teardown(a_flipped_bit_is_seen, new_file, remove_file),
        cmocka_unit_test_setup_teardown(a_limit_of_size_is_told, new_file, remove_file),
        cmocka_unit_test_setup_teardown(damage_is_told_once, new_file, remove_file),
        cmocka_unit_test_setup_teardown(journals_of_version_1_are_read, new_file, remove_file),
        cmocka_unit_test_setup_teardown(what_is_added_to_an_old_journal_says_its_version, new_file, remove_file),
        cmocka_unit_test_setup_teardown(journals_of_later_programs, new_file, remove_file),
        cmocka_unit_test_setup_teardown(warnings_are_read_by_name, new_file, remove_file),
        cmocka_unit_test_setup_teardown(dropout_that_acts_is_read_by_name, new_file, remove_file),
        cmocka_unit_test_setup_teardown(forged_records_are_damaged_lines, new_file, remove_file),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
