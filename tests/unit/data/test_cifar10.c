/* CIFAR-10 and CIFAR-100: what is read from one and from several files, plain and gzipped, kept in the cache, and
 * refused. */
#include "data/cache.h"
#include "data_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD = 3073, FIRST = 250, SECOND = 120, TESTS = 3 }; /* the training part is above CACHE_MIN */

struct place {
    char folder[64], cache[64];
    unsigned char first[FIRST * RECORD], second[SECOND * RECORD], test[TESTS * RECORD];
    struct data_spec s;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    folder_make(p->folder);
    folder_make(p->cache);
    cifar10_make(p->first, FIRST, 0);
    cifar10_make(p->second, SECOND, 7);
    cifar10_make(p->test, TESTS, 3);
    file_put(p->folder, "data_batch_1.bin", p->first, sizeof p->first);
    file_put(p->folder, "test_batch.bin", p->test, sizeof p->test);
    p->s = spec_of("cifar10", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[96];
    folder_remove(p->folder);
    snprintf(command, sizeof command, "rm -rf %s", p->cache);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

/* Loads, and compares every byte with what the files of the training part hold: `files` of first and second. */
static void holds(const struct place *p, int files)
{
    struct dataset d;
    struct err e = {0};
    if (dataset_load(&d, &p->s, &e))
        fail_msg("%s", e.text);
    size_t n = files == 1 ? FIRST : FIRST + SECOND;
    assert_true(d.n[PART_TRAIN] == n && d.n[PART_TEST] == TESTS && d.fingerprint && data_classes(&d) == 10);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *record = i < FIRST ? p->first + i * RECORD : p->second + (i - FIRST) * RECORD;
        assert_int_equal(classes_of(&d, PART_TRAIN)[i], record[0]);
        assert_memory_equal(pixels_of(&d, PART_TRAIN) + i * 3072, record + 1, 3072);
    }
    assert_int_equal(classes_of(&d, PART_TEST)[2], 5);
    assert_memory_equal(pixels_of(&d, PART_TEST) + 2 * 3072, p->test + 2 * RECORD + 1, 3072);
    assert_int_equal(data_target(&d)->count[9], files == 1 ? 25 : 37);
    dataset_release(&d);
}

static void reads_one_file_or_several(void **state)
{
    struct place *p = *state;
    holds(p, 1);
    file_put_gz(p->folder, "data_batch_4.bin.gz", p->second, sizeof p->second);
    holds(p, 2);
    file_drop(p->folder, "data_batch_1.bin");
    file_put_gz(p->folder, "data_batch_1.bin.gz", p->first, sizeof p->first);
    holds(p, 2);
    set_key(&p->s, "train_files", "data_batch_1.bin");
    holds(p, 1);
    set_key(&p->s, "train_files", " data_batch_1.bin , data_batch_4.bin.gz");
    holds(p, 2);
}

static void peeks_without_values(void **state)
{
    struct place *p = *state;
    struct dataset d;
    struct err e = {0};
    file_put_gz(p->folder, "data_batch_2.bin.gz", p->second, sizeof p->second);
    assert_int_equal(dataset_peek(&d, &p->s, &e), 0);
    assert_true(d.n[PART_TRAIN] == FIRST + SECOND && d.n[PART_TEST] == TESTS && !pixels_of(&d, PART_TRAIN));
    dataset_release(&d);
}

/* What is cached of two files is read again when either of them has changed. */
static void several_files_are_cached_together(void **state)
{
    struct place *p = *state;
    struct dataset d;
    struct err e = {0};
    unsetenv("SWEEP_CACHE");
    setenv("XDG_CACHE_HOME", p->cache, 1);
    file_drop(p->folder, "data_batch_1.bin");
    file_put_gz(p->folder, "data_batch_1.bin.gz", p->first, sizeof p->first);
    file_put(p->folder, "data_batch_2.bin", p->second, sizeof p->second);
    for (int time = 0; time < 2; time++) {
        holds(p, 2);
        assert_int_equal(dataset_load(&d, &p->s, &e), 0);
        assert_true(dataset_is_mapped(&d, pixels_of(&d, PART_TRAIN)) && data_input(&d)->sums);
        uint32_t sum = 0;
        for (int k = 0; k < 1024; k++)
            sum += pixels_of(&d, PART_TRAIN)[3072 + k];
        assert_int_equal(data_input(&d)->sums[3][0], sum);
        dataset_release(&d);
        p->second[5 * RECORD + 17] ^= 0x55; /* the size stays */
        p->second[0] = 4;
        p->second[RECORD] = 7;
        file_put(p->folder, "data_batch_2.bin", p->second, sizeof p->second);
    }
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
}

static void what_is_wrong_is_refused_by_name(void **state)
{
    struct place *p = *state;
    file_put(p->folder, "data_batch_1.bin", p->first, sizeof p->first - 1);
    refused(&p->s, ERR_DATA, "/data_batch_1.bin: has 768249 bytes, expected a multiple of 3073", "cut off");
    file_put(p->folder, "data_batch_1.bin", p->first, 0);
    refused(&p->s, ERR_DATA, "/data_batch_1.bin: has 0 bytes");
    file_put(p->folder, "data_batch_1.bin", p->first, sizeof p->first);
    p->test[2 * RECORD] = 10;
    file_put(p->folder, "test_batch.bin", p->test, sizeof p->test);
    refused(&p->s, ERR_DATA, "/test_batch.bin: label 10 of sample 2, expected 0..9");
    file_drop(p->folder, "test_batch.bin");
    refused(&p->s, ERR_DATA, "has no test_batch.bin (or .gz) beside ", "/data_batch_1.bin");
    file_drop(p->folder, "data_batch_1.bin");
    refused(&p->s, ERR_DATA, "has no data_batch_1.bin (or .gz), of dataset cifar10");
    set_key(&p->s, "train_files", "a,,b");
    refused(&p->s, ERR_DATA, "has no a (or .gz)");
    file_put(p->folder, "a", p->first, RECORD);
    refused(&p->s, ERR_USAGE, "data.train_files: 'a,,b' has a name that is empty");
}

/* The first samples of the test part as a gzip stream, at most 8 KiB; returns its size. */
static size_t gzipped(const struct place *p, size_t samples, unsigned char *to)
{
    char path[128];
    file_put_gz(p->folder, "packed", p->test, samples * RECORD);
    snprintf(path, sizeof path, "%s/packed", p->folder);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(to, 1, 8192, f);
    fclose(f);
    file_drop(p->folder, "packed");
    assert_true(n > 100 && n < 8192);
    return n;
}

static void streams_that_end_early_are_refused(void **state)
{
    struct place *p = *state;
    unsigned char packed[16384];
    file_drop(p->folder, "test_batch.bin");
    size_t n = gzipped(p, TESTS, packed);
    file_put(p->folder, "test_batch.bin.gz", packed, n - 40);
    refused(&p->s, ERR_DATA, "/test_batch.bin.gz: ");
    memcpy(packed + n - 40, (unsigned char[4]){0x03, 0x24, 0, 0}, 4); /* cut off, but for the size: 3 samples */
    file_put(p->folder, "test_batch.bin.gz", packed, n - 36);
    refused(&p->s, ERR_DATA, "/test_batch.bin.gz: the gzip stream is cut off");
    n = gzipped(p, TESTS, packed);
    n += gzipped(p, 1, packed + n);
    file_put(p->folder, "test_batch.bin.gz", packed, n);
    refused(&p->s, ERR_DATA, "/test_batch.bin.gz: goes on after 1 samples");
}

/* ---- CIFAR-100 --------------------------------------------------------------------------------------------------- */

/* Sample i is of group i mod 20 and of kind 3 i mod 100, and of i mod 251 throughout. */
static void put_100(const struct place *p, const char *name, size_t n, int gz)
{
    static unsigned char b[400 * (RECORD + 1)];
    for (size_t i = 0; i < n; i++) {
        unsigned char *record = b + i * (RECORD + 1);
        memset(record, (int)(i % 251), RECORD + 1);
        record[0] = (unsigned char)(i % 20);
        record[1] = (unsigned char)(3 * i % 100);
    }
    (gz ? file_put_gz : file_put)(p->folder, name, b, n * (RECORD + 1));
}

static void has_100(const struct data_spec *s, int classes, size_t step, int mapped)
{
    struct dataset d;
    loads(s, &d);
    assert_true(data_classes(&d) == classes && d.n[PART_TRAIN] == 400 && d.n[PART_TEST] == 7);
    assert_int_equal(dataset_is_mapped(&d, classes_of(&d, PART_TRAIN)), mapped);
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(classes_of(&d, PART_TRAIN)[i], step * i % (size_t)classes);
        assert_true(pixels_of(&d, PART_TRAIN)[i * 3072] == i % 251 &&
                    pixels_of(&d, PART_TRAIN)[i * 3072 + 3071] == i % 251);
    }
    assert_int_equal(classes_of(&d, PART_TEST)[6], step * 6);
    assert_string_equal(data_target(&d)->class_name[0], classes == 20 ? "aquatic_mammals" : "apple");
    assert_string_equal(data_target(&d)->class_name[classes - 1], classes == 20 ? "vehicles_2" : "worm");
    dataset_release(&d);
}

