/* What is found in a dataset: counts, statistics, samples that are there twice, and the pictures of it. */
#include "data/inspect.h"
#include "data/sheet.h"
#include "data_test.h"
#include "mishap.h"

#include <math.h>
#include <string.h>

struct inspected {
    struct dataset set;
    struct data_view view;
    struct inspection of;
    struct arena mem;
};

static void inspect_set(struct inspected *x, const struct data_spec *s)
{
    struct err e = {0};
    arena_init(&x->mem);
    view_of(&x->view, &x->set, s, &x->mem);
    if (data_inspect(&x->view, &x->of, &x->mem, &e))
        fail_msg("%s", e.text);
}

static void inspect_file(struct inspected *x, const char *text, const char *drop)
{
    char folder[64];
    struct data_spec s = spec_of("csv", folder_make(folder));
    file_put(folder, "t.csv", text, strlen(text));
    set_key(&s, "file", "t.csv");
    set_key(&s, "test_file", "t.csv");
    set_key(&s, "drop", drop);
    s.validation = 0;
    loads(&s, &x->set);
    inspect_set(x, &s);
    folder_remove(folder);
}

static void release(struct inspected *x)
{
    dataset_release(&x->set);
    arena_release(&x->mem);
}

static void is_column(const struct inspect_column *c, const char *name, const char *type, size_t values, size_t missing,
                      const double want[4])
{
    const double got[4] = {c->mean, c->deviation, c->least, c->largest};
    assert_string_equal(c->name, name);
    assert_string_equal(c->type, type);
    assert_true(c->values == values && c->missing == missing);
    for (int i = 0; i < 4; i++)
        if (isnan(want[i]))
            assert_true(isnan(got[i]));
        else
            assert_close(got[i], want[i], 1e-12, 0);
}

static void columns_have_names_types_and_statistics(void **state)
{
    struct inspected x;
    (void)state;
    inspect_file(&x, "size,colour,weight,never,price\n1,red,0.5,,3\n,blue,-1.5,,5\n4,red,2.5,,4.5\n7,red,,,100\n", "");
    assert_true(x.of.inputs == 5 && x.of.targets == 1 && !x.of.classes);
    is_column(&x.of.input[0], "size", "whole number", 3, 2, (double[]){4, sqrt(6), 1, 7}); /* missing in both files */
    is_column(&x.of.input[1], "colour = blue", "0 or 1", 4, 0, (double[]){0.25, sqrt(3) / 4, 0, 1});
    is_column(&x.of.input[2], "colour = red", "0 or 1", 4, 0, (double[]){0.75, sqrt(3) / 4, 0, 1});
    is_column(&x.of.input[3], "weight", "number", 3, 2, (double[]){0.5, sqrt(8.0 / 3), -1.5, 2.5});
    is_column(&x.of.input[4], "never", "", 0, 8, (double[]){NAN, NAN, NAN, NAN});
    for (int s = 0; s < INSPECT_SPLITS; s += 2)
        is_column(&x.of.target[s][0], "price", "number", 4, 0,
                  (double[]){28.125, sqrt(0.25 * (25.125 * 25.125 + 23.125 * 23.125 + 23.625 * 23.625) + 1291.50390625),
                             3, 100});
    release(&x);
    inspect_file(&x, "a,y\n1,u\n1,v\n1,u\n", "");
    is_column(&x.of.input[0], "a", "0 or 1", 3, 0, (double[]){1, 0, 1, 1});
    assert_true(x.of.classes[0][DATA_TRAIN] == 2 && x.of.classes[1][DATA_TEST] == 1 &&
                x.of.classes[0][DATA_VALIDATION] == 0);
    release(&x);
}

static void channels_of_bytes_are_counted_exactly(void **state)
{
    static const uint8_t pixel[2 * 3 * 2] = {0, 10, 255, 255, 7, 8, 20, 30, 255, 255, 9, 200}, class[2] = {0, 1};
    struct inspected x = {.set = toy(3, 1, 2, 2, pixel, class, 2, 2)};
    struct data_spec s = spec_of("optdigits", "");
    (void)state;
    s.validation = 0;
    inspect_set(&x, &s);
    assert_int_equal(x.of.inputs, 3);
    is_column(&x.of.input[0], "red", "byte", 4, 0, (double[]){15, sqrt(125), 0, 30});
    is_column(&x.of.input[1], "green", "byte", 4, 0, (double[]){255, 0, 255, 255});
    is_column(&x.of.input[2], "blue", "byte", 4, 0,
              (double[]){56, sqrt((49 * 49 + 48 * 48 + 47 * 47 + 144 * 144) / 4.0), 7, 200});
    release(&x);
}

