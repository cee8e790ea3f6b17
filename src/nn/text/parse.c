/* parse.c parses the lines of `layers` to a tree of layers and groups. */
#include "nn/text/parser.h"

#include <stdio.h>
#include <string.h>

#define TIMES_MAX 1000
#define BODIES_MAX 64 /* no row of blocks.c has more */

struct item *new_item(struct parser *p, enum item_kind kind, size_t args_size, struct call *c)
{
    struct item *it = parse_alloc(p, sizeof *it);
    p->all->items++;
    c->args = parse_alloc(p, args_size);
    if (!it || !c->args)
        return NULL;
    *it = (struct item){.kind = kind, .at = *place_of_token(p), .line = line_of_layers(p), .args = c->args, .times = 1};
    return it;
}

/* Reads the word `none`: a group of nothing. */
static struct item *parse_none(struct parser *p)
{
    char w[WORD_MAX];
    struct item *it = parse_alloc(p, sizeof *it);
    if (it)
        *it = (struct item){.kind = ITEM_BLOCK, .at = *place_of_token(p), .line = line_of_layers(p)};
    next_token(p);
    if (p->tok == T_WORD)
        add_error(p, "'%s' is too much: '" PARSE_NONE "' is no layer and takes nothing", word_text(p, w));
    skip_words(p);
    return it;
}

static struct item *parse_layer(struct parser *p, const struct layer_type *type, struct call *c)
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
    parse_words(p, c);
    it->given = c->given;
    if (p->tok == T_OPEN)
        refuse_braces(p, c->name);
    it->text = parse_copy(p, from, (size_t)(p->last - from));
    return it;
}

/* Reads over braces, if the token is one, and the repetition after them. */
void skip_braces(struct parser *p)
{
    int open = p->tok == T_OPEN;
    while (open && p->tok != T_END) {
        next_token(p);
        open += p->tok == T_OPEN;
        open -= p->tok == T_CLOSE;
        if (!open)
            next_token(p);
    }
    skip_words(p);
}

/* Refuses the braces after a word that takes none, and reads over them. */
void refuse_braces(struct parser *p, const char *name)
{
    add_error(p, "'%s' does not take braces; { ... } x N repeats what is inside", name);
    skip_braces(p);
}

/* Reads what may follow '}': x N, xN, or nothing. */
static int parse_times(struct parser *p)
{
    static const struct param row = {.name = "x", .type = P_INT, .min = 0, .max = TIMES_MAX, .help = ""};
    char w[WORD_MAX], n[WORD_MAX];
    int times = 1;
    struct err e = {0};
    if (p->tok != T_WORD)
        return 1;
    word_text(p, w);
    if (w[0] != 'x') {
        add_error(p, "'%s' after '}': x N repeats the group, a comma goes on", w);
        skip_words(p);
        return 1;
    }
    const char *count = w + 1;
    if (!*count) { /* "x 3" rather than "x3" */
        next_token(p);
        count = p->tok == T_WORD ? word_text(p, n) : "";
    }
    if (param_set(&row, &times, count, NULL, &e))
        add_error(p, "how often to repeat the group: '%s' is not an integer 0..%d", count, TIMES_MAX);
    if (p->tok == T_WORD)
        next_token(p);
    return times;
}

/* Reads the bodies of a block from its '{' into v[], up to and with the '}'. Returns how many, -1 with an error. */
static int parse_bodies(struct parser *p, struct item **v, int most)
{
    size_t opened = p->line, errors = p->all->errs->n;
    int n = 0, deeper = !go_deeper(p);
    while (!deeper && p->tok != T_END)
        next_token(p);
    do {
        next_token(p);
        struct item *body = parse_sequence(p, 1);
        if (!body && p->all->errs->n == errors)
            add_error(p, "nothing stands between '%s' and '%s'", n ? "|" : "{", p->tok == T_BAR ? "|" : "}");
        if (n < most)
            v[n] = body;
        n++;
    } while (p->tok == T_BAR);
    p->all->depth -= deeper;
    if (p->tok == T_CLOSE) {
        next_token(p);
        return n;
    }
    if (p->all->errs->n == errors) {
        size_t reached = p->line;
        p->line = opened;
        add_error(p, "'{' is never closed");
        p->line = reached;
    }
    return -1;
}

