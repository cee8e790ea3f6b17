/* Datasets that are fetched: from a server of this program's own, that does what servers do and what they should not.
 */
#include "base/file.h"
#include "data/fetch/fetch.h"
#include "data_test.h"
#include "http_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FILE_BYTES = 5000 };
static unsigned char content[FILE_BYTES];
static struct fetch_file file = {"f.bin", FILE_BYTES, "", {NULL}};
static const struct fetch_set set = {.name = "toy", .licence = "none", .file = &file, .files = 1};

struct place {
    char folder[64], sum[65], said[2000];
    struct http_server server;
    struct fetch_how how;
    char mirror[128];
};

static void hear(void *ctx, const char *line)
{
    struct place *p = ctx;
    size_t n = strlen(p->said);
    snprintf(p->said + n, sizeof p->said - n, "%s\n", line);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    struct err e = {0};
    char path[128];
    signal(SIGPIPE, SIG_IGN); /* the server's, when the other side has enough */
    unsetenv("http_proxy");
    folder_make(p->folder);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (unsigned char)(i * i % 251 + 1);
    file_put(p->folder, "copy", content, sizeof content);
    snprintf(path, sizeof path, "%s/copy", p->folder);
    if (fetch_sha256(path, p->sum, &e))
        fail_msg("%s", e.text);
    file.sha256 = p->sum;
    p->server.bytes = content;
    p->server.n = sizeof content;
    assert_int_equal(http_server_start(&p->server), 0);
    p->how = (struct fetch_how){p->mirror, 1, NULL, hear, p};
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    http_server_stop(&p->server);
    folder_remove(p->folder);
    free(p);
    return 0;
}

static int get_as(struct place *p, const char *how, struct err *e)
{
    snprintf(p->mirror, sizeof p->mirror, "%s/%s", p->server.url, how);
    p->said[0] = 0;
    *e = (struct err){0};
    return fetch_get(&set, p->folder, &p->how, e);
}

/* Whether the file is there, and is what was published. */
static int is_fetched(const struct place *p)
{
    char path[128];
    struct err e = {0};
    size_t n;
    snprintf(path, sizeof path, "%s/toy/f.bin", p->folder);
    if (!file_exists(path))
        return 0;
    char *got = file_read(path, &n, &e);
    assert_true(got && n == sizeof content && !memcmp(got, content, n));
    free(got);
    return 1;
}

static long part_bytes(const struct place *p)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/toy/f.bin.part", p->folder);
    return stat(path, &st) ? -1 : (long)st.st_size;
}

static void put_part(const struct place *p, const void *bytes, size_t n)
{
    char folder[80];
    struct err e = {0};
    snprintf(folder, sizeof folder, "%s/toy", p->folder);
    assert_int_equal(file_mkdirs(folder, &e), 0);
    file_put(folder, "f.bin.part", bytes, n);
}

/* The hash is that of FIPS 180-4's examples. */
static void sums_are_those_of_the_standard(void **state)
{
    static const char *const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                             *const none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    char folder[64], path[80], sum[65];
    struct err e = {0};
    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/x", folder);
    for (int i = 0; i < 2; i++) {
        file_put(folder, "x", "abc", i ? 0 : 3);
        assert_int_equal(fetch_sha256(path, sum, &e), 0);
        assert_string_equal(sum, i ? none : abc);
    }
    folder_remove(folder);
}

static void a_file_is_fetched_once(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p) && part_bytes(p) < 0 && p->server.requests == 1);
    has_text(p->said, "/well/toy/f.bin: fetched");
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_int_equal(p->server.requests, 1);
    has_text(p->said, "f.bin: is there already");
    char folder[80];
    snprintf(folder, sizeof folder, "%s/toy", p->folder);
    file_put(folder, "f.bin", content + 1, FILE_BYTES - 1); /* not what was published */
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p) && p->server.requests == 2);
}

static void redirects_are_followed_but_not_for_ever(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(get_as(p, "moved", &e), 0);
    assert_true(is_fetched(p) && p->server.requests == 2);
    char path[128];
    snprintf(path, sizeof path, "%s/toy/f.bin", p->folder);
    unlink(path);
    assert_int_equal(get_as(p, "loop", &e), -1);
    assert_true(e.code == ERR_IO && !is_fetched(p) && p->server.requests < 20);
    has_text(e.text, "/toy/f.bin: could not be fetched: ", "redirects", "SWEEP_MIRROR");
}

