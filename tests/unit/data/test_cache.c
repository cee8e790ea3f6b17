/* Decoded pixels kept between runs: the same dataset with the cache, without it, and with whatever stands in its place.
 */
#include "base/file.h"
#include "data/cache.h"
#include "data/sources/source.h"
#include "data_test.h"
#include "kernels/kernels.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 1400, SIDE = 28, PIXELS = N * SIDE * SIDE, WHOLE = CACHE_PAGE + PIXELS + 8 * N }; /* above CACHE_MIN */

struct place { /* a dataset and a cache folder of its own */
    char source[64], cache[64], decoded[96];
    char *old;
};

static void put_be(unsigned char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* Training images that depend on `seed`; as a gzip stream they are as long for every seed. */
static void put_images(const char *folder, unsigned seed)
{
    static unsigned char b[16 + PIXELS];
    put_be(b, 0x803);
    put_be(b + 4, N);
    put_be(b + 8, SIDE);
    put_be(b + 12, SIDE);
    for (size_t i = 0; i < PIXELS; i++)
        b[16 + i] = (unsigned char)((i * 7 + seed) % 251);
    file_put_gz(folder, "train-images-idx3-ubyte.gz", b, sizeof b);
}

static void put_labels(const char *folder, const char *name, uint32_t n)
{
    static unsigned char b[8 + N];
    put_be(b, 0x801);
    put_be(b + 4, n);
    for (uint32_t i = 0; i < n; i++)
        b[8 + i] = (unsigned char)(i % 3);
    file_put_gz(folder, name, b, 8 + n);
}

static void put_test(const char *folder)
{
    unsigned char b[16 + 3 * SIDE * SIDE] = {0};
    put_be(b, 0x803);
    put_be(b + 4, 3);
    put_be(b + 8, SIDE);
    put_be(b + 12, SIDE);
    file_put_gz(folder, "t10k-images-idx3-ubyte.gz", b, sizeof b);
}

static void place_make(struct place *p)
{
    const char *old = getenv("XDG_CACHE_HOME");
    p->old = old ? strdup(old) : NULL;
    unsetenv("SWEEP_CACHE");
    folder_make(p->source);
    folder_make(p->cache);
    snprintf(p->decoded, sizeof p->decoded, "%s/sweep/decoded", p->cache);
    setenv("XDG_CACHE_HOME", p->cache, 1);
    put_images(p->source, 1);
    put_test(p->source);
    put_labels(p->source, "train-labels-idx1-ubyte.gz", N);
    put_labels(p->source, "t10k-labels-idx1-ubyte.gz", 3);
}

static void place_remove(struct place *p)
{
    char sweep[96];
    setenv("SWEEP_CACHE", "off", 1);
    if (p->old)
        setenv("XDG_CACHE_HOME", p->old, 1);
    else
        unsetenv("XDG_CACHE_HOME");
    free(p->old);
    snprintf(sweep, sizeof sweep, "%s/sweep", p->cache);
    if (!access(p->decoded, F_OK))
        folder_remove(p->decoded);
    rmdir(sweep);
    folder_remove(p->cache);
    folder_remove(p->source);
}

/* 0 when the dataset loads and holds the pixels of `seed`. No assertion: children call it too. */
static int load_differs(const struct place *p, unsigned seed)
{
    struct data_spec s = spec_of("idx", p->source);
    struct dataset d;
    struct err e = {0};
    if (dataset_load(&d, &s, &e))
        return -1;
    int bad = d.n[PART_TRAIN] != N || d.field[0].shape.h != SIDE || d.field[0].shape.w != SIDE ||
              d.field[1].classes != 3 || d.n[PART_TEST] != 3;
    for (size_t i = 0; !bad && i < PIXELS; i++)
        bad = pixels_of(&d, PART_TRAIN)[i] != (i * 7 + seed) % 251;
    for (size_t i = 0; !bad && i < N; i++)
        bad = classes_of(&d, PART_TRAIN)[i] != i % 3;
    dataset_release(&d);
    return bad;
}

static struct cache_slot slot_of(const struct place *p, const char *name)
{
    struct cache_slot c;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", p->source, name);
    cache_find(&c, path, N, SIDE * SIDE);
    return c;
}

static struct cache_slot train_slot(const struct place *p)
{
    struct cache_slot c = slot_of(p, "train-images-idx3-ubyte.gz");
    assert_true(c.file[0] && !strncmp(c.file, p->decoded, strlen(p->decoded)));
    return c;
}

static int is_cached(const struct place *p, unsigned seed)
{
    struct cache_slot c = train_slot(p);
    struct dataset d = {.name = "toy"};
    struct cache_hit hit;
    int same = !cache_map(&c, &d, &hit);
    for (size_t i = 0; same && i < N; i++) {
        uint32_t sum = 0, squares = 0;
        for (size_t k = i * SIDE * SIDE; k < (i + 1) * SIDE * SIDE; k++) {
            uint32_t want = (uint32_t)((k * 7 + seed) % 251);
            same = same && hit.x[k] == want;
            sum += want;
            squares += want * want;
        }
        same = same && hit.sums[i][0] == sum && hit.sums[i][1] == squares;
    }
    dataset_release(&d);
    return same;
}

static void the_second_load_is_mapped(void **state)
{
    struct place p;
    (void)state;
    place_make(&p);
    assert_false(is_cached(&p, 1));
    assert_int_equal(load_differs(&p, 1), 0);
    assert_true(is_cached(&p, 1));
    assert_int_equal(load_differs(&p, 1), 0);
    place_remove(&p);
}

/* What the first load has written takes its memory's place. */
static void so_is_the_first(void **state)
{
    struct place p;
    (void)state;
    place_make(&p);
    for (int i = 0; i < 2; i++) {
        struct data_spec s = spec_of("idx", p.source);
        struct dataset d;
        struct err e = {0};
        assert_int_equal(dataset_load(&d, &s, &e), 0);
        assert_true(dataset_is_mapped(&d, pixels_of(&d, PART_TRAIN)));
        assert_false(dataset_is_mapped(&d, classes_of(&d, PART_TRAIN)));
        dataset_release(&d);
    }
    place_remove(&p);
}

static int copy_pixels(void *ctx, uint8_t *x, struct err *e)
{
    (void)e;
    memcpy(x, ctx, PIXELS);
    return 0;
}

static void keep_pixels(const struct cache_slot *c, uint8_t *x)
{
    struct dataset d = {.name = "toy"};
    struct cache_hit hit;
    struct err e = {0};
    assert_int_equal(cache_put(c, &(struct cache_maker){copy_pixels, NULL, x}, &d, &hit, &e), 0);
    dataset_release(&d);
}

/* What is mapped is what is used: a cache file that passes every check is believed. */
static void a_hit_does_not_read_the_source(void **state)
{
    static uint8_t other[WHOLE];
    struct place p;
    (void)state;
    place_make(&p);
    for (size_t i = 0; i < PIXELS; i++)
        other[i] = (uint8_t)((i * 7 + 5) % 251);
    struct cache_slot c = train_slot(&p);
    keep_pixels(&c, other);
    assert_int_equal(load_differs(&p, 5), 0);
    place_remove(&p);
}

static void view_numbers(const struct place *p, float scale_shift[2])
{
    struct data_spec s = spec_of("idx", p->source);
    struct dataset d;
    struct data_view v;
    struct arena a;
    struct err e = {0};
    arena_init(&a);
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    view_of(&v, &d, &s, &a);
    scale_shift[0] = v.transform[0].scale[0];
    scale_shift[1] = v.transform[0].shift[0];
    arena_release(&a);
    dataset_release(&d);
}

static void normalization_is_the_same_with_kept_sums(void **state)
{
    struct place p;
    float decoded[2], mapped[2];
    (void)state;
    place_make(&p);
    view_numbers(&p, decoded);
    assert_true(is_cached(&p, 1));
    view_numbers(&p, mapped);
    assert_memory_equal(decoded, mapped, sizeof mapped);
    place_remove(&p);
}

/* Batches of both splits, which begin amid the split and are not full. */
static void batches_of(const struct data_view *v, float x[2][2 * LANES * SIDE * SIDE], int32_t label[2][2 * LANES],
                       uint32_t sample[2][2 * LANES])
{
    uint32_t at[2 * LANES - 3];
    for (uint32_t i = 0; i < 2 * LANES - 3; i++)
        at[i] = (i * 5 + 2) % 40;
    for (int s = 0; s < 2; s++)
        batch_of(kernels_pick(NULL), v, s ? DATA_VALIDATION : DATA_TRAIN, at, 2 * LANES - 3, s ? NULL : DRAW(7, 1),
                 x[s], label[s], sample[s]);
}

static void few_images_are_gathered(void **state)
{
    static _Alignas(64) float x[2][2][2 * LANES * SIDE * SIDE];
    static int32_t label[2][2][2 * LANES];
    static uint32_t sample[2][2][2 * LANES];
    struct place p;
    struct dataset d;
    struct data_view v;
    struct arena a;
    struct err e = {0};
    (void)state;
    place_make(&p);
    struct data_spec s = spec_of("idx", p.source);
    s.augment = "shift 1";
    for (int load = 0; load < 3; load++) { /* decoded, mapped, and mapped with most of it wanted */
        if (load == 0)
            setenv("SWEEP_CACHE", "off", 1);
        else
            unsetenv("SWEEP_CACHE");
        s.train = load < 2 ? 100 : N - 40;
        s.validation = 40;
        arena_init(&a);
        assert_int_equal(dataset_load(&d, &s, &e), 0);
        view_of(&v, &d, &s, &a);
        batches_of(&v, x[0], label[0], sample[0]);
        assert_int_equal(data_view_gather(&v, &a), load == 1);
        batches_of(&v, x[1], label[1], sample[1]);
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        assert_memory_equal(label[0], label[1], sizeof label[0]);
        assert_memory_equal(sample[0], sample[1], sizeof sample[0]);
        arena_release(&a);
        dataset_release(&d);
    }
    assert_true(is_cached(&p, 1));
    place_remove(&p);
}

static void a_changed_source_is_decoded_again(void **state)
{
    struct place p;
    (void)state;
    place_make(&p);
    assert_int_equal(load_differs(&p, 1), 0);
    struct cache_slot before = train_slot(&p);
    put_images(p.source, 2);
    assert_false(is_cached(&p, 1));
    assert_int_equal(load_differs(&p, 2), 0);
    assert_true(is_cached(&p, 2));
    struct cache_slot after = train_slot(&p);
    assert_string_equal(before.file, after.file); /* replaced, not added */

    static uint8_t zeros[WHOLE];
    keep_pixels(&before, zeros); /* decoded before the change: not kept */
    assert_int_equal(load_differs(&p, 2), 0);
    place_remove(&p);
}

/* One byte of the file changed, or its length. */
static void change_byte(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    int c = getc(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    putc(c ^ 0x10, f);
    assert_int_equal(fclose(f), 0);
}

static void damaged_files_are_ignored_and_replaced(void **state)
{
    static const long at[] = {0, 7, 8, 24, 60, 71, 79, 80, 87, CACHE_PAGE, CACHE_PAGE + 1001, -8 * N, -1};
    static const long length[] = {0, 1, CACHE_PAGE - 1, CACHE_PAGE, WHOLE - 1, WHOLE + 1};
    struct place p;
    (void)state;
    place_make(&p);
    assert_int_equal(load_differs(&p, 1), 0);
    struct cache_slot c = train_slot(&p);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        change_byte(c.file, at[i]);
        if (is_cached(&p, 1))
            fail_msg("a changed byte at %ld is not seen", at[i]);
        assert_int_equal(load_differs(&p, 1), 0);
        assert_true(is_cached(&p, 1));
    }
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        assert_int_equal(truncate(c.file, length[i]), 0);
        if (is_cached(&p, 1))
            fail_msg("a length of %ld is not seen", length[i]);
        assert_int_equal(load_differs(&p, 1), 0);
        assert_true(is_cached(&p, 1));
    }
    place_remove(&p);
}

