/* Label maps: each augmentation moves them as it moves their images; files of them are read as their numbers, or
 * refused with what is wrong. */
#include "data_test.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { N = 35, H = 20, W = 24, CLASSES = 3, PIXELS = H * W };
static const uint8_t light[CLASSES] = {50, 120, 255}; /* of each class: no blend of two of them is a third */
static const char *const class_names[CLASSES] = {"a", "b", "c"};

/* Blocks of 5 x 6 pixels of one class. */
static uint8_t class_at(int i, int y, int x)
{
    return (uint8_t)((i + y / 5 * 2 + x / 6 + y / 10 * (i % 3)) % CLASSES);
}

struct toy_maps {
    uint8_t x[N * PIXELS], y[N * PIXELS];
    _Alignas(64) float batch[(N + LANES) * PIXELS];
    int32_t label[(N + LANES) * PIXELS];
    uint32_t key[N], at[N];
    struct dataset set;
};

static struct toy_maps *make_maps(void)
{
    struct toy_maps *t = aligned_alloc(_Alignof(struct toy_maps), sizeof *t); /* a batch is at a multiple of 64 */
    assert_non_null(t);
    memset(t, 0, sizeof *t);
    for (int i = 0; i < N * PIXELS; i++) {
        t->y[i] = class_at(i / PIXELS, i / W % H, i % W);
        t->x[i] = light[t->y[i]];
    }
    for (uint32_t i = 0; i < N; i++)
        t->at[i] = i;
    t->set = (struct dataset){.name = "toy", .n = {N, 1}};
    dataset_of_label_maps(&t->set, 1, H, W, 255, CLASSES, class_names);
    for (int part = 0; part < DATA_PARTS; part++) {
        t->set.field[0].values[part] = t->x;
        t->set.field[1].values[part] = t->y;
    }
    return t;
}

/* A pixel whose value is that of a class comes from inside of a block of it, and has that class; one that is 0 comes
 * from outside. Between blocks there are other values. */
static void check_moved(const struct toy_maps *t, const char *augment, int moves)
{
    const struct shape s = {MAPS, 1, H, W, 1};
    size_t pure = 0, moved = 0;
    for (int i = 0; i < N; i++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const float value = t->batch[lane_at(s, i, 0, y, x)];
                const int32_t label = t->label[lane_at(s, i, 0, y, x)];
                assert_in_range(label + 1, 0, CLASSES);
                moved += label != class_at(i, y, x);
                for (int k = 0; moves && k < CLASSES; k++)
                    if (fabsf(value - (float)light[k]) < 1e-3f) {
                        pure++;
                        if (label != k)
                            fail_msg("%s: pixel (%d, %d) of %d has the value of class %d and the label %d", augment, y,
                                     x, i, k, label);
                    }
                if (moves && value == 0 && label >= 0 && !strstr(augment, "elastic"))
                    fail_msg("%s: pixel (%d, %d) of %d is outside and has the label %d", augment, y, x, i, label);
            }
    if (moves && (pure < N * PIXELS / 4 || moved < N * PIXELS / 20))
        fail_msg("%s: %zu pixels are compared, %zu have moved", augment, pure, moved);
    if (!moves && moved)
        fail_msg("%s: moves labels", augment);
}

static void every_augmentation_moves_labels_with_pixels(void **state)
{
    static const struct {
        const char *word, *text;
        int moves;
    } row[] = {{"rotate", "rotate 40", 1},
               {"shift", "shift 6.5", 1},
               {"zoom", "zoom 0.4", 1},
               {"hflip", "hflip", 1},
               {"crop", "crop 5", 1},
               {"resized_crop", "resized_crop 0.2", 1},
               {"vflip", "vflip", 1},
               {"elastic", "elastic 60 6", 1},
               {"contrast", "contrast 0.5", 0},
               {"jitter", "jitter 0.5 0.5", 0},
               {"noise", "noise 0.1", 0},
               {"erase", "erase 1", 0},
               {"", "rotate 20, zoom 0.2, hflip, crop 3, resized_crop 0.5, vflip", 1}};
    struct toy_maps *t = make_maps();
    (void)state;
    for (size_t w = 0; data_augment_word(w); w++)
        if (w >= sizeof row / sizeof *row || strcmp(row[w].word, data_augment_word(w)->name) != 0)
            fail_msg("no line of this test moves labels by %s", data_augment_word(w)->name);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct data_spec s = spec_of("toy", "");
        struct data_view v;
        struct arena a;
        arena_init(&a);
        s.augment = row[k].text;
        s.normalize = NORMALIZE_NONE;
        s.validation = 0;
        view_of(&v, &t->set, &s, &a);
        struct batch b = {.k = kernels_pick(NULL), .x = t->batch, .label = t->label, .key = t->key};
        b.scratch = arena_take(&a, data_scratch(&v) + 64);
        for (uint32_t epoch = 1; epoch < 4; epoch++) {
            data_batch(&v, DATA_TRAIN, t->at, N, DRAW(3, epoch), &b);
            check_moved(t, row[k].text, row[k].moves);
            for (size_t i = 0; i < 3 * LANES * PIXELS; i++) /* lanes beyond the last sample have no class */
                if (i / LANES / PIXELS * LANES + i % LANES >= N)
                    assert_int_equal(b.label[i], -1);
        }
        data_batch(&v, DATA_TRAIN, t->at, N, NULL, &b);
        check_moved(t, "without a draw", 0);
        arena_release(&a);
    }
    free(t);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void put_text(const char *folder, const char *name, const char *text)
{
    file_put(folder, name, text, strlen(text));
}

