/* normal.c - networks in normal words, so that two that are written differently and are the same have one text. */
#include "base/str.h"
#include "nn/parse.h"

#include <string.h>

/* A pair of equal numbers is written once, but for the kernel of a convolution: as nearly everybody writes them. */
static const char *value_text(const struct layer_type *l, const struct param *p, const void *args, char *buf, size_t n)
{
    param_text(p, args, buf, n);
    char *x = p->type == P_PAIR || p->type == P_TEXT ? strchr(buf, 'x') : NULL;
    int kernel = p == l->params && l->flags & COUNTS;
    if (x && !kernel && (size_t)(x - buf) == strlen(x + 1) && !memcmp(buf, x + 1, strlen(x + 1)))
        *x = 0;
    return buf;
}

/* What args are when only the rows without a default are given: *plain is filled. */
static void plain_args(const struct layer_type *l, const void *args, void *plain)
{
    struct err ignored = {0};
    param_defaults(l->params, plain);
    for (const struct param *p = l->params; p->name; p++) {
        char buf[128];
        if (!p->preset && p->type != P_FLAG)
            param_set(p, plain, param_text(p, args, buf, sizeof buf), NULL, &ignored);
    }
    if (l->check)
        l->check(plain, &ignored);
}

/* Whether the i-th row says something: it has no default, or was given and is not what comes without it. */
static int says(const struct item *it, int i, void **plain, struct arena *a)
{
    const struct layer_type *l = it->type;
    const struct param *p = &l->params[i];
    char value[128], usual[128];
    if (!p->preset && p->type != P_FLAG)
        return 1;
    if (!(it->given >> i & 1))
        return 0;
    if (!*plain && (*plain = arena_take(a, l->args_size)))
        plain_args(l, it->args, *plain);
    return !*plain ||
           strcmp(value_text(l, p, it->args, value, sizeof value), value_text(l, p, *plain, usual, sizeof usual)) != 0;
}

static void put_layer(struct str *out, const struct item *it, struct arena *a)
{
    const struct layer_type *l = it->type;
    void *plain = NULL;
    int named = 0;
    str_add(out, out->n ? ", " : "");
    str_add(out, l->name);
    for (int i = 0; l->params && l->params[i].name; i++) {
        char value[128];
        named |= i >= l->positional;
        if (!says(it, i, &plain, a)) {
            named = 1; /* the next one cannot go without its name */
            continue;
        }
        str_add(out, named ? " " : "");
        str_add(out, named ? l->params[i].name : "");
        str_add(out, " ");
        str_add(out, value_text(l, &l->params[i], it->args, value, sizeof value));
    }
}

static int put_items(struct str *out, const struct item *it, int last, struct arena *a)
{
    for (; it; it = it->next) {
        int end = last && !it->next;
        if (it->kind == ITEM_LAYER && end && it->type->flags & LAST)
            continue; /* the loss has it anyway */
        if (it->kind == ITEM_LAYER)
            put_layer(out, it, a);
        for (int i = 0; it->kind == ITEM_GROUP && i < it->times; i++)
            if (out->failed || out->n > ((size_t)1 << 20) || put_items(out, it->body, end && i == it->times - 1, a))
                return -1;
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
    if (!parse_layers(lines, nlines, a, &items, &errs) && !put_items(&out, items, 1, a))
        text = arena_strn(a, out.p, out.n);
    err_list_release(&errs);
    str_release(&out);
    return text;
}
