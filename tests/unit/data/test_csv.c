/* CSV files: what is read of them, how columns become features and targets, and what is refused where. */
#include "data/sources/cells.h"
#include "data/sources/source.h"
#include "data/sources/tabular_kept.h"
#include "data_test.h"
#include "kernels/kernels.h"
#include "mishap.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct data_source source_csv;

static int setup(void **state)
{
    struct data_place *p = calloc(1, sizeof *p);
    data_place_make(p, "csv");
    set_key(&p->s, "file", "t.csv");
    set_key(&p->s, "test_file", "t.csv");
    *state = p;
    return 0;
}

static void put(const struct data_place *p, const char *text)
{
    file_put(p->folder, "t.csv", text, strlen(text));
}

/* The training rows have these features, NAN where there is none. */
static void has_features(const struct dataset *d, size_t features, const float *want)
{
    assert_int_equal(shape_size(data_input(d)->shape), features);
    for (size_t i = 0; i < d->n[PART_TRAIN] * features; i++) {
        float got = field_floats(data_input(d), PART_TRAIN)[i];
        if (isnan(want[i]) ? !isnan(got) : got != want[i])
            fail_msg("value %zu is %g, expected %g", i, (double)got, (double)want[i]);
    }
}

static void columns_become_features_and_classes(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "size,colour,weight,kind\n1,red,2.5,b\n2,blue,-3e2,a\n3,red,.5,b\n");
    loads(&p->s, &d);
    has_features(&d, 4, (const float[]){1, 0, 1, 2.5f, 2, 1, 0, -300, 3, 0, 1, 0.5f});
    assert_true(data_classes(&d) == 2 && d.n[PART_TEST] == 3 && d.fingerprint);
    assert_string_equal(data_target(&d)->class_name[0], "a");
    assert_memory_equal(classes_of(&d, PART_TRAIN), ((uint8_t[]){1, 0, 1}), 3);
    assert_true(data_target(&d)->count[0] == 1 && data_target(&d)->count[1] == 2);
    has_text(d.told, "t.csv: 6 rows and 4 columns; 3 to train and to validate, 3 to test, 4 features",
             "kind: the target, 2 classes: a 1, b 2", "size: whole numbers",
             "colour: 2 categories, a feature each: blue, red", "weight: numbers");
    dataset_release(&d);
    struct err e = {0};
    assert_int_equal(dataset_peek(&d, &p->s, &e), 0);
    assert_true(!d.field[0].values[0] && !d.field[1].values[0] && d.field[0].shape.c == 4 && d.told);
    dataset_release(&d);
}

static void columns_are_chosen_by_name_and_number(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "a,\"b, c\",d,e\n1,2,3,4.5\n5,6,7,8.5\n");
    set_key(&p->s, "target", "4");
    set_key(&p->s, "features", "a, \"b, c\"");
    loads(&p->s, &d);
    has_features(&d, 2, (const float[]){1, 2, 5, 6});
    assert_true(data_classes(&d) == 0 && data_numbers(&d) == 1);
    assert_true(field_floats(data_target(&d), PART_TRAIN)[1] == 8.5f);
    has_text(d.told, "e: the target, a number", "not used: d");
    dataset_release(&d);
    set_key(&p->s, "features", "");
    set_key(&p->s, "drop", "b, c");
    refused(&p->s, ERR_USAGE, "data.drop: no column 'b'; the file has 4, the first is 'a', the last 'e'");
    set_key(&p->s, "drop", "2,1,3");
    refused(&p->s, ERR_USAGE, "data.drop: no column is left beside the target 'e'");
    set_key(&p->s, "drop", "e");
    refused(&p->s, ERR_USAGE, "data.drop: column 'e' is the target");
    set_key(&p->s, "drop", "a, \"b");
    refused(&p->s, ERR_USAGE, "data.drop: 'a, \"b' has a name that is empty");
    put(p, "a,a,b\n1,2,3\n2,3,4\n");
    set_key(&p->s, "target", "b");
    set_key(&p->s, "drop", "a");
    refused(&p->s, ERR_USAGE, "two columns are called 'a'");
}

static void numbers_can_be_categories(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "c,o,y\n10,large,1\n9,small,0\n10,large,1\n");
    set_key(&p->s, "onehot", "c");
    set_key(&p->s, "ordinal", "o");
    loads(&p->s, &d);
    has_features(&d, 3, (const float[]){0, 1, 0, 1, 0, 1, 0, 1, 0}); /* 9 before 10; large before small */
    assert_string_equal(data_target(&d)->class_name[1], "1");
    dataset_release(&d);
    set_key(&p->s, "target_type", "number");
    loads(&p->s, &d);
    assert_int_equal(data_numbers(&d), 1);
    dataset_release(&d);
    set_key(&p->s, "target", "o");
    set_key(&p->s, "ordinal", "");
    refused(&p->s, ERR_DATA, "data.target_type: the values of column 'o' are not all numbers; write class");
}

