/* str.c - writes and reads numbers the same in every locale, grows strings, and finds the known word that a misspelt
 * one means. */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int reserve_bytes(struct str *s, size_t more)
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
    if (reserve_bytes(s, n))
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
    if (n >= 0 && !reserve_bytes(s, (size_t)n)) {
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

/* printf and strtod follow the locale's decimal point (the program never calls setlocale, but a library might). So
 * neither ever sees one here: a number passes through them as digits and an exponent, 314e-2. */
struct decimal {
    char digit[18]; /* NUL-terminated; no zeros in front or at the end */
    int n, exp;     /* |v| = d.ddd 10^exp */
};

static double decimal_value(const struct decimal *d, int single)
{
    char text[40];
    snprintf(text, sizeof text, "%se%d", d->digit, d->exp - (d->n - 1));
    return single ? (double)strtof(text, NULL) : strtod(text, NULL);
}

static void strip_zeros(struct decimal *d)
{
    while (d->n > 1 && d->digit[d->n - 1] == '0')
        d->n--;
    d->digit[d->n] = 0;
}

/* Rounds v > 0 to n digits. */
static void decimal_print(struct decimal *d, double v, int n)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, v);
    const char *e = strchr(text, 'e');
    d->n = 0;
    for (const char *s = text; s < e; s++) /* skips the point, however many bytes it has */
        if (*s >= '0' && *s <= '9')
            d->digit[d->n++] = *s;
    d->exp = atoi(e + 1);
    strip_zeros(d);
}

/* Adds one to the last of n digits. */
static void increment_decimal(struct decimal *d)
{
    int i = d->n - 1;
    while (i >= 0 && d->digit[i] == '9')
        d->digit[i--] = '0';
    if (i >= 0) {
        d->digit[i]++;
        return;
    }
    d->digit[0] = '1';
    d->exp++;
}

/* Rounds `long_form` (17 digits, or 9) to n digits. 0, or -1 when its tail is exactly one half: the digits that are not
 * there decide then. */
static int shorten_decimal(struct decimal *d, const struct decimal *long_form, int n)
{
    *d = *long_form;
    if (d->n <= n)
        return 0;
    const char *tail = long_form->digit + n;
    if (tail[0] == '5' && !tail[1])
        return -1;
    d->n = n;
    if (tail[0] >= '5')
        increment_decimal(d);
    strip_zeros(d);
    return 0;
}

/* Finds the shortest decimal that reads back to v > 0. A decimal of up to `sure` digits survives the way into binary
 * and back to `sure` digits (DBL_DIG), so that nothing shorter needs a try, unless v is subnormal. Below a power of two
 * the doubles lie twice as close as above: there the nearest text may fail and its upper neighbour fit. */
static void shortest_decimal(struct decimal *d, double v, int sure, int most, int single)
{
    struct decimal exact;
    int two;
    int power_of_two = frexp(v, &two) == 0.5;
    decimal_print(&exact, v, most);
    for (int n = v < (single ? (double)FLT_MIN : DBL_MIN) ? 1 : sure; n < most; n++) {
        if (shorten_decimal(d, &exact, n))
            decimal_print(d, v, n);
        if (decimal_value(d, single) == v)
            return;
        if (power_of_two) {
            while (d->n < n)
                d->digit[d->n++] = '0';
            increment_decimal(d);
            strip_zeros(d);
            if (decimal_value(d, single) == v)
                return;
        }
    }
    *d = exact;
}

__extension__ typedef unsigned __int128 wide;

static const uint64_t power_of_ten[] = {1u,
                                        10u,
                                        100u,
                                        1000u,
                                        10000u,
                                        100000u,
                                        1000000u,
                                        10000000u,
                                        100000000u,
                                        1000000000u,
                                        10000000000u,
                                        100000000000u,
                                        1000000000000u,
                                        10000000000000u,
                                        100000000000000u,
                                        1000000000000000u,
                                        10000000000000000u,
                                        100000000000000000u,
                                        1000000000000000000u,
                                        10000000000000000000u};

/* Writes x and a NUL; returns the number of digits. */
static int print_whole(char *to, uint64_t x)
{
    char text[20];
    int n = 0;
    do
        text[n++] = (char)('0' + x % 10);
    while (x /= 10);
    for (int i = 0; i < n; i++)
        to[i] = text[n - 1 - i];
    to[n] = 0;
    return n;
}

/* Finds what shortest_decimal finds, without printf, for the numbers that tables are full of: v from 1e-6 to below 1e15
 * that is neither whole nor a power of two. All is exact in 128 bits: with v = m 2^-s, the n digits are the whole
 * number nearest to m 10^k 2^-s, and they read back to v if that is less than 10^k / 2 away from m 10^k 2^-s in units
 * of 2^-s (or equal, and m is even, as reading rounds halves to even). Returns 0, or -1 for other numbers. */
