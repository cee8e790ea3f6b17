/* safetensors.c reads and writes files of named tensors. */
#include "model/safetensors.h"

#include "base/file.h"
#include "base/json_text.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are written as they lie in memory");

#define METADATA "__metadata__"

static const struct {
    const char *name;
    unsigned bytes;
} dtypes[] = {{"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
              {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};

char *tensor_shape_text(int rank, const uint64_t *dim, char *buf, size_t n)
{
    size_t at = 0;
    snprintf(buf, n, "one number");
    for (int i = 0; i < rank && at < n; i++)
        at += (size_t)snprintf(buf + at, n - at, "%s%" PRIu64, i ? "x" : "", dim[i]);
    return buf;
}

/* --- the header --- */

struct header_reader {
    struct tensors_file *f;
    const unsigned char *data; /* behind the header */
    uint64_t size;             /* bytes there */
    struct err *e;
};

#define REFUSE(r, ...) err_set((r)->e, ERR_DATA, __VA_ARGS__)

/* Control characters would reach terminals and tables. Returns whether the name is one. */
static int is_tensor_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127)
            return 0;
    return n > 0 && n <= TENSOR_NAME;
}

static int read_dtype(struct header_reader *r, struct stored_tensor *t, const json_t *v, unsigned *bytes)
{
    const char *word = json_string_value(v);
    for (size_t i = 0; word && i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(dtypes[i].name, word)) {
            t->dtype = dtypes[i].name;
            *bytes = dtypes[i].bytes;
            return 0;
        }
    return REFUSE(r, "%s: tensor '%s' has no dtype that is known, expected F32", r->f->path, t->name);
}

/* The shape, and how many numbers it has: the product is known to fit before it is taken. */
static int read_dims(struct header_reader *r, struct stored_tensor *t, const json_t *v)
{
    uint64_t n = 1;
    if (!json_is_array(v) || json_array_size(v) > TENSOR_DIMS)
        return REFUSE(r, "%s: tensor '%s' has no shape, expected a list of at most %d sizes", r->f->path, t->name,
                      TENSOR_DIMS);
    t->rank = (int)json_array_size(v);
    for (int i = 0; i < t->rank; i++) {
        const json_t *d = json_array_get(v, (size_t)i);
        if (!json_is_integer(d) || json_integer_value(d) < 0)
            return REFUSE(r, "%s: a size of tensor '%s' is not a whole number", r->f->path, t->name);
        t->dim[i] = (uint64_t)json_integer_value(d);
        if (t->dim[i] && n > r->size / t->dim[i])
            return REFUSE(r, "%s: tensor '%s' says that it has more numbers than the file has bytes", r->f->path,
                          t->name);
        n *= t->dim[i];
    }
    t->n = (size_t)n;
    return 0;
}

static int read_offsets(struct header_reader *r, struct stored_tensor *t, const json_t *v, unsigned bytes)
{
    const json_t *from = json_array_get(v, 0), *to = json_array_get(v, 1);
    if (json_array_size(v) != 2 || !json_is_integer(from) || !json_is_integer(to) || json_integer_value(from) < 0 ||
        json_integer_value(to) < json_integer_value(from))
        return REFUSE(r, "%s: data_offsets of tensor '%s' are not where it begins and ends", r->f->path, t->name);
    uint64_t begin = (uint64_t)json_integer_value(from), end = (uint64_t)json_integer_value(to);
    if (end > r->size)
        return REFUSE(r, "%s: tensor '%s' ends at byte %" PRIu64 " of %" PRIu64 ": the file is cut off", r->f->path,
                      t->name, end, r->size);
    if (end - begin != (uint64_t)t->n * bytes)
        return REFUSE(r, "%s: tensor '%s' has %" PRIu64 " bytes, its shape and dtype want %" PRIu64, r->f->path,
                      t->name, end - begin, (uint64_t)t->n * bytes);
    t->bytes = r->data + begin;
    return 0;
}

static int read_tensor(struct header_reader *r, const char *name, const json_t *v)
{
    struct stored_tensor *t = &r->f->tensor[r->f->n];
    unsigned bytes = 0;
    if (!is_tensor_name(name))
        return REFUSE(r, "%s: the name of a tensor is empty, has control characters or more than %d bytes", r->f->path,
                      TENSOR_NAME);
    t->name = arena_str(&r->f->mem, name);
    if (!t->name)
        return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    if (!json_is_object(v) || json_object_size(v) != 3)
        return REFUSE(r, "%s: tensor '%s' is not described by dtype, shape and data_offsets", r->f->path, name);
    if (read_dtype(r, t, json_object_get(v, "dtype"), &bytes) || read_dims(r, t, json_object_get(v, "shape")) ||
        read_offsets(r, t, json_object_get(v, "data_offsets"), bytes))
        return -1;
    r->f->n++;
    return 0;
}

