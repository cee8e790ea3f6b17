#include "groups.h"

#include "base/file.h"
#include "base/rng.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static void put(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void put_gzip(const char *path, const void *bytes, unsigned n)
{
    gzFile f = gzopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, n), n);
    assert_int_equal(gzclose(f), Z_OK);
}

/* What was read, `got` bytes or NULL and *e, is exactly these. */
static void is_read(char *p, size_t got, const struct err *e, const void *bytes, size_t n)
{
    if (!p)
        fail_msg("%s", e->text);
    assert_int_equal(got, n);
    assert_memory_equal(p, bytes, n);
    assert_int_equal(p[n], 0);
    free(p);
}

/* The file holds exactly these bytes. */
static void holds(const char *path, const void *bytes, size_t n)
{
    struct err e = {0};
    size_t got = 12345;
    char *p = file_read(path, &got, &e);
    is_read(p, got, &e, bytes, n);
}

static void refused(const char *path, enum err_code code, const char *words)
{
    struct err e = {0};
    size_t n;
    char *p = file_read(path, &n, &e);
    if (p)
        fail_msg("%s is read as %zu bytes", path, n);
    assert_int_equal(e.code, code);
    if (strncmp(e.text, path, strlen(path)) || !strstr(e.text, words))
        fail_msg("'%s' does not name %s or say '%s'", e.text, path, words);
    if (strstr(e.text + 1, path))
        fail_msg("'%s' names the path twice", e.text);
}

static unsigned char *noise(size_t n)
{
    unsigned char *p = malloc(n + 1);
    struct rng r;
    assert_non_null(p);
    rng_init(&r, 9, RNG_TEST, 0, 0);
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(rng_u32(&r) >> 27); /* compressible, NUL bytes included */
    return p;
}

static void plain_and_gzip_read_alike(void **state)
{
    static const size_t size[] = {0, 1, 2, 3, 65535, 65536, 65537, 131072, 200001};
    unsigned char *bytes = noise(200001);
    (void)state;
    for (size_t i = 0; i < COUNT(size); i++) {
        const char *plain = test_path("plain"), *packed = test_path("packed.gz");
        put(plain, bytes, size[i]);
        put_gzip(packed, bytes, (unsigned)size[i]);
        holds(plain, bytes, size[i]);
        holds(packed, bytes, size[i]);
    }
    free(bytes);
}

static void gzip_cut_anywhere_is_an_error(void **state)
{
    unsigned char *bytes = noise(100000);
    const char *whole = test_path("whole.gz"), *cut = test_path("cut.gz");
    (void)state;
    put_gzip(whole, bytes, 100000);
    FILE *f = fopen(whole, "rb");
    assert_non_null(f);
    static unsigned char packed[200000];
    size_t n = fread(packed, 1, sizeof packed, f);
    fclose(f);
    assert_true(n > 1000);
    for (size_t at = 3; at < n; at += at < 30 || n - at < 20 ? 1 : n / 37) { /* 1 and 2 bytes are no gzip file yet */
        put(cut, packed, at);
        refused(cut, ERR_DATA, "");
    }
    packed[n / 2] ^= 0x55; /* corrupt inside */
    put(cut, packed, n);
    refused(cut, ERR_DATA, "");
    packed[n / 2] ^= 0x55;
    packed[n - 6] ^= 0x55; /* wrong checksum */
    put(cut, packed, n);
    refused(cut, ERR_DATA, "");
    free(bytes);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    refused(test_path("missing"), ERR_IO, "No such file");
    refused(test_path("missing/deeper"), ERR_IO, "No such file");
    refused(test_folder(), ERR_IO, "folder");
}

static void an_older_error_does_not_stop_reading(void **state)
{
    struct err e = {0};
    size_t n;
    (void)state;
    err_set(&e, ERR_USAGE, "older");
    put(test_path("plain"), "abc", 3);
    char *p = file_read(test_path("plain"), &n, &e);
    assert_non_null(p);
    assert_string_equal(p, "abc");
    free(p);
    assert_null(file_read(test_path("missing"), &n, &e));
    assert_string_equal(e.text, "older");
}

