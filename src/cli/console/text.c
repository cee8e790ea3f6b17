/* text.c - writes numbers with units for people, and measures how wide a text is on a terminal. */
#include "cli/console/text.h"

#include "base/str.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char *scaled_text(char *buf, double v, double step, const char *const *unit, size_t units)
{
    size_t i = 0;
    while (i + 1 < units && fabs(v) >= step) {
        v /= step;
        i++;
    }
    int digits = i == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
    snprintf(buf, TEXT_NUM, "%.*f%s%s", digits, v, *unit[i] ? " " : "", unit[i]);
    return buf;
}

char *text_bytes(char *buf, double bytes)
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    return scaled_text(buf, bytes, 1000, unit, 5);
}

char *text_count(char *buf, double n)
{
    static const char *const unit[] = {"", "k", "M", "G"};
    if (n < 1e12)
        return scaled_text(buf, n, 1000, unit, 4);
    char num[STR_NUM];
    snprintf(buf, TEXT_NUM, "%s", str_double(num, n));
    if (strlen(buf) > 8)
        snprintf(buf, TEXT_NUM, "%.3g", n);
    return buf;
}

char *text_seconds(char *buf, double seconds)
{
    if (!(seconds >= 0))
        snprintf(buf, TEXT_NUM, "unknown");
    else if (seconds < 0.0995)
        snprintf(buf, TEXT_NUM, "%.0f ms", seconds * 1000);
    else if (seconds < 9.95)
        snprintf(buf, TEXT_NUM, "%.1f s", seconds);
    else if (seconds < 59.5)
        snprintf(buf, TEXT_NUM, "%.0f s", seconds);
    else if (seconds < 3599.5) {
        int whole = (int)(seconds + 0.5);
        snprintf(buf, TEXT_NUM, "%d min %02d s", whole / 60, whole % 60);
    } else if (seconds < 48 * 3600.0) {
        int minutes = (int)(seconds / 60 + 0.5);
        snprintf(buf, TEXT_NUM, "%d h %02d min", minutes / 60, minutes % 60);
    } else if (seconds < 1e6 * 86400)
        snprintf(buf, TEXT_NUM, "%.0f days", seconds / 86400);
    else
        snprintf(buf, TEXT_NUM, "%.1e years", seconds / 86400 / 365.25);
    return buf;
}

/* ---- places on a terminal ---------------------------------------------------------------------------------------- */

/* Reads the letter at s: returns its bytes, and in *code its number in Unicode. A byte that is not UTF-8 is a letter of
 * its own. */
static size_t read_letter(const char *s, unsigned *code)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t more = u[0] >= 0xf0 ? 3 : u[0] >= 0xe0 ? 2 : u[0] >= 0xc0 ? 1 : 0;
    *code = more ? u[0] & (0x3fu >> more) : u[0];
    for (size_t i = 1; i <= more; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            *code = u[0];
            return 1;
        }
        *code = *code << 6 | (u[i] & 0x3f);
    }
    return more + 1;
}

/* Returns the places of a letter: 0 for marks that go over the one before, 2 for the wide ones of East Asia and for
 * pictures (the ranges that matter of Unicode's EastAsianWidth.txt). The C library's wcwidth depends on the locale. */
static int letter_places(unsigned code)
{
    static const struct {
        unsigned from, to;
        int places;
    } row[] = {
        {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x200b, 0x200f, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2},
        {0x3041, 0x33ff, 2},   {0x3400, 0x4dbf, 2},   {0x4e00, 0xa4cf, 2}, {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},   {0xff01, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2},
        {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (code >= row[i].from && code <= row[i].to)
            return row[i].places;
    return 1;
}

size_t text_fit(const char *s, int width)
{
    size_t n = 0;
    for (unsigned code; s[n];) {
        size_t bytes = read_letter(s + n, &code);
        width -= letter_places(code);
        if (width < 0)
            break;
        n += bytes;
    }
    return n;
}

static int places_of(const char *s, size_t bytes)
{
    const char *end = s + bytes;
    int n = 0;
    for (unsigned code; s < end; n += letter_places(code))
        s += read_letter(s, &code);
    return n;
}

int text_places(const char *s)
{
    return places_of(s, strlen(s));
}

int text_terminal(FILE *f)
{
    struct winsize w;
    return isatty(fileno(f)) && !ioctl(fileno(f), TIOCGWINSZ, &w) ? w.ws_col : 0;
}

void text_wrap(FILE *f, const char *s, int indent, int width)
{
    int used = 0;
    while (*s) {
        size_t n = strcspn(s, " ");
        int wide = places_of(s, n);
        if (used && used + 1 + wide > width) {
            fputc('\n', f);
            used = 0;
        }
        if (n) {
            fprintf(f, "%*s%.*s", used ? 1 : indent, "", (int)n, s);
            used += wide + (used ? 1 : 0);
        }
        s += n + (s[n] == ' ');
    }
    if (used)
        fputc('\n', f);
}
