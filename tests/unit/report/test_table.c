#include "base/file.h"
#include "groups.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void same(const struct table *got, const struct table *want)
{
    assert_int_equal(got->cols, want->cols);
    assert_int_equal(got->rows, want->rows);
    for (size_t c = 0; c < want->cols; c++)
        assert_string_equal(got->head[c], want->head[c]);
    for (size_t i = 0; i < want->rows * want->cols; i++)
        assert_string_equal(got->cell[i], want->cell[i]);
}

static void round_trip(const struct table *t)
{
    struct table back;
    struct err e = {0};
    table_init(&back);
    if (table_write(t, test_path("trip.csv"), 1, &e) || table_read(&back, test_path("trip.csv"), &e))
        fail_msg("%s", e.text);
    same(&back, t);
    table_release(&back);
}

/* Texts that quoting, guarding and encoding could spoil. */
static const char *const nasty[] = {
    "",
    "plain",
    "a,b",
    "say \"yes\"",
    "\"",
    "\"\"",
    "two\nlines",
    "cr\r\nlf",
    "\n",
    " blank before",
    "blank behind ",
    " ",
    "\t",
    "\ttab",
    "ümläut ✓ 日本",
    "\xef\xbb\xbf-bom",
    "'",
    "''",
    "'quoted'",
    "=1+1",
    "'=1+1",
    "''=1+1",
    "+x",
    "-x",
    "@x",
    "=cmd|' /C calc'!A0",
    "-",
    "+",
    "-1",
    "+1e3",
    "-inf",
    "-0x1",
    "- 1",
    "#",
    ";",
    "1;2",
    "\\n",
    "\xff\xfe broken",
};

static void texts_come_back_as_they_were(void **state)
{
    struct table t;
    (void)state;
    table_init(&t);
    assert_int_equal(table_columns(&t, (const char *const[]){"a,\"b\"", "=x", "c"}, 3), 0);
    for (size_t i = 0; i < COUNT(nasty); i++)
        for (size_t k = 0; k < 3; k++) {
            const char *cell[] = {k == 0 ? nasty[i] : "1", k == 1 ? nasty[i] : "", k == 2 ? nasty[i] : "x"};
            assert_int_equal(table_row(&t, cell), 0);
        }
    round_trip(&t);
    table_release(&t);
}

static void one_column_keeps_empty_cells(void **state)
{
    struct table t;
    (void)state;
    table_init(&t);
    assert_int_equal(table_columns(&t, (const char *const[]){"only"}, 1), 0);
    for (size_t i = 0; i < COUNT(nasty); i++)
        assert_int_equal(table_row(&t, &nasty[i]), 0);
    round_trip(&t);
    table_release(&t);
}

static void many_rows(void **state)
{
    struct table t;
    char text[3][32];
    (void)state;
    table_init(&t);
    assert_int_equal(table_columns(&t, (const char *const[]){"i", "square", "text"}, 3), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(text[0], 32, "%d", i);
        snprintf(text[1], 32, "%d", i * i);
        snprintf(text[2], 32, "%.*s", i % 30, "0123456789abcdefghijklmnopqrstuv");
        assert_int_equal(table_row(&t, (const char *const[]){text[0], text[1], text[2]}), 0);
    }
    assert_int_equal(table_column(&t, "square"), 1);
    assert_int_equal(table_column(&t, "cube"), -1);
    assert_true(table_number(&t, 4999, 1) == 4999.0 * 4999);
    round_trip(&t);
    table_release(&t);
}

