/* script.c - writes the text of gnuplot scripts: quoted text, labels of points and values, datablocks, styles. */
#include "report/plots/plot.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char PLOT_NOMEM[] = "no memory";
#define LEAST_SETTING 10 /* letters of a "name=value" that still say something, */
#define LEAST_NAME 3     /* and of its name, when that is cut */

size_t text_width(const char *s)
{
    size_t n = 0;
    for (; *s; n++)
        s += str_utf8(s) ? str_utf8(s) : 1;
    return n;
}

/* Returns the place after so many letters of text, or its end. */
static const char *letter_at(const char *text, size_t letters)
{
    for (; *text && letters; letters--)
        text += str_utf8(text) ? str_utf8(text) : 1;
    return text;
}

/* Writes text without what gnuplot would read as a command. Labels from datablocks take \\n for a new line, so that the
 * backslash becomes its look-alike. What is too long is cut in the middle: values that differ do so at an end more
 * often than not. */
static void put_clean(struct str *s, const char *text, size_t max, const char *apostrophe, const char *backslash)
{
    size_t width = text_width(text), head = max / 2, tail = max - head - 1;
    int cut = max && width > max;
    const char *gap = cut ? letter_at(text, head) : NULL;
    while (*text) {
        if (text == gap) {
            str_add(s, "…");
            text = letter_at(text, width - head - tail);
            if (!*text)
                break;
        }
        size_t n = str_utf8(text);
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
    }
}

