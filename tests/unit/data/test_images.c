/* Folders of images: classes, parts, sizes, the cache, and what is refused where. */
#include "data/cache.h"
#include "data_test.h"
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void put_image(const char *folder, const char *name, const void *bytes, size_t n)
{
    char below[256];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(below, sizeof below, "%s/%.*s", folder, (int)(slash - name), name);
        mkdir(below, 0700);
    }
    file_put(folder, name, bytes, n);
}

static void put_text(const char *folder, const char *name, const char *text)
{
    put_image(folder, name, text, strlen(text));
}

/* A PGM image of h x w pixels of one value. */
static void put_grey(const char *folder, const char *name, int h, int w, int value)
{
    static unsigned char b[1 << 16];
    int n = snprintf((char *)b, sizeof b, "P5 %d %d 255\n", w, h);
    memset(b + n, value, (size_t)(h * w));
    put_image(folder, name, b, (size_t)n + (size_t)(h * w));
}

static int setup(void **state)
{
    struct data_place *p = calloc(1, sizeof *p);
    data_place_make(p, "images");
    put_grey(p->folder, "b/2.pgm", 2, 3, 20);
    put_grey(p->folder, "b/10.PGM", 2, 3, 10);
    put_grey(p->folder, "a/x.pnm", 2, 3, 1);
    put_grey(p->folder, "a/y.pgm", 2, 3, 2);
    put_grey(p->folder, "a/z.pgm", 2, 3, 3);
    put_grey(p->folder, "c, last/1.pgm", 2, 3, 30);
    set_key(&p->s, "test_part", "0.16");
    *state = p;
    return 0;
}

static void classes_are_the_sorted_folders(void **state)
{
    struct data_place *p = *state;
    struct dataset d, peeked;
    struct err e = {0};
    put_text(p->folder, "README", "about");
    put_text(p->folder, "a/note.txt", "about");
    put_text(p->folder, "a/.hidden.pgm", "nothing");
    put_text(p->folder, "a/deeper/w.pgm", "nothing");
    loads(&p->s, &d);
    assert_true(data_classes(&d) == 3 && d.n[PART_TRAIN] == 5 && d.n[PART_TEST] == 1 && d.fingerprint);
    assert_string_equal(data_target(&d)->class_name[2], "c, last");
    assert_memory_equal(data_target(&d)->count, ((uint32_t[]){2, 2, 1}), 12);
    const struct shape s = data_input(&d)->shape;
    assert_true(s.c == 1 && s.h == 2 && s.w == 3);
    /* In class b the name 10 comes before 2. */
    assert_memory_equal(classes_of(&d, PART_TRAIN), ((uint8_t[]){0, 0, 1, 1, 2}), 5);
    assert_true(pixels_of(&d, PART_TRAIN)[2 * 6] == 10 && pixels_of(&d, PART_TRAIN)[3 * 6] == 20);
    has_text(d.told,
             "6 images of 3 classes, 0 with colours, 0 with transparent pixels; 5 to train and to validate, 1 to "
             "test, as 1x2x3",
             "a 2, b 2, c, last 1 to train", "passed over, as no .png, .pgm, .ppm or .pnm: 3, such as ");
    assert_int_equal(dataset_peek(&peeked, &p->s, &e), 0);
    assert_true(!pixels_of(&peeked, PART_TRAIN) && !classes_of(&peeked, PART_TEST));
    assert_true(peeked.fingerprint == d.fingerprint && peeked.n[PART_TRAIN] == 5 &&
                data_target(&peeked)->count[0] == 2);
    assert_string_equal(peeked.told, d.told);
    dataset_release(&peeked);
    dataset_release(&d);
}

