/* freezing.c - names of tensors, patterns that fit them, and what these freeze and slow down. */
#include "nn/freezing.h"

#include "nn/layer.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names --- */

char *nn_number_name(const struct nn_node *nd, const char *tensor, char *buf)
{
    snprintf(buf, NN_NAME, "%d.%s", nd->index, tensor);
    return buf;
}

char *nn_given_name(const struct nn_node *nd, const char *tensor, char *buf)
{
    const size_t n = nd->name ? strlen(nd->name) : 0;
    if (!n)
        return nn_number_name(nd, tensor, buf);
    if (nd->name[n - 1] == '=')
        snprintf(buf, NN_NAME, "%.*s", (int)(n - 1), nd->name);
    else
        snprintf(buf, NN_NAME, "%s.%s", nd->name, tensor);
    return buf;
}

int nn_has_start(const struct nn_spec *s)
{
    return s->start && *s->start && strcmp(s->start, PARSE_NONE) != 0;
}

/* --- patterns --- */

/* A star is as short as can be: where what follows it does not fit, the last one takes more. None before it needs to,
 * as that would only leave less to the rest. */
static int pattern_fits(const char *pattern, size_t n, const char *name, size_t length, struct nn_star *star)
{
    size_t at = 0, in_name = 0, behind = 0, from = 0, to = 0; /* the last star: its end, and what it stands for */
    int stars = 0;
    while (at < n || in_name < length) {
        if (at < n && pattern[at] == '*') {
            behind = ++at;
            from = to = in_name;
            stars++;
        } else if (at < n && in_name < length && pattern[at] == name[in_name]) {
            at++, in_name++;
            continue;
        } else if (stars && to < length) {
            at = behind;
            in_name = ++to;
        } else
            return 0;
        if (star && stars <= NN_STARS)
            star[stars - 1] = (struct nn_star){name + from, to - from};
    }
    return 1;
}

int nn_pattern_is(const char *pattern, size_t n, const char *name, struct nn_star *star)
{
    return pattern_fits(pattern, n, name, strlen(name), star);
}

/* Whether it is the name, or its beginning up to a dot. */
static int fits_beginning(const char *pattern, size_t n, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
        if (pattern_fits(pattern, n, name, (size_t)(dot - name), NULL))
            return 1;
    return nn_pattern_is(pattern, n, name, NULL);
}

static int fits_tensor(const char *pattern, size_t n, const struct nn_node *nd, const char *tensor)
{
    char name[NN_NAME];
    return fits_beginning(pattern, n, nn_number_name(nd, tensor, name)) ||
           fits_beginning(pattern, n, nn_given_name(nd, tensor, name));
}

static const char SEPARATES[] = " \t\n\r,";

size_t nn_next_word(const char **text)
{
    *text += *text ? strspn(*text, SEPARATES) : 0;
    return *text ? strcspn(*text, SEPARATES) : 0;
}

/* --- what is frozen --- */

static int is_before(const char *word, size_t n)
{
    return n == 6 && !strncmp(word, "before", n);
}

static int is_none(const char *word, size_t n)
{
    return n == 4 && !strncmp(word, PARSE_NONE, n);
}

/* The first node that has a tensor which the pattern fits, or whose number it is; nnodes: there is none. */
static int first_fitting(const struct nn_graph *g, const char *pattern, size_t n)
{
    int i = 0;
    for (int found = 0; i < g->nnodes; i++) {
        found = fits_tensor(pattern, n, &g->node[i], "");
        for (int t = 0; t < g->node[i].ntensors && !found; t++)
            found = fits_tensor(pattern, n, &g->node[i], g->node[i].tensor[t].name);
        if (found)
            break;
    }
    return i;
}

