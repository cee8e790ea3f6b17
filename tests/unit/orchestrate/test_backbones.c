/* The networks that come with the program under the names of others' tensors: the logits of torchvision's, with weights
 * that a formula makes of each tensor's name and place (tests/support/torch/backbones_golden.py), and those of
 * EfficientNet-Lite0 with its own weights, where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "kernels/layout.h"
#include "model/starting.h"
#include "nn/freezing.h"
#include "nn/looking.h"
#include "orchestrate/inspect/inspect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* In [-1, 1): number i of a row that the seed begins. */
static double unit_number(uint32_t seed, size_t i)
{
    uint32_t h = (uint32_t)i * 2654435761u + seed;
    h = (h ^ (h >> 15)) * 2246822519u;
    h = (h ^ (h >> 13)) * 3266489917u;
    return (double)(h >> 8) / 8388608 - 1;
}

static double number_of(const char *name, const struct model_tensor *t, size_t i)
{
    const double u = unit_number((uint32_t)crc32(0, (const unsigned char *)name, (uInt)strlen(name)), i);
    const char *last = strrchr(name, '.');
    if (last && !strcmp(last, ".running_var"))
        return 1 + u / 2;
    if (t->rank == 1)
        return u / 8 + (last && !strcmp(last, ".weight"));
    const double gain =
        strncmp(name, "features.", 9) ? 3 : 6; /* no normalizations there, or none that keeps it large */
    return t->rank == 3 ? u / 8 : u * sqrt(gain / ((double)t->n / (double)t->dim[0]));
}

struct backbone {
    struct arena mem;
    struct sweep *sweep;
    struct nn_graph graph;
    struct nn_net *net;
};

static void build_backbone(struct backbone *b, const char *words, struct shape in, int classes, int samples)
{
    char text[512], path[64] = "/tmp/sweep-backbones.XXXXXX";
    struct err_list errs = {0};
    struct err e = {0};
    struct point p;
    struct proposal at = {{0}};
    arena_init(&b->mem);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    const int n = snprintf(text, sizeof text, "[model]\nlayers =\n  %s\n", words);
    assert_int_equal(write(fd, text, (size_t)n), n);
    close(fd);
    if (sweep_open(&b->sweep, path, NULL, 0, &errs) ||
        sweep_point(b->sweep, &at, (struct target_kind){.classes = classes}, &b->mem, &p, &errs) ||
        nn_graph_build(&b->graph, p.line, p.nlines, in, (struct nn_target){classes, "classes", NULL}, &p.nn, &b->mem,
                       &errs))
        fail_msg("%s: %s", words, errs.n ? errs.v[0].text : "no memory");
    unlink(path);
    b->net = nn_net_new(&b->graph, samples, 0, NULL, kernels_pick(NULL), &b->mem, &e);
    assert_non_null(b->net);
}

static void release_backbone(struct backbone *b)
{
    sweep_free(b->sweep);
    arena_release(&b->mem);
}

/* Every tensor gets the numbers of its name. Returns how many there are. */
static size_t fill_by_name(struct backbone *b)
{
    size_t n;
    const struct model_tensor *t = model_tensors(&b->graph, &n, &b->mem);
    assert_non_null(t);
    for (size_t k = 0; k < n; k++) {
        char name[NN_NAME];
        float *to = (t[k].buffer ? b->net->buffers : b->net->w) + t[k].at;
        assert_false(t[k].by_row);
        start_name(&t[k], name);
        for (size_t i = 0; i < t[k].n; i++)
            to[i] = (float)number_of(name, &t[k], i);
    }
    return n;
}

static void forward(struct backbone *b, int n)
{
    uint32_t sample[LANES] = {0};
    const struct nn_pass p = {.n = n, .blocks = blocks_of(n), .sample = sample};
    nn_forward(b->net, &p);
}

/* Logits of classes k of sample i. */
static double logit(const struct backbone *b, int i, int k)
{
    return (double)b->net->z[lane_at(nn_output(&b->graph), i, k, 0, 0)];
}

enum { CLASSES = 7 };

