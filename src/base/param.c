/* param.c - walks tables of parameters: reads a value as its row says, checks its range, and writes it back as text. */
#include "base/param.h"

#include "base/str.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *param_choice_name(size_t i, const void *ctx)
{
    return ((const struct param *)ctx)->word(i);
}

static void number_range(const struct param *p, char *buf, size_t n)
{
    static const char *const kind[] = {[P_INT] = "an integer",
                                       [P_FLOAT] = "a number",
                                       [P_PAIR] = "N or NxM, integers",
                                       [P_EXTENT] = "N, NxM or DxNxM, integers"};
    char lo[STR_NUM], hi[STR_NUM];
    str_double(lo, p->min);
    str_double(hi, p->max);
    if (p->min == 0 && p->max == 0)
        snprintf(buf, n, "%s", kind[p->type]);
    else if (isinf(p->max))
        snprintf(buf, n, "%s %s %s", kind[p->type], p->open & 1 ? ">" : ">=", lo);
    else if (isinf(p->min))
        snprintf(buf, n, "%s %s %s", kind[p->type], p->open & 2 ? "<" : "<=", hi);
    else if (p->type == P_FLOAT || p->open)
        snprintf(buf, n, "%s in %c%s, %s%c", kind[p->type], p->open & 1 ? '(' : '[', lo, hi, p->open & 2 ? ')' : ']');
    else
        snprintf(buf, n, "%s %s..%s", kind[p->type], lo, hi);
}

/* Appends `before` and the words, separated by commas, to what buf has `used` bytes of. */
static void append_words(const struct param *p, const char *before, size_t used, char *buf, size_t n)
{
    for (size_t i = 0; p->word(i) && used < n; i++)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : before, p->word(i));
}

char *param_range(const struct param *p, char *buf, size_t n)
{
    switch (p->type) {
    case P_INT:
    case P_PAIR:
    case P_EXTENT:
    case P_FLOAT:
        number_range(p, buf, n);
        if (p->word && p->type == P_INT)
            append_words(p, " or ", strlen(buf), buf, n);
        break;
    case P_BOOL:
        snprintf(buf, n, "yes or no");
        break;
    case P_FLAG:
        snprintf(buf, n, "the word alone");
        break;
    case P_TEXT:
        snprintf(buf, n, "a text");
        break;
    case P_CHOICE:
        snprintf(buf, n, "one of ");
        append_words(p, "", strlen(buf), buf, n);
    }
    return buf;
}

/* Says whether v fits a float: trainings compute in floats, where a value may become 0, infinite or an excluded end of
 * the range. */
static int fits_float(const struct param *p, double v)
{
    float f = (float)v;
    if (v != 0 && (fabs(v) < (double)FLT_MIN || isinf(f)))
        return 0;
    return !(p->open & 1 && f <= (float)p->min) && !(p->open & 2 && f >= (float)p->max);
}

static int in_range(const struct param *p, double v)
{
    if (p->min == 0 && p->max == 0)
        return 1;
    return (p->open & 1 ? v > p->min : v >= p->min) && (p->open & 2 ? v < p->max : v <= p->max);
}

/* Returns what else is asked of a number in range, to be written after "an integer 1..9". */
static const char *size_of_float(const struct param *p, const char *text)
{
    double v;
    if (p->type != P_FLOAT || str_to_double(text, &v) || !in_range(p, v))
        return "";
    return fabs(v) < 1e-30  ? " that fits into 32 bits: too near to 0, the least is 1.2e-38"
           : fabs(v) > 1e30 ? " that fits into 32 bits: the largest is 3.4e38"
                            : " in 32 bits: too near to the end of the range";
}

static int wrong_value(const struct param *p, const char *text, const struct where *w, struct err *e)
{
    char range[320];
    param_range(p, range, sizeof range);
    const char *near = p->word ? str_nearest(text, param_choice_name, p) : NULL;
    int named = w && w->key && strcmp(w->key, p->name) == 0; /* the location already names the parameter */
    return err_at(e, ERR_USAGE, w, "%s%s'%.100s' is not %s%s%s%s%s", named ? "" : p->name, named ? "" : ": ", text,
                  range, size_of_float(p, text), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The number of the row's word; -1: it has no such word. */
static int word_number(const struct param *p, const char *text)
{
    for (int i = 0; p->word && p->word((size_t)i); i++)
        if (!strcmp(p->word((size_t)i), text))
            return i;
    return -1;
}

static int set_int(const struct param *p, int *into, const char *text)
{
    int64_t v;
    double d;
    int word = p->type == P_INT ? word_number(p, text) : -1;
    if (word >= 0) {
        *into = -1 - word;
        return 0;
    }
    if (str_to_int(text, &v)) { /* 1e4 and the result of an expression are integers too, when they are whole */
        if (strchr(text, '%') || str_to_double(text, &d) || d != floor(d) || fabs(d) > 2147483647)
            return -1;
        v = (int64_t)d;
    }
    if (v < -2147483647 || v > 2147483647 || !in_range(p, (double)v))
        return -1;
    *into = (int)v;
    return 0;
}

static int set_pair(const struct param *p, int into[2], const char *text)
{
    char buf[64];
    size_t n = strcspn(text, "x");
    int first, second;
    if (n >= sizeof buf)
        return -1;
    memcpy(buf, text, n);
    buf[n] = 0;
    if (set_int(p, &first, buf) || set_int(p, &second, text[n] ? text + n + 1 : buf))
        return -1;
    into[0] = first;
    into[1] = second;
    return 0;
}

/* Slices, if they are named, stand before the pair of rows and columns. */
static int set_extent(const struct param *p, int into[3], const char *text)
{
    char first[64];
    const char *x = strchr(text, 'x');
    int slices = -1, pair[2];
    if (x && strchr(x + 1, 'x')) {
        if ((size_t)(x - text) >= sizeof first)
            return -1;
        memcpy(first, text, (size_t)(x - text));
        first[x - text] = 0;
        if (set_int(p, &slices, first))
            return -1;
        text = x + 1;
    }
    if (set_pair(p, pair, text))
        return -1;
    into[0] = pair[0];
    into[1] = pair[1];
    into[2] = slices;
    return 0;
}

static int set_bool(int *into, const char *text)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
    for (int i = 0; i < 4; i++)
        if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
            *into = !strcasecmp(text, yes[i]);
            return 0;
        }
    return -1;
}

