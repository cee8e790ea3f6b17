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
    assert_int_equal(d.train.n, 3823);
    assert_int_equal(d.test.n, 1797);
    assert_true(d.c == 1 && d.h == 8 && d.w == 8 && d.classes == 10 && d.max_value == 16);
    for (size_t i = 0; i < d.train.n; i++)
        got[0][d.train.y[i]]++;
    for (size_t i = 0; i < d.test.n; i++)
        got[1][d.test.y[i]]++;
    assert_memory_equal(got[0], train, sizeof train);
    assert_memory_equal(got[1], test, sizeof test);
    int most = 0;
    for (size_t i = 0; i < 64 * d.train.n; i++)
        most = d.train.x[i] > most ? d.train.x[i] : most;
    assert_int_equal(most, 16);
    has_text(d.credit, "Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0");
    dataset_release(&d);
    assert_int_equal(dataset_peek(&d, &s, &e), 0);
    assert_true(d.train.n == 3823 && d.test.n == 1797 && d.classes == 10 && !d.train.x && !d.test.y);
    for (int k = 0; k < 10; k++)
        assert_int_equal(d.train_count[k], train[k]);
    dataset_release(&d);
}

static void equals(const char *path, const struct data_part *p)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t i = 0; i < p->n; i++)
        for (int k = 0; k < 65; k++) {
            int v;
            assert_int_equal(fscanf(f, k ? ",%d" : "%d", &v), 1);
            if (v != (k < 64 ? p->x[i * 64 + (size_t)k] : p->y[i]))
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
    equals(path, &d.train);
    if ((path = test_data("optdigits/optdigits.tes")))
        equals(path, &d.test);
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
