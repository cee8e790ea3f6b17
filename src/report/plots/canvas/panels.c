/* panels.c - places panels, headings, legends, ticks and labels in pixels. */
#include "report/plots/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_TICKS 40
#define SLANT 35 /* degrees of labels that have no room side by side */
#define MANY 98  /* letters that the narrowest picture, 800 pixels, has room for */

double text_pixels(const char *text, size_t most)
{
    size_t n = text_width(text);
    return LETTER * (double)(most && n > most ? most : n);
}

void put_panel(struct str *s, double width, double height, const struct panel *p)
{
    str_addf(
        s,
        "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\nset bmargin at screen "
        "%.5f\n",
        p->left / width, p->right / width, 1 - p->top / height, 1 - p->bottom / height);
}

void put_text(struct str *s, double width, double height, int tag, const char *text, double x, double y,
              const char *how)
{
    str_addf(s, "set label %d %s at screen %.5f, screen %.5f %s\n", tag, text, x / width, 1 - y / height, how);
}

double put_heading(struct str *s, int lines, int height)
{
    double top = 22 + 18.0 * lines;
    str_addf(s, "set label %d heading%s%s center at screen 0.5, screen %.4f\nset tmargin at screen %.4f\n", TAG_HEADING,
             lines > 1 ? ".\"\\n\".below" : "", lines > 2 ? ".\"\\n\".lowest" : "", 1 - 22.0 / height,
             1 - top / height);
    return top;
}

size_t heading_room(size_t words)
{
    return words + 24 < MANY ? MANY - words : 24;
}

void put_key_below(struct str *s, int height)
{
    str_addf(s,
             "set key at screen 0.5, screen %.4f center bottom horizontal maxrows 1 Left reverse samplen 1.5 width 1\n",
             9.0 / height);
    str_addf(s, "set bmargin at screen %.4f\n", 92.0 / height);
}

/* ---- labels of values ------------------------------------------------------------------------------------------- */

struct labels labels_below(const struct table_axis *x, size_t most, double wide, double left)
{
    struct labels b = {0, 1, most, LABELS_FLAT};
    double step = wide / ((double)x->levels + 0.2), widest = 0, angle = SLANT * acos(-1) / 180;
    for (size_t l = 0; l < x->levels; l++)
        widest = fmax(widest, text_pixels(x->show[l], most));
    b.each = (size_t)ceil((widest + 8) / step);
    if (b.each == 1 || (x->numeric && x->levels > 8 && b.each < 4))
        return b;
    double reach = (left + 0.5 * step - 4) / (LETTER * cos(angle));
    b.slanted = 1;
    b.each = (size_t)ceil((LINE - 1) / sin(angle) / step);
    b.letters = reach > (double)most ? most : reach < 6 ? 6 : (size_t)reach;
    b.height = LABELS_FLAT + fmin(widest, (double)b.letters * LETTER) * sin(angle);
    return b;
}

void put_label(struct str *s, const struct table_axis *x, size_t level, const struct labels *b)
{
    if (level % b->each)
        str_add(s, " ");
    else
        put_value(s, x, x->show[level], b->letters);
}

void put_labels_style(struct str *s, const struct labels *b)
{
    str_add(s, "unset xtics\nset xtics nomirror out scale 0.6 textcolor rgb '" INK "' ");
    if (b->slanted)
        str_addf(s, "rotate by %d right\n", SLANT);
    else
        str_add(s, "norotate autojustify\n"); /* norotate alone keeps them at the right */
}

/* ---- ticks ------------------------------------------------------------------------------------------------------ */

/* Writes a tick where it is and how it reads; returns its letters. Never "-0". */
static size_t put_tick(struct str *s, const char *sep, double x, int digits)
{
    char text[STR_NUM];
    if (digits < 0)
        snprintf(text, sizeof text, fabs(x) < 1e7 ? "%.7g" : "%.4g", x);
    else
        snprintf(text, sizeof text, "%.*f", digits, x);
    const char *shown = text + (*text == '-' && strspn(text + 1, "0.") == strlen(text + 1));
    str_addf(s, "%s'%s' %.12g", sep, shown, x);
    return strlen(shown);
}

size_t put_ticks(struct str *s, const char *axis, double lo, double hi, int parts, double least)
{
    double step = round_step(hi - lo, parts), most = fmax(fabs(lo), fabs(hi));
    step = step < least ? least : step;
    int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-6);
    size_t widest = 1;
    double from = ceil(lo / step - 1e-6);
    if (most >= 1e7 || digits > 6)
        digits = -1;
    str_addf(s, "set %stics (", axis);
    for (int k = 0; k < MOST_TICKS && (from + k) * step <= hi + 1e-6 * step; k++) {
        size_t n = put_tick(s, k ? ", " : "", (from + k) * step, digits);
        widest = n > widest ? n : widest;
    }
    str_add(s, ")\n");
    return widest;
}

size_t put_log_ticks(struct str *s, const char *axis, double lo, double hi)
{
    static const int narrow[] = {1, 2, 3, 5, 7}, wide[] = {1, 2, 5}, one[] = {1};
    if (hi < 3 * lo)
        return put_ticks(s, axis, lo, hi, 6, 0);
    const int *digit = hi < 20 * lo ? narrow : hi < 2000 * lo ? wide : one;
    int n = hi < 20 * lo ? 5 : hi < 2000 * lo ? 3 : 1, each = (int)(log10(hi / lo) / 10) + 1;
    size_t widest = 1;
    const char *sep = "";
    str_addf(s, "set %stics (", axis);
    for (int e = (int)floor(log10(lo)); pow(10, e) <= hi; e += each)
        for (int i = 0; i < n; i++) {
            double x = pow(10, e) * digit[i];
            if (!(x >= lo && x <= hi))
                continue;
            size_t letters = put_tick(s, sep, x, -1);
            widest = letters > widest ? letters : widest;
            sep = ", ";
        }
    str_add(s, ")\n");
    return widest;
}

void put_ticks_across(struct str *s, double lo, double hi, int logarithmic, double pixels)
{
    if (logarithmic) {
        int decades = (int)(log10(hi / lo) + 1), each = (int)(decades * 9 * LETTER / pixels) + 1;
        const char *sep = "";
        str_add(s, "set xtics (");
        for (int e = (int)ceil(log10(lo) - 1e-9); pow(10, e) <= hi * (1 + 1e-9); e += each, sep = ", ")
            put_tick(s, sep, pow(10, e), -1);
        str_add(s, ")\n");
        return;
    }
    for (int parts = 8;; parts--) {
        struct str t = {0};
        size_t widest = put_ticks(&t, "x", lo, hi, parts, 0);
        int fits = ((double)widest * LETTER + 14) * parts <= pixels || parts == 1;
        if (fits)
            str_add(s, t.p ? t.p : "");
        s->failed |= t.failed;
        str_release(&t);
        if (fits)
            return;
    }
}

int spans_decades(const struct table_axis *x)
{
    /* values ascend; the middle one tells an even spread from one over decades */
    double lo = x->value[0], hi = x->value[x->levels - 1 - (size_t)x->conditional], mid = x->value[x->levels / 2];
    return lo > 0 && hi > 30 * lo && mid < hi / 4;
}

double round_step(double width, int parts)
{
    double step = 1, want = width / parts;
    if (!(want > 0))
        return 1;
    while (step > want)
        step /= 10;
    while (step * 10 <= want)
        step *= 10;
    return want > 5 * step ? 10 * step : want > 2 * step ? 5 * step : want > step ? 2 * step : step;
}
