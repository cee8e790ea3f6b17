/* sheet.c - makes contact sheets of images, and histograms of the numbers of vectors, of a view. */
#include "data/sheet.h"

#include "base/palette.h"
#include "data/batch.h"
#include "data/transform.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHEET_ROWS = 40, FEW_ROWS = 10, IMAGES_ACROSS = 12, LEAST_ACROSS = 4, BINS = 30 };
#define SHEET_PIXELS 150000 /* of all images of a sheet, about */

int sheet_is_possible(const struct dataset *d)
{
    const struct shape s = data_input(d)->shape;
    return s.kind == MAPS && (s.c == 1 || s.c == 3);
}

static int sheet_nomem(const struct data_view *v, struct err *e)
{
    return err_set(e, ERR_NOMEM, "dataset %s: no memory for its pictures", v->set->name);
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* One batch of at most LANES samples, and how its numbers become pixels. */
struct sheet_work {
    const struct inspection *of;
    const struct data_view *view;
    struct batch batch;
    double low, high; /* values that are black and white */
    int step;         /* pixels of a side that become one */
};

static int begin_sheet(struct sheet_work *w, const struct inspection *of, struct arena *a)
{
    const struct data_view *v = of->view;
    const struct field *x = data_input(v->set);
    int most = x->shape.h > x->shape.w ? x->shape.h : x->shape.w;
    *w = (struct sheet_work){.of = of, .view = v, .high = x->max_value, .step = (most + SHEET_SIDE - 1) / SHEET_SIDE};
    if (x->type == FIELD_FLOATS) {
        w->low = of->input[0].least;
        w->high = of->input[0].largest;
        for (size_t c = 1; c < of->inputs; c++) {
            w->low = fmin(w->low, of->input[c].least);
            w->high = fmax(w->high, of->input[c].largest);
        }
    }
    w->batch = (struct batch){.k = kernels_pick(NULL),
                              .scratch = arena_take(a, data_scratch(v)),
                              .x = arena_take(a, floats_of(x->shape, 1) * sizeof(float)),
                              .label = arena_take(a, LANES * (size_t)v->labels * sizeof(int32_t)),
                              .target = arena_take(a, floats_of(data_target(v->set)->shape, 1) * sizeof(float)),
                              .key = arena_take(a, LANES * sizeof(uint32_t))};
    return a->failed ? -1 : 0;
}

/* The mean of the pixels of one place of the sheet, 0..255; beside the image there are none. */
static unsigned grey_at(const struct sheet_work *w, int lane, int c, int y, int x)
{
    const struct transform *t = &w->view->transform[0];
    const struct shape s = t->field->shape;
    double sum = 0;
    int n = 0;
    for (int h = y * w->step; h < (y + 1) * w->step && h < s.h; h++)
        for (int k = x * w->step; k < (x + 1) * w->step && k < s.w; k++, n++)
            sum += ((double)w->batch.x[lane_at(s, lane, c, h, k)] - (double)t->shift[c]) / (double)t->scale[c];
    double grey = w->high > w->low ? (sum / n - w->low) / (w->high - w->low) * 255 : 0;
    return grey < 0 ? 0 : grey > 255 ? 255 : (unsigned)(grey + 0.5);
}

/* The colour of the class at one place of the sheet over the image's. */
static uint32_t labelled(const struct sheet_work *w, int lane, int y, int x, uint32_t rgb)
{
    const struct shape s = data_target(w->view->set)->shape;
    const int row = y * w->step + w->step / 2, column = x * w->step + w->step / 2;
    const int32_t class =
        w->batch.label[lane_at(s, lane, 0, row < s.h ? row : s.h - 1, column < s.w ? column : s.w - 1)];
    return class < 0 ? rgb : palette_over(palette_colour(class), rgb);
}

/* Puts an image of the batch into place (row, column) of the sheet. */
static void put_image(const struct sheet_work *w, struct sample_sheet *out, int lane, size_t row, size_t column)
{
    int c = data_input(w->view->set)->shape.c;
    uint32_t *to = out->rgb + (row * out->columns + column) * (size_t)out->h * (size_t)out->w;
    for (int y = 0; y < out->h; y++)
        for (int x = 0; x < out->w; x++) {
            uint32_t rgb = 0;
            for (int k = 0; k < 3; k++)
                rgb = rgb << 8 | grey_at(w, lane, c == 1 ? 0 : k, y, x);
            *to++ = data_has_label_maps(w->view->set) ? labelled(w, lane, y, x, rgb) : rgb;
        }
}

static int room_for_images(const struct sheet_work *w, struct sample_sheet *out, struct arena *a)
{
    const struct shape s = data_input(w->view->set)->shape;
    out->h = (s.h + w->step - 1) / w->step;
    out->w = (s.w + w->step - 1) / w->step;
    size_t fit = SHEET_PIXELS / (out->rows * (size_t)out->h * (size_t)out->w + 1);
    out->columns = fit > IMAGES_ACROSS ? IMAGES_ACROSS : fit < LEAST_ACROSS ? LEAST_ACROSS : fit;
    size_t n = out->rows * out->columns * (size_t)out->h * (size_t)out->w;
    out->rgb = arena_take(a, n * sizeof *out->rgb);
    for (size_t i = 0; out->rgb && i < n; i++)
        out->rgb[i] = SHEET_EMPTY;
    return out->rgb ? 0 : -1;
}

/* The classes that have rows: those with training samples, of more than `most` some, evenly spread. Returns how many.
 */
static size_t choose_classes(const struct inspection *of, size_t most, int *class, size_t *left_out)
{
    size_t n = 0, all = (size_t)data_classes(of->view->set);
    int have[DATA_CLASSES];
    for (size_t k = 0; k < all; k++)
        if (of->classes[k][DATA_TRAIN])
            have[n++] = (int)k;
    size_t rows = n < most ? n : most;
    for (size_t r = 0; r < rows; r++)
        class[r] = have[rows < 2 ? 0 : r * (n - 1) / (rows - 1)];
    *left_out = n - rows;
    return rows;
}

/* The places in the training split of the first samples of each row: of its class, or without classes all in turn. */
static size_t first_samples(const struct data_view *v, const int *class, size_t row, size_t rows, size_t most,
                            uint32_t *at)
{
    const struct field *y = data_target(v->set);
    size_t n = 0;
    for (size_t i = 0; i < v->n[DATA_TRAIN] && n < most; i++)
        if (class ? field_bytes(y, PART_TRAIN)[v->index[DATA_TRAIN][i]] == class[row] : i % rows == row)
            at[n++] = (uint32_t)i;
    return n;
}

/* Chooses rows and their labels, at most so many. Returns the classes, or NULL where there are none. */
static const int *choose_rows(const struct inspection *of, struct sample_sheet *out, size_t most, struct arena *a)
{
    const struct field *y = data_target(of->view->set);
    int *class = arena_take(a, DATA_CLASSES * sizeof *class);
    const char **label = arena_take(a, SHEET_ROWS * sizeof *label);
    if (!class || !label)
        return NULL;
    const int by_class = data_sample_classes(of->view->set) > 0;
    out->rows = by_class ? choose_classes(of, most, class, &out->left_out) : FEW_ROWS;
    if (!by_class && of->view->n[DATA_TRAIN] < out->rows)
        out->rows = of->view->n[DATA_TRAIN];
    for (size_t r = 0; r < out->rows; r++)
        label[r] = by_class ? y->class_name[class[r]] : "";
    out->label = label;
    return by_class ? class : NULL;
}

int sheet_of_samples(const struct inspection *of, struct sample_sheet *out, struct arena *a, struct err *e)
{
    struct sheet_work w;
    uint32_t at[IMAGES_ACROSS];
    *out = (struct sample_sheet){0};
    const int *class = choose_rows(of, out, SHEET_ROWS, a);
    if (a->failed || begin_sheet(&w, of, a) || room_for_images(&w, out, a))
        return sheet_nomem(of->view, e);
    for (size_t r = 0; r < out->rows; r++) {
        size_t n = first_samples(of->view, class, r, out->rows, out->columns, at);
        data_batch(of->view, DATA_TRAIN, at, (int)n, NULL, &w.batch);
        for (size_t i = 0; i < n; i++)
            put_image(&w, out, (int)i, r, i);
    }
    return 0;
}

int sheet_of_augmented(const struct inspection *of, int seed, struct sample_sheet *out, struct arena *a, struct err *e)
{
    struct sheet_work w;
    uint32_t at[1];
    *out = (struct sample_sheet){0};
    const int *class = choose_rows(of, out, FEW_ROWS, a);
    if (a->failed || begin_sheet(&w, of, a) || room_for_images(&w, out, a))
        return sheet_nomem(of->view, e);
    for (size_t r = 0; r < out->rows; r++)
        for (size_t k = 0; first_samples(of->view, class, r, out->rows, 1, at) && k < out->columns; k++) {
            const struct data_draw draw = {(uint64_t)seed, (uint32_t)k};
            data_batch(of->view, DATA_TRAIN, at, 1, k ? &draw : NULL, &w.batch);
            put_image(&w, out, 0, r, k);
        }
    return 0;
}

/* ---- histograms -------------------------------------------------------------------------------------------------- */

/* Counts the values of column c of field f in the training split. */
static int count_bins(const struct inspection *of, const struct field *f, const struct inspect_column *column, size_t c,
                      const struct histogram_sheet *sheet, struct column_histogram *out, struct arena *a)
{
    const struct data_view *v = of->view;
    const struct field *y = data_target(v->set);
    size_t size = shape_size(f->shape), plane = size / (size_t)f->shape.c;
    *out = (struct column_histogram){.name = column->name, .low = column->least, .high = column->largest};
    if (!(out->high > out->low)) { /* one value, or none: a bin of its own in the middle */
        const double half = isfinite(out->low) ? fmax(0.5, 1e-6 * fabs(out->low)) : 0.5;
        out->low = isfinite(out->low) ? out->low - half : 0;
        out->high = out->low + 2 * half;
    }
    out->count = arena_take(a, sheet->series * sheet->bins * sizeof *out->count);
    for (size_t i = 0; out->count && i < v->n[DATA_TRAIN]; i++) {
        uint32_t number = v->index[DATA_TRAIN][i];
        size_t series = sheet->series > 1 ? field_bytes(y, PART_TRAIN)[number] : 0;
        for (size_t p = 0; p < plane; p++) {
            double x = (double)field_floats(f, PART_TRAIN)[number * size + c * plane + p];
            double bin = (x - out->low) / (out->high - out->low) * (double)sheet->bins;
            if (!isnan(x))
                out->count[series * sheet->bins + (bin < (double)sheet->bins ? (size_t)bin : sheet->bins - 1)]++;
        }
    }
    return out->count ? 0 : -1;
}

int sheet_of_columns(const struct inspection *of, struct histogram_sheet *out, struct arena *a, struct err *e)
{
    static const char *const all[] = {"all"};
    const struct data_view *v = of->view;
    const struct field *x = data_input(v->set), *y = data_target(v->set);
    size_t room = SHEET_COLUMNS - (of->targets < SHEET_COLUMNS / 2 ? of->targets : SHEET_COLUMNS / 2);
    size_t inputs = of->inputs < room ? of->inputs : room;
    size_t targets = of->targets < SHEET_COLUMNS - inputs ? of->targets : SHEET_COLUMNS - inputs;
    int classes = data_sample_classes(v->set) && data_classes(v->set) <= SHEET_SERIES;
    *out = (struct histogram_sheet){.n = inputs + targets,
                                    .left_out = of->inputs + of->targets - inputs - targets,
                                    .series = classes ? (size_t)data_classes(v->set) : 1,
                                    .series_name = classes ? y->class_name : all,
                                    .bins = BINS};
    out->column = arena_take(a, out->n * sizeof *out->column);
    for (size_t k = 0; out->column && k < out->n; k++) {
        int target = k >= inputs;
        const struct inspect_column *column = target ? &of->target[DATA_TRAIN][k - inputs] : &of->input[k];
        if (count_bins(of, target ? y : x, column, target ? k - inputs : k, out, &out->column[k], a))
            return sheet_nomem(v, e);
    }
    return out->column ? 0 : sheet_nomem(v, e);
}