/* Each connection ends after 1000 bytes: the next one asks for the rest, and no byte is sent twice. */
static void a_cut_transfer_goes_on(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(get_as(p, "cut", &e), 0);
    assert_true(is_fetched(p) && p->server.requests == 5 && p->server.ranges == 4 && p->server.sent == FILE_BYTES);
}

static void what_an_earlier_call_has_left_is_used(void **state)
{
    struct place *p = *state;
    struct err e;
    put_part(p, content, 4000);
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p) && p->server.sent == 1000 && p->server.ranges == 1);
}

static void a_part_of_another_file_is_thrown_away(void **state)
{
    struct place *p = *state;
    struct err e;
    static unsigned char other[FILE_BYTES + 10];
    put_part(p, other, 4000);
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p) && p->server.requests == 2 && p->server.sent == 1000 + FILE_BYTES);
    char path[128];
    snprintf(path, sizeof path, "%s/toy/f.bin", p->folder);
    unlink(path);
    put_part(p, other, sizeof other); /* longer than the file */
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p));
}

static void a_server_without_ranges_sends_it_all_again(void **state)
{
    struct place *p = *state;
    struct err e;
    assert_int_equal(get_as(p, "whole", &e), 0);
    assert_true(is_fetched(p) && p->server.requests == 3 && p->server.ranges == 1);
}

static void what_is_wrong_with_an_answer_is_told(void **state)
{
    static const struct {
        const char *how, *said;
    } row[] = {
        {"other", "has the SHA-256 "},
        {"nowhere", "answers 404 (not found)"},
        {"endless", "sends more than the 5000 bytes that the file has"},
        {"slow", "answers too slowly: less than 1024 bytes a second for 1 s"},
    };
    struct place *p = *state;
    struct err e;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(get_as(p, row[i].how, &e), -1);
        assert_true(e.code == ERR_IO && !is_fetched(p));
        has_text(e.text, row[i].said);
        if (i < 3 && part_bytes(p) >= 0)
            fail_msg("%s: %ld bytes are left", row[i].how, part_bytes(p));
    }
    assert_true(p->server.sent < 100 * FILE_BYTES + 100000000);
    assert_int_equal(part_bytes(p), 3); /* of the slow one, which were what they should be, for all one can know */
}

static void nobody_answers(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    snprintf(p->mirror, sizeof p->mirror, "http://127.0.0.1:1/none");
    assert_int_equal(fetch_get(&set, p->folder, &p->how, &e), -1);
    has_text(e.text, "127.0.0.1 port 1", "by hand");
    e = (struct err){0};
    snprintf(p->mirror, sizeof p->mirror, "http://no-such-host.invalid");
    assert_int_equal(fetch_get(&set, p->folder, &p->how, &e), -1);
    has_text(e.text, "this machine seems to be offline");
    e = (struct err){0};
    snprintf(p->mirror, sizeof p->mirror, "file:///etc/passwd");
    assert_int_equal(fetch_get(&set, p->folder, &p->how, &e), -1);
    assert_true(!is_fetched(p) && part_bytes(p) < 0);
}

static void proxies_of_the_environment_are_used(void **state)
{
    struct place *p = *state;
    struct err e;
    setenv("http_proxy", "http://no-such-proxy.invalid:3128", 1);
    setenv("no_proxy", "", 1);
    assert_int_equal(get_as(p, "well", &e), -1);
    has_text(e.text, "the proxy that the environment names");
    setenv("no_proxy", "127.0.0.1", 1);
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p));
    unsetenv("http_proxy");
    unsetenv("no_proxy");
}

static void the_next_mirror_is_tried(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    char url[2][96];
    struct fetch_file two = file;
    struct fetch_set mirrored = set;
    mirrored.file = &two;
    snprintf(url[0], sizeof url[0], "%s/other/toy/", p->server.url);
    snprintf(url[1], sizeof url[1], "%s/well/toy/", p->server.url);
    two.url[0] = url[0];
    two.url[1] = url[1];
    assert_int_equal(fetch_get(&mirrored, p->folder, &p->how, &e), 0);
    assert_true(is_fetched(p));
    has_text(p->said, "/other/toy/f.bin: has the SHA-256", "/well/toy/f.bin: fetched");
}

