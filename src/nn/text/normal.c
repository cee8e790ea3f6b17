/* normal.c - networks in normal words, so that two that are written differently and are the same have one text. */
#include "base/str.h"
#include "nn/text/parse.h"

#include <ctype.h>
#include <string.h>

/* What the rows of layers and of blocks have in common. */
struct vocabulary {
    const char *name;
    const struct param *params;
    int positional, kernel; /* kernel: the first row is the kernel of a convolution */
    size_t args_size;
    int (*check)(void *args, struct err *e);
};

static struct vocabulary vocabulary_of(const struct item *it)
{
    const struct layer_type *l = it->type;
    const struct block_type *b = it->block;
    if (it->kind == ITEM_LAYER)
        return (struct vocabulary){l->name, l->params, l->positional, (l->flags & COUNTS) != 0, l->args_size, l->check};
    return (struct vocabulary){b->name, b->params, b->positional, 0, b->args_size, NULL};
}

/* Whether a text is a number again and again: "3x3", "2x2x2". */
static int repeats_one_number(const char *text)
{
    const size_t n = strcspn(text, "x");
    const char *x = text + n;
    while (*x == 'x' && !strncmp(x + 1, text, n) && (x[n + 1] == 'x' || !x[n + 1]))
        x += n + 1;
    return n && !*x && x > text + n;
}

/* Writes a value. Equal numbers are written once, or twice if they are the kernel of a convolution: as nearly everybody
 * does. */
static const char *value_text(const struct vocabulary *v, const struct param *p, const void *args, char *buf, size_t n)
{
    param_text(p, args, buf, n);
    const int pair = p->type == P_TEXT && isdigit((unsigned char)*buf) && strchr(buf, 'x') == strrchr(buf, 'x');
    const int kernel = v->kernel && p == v->params;
    const size_t digits = strcspn(buf, "x");
    if ((pair || p->type == P_PAIR || p->type == P_EXTENT) && repeats_one_number(buf))
        buf[kernel ? 2 * digits + 1 : digits] = 0;
    return buf;
}

/* Fills *plain with what args are when only the rows without a default are given. */
static void plain_args(const struct vocabulary *v, const void *args, void *plain)
{
    struct err ignored = {0};
    param_defaults(v->params, plain);
    for (const struct param *p = v->params; p->name; p++) {
        char buf[128];
        if (!p->preset && p->type != P_FLAG)
            param_set(p, plain, param_text(p, args, buf, sizeof buf), NULL, &ignored);
    }
    if (v->check)
        v->check(plain, &ignored);
}

/* Says whether the i-th row says something: it has no default, or was given and is not what comes without it. */
static int says(const struct vocabulary *v, const struct item *it, int i, void **plain, struct arena *a)
{
    const struct param *p = &v->params[i];
    char value[128], usual[128];
    if (!p->preset && p->type != P_FLAG)
        return 1;
    if (!(it->given >> i & 1))
        return 0;
    if (!*plain && (*plain = arena_take(a, v->args_size)))
        plain_args(v, it->args, *plain);
    return !*plain ||
           strcmp(value_text(v, p, it->args, value, sizeof value), value_text(v, p, *plain, usual, sizeof usual)) != 0;
}

/* Appends the name and words of a layer or block. */
static void put_words(struct str *out, const struct item *it, struct arena *a)
{
    const struct vocabulary v = vocabulary_of(it);
    void *plain = NULL;
    int named = 0;
    str_add(out, v.name);
    for (int i = 0; v.params && v.params[i].name; i++) {
        char value[128];
        named |= i >= v.positional;
        if (!says(&v, it, i, &plain, a)) {
            named = 1; /* the next one cannot go without its name */
            continue;
        }
        str_add(out, named ? " " : "");
        str_add(out, named ? v.params[i].name : "");
        if (v.params[i].type == P_FLAG)
            continue;
        str_add(out, " ");
        str_add(out, value_text(&v, &v.params[i], it->args, value, sizeof value));
    }
}

static int put_items(struct str *out, const struct item *it, const char *before, int last, struct arena *a);

static int too_long(const struct str *out)
{
    return out->failed || out->n > ((size_t)1 << 20);
}

/* Appends a block with a name, once. */
static int put_block(struct str *out, const struct item *it, struct arena *a)
{
    put_words(out, it, a);
    for (int i = 0; i < it->nbodies; i++) {
        str_add(out, i ? " | " : " { ");
        size_t n = out->n;
        if (put_items(out, it->body[i], "", 0, a))
            return -1;
        str_add(out, out->n == n ? PARSE_NONE : "");
    }
    str_add(out, it->nbodies ? " }" : "");
    return too_long(out) ? -1 : 0;
}

/* Appends a sequence; `before` goes between it and what is there already. */
static int put_items(struct str *out, const struct item *it, const char *before, int last, struct arena *a)
{
    for (; it; it = it->next) {
        int end = last && !it->next;
        size_t n = out->n;
        if (it->kind == ITEM_LAYER && end && it->type->flags & LAST)
            continue; /* the loss has it anyway */
        if (it->kind == ITEM_LAYER) {
            str_add(out, before);
            put_words(out, it, a);
        }
        for (int i = 0; it->kind == ITEM_BLOCK && i < it->times; i++) {
            if (*it->block->name)
                str_add(out, before);
            if (too_long(out) || (*it->block->name ? put_block(out, it, a)
                                                   : put_items(out, it->body[0], before, end && i == it->times - 1, a)))
                return -1;
            if (out->n == n) /* nothing, repeated, is nothing */
                break;
            before = ", ";
        }
        before = out->n > n ? ", " : before;
    }
    return out->failed ? -1 : 0;
}

const char *nn_lines_text(const struct nn_line *lines, size_t nlines, struct arena *a)
{
    struct item *items;
    struct err_list errs = {0};
    struct str out = {0};
    const char *text = NULL;
    str_add(&out, "");
    if (!parse_layers(lines, nlines, a, &items, &errs) && !put_items(&out, items, "", 1, a))
        text = arena_strn(a, out.p, out.n);
    err_list_release(&errs);
    str_release(&out);
    return text;
}
