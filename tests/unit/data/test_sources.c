/* Every row of the table of datasets: what it loads. A row that no line of this file checks is a failure. */
#include "data_test.h"
#include "zip_make.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- read from files --------------------------------------------------------------------------------------------- */

static void check_embedded(const struct data_word *w, const void *unused)
{
    struct data_spec s = spec_of(w->name, "");
    struct dataset d;
    struct err e = {0};
    (void)unused;
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    assert_true(d.n[PART_TRAIN] == 3823 && data_input(&d)->type == FIELD_BYTES && d.fingerprint == 0);
    dataset_release(&d);
}

struct named_files {
    const char *train, *test; /* stems */
    int first, classes;       /* the label of class 0; as the row's help says, 0: as the labels say */
};

static void check_files(const struct data_word *w, const void *detail)
{
    const struct named_files *files = detail;
    char folder[64], name[96];
    struct idx_bytes x;
    struct dataset d;
    struct err e = {0};
    idx_make(&x);
    for (int file = 1; file < 4; file += 2) /* labels are the last bytes */
        for (size_t i = 8; i < x.n[file]; i++)
            x.b[file][i] = (unsigned char)(x.b[file][i] + files->first);
    folder_make(folder);
    for (int file = 0; file < 4; file++) {
        snprintf(name, sizeof name, "%s-%s", file < 2 ? files->train : files->test,
                 file % 2 ? "labels-idx1-ubyte" : "images-idx3-ubyte");
        file_put(folder, name, x.b[file], x.n[file]);
    }
    struct data_spec s = spec_of(w->name, folder);
    if (dataset_load(&d, &s, &e))
        fail_msg("%s: %s", w->name, e.text);
    assert_int_equal(data_classes(&d), files->classes ? files->classes : 3);
    assert_int_equal(classes_of(&d, PART_TRAIN)[4], 1);
    assert_int_equal(pixels_of(&d, PART_TEST)[17], 119);
    dataset_release(&d);
    folder_remove(folder);
}

static void check_cifar10(const struct data_word *w, const void *unused)
{
    static unsigned char b[2 * 3073];
    char folder[64];
    struct dataset d;
    struct err e = {0};
    (void)unused;
    folder_make(folder);
    cifar10_make(b, 2, 8);
    file_put(folder, "data_batch_1.bin", b, sizeof b);
    file_put_gz(folder, "test_batch.bin.gz", b, 3073);
    struct data_spec s = spec_of(w->name, folder);
    if (dataset_load(&d, &s, &e))
        fail_msg("%s: %s", w->name, e.text);
    assert_true(data_classes(&d) == 10 && shape_size(data_input(&d)->shape) == 3072 && d.n[PART_TEST] == 1);
    assert_string_equal(data_target(&d)->class_name[classes_of(&d, PART_TRAIN)[1]], "truck");
    dataset_release(&d);
    folder_remove(folder);
}

static void check_cifar100(const struct data_word *w, const void *unused)
{
    static unsigned char b[2 * 3074] = {1, 2, [3074] = 19, 98};
    char folder[64];
    struct dataset d;
    (void)unused;
    folder_make(folder);
    file_put_gz(folder, "train.bin.gz", b, sizeof b);
    file_put(folder, "test.bin", b, 3074);
    struct data_spec s = spec_of(w->name, folder);
    loads(&s, &d);
    assert_true(data_classes(&d) == 100 && shape_size(data_input(&d)->shape) == 3072 && d.n[PART_TEST] == 1);
    assert_string_equal(data_target(&d)->class_name[classes_of(&d, PART_TRAIN)[1]], "woman");
    dataset_release(&d);
    folder_remove(folder);
}

