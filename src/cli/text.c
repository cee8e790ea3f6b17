#include "cli/text.h"

#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *scaled(char *buf, double v, double step, const char *const *unit, size_t units)
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
    return scaled(buf, bytes, 1000, unit, 5);
}

char *text_count(char *buf, double n)
{
    static const char *const unit[] = {"", "k", "M", "G"};
    if (n < 1e12)
        return scaled(buf, n, 1000, unit, 4);
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

/* Letters, not bytes: continuation bytes of UTF-8 take no place. */
static int letters(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static int starts_like_number(const char *s)
{
    s += *s == '-' || *s == '+';
    s += *s == '.';
    return *s >= '0' && *s <= '9';
}

struct column {
    int width, right; /* to the right: when every cell that is not empty starts like a number */
};

static struct column column_of(const struct table *t, size_t col)
{
    struct column k = {letters(t->head[col]), 0};
    int some = 0, other = 0;
    for (size_t r = 0; r < t->rows; r++) {
        const char *s = t->cell[r * t->cols + col];
        int n = letters(s);
        k.width = n > k.width ? n : k.width;
        some |= *s && starts_like_number(s);
        other |= *s && !starts_like_number(s);
    }
    k.right = some && !other;
    return k;
}

static void cell(FILE *f, const char *s, struct column k, int last)
{
    int pad = k.width > letters(s) ? k.width - letters(s) : 0;
    if (k.right)
        fprintf(f, "%*s%s", pad, "", s);
    else
        fprintf(f, "%s%*s", s, last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", f);
}

void text_table(FILE *f, const struct table *t, int indent)
{
    struct column *k = calloc(t->cols ? t->cols : 1, sizeof *k);
    for (size_t c = 0; k && c < t->cols; c++)
        k[c] = column_of(t, c);
    for (size_t r = 0; r <= t->rows; r++) { /* row 0: the header */
        const char *const *text = r ? t->cell + (r - 1) * t->cols : t->head;
        size_t cols = t->cols; /* no blanks behind the last text */
        while (cols > 1 && !*text[cols - 1])
            cols--;
        fprintf(f, "%*s", indent, "");
        for (size_t c = 0; c < cols; c++) /* without memory for the widths: not aligned */
            cell(f, text[c], k ? k[c] : (struct column){0, 0}, c + 1 == cols);
    }
    free(k);
}

void text_wrap(FILE *f, const char *s, int indent, int width)
{
    int used = 0;
    while (*s) {
        size_t n = strcspn(s, " ");
        if (used && used + 1 + (int)n > width) {
            fputc('\n', f);
            used = 0;
        }
        if (n) {
            fprintf(f, "%*s%.*s", used ? 1 : indent, "", (int)n, s);
            used += (int)n + (used ? 1 : 0);
        }
        s += n + (s[n] == ' ');
    }
    if (used)
        fputc('\n', f);
}
