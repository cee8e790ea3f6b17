#include "groups.h"

#include "base/param.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct args {
    int units, count, from, kernel[2], extent[3], bias, optimizer, frozen;
    double lr, momentum, decay, shift;
    const char *name;
};

static const char *optimizer_word(size_t i)
{
    static const char *const words[] = {"sgd", "momentum", "adam", "adamw", NULL};
    return words[i];
}

static const char *never_word(size_t i)
{
    static const char *const words[] = {"never", "late", NULL};
    return words[i];
}

#define AT(field) offsetof(struct args, field)
static const struct param table[] = {
    {.name = "units", .type = P_INT, .at = AT(units), .min = 1, .max = 4096, .help = "output features"},
    {.name = "count", .type = P_INT, .at = AT(count), .preset = "7", .help = "any integer"},
    {.name = "from",
     .type = P_INT,
     .at = AT(from),
     .min = 1,
     .max = 9,
     .preset = "late",
     .word = never_word,
     .help = "number or word"},
    {.name = "kernel", .type = P_PAIR, .at = AT(kernel), .min = 1, .max = 31, .preset = "3", .help = "window"},
    {.name = "extent", .type = P_EXTENT, .at = AT(extent), .min = 0, .max = 31, .preset = "0", .help = "sides"},
    {.name = "bias", .type = P_BOOL, .at = AT(bias), .preset = "yes", .help = "add one"},
    {.name = "optimizer",
     .type = P_CHOICE,
     .at = AT(optimizer),
     .preset = "adam",
     .word = optimizer_word,
     .help = "rule"},
    {.name = "frozen", .type = P_FLAG, .at = AT(frozen), .help = "not trained"},
    {.name = "lr", .type = P_FLOAT, .at = AT(lr), .max = 1, .open = 1, .preset = "1e-3", .help = "step"},
    {.name = "momentum", .type = P_FLOAT, .at = AT(momentum), .max = 1, .open = 2, .preset = "90%", .help = "inertia"},
    {.name = "decay", .type = P_FLOAT, .at = AT(decay), .max = INFINITY, .preset = "0", .help = "pull to zero"},
    {.name = "shift", .type = P_FLOAT, .at = AT(shift), .preset = "-2.5", .help = "any number"},
    {.name = "name", .type = P_TEXT, .at = AT(name), .preset = "none", .help = "anything"},
    {0},
};

static const struct param *row(const char *name)
{
    const struct param *p = param_find(table, name);
    assert_non_null(p);
    return p;
}

static void find_by_name(void **state)
{
    (void)state;
    for (const struct param *p = table; p->name; p++)
        assert_ptr_equal(param_find(table, p->name), p);
    assert_null(param_find(table, "unit"));
    assert_null(param_find(table, "Units"));
    assert_null(param_find(table, ""));
    assert_null(param_find(NULL, "units"));
}

static void defaults(void **state)
{
    struct args a;
    (void)state;
    memset(&a, 0, sizeof a);
    param_defaults(table, &a);
    assert_int_equal(a.units, 0); /* required: left alone */
    assert_int_equal(a.count, 7);
    assert_int_equal(a.from, -2);
    assert_int_equal(a.kernel[0], 3);
    assert_int_equal(a.kernel[1], 3);
    assert_int_equal(a.bias, 1);
    assert_int_equal(a.optimizer, 2);
    assert_int_equal(a.frozen, 0);
    assert_true(a.lr == 0.001 && a.momentum == 0.9 && a.decay == 0 && a.shift == -2.5);
    assert_string_equal(a.name, "none");
}

/* What param_text makes of the text; "" when it is refused. */
static const char *canonical(const char *name, const char *text)
{
    static char buf[128];
    struct args a;
    struct err e = {0};
    memset(&a, 0x55, sizeof a);
    struct args before = a;
    if (param_set(row(name), &a, text, NULL, &e)) {
        assert_int_equal(e.code, ERR_USAGE);
        assert_true(e.text[0] != 0);
        if (memcmp(&a, &before, sizeof a))
            fail_msg("%s = '%s' is refused, but has changed the value", name, text);
        return "";
    }
    assert_int_equal(e.code, ERR_NONE);
    return param_text(row(name), &a, buf, sizeof buf);
}