static void exact_bytes(void **state)
{
    struct table t;
    struct err e = {0};
    (void)state;
    table_init(&t);
    assert_int_equal(table_columns(&t, (const char *const[]){"x", "y"}, 2), 0);
    assert_int_equal(table_row(&t, (const char *const[]){"-0.5", "=1+1"}), 0);
    assert_int_equal(table_row(&t, (const char *const[]){"", "a \"b\", c"}), 0);
    assert_int_equal(table_row(&t, (const char *const[]){"-inf", "@SUM(A1)"}), 0);
    assert_int_equal(table_write(&t, test_path("exact.csv"), 0, &e), 0);
    char *got = bytes_of(test_path("exact.csv"));
    assert_string_equal(got, "x,y\n-0.5,'=1+1\n,\"a \"\"b\"\", c\"\n-inf,'@SUM(A1)\n");
    free(got);
    table_release(&t);
}

static void numbers_and_missing_cells(void **state)
{
    struct table t;
    (void)state;
    table_of(&t, "a,b\n1.5,\nx,-3e2\n");
    assert_true(table_number(&t, 0, 0) == 1.5);
    assert_true(isnan(table_number(&t, 0, 1)));
    assert_true(isnan(table_number(&t, 1, 0)));
    assert_true(table_number(&t, 1, 1) == -300);
    assert_true(isnan(table_number(&t, 2, 1)) && isnan(table_number(&t, 0, -1)) && isnan(table_number(&t, 0, 2)));
    assert_string_equal(table_cell(&t, 0, "none"), "");
    assert_string_equal(table_cell(&t, 7, "a"), "");
    table_release(&t);
}

