/* tokens.c reads the words and marks of a text, line after line, and tells errors where they stand. */
#include "nn/text/parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void next_token(struct parser *p)
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

void first_token(struct parser *p)
{
    p->tok = T_COMMA;
    p->p = p->nlines ? p->lines[0].text : NULL;
    next_token(p);
}

const struct where *place_of_token(const struct parser *p)
{
    return p->nlines ? &p->at[p->line < p->nlines ? p->line : p->nlines - 1] : NULL;
}

int line_of_layers(const struct parser *p)
{
    while (p->user)
        p = p->user;
    return (int)p->line + 1;
}

void add_error(struct parser *p, const char *fmt, ...)
{
    struct err e = {0};
    char text[sizeof e.text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_at(&e, ERR_USAGE, place_of_token(p), "%s", text);
    err_list_take(p->all->errs, &e);
}

void *parse_alloc(struct parser *p, size_t n)
{
    void *memory = arena_take(p->all->a, n);
    p->all->nomem |= !memory;
    return memory;
}

char *parse_copy(struct parser *p, const char *text, size_t n)
{
    char *copy = arena_strn(p->all->a, text, n);
    p->all->nomem |= !copy;
    return copy;
}

const char *word_text(const struct parser *p, char buf[WORD_MAX])
{
    size_t n = p->len < WORD_MAX - 1 ? p->len : WORD_MAX - 1;
    memcpy(buf, p->start, n);
    buf[n] = 0;
    return buf;
}

void skip_words(struct parser *p)
{
    while (p->tok == T_WORD)
        next_token(p);
}
