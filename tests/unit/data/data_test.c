#include "data_test.h"

#include "base/param.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct data_spec spec_of(const char *dataset, const char *path)
{
    struct data_spec s;
    memset(&s, 0, sizeof s);
    param_defaults(data_params, &s);
    s.dataset = dataset;
    s.path = path;
    const struct data_word *w = data_dataset_named(dataset);
    if (w && w->params)
        param_defaults(w->params, s.source_args);
    return s;
}

void set_key(struct data_spec *s, const char *key, const char *text)
{
    struct err e = {0};
    const struct param *p = param_find(data_dataset_named(s->dataset)->params, key);
    assert_non_null(p);
    if (param_set(p, s->source_args, text, NULL, &e))
        fail_msg("%s", e.text);
}

void cifar10_make(unsigned char *b, size_t n, size_t first)
{
    for (size_t i = 0; i < n; i++, b += 3073) {
        b[0] = (unsigned char)((first + i) % 10);
        for (size_t k = 0; k < 3072; k++)
            b[1 + k] = (unsigned char)(13 * i + k);
    }
}

void batch_of(const struct kernels *k, const struct data_view *v, enum data_split split, const uint32_t *at, int n,
              const struct data_draw *draw, float *x, int32_t *label, uint32_t *key)
{
    static _Alignas(64) unsigned char scratch[1 << 18];
    struct batch b = {.k = k, .scratch = scratch, .x = x, .label = label, .key = key};
    assert_true(data_scratch(v) <= sizeof scratch);
    data_batch(v, split, at, n, draw, &b);
    assert_int_equal(b.n, n);
    assert_int_equal(b.blocks, blocks_of(n));
}

const uint8_t *pixels_of(const struct dataset *d, enum data_part part)
{
    return field_bytes(data_input(d), part);
}

const uint8_t *classes_of(const struct dataset *d, enum data_part part)
{
    return field_bytes(data_target(d), part);
}

char *folder_make(char folder[64])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, 64, "%s/sweep-data-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
    (void)st, (void)type, (void)place;
    return remove(path);
}

void folder_remove(const char *folder)
{
    assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void data_place_make(struct data_place *p, const char *dataset)
{
    folder_make(p->folder);
    p->s = spec_of(dataset, p->folder);
}

int data_place_teardown(void **state)
{
    folder_remove(((struct data_place *)*state)->folder);
    free(*state);
    return 0;
}

void loads(const struct data_spec *s, struct dataset *d)
{
    struct err e = {0};
    if (dataset_load(d, s, &e))
        fail_msg("%s", e.text);
}

static void name_in(char path[512], const char *folder, const char *name)
{
    snprintf(path, 512, "%s/%s", folder, name);
}

void file_put(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[512];
    name_in(path, folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

void file_put_gz(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[512];
    name_in(path, folder, name);
    gzFile f = gzopen(path, "wb9");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, (unsigned)n), n);
    assert_int_equal(gzclose(f), Z_OK);
}

void file_drop(const char *folder, const char *name)
{
    char path[512];
    name_in(path, folder, name);
    unlink(path);
}

const char *const idx_names[4] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                  "t10k-labels-idx1-ubyte"};

static void put_be(struct idx_bytes *x, int file, uint32_t v)
{
    for (int i = 24; i >= 0; i -= 8)
        x->b[file][x->n[file]++] = (unsigned char)(v >> i);
}

void idx_make(struct idx_bytes *x)
{
    memset(x, 0, sizeof *x);
    for (int file = 0; file < 4; file++) {
        uint32_t n = file < 2 ? 6 : 3, values = file % 2 ? n : 6 * n;
        put_be(x, file, file % 2 ? 0x801 : 0x803);
        put_be(x, file, n);
        if (file % 2 == 0) {
            put_be(x, file, 2);
            put_be(x, file, 3);
        }
        for (uint32_t i = 0; i < values; i++)
            x->b[file][x->n[file]++] = (unsigned char)(file % 2 ? i % 3 : 7 * i);
    }
}

void idx_put(const char *folder, const struct idx_bytes *x)
{
    for (int i = 0; i < 4; i++)
        file_put(folder, idx_names[i], x->b[i], x->n[i]);
}

void has_text_(const char *text, const char *const *parts, const char *file, int line)
{
    for (; *parts; parts++)
        if (!strstr(text, *parts)) {
            print_error("'%s' does not say '%s'\n", text, *parts);
            _fail(file, line);
        }
}

void refused_(const struct data_spec *s, enum err_code code, const char *const *parts, const char *file, int line)
{
    struct dataset d;
    struct err e = {0};
    if (dataset_load(&d, s, &e) != -1) {
        print_error("it was loaded\n");
        dataset_release(&d);
        _fail(file, line);
    }
    if (e.code != code) {
        print_error("code %d, expected %d: %s\n", e.code, code, e.text);
        _fail(file, line);
    }
    has_text_(e.text, parts, file, line);
}

struct dataset toy(int c, int h, int w, int classes, const uint8_t *x, const uint8_t *y, size_t train, size_t test)
{
    struct dataset d = {.name = "toy", .n = {train, test}};
    dataset_of_images(&d, c, h, w, 255, classes, NULL);
    for (int part = 0; part < DATA_PARTS; part++) {
        d.field[0].values[part] = x;
        d.field[1].values[part] = y;
    }
    return d;
}

void view_of(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a)
{
    struct err e = {0};
    if (data_view_init(v, d, s, a, &e))
        fail_msg("%s", e.text);
}