static void damaged_files_are_refused(void **state)
{
    static const struct {
        const char *csv, *says;
    } bad[] = {
        {"", "no header"},
        {"\n\n", "no header"},
        {"a,b\n1\n", ":2: 1 cells in this row, 2 in the header"},
        {"a,b\n1,2\n3,4,5\n", ":3: 3 cells"},
        {"a,b\n1,2\n\"x\ny\",2,3\n", ":3: 3 cells"}, /* where the row begins */
        {"a,b\n1,\"open\n2,3\n", "damaged CSV"},
        {"a,b\n1,in \"side\" it\n", ":2: damaged CSV"},
        {"a,b\n1,\"behind\" it\n", ":2: damaged CSV"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct table t;
        struct err e = {0};
        table_init(&t);
        write_file(test_path("bad.csv"), bad[i].csv);
        if (!table_read(&t, test_path("bad.csv"), &e))
            fail_msg("accepted: %s", bad[i].csv);
        if (!strstr(e.text, bad[i].says) || !strstr(e.text, "bad.csv"))
            fail_msg("case %zu: '%s' does not say '%s'", i, e.text, bad[i].says);
        assert_int_equal(e.code, ERR_DATA);
        table_release(&t);
    }
}

static void nul_and_missing_file(void **state)
{
    struct table t;
    struct err e = {0};
    (void)state;
    assert_int_equal(file_publish(test_path("nul.csv"), "a,b\n1,\0002\n", 9, 0, &e), 0);
    table_init(&t);
    assert_int_equal(table_read(&t, test_path("nul.csv"), &e), -1);
    assert_non_null(strstr(e.text, ":2: a NUL byte"));
    err_clear(&e);
    assert_int_equal(table_read(&t, test_path("not-there.csv"), &e), -1);
    assert_int_equal(e.code, ERR_IO);
    table_release(&t);
}

static void bom_crlf_and_blank_lines(void **state)
{
    struct table t;
    (void)state;
    table_of(&t, "\xef\xbb\xbf"
                 "a,b\r\n1,\"x\r\ny\"\r\n\r\n3,4");
    assert_int_equal(t.rows, 2);
    assert_string_equal(t.head[0], "a");
    assert_string_equal(table_cell(&t, 0, "b"), "x\r\ny");
    assert_string_equal(table_cell(&t, 1, "b"), "4");
    table_release(&t);
}

/* Files of others: those named bad-* (but for a wrong header, which is none of ours) and empty ones are refused. */
static void files_of_others(void **state)
{
    static const struct {
        const char *name;
        size_t rows, cols; /* 0 columns: refused */
        const char *last;
    } f[] = {
        {"csv-spectrum/csvs/comma_in_quotes.csv", 1, 5, "08123"},
        {"csv-spectrum/csvs/empty.csv", 2, 3, "4"},
        {"csv-spectrum/csvs/empty_crlf.csv", 2, 3, "4"},
        {"csv-spectrum/csvs/escaped_quotes.csv", 2, 2, "4"},
        {"csv-spectrum/csvs/json.csv", 1, 2, "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"},
        {"csv-spectrum/csvs/newlines.csv", 3, 3, "9"},
        {"csv-spectrum/csvs/newlines_crlf.csv", 3, 3, "9"},
        {"csv-spectrum/csvs/quotes_and_newlines.csv", 2, 2, "4"},
        {"csv-spectrum/csvs/simple.csv", 1, 3, "3"},
        {"csv-spectrum/csvs/simple_crlf.csv", 1, 3, "3"},
        {"csv-spectrum/csvs/utf8.csv", 2, 3, "ʤ"},
        {"csv-test-data/csv/all-empty.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-header-less-fields.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-header-more-fields.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-header-no-header.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-missing-quote.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-quotes-with-unescaped-quote.csv", 0, 0, NULL},
        {"csv-test-data/csv/bad-unescaped-quote.csv", 0, 0, NULL},
        {"csv-test-data/csv/empty-field.csv", 1, 3, "3"},
        {"csv-test-data/csv/header-no-rows.csv", 0, 3, NULL},
        {"csv-test-data/csv/header-simple.csv", 1, 3, "3"},
        {"csv-test-data/csv/leading-space.csv", 1, 3, "3"},
        {"csv-test-data/csv/one-column.csv", 1, 1, "1"},
        {"csv-test-data/csv/quotes-empty.csv", 1, 3, "3"},
        {"csv-test-data/csv/quotes-with-comma.csv", 1, 3, "3"},
        {"csv-test-data/csv/quotes-with-escaped-quote.csv", 1, 3, "3"},
        {"csv-test-data/csv/quotes-with-newline.csv", 1, 3, "3"},
        {"csv-test-data/csv/simple-crlf.csv", 1, 3, "3"},
        {"csv-test-data/csv/trailing-newline-one-field.csv", 1, 1, "1"},
        {"csv-test-data/csv/trailing-newline.csv", 1, 3, "3"},
        {"csv-test-data/csv/trailing-space.csv", 1, 3, "3"},
        {"csv-test-data/csv/utf8.csv", 1, 3, "3"},
    };
    (void)state;
    if (!test_data("csv-spectrum") || !test_data("csv-test-data"))
        skip();
    for (size_t i = 0; i < COUNT(f); i++) {
        struct table t;
        struct err e = {0};
        table_init(&t);
        int bad = table_read(&t, test_data(f[i].name), &e);
        if (!bad != (f[i].cols > 0))
            fail_msg("%s: %s", f[i].name, bad ? e.text : "accepted");
        if (!bad) {
            assert_int_equal(t.rows, f[i].rows);
            assert_int_equal(t.cols, f[i].cols);
            if (f[i].last)
                assert_string_equal(t.cell[t.rows * t.cols - 1], f[i].last);
            round_trip(&t);
        }
        table_release(&t);
    }
}

static void blanks_belong_to_the_cell(void **state)
{
    struct table t;
    (void)state;
    table_of(&t, "a,b\n x , y\n");
    assert_string_equal(table_cell(&t, 0, "a"), " x ");
    assert_string_equal(table_cell(&t, 0, "b"), " y");
    table_release(&t);
}

static void streaming(void **state)
{
    struct err e = {0};
    struct table t;
    (void)state;
    write_file(test_path("s.csv"), "old,one\n1,2\n");
    struct csv_out *c = csv_begin(test_path("s.csv"), (const char *const[]){"a", "b"}, 2, &e);
    assert_non_null(c);
    assert_int_equal(csv_row(c, (const char *const[]){"1", "x\ny"}), 0);
    char *still = bytes_of(test_path("s.csv")); /* nothing half-written is seen */
    assert_string_equal(still, "old,one\n1,2\n");
    free(still);
    assert_int_equal(csv_commit(c, 1, &e), 0);
    table_init(&t);
    assert_int_equal(table_read(&t, test_path("s.csv"), &e), 0);
    assert_string_equal(table_cell(&t, 0, "b"), "x\ny");
    table_release(&t);
    c = csv_begin(test_path("s.csv"), (const char *const[]){"gone"}, 1, &e);
    csv_abort(c);
    still = bytes_of(test_path("s.csv"));
    assert_string_equal(still, "a,b\n1,\"x\ny\"\n");
    free(still);
    assert_null(csv_begin(test_path("no/such/folder.csv"), (const char *const[]){"a"}, 1, &e));
    assert_int_equal(e.code, ERR_IO);
}

static void limit(int what, rlim_t bytes, struct rlimit *old)
{
    struct rlimit low;
    assert_int_equal(getrlimit((__rlimit_resource_t)what, old), 0);
    low = *old;
    low.rlim_cur = bytes;
    assert_int_equal(setrlimit((__rlimit_resource_t)what, &low), 0);
}

/* Rows that fail in the middle, for lack of room on the disk or of memory, while those before and after do not: the
 * table is not published. */
static void a_failed_row_is_not_forgotten(void **state)
{
    static char long_cell[20000];
    struct rlimit old;
    struct err e = {0};
    (void)state;
    memset(long_cell, 'x', sizeof long_cell - 1);
    write_file(test_path("s.csv"), "old\n");
    struct csv_out *c = csv_begin(test_path("s.csv"), (const char *const[]){"a"}, 1, &e);
    assert_non_null(c);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, 10000, &old);
    assert_int_equal(csv_row(c, (const char *const[]){long_cell}), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    csv_row(c, (const char *const[]){"there is room again"});
    assert_int_equal(csv_commit(c, 0, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    char *still = bytes_of(test_path("s.csv"));
    assert_string_equal(still, "old\n");
    free(still);
#ifndef __SANITIZE_ADDRESS__ /* which takes all the addresses there are */
    static char formula[64 << 20];
    memset(formula, '=', sizeof formula - 1);
    err_clear(&e);
    c = csv_begin(test_path("s.csv"), (const char *const[]){"a"}, 1, &e);
    assert_non_null(c);
    limit(RLIMIT_AS, 96 << 20, &old);
    int row = csv_row(c, (const char *const[]){formula});
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_int_equal(row, -1);
    csv_row(c, (const char *const[]){"there is memory again"});
    assert_int_equal(csv_commit(c, 0, &e), -1);
    assert_int_equal(e.code, ERR_NOMEM);
    still = bytes_of(test_path("s.csv"));
    assert_string_equal(still, "old\n");
    free(still);
#endif
}

static void paths(void **state)
{
    char buf[64];
    (void)state;
    assert_string_equal(report_path(buf, sizeof buf, "", "m", ".csv"), "results/m.csv");
    assert_string_equal(report_path(buf, sizeof buf, ".", "m", ""), "results/m");
    assert_string_equal(report_path(buf, sizeof buf, NULL, "m", ".points.csv"), "results/m.points.csv");
    assert_string_equal(report_path(buf, sizeof buf, "/tmp/o", "m-99.4", ".csv"), "/tmp/o/results/m-99.4.csv");
}

int test_table(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_as_they_were),
        cmocka_unit_test(one_column_keeps_empty_cells),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(exact_bytes),
        cmocka_unit_test(numbers_and_missing_cells),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(nul_and_missing_file),
        cmocka_unit_test(bom_crlf_and_blank_lines),
        cmocka_unit_test(blanks_belong_to_the_cell),
        cmocka_unit_test(files_of_others),
        cmocka_unit_test(streaming),
        cmocka_unit_test(a_failed_row_is_not_forgotten),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