/* Two words that change places have the same sum, but not the same sum of sums. */
static void order_counts(void **state)
{
    struct place p;
    unsigned char a[64], b[64];
    (void)state;
    place_make(&p);
    assert_int_equal(load_differs(&p, 1), 0);
    struct cache_slot c = train_slot(&p);
    int fd = open(c.file, O_RDWR);
    assert_true(fd >= 0);
    assert_true(pread(fd, a, 64, CACHE_PAGE) == 64 && pread(fd, b, 64, CACHE_PAGE + 6400) == 64);
    assert_memory_not_equal(a, b, 64);
    assert_true(pwrite(fd, b, 64, CACHE_PAGE) == 64 && pwrite(fd, a, 64, CACHE_PAGE + 6400) == 64);
    close(fd);
    assert_false(is_cached(&p, 1));
    place_remove(&p);
}

static void no_place_to_write_is_no_error(void **state)
{
    struct place p;
    (void)state;
    place_make(&p);
    file_put(p.cache, "sweep", "", 0); /* a file where the folder should be */
    assert_int_equal(load_differs(&p, 1), 0);
    file_drop(p.cache, "sweep");

    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    unsetenv("HOME");
    static const char *const nowhere[] = {"", "relative/path", "/proc/sweep-cannot-be-made", "/dev/null"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        setenv("XDG_CACHE_HOME", nowhere[i], 1);
        assert_int_equal(load_differs(&p, 1), 0);
    }
    setenv("HOME", p.cache, 1);
    setenv("XDG_CACHE_HOME", "relative/path", 1); /* then the one below $HOME */
    struct cache_slot c = slot_of(&p, "train-images-idx3-ubyte.gz");
    assert_non_null(strstr(c.file, "/.cache/sweep/decoded/"));
    if (home)
        setenv("HOME", home, 1);
    else
        unsetenv("HOME");
    free(home);
    place_remove(&p);
}