static void publish_replaces_whole_files(void **state)
{
    const char *path = test_path("table.csv"), *tmp = test_path("table.csv.tmp");
    struct err e = {0};
    struct publish p;
    (void)state;
    assert_int_equal(file_publish(path, "first", 5, 1, &e), 0);
    holds(path, "first", 5);
    assert_int_equal(publish_begin(&p, path, &e), 0);
    fprintf(p.f, "second ");
    fflush(p.f);
    holds(path, "first", 5); /* untouched until the commit */
    assert_true(file_exists(tmp));
    fprintf(p.f, "%d", 2);
    assert_int_equal(publish_commit(&p, 1, &e), 0);
    assert_null(p.f);
    holds(path, "second 2", 8);
    assert_false(file_exists(tmp));
    assert_int_equal(file_publish(path, NULL, 0, 0, &e), 0);
    holds(path, "", 0);
    assert_int_equal(e.code, ERR_NONE);
}

static void abort_leaves_the_old_file(void **state)
{
    const char *path = test_path("aborted"), *tmp = test_path("aborted.tmp");
    struct err e = {0};
    struct publish p;
    (void)state;
    assert_int_equal(file_publish(path, "old", 3, 0, &e), 0);
    assert_int_equal(publish_begin(&p, path, &e), 0);
    fprintf(p.f, "new");
    publish_abort(&p);
    holds(path, "old", 3);
    assert_false(file_exists(tmp));
    publish_abort(&p); /* twice does no harm */
}

