/* The embedded dataset against what its donors say of it, and against UCI's files where they are. */
#include "data_test.h"

#include <stdio.h>
#include <string.h>

static void has_the_official_counts(void **state)
{
    static const int train[10] = {376, 389, 380, 389, 387, 376, 377, 387, 380, 382},
                     test[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    int got[2][10] = {{0}};
    struct data_spec s = spec_of("optdigits", "");
    struct dataset d;
    struct err e = {0};
    (void)state;
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    assert_int_equal(d.n[PART_TRAIN], 3823);
    assert_int_equal(d.n[PART_TEST], 1797);
    assert_true(d.field[0].shape.c == 1 && d.field[0].shape.h == 8 && d.field[0].shape.w == 8 &&
                d.field[1].classes == 10 && d.field[0].max_value == 16);
    for (size_t i = 0; i < d.n[PART_TRAIN]; i++)
        got[0][classes_of(&d, PART_TRAIN)[i]]++;
    for (size_t i = 0; i < d.n[PART_TEST]; i++)
        got[1][classes_of(&d, PART_TEST)[i]]++;
    assert_memory_equal(got[0], train, sizeof train);
    assert_memory_equal(got[1], test, sizeof test);
    int most = 0;
    for (size_t i = 0; i < 64 * d.n[PART_TRAIN]; i++)
        most = pixels_of(&d, PART_TRAIN)[i] > most ? pixels_of(&d, PART_TRAIN)[i] : most;
    assert_int_equal(most, 16);
    has_text(d.credit, "Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0");
    dataset_release(&d);
    assert_int_equal(dataset_peek(&d, &s, &e), 0);
    assert_true(d.n[PART_TRAIN] == 3823 && d.n[PART_TEST] == 1797 && d.field[1].classes == 10 &&
                !pixels_of(&d, PART_TRAIN) && !classes_of(&d, PART_TEST));
    for (int k = 0; k < 10; k++)
        assert_int_equal(d.field[1].count[k], train[k]);
    dataset_release(&d);
}

static void equals(const char *path, const struct dataset *d, enum data_part part)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t i = 0; i < d->n[part]; i++)
        for (int k = 0; k < 65; k++) {
            int v;
            assert_int_equal(fscanf(f, k ? ",%d" : "%d", &v), 1);
            if (v != (k < 64 ? pixels_of(d, part)[i * 64 + (size_t)k] : classes_of(d, part)[i]))
                fail_msg("%s: row %zu, column %d", path, i, k);
        }
    int more;
    assert_int_equal(fscanf(f, "%d", &more), EOF);
    fclose(f);
}

static void equals_the_original_files(void **state)
{
    struct data_spec s = spec_of("optdigits", "");
    struct dataset d;
    struct err e = {0};
    const char *path = test_data("optdigits/optdigits.tra");
    (void)state;
    if (!path)
        skip();
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    equals(path, &d, PART_TRAIN);
    if ((path = test_data("optdigits/optdigits.tes")))
        equals(path, &d, PART_TEST);
    dataset_release(&d);
}

int run_optdigits_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_official_counts),
        cmocka_unit_test(equals_the_original_files),
    };
    return cmocka_run_group_tests_name("optdigits", tests, NULL, NULL);
}
