/* parse.c parses the lines of `layers` to a tree of layers and groups. */
#include "nn/text/parse.h"

#include "base/str.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 96
#define DEPTH_MAX 32
#define TIMES_MAX 1000
#define BODIES_MAX 64 /* no row of blocks.c has more */

enum token { T_WORD, T_COMMA, T_OPEN, T_CLOSE, T_BAR, T_EOL, T_END };

struct parser {
    const struct nn_line *lines;
    size_t nlines, line; /* `line`: the one being read */
    const char *p;       /* behind the token */
    enum token tok;
    const char *start; /* of the token */
    size_t len;
    const char *last; /* end of the last word taken */

    struct where *at; /* [nlines] copies that outlive the text */
    struct arena *a;
    struct err_list *errs;
    size_t before; /* errors in the list when parsing began */
    int depth;
    int nomem;
};

/* --- tokens --- */

static void next(struct parser *p)
{
    static const struct {
        char c;
        enum token tok;
    } marks[] = {{',', T_COMMA}, {'{', T_OPEN}, {'}', T_CLOSE}, {'|', T_BAR}};
    if (p->tok == T_EOL)
        p->p = ++p->line < p->nlines ? p->lines[p->line].text : NULL;
    p->last = p->tok == T_WORD ? p->start + p->len : p->last;
    if (!p->p) {
        p->tok = T_END;
        return;
    }
    while (isspace((unsigned char)*p->p))
        p->p++;
    p->start = p->p;
    p->len = 1;
    if (!*p->p) {
        p->tok = T_EOL;
        return;
    }
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (*p->p == marks[i].c) {
            p->tok = marks[i].tok;
            p->p++;
            return;
        }
    p->tok = T_WORD;
    p->len = 0;
    while (p->start[p->len] && !isspace((unsigned char)p->start[p->len]) && !strchr(",{}|", p->start[p->len]))
        p->len++;
    p->p += p->len;
}

static const struct where *here(const struct parser *p)
{
    return p->nlines ? &p->at[p->line < p->nlines ? p->line : p->nlines - 1] : NULL;
}

/* err_set at the line of the token; goes on. */
#define complain(p, ...)                                                                                               \
    do {                                                                                                               \
        struct err complaint_ = {0};                                                                                   \
        err_at(&complaint_, ERR_USAGE, here(p), __VA_ARGS__);                                                          \
        err_list_take((p)->errs, &complaint_);                                                                         \
    } while (0)

static void *take(struct parser *p, size_t n)
{
    void *r = arena_take(p->a, n);
    p->nomem |= !r;
    return r;
}

/* The current word, cut to WORD_MAX, which no word of the vocabulary reaches. */
static const char *word(const struct parser *p, char buf[WORD_MAX])
{
    size_t n = p->len < WORD_MAX - 1 ? p->len : WORD_MAX - 1;
    memcpy(buf, p->start, n);
    buf[n] = 0;
    return buf;
}

static void skip_words(struct parser *p)
{
    while (p->tok == T_WORD)
        next(p);
}

/* --- one layer --- */

static const char *known_layer(size_t i, const void *ctx)
{
    size_t n = 0;
    (void)ctx;
    for (size_t t = 0; layer_types[t]; t++) {
        if (n++ == i)
            return layer_types[t]->name;
        if (layer_types[t]->alias && n++ == i)
            return layer_types[t]->alias;
    }
    for (size_t t = 0; block_types[t]; t++)
        if (*block_types[t]->name && n++ == i)
            return block_types[t]->name;
    return NULL;
}

static const char *known_option(size_t i, const void *ctx)
{
    const struct param *rows = ctx;
    return rows ? rows[i].name : NULL;
}

struct call {                   /* a layer or block being read */
    const struct param *params; /* NULL: it takes no words */
    int positional;
    int (*check)(void *args, struct err *e);
    void *args;
    unsigned long long given; /* bit i: row i of params is set */
    int wrong;
    char name[WORD_MAX]; /* as written */
};

/* The names of the first `most` rows. */
static void list_options(const struct param *rows, int most, char *buf, size_t n)
{
    size_t used = 0;
    buf[0] = 0;
    for (int i = 0; i < most && rows && rows[i].name && used < n; i++)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "", rows[i].name);
}

/* The first positional row without a value. */
static const struct param *due_row(const struct call *c)
{
    for (int i = 0; i < c->positional; i++)
        if (!(c->given & 1ull << i))
            return &c->params[i];
    return NULL;
}