int param_set(const struct param *p, void *into, const char *text, const struct where *w, struct err *e)
{
    void *at = (char *)into + p->at;
    int ok = 0;
    switch (p->type) {
    case P_INT:
        ok = !set_int(p, at, text);
        break;
    case P_PAIR:
        ok = !set_pair(p, at, text);
        break;
    case P_EXTENT:
        ok = !set_extent(p, at, text);
        break;
    case P_BOOL:
        ok = !set_bool(at, text);
        break;
    case P_FLAG: /* the word alone, or what param_text made of it */
        if (!text || !*text || !strcmp(text, p->name))
            *(int *)at = ok = 1;
        else
            ok = !set_bool(at, text);
        break;
    case P_TEXT:
        *(const char **)at = text;
        return 0;
    case P_FLOAT: {
        double v;
        ok = !str_to_double(text, &v) && in_range(p, v) && fits_float(p, v);
        if (ok)
            *(double *)at = v;
        break;
    }
    case P_CHOICE: {
        int i = word_number(p, text);
        ok = i >= 0;
        if (ok)
            *(int *)at = i;
    }
    }
    return ok ? 0 : wrong_value(p, text, w, e);
}

void param_defaults(const struct param *table, void *into)
{
    for (const struct param *p = table; p->name; p++) {
        struct err e = {0};
        if (p->preset && p->type != P_FLAG)
            param_set(p, into, p->preset, NULL, &e);
    }
}

const struct param *param_find(const struct param *table, const char *name)
{
    for (const struct param *p = table; p && p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

char *param_text(const struct param *p, const void *from, char *buf, size_t n)
{
    const void *at = (const char *)from + p->at;
    char num[STR_NUM];
    const int *i = at;
    switch (p->type) {
    case P_INT:
        if (p->word && *i < 0)
            snprintf(buf, n, "%s", p->word((size_t)(-1 - *i)));
        else
            snprintf(buf, n, "%d", *i);
        break;
    case P_BOOL:
    case P_FLAG:
        snprintf(buf, n, "%s", *i ? "yes" : "no");
        break;
    case P_PAIR:
        snprintf(buf, n, "%dx%d", i[0], i[1]);
        break;
    case P_EXTENT:
        if (i[2] < 0)
            snprintf(buf, n, "%dx%d", i[0], i[1]);
        else
            snprintf(buf, n, "%dx%dx%d", i[2], i[0], i[1]);
        break;
    case P_CHOICE:
        snprintf(buf, n, "%s", p->word((size_t)*i));
        break;
    case P_TEXT:
        snprintf(buf, n, "%s", *(const char *const *)at ? *(const char *const *)at : "");
        break;
    case P_FLOAT:
        snprintf(buf, n, "%s", str_double(num, *(const double *)at));
    }
    return buf;
}

/* Whether a value says something: not 0, no, or an empty text. */
static int param_says(const struct param *p, const void *from)
{
    const void *at = (const char *)from + p->at;
    switch (p->type) {
    case P_FLOAT:
        return *(const double *)at != 0;
    case P_TEXT:
        return *(const char *const *)at && **(const char *const *)at;
    case P_PAIR:
    case P_EXTENT:
        return ((const int *)at)[0] || ((const int *)at)[1] || (p->type == P_EXTENT && ((const int *)at)[2] > 0);
    default:
        return *(const int *)at != 0;
    }
}

static int is_preset(const struct param *p, const void *from)
{
    char value[256], usual[256];
    union {
        int i[3];
        double d;
        const char *text;
    } preset;
    struct err ignored = {0};
    struct param q = *p;
    q.at = 0;
    return p->preset && !param_set(&q, &preset, p->preset, NULL, &ignored) &&
           !strcmp(param_text(p, from, value, sizeof value), param_text(&q, &preset, usual, sizeof usual));
}

int param_counts(const struct param *table, const struct param *p, const void *from)
{
    const struct param *with = p->with ? param_find(table, p->with) : NULL;
    if (p->matters == MATTERS_NEVER || (p->matters == MATTERS_UNLESS_PRESET && is_preset(p, from)))
        return 0;
    return (p->type != P_TEXT || param_says(p, from)) && (!with || param_says(with, from));
}