static int shortest_decimal_fast(struct decimal *d, double v, int sure, int most, int single)
{
    int two, exp = 0;
    double f = frexp(v, &two);
    int s = (single ? 24 : 53) - two;
    if (!(v >= 1e-6 && v < 1e15) || f == 0.5 || s <= 0)
        return -1;
    wide m = (wide)ldexp(f, single ? 24 : 53);
    while (v >= (double)power_of_ten[exp + 1])
        exp++;
    while (exp <= 0 && !(m * power_of_ten[-exp] >> s)) /* below 10^exp */
        exp--;
    for (int n = sure; n <= most; n++) {
        int k = n - 1 - exp;
        if (k < 0 || k > 22)
            return -1;
        wide ten = (wide)power_of_ten[k < 19 ? k : 19] * (k > 19 ? power_of_ten[k - 19] : 1), exact = m * ten;
        wide whole = exact >> s, rest = exact & (((wide)1 << s) - 1), half = (wide)1 << (s - 1);
        int up = rest > half || (rest == half && (whole & 1));
        wide off = up ? ((wide)1 << s) - rest : rest;
        if (2 * off > ten || (2 * off == ten && (m & 1)))
            continue;
        d->n = print_whole(d->digit, (uint64_t)whole + (uint64_t)up);
        d->exp = d->n - 1 - k;
        strip_zeros(d);
        return 0;
    }
    return -1;
}

/* Writes the decimal as printf's %g does, but 1e6 for 1e+06. */
static void layout_decimal(char *to, const struct decimal *d)
{
    if (d->exp < -4 || d->exp >= d->n) {
        sprintf(to, "%c%s%se%d", d->digit[0], d->n > 1 ? "." : "", d->digit + 1, d->exp);
    } else if (d->exp < 0) {
        memcpy(to, "0.000", 5);
        memcpy(to + 1 - d->exp, d->digit, (size_t)d->n + 1);
    } else {
        size_t whole = (size_t)d->exp + 1;
        memcpy(to, d->digit, whole);
        to[whole] = '.';
        memcpy(to + whole + 1, d->digit + whole, (size_t)d->n - whole + 1);
        if ((size_t)d->n == whole)
            to[whole] = 0;
    }
}

static char *put_decimal(char *buf, double v, int single)
{
    struct decimal d;
    if (v != v) {
        buf[0] = 0;
    } else if (v == 0) {
        strcpy(buf, "0");
    } else {
        char *to = buf;
        int sure = single ? FLT_DIG : DBL_DIG, most = single ? 9 : 17;
        if (v < 0)
            *to++ = '-';
        v = fabs(v);
        if (isinf(v)) {
            strcpy(to, "inf");
        } else if (v < (single ? 0x1p24 : 1e15) && v == floor(v)) {
            print_whole(to, (uint64_t)v);
        } else {
            if (shortest_decimal_fast(&d, v, sure, most, single))
                shortest_decimal(&d, v, sure, most, single);
            layout_decimal(to, &d);
        }
    }
    return buf;
}

char *str_double(char *buf, double v)
{
    return put_decimal(buf, v, 0);
}

char *str_float(char *buf, float v)
{
    return put_decimal(buf, (double)v, 1);
}

char *str_whole(char *buf, uint64_t v)
{
    print_whole(buf, v);
    return buf;
}

/* Copies the digits of s to buf without the point; *scale is the power of ten that makes up for it. Returns what
 * follows them, or NULL when there is no digit, or too many. */
static const char *take_digits(const char *s, char *buf, size_t room, long *scale)
{
    size_t n = 0;
    int points = 0;
    for (*scale = 0; (*s >= '0' && *s <= '9') || (*s == '.' && !points); s++) {
        if (*s == '.') {
            points = 1;
            continue;
        }
        if (n + 1 >= room)
            return NULL;
        buf[n++] = *s;
        *scale -= points;
    }
    buf[n] = 0;
    return n ? s : NULL;
}

/* Reads digits 10^exp where that takes one rounding only: both the digits and the power of ten are exact as doubles
 * (Clinger 1990, doi:10.1145/93542.93557). Returns 0, or -1 for other numbers. */
static int small_decimal(const char *digits, long exp, double *v)
{
    uint64_t whole = 0;
    if (strlen(digits) > 15 || exp < -19 || exp > 19)
        return -1;
    for (; *digits; digits++)
        whole = 10 * whole + (uint64_t)(*digits - '0');
    *v = exp < 0 ? (double)whole / (double)power_of_ten[-exp] : (double)whole * (double)power_of_ten[exp];
    return 0;
}