static void a_test_folder_has_classes_of_the_training_folder(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put_grey(p->folder, "t/c, last/1.pgm", 2, 3, 31);
    put_grey(p->folder, "t/b/1.pgm", 2, 3, 21);
    set_key(&p->s, "test_folder", "t");
    refused(&p->s, ERR_DATA, p->folder, "/t: the class has no image", "'b'"); /* t is among the classes, too */
    char moved[96], from[96];
    snprintf(moved, sizeof moved, "%s/train", p->folder);
    mkdir(moved, 0700);
    for (const char *const *k = (const char *const[]){"a", "b", "c, last", NULL}; *k; k++) {
        snprintf(from, sizeof from, "%s/%s", p->folder, *k);
        snprintf(moved, sizeof moved, "%s/train/%s", p->folder, *k);
        assert_int_equal(rename(from, moved), 0);
    }
    set_key(&p->s, "train_folder", "train");
    loads(&p->s, &d);
    assert_true(d.n[PART_TRAIN] == 6 && d.n[PART_TEST] == 2);
    assert_memory_equal(classes_of(&d, PART_TEST), ((uint8_t[]){1, 2}), 2);
    assert_true(pixels_of(&d, PART_TEST)[0] == 21 && pixels_of(&d, PART_TEST)[11] == 31);
    uint64_t before = d.fingerprint;
    dataset_release(&d);
    put_grey(p->folder, "t/b/1.pgm", 2, 3, 22);
    loads(&p->s, &d);
    assert_true(d.fingerprint != before);
    dataset_release(&d);
    put_grey(p->folder, "t/dog/1.pgm", 2, 3, 40);
    refused(&p->s, ERR_DATA, "t/dog: no such class in", "/train");
}

static void sizes_and_colours_are_made_alike(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    put_grey(p->folder, "b/2.pgm", 8, 5, 20);
    refused(&p->s, ERR_DATA, p->folder, "heights from 2 to 8 and widths from 3 to 5; say with data.size");
    set_key(&p->s, "size", "4x6");
    put_text(p->folder, "a/x.pnm", "P3 1 1 255 200 100 50");
    loads(&p->s, &d);
    const struct shape s = data_input(&d)->shape;
    assert_true(s.c == 3 && s.h == 4 && s.w == 6);
    assert_true(pixels_of(&d, PART_TRAIN)[4 * 72] == 30 && pixels_of(&d, PART_TRAIN)[4 * 72 + 71] == 30);
    has_text(d.told, "1 with colours", "as 3x4x6");
    dataset_release(&d);
    set_key(&p->s, "colour", "grey");
    set_key(&p->s, "test_part", "0.5");
    loads(&p->s, &d);
    int seen = 0;
    for (int part = 0; part < DATA_PARTS; part++)
        for (size_t i = 0; i < d.n[part]; i++)
            seen += pixels_of(&d, part)[i * 24] == 124; /* 0.299 * 200 + 0.587 * 100 + 0.114 * 50 */
    assert_true(seen == 1 && data_input(&d)->shape.c == 1);
    dataset_release(&d);
    set_key(&p->s, "size", "4x0");
    refused(&p->s, ERR_USAGE, "data.size: one side is 0");
}

static void what_is_wrong_is_refused_by_its_name(void **state)
{
    struct data_place *p = *state;
    put_text(p->folder, "b/3.png", "P5 2 2 255 abc");
    refused(&p->s, ERR_DATA, p->folder, "/b/3.png: is cut off");
    file_drop(p->folder, "b/3.png");
    put_text(p->folder, "d/photo.jpg", "x");
    refused(&p->s, ERR_DATA, "/d: the class has no image, a file .png, .pgm, .ppm or .pnm, but such as 'photo.jpg'");
    put_text(p->folder, "e\n/1.pgm", "x");
    file_drop(p->folder, "d/photo.jpg");
    put_grey(p->folder, "d/1.pgm", 2, 3, 1);
    refused(&p->s, ERR_DATA, "control characters (byte 0a after 'e')");
    set_key(&p->s, "train_folder", "a");
    refused(&p->s, ERR_DATA, "/a: has no folders, expected one of images for each class");
    set_key(&p->s, "train_folder", "nowhere");
    refused(&p->s, ERR_DATA, "/nowhere: expected a folder with a folder of images for each class");
    put_grey(p->folder, "one/only/1.pgm", 2, 3, 1);
    set_key(&p->s, "train_folder", "one");
    refused(&p->s, ERR_DATA, "/one: has one class only, 'only'");
}