/* Ten pictures of 2 x 4 with label maps whose numbers are 0, 7 and 255, and what `change` does to one of them. */
static void put_masks(struct data_place *p, const char *change_name, const char *change)
{
    char name[96];
    data_place_make(p, "images");
    for (int folder = 0; folder < 2; folder++) {
        snprintf(name, sizeof name, "%s/%s", p->folder, folder ? "labels" : "pictures");
        mkdir(name, 0700);
        for (int i = 0; i < 10; i++) {
            snprintf(name, sizeof name, "%s/p%d.pgm", folder ? "labels" : "pictures", i);
            put_text(p->folder, name, folder ? "P2 4 2 255 0 0 7 255 0 7 7 255" : "P2 4 2 9 0 1 2 3 4 5 6 7");
        }
    }
    if (change)
        put_text(p->folder, change_name, change);
    set_key(&p->s, "train_folder", "pictures");
    set_key(&p->s, "masks", "labels");
}

static void label_maps_are_read_from_a_folder(void **state)
{
    struct data_place p;
    struct dataset d;
    (void)state;
    put_masks(&p, NULL, NULL);
    loads(&p.s, &d);
    assert_true(data_has_label_maps(&d) && data_classes(&d) == 3 && d.n[PART_TRAIN] == 8 && d.n[PART_TEST] == 2);
    assert_string_equal(data_target(&d)->class_name[2], "255");
    assert_memory_equal(classes_of(&d, PART_TRAIN) + 8, "\0\0\1\2\0\1\1\2", 8);
    const uint64_t before = d.fingerprint;
    dataset_release(&d);

    set_key(&p.s, "ignore", "255");
    set_key(&p.s, "class_names", "ground, road");
    set_key(&p.s, "size", "4x2");
    loads(&p.s, &d);
    assert_true(data_classes(&d) == 2 && d.fingerprint != before);
    assert_string_equal(data_target(&d)->class_name[1], "road");
    assert_memory_equal(classes_of(&d, PART_TEST), "\0\xff\0\xff\1\xff\1\xff", 8); /* each row twice, columns 1 and 3 */
    dataset_release(&d);
    put_text(p.folder, "labels/p3.pgm", "P2 4 2 255 7 0 7 255 0 7 7 255");
    set_key(&p.s, "ignore", "none");
    set_key(&p.s, "class_names", "");
    set_key(&p.s, "size", "0x0");
    loads(&p.s, &d);
    assert_true(d.fingerprint != before); /* a pixel of a label map is other data */
    dataset_release(&d);
    folder_remove(p.folder);
}

static void wrong_label_maps_are_refused(void **state)
{
    static const struct {
        const char *name, *text, *key, *value, *want[2];
    } c[] = {
        {"labels/p4.pgm", "P2 2 4 255 0 0 7 255 0 7 7 255", NULL, NULL, {"p4.pgm: is 4 x 2, its image", "2 x 4"}},
        {"labels/p4.pgm",
         "P3 4 2 255 0 0 7 255 0 7 7 255 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
         NULL,
         NULL,
         {"p4.pgm", "has colours"}},
        {"labels/p4.pgm", "P2 4 2 300 0 0 7 256 0 7 7 255", NULL, NULL, {"p4.pgm: pixel 4", "from 0 to 255"}},
        {"labels/p4.pgm", "P2 4 2 255 0 0 7", NULL, NULL, {"p4.pgm", "cut off"}},
        {"labels/p4.ppm", "P2 4 2 255 0 0 7 255 0 7 7 255", NULL, NULL, {"p4.ppm", "two label maps of one name"}},
        {"pictures/q.pgm", "P2 4 2 9 0 1 2 3 4 5 6 7", NULL, NULL, {"q.pgm: has no label map", "labels/q.png"}},
        {NULL, NULL, "class_names", "a, b", {"class_names: has fewer names", "3"}},
        {NULL, NULL, "class_names", "a, b, c, d", {"class_names: has more names", "3"}},
        {NULL, NULL, "class_names", "a, b, a", {"class_names: 'a' is there twice", NULL}},
        {NULL, NULL, "test_masks", "labels", {"test_masks: are the label maps of data.test_folder", NULL}},
        {NULL, NULL, "masks", "", {"has no folders", NULL}},
        {NULL, NULL, "masks", "pictures", {NULL, NULL}}, /* any numbers are classes */
    };
    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct data_place p;
        struct dataset d;
        put_masks(&p, c[i].name, c[i].text);
        if (c[i].key)
            set_key(&p.s, c[i].key, c[i].value);
        if (c[i].want[0]) {
            const int usage = c[i].key && *c[i].value;
            refused(&p.s, usage ? ERR_USAGE : ERR_DATA, c[i].want[0], c[i].want[1]);
        } else {
            loads(&p.s, &d);
            assert_int_equal(data_classes(&d), 8);
            dataset_release(&d);
        }
        folder_remove(p.folder);
    }
    struct data_place p;
    data_place_make(&p, "images");
    set_key(&p.s, "ignore", "255");
    refused(&p.s, ERR_USAGE, "data.ignore: is of label maps", "write data.masks");
    folder_remove(p.folder);
}

int run_label_map_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_augmentation_moves_labels_with_pixels),
        cmocka_unit_test(label_maps_are_read_from_a_folder),
        cmocka_unit_test(wrong_label_maps_are_refused),
    };
    return cmocka_run_group_tests_name("label maps", tests, NULL, NULL);
}
