/* call.c reads the words of one layer or block by the rows of its table, and says what is wrong with them. */
#include "nn/text/parser.h"

#include "base/str.h"
#include "nn/blocks/library.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds an error about the words of a call; of a defined block it says where that is. */
static void __attribute__((format(printf, 3, 4))) add_call_error(struct parser *p, struct call *c, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->wrong = 1;
    if (c->defined && c->defined->at.line)
        add_error(p, "%s ([block.%s], line %d)", text, c->name, c->defined->at.line);
    else if (c->defined)
        add_error(p, "%s (`sweep list blocks %s` prints the block)", text, c->name);
    else
        add_error(p, "%s", text);
}

/* Returns the i-th word that may begin an item at the parser's place. */
static const char *known_name(size_t i, const void *parser)
{
    const struct parser *p = parser;
    const struct nn_library *l = p->line < p->nlines ? p->lines[p->line].library : NULL;
    size_t n = 0;
    for (size_t t = 0; layer_types[t]; t++) {
        if (n++ == i)
            return layer_types[t]->name;
        if (layer_types[t]->alias && n++ == i)
            return layer_types[t]->alias;
    }
    for (size_t t = 0; block_types[t]; t++)
        if (*block_types[t]->name && n++ == i)
            return block_types[t]->name;
    for (size_t t = 0; library_blocks[t].name; t++)
        if (n++ == i)
            return library_blocks[t].name;
    return l && i - n < l->n ? l->block[i - n].name : NULL;
}

static const char *known_option(size_t i, const void *ctx)
{
    const struct param *rows = ctx;
    return rows ? rows[i].name : NULL;
}

/* Writes the names of the first `most` rows. */
static void list_options(const struct param *rows, int most, char *buf, size_t n)
{
    size_t used = 0;
    buf[0] = 0;
    for (int i = 0; i < most && rows && rows[i].name && used < n; i++)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "", rows[i].name);
}

/* Returns the first positional row without a value. */
static const struct param *due_row(const struct call *c)
{
    for (int i = 0; i < c->positional; i++)
        if (!(c->given & 1ull << i))
            return &c->params[i];
    return NULL;
}

static void unknown_word(struct parser *p, struct call *c, const char *w)
{
    char args[160], range[320];
    const struct param *due = due_row(c);
    int option = isalpha((unsigned char)*w) && c->params && c->params[0].name;
    list_options(c->params, option ? INT_MAX : c->positional, args, sizeof args);
    const char *near = str_nearest(w, known_option, c->params);
    if (w[0] == 'x' && !w[1 + strspn(w + 1, "0123456789")])
        add_call_error(p, c, "%s is not repeated by itself; write { %s ... } x N", c->name, c->name);
    else if (layer_find(w) || find_defined(p, w))
        add_error(p, "'%s' is a %s of its own; put a comma before it", w, layer_find(w) ? "layer" : "block");
    else if (near)
        add_call_error(p, c, "%s has no option '%s'; did you mean '%s'?", c->name, w, near);
    else if (due && c->defined)
        add_call_error(p, c, "%s: '%s' is not a number, as the default of %s is; write '%s %s'", c->name, w, due->name,
                       due->name, w);
    else if (due)
        add_call_error(p, c, "%s: %s: '%s' is not %s", c->name, due->name, w, param_range(due, range, sizeof range));
    else if (option)
        add_call_error(p, c, "%s has no option '%s'; it has %s", c->name, w, args);
    else if (c->positional)
        add_call_error(p, c, "'%s' is too much: %s takes %s, then options with their names", w, c->name, args);
    else
        add_call_error(p, c, "'%s' is too much: %s takes no arguments without their names", w, c->name);
}

static void set_row(struct parser *p, struct call *c, const struct param *row, const char *value)
{
    struct err e = {0};
    unsigned long long bit = 1ull << (row - c->params);
    if (c->given & bit) {
        add_call_error(p, c, "%s: %s is given twice", c->name, row->name);
        return;
    }
    c->given |= bit;
    if (row->type == P_TEXT && strlen(value) == WORD_MAX - 1) {
        add_call_error(p, c, "%s: %s: '%.20s...' is longer than %d letters", c->name, row->name, value, WORD_MAX - 2);
        return;
    }
    if (row->type == P_TEXT && !(value = parse_copy(p, value, strlen(value))))
        return;
    if (param_set(row, c->args, value, NULL, &e))
        add_call_error(p, c, "%s: %s", c->name, e.text);
}

/* Returns the next positional row not yet given, for a word that can be a value: anything but a name where a number is
 * due. What a defined block has as a default tells what is due there. */
static const struct param *positional_row(const struct call *c, const char *w)
{
    double v;
    const struct param *row = due_row(c);
    int number = row && (row->type == P_INT || row->type == P_FLOAT || row->type == P_PAIR || row->type == P_EXTENT);
    if (row && c->defined && row->preset && !str_to_double(row->preset, &v))
        number = 1;
    return number && isalpha((unsigned char)*w) ? NULL : row;
}

/* Reads one word, or an option and its value. 0, or -1 when what follows makes no sense any more. */
static int read_word(struct parser *p, struct call *c)
{
    char w[WORD_MAX], value[WORD_MAX], range[320];
    const struct param *row = param_find(c->params, word_text(p, w));
    if (!row) {
        row = positional_row(c, w);
        if (row)
            set_row(p, c, row, w);
        else
            unknown_word(p, c, w);
        next_token(p);
        return row ? 0 : -1;
    }
    next_token(p);
    if (row->type == P_FLAG) {
        set_row(p, c, row, "");
        return 0;
    }
    if (p->tok != T_WORD) {
        add_call_error(p, c, "%s: %s wants a value, %s", c->name, row->name, param_range(row, range, sizeof range));
        return -1;
    }
    set_row(p, c, row, word_text(p, value));
    next_token(p);
    return 0;
}

/* Tells what is missing, and what does not go together. */
static void check_call(struct parser *p, struct call *c)
{
    char range[320];
    int lacks = 0;
    const struct param *row = c->params;
    for (int i = 0; row && row[i].name; i++)
        if (!row[i].preset && row[i].type != P_FLAG && !(c->given & 1ull << i)) {
            if (c->defined)
                add_call_error(p, c, "%s lacks %s: %s", c->name, row[i].name, row[i].help);
            else
                add_call_error(p, c, "%s lacks %s: %s, %s", c->name, row[i].name, row[i].help,
                               param_range(&row[i], range, sizeof range));
            lacks = 1;
        }
    struct err e = {0};
    if (!lacks && c->check && c->check(c->args, &e))
        add_call_error(p, c, "%s: %s", c->name, e.text);
}

void unknown_name(struct parser *p, const char *name)
{
    const char *near = str_nearest(name, known_name, p), *after = p->p;
    while (isspace((unsigned char)*after))
        after++;
    if (*after == '{' && !(near && block_find(near))) {
        next_token(p);
        refuse_braces(p, name);
        return;
    }
    if (near)
        add_error(p, "unknown %s '%s'; did you mean '%s'?", *after == '{' ? "block" : "layer", name, near);
    else
        add_error(p, "unknown layer '%s'; `sweep list layers` names them all", name);
    skip_words(p);
    skip_braces(p);
}

void parse_words(struct parser *p, struct call *c)
{
    if (c->params)
        param_defaults(c->params, c->args);
    next_token(p);
    while (p->tok == T_WORD && !c->wrong)
        if (read_word(p, c))
            c->wrong = 1;
    skip_words(p);
    if (!c->wrong)
        check_call(p, c);
}
