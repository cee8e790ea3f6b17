/* IDX files: what is read, and every way in which they can be wrong. */
#include "data_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    struct data_place at;
    struct idx_bytes x;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    data_place_make(&p->at, "idx");
    idx_make(&p->x);
    idx_put(p->at.folder, &p->x);
    *state = p;
    return 0;
}

static void check_small(const struct dataset *d, int with_values)
{
    assert_int_equal(d->field[0].shape.c, 1);
    assert_int_equal(d->field[0].shape.h, 2);
    assert_int_equal(d->field[0].shape.w, 3);
    assert_int_equal(d->field[1].classes, 3);
    assert_int_equal(d->field[0].max_value, 255);
    assert_int_equal(d->n[PART_TRAIN], 6);
    assert_int_equal(d->n[PART_TEST], 3);
    assert_string_equal(d->field[1].class_name[2], "2");
    if (!with_values) {
        assert_true(!pixels_of(d, PART_TRAIN) && !classes_of(d, PART_TRAIN) && !pixels_of(d, PART_TEST) &&
                    !classes_of(d, PART_TEST));
        return;
    }
    for (int i = 0; i < 36; i++)
        assert_int_equal(pixels_of(d, PART_TRAIN)[i], 7 * i % 256);
    for (int i = 0; i < 18; i++)
        assert_int_equal(pixels_of(d, PART_TEST)[i], 7 * i);
    for (int i = 0; i < 6; i++)
        assert_int_equal(classes_of(d, PART_TRAIN)[i], i % 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(classes_of(d, PART_TEST)[i], i);
}

static void reads_plain_and_gzipped(void **state)
{
    struct place *p = *state;
    struct dataset d;
    struct err e = {0};
    loads(&p->at.s, &d);
    check_small(&d, 1);
    dataset_release(&d);
    for (int i = 0; i < 4; i++) { /* more and more of them gzipped */
        char gz[64];
        snprintf(gz, sizeof gz, "%s.gz", idx_names[i]);
        file_drop(p->at.folder, idx_names[i]);
        file_put_gz(p->at.folder, gz, p->x.b[i], p->x.n[i]);
        loads(&p->at.s, &d);
        check_small(&d, 1);
        dataset_release(&d);
        assert_int_equal(dataset_peek(&d, &p->at.s, &e), 0);
        check_small(&d, 0);
        dataset_release(&d);
    }
}

static void reads_the_other_spelling(void **state)
{
    struct place *p = *state;
    struct dataset d;
    file_drop(p->at.folder, idx_names[0]);
    file_drop(p->at.folder, idx_names[3]);
    file_put(p->at.folder, "train-images.idx3-ubyte", p->x.b[0], p->x.n[0]);
    file_put(p->at.folder, "t10k-labels.idx1-ubyte", p->x.b[3], p->x.n[3]);
    loads(&p->at.s, &d);
    check_small(&d, 1);
    dataset_release(&d);
}

/* 36 bytes as [3][4][1][3] and 18 as ... : four dimensions are [n][c][h][w]. */
static void reads_colour(void **state)
{
    struct place *p = *state;
    struct dataset d;
    static const unsigned char train[] = {0, 0, 8, 4, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2},
                               test[] = {0, 0, 8, 4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2};
    unsigned char b[64] = {0};
    for (int i = 0; i < 36; i++)
        b[20 + i] = (unsigned char)i;
    memcpy(b, train, sizeof train);
    file_put(p->at.folder, idx_names[0], b, 20 + 36);
    memcpy(b, test, sizeof test);
    file_put(p->at.folder, idx_names[2], b, 20 + 18);
    loads(&p->at.s, &d);
    assert_int_equal(d.field[0].shape.c, 3);
    assert_int_equal(d.field[0].shape.h, 1);
    assert_int_equal(d.field[0].shape.w, 2);
    assert_int_equal(pixels_of(&d, PART_TRAIN)[35], 35);
    dataset_release(&d);
    b[11] = 1; /* one channel in the test file */
    b[15] = 3;
    file_put(p->at.folder, idx_names[2], b, 20 + 18);
    refused(&p->at.s, ERR_DATA, idx_names[2], "1x3x2", "expected 3x1x2", idx_names[0]);
    b[11] = 6;
    b[15] = 1;
    b[19] = 1;
    memcpy(b + 4, "\0\0\0\6", 4);
    file_put(p->at.folder, idx_names[0], b, 20 + 36);
    refused(&p->at.s, ERR_DATA, idx_names[0], "6 channels", "expected 1 to 4");
}

static void refuses_every_truncation(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 4; i++) {
        size_t header = i % 2 ? 8 : 16;
        for (size_t n = 0; n < p->x.n[i]; n++) {
            file_put(p->at.folder, idx_names[i], p->x.b[i], n);
            refused(&p->at.s, ERR_DATA, p->at.folder, idx_names[i], "cut off");
            struct dataset d;
            struct err e = {0};
            assert_int_equal(dataset_peek(&d, &p->at.s, &e),
                             -1); /* the length of a plain file shows it without reading */
            has_text(e.text, idx_names[i], n < header ? "header" : "bytes, expected");
        }
        file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i]);
    }
}

