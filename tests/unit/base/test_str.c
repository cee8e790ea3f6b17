#include "groups.h"

#include "base/rng.h"
#include "base/str.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void buffer_grows(void **state)
{
    struct str s = {0};
    char want[4096] = "";
    (void)state;
    for (int i = 0; i < 300; i++) {
        str_addf(&s, "%d,", i);
        snprintf(want + strlen(want), sizeof want - strlen(want), "%d,", i);
        assert_int_equal(s.n, strlen(want));
        assert_string_equal(s.p, want);
    }
    str_addn(&s, "abcdef", 3);
    assert_string_equal(s.p + s.n - 4, ",abc");
    size_t cap = s.cap;
    str_clear(&s);
    assert_string_equal(s.p, "");
    assert_int_equal(s.n, 0);
    assert_int_equal(s.cap, cap);
    str_add(&s, "");
    assert_string_equal(s.p, "");
    str_addf(&s, "%*d", 20000, 5); /* far more than twice the buffer */
    assert_int_equal(s.n, 20000);
    assert_int_equal(s.failed, 0);
    str_release(&s);
    assert_null(s.p);
    str_clear(&s);
    str_addn(&s, "", 0);
    assert_string_equal(s.p, "");
    str_release(&s);
}

static void buffer_keeps_nul_bytes(void **state)
{
    struct str s = {0};
    (void)state;
    str_addn(&s, "a\0b", 3);
    str_add(&s, "c");
    assert_int_equal(s.n, 4);
    assert_memory_equal(s.p, "a\0bc", 5);
    str_release(&s);
}

static void doubles_as_text(void **state)
{
    static const struct {
        double v;
        const char *text;
    } row[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1, "-1"},
        {10, "10"},
        {100000, "100000"},
        {1e6, "1000000"},
        {123456789012345, "123456789012345"},
        {999999999999999, "999999999999999"},
        {1e15, "1e15"},
        {1.5e15, "1.5e15"},
        {1234567890123456, "1234567890123456"},
        {2251799813685249.5, "2251799813685249.5"},
        {1e22, "1e22"},
        {1e23, "1e23"},
        {0.1, "0.1"},
        {-0.1, "-0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {1e-5, "1e-5"},
        {1.5e-7, "1.5e-7"},
        {1e-100, "1e-100"},
        {123.456, "123.456"},
        {12.5, "12.5"},
        {0.9951, "0.9951"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e308"},
        {-DBL_MAX, "-1.7976931348623157e308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-489, "6.256509672447191e-148"},
        {9007199254740992, "9007199254740992"},
        {9.5367431640625e-7, "9.5367431640625e-7"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, ""},
        {-NAN, ""},
        {0.99999999999999989, "0.9999999999999999"},
        {9.999999999999998, "9.999999999999998"},
        {-2.5e-10, "-2.5e-10"},
    };
    static const struct {
        float v;
        const char *text;
    } single[] = {
        {0, "0"},
        {0.1f, "0.1"},
        {-2.3f, "-2.3"},
        {1.0f / 3, "0.33333334"},
        {16777215, "16777215"},
        {16777216, "16777216"},
        {1e11f, "1e11"},
        {3e9f, "3e9"},
        {FLT_MAX, "3.4028235e38"},
        {FLT_MIN, "1.1754944e-38"},
        {1e-45f, "1e-45"},
        {NAN, ""},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {1e-5f, "1e-5"},
        {0.995f, "0.995"},
        {8.5e-7f, "8.5e-7"},
        {0x1p-96f, "1.2621775e-29"},
    };
    char buf[STR_NUM];
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        assert_ptr_equal(str_double(buf, row[i].v), buf);
        assert_string_equal(buf, row[i].text);
    }
    for (size_t i = 0; i < COUNT(single); i++)
        assert_string_equal(str_float(buf, single[i].v), single[i].text);
}

static double double_of(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Digits of the mantissa as written, without zeros in front and at the end. */
static int digits_of(const char *text)
{
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n || *text != '0')) {
            n++;
            zeros = *text == '0' ? zeros + 1 : 0;
        }
    return n - zeros;
}