static void torchvisions_networks_have_its_logits(void **state)
{
    char line[4096], words[256] = "";
    struct backbone b = {.sweep = NULL};
    int row = 0, cases = 0;
    size_t tensors = 0;
    (void)state;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/model_backbones.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct shape in = {MAPS, 3, 0, 0, 1};
        char *at = line + 1;
        if (sscanf(line, "case %*s : %255[^\n]", words) == 1 || sscanf(line, "input 3x%dx%d", &in.h, &in.w) == 2)
            row = 0;
        if (in.w) {
            if (cases++)
                release_backbone(&b);
            build_backbone(&b, words, in, CLASSES, 2);
            for (size_t i = 0; i < 2 * shape_size(in); i++) {
                const size_t s = i / shape_size(in), v = i % shape_size(in), plane = (size_t)in.h * (size_t)in.w;
                b.net->x[lane_at(in, (int)s, (int)(v / plane), (int)(v % plane) / in.w, (int)(v % plane) % in.w)] =
                    (float)unit_number(1, i);
            }
            tensors = fill_by_name(&b);
            forward(&b, 2);
        }
        if (!strncmp(line, "tensors ", 8))
            assert_int_equal(tensors, strtol(line + 8, NULL, 10));
        for (int k = 0; line[0] == 'y' && k < CLASSES; k++) {
            const double want = strtod(at, &at), got = logit(&b, row, k);
            if (!(fabs(got - want) <= 1e-4))
                fail_msg("%s: logit %d of sample %d is %.9g, torchvision has %.9g", words, k, row, got, want);
        }
        row += line[0] == 'y';
    }
    fclose(f);
    assert_int_equal(cases, 8);
    release_backbone(&b);
}

/* --- what decides --- */

/* The numbers after a word, n of them. */
static void read_row(FILE *f, const char *word, double *v, int n)
{
    char is[32];
    assert_int_equal(fscanf(f, "%31s", is), 1);
    assert_string_equal(is, word);
    for (int i = 0; i < n; i++)
        assert_int_equal(fscanf(f, "%lf", &v[i]), 1);
}

enum { PIXELS = 12 * 12 };