static void refuses_every_truncation_of_gzip(void **state)
{
    struct place *p = *state;
    char gz[64], path[256];
    static unsigned char whole[1024];
    for (int i = 0; i < 4; i++) {
        snprintf(gz, sizeof gz, "%s.gz", idx_names[i]);
        snprintf(path, sizeof path, "%s/%s", p->at.folder, gz);
        file_drop(p->at.folder, idx_names[i]);
        file_put_gz(p->at.folder, gz, p->x.b[i], p->x.n[i]);
        FILE *f = fopen(path, "rb");
        size_t size = fread(whole, 1, sizeof whole, f);
        fclose(f);
        for (size_t n = 0; n < size; n++) {
            file_put(p->at.folder, gz, whole, n);
            refused(&p->at.s, ERR_DATA, path, "cut off");
        }
        whole[size - 8] ^= 1; /* the checksum */
        file_put(p->at.folder, gz, whole, size);
        refused(&p->at.s, ERR_DATA, path, "damaged");
        whole[size - 8] ^= 1;
        file_put(p->at.folder, gz, whole, size);
        struct dataset d;
        loads(&p->at.s, &d);
        dataset_release(&d);
        file_put_gz(p->at.folder, gz, p->x.b[i], p->x.n[i] - 1); /* a whole stream of too little */
        refused(&p->at.s, ERR_DATA, path, "cut off", "expected");
        unsigned char more[129] = {0};
        memcpy(more, p->x.b[i], p->x.n[i]);
        file_put_gz(p->at.folder, gz, more, p->x.n[i] + 1);
        refused(&p->at.s, ERR_DATA, path, "goes on after");
        file_put(p->at.folder, gz, whole, size);
    }
}

static void refuses_trailing_bytes(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 4; i++) {
        file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i] + 1);
        refused(&p->at.s, ERR_DATA, idx_names[i], "expected", "follows");
        file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i]);
    }
}

/* Byte `at` of file i as v must be refused with these words; the file is put right again. */
static void damaged(struct place *p, int i, size_t at, unsigned char v, const char *says, const char *expected)
{
    unsigned char was = p->x.b[i][at];
    p->x.b[i][at] = v;
    file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i]);
    refused(&p->at.s, ERR_DATA, p->at.folder, idx_names[i], says, expected);
    p->x.b[i][at] = was;
    file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i]);
}

