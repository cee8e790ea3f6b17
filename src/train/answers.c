/* answers.c - classes, numbers and pixels as whole numbers below 2^52, and back. */
#include "train/answers.h"

#include "data/data.h"

#include <math.h>
#include <string.h>

#define SHARES 4096
#define PACKED 6 /* pixels of a number */

double class_answer_code(struct class_answer a, int classes)
{
    return (double)(a.truth * classes + a.taken) * (SHARES + 1) + floor(a.share * SHARES + 0.5);
}

struct class_answer class_answer_of(double code, int classes)
{
    const uint64_t whole = code >= 0 && code < 0x1p52 ? (uint64_t)code : 0, pair = whole / (SHARES + 1);
    const uint64_t n = (uint64_t)(classes > 0 ? classes : 1);
    return (struct class_answer){(int)(pair / n % n), (int)(pair % n), (double)(whole % (SHARES + 1)) / SHARES};
}

double number_answer_code(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

float number_answer_of(double code)
{
    const uint32_t bits = code >= 0 && code <= (double)UINT32_MAX ? (uint32_t)code : 0;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

size_t picture_numbers(size_t n)
{
    return (n + PACKED - 1) / PACKED;
}

void picture_pack(const uint8_t *pixel, size_t n, double *to)
{
    for (size_t i = 0; i < n; i += PACKED, to++) {
        uint64_t whole = 0;
        for (size_t k = 0; k < PACKED && i + k < n; k++)
            whole |= (uint64_t)pixel[i + k] << 8 * k;
        *to = (double)whole;
    }
}

void picture_unpack(const double *from, size_t n, uint8_t *pixel)
{
    for (size_t i = 0; i < n; i++) {
        const double v = from[i / PACKED];
        pixel[i] = (uint8_t)((v >= 0 && v < 0x1p52 ? (uint64_t)v : 0) >> 8 * (i % PACKED));
    }
}

size_t train_picture_columns(const struct dataset *d)
{
    const struct field *f = data_input(d);
    const size_t n = shape_size(f->shape);
    return f->type == FIELD_BYTES && f->shape.kind == MAPS && n <= TRAIN_PICTURE_PIXELS
               ? PICTURE_PIXELS + picture_numbers(n)
               : 0;
}

void train_picture_of_sample(const struct data_view *v, size_t i, double *to)
{
    const struct field *f = data_input(v->set);
    const size_t n = shape_size(f->shape);
    const uint8_t *from = field_bytes(f, PART_TEST) + v->index[DATA_TEST][i] * n;
    uint8_t pixel[TRAIN_PICTURE_PIXELS];
    for (size_t k = 0; k < n; k++)
        pixel[k] = (uint8_t)(from[k] * 255 / f->max_value);
    picture_pack(pixel, n, to);
}

void train_leave_table(struct train_result *out, const char *name, int rows, int cols, int counts, const double *v)
{
    struct train_table t = {"", rows, cols, counts, v};
    memcpy(t.name, name, strlen(name));
    if (rows && cols && v)
        out->table[out->ntables++] = t;
}

void train_picture_of_values(const struct data_view *v, const float *x, int i, double *to)
{
    const struct field *f = data_input(v->set);
    const struct shape s = f->shape;
    uint8_t pixel[TRAIN_PICTURE_PIXELS];
    for (int c = 0, at = 0; c < s.c; c++)
        for (int y = 0; y < s.h; y++)
            for (int column = 0; column < s.w; column++, at++) {
                const double value = ((double)x[lane_at(s, i, c, y, column)] - (double)data_input_shift(v, c)) /
                                     (double)data_input_scale(v, c) * 255 / f->max_value;
                pixel[at] = (uint8_t)(value > 0 ? value < 255 ? value + 0.5 : 255 : 0);
            }
    picture_pack(pixel, shape_size(s), to);
}