/* Columns `gradient` and `grad_cam` of the table of a look. */
static void compare_saliency(const char *folder, const double *gradient, const double *cam)
{
    char path[256];
    snprintf(path, sizeof path, "%s/saliency.csv", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*[^\n]"), 0);
    for (int i = 0; i < PIXELS; i++) {
        int sample, row, column;
        double g, c;
        assert_int_equal(fscanf(f, "%d,%d,%d,%lf,%lf", &sample, &row, &column, &g, &c), 5);
        assert_int_equal(row * 12 + column, i);
        if (!(fabs(g - gradient[i]) <= 1e-6) || !(fabs(c - cam[i]) <= 1e-6))
            fail_msg("pixel %d: gradient %.9g and cam %.9g, PyTorch has %.9g and %.9g", i, g, c, gradient[i], cam[i]);
    }
    fclose(f);
}

enum { SAMPLES = 40 };

/* With weights by names, as PyTorch has them, of so many samples. */
static void look_at_some(const char *words, const char *folder, size_t samples, struct inspect_how how,
                         struct inspected *out, struct arena *a)
{
    static const char *const names[CLASSES] = {"a", "b", "c", "d", "e", "f", "g"};
    static float pixel[SAMPLES * 3 * PIXELS];
    const struct shape in = {MAPS, 3, 12, 12, 1};
    const float ones[3] = {1, 1, 1}, zeros[3] = {0};
    struct backbone b = {.sweep = NULL};
    struct data_view view;
    struct dataset set;
    struct err e = {0};
    build_backbone(&b, words, in, CLASSES, 1);
    fill_by_name(&b);
    for (size_t i = 0; i < samples * shape_size(in); i++)
        pixel[i] = (float)unit_number(1, i);
    const struct model m = {.graph = &b.graph,
                            .w = b.net->w,
                            .buffers = b.net->buffers,
                            .form = {.type = FIELD_FLOATS, .shape = in, .scale = ones, .shift = zeros},
                            .classes = CLASSES,
                            .class_name = names};
    if (sample_view(&view, &set, &m.form, samples, pixel, a) || inspect_model(&m, &view, &how, folder, a, out, &e))
        fail_msg("%s", e.text);
    release_backbone(&b);
}

static void saliency_is_that_of_pytorch(void **state)
{
    char line[4096], words[256] = "", folder[] = "/tmp/sweep-look.XXXXXX", command[64];
    double class, gradient[PIXELS], cam[PIXELS];
    struct inspected out;
    struct arena a;
    (void)state;
    FILE *f = fopen(TEST_SOURCE_DIR "/data/model_backbones.txt", "r");
    assert_non_null(f);
    while (!*words && fgets(line, sizeof line, f))
        (void)!sscanf(line, "look : %255[^\n]", words);
    read_row(f, "class", &class, 1);
    read_row(f, "gradient", gradient, PIXELS);
    read_row(f, "cam", cam, PIXELS);
    fclose(f);
    assert_non_null(mkdtemp(folder));
    arena_init(&a);
    look_at_some(words, folder, 1, (struct inspect_how){.split = DATA_TEST, .sample = 1, .lr = 0.1}, &out, &a);
    compare_saliency(folder, gradient, cam);
    assert_non_null(out.pictures.saliency);
    assert_null(out.pictures.attention);
    arena_release(&a);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
}

/* Two tables of a look say the same: numbers to 1e-4 of each other, as sums of gradients are in another order. */
static void same_table(const char *const folder[2], const char *file)
{
    char path[256], line[2][1024];
    FILE *f[2];
    int rows = 0;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder[i], file);
        assert_non_null(f[i] = fopen(path, "r"));
    }
    for (; fgets(line[0], sizeof line[0], f[0]); rows++) {
        char *at[2] = {line[0], line[1]}, *end[2];
        assert_non_null(fgets(line[1], sizeof line[1], f[1]));
        while (*at[0] && *at[1]) {
            const double v[2] = {strtod(at[0], &end[0]), strtod(at[1], &end[1])};
            if (end[0] == at[0] ? *at[0] != *at[1] : !(fabs(v[0] - v[1]) <= 1e-4 * fabs(v[1])))
                fail_msg("%s: row %d is '%s', in another look '%s'", file, rows, line[0], line[1]);
            for (int i = 0; i < 2; i++)
                at[i] = end[i] == at[i] ? at[i] + 1 : end[i];
        }
        assert_int_equal(*at[0], *at[1]);
    }
    assert_null(fgets(line[1], sizeof line[1], f[1]));
    assert_true(rows > 1);
    fclose(f[0]);
    fclose(f[1]);
}

/* A network that takes more memory for 64 samples than there may be looks at 16 at a time: at the same layers, maps,
 * positions and features, and at the gradient of all of them. */