static int fewest_digits(double v)
{
    char text[64];
    int n = 1;
    for (; n < 17; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return n;
}

static void round_trip(double v)
{
    char buf[STR_NUM];
    double back;
    memset(buf, '#', sizeof buf);
    if (strlen(str_double(buf, v)) > 24)
        fail_msg("%.17g becomes %s", v, buf);
    if (strtod(buf, NULL) != v)
        fail_msg("%.17g becomes %s, and strtod makes %.17g of that", v, buf, strtod(buf, NULL));
    if (str_to_double(buf, &back) || back != v)
        fail_msg("%.17g becomes %s, and str_to_double makes something else of that", v, buf);
}

static void random_doubles_read_back(void **state)
{
    struct rng r;
    char buf[STR_NUM];
    (void)state;
    rng_init(&r, 11, RNG_TEST, 0, 0);
    for (int i = 0; i < 100000; i++) {
        double v = double_of((uint64_t)rng_u32(&r) << 32 | rng_u32(&r));
        if (!isfinite(v))
            continue;
        round_trip(v);
        round_trip(double_of((uint64_t)rng_u32(&r) << (rng_below(&r, 20)))); /* subnormals */
        round_trip((double)rng_u32(&r) / 10000);                             /* as tables hold them */
        round_trip((double)rng_float(&r));
        if (i % 20 == 0 && digits_of(str_double(buf, v)) > fewest_digits(v))
            fail_msg("%s is not the shortest text", buf);
    }
}

static void random_floats_read_back(void **state)
{
    struct rng r;
    char buf[STR_NUM];
    (void)state;
    rng_init(&r, 12, RNG_TEST, 0, 0);
    for (int i = 0; i < 200000; i++) {
        float v = i & 1 ? float_of(rng_u32(&r)) : rng_float(&r);
        if (!isfinite(v))
            continue;
        str_float(buf, v);
        if (strtof(buf, NULL) != v || digits_of(buf) > 9)
            fail_msg("%.9g becomes %s", (double)v, buf);
        for (int n = 1; i % 20 == 0 && n < digits_of(buf); n++) {
            char text[64];
            snprintf(text, sizeof text, "%.*e", n - 1, (double)v);
            if (strtof(text, NULL) == v)
                fail_msg("%s is not the shortest text: %s", buf, text);
        }
    }
}

/* The numbers of tables take a way of their own, which stops at its ends: both sides of them, tenths, and neighbours.
 */
static void numbers_of_tables_are_shortest(void **state)
{
    struct rng r;
    char buf[STR_NUM];
    (void)state;
    rng_init(&r, 13, RNG_TEST, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double v = ldexp(1 + rng_float(&r), (int)rng_below(&r, 80) - 25); /* 3e-8 to 4e16 */
        double tenth = (double)rng_below(&r, 100000) / pow(10, rng_below(&r, 9));
        double near = i & 1 ? nextafter(tenth, 0) : nextafter(tenth, 1e9);
        for (int k = 0; k < 3; k++) {
            double x = k == 0 ? v : k == 1 ? tenth : near;
            round_trip(x);
            if (x != 0 && digits_of(str_double(buf, x)) > fewest_digits(x))
                fail_msg("%s is not the shortest text of %.17g", buf, x);
            char text[64];
            int n = digits_of(str_double(buf, x));
            snprintf(text, sizeof text, "%.*e", n ? n - 1 : 0, x);
            if (frexp(x, &(int){0}) != 0.5 && strtold(text, NULL) != strtold(buf, NULL))
                fail_msg("%s is not the nearest text of its length: %s", buf, text);
        }
    }
}

static void powers_read_back(void **state)
{
    char buf[STR_NUM];
    (void)state;
    for (int e = -1074; e < 1024; e++) { /* the spacing changes here: neighbours on both sides as well */
        double v = ldexp(1, e);
        round_trip(v);
        round_trip(-v);
        round_trip(nextafter(v, 0));
        round_trip(nextafter(v, DBL_MAX));
        assert_true(digits_of(str_double(buf, v)) <= fewest_digits(v));
    }
    for (int e = -149; e < 128; e++) {
        float v = ldexpf(1, e);
        assert_true(strtof(str_float(buf, v), NULL) == v);
        v = nextafterf(v, 0);
        assert_true(strtof(str_float(buf, v), NULL) == v);
    }
    for (int e = -323; e < 309; e++) { /* a power of ten is one digit, whatever its bits are */
        char text[16];
        snprintf(text, sizeof text, "1e%d", e);
        round_trip(strtod(text, NULL));
        assert_int_equal(digits_of(str_double(buf, strtod(text, NULL))), 1);
    }
}

static void numbers_from_text(void **state)
{
    static const struct {
        const char *text;
        double v;
    } good[] = {
        {"0", 0},
        {"1", 1},
        {"-1", -1},
        {"+1", 1},
        {"0.5", 0.5},
        {".5", 0.5},
        {"5.", 5},
        {"-.5e1", -5},
        {"1e3", 1000},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"1e-3", 0.001},
        {"  2.5\t", 2.5},
        {"007", 7},
        {"1e308", 1e308},
        {"5e-324", 5e-324},
        {"50%", 0.5},
        {"99.4%", 0.994},
        {"99.4 %", 0.994},
        {"99.45 ", 99.45},
        {"-7%", -0.07},
        {" 12.5% ", 0.125},
        {"1e1%", 0.1},
        {"0%", 0},
        {"0.1000000000000000055511151231257827021181583404541015625", 0.1},
        {"0e999", 0},
        {"123456789.123456789", 123456789.123456789},
        {"0.000000000000000000000000000000000000000000000000000000000000000000000000000000001", 1e-81},
    };
    static const char *const bad[] = {
        "",
        " ",
        "%",
        ".",
        "-",
        "+",
        "e5",
        "1e",
        "1e+",
        "1e-",
        ".e1",
        "--1",
        "+-1",
        "1-",
        "1..2",
        "1.2.3",
        "1,5",
        "1 2",
        "0x10",
        "0x1p3",
        "1p3",
        "nan",
        "NAN",
        "nan(1)",
        "inf",
        "-inf",
        "infinity",
        "INF",
        "1e309",
        "-1e309",
        "1e999999999999999999999",
        "1e-400",
        "1e-99999999999",
        "1%%",
        "%1",
        "abc",
        "1a",
        "a1",
        "1e5.5",
        "1e5e5",
        "1_000",
        "\xd9\xa1",
        "1;",
        "- 1",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        double v = -77;
        if (str_to_double(good[i].text, &v) || v != good[i].v)
            fail_msg("'%s' is read as %.17g, want %.17g", good[i].text, v, good[i].v);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        double v = -77;
        if (!str_to_double(bad[i], &v) || v != -77)
            fail_msg("'%s' is read as %.17g, want a refusal", bad[i], v);
    }
    char text[1000]; /* longer than any buffer inside */
    double v;
    memset(text, '9', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_int_equal(str_to_double(text, &v), -1);
    memset(text, '0', sizeof text - 1);
    text[0] = ' ';
    assert_int_equal(str_to_double(text, &v), -1);
    /* percentages are what they say: every one of 0.00 % .. 100.00 % */
    for (int i = 0; i <= 10000; i++) {
        snprintf(text, sizeof text, "%d.%02d%%", i / 100, i % 100);
        assert_int_equal(str_to_double(text, &v), 0);
        assert_true(v == i / 10000.0);
    }
}

static void integers_from_text(void **state)
{
    static const struct {
        const char *text;
        int64_t v;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"+7", 7},
        {" 42 ", 42},
        {"-5", -5},
        {"010", 10},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {"",
                                      " ",
                                      "-",
                                      "+",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "1 2",
                                      "abc",
                                      "1a",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999",
                                      "1,000",
                                      "--1",
                                      "1%"};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t v = 1;
        assert_int_equal(str_to_int(good[i].text, &v), 0);
        assert_true(v == good[i].v);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t v = -77;
        if (!str_to_int(bad[i], &v) || v != -77)
            fail_msg("'%s' is read as %lld, want a refusal", bad[i], (long long)v);
    }
}