static void check_images(const struct data_word *w, const void *unused)
{
    static const char *const class[] = {"dark", "light"}, *const image[] = {"P2 2 1 9 0 1", "P2 2 1 9 9 8"};
    char folder[64], name[96];
    struct dataset d;
    (void)unused;
    folder_make(folder);
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, class[i % 2]);
        mkdir(name, 0700);
        snprintf(name, sizeof name, "%s/%d.pgm", class[i % 2], i);
        file_put(folder, name, image[i % 2], strlen(image[i % 2]));
    }
    struct data_spec s = spec_of(w->name, folder);
    loads(&s, &d);
    assert_true(data_classes(&d) == 2 && d.n[PART_TRAIN] == 5 && d.n[PART_TEST] == 1);
    assert_int_equal(pixels_of(&d, PART_TRAIN)[9], 227);
    assert_string_equal(data_target(&d)->class_name[1], "light");
    dataset_release(&d);
    folder_remove(folder);
}

/* A disc is round, a square and a triangle have their areas; labels are what was drawn last. */
static void check_shapes(const struct data_word *w, const void *unused)
{
    struct data_spec s = spec_of(w->name, "");
    struct dataset d;
    size_t count[4] = {0};
    double light[4] = {0};
    (void)unused;
    set_key(&s, "shapes", "1");
    set_key(&s, "noise", "0");
    loads(&s, &d);
    assert_true(data_classes(&d) == 4 && data_has_label_maps(&d) && !data_sample_classes(&d) && d.fingerprint);
    assert_true(shape_size(data_input(&d)->shape) == 1024 && data_labels(&d) == 1024);
    const uint8_t *x = pixels_of(&d, PART_TEST), *y = classes_of(&d, PART_TEST);
    for (size_t i = 0; i < 1000; i++)
        for (size_t k = 0; k < 1024; k++) {
            count[y[i * 1024 + k]]++;
            light[y[i * 1024 + k]] += x[i * 1024 + k];
            for (size_t j = 0; k % 37 == 0 && j < 1024; j++) /* one light for the ground, one for the shape */
                assert_true((y[i * 1024 + k] == y[i * 1024 + j]) == (x[i * 1024 + k] == x[i * 1024 + j]));
        }
    assert_close(light[0] / (double)count[0], 255 * 0.15, 0, 3);
    for (int class = 1; class < 4; class ++) {
        assert_close(light[class] / (double)count[class], 255 * 0.7, 0, 6);
        assert_close((double)count[class] / 1000 / 1024, 0.88 * M_PI * 0.0336 / 3, 0.15,
                     0); /* what lies outside is lost */
    }
    dataset_release(&d);
}

/* The rows of check_table in a workbook. */
static void check_workbook(const struct data_word *w, const void *sheet)
{
    static unsigned char zip[4096];
    char folder[64];
    struct zip_part part[4];
    struct dataset d;
    zip_workbook(part, sheet, strlen(sheet));
    size_t n = zip_make(zip, sizeof zip, part, 4);
    folder_make(folder);
    file_put(folder, "t", zip, n);
    struct data_spec s = spec_of(w->name, folder);
    set_key(&s, "file", "t");
    set_key(&s, "test_part", "0.5");
    loads(&s, &d);
    assert_true(data_classes(&d) == 2 && d.n[PART_TRAIN] == 2 && d.n[PART_TEST] == 2);
    dataset_release(&d);
    folder_remove(folder);
}

static void check_table(const struct data_word *w, const void *text)
{
    char folder[64];
    struct dataset d;
    folder_make(folder);
    file_put(folder, "t", text, strlen(text));
    struct data_spec s = spec_of(w->name, folder);
    set_key(&s, "file", "t");
    set_key(&s, "test_part", "0.5");
    loads(&s, &d);
    assert_true(data_classes(&d) == 2 && d.n[PART_TRAIN] == 2 && d.n[PART_TEST] == 2);
    dataset_release(&d);
    folder_remove(folder);
}