/* Reads a block from its name, or from a '{' alone. */
static struct item *parse_block(struct parser *p, const struct block_type *type, struct call *c)
{
    const char *from = p->start;
    struct item *it = new_item(p, ITEM_BLOCK, type->args_size, c), *v[BODIES_MAX];
    if (!it)
        return NULL;
    it->block = type;
    c->params = type->params;
    c->positional = type->positional;
    if (*type->name)
        parse_words(p, c);
    it->given = c->given;
    it->text = *type->name ? parse_copy(p, from, (size_t)(p->last - from)) : "{";
    it->body = parse_alloc(p, (size_t)(type->most + 1) * sizeof *it->body);
    if (!it->text || !it->body)
        return NULL;
    if (!type->most) {
        if (p->tok == T_OPEN)
            refuse_braces(p, c->name);
        return it;
    }
    if (p->tok != T_OPEN) {
        add_error(p, "%s wants braces: %s %s", type->name, type->name, type->sig);
        return NULL;
    }
    it->nbodies = parse_bodies(p, v, type->most);
    if (it->nbodies < 0)
        return NULL;
    if (it->nbodies < type->least || it->nbodies > type->most) {
        add_error(p, "'%s' has %d part%s between '|', it takes %d%s", it->text, it->nbodies,
                  it->nbodies == 1 ? "" : "s", type->least, type->most > type->least ? " or more" : "");
        return NULL;
    }
    memcpy(it->body, v, (size_t)it->nbodies * sizeof *v);
    it->times = parse_times(p);
    return it;
}

/* Reads the item that a word begins: a layer, a block, or something unknown. */
static struct item *parse_named(struct parser *p)
{
    struct call c = {.params = NULL};
    const struct layer_type *type = layer_find(word_text(p, c.name));
    const struct block_type *with_braces = block_find(c.name);
    const struct nn_defined *defined = find_defined(p, c.name);
    if (!strcmp(c.name, PARSE_NONE))
        return parse_none(p);
    if (type)
        return parse_layer(p, type, &c);
    if (with_braces)
        return parse_block(p, with_braces, &c);
    if (defined)
        return parse_defined(p, defined, &c);
    unknown_name(p, c.name);
    return NULL;
}

/* Steps over something that cannot begin an item, and tells what is wrong. */
static void unexpected_token(struct parser *p)
{
    if (p->tok == T_COMMA)
        add_error(p, "a layer is missing before the comma");
    else if (p->tok == T_CLOSE)
        add_error(p, "'}' without its '{'");
    else
        add_error(p, "'|' separates branches, and there is no branch here");
    next_token(p);
}

static struct item *parse_item(struct parser *p)
{
    struct call c = {.name = "{"};
    if (p->tok == T_OPEN)
        return parse_block(p, block_find(""), &c);
    if (p->tok == T_WORD)
        return parse_named(p);
    unexpected_token(p);
    return NULL;
}

static void skip_ends(struct parser *p)
{
    while (p->tok == T_EOL)
        next_token(p);
}

struct item *parse_sequence(struct parser *p, int inside)
{
    struct item *first = NULL, **tail = &first;
    for (;;) {
        skip_ends(p);
        if (p->tok == T_END || (inside && (p->tok == T_CLOSE || p->tok == T_BAR)))
            return first;
        struct item *it = parse_item(p);
        if (it) {
            *tail = it;
            tail = &it->next;
        }
        if (p->tok == T_COMMA) {
            next_token(p);
            if (p->tok == T_EOL || p->tok == T_END || p->tok == T_CLOSE || p->tok == T_BAR)
                add_error(p, "a layer is missing after the last comma");
        } else if (it && (p->tok == T_OPEN || p->tok == T_WORD)) {
            add_error(p, "a comma is missing before '%.*s'", (int)p->len, p->start);
        }
    }
}

int go_deeper(struct parser *p)
{
    if (p->all->depth == DEPTH_MAX) {
        add_error(p, "more than %d groups inside each other", DEPTH_MAX);
        return -1;
    }
    p->all->depth++;
    return 0;
}

/* Copies the places of the lines, with texts of their own. */
static int copy_places(struct parser *p)
{
    p->at = parse_alloc(p, (p->nlines ? p->nlines : 1) * sizeof *p->at);
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
        to->file = from->file ? parse_copy(p, from->file, strlen(from->file)) : NULL;
        to->section = from->section ? parse_copy(p, from->section, strlen(from->section)) : NULL;
        to->key = from->key ? parse_copy(p, from->key, strlen(from->key)) : NULL;
    }
    return 0;
}

int parse_layers(const struct nn_line *lines, size_t nlines, struct arena *a, struct item **out, struct err_list *errs)
{
    struct parsing all = {.a = a, .errs = errs};
    struct parser p = {.all = &all, .lines = lines, .nlines = nlines};
    size_t before = errs->n;
    *out = NULL;
    if (!copy_places(&p)) {
        first_token(&p);
        *out = parse_sequence(&p, 0);
    }
    if (all.nomem) {
        struct err e = {0};
        err_set(&e, ERR_NOMEM, "no memory for the network");
        err_list_take(errs, &e);
    }
    return errs->n > before ? -1 : 0;
}