static void every_type_reads_and_writes(void **state)
{
    static const char *const rows[][3] = {
        /* name, text, canonical text or "" for a refusal */
        {"extent", "3", "3x3"},
        {"extent", "3x5", "3x5"},
        {"extent", "2x3x5", "2x3x5"},
        {"extent", "0x1x1", "0x1x1"},
        {"extent", "2x3x5x1", ""},
        {"extent", "2xx5", ""},
        {"extent", "32x3x5", ""},
        {"extent", "2x3x", ""},
        {"units", "1", "1"},
        {"units", "4096", "4096"},
        {"units", "0", ""},
        {"units", "4097", ""},
        {"units", "-3", ""},
        {"units", "1e3", "1000"},
        {"units", "64.0", "64"},
        {"units", " 12 ", "12"},
        {"units", "1.5", ""},
        {"units", "", ""},
        {"units", "abc", ""},
        {"units", "1e99", ""},
        {"units", "100%", ""},
        {"units", "nan", ""},
        {"units", "0x10", ""},
        {"units", "4294967297", ""},
        {"units", "18446744073709551617", ""},
        {"count", "-2147483647", "-2147483647"},
        {"count", "2147483647", "2147483647"},
        {"count", "2147483648", ""},
        {"count", "1e10", ""},
        {"count", "-1e3", "-1000"},
        {"count", "0", "0"},
        {"from", "never", "never"},
        {"from", "late", "late"},
        {"from", "3", "3"},
        {"from", "-1", ""},
        {"from", "lat", ""},
        {"from", "", ""},
        {"kernel", "3", "3x3"},
        {"kernel", "3x5", "3x5"},
        {"kernel", "1x31", "1x31"},
        {"kernel", "0x3", ""},
        {"kernel", "3x0", ""},
        {"kernel", "3x32", ""},
        {"kernel", "3x", ""},
        {"kernel", "x3", ""},
        {"kernel", "x", ""},
        {"kernel", "", ""},
        {"kernel", "3x5x7", ""},
        {"kernel", "3*5", ""},
        {"kernel", "3 x 5", "3x5"},
        {"kernel", "3X5", ""},
        {"kernel", "0000000000000000000000000000000000000000000000000000000000000000000000000003", ""},
        {"bias", "yes", "yes"},
        {"bias", "true", "yes"},
        {"bias", "on", "yes"},
        {"bias", "1", "yes"},
        {"bias", "no", "no"},
        {"bias", "false", "no"},
        {"bias", "off", "no"},
        {"bias", "0", "no"},
        {"bias", "True", "yes"},
        {"bias", "OFF", "no"},
        {"bias", "y", ""},
        {"bias", "2", ""},
        {"bias", "", ""},
        {"bias", "yess", ""},
        {"optimizer", "sgd", "sgd"},
        {"optimizer", "adamw", "adamw"},
        {"optimizer", "adamx", ""},
        {"optimizer", "", ""},
        {"optimizer", "SGD", ""},
        {"optimizer", "0", ""},
        {"frozen", "", "yes"},
        {"frozen", "frozen", "yes"},
        {"frozen", "yes", "yes"},
        {"frozen", "no", "no"},
        {"frozen", "maybe", ""},
        {"frozen", NULL, "yes"},
        {"lr", "1", "1"},
        {"lr", "0", ""},
        {"lr", "1e-37", "1e-37"},
        {"lr", "1e-300", ""},
        {"lr", "1.0000001", ""},
        {"lr", "0.1", "0.1"},
        {"lr", "5%", "0.05"},
        {"lr", "-0.1", ""},
        {"lr", "nan", ""},
        {"lr", "inf", ""},
        {"lr", "0.1x", ""},
        {"lr", "0,1", ""},
        {"momentum", "0", "0"},
        {"momentum", "1", ""},
        {"momentum", "0.9999", "0.9999"},
        {"momentum", "-1e-9", ""},
        {"decay", "0", "0"},
        {"decay", "1e300", ""},
        {"decay", "-1e-300", ""},
        {"decay", "inf", ""},
        {"shift", "-1e300", ""},
        {"shift", "0.30000000000000004", "0.30000000000000004"},
        {"shift", "text", ""},
        {"name", "any text, x 3", "any text, x 3"},
        {"name", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[128];
        snprintf(got, sizeof got, "%s", canonical(rows[i][0], rows[i][1]));
        if (strcmp(got, rows[i][2]))
            fail_msg("%s = '%s' becomes '%s', want '%s'", rows[i][0], rows[i][1] ? rows[i][1] : "NULL", got,
                     rows[i][2]);
        if (got[0]) /* the canonical text is a fixed point */
            assert_string_equal(canonical(rows[i][0], got), got);
    }
}

static void ranges_in_words(void **state)
{
    static const char *const want[][2] = {
        {"units", "an integer 1..4096"},
        {"count", "an integer"},
        {"from", "an integer 1..9 or never, late"},
        {"kernel", "N or NxM, integers 1..31"},
        {"bias", "yes or no"},
        {"optimizer", "one of sgd, momentum, adam, adamw"},
        {"frozen", "the word alone"},
        {"lr", "a number in (0, 1]"},
        {"momentum", "a number in [0, 1)"},
        {"decay", "a number >= 0"},
        {"shift", "a number"},
        {"name", "a text"},
    };
    static const struct {
        struct param p;
        const char *want;
    } more[] = {
        {{.type = P_INT, .min = 1, .max = INFINITY}, "an integer >= 1"},
        {{.type = P_INT, .min = -5, .max = 5}, "an integer -5..5"},
        {{.type = P_FLOAT, .max = INFINITY, .open = 1}, "a number > 0"},
        {{.type = P_FLOAT, .min = -INFINITY, .max = 0.5}, "a number <= 0.5"},
        {{.type = P_FLOAT, .min = -INFINITY, .open = 2}, "a number < 0"},
        {{.type = P_FLOAT, .min = 0.1, .max = 0.2, .open = 3}, "a number in (0.1, 0.2)"},
        {{.type = P_PAIR}, "N or NxM, integers"},
        {{.type = P_EXTENT}, "N, NxM or DxNxM, integers"},
    };
    char buf[200];
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(param_range(row(want[i][0]), buf, sizeof buf), want[i][1]);
    for (size_t i = 0; i < COUNT(more); i++)
        assert_string_equal(param_range(&more[i].p, buf, sizeof buf), more[i].want);
    for (size_t n = 1; n < 40; n++) { /* cut, never beyond the end */
        memset(buf, '#', sizeof buf);
        param_range(row("optimizer"), buf, n);
        assert_true(strlen(buf) < n);
        assert_int_equal(buf[n], '#');
    }
}

static void messages_say_what_and_where(void **state)
{
    static const struct where at = {"a.ini", 14, "optim", "lr"};
    static const struct {
        const char *name, *text;
        const struct where *at;
        const char *want;
    } rows[] = {
        {"lr", "3.0", &at, "a.ini:14: optim.lr: '3.0' is not a number in (0, 1]"},
        {"units", "0", &at, "a.ini:14: optim.lr: units: '0' is not an integer 1..4096"},
        {"units", "0", NULL, "units: '0' is not an integer 1..4096"},
        {"optimizer", "admw", NULL,
         "optimizer: 'admw' is not one of sgd, momentum, adam, adamw; did you mean 'adamw'?"},
        {"optimizer", "SGD", NULL, "optimizer: 'SGD' is not one of sgd, momentum, adam, adamw; did you mean 'sgd'?"},
        {"optimizer", "lion", NULL, "optimizer: 'lion' is not one of sgd, momentum, adam, adamw"},
        {"from", "nevr", NULL, "from: 'nevr' is not an integer 1..9 or never, late; did you mean 'never'?"},
        {"from", "10", NULL, "from: '10' is not an integer 1..9 or never, late"},
        {"bias", "maybe", NULL, "bias: 'maybe' is not yes or no"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct args a;
        struct err e = {0};
        assert_int_equal(param_set(row(rows[i].name), &a, rows[i].text, rows[i].at, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_string_equal(e.text, rows[i].want);
    }
    char novel[3000]; /* a long value must not push the explanation out of the message */
    struct args a;
    struct err e = {0};
    memset(novel, 'n', sizeof novel - 1);
    novel[sizeof novel - 1] = 0;
    assert_int_equal(param_set(row("lr"), &a, novel, &at, &e), -1);
    assert_non_null(strstr(e.text, "is not a number in (0, 1]"));
}

/* What a row says about results: never, not as the default, not while another row says nothing, not an empty text. */
static void rows_say_what_counts(void **state)
{
    struct {
        int never, usual, flag;
        double factor, with_factor, with_flag;
        const char *text;
    } v = {.usual = 3, .text = ""};
    const struct param rows[] = {
        {.name = "never", .type = P_INT, .at = (size_t)((char *)&v.never - (char *)&v), .matters = MATTERS_NEVER},
        {.name = "usual",
         .type = P_INT,
         .at = (size_t)((char *)&v.usual - (char *)&v),
         .preset = "3.0",
         .matters = MATTERS_UNLESS_PRESET},
        {.name = "flag", .type = P_FLAG, .at = (size_t)((char *)&v.flag - (char *)&v)},
        {.name = "factor", .type = P_FLOAT, .at = (size_t)((char *)&v.factor - (char *)&v)},
        {.name = "a", .type = P_FLOAT, .at = (size_t)((char *)&v.with_factor - (char *)&v), .with = "factor"},
        {.name = "b", .type = P_FLOAT, .at = (size_t)((char *)&v.with_flag - (char *)&v), .with = "flag"},
        {.name = "text", .type = P_TEXT, .at = (size_t)((char *)&v.text - (char *)&v)},
        {0}};
    (void)state;
    const char *want[] = {"0011000", "0111111"};
    for (int round = 0; round < 2; round++) {
        for (int i = 0; rows[i].name; i++)
            if (param_counts(rows, &rows[i], &v) != want[round][i] - '0')
                fail_msg("%s of round %d", rows[i].name, round);
        v.never = v.usual = v.flag = 1;
        v.factor = 0.5;
        v.text = "word";
    }
}

int test_param(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_say_what_counts),
        cmocka_unit_test(find_by_name),
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_type_reads_and_writes),
        cmocka_unit_test(ranges_in_words),
        cmocka_unit_test(messages_say_what_and_where),
    };
    return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