/* Freezes what a pattern fits, or everything in front of it. Returns how many tensors it speaks of. */
static int freeze_by(struct nn_graph *g, const char *pattern, size_t n, int before)
{
    const int end = before ? first_fitting(g, pattern, n) : g->nnodes;
    int found = 0;
    if (before && end == g->nnodes)
        return 0;
    for (int i = 0; i < end; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            if (before || fits_tensor(pattern, n, &g->node[i], g->node[i].tensor[t].name))
                g->node[i].tensor[t].frozen = ++found > 0;
    return before ? 1 : found;
}

/* Returns the first word that fits nothing, *n long; NULL: each does. */
static const char *freeze(struct nn_graph *g, const char *text, size_t *n)
{
    int before = 0;
    for (const char *word = text; (*n = nn_next_word(&word)); word += *n) {
        if (!before && is_none(word, *n))
            continue;
        if (!before && is_before(word, *n)) {
            before = 1;
            continue;
        }
        if (!freeze_by(g, word, *n, before))
            return word;
        before = 0;
    }
    *n = strlen("before");
    return before ? "before" : NULL;
}

/* Says what the word is taken for that is wrong; NULL: nothing is. */
static const char *slow_down(struct nn_graph *g, const char *text, const char **wrong, size_t *n)
{
    for (const char *word = text; (*n = nn_next_word(&word));) {
        const char *pattern = word, *factor = word + *n;
        const size_t length = *n, digits = nn_next_word(&factor);
        char number[32], *end = number;
        int found = 0;
        *wrong = pattern;
        if (is_none(pattern, length) && !digits)
            return NULL;
        snprintf(number, sizeof number, "%.*s", (int)(digits < sizeof number ? digits : 0), factor);
        const double v = strtod(number, &end);
        if (end == number || *end || !(v >= 0) || !isfinite((float)v))
            return "is without a factor, which is a number >= 0; write it after the pattern: layer4 0.1";
        for (int i = 0; i < g->nnodes; i++)
            for (int t = 0; t < g->node[i].ntensors; t++)
                if (fits_tensor(pattern, length, &g->node[i], g->node[i].tensor[t].name)) {
                    g->node[i].tensor[t].lr_scale = (float)v;
                    found = 1;
                }
        if (!found)
            return "fits no tensor of the network";
        word = factor + digits;
    }
    return NULL;
}

void nn_graph_transfer(struct nn_graph *g, const struct nn_spec *spec)
{
    const char *wrong;
    size_t n;
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            g->node[i].tensor[t].frozen = 0;
            g->node[i].tensor[t].lr_scale = 1;
        }
    if (spec->unfreeze_at != 1) /* else nothing is frozen in any epoch */
        freeze(g, spec->freeze, &n);
    slow_down(g, spec->lr_scale, &wrong, &n);
    g->frozen = 0;
    for (int i = 0; i < g->nnodes; i++) {
        struct nn_node *nd = &g->node[i];
        nd->frozen = nd->ntensors > 0;
        for (int t = 0; t < nd->ntensors; t++) {
            nd->frozen &= nd->tensor[t].frozen;
            g->frozen |= nd->tensor[t].frozen;
        }
    }
    g->unfreeze_at = g->frozen ? spec->unfreeze_at : 0;
}

static int all_is_frozen(const struct nn_graph *g)
{
    for (int i = 0; i < g->nnodes; i++)
        if (g->node[i].ntensors && !g->node[i].frozen)
            return 0;
    return g->frozen;
}

int nn_transfer_check(const struct nn_graph *g, const struct nn_spec *spec, const char **key, struct err *e)
{
    struct nn_graph tried = *g; /* what is set, is set again to what it is */
    size_t n;
    const char *word = spec->unfreeze_at == 1 ? NULL : freeze(&tried, spec->freeze, &n), *wrong = NULL;
    *key = "freeze";
    if (word)
        return err_set(e, ERR_USAGE,
                       "'%.*s' fits no tensor of the network; a pattern is a layer's number in `sweep show` less 1, or "
                       "the name of a block's layer, such as 4 or layer1.*; `before` wants one after it",
                       (int)n, word);
    if (all_is_frozen(g) && !g->unfreeze_at)
        return err_set(e, ERR_USAGE, "leaves nothing to be trained; leave a layer out of it, or set unfreeze_at");
    *key = "lr_scale";
    const char *why = slow_down(&tried, spec->lr_scale, &wrong, &n);
    return why ? err_set(e, ERR_USAGE, "'%.*s' %s", (int)n, wrong, why) : 0;
}

