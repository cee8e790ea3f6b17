/* test_mishaps.c - datasets when an allocation or a call on a file fails: they load whole, or it is told. What cannot
 * be kept in the cache is no fault. */
#include "data/cache.h"
#include "data_test.h"
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 1400, SIDE = 28 }; /* pixels above CACHE_MIN */

struct place {
    char source[64], cache[64];
    const char *dataset;
};

static void put_be(unsigned char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void put_part(const char *folder, const char *images, const char *labels, uint32_t n)
{
    static unsigned char b[16 + N * SIDE * SIDE];
    put_be(b, 0x803);
    put_be(b + 4, n);
    put_be(b + 8, SIDE);
    put_be(b + 12, SIDE);
    for (size_t i = 0; i < n * SIDE * SIDE; i++)
        b[16 + i] = (unsigned char)(i * 7 % 251);
    file_put_gz(folder, images, b, 16 + n * SIDE * SIDE);
    put_be(b, 0x801);
    for (uint32_t i = 0; i < n; i++)
        b[8 + i] = (unsigned char)(i % 3);
    file_put(folder, labels, b, 8 + n);
}

static uint64_t result_of_set(const struct dataset *d)
{
    size_t bytes = d->n[PART_TRAIN] * (size_t)(d->field[0].shape.h * d->field[0].shape.w);
    return result_of(result_of(0, pixels_of(d, PART_TRAIN), bytes), classes_of(d, PART_TRAIN), d->n[PART_TRAIN]);
}

static struct data_spec spec(const struct place *p)
{
    struct data_spec s = spec_of(p->dataset, p->source);
    s.train = 0.8;
    s.validation = 0.2;
    s.augment = "rotate 7, shift 1";
    return s;
}

static int load(void *ctx, uint64_t *result, struct err *e)
{
    struct data_spec s = spec(ctx);
    struct dataset d;
    struct data_view v;
    struct arena a;
    arena_init(&a);
    int bad = dataset_load(&d, &s, e);
    if (!bad && !(bad = data_view_init(&v, &d, &s, &a, e)))
        *result = result_of_set(&d);
    dataset_release(&d);
    arena_release(&a);
    return bad;
}

static int peek(void *ctx, uint64_t *result, struct err *e)
{
    struct data_spec s = spec(ctx);
    struct dataset d;
    size_t n[3];
    int bad = dataset_peek(&d, &s, e) || data_split_sizes(&d, &s, NULL, n, e);
    if (!bad)
        *result = result_of(result_of(0, n, sizeof n), &d.fingerprint, sizeof d.fingerprint);
    dataset_release(&d);
    return bad ? -1 : 0;
}

static int hash_content(void *ctx, uint64_t *result, struct err *e)
{
    const struct place *p = ctx;
    char path[128];
    snprintf(path, sizeof path, "%s/train-images-idx3-ubyte.gz", p->source);
    return cache_content(path, result, e);
}

/* Each time with an empty cache. */
static int load_anew(void *ctx, uint64_t *result, struct err *e)
{
    struct place *p = ctx;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/sweep", p->cache);
    if (system(command))
        return err_set(e, ERR_IO, "%s", command);
    return load(ctx, result, e);
}

static void place_make(struct place *p)
{
    folder_make(p->source);
    folder_make(p->cache);
    p->dataset = "idx";
    put_part(p->source, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", N);
    put_part(p->source, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte", 3);
    unsetenv("SWEEP_CACHE");
    setenv("XDG_CACHE_HOME", p->cache, 1);
}

static void place_remove(const struct place *p)
{
    char path[96];
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
    snprintf(path, sizeof path, "%s/sweep/decoded", p->cache);
    folder_remove(path);
    snprintf(path, sizeof path, "%s/sweep", p->cache);
    rmdir(path);
    folder_remove(p->cache);
    folder_remove(p->source);
}

static void what_fails_with_a_dataset_is_told(void **state)
{
    static const struct {
        const char *what;
        int (*run)(void *ctx, uint64_t *result, struct err *e);
    } row[] = {{"load, nothing cached", load_anew}, {"load", load}, {"peek", peek}, {"hash", hash_content}};
    struct place p;
    size_t told = 0; /* what the cache cannot do is not */
    (void)state;
    place_make(&p);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        told += each_call_fails(MISHAP_MEMORY, &(struct trying){row[i].what, row[i].run, &p, ERR_NOMEM, 0});
        told += each_call_fails(MISHAP_FILES, &(struct trying){row[i].what, row[i].run, &p, ERR_IO, 0});
    }
    assert_true(told > 20);
    place_remove(&p);
}

/* Records in two files, plain and gzipped. */
static void what_fails_with_records_is_told(void **state)
{
    enum { RECORDS = 40, BYTES = RECORDS * 3073 };
    static unsigned char b[BYTES];
    struct place p = {.dataset = "cifar10"};
    size_t told = 0;
    (void)state;
    folder_make(p.source);
    cifar10_make(b, RECORDS, 0);
    file_put_gz(p.source, "data_batch_1.bin.gz", b, BYTES);
    file_put(p.source, "data_batch_2.bin", b, BYTES);
    file_put(p.source, "test_batch.bin", b, BYTES / 2);
    for (int whole = 0; whole < 2; whole++) {
        int (*const run)(void *ctx, uint64_t *result, struct err *e) = whole ? load : peek;
        told += each_call_fails(MISHAP_MEMORY, &(struct trying){"records", run, &p, ERR_NOMEM, 0});
        told += each_call_fails(MISHAP_FILES, &(struct trying){"records", run, &p, ERR_IO, 0});
    }
    assert_true(told > 10);
    folder_remove(p.source);
}

static void lack_of_memory_for_the_built_in_dataset_is_told(void **state)
{
    struct place p = {.dataset = "optdigits"};
    (void)state;
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"optdigits", load, &p, ERR_NOMEM, 0}) > 0);
}

int run_mishap_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_with_a_dataset_is_told),
        cmocka_unit_test(what_fails_with_records_is_told),
        cmocka_unit_test(lack_of_memory_for_the_built_in_dataset_is_told),
    };
    return cmocka_run_group_tests_name("mishaps", tests, NULL, NULL);
}