int str_to_double(const char *s, double *v)
{
    char digits[320], text[400], *end;
    long scale, e = 0;
    while (isspace((unsigned char)*s))
        s++;
    int minus = *s == '-';
    s += *s == '-' || *s == '+';
    if (!(s = take_digits(s, digits, sizeof digits, &scale)))
        return -1;
    if (*s == 'e' || *s == 'E') {
        const char *d = s + 1 + (s[1] == '+' || s[1] == '-');
        if (*d < '0' || *d > '9')
            return -1;
        e = strtol(s + 1, &end, 10);
        s = end;
    }
    const char *percent = s + strspn(s, " \t");
    if (*percent == '%') { /* in the exponent: 99.4% is 0.994, whereas 99.4 / 100 is not */
        s = percent + 1;
        scale -= 2;
    }
    while (isspace((unsigned char)*s))
        s++;
    if (*s || e < -100000 || e > 100000)
        return -1;
    double x;
    if (small_decimal(digits, e + scale, &x)) {
        snprintf(text, sizeof text, "%se%ld", digits, e + scale);
        x = strtod(text, NULL);
    }
    if (isinf(x) || (x == 0 && strspn(digits, "0") < strlen(digits)))
        return -1;
    *v = minus ? -x : x;
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

size_t str_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
    if (p[0] > 0xf4 || (p[0] >= 0x80 && p[0] < 0xc2))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    const int control = p[0] == 0xc2 && p[1] < 0xa0;
    const int overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    const int beyond = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return control || overlong || beyond ? 0 : n;
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

int str_ends(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}

#define WORD 64
static int letters_differ(char a, char b)
{
    return tolower((unsigned char)a) != tolower((unsigned char)b);
}

/* Computes the optimal string alignment distance, ignoring case; words over 64 letters count as far from everything. */
static size_t word_distance(const char *a, const char *b)
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
            size_t best = prev[j - 1] + (size_t)letters_differ(a[i - 1], b[j - 1]);
            if (prev[j] + 1 < best)
                best = prev[j] + 1;
            if (cur[j - 1] + 1 < best)
                best = cur[j - 1] + 1;
            if (i > 1 && j > 1 && !letters_differ(a[i - 1], b[j - 2]) && !letters_differ(a[i - 2], b[j - 1]) &&
                prev2[j - 2] + 1 < best)
                best = prev2[j - 2] + 1;
            cur[j] = best;
        }
    }
    return row[n % 3][m];
}

static const char *after_last_dot(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* Compares ignoring case, '_' and '-': batch_norm, BatchNorm. */
static int same_letters(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "_-");
        b += strspn(b, "_-");
        if (letters_differ(*a, *b))
            return 0;
        if (!*a)
            return 1;
    }
}

typedef const char *known_word(size_t i, const void *ctx);

/* Finds the known word that other programs call `word`; of names with the same last part, the one in the same section.
 */
static const char *by_synonym(const char *word, known_word *known, const void *ctx)
{
    const char *tail = after_last_dot(word), *found = NULL, *w;
    const struct synonym *s;
    for (size_t r = 0; (s = str_synonym(r)); r++) {
        if (!same_letters(s->theirs, tail))
            continue;
        for (size_t i = 0; (w = known(i, ctx)); i++) {
            if (strcmp(after_last_dot(w), s->ours))
                continue;
            if (after_last_dot(w) - w == tail - word && !strncmp(w, word, (size_t)(tail - word)))
                return w;
            found = found ? found : w;
        }
    }
    return found;
}

/* Finds the only known word that begins so, or the one that all others that do begin with. */
static const char *by_prefix(const char *word, known_word *known, const void *ctx)
{
    const char *best = NULL, *w;
    size_t n = strlen(word);
    if (strlen(after_last_dot(word)) < 3)
        return NULL;
    for (size_t i = 0; (w = known(i, ctx)); i++) {
        if (strncasecmp(w, word, n))
            continue;
        if (best && strncmp(w, best, strlen(best)) && strncmp(w, best, strlen(w)))
            return NULL;
        best = !best || strlen(w) < strlen(best) ? w : best;
    }
    return best;
}

/* Says how many letters of a word of so many may be wrong for it to be known again. */
static size_t slips_allowed(size_t letters)
{
    return letters < 3 ? 0 : letters < 6 ? 1 : letters < 9 ? 2 : 3;
}

/* Says whether two words of one or two letters differ only in the order (rl for lr), or in a last letter that one of
 * them lacks (t2 for t). */
static int short_slip(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), less = n < m ? n : m;
    if (n == 2 && m == 2)
        return !letters_differ(a[0], b[1]) && !letters_differ(a[1], b[0]);
    return n < 3 && less && n + m == 2 * less + 1 && !strncasecmp(a, b, less);
}

const char *str_nearest(const char *word, const char *(*known)(size_t i, const void *ctx), const void *ctx)
{
    const char *best = NULL, *w, *found;
    size_t least = WORD, most = slips_allowed(strlen(word));
    for (size_t i = 0; (w = known(i, ctx)); i++) {
        size_t d = !*w ? WORD : short_slip(word, w) ? 0 : word_distance(word, w);
        if (d < least) {
            least = d;
            best = w;
        }
    }
    if ((found = by_synonym(word, known, ctx)))
        return found;
    if (least <= most && least <= 1)
        return best;
    if ((found = by_prefix(word, known, ctx)))
        return found;
    return least <= most ? best : NULL;
}

uint64_t str_hash(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}