static void several_numbers_are_predicted(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "a,\"b, c\",x,kind\n1,2.5,7,u\n3,4,8,v\n5,6,9,u\n");
    set_key(&p->s, "target", "\"b, c\", 1");
    loads(&p->s, &d);
    has_features(&d, 3, (const float[]){7, 1, 0, 8, 0, 1, 9, 1, 0});
    assert_true(data_classes(&d) == 0 && data_numbers(&d) == 2);
    assert_memory_equal(field_floats(data_target(&d), PART_TEST), ((float[]){2.5f, 1, 4, 3, 6, 5}), 6 * sizeof(float));
    assert_string_equal(data_target(&d)->channel[0], "b, c");
    assert_string_equal(data_target(&d)->channel[1], "a");
    has_text(d.told, "b, c, a: the targets, 2 numbers");
    dataset_release(&d);
    set_key(&p->s, "target", "b, c"); /* the name of a column, as a whole */
    loads(&p->s, &d);
    assert_int_equal(data_numbers(&d), 1);
    dataset_release(&d);
    set_key(&p->s, "target", "a, kind");
    refused(&p->s, ERR_DATA,
            "data.target: the values of column 'kind' are not all numbers, such as 'u'; several targets");
    set_key(&p->s, "target", "a, x, 1");
    refused(&p->s, ERR_USAGE, "data.target: column 'a' is named twice");
    set_key(&p->s, "target", "a, y");
    refused(&p->s, ERR_USAGE, "data.target: no column 'y'");
    set_key(&p->s, "target", "a, x");
    set_key(&p->s, "target_type", "class");
    refused(&p->s, ERR_USAGE, "data.target_type: several targets cannot be classes");
    set_key(&p->s, "target_type", "auto");
    set_key(&p->s, "features", "kind, x");
    refused(&p->s, ERR_USAGE, "data.features: column 'x' is the target");
}

static void a_first_line_of_numbers_is_no_header(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "1,2,0\n3,4,1\n");
    loads(&p->s, &d);
    has_features(&d, 2, (const float[]){1, 2, 3, 4});
    has_text(d.told, "4 rows and 3 columns without a header", "3: the target");
    dataset_release(&d);
    set_key(&p->s, "header", "yes");
    refused(&p->s, ERR_DATA, "column '0' has the same value in all rows");
    put(p, "x,y\nred,1\nblue,0\n");
    set_key(&p->s, "header", "no");
    loads(&p->s, &d);
    assert_true(data_classes(&d) == 3 && d.n[PART_TRAIN] == 3);
    dataset_release(&d);
}

static void delimiters_line_ends_and_marks(void **state)
{
    static const struct {
        const char *delimiter, *text;
    } row[] = {
        {"comma", "\xef\xbb\xbf"
                  "a,b\r\n1,0\r\n2,1\r\n"},
        {"comma", "a,b\r1,0\r2,1"},
        {"semicolon", "a;b\n1;0\n2;1"},
        {"tab", "a\tb\n\n1\t0\n\n2\t1\n"},
        {"space", "a b\n1 0\n2 1\n"},
        {"bar", "a|b\n1|\"0\"\n\"2\"|1\n"},
    };
    struct data_place *p = *state;
    struct dataset d;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put(p, row[i].text);
        set_key(&p->s, "delimiter", row[i].delimiter);
        loads(&p->s, &d);
        has_features(&d, 1, (const float[]){1, 2});
        assert_int_equal(classes_of(&d, PART_TRAIN)[1], 1);
        dataset_release(&d);
    }
    set_key(&p->s, "delimiter", "comma");
    set_key(&p->s, "skip", "2");
    put(p, "made by \"somebody\nx,y,z\na,b\n1,0\n2,1\n");
    loads(&p->s, &d);
    has_features(&d, 1, (const float[]){1, 2});
    dataset_release(&d);
    file_drop(p->folder, "t.csv");
    file_put_gz(p->folder, "t.csv", "\n\na,b\n1,0\n2,1\n", 14);
    loads(&p->s, &d);
    has_features(&d, 1, (const float[]){1, 2});
    dataset_release(&d);
}

/* What a sample of a split has in a batch. */
static double fed(const struct data_view *v, enum data_split split, uint32_t at, int feature)
{
    static _Alignas(64) float x[8 * LANES];
    int32_t label[1];
    uint32_t key[1];
    batch_of(kernels_pick(NULL), v, split, &at, 1, NULL, x, label, key);
    return (double)x[feature * LANES];
}