static void a_class_of_one_image_is_not_lost_to_the_tests(void **state)
{
    struct data_place *p = *state;
    set_key(&p->s, "test_part", "0.9");
    refused(&p->s, ERR_DATA, "the only image of the class is for tests; add some, or lower test_part");
    set_key(&p->s, "test_part", "0.01");
    refused(&p->s, ERR_DATA, "test_part leaves no images to train or to test with, of 6");
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

enum { MANY = 40, SIDE = 200 }; /* pixels above CACHE_MIN */

static void put_many(const char *folder)
{
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many/%c/%02d.pgm", "xyz"[i % 3], i);
        put_grey(folder, name, SIDE, SIDE, i);
    }
}

static void decoded_images_are_mapped_until_a_file_changes(void **state)
{
    struct data_place *p = *state;
    struct dataset d;
    char cache[64];
    put_many(p->folder);
    set_key(&p->s, "train_folder", "many");
    unsetenv("SWEEP_CACHE");
    setenv("XDG_CACHE_HOME", folder_make(cache), 1);
    for (int time = 0; time < 3; time++) {
        loads(&p->s, &d);
        assert_true(dataset_is_mapped(&d, pixels_of(&d, PART_TRAIN)) && data_input(&d)->sums);
        assert_int_equal(pixels_of(&d, PART_TRAIN)[0], time < 2 ? 0 : 99);
        assert_int_equal(data_input(&d)->sums[1][0], pixels_of(&d, PART_TRAIN)[SIDE * SIDE] * SIDE * SIDE);
        dataset_release(&d);
        if (time == 1)
            put_grey(p->folder, "many/x/00.pgm", SIDE, SIDE, 99);
    }
    set_key(&p->s, "size", "190");
    loads(&p->s, &d);
    assert_int_equal(data_input(&d)->shape.h, 190);
    assert_int_equal(pixels_of(&d, PART_TRAIN)[0], 99);
    dataset_release(&d);
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
    folder_remove(cache);
}

/* What was found in the files is kept for as long as they are the same, once they are old enough to tell. */
static void a_note_is_kept_about_a_folder(void **state)
{
    struct data_place *p = *state;
    char cache[64], got[8];
    struct cache_folder f = {p->folder, 1, 2, 1000000000}, fresh = {p->folder, 3, 2, INT64_MAX};
    unsetenv("SWEEP_CACHE");
    setenv("XDG_CACHE_HOME", folder_make(cache), 1);
    assert_int_equal(cache_recall(&f, got, sizeof got), -1);
    cache_note(&f, "8 bytes", sizeof got);
    cache_note(&fresh, "8 bytes", sizeof got);
    assert_int_equal(cache_recall(&f, got, sizeof got), 0);
    assert_string_equal(got, "8 bytes");
    assert_int_equal(cache_recall(&fresh, got, sizeof got), -1);
    f.state = 3;
    assert_int_equal(cache_recall(&f, got, sizeof got), -1);
    setenv("SWEEP_CACHE", "off", 1);
    unsetenv("XDG_CACHE_HOME");
    folder_remove(cache);
}

/* ---- mishaps ----------------------------------------------------------------------------------------------------- */

static int load_folder(void *ctx, uint64_t *result, struct err *e)
{
    const struct data_place *p = ctx;
    struct dataset d;
    if (dataset_load(&d, &p->s, e))
        return -1;
    *result = result_of(result_of(0, pixels_of(&d, PART_TRAIN), 30), classes_of(&d, PART_TRAIN), 5);
    dataset_release(&d);
    return 0;
}

static void what_fails_is_told(void **state)
{
    struct data_place *p = *state;
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"images", load_folder, p, ERR_NOMEM, 0}) > 20);
    assert_true(each_call_fails(MISHAP_FILES, &(struct trying){"images", load_folder, p, ERR_IO, 0}) > 10);
}

int run_images_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(classes_are_the_sorted_folders, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_test_folder_has_classes_of_the_training_folder, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(sizes_and_colours_are_made_alike, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_by_its_name, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_class_of_one_image_is_not_lost_to_the_tests, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(decoded_images_are_mapped_until_a_file_changes, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(a_note_is_kept_about_a_folder, setup, data_place_teardown),
        cmocka_unit_test_setup_teardown(what_fails_is_told, setup, data_place_teardown),
    };
    return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
