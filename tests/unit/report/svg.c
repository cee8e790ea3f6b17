#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS 4000
#define SLACK 1.5 /* pixels that two boxes may share: they are estimates */

/* One line of text and the corners of its box, in the order of a walk round it. */
struct text {
    char words[160];
    double x[4], y[4];
};

/* The number behind `name` between p and end, or `otherwise`. */
static double number_of(const char *p, const char *end, const char *name, double otherwise)
{
    const char *at = strstr(p, name);
    return at && at < end ? strtod(at + strlen(name), NULL) : otherwise;
}

/* Letters of what is shown: an entity is one, blanks at the ends are none. Copies the words. */
static size_t read_words(const char *p, const char *end, char *words, size_t n)
{
    size_t letters = 0, used = 0;
    while (p < end && *p == ' ')
        p++;
    while (end > p && end[-1] == ' ')
        end--;
    for (; p < end; p++) {
        if (*p == '<') { /* a tspan */
            while (p < end && *p != '>')
                p++;
            continue;
        }
        letters += (*p & 0xc0) != 0x80;
        if (used + 1 < n)
            words[used++] = *p;
        const char *semicolon = *p == '&' ? strchr(p, ';') : NULL;
        if (semicolon && semicolon < end)
            p = semicolon;
    }
    words[used] = 0;
    return letters;
}

/* The box of a text whose group begins at `group`. 0 when nothing is shown. */
static int read_text(const char *group, const char *from, const char *to, struct text *t)
{
    size_t letters = read_words(from, to, t->words, sizeof t->words);
    double size = number_of(group, from, "font-size=\"", 13), angle = number_of(group, from, "rotate(", 0) * M_PI / 180;
    const char *at = strstr(group, "translate("), *anchor = strstr(group, "text-anchor=\"");
    if (!letters || !at || at > from || !anchor || anchor > from)
        return 0;
    double ox = strtod(at + 10, (char **)&at), oy = strtod(at + 1, NULL), wide = 0.6 * size * (double)letters;
    double left = anchor[13] == 'e' ? -wide : anchor[13] == 'm' ? -wide / 2 : 0;
    const double dx[4] = {left, left + wide, left + wide, left},
                 dy[4] = {-0.75 * size, -0.75 * size, 0.2 * size, 0.2 * size};
    for (int i = 0; i < 4; i++) {
        t->x[i] = ox + dx[i] * cos(angle) - dy[i] * sin(angle);
        t->y[i] = oy + dx[i] * sin(angle) + dy[i] * cos(angle);
    }
    return 1;
}

static size_t read_texts(const char *svg, struct text *t)
{
    size_t n = 0;
    const char *group = svg;
    for (const char *p = svg; (p = strstr(p, "<text>")) && n < TEXTS;) {
        for (const char *g = group; (g = strstr(g, "<g transform=")) && g < p; g++)
            group = g;
        const char *end = strstr(p, "</text>");
        if (!end)
            break;
        n += (size_t)read_text(group, p + 6, end, &t[n]);
        p = end;
    }
    return n;
}

/* How far the boxes lie apart along the normals of a's sides; negative: they overlap along all of them. */
static double gap(const struct text *a, const struct text *b)
{
    double most = -INFINITY;
    for (int i = 0; i < 2; i++) {
        double nx = a->x[i + 1] - a->x[i], ny = a->y[i + 1] - a->y[i], length = hypot(nx, ny);
        double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
        for (int k = 0; k < 8; k++) {
            const struct text *t = k < 4 ? a : b;
            double at = (t->x[k % 4] * nx + t->y[k % 4] * ny) / length;
            lo[k / 4] = fmin(lo[k / 4], at);
            hi[k / 4] = fmax(hi[k / 4], at);
        }
        most = fmax(most, fmax(lo[0] - hi[1], lo[1] - hi[0]));
    }
    return most;
}

/* A text in a box is written twice at the same place. */
static int overlap(const struct text *a, const struct text *b)
{
    if (!strcmp(a->words, b->words) && a->x[0] == b->x[0] && a->y[0] == b->y[0])
        return 0;
    return fmax(gap(a, b), gap(b, a)) < -SLACK;
}

static int outside(const struct text *t, double width, double height)
{
    for (int i = 0; i < 4; i++)
        if (t->x[i] < -SLACK || t->x[i] > width + SLACK || t->y[i] < -SLACK || t->y[i] > height + SLACK)
            return 1;
    return 0;
}

static void note(char *faults, size_t n, size_t *bad, const char *what, const char *a, const char *b)
{
    size_t used = strlen(faults);
    snprintf(faults + used, n - used, "    %s: '%s'%s%s%s\n", what, a, *b ? " and '" : "", b, *b ? "'" : "");
    ++*bad;
}

size_t svg_check(const char *svg, char *faults, size_t n, size_t *bad)
{
    struct text *t = calloc(TEXTS, sizeof *t);
    const char *box = strstr(svg, "viewBox=\"0 0 ");
    *bad = 0;
    if (!t || !box) {
        free(t);
        note(faults, n, bad, "no picture", "", "");
        return 0;
    }
    double width = strtod(box + 13, (char **)&box), height = strtod(box, NULL);
    size_t count = read_texts(svg, t);
    for (size_t i = 0; i < count; i++) {
        if (outside(&t[i], width, height))
            note(faults, n, bad, "outside", t[i].words, "");
        if (!strcmp(t[i].words, "-0"))
            note(faults, n, bad, "minus nothing", t[i].words, "");
        for (size_t k = 0; k < i; k++)
            if (overlap(&t[i], &t[k]))
                note(faults, n, bad, "overlap", t[k].words, t[i].words);
    }
    free(t);
    return count;
}