/* Rows 0, 1, ... 9 of which 3 and 4 have no number; only what the training split has says what is put there. */
static void missing_values_are_filled_from_the_training_split(void **state)
{
    static const struct {
        const char *rule;
        double want;
        size_t features;
    } row[] = {{"mean", NAN, 1}, {"median", NAN, 1}, {"constant", -7, 1}, {"indicator", NAN, 2}};
    struct data_place *p = *state;
    put(p, "x,y\n1,a\n2,b\n4,a\n,b\nNA,a\n8,b\n16,a\n32,b\n64,a\n1000,b\n");
    set_key(&p->s, "constant", "-7");
    p->s.train = 6;
    p->s.validation = 4;
    p->s.normalize = NORMALIZE_NONE;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct dataset d;
        struct data_view v;
        struct arena a;
        double have[10], sum = 0, want = row[i].want;
        size_t n = 0;
        arena_init(&a);
        set_key(&p->s, "missing", row[i].rule);
        loads(&p->s, &d);
        view_of(&v, &d, &p->s, &a);
        assert_int_equal(shape_size(data_input(&d)->shape), row[i].features);
        for (size_t k = 0; k < v.n[DATA_TRAIN]; k++) {
            float x = field_floats(data_input(&d), PART_TRAIN)[v.index[DATA_TRAIN][k] * row[i].features];
            if (!isnan(x)) {
                sum += (double)x; /* ascending, as the file is */
                have[n++] = (double)x;
            }
        }
        assert_true(n >= 4);
        if (isnan(want))
            want = i == 1 ? (have[(n - 1) / 2] + have[n / 2]) / 2 : sum / (double)n;
        for (uint32_t k = 3; k < 5; k++) {
            assert_close(fed(&v, DATA_TEST, k, 0), want, 1e-6, 0);
            if (row[i].features == 2)
                assert_true(fed(&v, DATA_TEST, k, 1) == 1 && fed(&v, DATA_TEST, 5, 1) == 0);
        }
        assert_close(fed(&v, DATA_TEST, 9, 0), 1000, 0, 0);
        arena_release(&a);
        dataset_release(&d);
    }
    set_key(&p->s, "missing", "drop");
    struct dataset d;
    loads(&p->s, &d);
    assert_true(d.n[PART_TRAIN] == 8 && d.n[PART_TEST] == 8);
    has_text(d.told, "4 rows with missing values left out");
    dataset_release(&d);
}

static void texts_that_lack_are_a_category(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "c,y\nu,1\n,0\nv,1\nNaN,0\n");
    loads(&p->s, &d);
    has_features(&d, 3, (const float[]){0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0});
    has_text(d.told, "c: 3 categories, a feature each: (missing), u, v; 4 missing (a category of their own)");
    dataset_release(&d);
    put(p, "c,y\nu,1\nv,\n");
    refused(&p->s, ERR_DATA, "/t.csv:3: column 2 (y): the target is missing; `missing = drop` leaves such rows out");
}

/* What a file says reaches a terminal in one line, without control characters, its letters whole. */
static void texts_are_told_as_plain_lines(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p,
        "\"c\033[2J\nd\",y\n\"u\ne\",1\n"
        "1234567890123456789012345678901234567890\xc3\xa9,0\nv,1\n123456789012345678901234567890123456789\xc3\xa9,0\n");
    loads(&p->s, &d);
    has_text(d.told, "  c [2J d: 4 categories", "1234567890123456789012345678901234567890...",
             "123456789012345678901234567890123456789\xc3\xa9,", "u e, v");
    dataset_release(&d);
}

/* A column of numbers in which a text comes late is read again as texts, whole. */
static void a_late_text_makes_categories(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    struct str text = {0};
    str_add(&text, "x,z,y\n");
    for (int i = 0; i < 1500; i++)
        str_addf(&text, "%d,%d,%d\n", i % 3, i, i % 2);
    str_add(&text, "none,7,1\n1,7,0\n");
    put(p, text.p);
    str_release(&text);
    loads(&p->s, &d);
    assert_true(d.n[PART_TRAIN] == 1502 && shape_size(data_input(&d)->shape) == 5);
    const float *x = field_floats(data_input(&d), PART_TRAIN);
    assert_true(x[0] == 1 && x[5 + 1] == 1 && x[1500 * 5 + 3] == 1 && x[1500 * 5 + 4] == 7 && x[1499 * 5 + 4] == 1499);
    dataset_release(&d);
}

static void tests_are_drawn_class_by_class(void **state)
{
    struct data_place *p = *state;
    struct dataset d, other;
    struct str text = {0};
    for (int i = 0; i < 100; i++)
        str_addf(&text, "%d.5,%s\n", i, i % 4 ? "often" : "seldom");
    put(p, text.p);
    str_release(&text);
    set_key(&p->s, "test_file", "");
    loads(&p->s, &d);
    assert_true(d.n[PART_TRAIN] == 80 && d.n[PART_TEST] == 20);
    size_t seldom = 0, sum = 0;
    for (int part = 0; part < DATA_PARTS; part++)
        for (size_t i = 0; i < d.n[part]; i++) {
            seldom += part == PART_TEST && classes_of(&d, part)[i] == 1;
            sum += (size_t)field_floats(data_input(&d), part)[i];
        }
    assert_true(seldom == 5 && sum == 4950); /* each row in one part */
    p->s.seed = 3;
    loads(&p->s, &other);
    assert_memory_equal(d.field[0].values[PART_TEST], other.field[0].values[PART_TEST], 20 * sizeof(float));
    assert_true(d.fingerprint == other.fingerprint);
    dataset_release(&d);
    dataset_release(&other);
}