static void a_look_at_few_samples_at_a_time_sees_the_same(void **state)
{
    static const char words[] =
        "{ conv 3x3 4 pad same, batchnorm, relu, dropout 0.5 } x 2, residual { conv 3x3 4 pad same, "
        "gelu }, patch 4 8, attention heads 2, relu, flatten, dense 7";
    static const char *const tables[] = {"layers.csv",   "activations.csv", "maps.csv",
                                         "saliency.csv", "attention.csv",   "embedding.csv"};
    char wide[] = "/tmp/sweep-look.XXXXXX", narrow[] = "/tmp/sweep-look.XXXXXX", command[128];
    const char *const folder[2] = {wide, narrow};
    (void)state;
    assert_true(mkdtemp(wide) && mkdtemp(narrow));
    for (size_t i = 0; i < 2; i++) {
        struct inspected out;
        struct arena a;
        arena_init(&a);
        look_at_some(words, folder[i], SAMPLES, (struct inspect_how){.split = DATA_TEST, .lr = 0.1, .bytes = i}, &out,
                     &a);
        arena_release(&a);
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        same_table(folder, tables[i]);
    snprintf(command, sizeof command, "rm -rf %s %s", wide, narrow);
    (void)!system(command);
}

/* What is seen is not kept: a look at 16 samples takes less than half of what all values and gradients take. */
static void a_look_takes_the_memory_of_a_training(void **state)
{
    struct backbone b = {.sweep = NULL};
    (void)state;
    build_backbone(&b, "resnet18 7", (struct shape){MAPS, 3, 32, 32, 1}, 7, 1);
    double values = 0;
    for (int i = 0; i < b.graph.nnodes; i++)
        values += (double)shape_size(b.graph.node[i].y);
    const double pool = (double)nn_look_bytes(&b.graph, 128) - (double)nn_look_bytes(&b.graph, 64);
    assert_true(pool > 0 && pool < 64 * values * 2 * sizeof(float) / 2);
    release_backbone(&b);
}

/* --- what layers learn from --- */

enum { NUMBERS = 4 };

/* Column `grad_norm` of the layer that is a dense one. */
static double norm_of_dense(const char *folder)
{
    char path[256], line[512];
    double norm = NAN;
    snprintf(path, sizeof path, "%s/layers.csv", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strstr(line, ",dense")) {
            *strrchr(line, ',') = 0;
            norm = strtod(strrchr(line, ',') + 1, NULL);
        }
    fclose(f);
    return norm;
}

/* A network with one dense layer, whose first outputs are to be its input of 4 numbers, looks at one sample: the norm
 * of its gradient, from half the squared error of z = W x + b, is that of z - x, times x and 1. */
static void learns_from_its_input(const char *words)
{
    char folder[] = "/tmp/sweep-look.XXXXXX", command[64];
    const float ones[NUMBERS] = {1, 1, 1, 1}, zeros[NUMBERS] = {0};
    const struct shape in = {VECTOR, NUMBERS, 1, 1, 1};
    const struct inspect_how how = {.split = DATA_TEST, .sample = 1, .lr = 0.1};
    float x[NUMBERS];
    double squares = 1, error = 0;
    struct backbone b = {.sweep = NULL};
    struct data_view view;
    struct dataset set;
    struct inspected out;
    struct err e = {0};
    struct arena a;
    arena_init(&a);
    build_backbone(&b, words, in, NUMBERS, 1);
    for (int i = 0; i < NUMBERS; i++) {
        x[i] = (float)unit_number(1, (size_t)i);
        squares += (double)x[i] * (double)x[i];
    }
    for (size_t i = 0; i < b.graph.param_floats; i++)
        b.net->w[i] = (float)unit_number(2, i);
    for (int i = 0; i < b.graph.nnodes; i++) {
        const struct nn_tensor *t = b.graph.node[i].tensor;
        for (int k = 0; k < NUMBERS && b.graph.node[i].ntensors; k++) {
            double z = (double)b.net->w[t[1].at + (size_t)k];
            for (int c = 0; c < NUMBERS; c++)
                z += (double)b.net->w[t[0].at + (size_t)(NUMBERS * k + c)] * (double)x[c];
            error += pow(z - (double)x[k], 2);
        }
    }
    const struct model m = {.graph = &b.graph,
                            .w = b.net->w,
                            .buffers = b.net->buffers,
                            .form = {.type = FIELD_FLOATS, .shape = in, .scale = ones, .shift = zeros},
                            .task = "reconstruct"};
    assert_non_null(mkdtemp(folder));
    if (sample_view(&view, &set, &m.form, 1, x, &a) || inspect_model(&m, &view, &how, folder, &a, &out, &e))
        fail_msg("%s", e.text);
    const double want = sqrt(error * squares), got = norm_of_dense(folder);
    if (!(fabs(got - want) <= 1e-5 * want))
        fail_msg("%s: the norm of the gradient is %.9g, expected %.9g", words, got, want);
    release_backbone(&b);
    arena_release(&a);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
}

static void reconstructions_learn_from_their_input(void **state)
{
    (void)state;
    learns_from_its_input("dense 4");
}

static void noise_of_a_training_is_not_in_a_look(void **state)
{
    static const char *const words[] = {"gaussian_noise 2, dense 4", "dense 4, gaussian_noise 2",
                                        "dropout 0.5, dense 4, dropout 0.5", "droppath 0.9, dense 4",
                                        "dense 8, sample"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        learns_from_its_input(words[i]);
}

/* --- EfficientNet-Lite0 --- */

static FILE *open_data(const char *file, char *path, size_t n)
{
    const char *data = getenv("SWEEP_DATA");
    snprintf(path, n, "%s/%s", data ? data : TEST_SOURCE_DIR "/../../shared/data", file);
    return fopen(path, "rb");
}

/* Sample i is a record of CIFAR-10, each pixel three by three times. */
static int read_pixels(struct backbone *b, int n)
{
    char path[512];
    unsigned char record[3073];
    const struct shape in = b->graph.in;
    FILE *there = open_data("cifar10/test_batch_first1000.bin.gz", path, sizeof path);
    if (!there)
        return -1;
    fclose(there);
    gzFile f = gzopen(path, "rb");
    for (int i = 0; f && i < n && gzread(f, record, sizeof record) == (int)sizeof record; i++)
        for (int c = 0; c < 3; c++)
            for (int h = 0; h < in.h; h++)
                for (int w = 0; w < in.w; w++)
                    b->net->x[lane_at(in, i, c, h, w)] = (float)(record[1 + (c * 32 + h / 3) * 32 + w / 3] - 127) / 128;
    gzclose(f);
    return 0;
}

static void compare_rows(struct backbone *b, const char *file, int columns, double most)
{
    char path[512];
    double value;
    FILE *f = open_data(file, path, sizeof path);
    assert_non_null(f);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < columns; k++) {
            assert_int_equal(fscanf(f, "%lf%*[,\n]", &value), 1);
            if (!(fabs(logit(b, i, k) - value) <= most))
                fail_msg("%s: number %d of sample %d is %.9g, the reference has %.9g", file, k, i, logit(b, i, k),
                         value);
        }
    fclose(f);
}

/* The features before the last layer, and the logits; every tensor of the file is taken, under its own name. */
static void efficientnet_lite0_has_its_logits(void **state)
{
    char path[512];
    struct tensors_file file;
    struct err e = {0};
    (void)state;
    FILE *there = open_data("efficientnet-lite0/model.safetensors", path, sizeof path);
    if (!there)
        skip();
    fclose(there);
    if (tensors_open(&file, path, &e))
        fail_msg("%s", e.text);
    for (int head = 1; head >= 0; head--) {
        struct backbone b = {.sweep = NULL};
        struct start_match m;
        const char *key;
        build_backbone(&b, head ? "efficientnet_lite0 1000" : "efficientnet_lite0 0",
                       (struct shape){MAPS, 3, 96, 96, 1}, head ? 1000 : 1280, 8);
        if (start_find(&m, &b.graph, &file, "", &b.mem, &key, &e) || start_put(&m, &file, b.net->w, b.net->buffers, &e))
            fail_msg("%s", e.text);
        assert_int_equal(m.taken, m.tensors);
        assert_int_equal(m.n - m.tensors, head ? 0 : 2);
        if (read_pixels(&b, 8)) {
            release_backbone(&b);
            break;
        }
        forward(&b, 8);
        compare_rows(&b, head ? "efficientnet-lite0/logits.csv" : "efficientnet-lite0/features.csv", head ? 1000 : 1280,
                     1e-4);
        release_backbone(&b);
    }
    tensors_close(&file);
}

int test_backbones(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torchvisions_networks_have_its_logits),
        cmocka_unit_test(saliency_is_that_of_pytorch),
        cmocka_unit_test(a_look_at_few_samples_at_a_time_sees_the_same),
        cmocka_unit_test(a_look_takes_the_memory_of_a_training),
        cmocka_unit_test(reconstructions_learn_from_their_input),
        cmocka_unit_test(noise_of_a_training_is_not_in_a_look),
        cmocka_unit_test(efficientnet_lite0_has_its_logits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