static int read_texts(struct header_reader *r, json_t *v)
{
    const char *key;
    json_t *text;
    struct tensors_file *f = r->f;
    if (!json_is_object(v))
        return REFUSE(r, "%s: " METADATA " is not an object of texts", f->path);
    f->text = arena_take(&f->mem, json_object_size(v) * sizeof *f->text + 1);
    json_object_foreach(v, key, text)
    {
        if (!json_is_string(text))
            return REFUSE(r, "%s: '%.40s' of " METADATA " is not a text", f->path, is_tensor_name(key) ? key : "?");
        if (f->text)
            f->text[f->texts++] =
                (struct stored_text){arena_str(&f->mem, key), arena_str(&f->mem, json_string_value(text))};
    }
    return f->mem.failed ? err_set(r->e, ERR_NOMEM, "%s: no memory to read it", f->path) : 0;
}

static int compare_places(const void *a, const void *b)
{
    const struct stored_tensor *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return x->n && y->n ? strcmp(x->name, y->name) : (x->n > y->n) - (x->n < y->n); /* empty ones come first */
}

/* The bytes that a tensor of the file takes. */
static size_t tensor_bytes(const struct stored_tensor *t)
{
    size_t i = 0;
    while (strcmp(dtypes[i].name, t->dtype) != 0)
        i++;
    return t->n * dtypes[i].bytes;
}

/* Every byte belongs to one tensor. */
static int check_spans(struct header_reader *r)
{
    struct tensors_file *f = r->f;
    const unsigned char *at = r->data;
    if (f->n)
        qsort(f->tensor, f->n, sizeof *f->tensor, compare_places);
    for (size_t i = 0; i < f->n; i++) {
        const struct stored_tensor *t = &f->tensor[i];
        if (t->bytes != at)
            return REFUSE(r, "%s: tensor '%s' %s", f->path, t->name,
                          t->bytes < at ? "overlaps another one" : "leaves a gap before it");
        at += tensor_bytes(t);
    }
    if (at != r->data + r->size)
        return REFUSE(r, "%s: goes on after its last tensor", f->path);
    return 0;
}

static int read_entries(struct header_reader *r, json_t *root)
{
    const char *name;
    json_t *v;
    struct tensors_file *f = r->f;
    f->tensor = arena_take(&f->mem, json_object_size(root) * sizeof *f->tensor + 1);
    if (!f->tensor)
        return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", f->path);
    json_object_foreach(root, name, v)
    {
        if (strcmp(name, METADATA) ? read_tensor(r, name, v) : read_texts(r, v))
            return -1;
    }
    return check_spans(r);
}

/* Parses the header; NULL with *e. */
static json_t *parse_header(const struct header_reader *r, const char *text, size_t n)
{
    json_error_t why;
    int nomem;
    json_t *root = json_text_read(text, n, JSON_REJECT_DUPLICATES, &why, &nomem);
    if (nomem)
        err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    else if (!root)
        REFUSE(r, "%s: its header is not JSON: %s", r->f->path, why.text);
    return root;
}

static int read_tensors_header(struct header_reader *r, const char *text, size_t n)
{
    json_t *root = parse_header(r, text, n);
    int bad;
    if (!root)
        return -1;
    bad = json_is_object(root) ? read_entries(r, root)
                               : REFUSE(r, "%s: its header is not an object of tensors", r->f->path);
    json_decref(root);
    return bad;
}

int tensors_open(struct tensors_file *f, const char *path, struct err *e)
{
    size_t n;
    *f = (struct tensors_file){.path = path};
    arena_init(&f->mem);
    struct stat st; /* a packed file is none, and is not unpacked beyond its own size */
    const size_t most = !stat(path, &st) && S_ISREG(st.st_mode) ? (size_t)st.st_size : SIZE_MAX;
    f->bytes = (unsigned char *)file_read_head(path, most, &n, e);
    if (!f->bytes)
        return -1;
    uint64_t length = 0;
    f->size = n;
    if (n < 8)
        return err_set(e, ERR_DATA, "%s: has %zu bytes, a safetensors file begins with the 8 of a length", path, n);
    memcpy(&length, f->bytes, sizeof length);
    if (length > TENSORS_HEADER || length > n - 8)
        return err_set(e, ERR_DATA,
                       "%s: is no safetensors file, or cut off: its header is said to have %" PRIu64
                       " bytes, and %zu follow",
                       path, length, n - 8);
    struct header_reader r = {f, f->bytes + 8 + length, n - 8 - length, e};
    return read_tensors_header(&r, (const char *)f->bytes + 8, (size_t)length);
}

void tensors_close(struct tensors_file *f)
{
    free(f->bytes);
    f->bytes = NULL;
    f->n = f->texts = 0;
    arena_release(&f->mem);
}