static void a_file_of_tests_has_the_same_columns(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "c,x,y\nu,1,0\nv,2,1\n");
    set_key(&p->s, "test_file", "test.csv");
#define PUT_TEST(text) file_put(p->folder, "test.csv", text, sizeof text - 1)
    PUT_TEST("c,x,y\nw,1,0\nv,5,1\n");
    loads(&p->s, &d);
    const float *x = field_floats(data_input(&d), PART_TEST);
    assert_true(x[0] == 0 && x[1] == 0 && x[4] == 1 && x[5] == 5); /* w is none of the categories in training */
    dataset_release(&d);
    PUT_TEST("c,z,y\nw,1,0\n");
    refused(&p->s, ERR_DATA, "/test.csv:1: column 2 is called 'z', expected 'x' as in the first file");
    PUT_TEST("c,x,y\n\nw,one,0\n");
    refused(&p->s, ERR_DATA, "/test.csv:3: column 2 (x): 'one' is not a number");
    PUT_TEST("c,x,y\nu,1,2\n");
    refused(&p->s, ERR_DATA, "rows of class '2' of column 'y' are for tests only");
    PUT_TEST("c,x\nu,1\n");
    refused(&p->s, ERR_DATA, "/test.csv:1: has 2 cells, expected 3");
    file_drop(p->folder, "test.csv");
    refused(&p->s, ERR_DATA, "has no test.csv");
}

static void features_can_be_an_image(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put(p, "0,1,2,3,4,5,a\n6,7,8,9,10,11,b\n");
    set_key(&p->s, "image", "1x2x3");
    loads(&p->s, &d);
    const struct shape s = data_input(&d)->shape;
    assert_true(s.kind == MAPS && s.c == 1 && s.h == 2 && s.w == 3);
    assert_true(field_floats(data_input(&d), PART_TRAIN)[11] == 11);
    dataset_release(&d);
    set_key(&p->s, "image", "1x3x2x1");
    loads(&p->s, &d);
    assert_true(shape_equal(data_input(&d)->shape, (struct shape){VOLUME, 1, 6, 1, 3}));
    dataset_release(&d);
    set_key(&p->s, "image", "1x3x2x2");
    refused(&p->s, ERR_USAGE, "data.image: 1x3x2x2 has 12 values, the columns make 6 features");
    set_key(&p->s, "image", "1x3x2x");
    refused(&p->s, ERR_USAGE, "data.image: '1x3x2x' is not channels x height x width");
    set_key(&p->s, "image", "3x2x2");
    refused(&p->s, ERR_USAGE, "data.image: 3x2x2 has 12 values, the columns make 6 features");
    set_key(&p->s, "image", "2x3");
    refused(&p->s, ERR_USAGE, "data.image: '2x3' is not channels x height x width");
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } row[] = {
        {"", "/t.csv: is empty"},
        {"a,b\n", "/t.csv: has no rows"},
        {"a,b\n1,0\n2\n", "/t.csv:3: has 1 cell, expected 2"},
        {"a,b\n\n\n1,0\n2,1,3\n", "/t.csv:5: has 3 cells, expected 2"},
        {"a,b\n\"1\n\n\",0\n2\n", "/t.csv:5: has 1 cell, expected 2"},
        {"a,b\r\r1,0\r2\r", "/t.csv:4: has 1 cell, expected 2"},
        {"a,b\n1,0\nx\"y,1\n", "/t.csv:3: column 1: a quote stands where none may be"},
        {"a,b\n1,0\n2,\"y\n3,1\n", "/t.csv:3: column 2: a quote is not closed"},
        {"a,b\nu,0\nv\xe9,1\n", "/t.csv:3: column 1: is not UTF-8 text (byte e9)"},
        {"a,b\n1,0\n1e39,1\n", "/t.csv:3: column 1 (a): 1e39 is larger than a float can be"},
        {"\xff\xfe"
         "a,b\n",
         "/t.csv:1: is UTF-16 text, expected UTF-8"},
        {"a,b\n1,0\n2,0\n", "column 'b' has the same value in all rows"},
    };
    struct data_place *p = *state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put(p, row[i].text);
        refused(&p->s, ERR_DATA, row[i].says);
    }
    file_put(p->folder, "t.csv", "a,b\nu\0v,0\n", 10);
    refused(&p->s, ERR_DATA, "/t.csv:2: column 1: has a byte of value 0");
    set_key(&p->s, "file", "none.csv");
    refused(&p->s, ERR_DATA, "has no none.csv");
    set_key(&p->s, "file", "");
    refused(&p->s, ERR_USAGE, "data.file: csv wants the name of its file");
}

