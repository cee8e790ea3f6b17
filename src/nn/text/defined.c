/* defined.c expands the blocks that a sweep file defines: the text of one, with the values of its parameters, is
 * parsed where its name stands, with the places of its own lines.
 *
 *     layers =                            [block.pair]          a parser reads `layers`; at the word `pair` a second
 *         conv 3x3 8                      width = 4             one reads the text of the block, and what it gives
 *         pair 16      ------------->     layers =              becomes a group of the first
 *         gap, dense 10                       conv 1x1 $width, relu
 */
#include "nn/text/parser.h"

#include "base/str.h"
#include "nn/freezing.h"

#include <stdio.h>
#include <string.h>

#define ITEMS_MAX 20000 /* far above what a network has nodes */

struct known_wrong {
    const struct nn_defined *block;
    struct known_wrong *next;
};

const struct nn_defined *find_defined(const struct parser *p, const char *name)
{
    const struct nn_library *l = p->line < p->nlines ? p->lines[p->line].library : NULL;
    for (size_t i = 0; l && i < l->n; i++)
        if (!strcmp(l->block[i].name, name))
            return &l->block[i];
    return NULL;
}

/* Adds an error that says how the block comes to use itself. */
static void add_circle_error(struct parser *p, const struct nn_defined *block)
{
    char way[300] = "";
    const struct parser *user = p;
    while (user->block != block)
        user = user->user;
    for (const struct parser *at = p; at != user; at = at->user) { /* from the inside to the outside */
        char rest[sizeof way];
        memcpy(rest, way, sizeof way);
        if ((size_t)snprintf(way, sizeof way, ", which uses %s%s", at->block->name, rest) >= sizeof way)
            way[0] = 0;
    }
    add_error(p, "block '%s' uses itself%s%s%s; a block may use others only", block->name, *way ? ": it" : "",
              *way ? way + strlen(", which") : "", *way ? ", which uses it" : "");
}

/* Says whether the block may be expanded at the parser's place; what forbids it is told, once for each block. */
static int may_expand(struct parser *p, const struct nn_defined *block)
{
    for (const struct known_wrong *w = p->all->wrong; w; w = w->next)
        if (w->block == block)
            return 0;
    for (const struct parser *user = p; user; user = user->user)
        if (user->block == block) {
            add_circle_error(p, block);
            return 0;
        }
    if (p->all->items > ITEMS_MAX && !p->all->full) {
        add_error(p, "block '%s' makes the network larger than %d layers", block->name, ITEMS_MAX);
        p->all->full = 1;
    }
    return !p->all->full;
}

static void mark_wrong(struct parser *p, const struct nn_defined *block)
{
    struct known_wrong *w = parse_alloc(p, sizeof *w);
    if (!w)
        return;
    *w = (struct known_wrong){block, p->all->wrong};
    p->all->wrong = w;
}

/* Writes what follows the place of a line of a block: ", used in line 20". */
static void use_text(const struct parser *p, char *buf, size_t n)
{
    const struct where *at = place_of_token(p);
    const char *outer = p->user ? strstr(at->file, ", used ") : NULL;
    int line = p->lines[p->line < p->nlines ? p->line : p->nlines - 1].at.line;
    if (line)
        snprintf(buf, n, ", used in line %d%s", line, outer ? outer : "");
    else
        snprintf(buf, n, ", used on the command line%s", outer ? outer : "");
}

/* Makes the places of the block's lines: "t.ini:12, used in line 20" instead of the name of a file, and no line. */
static int use_places(struct parser *p, const struct parser *user)
{
    char use[256];
    use_text(user, use, sizeof use);
    p->at = parse_alloc(p, (p->nlines ? p->nlines : 1) * sizeof *p->at);
    for (size_t i = 0; p->at && i < p->nlines; i++) {
        const struct where *from = &p->lines[i].at;
        char line[24] = "";
        if (from->line)
            snprintf(line, sizeof line, ":%d", from->line);
        p->at[i] = (struct where){.section = parse_copy(p, from->section, strlen(from->section)), .key = "layers"};
        p->at[i].file = arena_fmt(p->all->a, "%s%s%s", from->file, line, use);
        p->all->nomem |= !p->at[i].file;
    }
    return p->all->nomem ? -1 : 0;
}

/* Parses the text of the block as its words at `user` make it. */
static struct item *expand_defined(struct parser *user, const struct nn_defined *block, const struct call *c)
{
    const struct nn_library *l = user->lines[user->line].library;
    struct parser p = {.all = user->all, .user = user, .block = block};
    struct err e = {0};
    struct nn_line *lines = NULL;
    if (l->expand(l, (size_t)(block - l->block), c->args, p.all->a, &lines, &p.nlines, &e)) {
        char use[256];
        size_t n = strlen(e.text);
        use_text(user, use, sizeof use);
        snprintf(e.text + n, sizeof e.text - n, " (%s)", use + 2);
        err_list_take(p.all->errs, &e);
        return NULL;
    }
    p.lines = lines;
    if (use_places(&p, user))
        return NULL;
    first_token(&p);
    return parse_sequence(&p, 0);
}

/* The value of a parameter; ctx: the call. */
static const char *value_of_param(const void *ctx, const char *name, size_t n)
{
    const struct call *c = ctx;
    for (const struct param *q = c->params; q->name; q++)
        if (!strncmp(q->name, name, n) && !q->name[n])
            return *(const char *const *)((const char *)c->args + q->at);
    return NULL;
}

/* Gives the item the names that the parameter `names` of its block lists. */
static void take_names(struct parser *p, const struct nn_defined *block, const struct call *c, struct item *it)
{
    const char *list = value_of_param(c, "names", 5);
    struct err e = {0};
    if (list && nn_names_expand(list, value_of_param, c, p->all->a, &it->names, &it->nnames, &e))
        add_error(p, "names of block '%s': %s", block->name, e.text);
}

struct item *parse_defined(struct parser *p, const struct nn_defined *block, struct call *c)
{
    struct parser name = *p; /* where errors of the text were caused */
    struct item *it = new_item(p, ITEM_BLOCK, (size_t)(block->nparams + 1) * sizeof(char *), c);
    if (!it)
        return NULL;
    it->block = block_find("");
    it->text = block->name;
    c->params = block->params;
    c->positional = block->nparams;
    c->defined = block;
    parse_words(p, c);
    if (p->tok == T_OPEN)
        refuse_braces(p, c->name);
    it->body = parse_alloc(p, sizeof *it->body);
    it->times = 0;
    if (c->wrong || !it->body || !may_expand(&name, block) || go_deeper(&name))
        return it;
    take_names(&name, block, c, it);
    size_t before = p->all->errs->n;
    it->body[0] = expand_defined(&name, block, c);
    it->nbodies = it->times = 1;
    p->all->depth--;
    if (p->all->errs->n > before)
        mark_wrong(p, block);
    return it;
}