/* A text that begins with a quote gets another one: gnuplot 5.4 takes three quotes for an empty text and a new one. */
void put_quoted(struct str *s, const char *text, size_t max)
{
    const int quote = *text == '\'' || *text == '"';
    str_add(s, quote ? "'’" : "'");
    put_clean(s, text + quote, max, "''", "\\");
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
    const char *file = *d->file ? d->file : p->type.name;
    str_addf(s,
             "# %s.gp - %s.\n"
             "# Written by sweep; the data stands inside. By hand: gnuplot %s.gp, in this folder\n"
             "# (or anywhere: the pictures go to where gnuplot is started).\n"
             "if (!exists(\"out\")) out = '%s'\n"
             "set encoding utf8\n",
             file, p->type.help, file, file);
    /* a long name is cut, not what the picture shows */
    size_t words = text_width(heading), room = heading_room(words) - 2;
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

double metric_label(const struct table *t, const char *column, char *buf, size_t n)
{
    const struct report_metric *m = table_metric(t, column);
    const char *split, *name = report_metric_of(column, &split);
    int percent = m && m->percent;
    snprintf(buf, n, "%s%s%s%s", split, *split ? " " : "", name, percent ? " (%)" : "");
    for (char *p = buf; *p; p++)
        if (*p == '_')
            *p = ' ';
    return percent ? 100 : 1;
}

#define MANY_VALUES 64 /* of an axis: more are not compared with each other */

/* Says whether two texts of more than head + 1 + tail letters look the same when what is between is left out. */
static int same_when_cut(const char *a, const char *b, size_t head, size_t tail)
{
    size_t na = (size_t)(letter_at(a, head) - a), nb = (size_t)(letter_at(b, head) - b);
    const char *ta = letter_at(a, text_width(a) - tail), *tb = letter_at(b, text_width(b) - tail);
    return na == nb && !memcmp(a, b, na) && !strcmp(ta, tb);
}

static int told_apart(const struct table_axis *x, size_t max, size_t head)
{
    for (size_t i = 0; i < x->levels; i++)
        for (size_t k = 0; k < i && text_width(x->show[i]) > max; k++)
            if (text_width(x->show[k]) > max && same_when_cut(x->show[i], x->show[k], head, max - 1 - head))
                return 0;
    return 1;
}

/* Counts the letters before the gap of values that are cut to max letters: half of them, or as near to that as keeps
 * the values apart. */
static size_t letters_before_gap(const struct table_axis *x, size_t max)
{
    size_t half = max / 2;
    for (size_t off = 0; off <= half && x->levels <= MANY_VALUES; off++) {
        if (told_apart(x, max, half - off))
            return half - off;
        if (half + off < max && told_apart(x, max, half + off))
            return half + off;
    }
    return half;
}

/* Writes the first letters of text, and a sign that there were more. */
static void put_start(struct str *s, const char *text, size_t letters)
{
    struct str start = {0};
    str_addn(&start, text, (size_t)(letter_at(text, letters) - text));
    if (start.n)
        put_field(s, start.p, 0);
    str_add(s, "…");
    s->failed |= start.failed;
    str_release(&start);
}

void put_value(struct str *s, const struct table_axis *a, const char *text, size_t max)
{
    size_t width = text_width(text);
    if (!max || width <= max) {
        put_field(s, text, 0);
        return;
    }
    size_t head = letters_before_gap(a, max);
    put_start(s, text, head);
    if (max - 1 > head)
        put_field(s, letter_at(text, width - (max - 1 - head)), 0);
}

/* Counts the letters of the widest value of an axis. */
static size_t widest_value(const struct table_axis *a)
{
    size_t most = 0;
    for (size_t l = 0; l < a->levels; l++)
        most = text_width(a->show[l]) > most ? text_width(a->show[l]) : most;
    return most;
}

/* Writes "name=value" in `room` letters: the name gives way before the value. The widest value decides, so that a name
 * looks the same at every point. */
static void put_setting(struct str *s, const struct table_axis *a, const char *text, size_t widest, size_t room)
{
    size_t name = text_width(a->label), rest = room > widest + 1 + LEAST_NAME ? room - 1 - widest : LEAST_NAME;
    if (name <= rest) {
        rest = name;
        put_field(s, a->label, 0);
    } else {
        put_start(s, a->label, rest - 1);
    }
    str_add(s, "=");
    put_value(s, a, text, room - 1 - rest);
}

/* Says whether the values of an axis are part of a point's name: they are when they differ between points, and when
 * there is a single point. */
static int is_told(const struct trials_view *v, const struct table_axis *a)
{
    return a->levels > 1 || v->npoints < 2;
}

/* Finds the most letters that each setting of the first axes may have, so that all together have at most max at any
 * point. widest[naxes]. */
static size_t setting_room(const struct trials_view *v, size_t naxes, const size_t *widest, size_t max)
{
    for (size_t room = max;; room--) {
        size_t sum = 0;
        for (size_t i = 0; i < naxes; i++) {
            size_t width = text_width(v->axis[i].label) + 1 + widest[i];
            if (is_told(v, &v->axis[i]))
                sum += 2 + (width < room ? width : room);
        }
        if (sum <= max + 2 || room < LEAST_SETTING)
            return room;
    }
}

/* Counts the letters of the longest "#12 ". */
static size_t number_width(const struct trials_view *v, const char *number)
{
    char most[STR_NUM];
    size_t n = (size_t)snprintf(most, sizeof most, "%zu", v->npoints), own = text_width(number);
    return (n > own ? n : own) + 3;
}

static void put_point_settings(const struct trials_view *v, size_t naxes, size_t p, const size_t *widest, size_t room,
                               struct str *s)
{
    const char *sep = "  ";
    for (size_t i = 0; i < naxes; i++) {
        const struct table_axis *a = &v->axis[i];
        if (!*view_cell(v, v->first[p], a->col) || !is_told(v, a))
            continue;
        str_add(s, sep);
        put_setting(s, a, a->show[a->code[v->first[p]]], widest[i], room);
        sep = ", ";
    }
    if (naxes < v->naxes)
        str_add(s, ", …");
}

void point_label(const struct plot_data *d, size_t p, size_t max, struct str *s)
{
    const struct trials_view *v = &d->v;
    const char *number = view_cell(v, v->first[p], table_column(&d->trials, "point"));
    size_t *widest = calloc(v->naxes + 1, sizeof *widest), head = number_width(v, number), n = v->naxes, room = 0;
    size_t rest = max > head ? max - head : 0;
    for (size_t i = 0; widest && i < v->naxes; i++)
        widest[i] = widest_value(&v->axis[i]);
    /* where there are too many axes, the first ones are told */
    while (widest && n && (room = setting_room(v, n, widest, n < v->naxes ? rest - 3 : rest)) < LEAST_SETTING &&
           rest > 3)
        n--;
    str_add(s, "#");
    put_field(s, number, 12);
    if (room >= LEAST_SETTING)
        put_point_settings(v, n, p, widest, room, s);
    s->failed |= !widest;
    free(widest);
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

char *percent_text(double share, char *buf, size_t n)
{
    if (share > 0 && share < 0.0005)
        snprintf(buf, n, "< 0.1 %%");
    else
        snprintf(buf, n, "%.*f %%", share > 0 && share < 0.0995 ? 1 : 0, 100 * share);
    return buf;
}

double jitter(size_t i) /* golden ratio sequence: neighbours lie far apart */
{
    double x = (double)i * 0.6180339887498949;
    return 2 * (x - floor(x)) - 1;
}
