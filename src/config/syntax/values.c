/* values.c parses lists and ranges of values, and gives the value of a number. */
#include "config/syntax/values.h"

#include "base/maths.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_MAX 2000 /* lists longer than this are not searched for values that stand twice */

/* Rounds by way of a decimal text with 12 digits: exact and the same everywhere, as str_to_double is. */
double round12(double v)
{
    char buf[STR_NUM + 8];
    snprintf(buf, sizeof buf, "%.11e", v);
    for (char *p = buf; *p; p++)
        if (*p == ',')
            *p = '.';
    double r;
    return str_to_double(buf, &r) ? v : r;
}

static const char *skip_list_blanks(const char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

/* Reads "a..b" at the beginning of a text. Returns what follows, or NULL where it is something else. */
static const char *range_head(const char *text, double *lo, double *hi)
{
    char buf[64];
    const char *dots = strstr(text, "..");
    size_t n = dots ? (size_t)(dots - text) : sizeof buf;
    if (n >= sizeof buf)
        return NULL;
    memcpy(buf, text, n);
    buf[n] = 0;
    if (str_to_double(buf, lo))
        return NULL;
    const char *from = skip_list_blanks(dots + 2);
    n = strspn(from, "0123456789+-.eE%");
    if (n >= sizeof buf)
        return NULL;
    memcpy(buf, from, n);
    buf[n] = 0;
    return str_to_double(buf, hi) || (from[n] && !isspace((unsigned char)from[n])) ? NULL : from + n;
}

static int word(const char **p, const char *w)
{
    const char *s = skip_list_blanks(*p);
    size_t n = strlen(w);
    if (strncmp(s, w, n) || (s[n] && !isspace((unsigned char)s[n])))
        return 0;
    *p = s + n;
    return 1;
}

static int list_number(const char **p, double *v)
{
    char buf[64];
    const char *s = skip_list_blanks(*p);
    size_t n = strcspn(s, " \t");
    if (!n || n >= sizeof buf)
        return -1;
    memcpy(buf, s, n);
    buf[n] = 0;
    *p = s + n;
    return str_to_double(buf, v);
}

static int whole_list_number(double v)
{
    return v == floor(v) && fabs(v) <= 9007199254740992.0;
}

/* What parsing an item needs to know beside its text. */
struct item_use {
    enum values_use use;
    const struct where *at;
    struct error_list *errors;
};

static int by_count(struct segment *s, const char *item, double count, const struct where *w, struct error_list *errors)
{
    if (!whole_list_number(count) || count < 2 || count > 1e15)
        return errors_add(errors, w, "count in '%s' is to be an integer of at least 2", item);
    if (s->log && s->lo <= 0)
        return errors_add(errors, w, "'%s' is to begin above 0, for its logarithm", item);
    s->n = (uint64_t)count;
    s->step = s->log ? (m_log(s->hi) - m_log(s->lo)) / (count - 1) : (s->hi - s->lo) / (count - 1);
    return 0;
}

/* Returns the i-th number of a range; whole ones exactly. */
static double range_at(const struct segment *s, double i)
{
    if (s->log)
        return round12(m_exp(m_log(s->lo) + i * s->step));
    double v = s->lo + i * s->step;
    return whole_list_number(s->lo) && whole_list_number(s->step) ? v : round12(v);
}

static int by_step(struct segment *s, const char *item, double step, const struct where *w, struct error_list *errors)
{
    char buf[STR_NUM], last[STR_NUM];
    if (!(step > 0) || s->log)
        return errors_add(errors, w,
                          s->log ? "'%s': a log range takes count, not step" : "step in '%s' is to be above 0", item);
    int exact = whole_list_number(s->lo) && whole_list_number(step);
    double n = (s->hi - s->lo) / step;
    n = floor(exact ? n : n * (1 + 1e-12) + 1e-9);
    if (n > (exact ? 1e15 : 1e9))
        return errors_add(errors, w, "'%s' has too many values", item);
    s->step = step;
    double end = range_at(s, n);
    if (end != (exact ? s->hi : round12(s->hi)))
        return errors_add(errors, w,
                          "'%s' does not reach its end, for both ends belong to a range; write %s..%s step ...", item,
                          str_double(buf, s->lo), str_double(last, end));
    s->n = (uint64_t)n + 1;
    return 0;
}

/* Makes a continuous item, which only a search can draw from. */
static int continuous(struct segment *s, const char *item, enum distribution drawn, const struct item_use *use)
{
    if (use->use == VALUES_TRIED)
        return errors_add(use->errors, use->at,
                          "'%s' is continuous, which a grid cannot try out: %s, or draw points with search.method",
                          item,
                          drawn == UNIFORM       ? "add step S or count N"
                          : drawn == LOG_UNIFORM ? "add count N"
                                                 : "write a list");
    if (drawn == LOG_UNIFORM && s->lo <= 0)
        return errors_add(use->errors, use->at, "'%s' is to begin above 0, for its logarithm", item);
    s->drawn = drawn;
    s->written = item;
    s->n = SEARCH_STEPS;
    return 0;
}

/* Makes integers, all alike or evenly in their logarithm. */
static int integers(struct segment *s, const char *item, const struct item_use *use)
{
    if (!whole_list_number(s->lo) || !whole_list_number(s->hi))
        return errors_add(use->errors, use->at, "'%s' is to begin and end with an integer", item);
    if (s->log && use->use == VALUES_TRIED)
        return errors_add(use->errors, use->at,
                          "'%s': a grid tries out every integer, so log says nothing; take it away, or add count N",
                          item);
    if (s->log && s->lo < 1)
        return errors_add(use->errors, use->at, "'%s' is to begin above 0, for its logarithm", item);
    s->drawn = s->log ? LOG_INTEGERS : LISTED;
    s->log = 0;
    return by_step(s, item, 1, use->at, use->errors);
}

/* Says whether a range of two whole ends is one of integers, as written. */
static int means_integers(const struct segment *s, const char *item, const char *rest, enum values_use use)
{
    if (!whole_list_number(s->lo) || !whole_list_number(s->hi) || use == VALUES_DRAWN_REAL)
        return 0;
    const char *dots = strstr(item, "..");
    return use == VALUES_TRIED || (!memchr(item, '.', (size_t)(dots - item)) && strcspn(item, "eE%") >= strlen(item) &&
                                   !memchr(dots + 2, '.', (size_t)(rest - dots - 2)));
}

static int parse_range(struct segment *s, const char *item, const char *after, const struct item_use *use)
{
    double v;
    const char *rest = after;
    const struct where *w = use->at;
    struct error_list *errors = use->errors;
    int whole = word(&rest, "int");
    s->log = word(&rest, "log");
    int count = !whole && word(&rest, "count"), step = !whole && !count && word(&rest, "step");
    if ((count || step) && list_number(&rest, &v))
        return errors_add(errors, w, "a number is missing after %s in '%s'", count ? "count" : "step", item);
    if (*skip_list_blanks(rest))
        return errors_add(
            errors, w,
            "'%s' is not understood in '%s'; a range is A..B, A..B int, A..B step S, A..B count N, A..B log count N",
            skip_list_blanks(rest), item);
    if (s->lo >= s->hi)
        return errors_add(errors, w, "'%s' does not go up; write the smaller end first", item);
    if (count)
        return by_count(s, item, v, w, errors);
    if (step)
        return by_step(s, item, v, w, errors);
    if (whole || (!s->log && means_integers(s, item, after, use->use)))
        return integers(s, item, use);
    return continuous(s, item, s->log ? LOG_UNIFORM : UNIFORM, use);
}

/* Reads "normal MEAN DEVIATION" or "lognormal MEAN DEVIATION". 1, 0 where it is something else, -1 with an error. */
static int parse_normal(struct segment *s, const char *item, const struct item_use *use)
{
    const char *rest = item;
    int logarithm = word(&rest, "lognormal");
    if ((!logarithm && !word(&rest, "normal")) || list_number(&rest, &s->lo) || list_number(&rest, &s->hi) ||
        *skip_list_blanks(rest))
        return 0;
    if (!(s->hi > 0))
        return errors_add(use->errors, use->at, "'%s': the standard deviation is to be above 0", item);
    return continuous(s, item, logarithm ? LOG_NORMAL : NORMAL, use) ? -1 : 1;
}

/* Parses one item of the list, whose blanks are cut. */
static int parse_list_item(struct segment *s, const char *item, const struct item_use *use)
{
    const char *rest = range_head(item, &s->lo, &s->hi);
    if (rest)
        return parse_range(s, item, rest, use);
    int normal = parse_normal(s, item, use);
    if (normal)
        return normal < 0 ? -1 : 0;
    if (!*item)
        return errors_add(
            use->errors, use->at,
            "a value is missing between two commas, or at an end of the list; an empty text is written \"\"");
    s->n = 1;
    s->text = item;
    return 0;
}

/* Finds where the item at p ends: at a comma outside quotes and ${...}, or at the end. */
static const char *item_end(const char *p)
{
    for (int quoted = 0, inside = 0; *p && (quoted || inside || *p != ','); p++) {
        quoted ^= *p == '"';
        inside = *p != '}' && (inside || (p[0] == '$' && p[1] == '{'));
    }
    return p;
}

/* Cuts the text at " when " outside quotes, and returns the condition. */
static char *cut_when(char *text)
{
    int quoted = 0;
    for (char *p = text; *p; p++) {
        quoted ^= *p == '"';
        if (!quoted && !strncmp(p, "when", 4) && (p == text || isspace((unsigned char)p[-1])) &&
            (!p[4] || isspace((unsigned char)p[4]))) {
            *p = 0;
            return str_trim(p + 4);
        }
    }
    return NULL;
}

/* Takes the quotes off "text". */
static int unquote(char **item, const struct where *w, struct error_list *errors)
{
    char *s = *item;
    if (*s != '"')
        return strchr(s, '"') ? errors_add(errors, w, "quotes stand around a whole value: %s", s) : 0;
    char *end = strchr(s + 1, '"');
    if (!end || end[1])
        return errors_add(
            errors, w, end ? "a comma is missing after the second '\"' in %s" : "the second '\"' is missing in %s", s);
    *end = 0;
    *item = s + 1;
    return 0;
}

static int same(const struct segment *a, const struct segment *b)
{
    double x, y;
    if (!a->text || !b->text)
        return 0;
    return !strcmp(a->text, b->text) || (!str_to_double(a->text, &x) && !str_to_double(b->text, &y) && x == y);
}

int values_differ(const struct values *v, const struct where *w, struct error_list *errors)
{
    for (size_t i = 0; v->nseg <= SAME_MAX && i < v->nseg; i++)
        for (size_t j = 0; j < i; j++)
            if (same(&v->seg[i], &v->seg[j]))
                return errors_add(errors, w, "the value '%s' stands twice", v->seg[i].text);
    return 0;
}

/* Cuts ":WEIGHT" off an item of what is drawn. Returns the weight, 0 where it has none. */
static double cut_weight(char *item)
{
    double weight;
    char *colon = strrchr(item, ':');
    if (!colon || strchr(colon, '"') || str_to_double(colon + 1, &weight) || !(weight > 0))
        return 0;
    *colon = 0;
    str_trim(item);
    return weight;
}

static int parse_items(struct values *v, char *list, const struct item_use *use)
{
    int rc = 0;
    for (char *p = list;; p++) {
        char *end = p + (item_end(p) - p), last = !*end;
        *end = 0;
        char *item = str_trim(p);
        double weight = use->use == VALUES_TRIED ? 0 : cut_weight(item);
        struct segment *s = &v->seg[v->nseg++];
        if (*item == '"' || strchr(item, '"')) {
            rc |= unquote(&item, use->at, use->errors);
            *s = (struct segment){.n = 1, .text = item};
        } else {
            rc |= parse_list_item(s, item, use);
        }
        v->weight[v->nseg - 1] = weight;
        v->n += s->n;
        if (last)
            return rc;
        p = end;
    }
}

/* Weights are of every item, which is then a text; sums them up, of no weights nothing is kept. */
static int add_weights(struct values *v, const struct item_use *use)
{
    size_t with = 0;
    for (size_t i = 0; i < v->nseg; i++) {
        with += v->weight[i] > 0;
        if (v->nseg > 1 && v->seg[i].drawn != LISTED)
            return errors_add(use->errors, use->at, "a distribution is alone in its list");
        if (v->weight[i] > 0 && !v->seg[i].text)
            return errors_add(use->errors, use->at, "a range has no weight; write its values as a list");
        v->weight[i] += i ? v->weight[i - 1] : 0;
    }
    if (with && with < v->nseg)
        return errors_add(use->errors, use->at, "weights are those of all values, a:3, b:1, or of none");
    v->weight = with ? v->weight : NULL;
    return 0;
}

int values_parse(struct values *v, const char *text, enum values_use how, const struct where *w, struct arena *a,
                 struct error_list *errors)
{
    const struct item_use use = {how, w, errors};
    memset(v, 0, sizeof *v);
    char *list = arena_str(a, text);
    size_t items = 1;
    for (const char *p = text; *(p = item_end(p)); p++)
        items++;
    v->seg = arena_take(a, items * sizeof *v->seg);
    v->weight = arena_take(a, items * sizeof *v->weight);
    if (!list || !v->seg || !v->weight)
        return errors_nomem(errors);
    v->when = cut_when(list);
    if (v->when && !*v->when)
        return errors_add(errors, w, "a condition is missing after 'when'");
    if (!*str_trim(list))
        return errors_add(errors, w, "no values; write a list such as 1, 2, 4 or a range such as 1..4");
    return parse_items(v, list, &use) || add_weights(v, &use) ? -1 : 0;
}

int values_weighted(const struct values *v)
{
    return v->weight || v->seg->drawn == LOG_INTEGERS;
}

/* Finds the first value up to which the weights sum to more than this share of all. */
static uint64_t weighted_quantile(const struct values *v, double share)
{
    size_t lo = 0, hi = (size_t)v->n - 1;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (v->weight[mid] > share * v->weight[v->n - 1])
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

uint64_t values_quantile(const struct values *v, uint32_t unit)
{
    double share = (unit + 0.5) * 0x1p-32;
    if (v->weight)
        return weighted_quantile(v, share);
    if (v->seg->drawn == LOG_INTEGERS)
        return log_integer(v->seg->lo, v->seg->hi, share);
    return v->n <= SEARCH_STEPS ? unit * v->n >> 32 : (uint64_t)(share * (double)v->n);
}

const char *values_text(const struct values *v, uint64_t i, char buf[STR_NUM])
{
    const struct segment *s = v->seg;
    if (v->nseg == v->n && s->text) { /* plain texts only, or one range */
        s += i;
        i = 0;
    }
    while (i >= s->n)
        i -= s++->n;
    if (s->text)
        return s->text;
    if (s->n == SEARCH_STEPS && s->drawn != LISTED)
        return str_double(buf, distribution_value(s->drawn, s->lo, s->hi, (uint32_t)i));
    if (i == 0 || i == s->n - 1)
        return str_double(buf, i ? s->hi : s->lo);
    return str_double(buf, range_at(s, (double)i));
}

/* Finds the first value of a segment, which goes up, that is not below v. */
static uint64_t first_from(const struct values *of, uint64_t at, uint64_t n, double v)
{
    char buf[STR_NUM];
    uint64_t lo = 0, hi = n;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        double x;
        if (!str_to_double(values_text(of, at + mid, buf), &x) && x < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int values_find(const struct values *v, const char *text, uint64_t *number)
{
    char buf[STR_NUM];
    double want, x;
    int is_number = !str_to_double(text, &want);
    uint64_t at = 0;
    for (size_t g = 0; g < v->nseg; at += v->seg[g++].n) {
        const struct segment *s = &v->seg[g];
        *number = at;
        if (s->text && (!strcmp(s->text, text) || (is_number && !str_to_double(s->text, &x) && x == want)))
            return 0;
        if (s->text || !is_number)
            continue;
        *number = at + first_from(v, at, s->n, want);
        if (*number < at + s->n && !str_to_double(values_text(v, *number, buf), &x) && x == want)
            return 0;
    }
    return -1;
}

int values_many(const char *text, enum values_kind kind)
{
    double lo, hi;
    int blank = 0, commas = 0;
    char copy[512];
    const char *first = skip_list_blanks(text);
    if (*first == '"' || strstr(text, " when "))
        return VALUES_MANY;
    if (kind != VALUES_TEXT && (word(&first, "normal") || word(&first, "lognormal")))
        return VALUES_MANY;
    if (kind != VALUES_TEXT && range_head(text, &lo, &hi))
        return VALUES_MANY;
    for (const char *p = text; *p; p = *item_end(p) ? item_end(p) + 1 : item_end(p)) {
        size_t n = (size_t)(item_end(p) - p);
        snprintf(copy, sizeof copy, "%.*s", (int)(n < 500 ? n : 500), p);
        blank |= strpbrk(str_trim(copy), " \t") != NULL;
        commas += p[n] == ',';
    }
    return !commas ? VALUES_ONE : kind == VALUES_NUMBER || !blank ? VALUES_MANY : VALUES_UNSURE;
}