static void huge_cells_and_too_many_texts_are_refused(void **state)
{
    struct data_place *p = *state;
    struct str text = {0};
    str_add(&text, "a,b\n1,0\n2,\"");
    for (int i = 0; i < 20000; i++)
        str_addf(&text, "%0100d\n", i);
    put(p, text.p);
    refused(&p->s, ERR_DATA, "/t.csv:3: column 2: a cell of more than 1048576 bytes; is its quote closed?");
    str_clear(&text);
    str_add(&text, "a,b\n");
    for (int i = 0; i < 257; i++)
        str_addf(&text, "t%d,%d\n", i, i % 2);
    put(p, text.p);
    refused(&p->s, ERR_DATA, "/t.csv:258: column 1 (a): more than 256 different texts; leave the column out");
    str_release(&text);
}

/* Against str_to_double, which rounds right. */
static void numbers_are_read_to_the_nearest(void **state)
{
    static const char *const texts[] = {"0",
                                        "-0.0",
                                        "1",
                                        "+7.",
                                        ".5",
                                        "1e5",
                                        "-1.25E-3",
                                        "0.1",
                                        "3e22",
                                        "3e23",
                                        "1e-22",
                                        "1e-23",
                                        "123456789012345678",
                                        "9007199254740993",
                                        "0.30000000000000004",
                                        "179e300",
                                        "00012.50",
                                        " 4 "};
    static const char *const none[] = {"", ".", "-", "e5", "1e", "1e+", "1,5", "0x10", "nan", "inf", "1 2", "--1"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double got = 1, want = 2;
        assert_int_equal(tabular_number(texts[i], strlen(texts[i]), &got), 0);
        assert_int_equal(str_to_double(texts[i], &want), 0);
        if (memcmp(&got, &want, sizeof got) && !(got == 0 && want == 0))
            fail_msg("%s is read as %.17g", texts[i], got);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        double v;
        if (!tabular_number(none[i], strlen(none[i]), &v))
            fail_msg("'%s' is taken for %g", none[i], v);
    }
}

/* A file of more than a block: plain lines, quotes, line ends in quotes, CR LF and empty lines, in all their orders. */
static void lines_of_all_kinds_stand_beside_each_other(void **state)
{
    enum { ROWS = 60000 };
    struct data_place *p = *state;
    struct dataset d;
    struct str text = {0};
    uint32_t random = 1;
    size_t lines = 1;
    str_add(&text, "x,c,y\n");
    for (int i = 0; i < ROWS; i++) {
        static const char *const rows[] = {"%d,u,0\n", "\"%d\",u,1\n", "%d,\"v\nw\",0\n", "%d,u,1\r\n",
                                           "%d,\"\"\"\",0\n\n"};
        static const size_t ends[] = {1, 1, 2, 1, 2};
        random = random * 1664525 + 1013904223;
        size_t k = random >> 24 < 200 ? 0 : random % 5;
        str_addf(&text, rows[k], i);
        lines += ends[k];
    }
    put(p, text.p);
    loads(&p->s, &d);
    assert_int_equal(d.n[PART_TRAIN], ROWS);
    assert_int_equal(shape_size(data_input(&d)->shape), 4);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(field_floats(data_input(&d), PART_TRAIN)[4 * i] == (float)i);
    has_text(d.told, "c: 3 categories, a feature each: \", u, v w");
    dataset_release(&d);
    char want[64];
    str_add(&text, "1,2\n");
    put(p, text.p);
    str_release(&text);
    snprintf(want, sizeof want, "t.csv:%zu: has 2 cells, expected 3", lines + 1);
    refused(&p->s, ERR_DATA, want);
}

/* ---- kept between runs ------------------------------------------------------------------------------------------- */

/* A table that is large enough to be kept, in t.csv and again in u.csv, with all there can be in a column. */
static void put_large(const struct data_place *p, int rows)
{
    struct str text = {0};
    str_add(&text, "a,b,c,d,e,f,g,kind\n");
    for (int i = 0; i < rows; i++)
        str_addf(&text, "%d,%d.5,%s,%s,1,2,3,%s\n", i, i % 100, i % 3 ? "red" : "", i % 7 ? "4" : "",
                 i % 2 ? "x" : "y");
    put(p, text.p);
    file_put(p->folder, "u.csv", text.p, text.n);
    str_release(&text);
}

static uint64_t hash_of_dataset(const struct data_spec *s)
{
    struct dataset d;
    loads(s, &d);
    uint64_t h = str_hash(d.fingerprint, d.told, strlen(d.told));
    for (int part = 0; part < DATA_PARTS; part++) {
        h = str_hash(h, d.field[0].values[part], d.n[part] * shape_size(d.field[0].shape) * sizeof(float));
        h = str_hash(h, d.field[1].values[part], d.n[part]);
    }
    for (int k = 0; k < data_classes(&d); k++)
        h = str_hash(h, data_target(&d)->class_name[k], strlen(data_target(&d)->class_name[k]));
    dataset_release(&d);
    return h;
}