static void check_text(const struct data_word *w, const void *text)
{
    char folder[64];
    struct dataset d;
    folder_make(folder);
    file_put(folder, "t", text, strlen(text));
    struct data_spec s = spec_of(w->name, folder);
    set_key(&s, "file", "t");
    set_key(&s, "length", "2");
    s.validation = 0.2;
    loads(&s, &d);
    assert_true(data_next(&d) && data_vocabulary(&d) == 3 && d.n[PART_TRAIN] == 12 && d.n[PART_TEST] == 1);
    assert_int_equal(field_tokens(data_input(&d), PART_TRAIN, 10)[2], 1); /* "bab", the window that validates first */
    dataset_release(&d);
    folder_remove(folder);
}

/* ---- made -------------------------------------------------------------------------------------------------------- */

/* Of seed 3, the other keys at their defaults: samples 0 and 5 of the training part and 998 of the test part, two
 * numbers each, as a program in Python computes them that shares nothing with this one: Philox4x32-10, Box and Muller
 * and the formulas written out with its own sin, cos and log. */
struct made_values {
    double want[6];
    int classes;
};

static void check_made(const struct data_word *w, const void *detail)
{
    static const size_t part[3] = {PART_TRAIN, PART_TRAIN, PART_TEST}, sample[3] = {0, 5, 998};
    const struct made_values *v = detail;
    struct data_spec s = spec_of(w->name, "");
    struct dataset d;
    struct err e = {0};
    s.seed = 3;
    if (dataset_load(&d, &s, &e))
        fail_msg("%s: %s", w->name, e.text);
    assert_true(d.n[PART_TRAIN] == 1000 && d.n[PART_TEST] == 1000 && d.fingerprint);
    assert_int_equal(data_input(&d)->shape.kind, VECTOR);
    assert_int_equal(data_classes(&d), v->classes);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            assert_close(field_floats(data_input(&d), part[i])[sample[i] * 2 + (size_t)k], v->want[2 * i + k], 0, 1e-6);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(classes_of(&d, PART_TEST)[i], i % (size_t)v->classes);
    dataset_release(&d);
}

/* Likewise: of samples 0, 5 and 998 the first number, the last one, and the one to predict. */
struct made_numbers {
    double want[9];
    size_t features;
};

static void check_made_numbers(const struct data_word *w, const void *detail)
{
    static const size_t part[3] = {PART_TRAIN, PART_TRAIN, PART_TEST}, sample[3] = {0, 5, 998};
    const struct made_numbers *v = detail;
    struct data_spec s = spec_of(w->name, "");
    struct dataset d;
    struct err e = {0};
    s.seed = 3;
    if (dataset_load(&d, &s, &e))
        fail_msg("%s: %s", w->name, e.text);
    assert_true(d.n[PART_TRAIN] == 1000 && d.n[PART_TEST] == 1000 && d.fingerprint);
    assert_int_equal(shape_size(data_input(&d)->shape), v->features);
    assert_true(data_classes(&d) == 0 && data_numbers(&d) == 1);
    for (int i = 0; i < 3; i++) {
        const float *x = field_floats(data_input(&d), part[i]) + sample[i] * v->features;
        assert_close(x[0], v->want[3 * i], 0, 1e-6);
        assert_close(x[v->features - 1], v->want[3 * i + 1], 0, 1e-6);
        assert_close(field_floats(data_target(&d), part[i])[sample[i]], v->want[3 * i + 2], 1e-6, 1e-6);
    }
    dataset_release(&d);
}

static void check_pairs(const struct data_word *w, const void *detail)
{
    const char *text = detail;
    struct data_place at;
    struct dataset d;
    data_place_make(&at, w->name);
    file_put(at.folder, "a.txt", text, strlen(text));
    file_put_gz(at.folder, "b.txt.gz", text, strlen(text));
    set_key(&at.s, "from", "a.txt");
    set_key(&at.s, "to", "b.txt.gz");
    set_key(&at.s, "length", "3");
    set_key(&at.s, "test_part", "0.2");
    at.s.validation = 0.25;
    loads(&at.s, &d);
    assert_true(d.n[PART_TRAIN] == 4 && d.pairs == 3 && d.n[PART_TEST] == 1);
    assert_true(data_vocabulary(&d) == 3 && data_target(&d)->vocabulary == 5 && data_target_positions(&d) == 4);
    assert_string_equal(d.target_text[PART_TEST][0], "a b");
    dataset_release(&d);
    folder_remove(at.folder);
}

