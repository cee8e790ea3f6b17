/* optdigits.c - the embedded dataset: 5620 handwritten digits of 43 writers as 8x8 images of values 0..16, 30 writers
 * in the training part, 13 others in the test part (E. Alpaydin and C. Kaynak, Cascading Classifiers, Kybernetika 34,
 * 1998). How it is packed: optdigits/pack.py. */
#include "data/sources/source.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "data/sources/optdigits/packed.inc"

enum { ROWS = TRAIN + TEST, PIXELS = 64 };

/* Five digits to the base 85 make four bytes, the most significant first. */
static void unpack_text(unsigned char *to)
{
    for (size_t line = 0; line < sizeof packed_text / sizeof *packed_text; line++)
        for (const char *s = packed_text[line]; *s; s += 5, to += 4) {
            uint32_t v = 0;
            for (int i = 0; i < 5; i++)
                v = v * 85 + (uint32_t)(s[i] - '(' - (s[i] > '?') - (s[i] > '\\'));
            for (int i = 0; i < 4; i++)
                to[i] = (unsigned char)(v >> (24 - 8 * i));
        }
}

/* columns [65][ROWS] -> x [ROWS][64], y [ROWS] */
static void columns_to_rows(const unsigned char *columns, unsigned char *x, unsigned char *y)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < PIXELS; k++)
            x[i * PIXELS + k] = columns[k * ROWS + i];
    memcpy(y, columns + (size_t)PIXELS * ROWS, ROWS);
}

/* to [ROWS*65]: pixels, then labels */
static int unpack(unsigned char *to, struct err *e)
{
    uLongf want = (uLongf)(PIXELS + 1) * ROWS, got = want;
    unsigned char *columns = malloc(want + PACKED_BYTES + 4), *text = columns + want;
    if (!columns)
        return err_set(e, ERR_NOMEM, "optdigits: no memory to unpack it");
    unpack_text(text);
    int code = uncompress(columns, &got, text, PACKED_BYTES), bad = code != Z_OK || got != want;
    if (!bad)
        columns_to_rows(columns, to, to + (size_t)PIXELS * ROWS);
    free(columns);
    if (code == Z_MEM_ERROR)
        return err_set(e, ERR_NOMEM, "optdigits: no memory to unpack it");
    return bad ? err_set(e, ERR_DATA, "optdigits: the embedded bytes do not unpack: this program is damaged") : 0;
}

static int read_all(struct dataset *d, struct err *e)
{
    unsigned char *x = dataset_alloc(d, (size_t)(PIXELS + 1) * ROWS, e);
    if (!x || unpack(x, e))
        return -1;
    const unsigned char *y = x + (size_t)PIXELS * ROWS;
    d->field[0].values[PART_TRAIN] = x;
    d->field[1].values[PART_TRAIN] = y;
    d->field[0].values[PART_TEST] = x + (size_t)PIXELS * TRAIN;
    d->field[1].values[PART_TEST] = y + TRAIN;
    return 0;
}

static const uint32_t train_count[10] = {376, 389, 380, 389, 387, 376, 377, 387, 380, 382};

static int load_optdigits(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                          struct err *e)
{
    (void)k;
    (void)s;
    dataset_of_images(d, 1, 8, 8, 16, 10, dataset_digits);
    d->n[PART_TRAIN] = TRAIN;
    d->n[PART_TEST] = TEST;
    d->field[1].count = train_count;
    return peek ? 0 : read_all(d, e);
}

const struct data_source source_optdigits = {
    .word = {"optdigits", "embedded: 3823 + 1797 handwritten digits, 8x8, other writers in the test part", NULL},
    .credit = "E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, doi 10.24432/C50P49, CC BY 4.0; "
              "pixels repacked",
    .path = PATH_NEVER,
    .input = FIELD_BYTES,
    .load = load_optdigits,
};