/* A locale with a decimal comma: one of the system's, or one compiled into the test's folder. */
static int use_comma_locale(void)
{
    static const char *const name[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8", "de_DE"};
    for (size_t i = 0; i < COUNT(name); i++)
        if (setlocale(LC_ALL, name[i]) && localeconv()->decimal_point[0] == ',')
            return 1;
    char command[8192];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s' >/dev/null 2>&1", test_path("de_DE.UTF-8"));
    if (system(command)) {
        setlocale(LC_ALL, "C");
        return 0;
    }
    setenv("LOCPATH", test_folder(), 1);
    int ok = setlocale(LC_ALL, "de_DE.UTF-8") && localeconv()->decimal_point[0] == ',';
    unsetenv("LOCPATH");
    return ok;
}

static void a_comma_locale_changes_nothing(void **state)
{
    char buf[STR_NUM];
    double v;
    if (!use_comma_locale()) {
        print_message("skipped: no locale with a decimal comma, and localedef makes none\n");
        skip();
    }
    snprintf(buf, sizeof buf, "%g", 0.5);
    assert_string_equal(buf, "0,5"); /* it is in force */
    doubles_as_text(state);
    numbers_from_text(state);
    integers_from_text(state);
    assert_int_equal(str_to_double("0,5", &v), -1);
    setlocale(LC_ALL, "C");
}

static int back_to_c(void **state)
{
    (void)state;
    setlocale(LC_ALL, "C");
    return 0;
}

static void trim_in_place(void **state)
{
    static const char *const row[][2] = {{"", ""},    {"   ", ""},   {"a", "a"}, {"  a b\t\n", "a b"},
                                         {"a ", "a"}, {"\r\na", "a"}};
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        char text[32];
        strcpy(text, row[i][0]);
        assert_string_equal(str_trim(text), row[i][1]);
    }
}

