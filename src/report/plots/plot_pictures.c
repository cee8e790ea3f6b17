/* plot_pictures.c - draws the worst mistakes of the best point as pictures, or what it reconstructs below the
 * originals, or the true and the predicted label maps over pictures below these. */
#include "base/palette.h"
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE 150 /* pixels of a picture's longer side */
#define GAP 56
#define WORDS 40 /* pixels of two lines of text */
#define MOST 16  /* pictures */
#define CLASS 9  /* letters of the name of a class */
#define KEYS 12  /* most classes of a legend */
enum { TAG_KEYS = 100 };

struct picture_place {
    size_t from, n, h, w; /* rows of the table; its size */
    size_t below;         /* how many pictures of the same sample are above it */
};

/* The place of a picture of that role below the first one of its sample. */
static size_t place_of_role(const char *role)
{
    return !strcmp(role, "output") || !strcmp(role, "truth") ? 1 : !strcmp(role, "answer") ? 2 : 0;
}

static size_t find_pictures(const struct table *t, struct picture_place p[MOST])
{
    const int number = table_column(t, "picture"), row = table_column(t, "row"), column = table_column(t, "column");
    size_t n = 0;
    double last = NAN;
    for (size_t r = 0; r < t->rows; r++) {
        const double of = table_number(t, r, number), y = table_number(t, r, row), x = table_number(t, r, column);
        if (!(of > 0) || (of != last && n == MOST))
            break;
        if (of != last)
            p[n++] =
                (struct picture_place){.from = r, .h = 1, .w = 1, .below = place_of_role(table_cell(t, r, "role"))};
        last = of;
        p[n - 1].n++;
        p[n - 1].h = y >= 0 && y < 1e4 && (size_t)y + 1 > p[n - 1].h ? (size_t)y + 1 : p[n - 1].h;
        p[n - 1].w = x >= 0 && x < 1e4 && (size_t)x + 1 > p[n - 1].w ? (size_t)x + 1 : p[n - 1].w;
    }
    return n;
}

static void put_pixels(struct str *s, const struct table *t, const struct picture_place *p, size_t number)
{
    const char *const column[] = {"column", "row", "red", "green", "blue"};
    int col[5];
    char name[32];
    for (size_t k = 0; k < 5; k++)
        col[k] = table_column(t, column[k]);
    snprintf(name, sizeof name, "picture%zu", number);
    data_begin(s, name);
    for (size_t r = p->from; r < p->from + p->n; r++)
        for (size_t k = 0; k < 5; k++) {
            const double v = table_number(t, r, col[k]);
            str_addf(s, "%.0f%s", v >= 0 && v < 1e4 ? v : 0, k < 4 ? "\t" : "\n");
        }
    data_end(s);
}

/* Writes what stands above a picture: "class 4", "taken for 9 (97%)"; or what it is. */
static void put_picture_words(struct str *s, const struct table *t, const struct picture_place *p, size_t number)
{
    struct str text = {0};
    char name[32];
    const double share = table_number(t, p->from, table_column(t, "probability"));
    if (isfinite(share)) {
        str_add(&text, "class ");
        put_field(&text, table_cell(t, p->from, "true"), CLASS);
        snprintf(name, sizeof name, "is%zu", number);
        put_variable(s, name, text.p ? text.p : "", 0);
        str_clear(&text);
        str_add(&text, "taken for ");
        put_field(&text, table_cell(t, p->from, "predicted"), CLASS);
        str_addf(&text, " (%.0f%%)", 100 * share);
    } else {
        snprintf(name, sizeof name, "is%zu", number);
        put_variable(s, name, "", 0);
        str_add(&text, table_cell(t, p->from, "role"));
    }
    snprintf(name, sizeof name, "taken%zu", number);
    put_variable(s, name, text.p ? text.p : "", 0);
    s->failed |= text.failed;
    str_release(&text);
}

/* A frame as large as the picture asks for in the cell whose upper left corner is (x, y), and the words above it. */
static void plot_picture(struct str *s, const struct picture_place *p, size_t number, double x, double y, double width,
                         double height)
{
    const double most = p->h > p->w ? (double)p->h : (double)p->w;
    const double w = SIDE * (double)p->w / most, h = SIDE * (double)p->h / most, top = y + WORDS;
    struct panel box = {x + (SIDE - w) / 2, x + (SIDE + w) / 2, top, top + h};
    char text[60];
    snprintf(text, sizeof text, "is%zu.\"\\n\".taken%zu", number, number);
    put_panel(s, width, height, &box);
    put_text(s, width, height, TAG_TITLE, text, x + SIDE / 2.0, y + 8, "center");
    str_addf(s, "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n", p->w - 1, p->h - 1);
    str_addf(s, "plot $picture%zu using 1:2:3:4:5 with rgbimage\n", number);
}