/* A limit on the size of files stands for a disk without room. */
static void a_full_disk_is_told_and_nothing_half_is_called_whole(void **state)
{
    struct place *p = *state;
    struct err e;
    struct rlimit before, small;
    void (*then)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 3000;
    setrlimit(RLIMIT_FSIZE, &small);
    int bad = get_as(p, "well", &e);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, then);
    assert_true(bad && e.code == ERR_IO && !is_fetched(p));
    has_text(e.text, "f.bin.part: cannot write: a limit on the size of a file");
    assert_int_equal(get_as(p, "well", &e), 0);
    assert_true(is_fetched(p));
}

static void two_calls_do_not_mix(void **state)
{
    struct place *p = *state;
    struct err e;
    char path[128];
    put_part(p, content, 10);
    snprintf(path, sizeof path, "%s/toy/f.bin.part", p->folder);
    int fd = open(path, O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(get_as(p, "well", &e), -1);
    assert_true(e.code == ERR_BUSY && part_bytes(p) == 10);
    has_text(e.text, "f.bin: is being fetched by another call");
    close(fd);
    assert_int_equal(get_as(p, "well", &e), 0);
}

/* ---- archives ---------------------------------------------------------------------------------------------------- */

/* Adds a file to a tar archive (POSIX.1-1988, ustar). */
static size_t tar_add(unsigned char *to, const char *name, const void *bytes, size_t n)
{
    unsigned sum = 0;
    memset(to, 0, 512);
    snprintf((char *)to, 100, "%s", name);
    snprintf((char *)to + 100, 8, "0000644");
    snprintf((char *)to + 124, 12, "%011zo", n);
    snprintf((char *)to + 136, 12, "00000000000");
    memset(to + 148, ' ', 8);
    to[156] = '0';
    memcpy(to + 257,
           "ustar\0"
           "00",
           8);
    for (int i = 0; i < 512; i++)
        sum += to[i];
    snprintf((char *)to + 148, 8, "%06o", sum);
    memset(to + 512, 0, (n + 511) / 512 * 512);
    memcpy(to + 512, bytes, n);
    return 512 + (n + 511) / 512 * 512;
}

static struct fetch_file archive = {"a.tar.gz", 0, "", {NULL}};

/* Serves the archive as the file, plain or cut. */
static void serve_archive(struct place *p, const unsigned char *tar, size_t n)
{
    static unsigned char packed[1 << 14];
    char path[128];
    struct err e = {0};
    size_t size;
    file_put_gz(p->folder, "tar", tar, n);
    snprintf(path, sizeof path, "%s/tar", p->folder);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size = fread(packed, 1, sizeof packed, f);
    fclose(f);
    assert_int_equal(fetch_sha256(path, p->sum, &e), 0);
    archive.bytes = size;
    archive.sha256 = p->sum;
    p->server.bytes = packed;
    p->server.n = size;
    snprintf(p->mirror, sizeof p->mirror, "%s/well", p->server.url);
}

static void archives_are_unpacked_by_the_names_of_the_table(void **state)
{
    static const struct fetch_member members[] = {{"x/one.bin", "other/one.bin", 3}, {"x/two", "packed/two", 0}};
    static unsigned char tar[1 << 14];
    const struct fetch_set packed = {.name = "packed", .file = &archive, .files = 1, .member = members, .members = 2};
    struct place *p = *state;
    struct err e = {0};
    char path[128];
    size_t n = tar_add(tar, "../../evil", "!", 1);
    n += tar_add(tar + n, "x/one.bin", "abc", 3);
    n += tar_add(tar + n, "./x/two", "hello", 5);
    serve_archive(p, tar, n + 1024);
    if (fetch_get(&packed, p->folder, &p->how, &e))
        fail_msg("%s", e.text);
    snprintf(path, sizeof path, "%s/packed/two", p->folder);
    char *two = file_read(path, &n, &e);
    assert_true(two && n == 5 && !memcmp(two, "hello", 5));
    free(two);
    snprintf(path, sizeof path, "%s/packed/a.tar.gz", p->folder);
    assert_false(file_exists(path));
    int before = p->server.requests;
    assert_int_equal(fetch_get(&packed, p->folder, &p->how, &e), 0);
    assert_int_equal(p->server.requests, before);
    snprintf(path, sizeof path, "%s/other/one.bin", p->folder);
    unlink(path);
    n = tar_add(tar, "x/one.bin", "abcd", 4); /* longer than it may be, and the other one is not there */
    serve_archive(p, tar, n + 1024);
    assert_int_equal(fetch_get(&packed, p->folder, &p->how, &e), -1);
    has_text(e.text, "other/one.bin: would be longer than 3 bytes");
    assert_false(file_exists(path));
    e = (struct err){0};
    n = tar_add(tar, "x/one.bin", "abc", 3);
    serve_archive(p, tar, n + 1024);
    snprintf(path, sizeof path, "%s/packed/a.tar.gz", p->folder);
    unlink(path);
    assert_int_equal(fetch_get(&packed, p->folder, &p->how, &e), -1);
    has_text(e.text, "a.tar.gz: has no x/two");
}

static void reviews_become_tables(void **state)
{
    static const char *const name[] = {"train/pos/0_9", "train/neg/0_2", "test/pos/0_10", "test/neg/0_1"};
    static unsigned char tar[1 << 14];
    const struct fetch_set imdb = {.name = "imdb", .file = &archive, .files = 1, .reviews = 1};
    struct place *p = *state;
    struct err e = {0};
    char path[128];
    size_t n = tar_add(tar, "aclImdb/train/unsup/0_0.txt", "no row", 6);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "aclImdb/%s.txt", name[i]);
        n += tar_add(tar + n, path, "a \"b\", c", 8);
    }
    serve_archive(p, tar, n + 1024);
    if (fetch_get(&imdb, p->folder, &p->how, &e))
        fail_msg("%s", e.text);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/imdb/%s.csv", p->folder, i ? "test" : "train");
        char *text = file_read(path, &n, &e);
        assert_string_equal(text, "review,sentiment\n\"a \"\"b\"\", c\",pos\n\"a \"\"b\"\", c\",neg\n");
        free(text);
    }
}

