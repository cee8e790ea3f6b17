/* What inih does silently, and what the reader says about it. */
#include "config_test.h"

#include <stdio.h>
#include <string.h>

static void fine_files_open(void **state)
{
    (void)state;
    assert_string_equal(errors_of("", NULL), "");
    assert_string_equal(errors_of("; only\n# comments\n\n", NULL), "");
    assert_string_equal(errors_of("\xef\xbb\xbf[train]\nepochs = 3\n", NULL), "");
    assert_string_equal(errors_of("[train]\r\nepochs = 3\r\n", NULL), "");
    assert_string_equal(errors_of("[train]\nepochs = 3", NULL), "");
    assert_string_equal(errors_of("[ train ]  ; comment\nepochs: 3 ; comment\n", NULL), "");
    assert_string_equal(errors_of("[train]\n  epochs = 3\n", NULL), "");
}

static void values_arrive(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("\xef\xbb\xbf[train]\r\nepochs = 3 ; three\r\n[data]\naugment = rotate 7, ; one\n ; none\n"
                  "\n   shift 1  ; two\n\n[stop]\ntime=5",
                  NULL);
    struct point p = point_of(s, 0);
    assert_int_equal(p.train.epochs, 3);
    assert_string_equal(p.data.augment, "rotate 7, shift 1");
    assert_close(sweep_spec(s)->stop_time, 5, 0, 0);
    sweep_free(s);
}

/* Both sides of the longest line, with each line end. */
static void long_lines(void **state)
{
    static const char *const end[] = {"\n", "\r\n", ""};
    (void)state;
    for (int n = 190; n < 420; n += n < 210 ? 1 : 17)
        for (int e = 0; e < 3; e++) {
            char text[600];
            int at = snprintf(text, sizeof text, "[data]\npath = ");
            memset(text + at, 'a', (size_t)n - 7);
            strcpy(text + at + n - 7, end[e]);
            const char *got = errors_of_bytes(text, strlen(text));
            if (n <= 198 ? strstr(got, "bytes") != NULL : !strstr(got, "t.ini:2: the line has"))
                fail_msg("%d bytes: %s", n, got);
        }
}

static void a_long_line_with_a_key_in_its_tail(void **state)
{
    char text[700] = "[train]\nepochs = 1";
    (void)state;
    memset(text + strlen(text), ' ', 190);
    strcat(text, "lr = 3\nlr = 0\n");
    const char *got = errors_of(text, NULL);
    assert_non_null(strstr(got, "t.ini:2: the line has"));
    assert_non_null(strstr(got, "t.ini:3: train.lr: '0' is not"));
}

static void long_names(void **state)
{
    char text[300], name[80] = "";
    (void)state;
    memset(name, 'k', 49);
    snprintf(text, sizeof text, "[model]\n%s = 3\nlayers = dense $%s\n", name, name);
    assert_string_equal(errors_of(text, NULL), "");
    name[49] = 'k';
    snprintf(text, sizeof text, "[model]\n%s = 3\n  4\n", name);
    assert_string_equal(errors_of(text, NULL),
                        "t.ini:2: [model]: the key 'kkkkkkkkkkkkkkkkkkkk...' has 50 bytes, at most 49 are read\n");
    snprintf(text, sizeof text, "[%s]\nx = 3\n", name);
    assert_string_equal(errors_of(text, NULL), "t.ini:1: the section's name has 50 bytes, at most 49 are read\n");
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char nul[] = "[train]\nepochs = 3\0 4\nlr = 0\n";
    assert_string_equal(errors_of_bytes(nul, sizeof nul - 1), "t.ini:2: a NUL byte: this is not a text file\n"
                                                              "t.ini:3: train.lr: '0' is not a number > 0\n");
    expect_error("[train]\repochs = 3\rlr = 0.1\r", "t.ini:1: a carriage return", NULL);
    expect_error("[train]\nepochs = 3\r\r\nlr = 0.1\n", "t.ini:2: a carriage return", NULL);
    expect_error("[train]\nepochs = 3\x01\n", "t.ini:2: the control character 0x01", NULL);
}

static void lines_that_are_nothing(void **state)
{
    (void)state;
    assert_string_equal(errors_of("epochs = 3\n[train\nlr = x\n[data]\nfoo\n= 3\n[stop] time = 3\n", NULL),
                        "t.ini:1: 'epochs' stands before any [section]\n"
                        "t.ini:2: '[train' has no ']'\n"
                        "t.ini:5: neither a [section] nor 'key = value'\n"
                        "t.ini:6: there is no key before '='\n"
                        "t.ini:7: 'time = 3' after the section's name is lost; put it on a line of its own\n");
    expect_error("  indented", "t.ini:1: neither", NULL);
}

static void indented_keys(void **state)
{
    (void)state;
    expect_error("[train]\nepochs = 3\n  lr = 0.1\n", "t.ini:3: train.epochs:", "'lr' is a key of its own", NULL);
    expect_error("[train]\nepochs = 3\n  [data]\n", "t.ini:3: train.epochs:", "section starts at the line's beginning",
                 NULL);
    expect_error("[grid]\ntrain.epochs = 3, 4\n  train.lr = 0.1, 0.2\n", "t.ini:3:", "'train.lr' is a key", NULL);
    expect_error("[require]\nmodel = params < 3\n  result = test_accuracy > 0.5\n", "t.ini:3:", "'result' is a key",
                 NULL);
    assert_string_equal(errors_of("[require]\nmodel = params < 3\n  params = 3\n  train.epochs = 3\n", NULL), "");
    assert_string_equal(
        errors_of("[grid]\ntrain.epochs = 3,\n  4\n  when train.optimizer = adam and\n  train.batch_size = 32\n", NULL),
        "");
}