/* Changes the first value of what is kept, which shows that it is used. 0, or -1: nothing is kept. */
static int change_kept(const struct data_place *p)
{
    char path[DATA_PARTS][128];
    struct cache_slot slot;
    struct tabular t;
    struct dataset d = {.name = "csv"};
    struct err e = {0};
    size_t first;
    snprintf(path[0], sizeof path[0], "%s/t.csv", p->folder);
    snprintf(path[1], sizeof path[1], "%s/u.csv", p->folder);
    tabular_init(&t, source_csv.detail, (const void *)p->s.source_args);
    tabular_find_kept(&slot, (const char *const[]){path[0], path[1]}, &t);
    int none = tabular_take_kept(&slot, &t, &first, &d, &e);
    if (!none) {
        t.value = malloc(t.rows * t.used * sizeof *t.value);
        memcpy(t.value, t.kept, t.rows * t.used * sizeof *t.value);
        t.value[0] += 1000;
        t.kept = NULL;
        assert_int_equal(tabular_keep(&slot, &t, first, &d, &e), 0);
        assert_non_null(t.kept);
    }
    tabular_release(&t);
    dataset_release(&d);
    return none ? -1 : 0;
}

static void a_large_table_is_read_once(void **state)
{
    enum { ROWS = 40000 };
    struct data_place *p = *state;
    char cache[64];
    set_key(&p->s, "test_file", "u.csv");
    setenv("XDG_CACHE_HOME", folder_make(cache), 1);
    for (int i = 0; i < 3; i++) {
        static const char *const missing[] = {"mean", "indicator", "drop"};
        set_key(&p->s, "missing", missing[i]);
        setenv("SWEEP_CACHE", "off", 1);
        put_large(p, ROWS + i);
        uint64_t want = hash_of_dataset(&p->s);
        assert_int_equal(change_kept(p), -1);
        unsetenv("SWEEP_CACHE");
        assert_int_equal(change_kept(p), -1); /* not yet, or of another file */
        assert_true(hash_of_dataset(&p->s) == want && hash_of_dataset(&p->s) == want);
        assert_int_equal(change_kept(p), 0);
        assert_true(hash_of_dataset(&p->s) != want);
        set_key(&p->s, "drop", "a"); /* read in another way */
        assert_int_equal(change_kept(p), -1);
        set_key(&p->s, "drop", "");
    }
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
    folder_remove(cache);
}

/* ---- the files of csv-spectrum and csv-test-data ----------------------------------------------------------------- */

struct cells_seen {
    struct str text; /* each cell followed by a byte 1 */
    int keys;        /* each value after the name of its column, as JSON objects have it; and no first row */
    char name[16][64];
    size_t rows;
};

static int see_cell(void *ctx, size_t column, const char *text, size_t n, size_t line, struct err *e)
{
    struct cells_seen *s = ctx;
    (void)line;
    (void)e;
    assert_true(column < 16 && n < 64);
    if (s->keys && !s->rows) {
        memcpy(s->name[column], text, n);
        return 0;
    }
    if (s->keys)
        str_addf(&s->text, "%s\1", s->name[column]);
    str_addn(&s->text, text, n);
    str_add(&s->text, "\1");
    return 0;
}

static int see_row(void *ctx, size_t columns, size_t line, struct err *e)
{
    (void)columns;
    (void)line;
    (void)e;
    ((struct cells_seen *)ctx)->rows++;
    return 0;
}

/* The texts of a JSON file in their order, each followed by a byte 1. Returns whether there are objects in it. */
static int texts_of_json(const char *path, struct str *out)
{
    char json[4096];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    json[fread(json, 1, sizeof json - 1, f)] = 0;
    fclose(f);
    for (const char *s = json; (s = strchr(s, '"')); s++) {
        for (s++; *s != '"'; s++) {
            int escaped = *s == '\\';
            s += escaped;
            assert_true(!escaped || strchr("\"\\nr", *s));
            char letter = *s;
            if (escaped && *s == 'n')
                letter = '\n';
            if (escaped && *s == 'r')
                letter = '\r';
            str_addn(out, &letter, 1);
        }
        str_add(out, "\1");
    }
    return strchr(json, '{') != NULL;
}

/* Returns how many files were compared. */
static int compare_with_json(const char *root, const char *csvs)
{
    static const char *const other[] = {"all-empty", "empty-one-column", "header-no-rows"}; /* without rows here */
    char path[512];
    int compared = 0;
    snprintf(path, sizeof path, "%s/%s", root, csvs);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *f; (f = readdir(folder));) {
        size_t n = strlen(f->d_name);
        if (n < 5 || strcmp(f->d_name + n - 4, ".csv") != 0)
            continue;
        int bad = !strncmp(f->d_name, "bad-", 4), quotes = bad && strstr(f->d_name, "quote") != NULL;
        for (size_t i = 0; i < sizeof other / sizeof *other; i++)
            bad |= !strncmp(f->d_name, other[i], strlen(other[i]));
        struct cells_seen seen = {0};
        struct str want = {0};
        struct err e = {0};
        snprintf(path, sizeof path, "%s/json/%.*s.json", root, (int)n - 4, f->d_name);
        if (!bad)
            seen.keys = texts_of_json(path, &want);
        snprintf(path, sizeof path, "%s/%s/%s", root, csvs, f->d_name);
        int failed =
            cells_read(path, &(struct cells_how){.delimiter = ',', .cell = see_cell, .row = see_row}, &seen, &e) != 0;
        if (failed != quotes)
            fail_msg("%s: %s", f->d_name, failed ? e.text : "was read");
        if (!bad && (want.n != seen.text.n || (want.n && memcmp(want.p, seen.text.p, want.n))))
            fail_msg("%s: read as\n%s\nexpected\n%s", f->d_name, seen.text.p, want.p);
        compared += !bad;
        str_release(&want);
        str_release(&seen.text);
    }
    closedir(folder);
    return compared;
}