static void unknown_word(struct parser *p, const struct call *c, const char *w)
{
    char args[160], range[320];
    const struct param *due = due_row(c);
    int option = isalpha((unsigned char)*w) && c->params && c->params[0].name;
    list_options(c->params, option ? INT_MAX : c->positional, args, sizeof args);
    const char *near = str_nearest(w, known_option, c->params);
    if (layer_find(w))
        complain(p, "'%s' is a layer of its own; put a comma before it", w);
    else if (near)
        complain(p, "%s has no option '%s'; did you mean '%s'?", c->name, w, near);
    else if (due)
        complain(p, "%s: %s: '%s' is not %s", c->name, due->name, w, param_range(due, range, sizeof range));
    else if (option)
        complain(p, "%s has no option '%s'; it has %s", c->name, w, args);
    else if (c->positional)
        complain(p, "'%s' is too much: %s takes %s, then options with their names", w, c->name, args);
    else
        complain(p, "'%s' is too much: %s takes no arguments without their names", w, c->name);
}

static void set(struct parser *p, struct call *c, const struct param *row, const char *value)
{
    struct err e = {0};
    unsigned long long bit = 1ull << (row - c->params);
    if (c->given & bit) {
        complain(p, "%s: %s is given twice", c->name, row->name);
        c->wrong = 1;
        return;
    }
    c->given |= bit;
    if (row->type == P_TEXT) {
        value = arena_str(p->a, value);
        p->nomem |= !value;
        if (!value)
            return;
    }
    if (param_set(row, c->args, value, NULL, &e)) {
        complain(p, "%s: %s", c->name, e.text);
        c->wrong = 1;
    }
}

/* The next positional row not yet given, for a word that can be a value: anything but a name where a number is due. */
static const struct param *positional_row(const struct call *c, const char *w)
{
    const struct param *row = due_row(c);
    int number = row && (row->type == P_INT || row->type == P_FLOAT || row->type == P_PAIR);
    return number && isalpha((unsigned char)*w) ? NULL : row;
}

/* One word, or an option and its value. 0, or -1 when what follows makes no sense any more. */
static int argument(struct parser *p, struct call *c)
{
    char w[WORD_MAX], value[WORD_MAX], range[320];
    const struct param *row = param_find(c->params, word(p, w));
    if (!row) {
        row = positional_row(c, w);
        if (row)
            set(p, c, row, w);
        else
            unknown_word(p, c, w);
        next(p);
        return row ? 0 : -1;
    }
    next(p);
    if (row->type == P_FLAG) {
        set(p, c, row, "");
        return 0;
    }
    if (p->tok != T_WORD) {
        complain(p, "%s: %s wants a value, %s", c->name, row->name, param_range(row, range, sizeof range));
        return -1;
    }
    set(p, c, row, word(p, value));
    next(p);
    return 0;
}

static void check_call(struct parser *p, struct call *c)
{
    char range[320];
    const struct param *row = c->params;
    for (int i = 0; row && row[i].name; i++)
        if (!row[i].preset && row[i].type != P_FLAG && !(c->given & 1ull << i)) {
            complain(p, "%s lacks %s: %s, %s", c->name, row[i].name, row[i].help,
                     param_range(&row[i], range, sizeof range));
            c->wrong = 1;
        }
    struct err e = {0};
    if (!c->wrong && c->check && c->check(c->args, &e))
        complain(p, "%s: %s", c->name, e.text);
}

static void braces_after(struct parser *p, const char *name);
static void skip_braces(struct parser *p);

/* At a name that is none. */
static void unknown_layer(struct parser *p, const char *name)
{
    const char *near = str_nearest(name, known_layer, NULL), *behind = p->p;
    while (isspace((unsigned char)*behind))
        behind++;
    if (*behind == '{' && !(near && block_find(near))) {
        next(p);
        braces_after(p, name);
        return;
    }
    if (near)
        complain(p, "unknown %s '%s'; did you mean '%s'?", *behind == '{' ? "block" : "layer", name, near);
    else
        complain(p, "unknown layer '%s'; `sweep list layers` names them all", name);
    skip_words(p);
    skip_braces(p);
}

/* The words behind the name, into c->args. */
static void arguments(struct parser *p, struct call *c)
{
    if (c->params)
        param_defaults(c->params, c->args);
    next(p);
    while (p->tok == T_WORD && !c->wrong)
        if (argument(p, c))
            c->wrong = 1;
    skip_words(p);
    if (!c->wrong)
        check_call(p, c);
}