static void refuses_wrong_headers(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 4; i++) {
        damaged(p, i, 0, 0x89, "89000", "expected the IDX magic 000008");
        damaged(p, i, 1, 1, "0001", "expected the IDX magic 000008");
        damaged(p, i, 2, 0x0d, "floats", "expected 08 (unsigned bytes)");
        damaged(p, i, 2, 0x77, "unknown", "expected 08 (unsigned bytes)");
        damaged(p, i, 3, 2, "2 dimensions", "expected magic 000008");
        damaged(p, i, 3, i % 2 ? 3 : 1, "dimension", "expected magic 000008");
        damaged(p, i, 3, 255, "255 dimensions", "expected magic 000008");
        damaged(p, i, 7, 0, "dimension 1 is 0", "expected at least 1");
        damaged(p, i, 4, 0xff, "expected", "cut off"); /* 4 billion samples */
    }
    damaged(p, 0, 8, 0xff, "one sample", "expected less"); /* products that do not fit anywhere */
    damaged(p, 0, 12, 0xff, "one sample", "expected less");
    damaged(p, 2, 11, 0, "dimension 2 is 0", "expected at least 1");
}

static void refuses_contradictions(void **state)
{
    struct place *p = *state;
    struct idx_bytes x = p->x;
    x.b[1][7] = 5; /* one label less, and the file is as long as it says */
    file_put(p->at.folder, idx_names[1], x.b[1], x.n[1] - 1);
    refused(&p->at.s, ERR_DATA, idx_names[1], "5 labels", "expected 6", idx_names[0]);
    file_put(p->at.folder, idx_names[1], p->x.b[1], p->x.n[1]);
    x.b[3][7] = 4;
    file_put(p->at.folder, idx_names[3], x.b[3], x.n[3] + 1);
    refused(&p->at.s, ERR_DATA, idx_names[3], "4 labels", "expected 3", idx_names[2]);
    file_put(p->at.folder, idx_names[3], p->x.b[3], p->x.n[3]);
    x.b[2][11] = 3;
    x.b[2][15] = 2;
    file_put(p->at.folder, idx_names[2], x.b[2], x.n[2]);
    refused(&p->at.s, ERR_DATA, idx_names[2], "1x3x2", "expected 1x2x3", idx_names[0]);
}

static void refuses_labels_out_of_range(void **state)
{
    struct place *p = *state;
    damaged(p, 3, 8 + 1, 3, "label 3 of sample 1", "expected 0..2 as in the training labels");
    p->at.s.dataset = "mnist";
    damaged(p, 1, 8 + 4, 10, "label 10 of sample 4", "expected 0..9");
    damaged(p, 3, 8, 255, "label 255 of sample 0", "expected 0..9");
}

static void labels_may_start_at_one(void **state)
{
    struct place *p = *state;
    struct dataset d;
    struct data_spec s = spec_of("emnist-letters", p->at.folder);
    static const char *const names[4] = {
        "emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte",
        "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"};
    for (int i = 0; i < 4; i++) {
        for (size_t k = 8; i % 2 && k < p->x.n[i]; k++)
            p->x.b[i][k] = (unsigned char)(k == 8 ? 26 : p->x.b[i][k] + 1);
        file_put(p->at.folder, names[i], p->x.b[i], p->x.n[i]);
    }
    loads(&s, &d);
    assert_int_equal(d.field[1].classes, 26);
    assert_int_equal(classes_of(&d, PART_TRAIN)[0], 25);
    assert_int_equal(classes_of(&d, PART_TRAIN)[1], 1);
    assert_string_equal(d.field[1].class_name[25], "z");
    dataset_release(&d);
    p->x.b[1][8] = 0;
    file_put(p->at.folder, names[1], p->x.b[1], p->x.n[1]);
    refused(&s, ERR_DATA, names[1], "label 0 of sample 0", "expected 1..26");
}