/* --- lists of names --- */

struct expansion {
    const char *(*value)(const void *ctx, const char *name, size_t n);
    const void *ctx;
    struct arena *a;
    const char **name;
    int n, cap, words; /* words: that were written out in part */
    struct err *e;
};

#define NAMES_MOST 4096
#define WORDS_MOST (16 * NAMES_MOST) /* of counts of 0 no name comes */

static int add_tensor_name(struct expansion *x, const char *name)
{
    if (strlen(name) > NN_NAME - 32 || x->n == NAMES_MOST)
        return err_set(x->e, ERR_USAGE, "a name of more than %d bytes, or more than %d names", NN_NAME - 32,
                       NAMES_MOST);
    if (x->n == x->cap) {
        const int cap = x->cap ? 2 * x->cap : 32;
        const char **more = arena_take(x->a, (size_t)cap * sizeof *more);
        if (!more)
            return err_set(x->e, ERR_NOMEM, "no memory for the names of a block");
        if (x->n)
            memcpy(more, x->name, (size_t)x->n * sizeof *more);
        x->name = more;
        x->cap = cap;
    }
    return (x->name[x->n++] = arena_str(x->a, name)) ? 0
                                                     : err_set(x->e, ERR_NOMEM, "no memory for the names of a block");
}

/* How many numbers {...} counts through, from *first: to its own, or to that of a parameter, and of more than
 * NAMES_MOST one more than these; -1: it is a list of words. */
static long count_of(const struct expansion *x, const char *text, size_t n, long *first)
{
    long last;
    *first = 0;
    if (sscanf(text, "%ld..%ld}", first, &last) == 2 && *first >= 0 && *first <= last)
        return last - *first < NAMES_MOST ? last - *first + 1 : NAMES_MOST + 1;
    *first = 0;
    char number[16];
    const char *value = isalpha((unsigned char)*text) && x->value ? x->value(x->ctx, text, n) : NULL;
    snprintf(number, sizeof number, "%.*s", value ? 15 : (int)(n < 15 ? n : 15), value ? value : text);
    char *end;
    const long v = strtol(number, &end, 10);
    return end == number || *end || v < 0 ? -1 : v <= NAMES_MOST ? v : NAMES_MOST + 1;
}

/* Writes out the first braces of a word, and with each of its values the rest. */
static int expand_word(struct expansion *x, const char *word)
{
    char text[2 * NN_NAME];
    const char *open = strchr(word, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close)
        return open ? err_set(x->e, ERR_USAGE, "'%.60s' has no '}'", word) : add_tensor_name(x, word);
    long first;
    const long count = count_of(x, open + 1, (size_t)(close - open - 1), &first);
    if (count > NAMES_MOST || x->words++ == WORDS_MOST)
        return err_set(x->e, ERR_USAGE, "'%.60s' counts through more than %d names", word, NAMES_MOST);
    for (long i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%.*s%ld%s", (int)(open - word), word, first + i, close + 1);
        if (expand_word(x, text))
            return -1;
    }
    for (const char *one = open + 1; count < 0 && one < close;) {
        const size_t n = strcspn(one, ",}");
        snprintf(text, sizeof text, "%.*s%.*s%s", (int)(open - word), word, (int)n, one, close + 1);
        if (expand_word(x, text))
            return -1;
        one += n + 1;
    }
    return 0;
}

int nn_names_expand(const char *list, const char *(*value)(const void *ctx, const char *name, size_t n),
                    const void *ctx, struct arena *a, const char ***name, int *n, struct err *e)
{
    struct expansion x = {.value = value, .ctx = ctx, .a = a, .e = e};
    char word[NN_NAME];
    for (const char *p = list; *(p += strspn(p, " \t\n"));) {
        const size_t length = strcspn(p, " \t\n");
        if (length >= sizeof word)
            return err_set(e, ERR_USAGE, "'%.40s...' is longer than %d bytes", p, NN_NAME - 1);
        snprintf(word, sizeof word, "%.*s", (int)length, p);
        if (expand_word(&x, word))
            return -1;
        p += length;
    }
    *name = x.name;
    *n = x.n;
    return 0;
}