static const char *known(size_t i, const void *ctx)
{
    return ((const char *const *)ctx)[i];
}

static void nearest_word(void **state)
{
    static const char *const words[] = {"relu",    "leaky_relu", "sigmoid", "tanh", "gelu",
                                        "dropout", "batchnorm",  "conv",    "lr",   NULL};
    static const char *const none[] = {NULL}, *const hidden[] = {"", "relu", NULL};
    static const struct {
        const char *word, *want;
    } row[] = {
        {"relu", "relu"},
        {"rleu", "relu"},
        {"relux", "relu"},
        {"elu", "relu"},
        {"dropuot", "dropout"},
        {"batch_norm", "batchnorm"},
        {"bachnorm", "batchnorm"},
        {"convv", "conv"},
        {"con", "conv"},
        {"ReLU", "relu"},
        {"LeakyReLU", "leaky_relu"},
        {"Sigmoid", "sigmoid"},
        {"DROPOUT", "dropout"},
        {"l", "lr"},
        {"rl", "lr"},
        {"learning_rate", "lr"},
        {"fc", NULL}, /* no dense here */
        {"Convolution2D", "conv"},
        {"sig", "sigmoid"},
        {"", NULL},
        {"softmax", NULL},
        {"batch", "batchnorm"},
        {"xonw", NULL}, /* half of the letters are others */
        {"tabl", NULL},
        {"xyz", NULL},
        {"tahn", "tanh"},
    };
    char longest[200];
    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        const char *got = str_nearest(row[i].word, known, words);
        if (!got != !row[i].want || (got && strcmp(got, row[i].want)))
            fail_msg("'%s' is nearest to %s, want %s", row[i].word, got ? got : "none",
                     row[i].want ? row[i].want : "none");
    }
    assert_null(str_nearest("relu", known, none));
    assert_null(str_nearest("x", known, hidden));
    for (size_t n = 60; n < sizeof longest; n++) { /* on both sides of what the distance can hold */
        const char *const one[] = {"x", longest, NULL};
        memset(longest, 'w', n);
        longest[n] = 0;
        const char *got = str_nearest(longest, known, one);
        assert_true(got == longest); /* a longer one as a word that begins so */
        assert_null(str_nearest("x", known, one + 1));
        if (n + 1 >= sizeof longest)
            break;
    }
}

static void hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(str_hash(STR_HASH, "", 0) == 0xcbf29ce484222325u);
    assert_true(str_hash(STR_HASH, "a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(str_hash(STR_HASH, "foobar", 6) == 0x85944171f73967e8u);
    assert_true(str_hash(str_hash(STR_HASH, "foo", 3), "bar", 3) == 0x85944171f73967e8u);
    assert_true(str_hash(STR_HASH, "\xff", 1) != str_hash(STR_HASH, "\x7f", 1));
}

int test_str(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_grows),
        cmocka_unit_test(buffer_keeps_nul_bytes),
        cmocka_unit_test(doubles_as_text),
        cmocka_unit_test(random_doubles_read_back),
        cmocka_unit_test(random_floats_read_back),
        cmocka_unit_test(numbers_of_tables_are_shortest),
        cmocka_unit_test(powers_read_back),
        cmocka_unit_test(numbers_from_text),
        cmocka_unit_test(integers_from_text),
        cmocka_unit_test_teardown(a_comma_locale_changes_nothing, back_to_c),
        cmocka_unit_test(trim_in_place),
        cmocka_unit_test(nearest_word),
        cmocka_unit_test(hash_is_fnv_1a),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
