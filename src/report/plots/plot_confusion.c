/* plot_confusion.c - draws which classes the best point takes for which. */
#include "report/plots/plot.h"

#include <math.h>

#define NUMBERED 26 /* classes with counts written in the cells */
#define CLASSES 400

static void put_confusion_counts(struct str *s, const struct plot_data *d, size_t n, double *right, double *total)
{
    const struct table *t = &d->confusion;
    data_begin(s, "cells");
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            double c = table_number(t, i, (int)j + 1);
            sum += isnan(c) ? 0 : c;
        }
        for (size_t j = 0; j < n; j++) {
            double c = table_number(t, i, (int)j + 1), part = c > 0 && sum > 0 ? 100 * c / sum : 0;
            str_addf(s, "%zu\t%zu\t", j, i);
            put_number(s, part > 0.1 ? part : 0.1);
            if (c > 0)
                str_addf(s, "\t%.0f", c);
            else
                str_add(s, "\t ");
            str_addf(s, "\t%s\t", part > 5 ? "0x000000" : "0xFFFFFF");
            put_field(s, t->head[j + 1], 14);
            str_add(s, "\t");
            put_field(s, t->cell[i * t->cols], 14);
            str_add(s, "\n");
            *right += i == j && c > 0 ? c : 0;
            *total += c > 0 ? c : 0;
        }
    }
    data_end(s);
}

static const char *draw_confusion(const struct plot_data *d, struct str *s, struct arena *a)
{
    const struct table *t = &d->confusion;
    size_t n = t->rows, left = 0;
    double right = 0, total = 0;
    (void)a;
    if (!n)
        return "there is no confusion table";
    if (t->cols != n + 1)
        return "the confusion table is not square";
    if (n > CLASSES)
        return "there are more than 400 classes";
    for (size_t i = 0; i < n; i++) {
        size_t width = text_width(t->cell[i * t->cols]);
        left = width > left ? width : left;
    }
    left = left > 14 ? 14 : left;
    script_begin(s, d, &plot_confusion, "confusion of the best point's classes");
    put_confusion_counts(s, d, n, &right, &total);
    if (!(total > 0))
        return "the confusion table is empty";
    str_addf(s, "right = '%.0f of %.0f right (%.2f%%)'\n", right, total, 100 * right / total);
    script_draw(s, n > 14 ? 1150 : 900, n > 14 ? 1000 : 780);
    str_addf(
        s,
        "set title heading.\"\\n\".right\nset xlabel 'predicted class'\nset ylabel 'true class'\nunset grid\nset "
        "border 0\n"
        "set tics scale 0\nset size ratio 1\nset logscale cb\nset cbrange [0.1:100]\n"
        "set cbtics ('0.1 %%%%' 0.1, '1 %%%%' 1, '10 %%%%' 10, '100 %%%%' 100)\nset cblabel 'share of the true class'\n"
        "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n",
        n - 1, n - 1);
    if (left > 3 || n > 30)
        str_add(s, "set xtics rotate by 40 right\n");
    str_addf(s,
             "plot $cells using 1:2:($1-0.48):($1+0.48):($2-0.48):($2+0.48):3%s with boxxyerror fs solid 1 noborder lc "
             "palette",
             n <= 60 ? ":xtic(6):ytic(7)" : "");
    if (n <= NUMBERED)
        str_addf(s, ", \\\n     $cells using 1:2:4:5 with labels %s tc rgb variable", n > 14 ? "font ',9'" : "");
    str_add(s, "\n");
    script_end(s);
    return NULL;
}

const struct plot plot_confusion = {
    {"confusion", "true and predicted classes of the best point: counts, coloured by row"}, draw_confusion};
