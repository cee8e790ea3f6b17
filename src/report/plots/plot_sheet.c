/* plot_sheet.c - draws samples of a dataset that are images beside each other, as they are and augmented. */
#include "report/plots/plot.h"

#define SHEET_WIDE 900 /* pixels of a sheet, about */
#define SHEET_TOP 44   /* and its air */
#define SHEET_AIR 14
#define SHEET_LABEL 24 /* most letters of a label */
#define SHEET_GAP 1    /* pixels of a sample between two images */
#define SHEET_WHITE 0xFFFFFFu

/* The image in a place of the sheet; its rows and columns end with the gap. */
static uint32_t sheet_pixel(const struct report_sheet *t, size_t y, size_t x)
{
    size_t h = (size_t)t->h, w = (size_t)t->w, row = y / (h + SHEET_GAP), column = x / (w + SHEET_GAP);
    size_t in_y = y % (h + SHEET_GAP), in_x = x % (w + SHEET_GAP);
    if (in_y >= h || in_x >= w)
        return SHEET_WHITE;
    uint32_t rgb = t->rgb[((row * t->columns + column) * h + in_y) * w + in_x];
    return rgb > SHEET_WHITE ? SHEET_WHITE : rgb;
}

static void put_sheet_pixels(struct str *s, const struct report_sheet *t, size_t high, size_t wide)
{
    data_begin(s, "pixels");
    for (size_t y = 0; y < high; y++)
        for (size_t x = 0; x < wide; x++)
            str_addf(s, "%u%s", (unsigned)sheet_pixel(t, y, x), x + 1 < wide ? "\t" : "\n");
    data_end(s);
}

static void put_sheet_labels(struct str *s, const struct report_sheet *t)
{
    data_begin(s, "labels");
    for (size_t r = 0; r < t->rows; r++) {
        str_addf(s, "%.9g\t", (double)r * (t->h + SHEET_GAP) + (t->h - 1) / 2.0);
        put_field(s, *t->label[r] ? t->label[r] : " ", SHEET_LABEL);
        str_add(s, "\n");
    }
    data_end(s);
}

static double widest_label(const struct report_sheet *t)
{
    double most = 0;
    for (size_t r = 0; r < t->rows; r++) {
        double width = text_pixels(t->label[r], SHEET_LABEL);
        most = *t->label[r] && width > most ? width : most;
    }
    return most;
}

const char *draw_sheet(const struct plot_data *d, const struct report_sheet *t, const struct plot *p, const char *why,
                       struct str *s)
{
    if (!t || !t->rows || !t->columns)
        return why;
    size_t high = t->rows * ((size_t)t->h + SHEET_GAP), wide = t->columns * ((size_t)t->w + SHEET_GAP);
    int zoom = (int)(SHEET_WIDE / wide) > 6 ? 6 : (int)(SHEET_WIDE / wide) < 1 ? 1 : (int)(SHEET_WIDE / wide);
    double left = SHEET_AIR + widest_label(t) + 8, right = left + zoom * (double)wide;
    double width = right + SHEET_AIR, height = SHEET_TOP + zoom * (double)high + SHEET_AIR;
    double words = text_pixels(t->heading, 0) + 160;
    struct panel box = {left, right, SHEET_TOP, height - SHEET_AIR};
    width = width < words ? words : width;
    script_begin(s, d, p, t->heading);
    put_sheet_pixels(s, t, high, wide);
    put_sheet_labels(s, t);
    script_draw(s, (int)width, (int)height);
    put_heading(s, 1, (int)height);
    put_panel(s, width, height, &box);
    str_addf(s,
             "unset border\nunset tics\nunset grid\nset xrange [-0.5:%zu-0.5]\nset yrange [%zu-0.5:-0.5]\n"
             "plot $pixels matrix using 1:2:(int($3)>>16):((int($3)>>8)&255):(int($3)&255) with rgbimage, \\\n"
             "     $labels using (-0.5):1:2 with labels right offset -0.6,0\n",
             wide, high);
    script_end(s);
    return NULL;
}

static const char *draw_samples(const struct plot_data *d, struct str *s, struct arena *a)
{
    (void)a;
    return draw_sheet(d, d->of_data->samples, &plot_samples, "the samples are no images of one channel or three", s);
}

static const char *draw_augmented(const struct plot_data *d, struct str *s, struct arena *a)
{
    (void)a;
    return draw_sheet(d, d->of_data->augmented, &plot_augmented, "nothing is augmented", s);
}

const struct plot plot_samples = {{"samples", "training samples that are images, a row for each class"}, draw_samples};
const struct plot plot_augmented = {
    {"augmented", "some training samples as they are, then as augmentation makes them epoch by epoch"}, draw_augmented};
