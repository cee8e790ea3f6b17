/* A CSV, JSON or XLSX file with every way of reading its columns: a dataset without a gap in it, or an error that names
 * the file or a key. The first byte chooses format and keys, the rest is the file, or the sheet of a workbook. */
#include "../support/zip_make.h"
#include "fuzz.h"

#include "data/data.h"

#include <math.h>
#include <string.h>

static void set(struct data_spec *s, const char *key, const char *text)
{
    struct err e = {0};
    PROMISE(!param_set(param_find(data_dataset_named(s->dataset)->params, key), s->source_args, text, NULL, &e));
}

static void check_values(const struct dataset *d)
{
    const struct field *x = data_input(d), *y = data_target(d);
    for (int part = 0; part < DATA_PARTS; part++)
        for (size_t i = 0; i < d->n[part]; i++) {
            for (size_t k = 0; k < shape_size(x->shape); k++)
                PROMISE(!isinf(field_floats(x, part)[i * shape_size(x->shape) + k]));
            PROMISE(y->classes ? field_bytes(y, part)[i] < y->classes : isfinite(field_floats(y, part)[i]));
        }
    for (int c = 0; c < y->classes; c++)
        PROMISE(y->count[c] > 0 && strlen(y->class_name[c]) <= 1 << 20);
}

static void as_table(const struct data_spec *s, const char *path)
{
    struct dataset d, peeked;
    struct err e = {0}, again = {0};
    int bad = dataset_load(&d, s, &e);
    PROMISE(!bad == !dataset_peek(&peeked, s, &again) && !strcmp(e.text, again.text));
    if (bad) {
        PROMISE(e.code && (strstr(e.text, path) || strstr(e.text, "data.")));
        return;
    }
    PROMISE(d.n[PART_TRAIN] == peeked.n[PART_TRAIN] && d.fingerprint == peeked.fingerprint && d.told);
    check_values(&d);
    dataset_release(&d);
    dataset_release(&peeked);
}

static const char *in_workbook(const uint8_t *sheet, size_t n)
{
    static unsigned char zip[1 << 20];
    struct zip_part part[4];
    zip_workbook(part, (const char *)sheet, n);
    return fuzz_file(zip, zip_make(zip, sizeof zip, part, 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const delimiters[] = {"comma", "semicolon", "tab", "space"};
    static const char *const missing[] = {"mean", "median", "indicator", "drop"};
    struct data_spec s = {.path = "", .augment = ""};
    if (!n)
        return 0;
    int other = *bytes & 128, kind = other ? *bytes & 3 : 0; /* 2: a sheet, 3: a workbook */
    s.dataset = kind >= 2 ? "xlsx" : other ? "json" : "csv";
    const char *path = kind == 2 ? in_workbook(bytes + 1, n - 1) : fuzz_file(bytes + 1, n - 1);
    param_defaults(data_dataset_named(s.dataset)->params, s.source_args);
    set(&s, "file", path);
    set(&s, "test_part", "0.5");
    if (!other)
        set(&s, "delimiter", delimiters[*bytes & 3]);
    set(&s, "missing", missing[*bytes >> 2 & 3]);
    if (*bytes & 16)
        set(&s, "ordinal", "1");
    if (*bytes & 32)
        set(&s, "target", "2");
    if (*bytes & 64)
        set(&s, "test_file", path);
    as_table(&s, path);
    return 0;
}