/* Every set says where it is, and has a hash; a dataset that is not there names the command. */
static void the_table_of_sets_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; fetch_set_at(i); i++) {
        const struct fetch_set *s = fetch_set_at(i);
        assert_true(*s->licence && s->files && fetch_set_named(s->name) == s);
        for (size_t k = 0; k < s->files; k++) {
            assert_true(strlen(s->file[k].sha256) == 64 && s->file[k].bytes > 0 && s->file[k].url[0]);
            assert_int_equal(strspn(s->file[k].sha256, "0123456789abcdef"), 64);
            for (int m = 0; m < FETCH_MIRRORS && s->file[k].url[m]; m++)
                assert_true(!strncmp(s->file[k].url[m], "http", 4) && str_ends(s->file[k].url[m], "/"));
        }
        for (const char *const *also = s->also; also && *also; also++)
            assert_non_null(data_dataset_named(*also));
        if (!s->also && strcmp(s->name, "imdb") != 0)
            assert_non_null(data_dataset_named(s->name));
    }
    char folder[64], want[80];
    setenv("HOME", folder_make(folder), 1);
    const char *data = getenv("SWEEP_DATA");
    char *kept = data ? strdup(data) : NULL;
    unsetenv("SWEEP_DATA");
    static const char *const names[] = {"mnist", "emnist-letters", "cifar100"};
    for (size_t i = 0; i < 3; i++) {
        struct data_spec s = spec_of(names[i], "");
        snprintf(want, sizeof want, "or fetch it: sweep data get %s", names[i]);
        refused(&s, ERR_DATA, want);
    }
    if (kept)
        setenv("SWEEP_DATA", kept, 1);
    free(kept);
    folder_remove(folder);
}

int run_fetch_tests(void)
{
#define OF_A_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_standard),
        OF_A_SERVER(a_file_is_fetched_once),
        OF_A_SERVER(redirects_are_followed_but_not_for_ever),
        OF_A_SERVER(a_cut_transfer_goes_on),
        OF_A_SERVER(what_an_earlier_call_has_left_is_used),
        OF_A_SERVER(a_part_of_another_file_is_thrown_away),
        OF_A_SERVER(a_server_without_ranges_sends_it_all_again),
        OF_A_SERVER(what_is_wrong_with_an_answer_is_told),
        OF_A_SERVER(nobody_answers),
        OF_A_SERVER(proxies_of_the_environment_are_used),
        OF_A_SERVER(the_next_mirror_is_tried),
        OF_A_SERVER(a_full_disk_is_told_and_nothing_half_is_called_whole),
        OF_A_SERVER(two_calls_do_not_mix),
        OF_A_SERVER(archives_are_unpacked_by_the_names_of_the_table),
        OF_A_SERVER(reviews_become_tables),
        cmocka_unit_test(the_table_of_sets_is_sound),
    };
    return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