static void things_given_twice(void **state)
{
    (void)state;
    expect_error("[train]\nepochs = 3\nlr = 1\nepochs = 4\n  5\n",
                 "t.ini:4: train.epochs: given twice, here and in line 2", NULL);
    assert_string_equal(errors_of("[train]\nepochs = 3\n[data]\n[train]\nepochs = 4\n", NULL),
                        "t.ini:4: [train]: this section stands in line 1 already; put its keys together there\n"
                        "t.ini:5: train.epochs: given twice, here and in line 2\n");
    expect_error("[sweep]\n[sweep]\n", "t.ini:2: [sweep]", "line 1", NULL);
}

static void hash_is_no_comment(void **state)
{
    (void)state;
    expect_error("[train]\nepochs = 3 # three\n", "t.ini:2: '#' starts a comment only", "';'", NULL);
    assert_string_equal(errors_of("[train]\n# epochs = x\nepochs = 3 ; # three\n  # more\n", NULL), "");
    assert_string_equal(errors_of("[data]\npath = a#b\ndataset = mnist\n", NULL), "");
}

static void all_errors_at_once_in_line_order(void **state)
{
    (void)state;
    const char *got = errors_of(
        "[train]\nlr = -1\nepochs = 0\nbatch_sise = 3\n[grid]\ntrain.lr = 1..0\n[swep]\n[sweep]\nname = a/b\n",
        "train.epochs=x", "foo", NULL);
    assert_string_equal(
        got, "t.ini:2: train.lr: '-1' is not a number > 0\n"
             "t.ini:4: train.batch_sise: unknown key; did you mean 'batch_size'?\n"
             "t.ini:6: train.lr: '1..0' does not go up; write the smaller end first\n"
             "t.ini:7: [swep]: unknown section; did you mean [sweep]?\n"
             "t.ini:9: sweep.name: 'a/b' is no name: letters, digits, '.', '_' and '-', beginning with a letter "
             "or digit, at most 64\n"
             "command line: 'foo' is not section.key=value\n"
             "command line: train.epochs: 'x' is not an integer 1..1000000\n");
}

static void many_errors_are_counted(void **state)
{
    struct str t = {0};
    (void)state;
    for (int i = 0; i < 130; i++)
        str_add(&t, "foo\n");
    const char *got = errors_of(t.p, NULL);
    assert_non_null(strstr(got, "t.ini:100: neither"));
    assert_null(strstr(got, "t.ini:101:"));
    assert_non_null(strstr(got, "... and 30 more\n"));
    str_release(&t);
}

static void files_that_cannot_be_read(void **state)
{
    struct err_list errs = {0};
    struct sweep *s;
    (void)state;
    assert_int_equal(sweep_open(&s, test_path("missing.ini"), NULL, 0, &errs), -1);
    assert_null(s);
    assert_int_equal(errs.n, 1);
    assert_int_equal(errs.v[0].code, ERR_IO);
    err_list_release(&errs);
    assert_int_equal(sweep_open(&s, test_folder(), NULL, 0, &errs), -1);
    assert_int_equal(errs.n, 1);
    err_list_release(&errs);
}

/* inih's own test files: whatever they hold, nothing is lost silently. */
static void inih_test_files(void **state)
{
    static const struct {
        const char *name, *part;
    } file[] = {
        {"bad_comment.ini", ":1: neither a [section]"},
        {"bad_multi.ini", ":1: neither a [section]"},
        {"bad_section.ini", ":3: '[section2' has no ']'"},
        {"bad_section.ini", ":4: '[section3   ; comment ]' has no ']'"},
        {"bom.ini", ":1: [bom_section]: unknown section"},
        {"duplicate_sections.ini", ":4: [section1]: this section stands in line 1"},
        {"duplicate_sections.ini", ":5: section1.single1: given twice, here and in line 2"},
        {"long_section.ini", ":2: the section's name has 60 bytes"},
        {"multi_line.ini", ":6: [section2]: unknown section"},
        {"name_only_after_error.ini", ":5: '[broken' has no ']'"},
        {"no_value.ini", ":2: neither a [section]"},
        {"normal.ini", ":7: [section 2]: unknown section"},
        {"user_error.ini", ":1: [section]: unknown section"},
    };
    (void)state;
    if (!test_data("inih-tests"))
        skip();
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        struct err_list errs = {0};
        struct sweep *s;
        char name[128];
        int found = 0;
        snprintf(name, sizeof name, "inih-tests/%s", file[i].name);
        assert_int_equal(sweep_open(&s, test_data(name), NULL, 0, &errs), -1);
        for (size_t e = 0; e < errs.n; e++)
            found |= strstr(errs.v[e].text, file[i].part) != NULL;
        if (!found)
            fail_msg("%s: no error '%s'; the first is %s", file[i].name, file[i].part, errs.v[0].text);
        err_list_release(&errs);
    }
}

int run_reader_tests(void)
{
    const struct CMUnitTest reader[] = {
        cmocka_unit_test(fine_files_open),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(a_long_line_with_a_key_in_its_tail),
        cmocka_unit_test(long_names),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(lines_that_are_nothing),
        cmocka_unit_test(indented_keys),
        cmocka_unit_test(things_given_twice),
        cmocka_unit_test(hash_is_no_comment),
        cmocka_unit_test(all_errors_at_once_in_line_order),
        cmocka_unit_test(many_errors_are_counted),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(inih_test_files),
    };
    return cmocka_run_group_tests(reader, NULL, NULL);
}