static const struct {
    const char *name;
    void (*check)(const struct data_word *w, const void *detail);
    const void *detail;
} rows[] = {
    {"optdigits", check_embedded, NULL},
    {"mnist", check_files, &(struct named_files){"train", "t10k", 0, 10}},
    {"fashion-mnist", check_files, &(struct named_files){"train", "t10k", 0, 10}},
    {"kmnist", check_files, &(struct named_files){"train", "t10k", 0, 10}},
    {"emnist-digits", check_files, &(struct named_files){"emnist-digits-train", "emnist-digits-test", 0, 10}},
    {"emnist-letters", check_files, &(struct named_files){"emnist-letters-train", "emnist-letters-test", 1, 26}},
    {"emnist-balanced", check_files, &(struct named_files){"emnist-balanced-train", "emnist-balanced-test", 0, 47}},
    {"idx", check_files, &(struct named_files){"train", "t10k", 0, 0}},
    {"cifar10", check_cifar10, NULL},
    {"cifar100", check_cifar100, NULL},
    {"images", check_images, NULL},
    {"csv", check_table, "x,y\n1,a\n2,b\n3,a\n4,b\n"},
    {"json", check_table, "[{\"x\":1,\"y\":\"a\"},{\"x\":2,\"y\":\"b\"},{\"x\":3,\"y\":\"a\"},{\"x\":4,\"y\":\"b\"}]"},
    {"xlsx", check_workbook,
     "<s><row><c><v>1</v></c><c><v>0</v></c></row><row><c><v>2</v></c><c><v>1</v></c></row><row><c><v>3</v></"
     "c><c><v>0</v>"
     "</c></row><row><c><v>4</v></c><c><v>1</v></c></row></s>"},
    {"text", check_text, "aabaabaabaabaabaabaabaabaabaab"},
    {"pairs", check_pairs, "a b\nb a\na a\nb b\na b\n"},
    {"moons", check_made,
     &(struct made_values){{0.857280608, 0.469339421, 1.29826973, -0.0705911904, -0.662194804, 0.646307545}, 2}},
    {"circles", check_made,
     &(struct made_values){{0.642227377, 0.773599667, -0.363283311, -0.262213798, 0.880568816, -0.522927884}, 2}},
    {"spirals", check_made,
     &(struct made_values){{0.0628342802, 0.215122874, -0.706154791, 0.093166826, -0.382022094, 0.825245401}, 2}},
    {"blobs", check_made,
     &(struct made_values){{6.7730854, -2.89671899, -3.99311226, 4.28240243, -3.34378265, 3.18210315}, 3}},
    {"xor", check_made,
     &(struct made_values){{-0.687653028, -0.896628677, 0.37972579, -0.0890961567, 0.777876101, 0.331781772}, 2}},
    {"friedman", check_made_numbers,
     &(struct made_numbers){{0.1330281, 0.782391684, 17.5594107, 0.657114311, 0.837168054, 14.3428543, 0.883696949,
                             0.768877215, 16.476243},
                            10}},
    {"sines", check_made_numbers,
     &(struct made_numbers){{-0.7339438, -0.7339438, 0.750886802, 0.314228622, 0.314228622, -1.33942347, 0.767393897,
                             0.767393897, 1.19365964},
                            1}},
    {"shapes", check_shapes, NULL},
};

static void every_row_is_checked(void **state)
{
    size_t n = 0;
    (void)state;
    for (const struct data_word *w; (w = data_dataset_word(n)); n++) {
        size_t i = 0;
        while (i < sizeof rows / sizeof *rows && strcmp(rows[i].name, w->name) != 0)
            i++;
        if (i == sizeof rows / sizeof *rows)
            fail_msg("no line of this test checks the dataset %s", w->name);
        rows[i].check(w, rows[i].detail);
    }
    assert_int_equal(n, sizeof rows / sizeof *rows);
}