static void publish_fails_in_words(void **state)
{
    struct err e = {0};
    struct publish p;
    char endless[5000];
    (void)state;
    assert_int_equal(file_publish(test_path("no/such/folder"), "x", 1, 1, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "No such file"));
    err_clear(&e);
    memset(endless, 'p', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    assert_int_equal(publish_begin(&p, endless, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    publish_abort(&p); /* after a failed begin there is nothing to do, and nothing to trip over */
    err_clear(&e);
    assert_int_equal(mkdir(test_path("is_folder"), 0777), 0); /* the rename is refused */
    assert_int_equal(file_publish(test_path("is_folder"), "x", 1, 1, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_false(file_exists(test_path("is_folder.tmp")));
}

/* PATH.tmp leads to /dev/full, which answers every write with ENOSPC. */
static void full_disk_leaves_the_old_file(void **state)
{
    static const size_t size[] = {10, 1000000}; /* noticed at the flush, and while writing */
    const char *path = test_path("full"), *tmp = test_path("full.tmp");
    char *bytes = calloc(1, 1000000);
    (void)state;
    assert_non_null(bytes);
    if (access("/dev/full", W_OK)) {
        free(bytes);
        print_message("skipped: no /dev/full\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(size); i++)
        for (int sync = 0; sync < 2; sync++) {
            struct err e = {0};
            assert_int_equal(file_publish(path, "old", 3, 0, &e), 0);
            assert_int_equal(symlink("/dev/full", tmp), 0);
            assert_int_equal(file_publish(path, bytes, size[i], sync, &e), -1);
            assert_int_equal(e.code, ERR_IO);
            if (!strstr(e.text, "No space left"))
                fail_msg("'%s' does not say that the disk is full", e.text);
            holds(path, "old", 3);
            assert_int_not_equal(access(tmp, F_OK), 0);
            struct stat st;
            assert_int_equal(lstat(tmp, &st), -1); /* removed */
        }
    free(bytes);
}

/* A write that failed is not forgotten when later ones succeed. */
static void one_failed_write_spoils_the_file(void **state)
{
    const char *path = test_path("limited");
    struct err e = {0};
    struct publish p;
    struct rlimit old, low;
    static char bytes[100000];
    (void)state;
    assert_int_equal(file_publish(path, "old", 3, 0, &e), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(publish_begin(&p, path, &e), 0);
    low = old;
    low.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    size_t written = fwrite(bytes, 1, sizeof bytes, p.f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_true(written < sizeof bytes);
    errno = 0;
    assert_int_equal(publish_commit(&p, 0, &e), -1);
    assert_null(p.f);
    assert_int_equal(e.code, ERR_IO);
    assert_null(strstr(e.text, "Success"));
    holds(path, "old", 3);
    assert_false(file_exists(test_path("limited.tmp")));
}

/* Of a write that a limit cuts short the reason is the limit's, also when the first part found room. */
static void a_short_write_says_why(void **state)
{
    struct rlimit old, low;
    int why[2];
    (void)state;
    FILE *f = fopen(test_path("short"), "wb");
    assert_non_null(f);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    low = old;
    low.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    static const char bytes[5000];
    why[0] = file_write_all(fileno(f), bytes, sizeof bytes);
    why[1] = file_write_at(fileno(f), bytes, 100, 4000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(why[0], EFBIG);
    assert_int_equal(why[1], EFBIG);
    assert_int_equal(file_write_at(fileno(f), bytes, 100, 4000), 0);
    assert_int_equal(fclose(f), 0);
    holds(test_path("short"), bytes, 4100);
}

static void folders(void **state)
{
    struct err e = {0};
    struct stat st;
    char endless[5000], *start = getcwd(NULL, 0);
    (void)state;
    assert_int_equal(file_mkdirs(test_path("a/b//c/"), &e), 0);
    assert_int_equal(stat(test_path("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(file_mkdirs(test_path("a/b/c"), &e), 0); /* there already */
    assert_int_equal(file_mkdirs("/", &e), 0);
    assert_int_equal(chdir(test_folder()), 0);
    assert_int_equal(file_mkdirs("r", &e), 0);
    assert_int_equal(file_mkdirs("./s/t", &e), 0);
    assert_true(file_exists("r") && file_exists("s/t"));
    assert_int_equal(chdir(start), 0);
    free(start);
    assert_int_equal(e.code, ERR_NONE);
    put(test_path("a/file"), "x", 1);
    assert_int_equal(file_mkdirs(test_path("a/file"), &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "Not a directory"));
    err_clear(&e);
    assert_int_equal(file_mkdirs(test_path("a/file/deeper"), &e), -1);
    assert_int_equal(e.code, ERR_IO);
    err_clear(&e);
    assert_int_equal(file_mkdirs("", &e), -1);
    assert_int_equal(e.code, ERR_IO);
    err_clear(&e);
    memset(endless, 'p', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    assert_int_equal(file_mkdirs(endless, &e), -1);
    assert_int_equal(e.code, ERR_IO);
}

static void the_head_of_a_file(void **state)
{
    enum { N = 100000 };
    unsigned char *bytes = noise(N);
    struct err e = {0};
    (void)state;
    put(test_path("plain"), bytes, N);
    put_gzip(test_path("packed.gz"), bytes, N);
    for (int zip = 0; zip < 2; zip++) {
        static const size_t most[] = {1, 1000, 65536, 65537, N - 1, N, N + 1, 1 << 20};
        for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
            size_t n = 0, want = most[i] < N ? most[i] : N;
            char *p = file_read_head(test_path(zip ? "packed.gz" : "plain"), most[i], &n, &e);
            is_read(p, n, &e, bytes, want);
        }
    }
    free(bytes);
}

static void existence(void **state)
{
    (void)state;
    put(test_path("here"), "", 0);
    assert_true(file_exists(test_path("here")));
    assert_true(file_exists(test_folder()));
    assert_false(file_exists(test_path("not_here")));
    assert_false(file_exists(""));
}

/* The real thing: the MNIST test labels, 8 bytes of header and 10,000 labels. */
static void a_real_data_file(void **state)
{
    const char *path = test_data("mnist/t10k-labels-idx1-ubyte.gz");
    struct err e = {0};
    size_t n;
    (void)state;
    if (!path)
        skip();
    char *p = file_read(path, &n, &e);
    if (!p)
        fail_msg("%s", e.text);
    assert_int_equal(n, 10008);
    assert_memory_equal(p, "\0\0\x08\x01\0\0\x27\x10\x07", 9);
    free(p);
}

int test_file(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_gzip_read_alike),
        cmocka_unit_test(gzip_cut_anywhere_is_an_error),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(an_older_error_does_not_stop_reading),
        cmocka_unit_test(publish_replaces_whole_files),
        cmocka_unit_test(abort_leaves_the_old_file),
        cmocka_unit_test(publish_fails_in_words),
        cmocka_unit_test(full_disk_leaves_the_old_file),
        cmocka_unit_test(one_failed_write_spoils_the_file),
        cmocka_unit_test(a_short_write_says_why),
        cmocka_unit_test(folders),
        cmocka_unit_test(the_head_of_a_file),
        cmocka_unit_test(existence),
        cmocka_unit_test(a_real_data_file),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