const struct stored_tensor *tensors_find(const struct tensors_file *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->tensor[i].name, name))
            return &f->tensor[i];
    return NULL;
}

const char *tensors_text(const struct tensors_file *f, const char *key)
{
    for (size_t i = 0; i < f->texts; i++)
        if (!strcmp(f->text[i].key, key))
            return f->text[i].text;
    return NULL;
}

/* --- numbers --- */

static float float_of_bits(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* A number of 1 + 5 + 10 bits (IEEE 754 binary16). */
static float float_of_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h >> 15) << 31, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent)
        return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float small = (float)fraction * 0x1p-24f; /* exact */
    return sign ? -small : small;
}

static void convert_numbers(const struct stored_tensor *t, float *to)
{
    const int f64 = !strcmp(t->dtype, "F64"), bf16 = !strcmp(t->dtype, "BF16");
    for (size_t i = 0; i < t->n; i++) {
        double d;
        uint16_t half;
        if (f64) {
            memcpy(&d, t->bytes + i * sizeof d, sizeof d);
            to[i] = (float)d;
            continue;
        }
        memcpy(&half, t->bytes + i * sizeof half, sizeof half);
        to[i] = bf16 ? float_of_bits((uint32_t)half << 16) : float_of_half(half);
    }
}

int tensor_floats(const struct tensors_file *f, const struct stored_tensor *t, float *to, struct err *e)
{
    static const char *const known[] = {"F64", "BF16", "F16"};
    if (!strcmp(t->dtype, "F32")) {
        if (t->n)
            memcpy(to, t->bytes, t->n * sizeof *to);
        return 0;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(t->dtype, known[i])) {
            convert_numbers(t, to);
            return 0;
        }
    return err_set(e, ERR_DATA, "%s: tensor '%s' has numbers of type %s, expected F32, F64, F16 or BF16", f->path,
                   t->name, t->dtype);
}

/* --- writing --- */

static void add_json_text(struct str *s, const char *text)
{
    str_add(s, "\"");
    for (const char *p = text; *p; p++)
        if (*p == '"' || *p == '\\')
            str_addf(s, "\\%c", *p);
        else if (*p == '\n')
            str_add(s, "\\n");
        else if ((unsigned char)*p < ' ')
            str_addf(s, "\\u%04x", (unsigned)*p);
        else
            str_addn(s, p, 1);
    str_add(s, "\"");
}

/* The header, filled up with blanks so that the floats after it are aligned. */
static void make_header(struct str *s, const struct new_tensor *tensor, size_t n, const struct stored_text *text,
                        size_t texts)
{
    uint64_t at = 0;
    const char *comma = "";
    str_add(s, "{\"" METADATA "\":{");
    for (size_t i = 0; i < texts; i++) {
        if (!text[i].text)
            continue;
        str_add(s, comma);
        add_json_text(s, text[i].key);
        str_add(s, ":");
        add_json_text(s, text[i].text);
        comma = ",";
    }
    str_add(s, "}");
    for (size_t i = 0; i < n; i++) {
        str_add(s, ",");
        add_json_text(s, tensor[i].name);
        str_add(s, ":{\"dtype\":\"F32\",\"shape\":[");
        for (int d = 0; d < tensor[i].rank; d++)
            str_addf(s, "%s%" PRIu64, d ? "," : "", tensor[i].dim[d]);
        str_addf(s, "],\"data_offsets\":[%" PRIu64, at);
        at += (uint64_t)tensor[i].n * sizeof(float);
        str_addf(s, ",%" PRIu64 "]}", at);
    }
    str_add(s, "}");
    while (s->n % 8 && !s->failed)
        str_add(s, " ");
}

int tensors_bytes(struct str *out, const struct new_tensor *tensor, size_t n, const struct stored_text *text,
                  size_t texts, struct err *e)
{
    struct str header = {0};
    make_header(&header, tensor, n, text, texts);
    uint64_t length = header.n;
    str_addn(out, (const char *)&length, sizeof length);
    str_addn(out, header.p ? header.p : "", header.n);
    for (size_t i = 0; i < n; i++)
        str_addn(out, (const char *)tensor[i].v, tensor[i].n * sizeof(float));
    int bad = header.failed || out->failed ? err_set(e, ERR_NOMEM, "no memory for a file of tensors") : 0;
    str_release(&header);
    return bad;
}

int tensors_write(const char *path, const struct new_tensor *tensor, size_t n, const struct stored_text *text,
                  size_t texts, int sync, struct err *e)
{
    struct str bytes = {0};
    int bad = tensors_bytes(&bytes, tensor, n, text, texts, e) || file_publish(path, bytes.p, bytes.n, sync, e);
    str_release(&bytes);
    return bad ? -1 : 0;
}