static int is_made(const struct data_word *w)
{
    return w->params && param_find(w->params, "samples");
}

/* A value that is not the default and in the range of every key there is. */
static const char *other_value(const struct param *p)
{
    return p->type == P_INT ? "7" : "0.75";
}

static void a_made_dataset_is_known_by_all_its_keys(void **state)
{
    size_t changed = 0;
    (void)state;
    for (size_t i = 0; data_dataset_word(i); i++) {
        const struct data_word *w = data_dataset_word(i);
        for (const struct param *p = is_made(w) ? w->params : NULL; p && p->name; p++, changed++) {
            struct data_spec a = spec_of(w->name, ""), b = a, c = a;
            struct dataset d[3];
            struct err e = {0};
            set_key(&b, p->name, other_value(p));
            c.seed = 5;
            assert_true(data_same_dataset(&a, &a) && !data_same_dataset(&a, &b) && !data_same_dataset(&a, &c));
            assert_true(!dataset_peek(&d[0], &a, &e) && !dataset_peek(&d[1], &b, &e) && !dataset_peek(&d[2], &c, &e));
            if (d[0].fingerprint == d[1].fingerprint || d[0].fingerprint == d[2].fingerprint)
                fail_msg("%s: %s or seed does not change the fingerprint", w->name, p->name);
            for (int k = 0; k < 3; k++)
                dataset_release(&d[k]);
        }
    }
    assert_true(changed >= 23);
    struct data_spec a = spec_of("optdigits", ""), b = a;
    b.seed = 5;
    assert_true(data_same_dataset(&a, &b)); /* there the seed is of the split alone */
}

static void more_samples_leave_those_there_are(void **state)
{
    (void)state;
    for (size_t i = 0; data_dataset_word(i); i++) {
        const struct data_word *w = data_dataset_word(i);
        if (!is_made(w))
            continue;
        struct data_spec few = spec_of(w->name, ""), many = few;
        struct dataset a, b, peeked;
        struct err e = {0};
        set_key(&few, "samples", "37");
        set_key(&many, "samples", "1234");
        assert_true(!dataset_load(&a, &few, &e) && !dataset_load(&b, &many, &e) && !dataset_peek(&peeked, &many, &e));
        const size_t value = data_input(&a)->type == FIELD_FLOATS ? sizeof(float) : 1;
        assert_memory_equal(data_input(&a)->values[PART_TRAIN], data_input(&b)->values[PART_TRAIN],
                            37 * shape_size(data_input(&a)->shape) * value);
        assert_memory_equal(data_input(&a)->values[PART_TEST], data_input(&b)->values[PART_TEST],
                            1000 * shape_size(data_input(&a)->shape) * value);
        assert_true(memcmp(data_input(&b)->values[PART_TRAIN], data_input(&b)->values[PART_TEST], 64) != 0);
        assert_true(peeked.n[PART_TRAIN] == 1234 && !data_input(&peeked)->values[PART_TRAIN]);
        uint32_t count[DATA_CLASSES] = {0};
        for (size_t k = 0; k < 1234 && data_sample_classes(&b); k++)
            count[classes_of(&b, PART_TRAIN)[k]]++;
        assert_memory_equal(count, data_target(&peeked)->count, (size_t)data_sample_classes(&b) * sizeof *count);
        dataset_release(&a);
        dataset_release(&b);
        dataset_release(&peeked);
    }
}

/* ---- what the numbers have to do with the class ------------------------------------------------------------------ */

/* Loads with noise 0 and up to two further keys. */
static void load_exact(struct dataset *d, const char *name, const char *key, const char *value, const char *key2,
                       const char *value2)
{
    struct data_spec s = spec_of(name, "");
    struct err e = {0};
    set_key(&s, "noise", "0");
    if (key)
        set_key(&s, key, value);
    if (key2)
        set_key(&s, key2, value2);
    if (dataset_load(d, &s, &e))
        fail_msg("%s", e.text);
}