static void the_100_kinds_have_20_groups(void **state)
{
    struct place *p = *state;
    struct data_spec fine = spec_of("cifar100", p->folder), coarse = fine;
    set_key(&coarse, "labels", "coarse");
    assert_false(data_same_dataset(&fine, &coarse));
    put_100(p, "train.bin", 400, 0);
    put_100(p, "test.bin.gz", 7, 1);
    has_100(&fine, 100, 3, 0);
    has_100(&coarse, 20, 1, 0);
    unsetenv("SWEEP_CACHE");
    setenv("XDG_CACHE_HOME", p->cache, 1);
    file_drop(p->folder, "train.bin");
    put_100(p, "train.bin.gz", 400, 1);
    has_100(&coarse, 20, 1, 1); /* what is kept has both labels */
    has_100(&fine, 100, 3, 1);
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
}

static void labels_of_either_kind_are_checked(void **state)
{
    struct place *p = *state;
    struct data_spec s = spec_of("cifar100", p->folder);
    struct dataset d;
    struct err e = {0};
    unsigned char record[RECORD + 1] = {19, 99};
    refused(&s, ERR_DATA, "has no train.bin (or .gz), of dataset cifar100");
    put_100(p, "train.bin", 400, 0);
    record[1] = 100;
    file_put(p->folder, "test.bin", record, sizeof record);
    refused(&s, ERR_DATA, "/test.bin: fine label 100 of sample 0, expected 0..99");
    record[0] = 20;
    file_put(p->folder, "test.bin", record, sizeof record);
    refused(&s, ERR_DATA, "/test.bin: coarse label 20 of sample 0, expected 0..19");
    file_put(p->folder, "test.bin", record, RECORD);
    refused(&s, ERR_DATA, "/test.bin: has 3073 bytes, expected a multiple of 3074, two labels", "not of cifar100");
    file_drop(p->folder, "train.bin");
    set_key(&s, "labels", "coarse");
    assert_int_equal(dataset_peek(&d, &s, &e), -1);
    assert_int_equal(dataset_absent(&d, &s, NULL, &e), 0);
    assert_true(data_classes(&d) == 20 && d.n[PART_TRAIN] == 50000 && d.n[PART_TEST] == 10000);
    dataset_release(&d);
}

int run_cifar10_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_one_file_or_several, setup, teardown),
        cmocka_unit_test_setup_teardown(peeks_without_values, setup, teardown),
        cmocka_unit_test_setup_teardown(several_files_are_cached_together, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_that_end_early_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_100_kinds_have_20_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(labels_of_either_kind_are_checked, setup, teardown),
    };
    return cmocka_run_group_tests_name("cifar10", tests, NULL, NULL);
}