/* The folder is there, but takes nothing of that size: neither an error nor a signal, and nothing is left behind. */
static void no_room_is_no_error(void **state)
{
    struct place p;
    struct rlimit old, low;
    (void)state;
    place_make(&p);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = 65536;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int bad = load_differs(&p, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(bad, 0);
    assert_false(is_cached(&p, 1));
    assert_int_equal(rmdir(p.decoded), 0); /* empty */
    place_remove(&p);
}

static void can_be_switched_off(void **state)
{
    struct place p;
    (void)state;
    place_make(&p);
    setenv("SWEEP_CACHE", "off", 1);
    assert_int_equal(load_differs(&p, 1), 0);
    unsetenv("SWEEP_CACHE");
    assert_int_equal(access(p.decoded, F_OK), -1);
    place_remove(&p);
}

static void small_and_plain_files_are_not_cached(void **state)
{
    struct place p;
    struct idx_bytes x;
    char folder[64];
    (void)state;
    place_make(&p);
    folder_make(folder);
    idx_make(&x);
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.gz", idx_names[i]);
        file_put_gz(folder, name, x.b[i], x.n[i]);
    }
    struct data_spec s = spec_of("idx", folder);
    struct dataset d;
    struct err e = {0};
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    dataset_release(&d);
    assert_int_equal(access(p.decoded, F_OK), -1);
    folder_remove(folder);
    place_remove(&p);
}

