#include "report/plot.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char PLOT_NOMEM[] = "no memory";

/* Length of the UTF-8 character at s, 0 when it is broken. */
static size_t utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
    if (p[0] > 0xf4 || (p[0] >= 0x80 && p[0] < 0xc2))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) /* C1 controls */
        return 0;
    return n;
}

size_t text_width(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* Labels from datablocks take \\n for a new line, so that the backslash becomes its look-alike. */
static void put_clean(struct str *s, const char *text, size_t max, const char *apostrophe, const char *backslash)
{
    size_t width = text_width(text), done = 0;
    int cut = max && width > max;
    while (*text && !(cut && done + 1 == max)) {
        size_t n = utf8(text);
        if (!n)
            str_add(s, "?");
        else if (*text == '\'')
            str_add(s, apostrophe);
        else if (*text == '"')
            str_add(s, apostrophe);
        else if (*text == '\\')
            str_add(s, backslash);
        else if (iscntrl((unsigned char)*text))
            str_add(s, " ");
        else
            str_addn(s, text, n);
        text += n ? n : 1;
        done++;
    }
    if (cut)
        str_add(s, "…");
}

void put_quoted(struct str *s, const char *text, size_t max)
{
    str_add(s, "'");
    put_clean(s, text, max, "''", "\\");
    str_add(s, "'");
}

void put_field(struct str *s, const char *text, size_t max)
{
    put_clean(s, *text ? text : "(none)", max, "'", "∖");
}

void put_number(struct str *s, double x)
{
    char buf[STR_NUM];
    str_add(s, isfinite(x) ? str_float(buf, (float)x) : "NaN");
}

void put_variable(struct str *s, const char *name, const char *text, size_t max)
{
    str_addf(s, "%s = ", name);
    put_quoted(s, text, max);
    str_add(s, "\n");
}

void data_begin(struct str *s, const char *name)
{
    str_addf(s, "$%s << EOD\n", name);
}

void data_end(struct str *s)
{
    str_add(s, "EOD\n");
}

void script_begin(struct str *s, const struct plot_data *d, const struct plot *p, const char *heading)
{
    str_addf(s,
             "# %s.gp - %s.\n"
             "# Written by sweep; the data stands inside. By hand: gnuplot %s.gp, in this folder\n"
             "# (or anywhere: the pictures go to where gnuplot is started).\n"
             "if (!exists(\"out\")) out = '%s'\n"
             "set encoding utf8\n",
             p->type.name, p->type.help, p->type.name, p->type.name);
    /* a long name is cut, not what the picture shows */
    size_t words = text_width(heading), room = words < 80 ? 108 - words : 28;
    struct str t = {0};
    put_field(&t, d->name, room);
    str_addf(&t, ": %s", heading);
    put_variable(s, "heading", t.p ? t.p : "", 140);
    s->failed |= t.failed;
    str_release(&t);
}

void script_draw(struct str *s, int width, int height)
{
    str_addf(s,
             "\n"
             "do for [kind in \"svg png\"] {\n"
             "reset\n"
             "if (kind eq \"svg\") {\n"
             "set terminal svg size %d,%d noenhanced font 'sans,13' background '#ffffff'\n"
             "} else {\n"
             "set terminal pngcairo size %d,%d noenhanced font 'sans,11' background '#ffffff'\n"
             "}\n"
             "set output out.'.'.kind\n"
             "set datafile separator \"\\t\"\n"
             "set datafile missing 'NaN'\n"
             "set border 3 lw 1 lc rgb '#888888'\n"
             "set tics nomirror out scale 0.6 textcolor rgb '" INK "'\n"
             "set grid lc rgb '#d4d4d4' lw 1 dt solid\n"
             "set style textbox opaque noborder fillcolor '#ffffff' margins 0.4,0.2\n"
             "set title textcolor rgb '#000000'\n"
             "set key noautotitle\n"
             "set palette defined (0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', "
             "6 '#5ec962', 7 '#addc30', 8 '#fde725')\n",
             width, height, width, height);
}

void script_end(struct str *s)
{
    str_add(s, "unset output\n}\n");
}

/* ---- words and scales ------------------------------------------------------------------------------------------- */

double metric_label(const char *metric, char *buf, size_t n)
{
    static const char *const prefix[][2] = {{"train_", "training "}, {"val_", "validation "}, {"test_", "test "}};
    const char *rest = metric, *first = "";
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (!strncmp(metric, prefix[i][0], strlen(prefix[i][0]))) {
            first = prefix[i][1];
            rest = metric + strlen(prefix[i][0]);
        }
    int percent = str_ends(metric, "accuracy");
    snprintf(buf, n, "%s%s%s", first, rest, percent ? " (%)" : "");
    for (char *p = buf; *p; p++)
        if (*p == '_')
            *p = ' ';
    return percent ? 100 : 1;
}

void point_label(const struct plot_data *d, size_t p, size_t max, struct str *s)
{
    struct str t = {0};
    str_addf(&t, "#%s", view_cell(&d->v, d->v.first[p], table_column(&d->trials, "point")));
    if (d->v.naxes) {
        str_add(&t, "  ");
        view_point_text(&d->v, p, 1, &t);
    }
    if (t.p)
        put_field(s, t.p, max);
    s->failed |= t.failed;
    str_release(&t);
}

size_t fair_range(double *v, size_t n, int maximise, double *lo, double *hi)
{
    size_t outside = 0;
    double good = stats_quantile(v, n, maximise ? 1 : 0), bad = stats_quantile(v, n, maximise ? 0 : 1);
    double middle = stats_quantile(v, n, 0.5), tail = stats_quantile(v, n, maximise ? 0.1 : 0.9);
    double reach =
        1.5 * fabs(good - tail) > 3 * fabs(good - middle) ? 1.5 * fabs(good - tail) : 3 * fabs(good - middle);
    double end = fabs(good - bad) > reach && reach > 0 ? (maximise ? good - reach : good + reach) : bad;
    *lo = maximise ? end : good;
    *hi = maximise ? good : end;
    double pad = (*hi - *lo) * 0.06;
    if (!(pad > 0))
        pad = fabs(*hi) > 0 ? fabs(*hi) * 0.02 : 0.02;
    for (size_t i = 0; i < n; i++)
        outside += v[i] < *lo || v[i] > *hi;
    *lo -= pad;
    *hi += pad;
    return outside;
}

void put_heading(struct str *s, int lines, int height)
{
    str_addf(s, "set label 1 heading%s%s center at screen 0.5, screen %.4f\nset tmargin at screen %.4f\n",
             lines > 1 ? ".\"\\n\".below" : "", lines > 2 ? ".\"\\n\".lowest" : "", 1 - 22.0 / height,
             1 - (22 + 18.0 * lines) / height);
}

void put_key_below(struct str *s, int height)
{
    str_addf(s,
             "set key at screen 0.5, screen %.4f center bottom horizontal maxrows 1 Left reverse samplen 1.5 width 1\n",
             9.0 / height);
    str_addf(s, "set bmargin at screen %.4f\n", 92.0 / height);
}

char *percent_text(double share, char *buf, size_t n)
{
    if (share > 0 && share < 0.0005)
        snprintf(buf, n, "< 0.1 %%");
    else
        snprintf(buf, n, "%.*f %%", share > 0 && share < 0.0995 ? 1 : 0, 100 * share);
    return buf;
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

void put_log_ticks(struct str *s, const char *axis, double lo, double hi)
{
    static const int narrow[] = {1, 2, 3, 5, 7}, wide[] = {1, 2, 5}, one[] = {1};
    const int *digit = hi < 20 * lo ? narrow : hi < 2000 * lo ? wide : one;
    int n = hi < 20 * lo ? 5 : hi < 2000 * lo ? 3 : 1;
    double decade = 1;
    const char *sep = "";
    while (decade > lo)
        decade /= 10;
    while (decade * 10 <= lo)
        decade *= 10;
    str_addf(s, "set %stics (", axis);
    for (; decade <= hi; decade *= 10)
        for (int i = 0; i < n; i++)
            if (decade * digit[i] >= lo && decade * digit[i] <= hi) {
                str_addf(s, "%s'%.6g' %.6g", sep, decade * digit[i], decade * digit[i]);
                sep = ", ";
            }
    str_add(s, ")\n");
}

double jitter(size_t i) /* golden ratio sequence: neighbours lie far apart */
{
    double x = (double)i * 0.6180339887498949;
    return 2 * (x - floor(x)) - 1;
}