/* At the word `none`: a group of nothing. */
static struct item *nothing(struct parser *p)
{
    char w[WORD_MAX];
    struct item *it = take(p, sizeof *it);
    if (it)
        *it = (struct item){.kind = ITEM_BLOCK, .at = *here(p), .line = (int)p->line + 1};
    next(p);
    if (p->tok == T_WORD)
        complain(p, "'%s' is too much: '" PARSE_NONE "' is no layer and takes nothing", word(p, w));
    skip_words(p);
    return it;
}

static struct item *new_item(struct parser *p, enum item_kind kind, size_t args_size, struct call *c)
{
    struct item *it = take(p, sizeof *it);
    c->args = take(p, args_size);
    if (!it || !c->args)
        return NULL;
    *it = (struct item){.kind = kind, .at = *here(p), .line = (int)p->line + 1, .args = c->args, .times = 1};
    return it;
}

static struct item *layer(struct parser *p, const struct layer_type *type, struct call *c)
{
    const char *from = p->start;
    struct item *it = new_item(p, ITEM_LAYER, type->args_size, c);
    if (!it) {
        skip_words(p);
        return NULL;
    }
    it->type = type;
    c->params = type->params;
    c->positional = type->positional;
    c->check = type->check;
    arguments(p, c);
    it->given = c->given;
    if (p->tok == T_OPEN)
        braces_after(p, c->name);
    it->text = arena_strn(p->a, from, (size_t)(p->last - from));
    p->nomem |= !it->text;
    return it;
}

/* --- groups and sequences --- */

static struct item *sequence(struct parser *p, int inside);

/* Reads over braces, if the token is one, and the repetition after them. */
static void skip_braces(struct parser *p)
{
    int open = p->tok == T_OPEN;
    while (open && p->tok != T_END) {
        next(p);
        open += p->tok == T_OPEN;
        open -= p->tok == T_CLOSE;
        if (!open)
            next(p);
    }
    skip_words(p);
}

/* At the '{' of a word that takes none: says so and reads over them. */
static void braces_after(struct parser *p, const char *name)
{
    complain(p, "'%s' does not take braces; { ... } x N repeats what is inside", name);
    skip_braces(p);
}

/* Behind '}': x N, xN, or nothing. */
static int repetition(struct parser *p)
{
    static const struct param row = {"x", P_INT, 0, 0, TIMES_MAX, NULL, "", NULL, 0};
    char w[WORD_MAX], n[WORD_MAX];
    int times = 1;
    struct err e = {0};
    if (p->tok != T_WORD)
        return 1;
    word(p, w);
    if (w[0] != 'x') {
        complain(p, "'%s' after '}': x N repeats the group, a comma goes on", w);
        skip_words(p);
        return 1;
    }
    const char *count = w + 1;
    if (!*count) { /* "x 3" rather than "x3" */
        next(p);
        count = p->tok == T_WORD ? word(p, n) : "";
    }
    if (param_set(&row, &times, count, NULL, &e))
        complain(p, "how often to repeat the group: '%s' is not an integer 0..%d", count, TIMES_MAX);
    if (p->tok == T_WORD)
        next(p);
    return times;
}

/* At the '{' of a block: its bodies into v[], up to the '}', which is read. Returns how many, -1 with an error. */
static int bodies(struct parser *p, struct item **v, int most)
{
    size_t opened = p->line, errors = p->errs->n;
    int n = 0;
    if (++p->depth > DEPTH_MAX) {
        complain(p, "more than %d groups inside each other", DEPTH_MAX);
        while (p->tok != T_END)
            next(p);
    }
    do {
        next(p);
        struct item *body = sequence(p, 1);
        if (!body && p->errs->n == errors)
            complain(p, "nothing stands between '%s' and '%s'", n ? "|" : "{", p->tok == T_BAR ? "|" : "}");
        if (n < most)
            v[n] = body;
        n++;
    } while (p->tok == T_BAR);
    p->depth--;
    if (p->tok == T_CLOSE) {
        next(p);
        return n;
    }
    if (p->errs->n == errors) {
        size_t reached = p->line;
        p->line = opened;
        complain(p, "'{' is never closed");
        p->line = reached;
    }
    return -1;
}