/* Several processes at once: each has the right pixels, the file is whole afterwards, and no half of one is left. */
static void processes_may_race(void **state)
{
    enum { PROCESSES = 4 };
    struct place p;
    (void)state;
    place_make(&p);
    for (int round = 0; round < 3; round++) {
        pid_t child[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            child[i] = fork();
            assert_true(child[i] >= 0);
            if (!child[i])
                _exit(load_differs(&p, 1) != 0);
        }
        for (int i = 0; i < PROCESSES; i++) {
            int status;
            assert_int_equal(waitpid(child[i], &status, 0), child[i]);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        assert_true(is_cached(&p, 1));
        struct cache_slot c = train_slot(&p);
        char tmp[DATA_PATH + 8];
        snprintf(tmp, sizeof tmp, "%s.tmp", c.file);
        assert_int_equal(access(tmp, F_OK), -1);
        change_byte(c.file, CACHE_PAGE + 5); /* the next round has to replace it while others look at it */
    }
    place_remove(&p);
}

/* What a killed process leaves is taken over. */
static void a_leftover_is_no_obstacle(void **state)
{
    struct place p;
    struct err e = {0};
    (void)state;
    place_make(&p);
    struct cache_slot c = train_slot(&p);
    char tmp[DATA_PATH + 8];
    snprintf(tmp, sizeof tmp, "%s.tmp", c.file);
    assert_int_equal(file_mkdirs(p.decoded, &e), 0);
    assert_int_equal(file_publish(tmp, "half of", 7, 0, &e), 0);
    assert_int_equal(load_differs(&p, 1), 0);
    assert_true(is_cached(&p, 1));
    assert_int_equal(access(tmp, F_OK), -1);
    place_remove(&p);
}

int run_cache_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_load_is_mapped),
        cmocka_unit_test(so_is_the_first),
        cmocka_unit_test(a_hit_does_not_read_the_source),
        cmocka_unit_test(normalization_is_the_same_with_kept_sums),
        cmocka_unit_test(few_images_are_gathered),
        cmocka_unit_test(a_changed_source_is_decoded_again),
        cmocka_unit_test(damaged_files_are_ignored_and_replaced),
        cmocka_unit_test(order_counts),
        cmocka_unit_test(no_place_to_write_is_no_error),
        cmocka_unit_test(no_room_is_no_error),
        cmocka_unit_test(can_be_switched_off),
        cmocka_unit_test(small_and_plain_files_are_not_cached),
        cmocka_unit_test(processes_may_race),
        cmocka_unit_test(a_leftover_is_no_obstacle),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