static void cells_are_those_of_the_json_beside(void **state)
{
    const char *spectrum = test_data("csv-spectrum");
    (void)state;
    if (!spectrum)
        skip();
    char root[512];
    snprintf(root, sizeof root, "%s", spectrum);
    assert_true(compare_with_json(root, "csvs") >= 11);
    snprintf(root, sizeof root, "%s", test_data("csv-test-data"));
    assert_true(compare_with_json(root, "csv") >= 15);
}

/* As a table: how many rows and columns there are, or what is said of the line that is wrong. */
struct table_of_file {
    const char *name;
    size_t rows, columns;
    const char *said;
};

static const struct table_of_file spectrum_tables[] = {
    {"comma_in_quotes", 1, 5, NULL},
    {"empty", 2, 3, NULL},
    {"empty_crlf", 2, 3, NULL},
    {"escaped_quotes", 2, 2, NULL},
    {"json", 1, 2, NULL},
    {"newlines", 3, 3, NULL},
    {"newlines_crlf", 3, 3, NULL},
    {"quotes_and_newlines", 2, 2, NULL},
    {"simple", 1, 3, NULL},
    {"simple_crlf", 1, 3, NULL},
    {"utf8", 2, 3, NULL},
};
static const struct table_of_file test_data_tables[] = {
    {"all-empty", 0, 0, ".csv: is empty, expected a table"},
    {"bad-header-less-fields", 0, 0, ".csv:2: has 2 cells, expected 3 as in the first row"},
    {"bad-header-more-fields", 0, 0, ".csv:2: has 4 cells, expected 3 as in the first row"},
    {"bad-header-no-header", 0, 0, ".csv: is empty, expected a table"},
    {"bad-header-wrong-header", 0, 0, ".csv: has no rows, expected some after its header"},
    {"bad-missing-quote", 0, 0, ".csv:2: column 2: a quote is not closed up to the end of the file"},
    {"bad-quotes-with-unescaped-quote", 0, 0, ".csv:2: column 2: a quote stands where none may be"},
    {"bad-unescaped-quote", 0, 0, ".csv:2: column 2: a quote stands where none may be"},
    {"empty-field", 1, 3, NULL},
    {"empty-one-column", 0, 0, "no column is left beside the target 'foo'"},
    {"header-no-rows", 0, 0, ".csv: has no rows, expected some after its header"},
    {"header-simple", 1, 3, NULL},
    {"leading-space", 1, 3, NULL},
    {"one-column", 0, 0, "no column is left beside the target 'foo'"},
    {"quotes-empty", 1, 3, NULL},
    {"quotes-with-comma", 1, 3, NULL},
    {"quotes-with-escaped-quote", 1, 3, NULL},
    {"quotes-with-newline", 1, 3, NULL},
    {"quotes-with-space", 1, 3, NULL},
    {"simple-crlf", 1, 3, NULL},
    {"simple-lf", 1, 3, NULL},
    {"trailing-newline", 1, 3, NULL},
    {"trailing-newline-one-field", 0, 0, "no column is left beside the target 'foo'"},
    {"trailing-space", 1, 3, NULL},
    {"utf8", 1, 3, NULL},
};

static void read_as_table(const char *path, const struct table_of_file *want)
{
    struct data_spec s = spec_of("csv", "");
    struct tabular t;
    struct err e = {0};
    set_key(&s, "header", "yes");
    set_key(&s, "target", "1");
    tabular_init(&t, source_csv.detail, (const void *)s.source_args);
    int bad = tabular_read(&t, path, &e);
    if (!bad != !want->said)
        fail_msg("%s: %s", path, bad ? e.text : "was read");
    if (bad)
        has_text(e.text, want->said);
    else if (t.rows != want->rows || t.columns != want->columns || !t.has_header)
        fail_msg("%s: %zu rows and %zu columns", path, t.rows, t.columns);
    tabular_release(&t);
}

/* Every file of the folder is in the list. */
static void read_as_tables(const char *folder, const struct table_of_file *list, size_t n)
{
    char path[1024];
    size_t seen = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *f; (f = readdir(dir));) {
        size_t i = 0, length = strlen(f->d_name);
        if (length < 5 || strcmp(f->d_name + length - 4, ".csv") != 0)
            continue;
        while (i < n && (strncmp(list[i].name, f->d_name, length - 4) != 0 || list[i].name[length - 4]))
            i++;
        if (i == n)
            fail_msg("%s/%s is in no list", folder, f->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        read_as_table(path, &list[i]);
        seen++;
    }
    closedir(dir);
    assert_int_equal(seen, n);
}

