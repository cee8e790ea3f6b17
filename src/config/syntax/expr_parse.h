/* expr_parse.h - an expression while it is parsed. Private to expr.c, which knows the grammar, and expr_tokens.c. */
#ifndef CONFIG_SYNTAX_EXPR_PARSE_H
#define CONFIG_SYNTAX_EXPR_PARSE_H

#include "config/syntax/expr_code.h"

#define TOKEN_MAX 64

struct expr_parser {
    const char *p;
    struct expr *x;
    size_t cap;
    int depth, height, highest;
    const struct expr_scope *scope;
    struct arena *a;
    struct err *e;
};

/* The error "WHAT'ARG' in 'the expression'". Returns -1. */
int expr_error(struct expr_parser *q, const char *what, const char *arg);
/* Appends an operation to the program. 0, or -1 with an error. */
int expr_emit(struct expr_parser *q, enum op op, int arg, double num, const char *word);
void expr_skip_blanks(struct expr_parser *q);
size_t expr_name_length(const char *p); /* 0: it does not begin with a name */
/* Whether the keyword, or the sign, stands next; steps over it. */
int expr_takes_keyword(struct expr_parser *q, const char *word);
int expr_takes_sign(struct expr_parser *q, const char *s);
int expr_parse_number(struct expr_parser *q);

#endif