static const struct inspect_twins *twins(const struct inspection *of, int from, int to)
{
    for (size_t i = 0; i < INSPECT_TWINS; i++)
        if (of->twins[i].from == from && of->twins[i].to == to)
            return &of->twins[i];
    fail_msg("no pair of splits %d, %d", from, to);
    return NULL;
}

static void are_twins(const struct inspection *of, int from, int to, size_t samples, size_t disagree, size_t first,
                      size_t second)
{
    const struct inspect_twins *t = twins(of, from, to);
    if (t->samples != samples || t->disagree != disagree)
        fail_msg("%zu samples of split %d are in %d, %zu disagree; expected %zu, %zu", t->samples, to, from,
                 t->disagree, samples, disagree);
    if (samples)
        assert_true(t->first == first && t->second == second);
}

/* Training rows a b a a c, test rows d a c d: the test has two samples of the training, one of another class. */
static void samples_that_are_there_twice_are_told(void **state)
{
    struct inspected x;
    char folder[64];
    (void)state;
    struct data_spec s = spec_of("csv", folder_make(folder));
    static const char train[] = "x,z,y\n1,0,u\n2,0,u\n1,-0,u\n1,0,v\n,3,u\n",
                      test[] = "x,z,y\n9,9,u\n1,0,u\n,3,v\n9,9,u\n";
    file_put(folder, "t.csv", train, sizeof train - 1);
    file_put(folder, "u.csv", test, sizeof test - 1);
    set_key(&s, "file", "t.csv");
    set_key(&s, "test_file", "u.csv");
    s.validation = 0;
    loads(&s, &x.set);
    inspect_set(&x, &s);
    are_twins(&x.of, DATA_TRAIN, DATA_TRAIN, 2, 1, 0, 2);
    are_twins(&x.of, DATA_TEST, DATA_TEST, 1, 0, 0, 3);
    are_twins(&x.of, DATA_TRAIN, DATA_TEST, 2, 1, 0, 1);
    are_twins(&x.of, DATA_TRAIN, DATA_VALIDATION, 0, 0, 0, 0);
    release(&x);
    folder_remove(folder);
}

/* Six equal images, of which two validate, and three other ones. */
static void validation_samples_are_twins_too(void **state)
{
    static const uint8_t pixel[6 * 4] = {0}, class[6] = {0, 0, 0, 1, 1, 1};
    struct inspected x = {.set = toy(1, 2, 2, 2, pixel, class, 6, 3)};
    struct data_spec s = spec_of("optdigits", "");
    (void)state;
    s.validation = 2;
    inspect_set(&x, &s);
    assert_true(twins(&x.of, DATA_TRAIN, DATA_TRAIN)->samples == 3 &&
                twins(&x.of, DATA_VALIDATION, DATA_VALIDATION)->samples == 1);
    assert_true(twins(&x.of, DATA_TRAIN, DATA_VALIDATION)->samples == 2 &&
                twins(&x.of, DATA_TRAIN, DATA_VALIDATION)->disagree == 1);
    assert_true(twins(&x.of, DATA_VALIDATION, DATA_TEST)->samples == 3);
    release(&x);
}

/* A sheet has the pixels of the samples, row by row of their classes; an image of 130 x 66 becomes means of squares. */
static void a_sheet_has_the_pixels_of_the_samples(void **state)
{
    enum { W = 66, H = 130, N = 4 };
    static uint8_t pixel[N * H * W], class[N] = {1, 0, 1, 0};
    struct inspected x = {.set = toy(1, H, W, 2, pixel, class, N, N)};
    static const char *const names[] = {"dark", "light"};
    struct data_spec s = spec_of("optdigits", "");
    struct sample_sheet sheet;
    struct err e = {0};
    (void)state;
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (uint8_t)(i / ((size_t)H * W) * 60);
    pixel[2 * H * W] = 255; /* the first pixel of the third image, in a square of nine */
    x.set.field[1].class_name = names;
    s.validation = 0;
    s.augment = "hflip, shift 2";
    inspect_set(&x, &s);
    assert_int_equal(sheet_of_samples(&x.of, &sheet, &x.mem, &e), 0);
    assert_true(sheet.rows == 2 && sheet.h == 44 && sheet.w == 22 && sheet.columns >= 2 && !sheet.left_out);
    assert_string_equal(sheet.label[1], "light");
    size_t image = (size_t)sheet.h * (size_t)sheet.w;
    assert_int_equal(sheet.rgb[0], 0x3c3c3c); /* the second image, the first of class 0 */
    assert_int_equal(sheet.rgb[image], 0xb4b4b4);
    assert_int_equal(sheet.rgb[sheet.columns * image], 0);
    assert_int_equal(sheet.rgb[(sheet.columns + 1) * image], 0x010101 * ((8 * 120 + 255 + 4) / 9));
    assert_int_equal(sheet.rgb[(sheet.columns + 1) * image + 1], 0x787878);
    if (sheet.columns > 2)
        assert_int_equal(sheet.rgb[2 * image], SHEET_EMPTY);
    assert_int_equal(sheet_of_augmented(&x.of, 1, &sheet, &x.mem, &e), 0);
    assert_int_equal(sheet.rgb[sheet.columns * image], 0); /* as it is, then moved: zeros come in at an edge */
    int moved = 0;
    for (size_t i = image; i < sheet.columns * image; i++)
        moved += sheet.rgb[i] < 0x3c3c3c;
    assert_true(moved > 0);
    release(&x);
}

