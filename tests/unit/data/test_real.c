/* MNIST, Fashion-MNIST and CIFAR-10 as they are distributed, when they are there. */
#include "data_test.h"

#include <math.h>
#include <string.h>

static void check_counts(const struct dataset *d, enum data_part part, const int *want)
{
    int got[10] = {0};
    for (size_t i = 0; i < d->n[part]; i++)
        got[classes_of(d, part)[i]]++;
    assert_memory_equal(got, want, sizeof got);
}

/* 0, or -1 when the data is not there. */
static int load_real(const char *name, struct dataset *d)
{
    const char *path = test_data(name);
    struct err e = {0};
    struct data_spec s = spec_of(name, path);
    if (!path)
        return -1;
    if (dataset_load(d, &s, &e))
        fail_msg("%s", e.text);
    assert_true(d->n[PART_TRAIN] == 60000 && d->n[PART_TEST] == 10000 && d->field[0].shape.c == 1 &&
                d->field[0].shape.h == 28 && d->field[0].shape.w == 28 && d->field[1].classes == 10);
    return 0;
}

static void mnist(void **state)
{
    static const int train[10] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
                     test[10] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
    struct dataset d;
    struct data_view v;
    struct arena a;
    struct data_spec s = spec_of("mnist", "");
    (void)state;
    if (load_real("mnist", &d))
        skip();
    check_counts(&d, PART_TRAIN, train);
    check_counts(&d, PART_TEST, test);
    arena_init(&a);
    s.validation = 0;
    view_of(&v, &d, &s, &a); /* the well-known 0.1307 and 0.3081 of all 60000 */
    assert_true(fabs(1 / (255 * (double)v.transform[0].scale[0]) - 0.3081) < 5e-5);
    assert_true(fabs(-(double)v.transform[0].shift[0] / (255 * (double)v.transform[0].scale[0]) - 0.1307) < 5e-5);
    s.train = 50000;
    s.validation = 10000;
    view_of(&v, &d, &s, &a);
    double count[2][10] = {{0}};
    for (int split = 0; split < 2; split++)
        for (size_t i = 0; i < v.n[split]; i++)
            count[split][classes_of(&d, PART_TRAIN)[v.index[split][i]]]++;
    for (int c = 0; c < 10; c++)
        assert_true(fabs(count[0][c] - train[c] * 5.0 / 6) <= 1 && fabs(count[1][c] - train[c] / 6.0) <= 1);
    arena_release(&a);
    dataset_release(&d);
}

static void fashion_mnist(void **state)
{
    static const int train[10] = {6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000},
                     test[10] = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    struct dataset d;
    (void)state;
    if (load_real("fashion-mnist", &d))
        skip();
    check_counts(&d, PART_TRAIN, train);
    check_counts(&d, PART_TEST, test);
    assert_string_equal(d.field[1].class_name[classes_of(&d, PART_TRAIN)[0]],
                        "Ankle boot"); /* the first picture of the paper */
    dataset_release(&d);
}

static void cifar10(void **state)
{
    static const int train[10] = {1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981},
                     test[10] = {103, 89, 100, 103, 90, 86, 112, 102, 106, 109};
    const char *path = test_data("cifar10");
    struct data_spec s = spec_of("cifar10", path);
    struct dataset d;
    struct err e = {0};
    (void)state;
    if (!path)
        skip();
    set_key(&s, "test_file", "test_batch_first1000.bin");
    if (dataset_load(&d, &s, &e))
        fail_msg("%s", e.text);
    assert_true(d.n[PART_TRAIN] == 10000 && d.n[PART_TEST] == 1000);
    check_counts(&d, PART_TRAIN, train);
    check_counts(&d, PART_TEST, test);
    assert_string_equal(d.field[1].class_name[classes_of(&d, PART_TRAIN)[0]], "frog");
    assert_int_equal(pixels_of(&d, PART_TRAIN)[0], 59); /* the first pixels of the first picture, red and green */
    assert_int_equal(pixels_of(&d, PART_TRAIN)[1024], 62);
    dataset_release(&d);
}

static void peeks_without_reading(void **state)
{
    const char *path = test_data("mnist");
    struct data_spec s = spec_of("mnist", path);
    struct dataset d;
    struct err e = {0};
    (void)state;
    if (!path)
        skip();
    assert_int_equal(dataset_peek(&d, &s, &e), 0);
    assert_true(d.n[PART_TRAIN] == 60000 && d.n[PART_TEST] == 10000 && d.field[0].shape.h == 28 &&
                d.field[1].classes == 10 && !pixels_of(&d, PART_TRAIN) && !classes_of(&d, PART_TRAIN));
    dataset_release(&d);
}

int run_real_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mnist),
        cmocka_unit_test(fashion_mnist),
        cmocka_unit_test(cifar10),
        cmocka_unit_test(peeks_without_reading),
    };
    return cmocka_run_group_tests_name("real data", tests, NULL, NULL);
}