/* At the name of a block, or at a '{' alone. */
static struct item *block(struct parser *p, const struct block_type *type, struct call *c)
{
    const char *from = p->start;
    struct item *it = new_item(p, ITEM_BLOCK, type->args_size, c), *v[BODIES_MAX];
    if (!it)
        return NULL;
    it->block = type;
    c->params = type->params;
    c->positional = type->positional;
    if (*type->name)
        arguments(p, c);
    it->given = c->given;
    it->text = *type->name ? arena_strn(p->a, from, (size_t)(p->last - from)) : "{";
    it->body = take(p, (size_t)type->most * sizeof *it->body);
    if (!it->text || !it->body) {
        p->nomem = 1;
        return NULL;
    }
    if (p->tok != T_OPEN) {
        complain(p, "%s wants braces: %s %s", type->name, type->name, type->sig);
        return NULL;
    }
    it->nbodies = bodies(p, v, type->most);
    if (it->nbodies < 0)
        return NULL;
    if (it->nbodies < type->least || it->nbodies > type->most) {
        complain(p, "'%s' has %d part%s between '|', it takes %d%s", it->text, it->nbodies, it->nbodies == 1 ? "" : "s",
                 type->least, type->most > type->least ? " or more" : "");
        return NULL;
    }
    memcpy(it->body, v, (size_t)it->nbodies * sizeof *v);
    it->times = repetition(p);
    return it;
}

/* At a word: a layer, a block, or none of them. */
static struct item *named(struct parser *p)
{
    struct call c = {.params = NULL};
    const struct layer_type *type = layer_find(word(p, c.name));
    const struct block_type *with_braces = block_find(c.name);
    if (!strcmp(c.name, PARSE_NONE))
        return nothing(p);
    if (type)
        return layer(p, type, &c);
    if (with_braces)
        return block(p, with_braces, &c);
    unknown_layer(p, c.name);
    return NULL;
}

/* Something that is no beginning of a layer: complains and steps over it. */
static void stray(struct parser *p)
{
    if (p->tok == T_COMMA)
        complain(p, "a layer is missing before the comma");
    else if (p->tok == T_CLOSE)
        complain(p, "'}' without its '{'");
    else
        complain(p, "'|' separates branches, and there is no branch here");
    next(p);
}

static struct item *one_item(struct parser *p)
{
    struct call c = {.name = "{"};
    if (p->tok == T_OPEN)
        return block(p, block_find(""), &c);
    if (p->tok == T_WORD)
        return named(p);
    stray(p);
    return NULL;
}

static void skip_ends(struct parser *p)
{
    while (p->tok == T_EOL)
        next(p);
}

static struct item *sequence(struct parser *p, int inside)
{
    struct item *first = NULL, **tail = &first;
    for (;;) {
        skip_ends(p);
        if (p->tok == T_END || (inside && (p->tok == T_CLOSE || p->tok == T_BAR)))
            return first;
        struct item *it = one_item(p);
        if (it) {
            *tail = it;
            tail = &it->next;
        }
        if (p->tok == T_COMMA) {
            next(p);
            if (p->tok == T_EOL || p->tok == T_END || p->tok == T_CLOSE || p->tok == T_BAR)
                complain(p, "a layer is missing after the last comma");
        } else if (it && (p->tok == T_OPEN || p->tok == T_WORD)) {
            complain(p, "a comma is missing before '%.*s'", (int)p->len, p->start);
        }
    }
}

/* The places of the lines, with texts of their own. */
static int copy_places(struct parser *p)
{
    p->at = take(p, (p->nlines ? p->nlines : 1) * sizeof *p->at);
    if (!p->at)
        return -1;
    for (size_t i = 0; i < p->nlines; i++) {
        const struct where *from = &p->lines[i].at, *prev = i ? &p->lines[i - 1].at : NULL;
        struct where *to = &p->at[i];
        *to = *from;
        if (prev && prev->file == from->file && prev->section == from->section && prev->key == from->key) {
            *to = p->at[i - 1];
            to->line = from->line;
            continue;
        }
        to->file = from->file ? arena_str(p->a, from->file) : NULL;
        to->section = from->section ? arena_str(p->a, from->section) : NULL;
        to->key = from->key ? arena_str(p->a, from->key) : NULL;
    }
    return 0;
}

int parse_layers(const struct nn_line *lines, size_t nlines, struct arena *a, struct item **out, struct err_list *errs)
{
    struct parser p = {.lines = lines, .nlines = nlines, .a = a, .errs = errs, .before = errs->n, .tok = T_COMMA};
    *out = NULL;
    if (!copy_places(&p)) {
        p.p = nlines ? lines[0].text : NULL;
        next(&p);
        *out = sequence(&p, 0);
    }
    if (p.nomem) {
        struct err e = {0};
        err_set(&e, ERR_NOMEM, "no memory for the network");
        err_list_take(errs, &e);
    }
    return errs->n > p.before ? -1 : 0;
}