static void without_noise_a_shape_is_exact(void **state)
{
    struct dataset d;
    (void)state;
    load_exact(&d, "moons", NULL, NULL, NULL, NULL);
    for (size_t i = 0; i < 1000; i++) {
        const float *x = field_floats(data_input(&d), PART_TRAIN) + 2 * i;
        double cx = i % 2 ? 1 : 0, cy = i % 2 ? 0.5 : 0;
        assert_close(hypot((double)x[0] - cx, (double)x[1] - cy), 1, 0, 1e-6);
        assert_true(i % 2 ? x[1] <= 0.5f : x[1] >= 0);
    }
    dataset_release(&d);
    load_exact(&d, "circles", "factor", "0.25", NULL, NULL);
    for (size_t i = 0; i < 1000; i++) {
        const float *x = field_floats(data_input(&d), PART_TRAIN) + 2 * i;
        assert_close(hypot((double)x[0], (double)x[1]), i % 2 ? 0.25 : 1, 0, 1e-6);
    }
    dataset_release(&d);
    load_exact(&d, "spirals", "classes", "3", "turns", "2");
    for (size_t i = 0; i < 1000; i++) {
        const float *x = field_floats(data_input(&d), PART_TRAIN) + 2 * i;
        double radius = hypot((double)x[0], (double)x[1]), along = (radius - 0.1) / 0.9;
        double turn = atan2((double)x[1], (double)x[0]) / (2 * M_PI) - 2 * along - (double)(i % 3) / 3;
        assert_true(along > -1e-6 && along < 1 + 1e-6);
        assert_close(turn - round(turn), 0, 0, 1e-5);
    }
    dataset_release(&d);
    load_exact(&d, "xor", "features", "5", NULL, NULL);
    for (size_t i = 0; i < 1000; i++) {
        size_t negative = 0;
        for (size_t k = 0; k < 5; k++) {
            float x = field_floats(data_input(&d), PART_TRAIN)[5 * i + k];
            negative += x < 0;
            assert_true(fabsf(x) <= 1);
        }
        assert_int_equal(negative % 2, i % 2);
    }
    dataset_release(&d);
}

/* Clouds of seven numbers: the centre and the deviation are those of the keys. */
static void blobs_are_normal_around_their_centres(void **state)
{
    enum { FEATURES = 7, CLASSES = 4, N = 20000 };
    struct data_spec s = spec_of("blobs", "");
    struct dataset exact, d;
    struct err e = {0};
    (void)state;
    set_key(&s, "samples", "20000");
    set_key(&s, "noise", "0.5");
    set_key(&s, "classes", "4");
    set_key(&s, "features", "7");
    assert_int_equal(dataset_load(&d, &s, &e), 0);
    load_exact(&exact, "blobs", "classes", "4", "features", "7");
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t k = 0; k < FEATURES; k++) {
            double sum = 0, squares = 0, n = N / CLASSES,
                   centre = field_floats(data_input(&exact), PART_TRAIN)[c * FEATURES + k];
            assert_true(fabs(centre) <= 10);
            for (size_t i = c; i < N; i += CLASSES) {
                double x = field_floats(data_input(&d), PART_TRAIN)[i * FEATURES + k] - centre;
                sum += x;
                squares += x * x;
            }
            assert_close(sum / n, 0, 0, 5 * 0.5 / sqrt(n));
            assert_close(sqrt(squares / n), 0.5, 0, 5 * 0.5 / sqrt(2 * n));
        }
    dataset_release(&d);
    dataset_release(&exact);
}

int run_sources_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_checked),
        cmocka_unit_test(a_made_dataset_is_known_by_all_its_keys),
        cmocka_unit_test(more_samples_leave_those_there_are),
        cmocka_unit_test(without_noise_a_shape_is_exact),
        cmocka_unit_test(blobs_are_normal_around_their_centres),
    };
    return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
