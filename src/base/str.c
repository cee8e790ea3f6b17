#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve(struct str *s, size_t more)
{
    if (s->failed)
        return -1;
    if (s->n + more + 1 > s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 256;
        while (cap < s->n + more + 1)
            cap *= 2;
        char *p = realloc(s->p, cap);
        if (!p) {
            s->failed = 1;
            return -1;
        }
        s->p = p;
        s->cap = cap;
    }
    return 0;
}

void str_addn(struct str *s, const char *text, size_t n)
{
    if (reserve(s, n))
        return;
    memcpy(s->p + s->n, text, n);
    s->n += n;
    s->p[s->n] = 0;
}

void str_add(struct str *s, const char *text)
{
    str_addn(s, text, strlen(text));
}

void str_addf(struct str *s, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && !reserve(s, (size_t)n)) {
        vsnprintf(s->p + s->n, (size_t)n + 1, fmt, again);
        s->n += (size_t)n;
    }
    va_end(again);
}

void str_clear(struct str *s)
{
    s->n = 0;
    if (s->p)
        s->p[0] = 0;
}

void str_release(struct str *s)
{
    free(s->p);
    memset(s, 0, sizeof *s);
}

/* printf and strtod follow the locale's decimal point; the program never calls setlocale, but a library might. */
static void point(char *s, char from, char to)
{
    if (from != to)
        for (; *s; s++)
            if (*s == from)
                *s = to;
}

static char locale_point(void)
{
    return localeconv()->decimal_point[0];
}

/* 1e+06 -> 1e6, 1e-05 -> 1e-5 */
static char *tidy(char *buf)
{
    point(buf, locale_point(), '.');
    char *e = strchr(buf, 'e');
    if (!e)
        return buf;
    char *to = e + 1, *from = e + 1;
    if (*from == '-')
        *to++ = *from++;
    else if (*from == '+')
        from++;
    while (*from == '0' && from[1])
        from++;
    memmove(to, from, strlen(from) + 1);
    return buf;
}

static char *special(char *buf, double v)
{
    if (v != v)
        buf[0] = 0;
    else if (isinf(v))
        strcpy(buf, v > 0 ? "inf" : "-inf");
    else if (v == 0)
        strcpy(buf, "0");
    else if (v == floor(v) && fabs(v) < 1e15)
        snprintf(buf, STR_NUM, "%.0f", v);
    else
        return NULL;
    return buf;
}

char *str_double(char *buf, double v)
{
    if (special(buf, v))
        return buf;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buf, STR_NUM, "%.*g", digits, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    return tidy(buf);
}

char *str_float(char *buf, float v)
{
    if (special(buf, (double)v))
        return buf;
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(buf, STR_NUM, "%.*g", digits, (double)v);
        if (strtof(buf, NULL) == v)
            break;
    }
    return tidy(buf);
}

int str_to_double(const char *s, double *v)
{
    char buf[64];
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    int percent = n && s[n - 1] == '%';
    n -= (size_t)percent;
    if (!n || n >= sizeof buf || strspn(s, "0123456789+-.eE") < n)
        return -1;
    memcpy(buf, s, n);
    buf[n] = 0;
    point(buf, '.', locale_point());
    char *end;
    errno = 0;
    double x = strtod(buf, &end);
    if (*end || isinf(x) || x != x)
        return -1;
    *v = percent ? x / 100 : x;
    return 0;
}

int str_to_int(const char *s, int64_t *v)
{
    char *end;
    while (isspace((unsigned char)*s))
        s++;
    if (!*s)
        return -1;
    errno = 0;
    long long x = strtoll(s, &end, 10);
    while (isspace((unsigned char)*end))
        end++;
    if (*end || errno || end == s)
        return -1;
    *v = x;
    return 0;
}

char *str_trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n && isspace((unsigned char)s[n - 1]))
        s[--n] = 0;
    return s;
}

#define WORD 64
/* Optimal string alignment distance; words over 63 letters count as far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), row[3][WORD + 1];
    if (n > WORD || m > WORD)
        return WORD;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *cur = row[i % 3], *prev = row[(i + 2) % 3], *prev2 = row[(i + 1) % 3];
        cur[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = prev[j - 1] + (a[i - 1] != b[j - 1]);
            if (prev[j] + 1 < best)
                best = prev[j] + 1;
            if (cur[j - 1] + 1 < best)
                best = cur[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && prev2[j - 2] + 1 < best)
                best = prev2[j - 2] + 1;
            cur[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *str_nearest(const char *word, const char *(*known)(size_t i, const void *ctx), const void *ctx)
{
    const char *best = NULL, *w;
    size_t least = WORD;
    for (size_t i = 0; (w = known(i, ctx)); i++) {
        size_t d = distance(word, w);
        if (d < least) {
            least = d;
            best = w;
        }
    }
    return least <= (strlen(word) + 2) / 3 ? best : NULL;
}

uint64_t str_hash(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}