static void refuses_missing_files(void **state)
{
    struct place *p = *state;
    for (int i = 1; i < 4; i++) {
        file_drop(p->at.folder, idx_names[i]);
        refused(&p->at.s, ERR_DATA, p->at.folder, idx_names[i]);
        file_put(p->at.folder, idx_names[i], p->x.b[i], p->x.n[i]);
    }
    file_drop(p->at.folder, idx_names[0]);
    refused(&p->at.s, ERR_DATA, p->at.folder, idx_names[0]);
    char path[256];
    snprintf(path, sizeof path, "%s/%s", p->at.folder, idx_names[1]);
    p->at.s.path = path;
    refused(&p->at.s, ERR_DATA, path, "is a file, expected the folder");
    p->at.s.path = "/nowhere/at/all";
    refused(&p->at.s, ERR_DATA, "/nowhere/at/all", "no such folder");
}

/* A folder in place of a file must not be read as one. */
static void refuses_a_folder_as_file(void **state)
{
    struct place *p = *state;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", p->at.folder, idx_names[2]);
    file_drop(p->at.folder, idx_names[2]);
    assert_int_equal(mkdir(path, 0700), 0);
    refused(&p->at.s, ERR_IO, path);
    rmdir(path);
}

static char *keep(const char *name)
{
    const char *v = getenv(name);
    return v ? strdup(v) : NULL;
}

static void restore(const char *name, char *was)
{
    if (was)
        setenv(name, was, 1);
    else
        unsetenv(name);
    free(was);
}

static int found(void)
{
    struct data_spec s = spec_of("kmnist", "");
    struct dataset d;
    struct err e = {0};
    int ok = dataset_load(&d, &s, &e) == 0;
    if (ok)
        dataset_release(&d);
    return ok;
}

static void looks_in_the_places_in_order(void **state)
{
    struct place *p = *state;
    char root[64], sub[256], *data = keep("SWEEP_DATA"), *home = keep("HOME");
    folder_make(root);
    setenv("SWEEP_DATA", root, 1);
    setenv("HOME", root, 1);
    struct data_spec s = spec_of("kmnist", "");
    snprintf(sub, sizeof sub, "%s/kmnist, %s, %s/.cache/sweep/kmnist", root, root, root);
    refused(&s, ERR_DATA, "kmnist", "train-images-idx3-ubyte", sub, "SWEEP_DATA", "data.path");
    unsetenv("SWEEP_DATA");
    refused(&s, ERR_DATA, "$SWEEP_DATA (not set)");

    static const char *const places[] = {"/.cache", "/.cache/sweep", "/.cache/sweep/kmnist", "", "/kmnist"};
    for (int i = 0; i < 5; i++) { /* from the last looked at to the first; a broken one is met before a good one */
        snprintf(sub, sizeof sub, "%s%s", root, places[i]);
        if (places[i][0])
            assert_int_equal(mkdir(sub, 0700), 0);
        if (i < 2)
            continue;
        setenv("SWEEP_DATA", root, 1);
        assert_int_equal(found(), i > 2);
        idx_put(sub, &p->x);
        assert_true(found());
        file_put(sub, idx_names[0], "x", 1);
        refused(&s, ERR_DATA, sub, "cut off");
        idx_put(sub, &p->x);
    }
    s.path = p->at.folder; /* a path that is given is the only one */
    file_drop(p->at.folder, idx_names[0]);
    refused(&s, ERR_DATA, p->at.folder);
    folder_remove(root);
    restore("SWEEP_DATA", data);
    restore("HOME", home);
}

int run_idx_tests(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, data_place_teardown)
    const struct CMUnitTest tests[] = {
        WITH(reads_plain_and_gzipped),
        WITH(reads_the_other_spelling),
        WITH(reads_colour),
        WITH(refuses_every_truncation),
        WITH(refuses_every_truncation_of_gzip),
        WITH(refuses_trailing_bytes),
        WITH(refuses_wrong_headers),
        WITH(refuses_contradictions),
        WITH(refuses_labels_out_of_range),
        WITH(labels_may_start_at_one),
        WITH(refuses_missing_files),
        WITH(refuses_a_folder_as_file),
        WITH(looks_in_the_places_in_order),
    };
    return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