static void every_file_is_read_or_refused_with_its_line(void **state)
{
    char folder[512];
    (void)state;
    if (!test_data("csv-spectrum"))
        skip();
    snprintf(folder, sizeof folder, "%s/csvs", test_data("csv-spectrum"));
    read_as_tables(folder, spectrum_tables, sizeof spectrum_tables / sizeof *spectrum_tables);
    snprintf(folder, sizeof folder, "%s/csv", test_data("csv-test-data"));
    read_as_tables(folder, test_data_tables, sizeof test_data_tables / sizeof *test_data_tables);
}

/* Sums and missing values are those that pandas 3 reads. */
struct real_table {
    const char *file, *target, *drop, *said;
    size_t rows, features, missing;
    double sum; /* of the first feature */
};

static void tables_of_the_wild(void **state)
{
    static const struct real_table tables[] = {
        {"titanic.csv", "Survived", "Name, Ticket, Cabin, Sex, Embarked", NULL, 891, 6, 177, 397386},
        {"castle-solutions.csv", "Castle 10", "11", NULL, 1349, 9, 0, 3340},
        {"pollster-ratings.csv", "Herding Penalty", "1, 4, 5, 6, 7, 10, 11, 12, 13, 21, 22, 23", NULL, 430, 12, 100,
         94525},
        {"biopics.csv", "person_of_color", "title, site, director, subject",
         ".csv:131: column 14: is not UTF-8 text (byte cc)", 0, 0, 0, 0},
    };
    char folder[512];
    (void)state;
    if (!test_data("csv-real"))
        skip();
    snprintf(folder, sizeof folder, "%s", test_data("csv-real"));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const struct real_table *want = &tables[i];
        struct data_spec s = spec_of("csv", folder);
        struct dataset d;
        size_t missing = 0;
        double sum = 0;
        set_key(&s, "file", want->file);
        set_key(&s, "target", want->target);
        set_key(&s, "drop", want->drop);
        set_key(&s, "target_type", want->said ? "auto" : "number");
        if (want->said) {
            refused(&s, ERR_DATA, want->said);
            continue;
        }
        loads(&s, &d);
        assert_int_equal(d.n[PART_TRAIN] + d.n[PART_TEST], want->rows);
        assert_int_equal(shape_size(data_input(&d)->shape), want->features);
        for (int part = 0; part < DATA_PARTS; part++)
            for (size_t k = 0; k < d.n[part] * want->features; k++) {
                float x = field_floats(data_input(&d), part)[k];
                missing += isnan(x) != 0;
                sum += k % want->features || isnan(x) ? 0 : (double)x;
            }
        if (missing != want->missing || sum != want->sum)
            fail_msg("%s: %zu missing, sum %.10g", want->file, missing, sum);
        dataset_release(&d);
    }
}

/* ---- calls that fail --------------------------------------------------------------------------------------------- */

static int load_table(void *ctx, uint64_t *result, struct err *e)
{
    const struct data_place *p = ctx;
    struct dataset d;
    struct data_view v;
    struct arena a;
    arena_init(&a);
    int bad = dataset_load(&d, &p->s, e) || data_view_init(&v, &d, &p->s, &a, e);
    if (!bad)
        *result = result_of(0, d.field[0].values[PART_TRAIN], d.n[PART_TRAIN] * sizeof(float));
    dataset_release(&d);
    arena_release(&a);
    return bad ? -1 : 0;
}

static void what_fails_while_reading_is_told(void **state)
{
    struct data_place *p = *state;
    put(p, "x,c,y\n1,u,0\n,v,1\n3,u,0\n4,,1\n5,u,0\n6,v,1\n7,u,0\n8,v,1\n9,u,0\n10,v,1\n");
    set_key(&p->s, "test_file", "");
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"csv", load_table, p, ERR_NOMEM, 0}) > 10);
}

int run_csv_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_become_features_and_classes, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(columns_are_chosen_by_name_and_number, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(several_numbers_are_predicted, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(numbers_can_be_categories, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_first_line_of_numbers_is_no_header, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(delimiters_line_ends_and_marks, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(missing_values_are_filled_from_the_training_split, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(texts_that_lack_are_a_category, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(texts_are_told_as_plain_lines, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_late_text_makes_categories, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(tests_are_drawn_class_by_class, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_file_of_tests_has_the_same_columns, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(features_can_be_an_image, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_with_its_line, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(huge_cells_and_too_many_texts_are_refused, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(lines_of_all_kinds_stand_beside_each_other, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_large_table_is_read_once, setup, data_place_teardown),
        cmocka_unit_test(numbers_are_read_to_the_nearest),
        cmocka_unit_test(cells_are_those_of_the_json_beside),
        cmocka_unit_test(every_file_is_read_or_refused_with_its_line),
        cmocka_unit_test(tables_of_the_wild),
        cmocka_unit_test_setup_teardown(what_fails_while_reading_is_told, setup, data_place_teardown),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