/* What the colours of label maps are, in the order of the classes, so many keys to a row. */
static void put_class_keys(struct str *s, const struct plot_data *d, double width, double height, double top)
{
    const size_t n = d->confusion.rows < KEYS ? d->confusion.rows : KEYS, row = 6;
    for (size_t k = 0; k < n; k++) {
        const double x = (width - 110.0 * (double)(n < row ? n : row)) / 2 + 110.0 * (double)(k % row);
        const double y = top + 22.0 * (double)(k / row);
        char name[32];
        snprintf(name, sizeof name, "key%zu", k);
        str_addf(
            s,
            "set object %zu rectangle from screen %.5f, screen %.5f to screen %.5f, screen %.5f fs solid 1 border rgb "
            "'#999999' fc rgb '#%06x'\n",
            k + TAG_KEYS, x / width, 1 - (y + 14) / height, (x + 14) / width, 1 - y / height,
            (unsigned)palette_colour((int)k));
        put_text(s, width, height, TAG_KEYS + (int)k, name, x + 20, y + 7, "left");
    }
}

static void put_key_names(struct str *s, const struct plot_data *d)
{
    for (size_t k = 0; k < d->confusion.rows && k < KEYS; k++) {
        char name[32];
        snprintf(name, sizeof name, "key%zu", k);
        put_variable(s, name, table_cell(&d->confusion, k, "true"), CLASS);
    }
}

static void take_keys_away(struct str *s, const struct plot_data *d)
{
    for (size_t k = 0; k < d->confusion.rows && k < KEYS; k++)
        str_addf(s, "unset label %zu\nunset object %zu\n", k + TAG_KEYS, k + TAG_KEYS);
}

static const char *draw_test_pictures(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->pictures;
    struct picture_place p[MOST];
    const size_t n = find_pictures(t, p);
    (void)a;
    if (!n)
        return "there is no table of pictures";
    const size_t group = n > 2 && p[2].below == 2 ? 3 : n > 1 && p[1].below ? 2 : 1; /* pictures of a sample */
    const size_t columns = group > 1 ? (n + group - 1) / group : n < 6 ? n : 6;
    const size_t rows = group > 1 ? group : (n + columns - 1) / columns;
    const int made = strcmp(table_cell(t, 0, "role"), "made") == 0;
    const double keys = group == 3 ? 22.0 * (double)((d->confusion.rows < KEYS ? d->confusion.rows + 5 : KEYS) / 6) : 0;
    const double wide = GAP + (double)columns * (SIDE + GAP), width = wide < 620 ? 620 : wide;
    const double height = 60 + (double)rows * (SIDE + WORDS + 14) + 16 + keys;
    script_begin(s, d, &plot_pictures,
                 group == 3   ? "label maps of test samples over them, the true ones and the answers"
                 : group == 2 ? "what was put in, and what came out"
                 : made       ? "what the generator of the best point makes of noise"
                              : "the surest mistakes of the best point");
    for (size_t i = 0; i < n; i++) {
        put_pixels(s, t, &p[i], i);
        put_picture_words(s, t, &p[i], i);
    }
    if (keys > 0)
        put_key_names(s, d);
    script_draw(s, (int)width, (int)height);
    str_add(s, "set multiplot\n");
    if (keys > 0)
        put_class_keys(s, d, width, height, height - keys - 6);
    put_heading(s, 1, (int)height);
    str_add(s, "unset grid\nunset border\nunset tics\n");
    for (size_t i = 0; i < n; i++) {
        const size_t column = group > 1 ? i / group : i % columns, row = group > 1 ? i % group : i / columns;
        plot_picture(s, &p[i], i, (width - wide) / 2 + GAP + (double)column * (SIDE + GAP),
                     50 + (double)row * (SIDE + WORDS + 14), width, height);
        str_addf(s, "unset label %d\n", TAG_HEADING);
        if (keys > 0 && !i)
            take_keys_away(s, d);
    }
    str_add(s, "unset multiplot\n");
    script_end(s);
    return NULL;
}

const struct plot plot_pictures = {{"pictures", "the surest mistakes of the best point on the test split, "
                                                "reconstructions below their originals, label maps over "
                                                "their pictures, or what a generator has made"},
                                   draw_test_pictures};