static void histograms_count_every_value(void **state)
{
    struct inspected x;
    struct histogram_sheet h;
    struct err e = {0};
    (void)state;
    inspect_file(&x, "a,b,y\n0,5,u\n1,5,v\n2,,u\n3,5,w\n", "");
    assert_int_equal(sheet_of_columns(&x.of, &h, &x.mem, &e), 0);
    assert_true(h.n == 2 && h.series == 3 && h.left_out == 0);
    assert_string_equal(h.series_name[2], "w");
    assert_true(h.column[0].low == 0 && h.column[0].high == 3);
    assert_true(h.column[0].count[0] == 1 && h.column[0].count[h.bins + h.bins / 3] == 1 &&
                h.column[0].count[3 * h.bins - 1] == 1);
    size_t there = 0;
    for (size_t i = 0; i < 3 * h.bins; i++)
        there += h.column[1].count[i];
    assert_true(there == 3 && h.column[1].low == 4.5 && h.column[1].high == 5.5);
    release(&x);
}

/* Every row of the table that loads by itself can be looked at. */
static void made_datasets_can_be_inspected(void **state)
{
    (void)state;
    for (size_t i = 0; data_dataset_word(i); i++) {
        const struct data_word *w = data_dataset_word(i);
        struct inspected x;
        struct err e = {0};
        if (strcmp(w->name, "optdigits") != 0 && !(w->params && param_find(w->params, "samples")))
            continue;
        struct data_spec s = spec_of(w->name, "");
        loads(&s, &x.set);
        inspect_set(&x, &s);
        if (sheet_is_possible(&x.set)) {
            struct sample_sheet sheet;
            assert_int_equal(sheet_of_samples(&x.of, &sheet, &x.mem, &e), 0);
            assert_true(sheet.rows == 10 && sheet.columns == 12);
        } else {
            struct histogram_sheet h;
            assert_int_equal(sheet_of_columns(&x.of, &h, &x.mem, &e), 0);
            assert_int_equal(h.n, x.of.inputs + x.of.targets);
        }
        assert_true(twins(&x.of, DATA_TRAIN, DATA_TEST)->samples == 0);
        release(&x);
    }
}

/* ---- calls that fail --------------------------------------------------------------------------------------------- */

static int inspect_toy(void *ctx, uint64_t *result, struct err *e)
{
    const struct data_spec *s = ctx;
    struct inspected x = {.set = {0}};
    struct sample_sheet sheet;
    arena_init(&x.mem);
    int bad = dataset_load(&x.set, s, e) || data_view_init(&x.view, &x.set, s, &x.mem, e) ||
              data_inspect(&x.view, &x.of, &x.mem, e) || sheet_of_samples(&x.of, &sheet, &x.mem, e) ||
              sheet_of_augmented(&x.of, 1, &sheet, &x.mem, e);
    if (!bad)
        *result = result_of(0, sheet.rgb, sizeof *sheet.rgb);
    release(&x);
    return bad ? -1 : 0;
}

static void what_fails_while_looking_is_told(void **state)
{
    struct data_spec s = spec_of("optdigits", "");
    (void)state;
    s.augment = "shift 1";
    s.train = 20;
    s.validation = s.test = 10;
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"inspect", inspect_toy, &s, ERR_NOMEM, 0}) > 10);
}

int run_inspect_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_names_types_and_statistics),
        cmocka_unit_test(channels_of_bytes_are_counted_exactly),
        cmocka_unit_test(samples_that_are_there_twice_are_told),
        cmocka_unit_test(validation_samples_are_twins_too),
        cmocka_unit_test(a_sheet_has_the_pixels_of_the_samples),
        cmocka_unit_test(histograms_count_every_value),
        cmocka_unit_test(made_datasets_can_be_inspected),
        cmocka_unit_test(what_fails_while_looking_is_told),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
