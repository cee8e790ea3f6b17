/* samples.h - new samples for a network that has learned: what one is made of, and how files become such samples. */
#ifndef DATA_SAMPLES_H
#define DATA_SAMPLES_H

#include "base/arena.h"
#include "data/view.h"

/* What a training's samples are, without the training's data: enough to make others like them. */
struct sample_form {
    enum field_type type; /* FIELD_BYTES: pixels; FIELD_FLOATS: numbers; FIELD_TOKENS: ids, -1 after the last */
    struct shape shape;
    const float *scale, *shift; /* [shape.c] value * scale + shift goes into the network */
    const float *fill;          /* [shape.c] what a missing number is taken for; NULL: none is missing */
    int white;                  /* of pixels: the largest there may be, 255 or 16 */
    int fit, background;        /* of image files, as in sources/picture.h */
    const char *columns;        /* how the columns of a table become the numbers (sources/tabular_text.h); "": they are
                                   the numbers */
    const char *tokens;         /* of texts: the tokenizer (text/tokenizer.h, tokenizer_text); "": they are none */
    int vocabulary;             /* and how many tokens it has */
    int target;                 /* of pairs of texts: the last so many positions are of the second; 0: there is one */
    const char *target_tokens;  /* its tokenizer; "": there is none */
    int target_vocabulary;      /* and its tokens, with those that begin and end a text */
};
/* That of a view's input; it points into the view and its dataset. */
void sample_form_of(const struct data_view *v, struct sample_form *f);
/* Makes *v, with *set behind it, a view whose test split is n samples of that form, [n][c][h][w] at `values`, without
 * targets. In `a`; values, the form's arrays and a outlive it. 0, or -1 without memory. */
int sample_view(struct data_view *v, struct dataset *set, const struct sample_form *f, size_t n, const void *values,
                struct arena *a);
/* A sample of a file, while it is handed over. */
struct sample {
    const char *file;
    size_t number;      /* in its file, from 1; 0: it is the file as a whole */
    const void *values; /* [c][h][w] of the form's type; NULL: */
    const char *error;  /* why there are none, or NULL: it is an image file, which sample_picture decodes */
};
/* Hands over the samples of a file, or of the image files below a folder, in the order of their names, one after the
 * other: images (PNG, PGM, PPM), IDX, CSV, JSON, plain or gzipped, known by their first bytes. What cannot be read is a
 * sample with an error. 0; -1: `take` has said so, or *e is lack of memory. */
int samples_read(const char *path, const struct sample_form *f, int (*take)(void *ctx, const struct sample *s),
                 void *ctx, struct err *e);
/* The image of a file as values, to[c][h][w] of the form's type. 0, or -1 with *e. */
int sample_picture(const char *file, const struct sample_form *f, void *to, struct err *e);
/* Publishes a label map [h][w] as a PNG with a palette (base/palette.h), whose places are the numbers of the map. 0, or
 * -1 with *e. */
int label_map_write(const char *path, const uint8_t *map, int h, int w, struct err *e);
/* Publishes a picture, pixel[h][w][channels] of one channel (grey) or three, as a PNG. 0, or -1 with *e. */
int picture_write(const char *path, const uint8_t *pixel, int h, int w, int channels, struct err *e);
/* Bytes of a sample's values. */
size_t sample_bytes(const struct sample_form *f);

/* Gives a view the normalization of the form, whatever its own data say: the shapes are equal. */
void sample_form_put(struct data_view *v, const struct sample_form *f);

#endif
