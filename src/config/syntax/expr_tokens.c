/* expr_tokens.c reads the names, signs and numbers of expressions, and appends to the program. */
#include "config/syntax/expr_parse.h"

#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CODE_MAX 4096

int expr_keyword(const char *w)
{
    return !strcmp(w, "and") || !strcmp(w, "or") || !strcmp(w, "not") || !strcmp(w, "uses");
}

int expr_error(struct expr_parser *q, const char *what, const char *arg)
{
    return err_at(q->e, ERR_USAGE, &q->x->at, "%s%.40s%s in '%.100s'", what, arg ? arg : "", arg ? "'" : "",
                  q->x->text);
}

int expr_emit(struct expr_parser *q, enum op op, int arg, double num, const char *word)
{
    struct expr *x = q->x;
    if (x->n == CODE_MAX)
        return expr_error(q, "too many terms", NULL);
    if (x->n == q->cap) {
        size_t cap = q->cap ? 2 * q->cap : 8;
        struct code *v = arena_take(q->a, cap * sizeof *v);
        if (!v)
            return err_set(q->e, ERR_NOMEM, "no memory");
        if (x->n)
            memcpy(v, x->code, x->n * sizeof *v);
        x->code = v;
        q->cap = cap;
    }
    x->code[x->n++] = (struct code){op, arg, num, word};
    if (op <= OP_USES)
        q->height++;
    else if (op <= OP_NE || op >= OP_ELSE)
        q->height--;
    if (q->height > q->highest)
        q->highest = q->height;
    return 0;
}

void expr_skip_blanks(struct expr_parser *q)
{
    while (isspace((unsigned char)*q->p))
        q->p++;
}

size_t expr_name_length(const char *p)
{
    size_t n = 0;
    if (!isalpha((unsigned char)*p) && *p != '_')
        return 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '_' ||
           (p[n] == '.' && (isalnum((unsigned char)p[n + 1]) || p[n + 1] == '_')))
        n++;
    return n;
}

int expr_takes_keyword(struct expr_parser *q, const char *word)
{
    expr_skip_blanks(q);
    size_t n = expr_name_length(q->p);
    if (n != strlen(word) || memcmp(q->p, word, n))
        return 0;
    q->p += n;
    return 1;
}

int expr_takes_sign(struct expr_parser *q, const char *s)
{
    expr_skip_blanks(q);
    size_t n = strlen(s);
    if (strncmp(q->p, s, n))
        return 0;
    q->p += n;
    return 1;
}

/* Returns what follows a number at p, after its percent sign if it has one. Between blanks the sign is that of a
 * remainder where an operand follows. */
static const char *percent(const char *p)
{
    const char *sign = p + strspn(p, " \t"), *next;
    if (*sign != '%')
        return p;
    if (sign == p) {
        if (isalnum((unsigned char)sign[1]) || (sign[1] && strchr("_.(\"", sign[1])))
            return p;
    } else {
        next = sign + 1 + strspn(sign + 1, " \t");
        size_t n = expr_name_length(next);
        int joins = (n == 3 && !memcmp(next, "and", 3)) || (n == 2 && !memcmp(next, "or", 2));
        if (*next && !joins && !strchr("),=!<>*/", *next))
            return p;
    }
    return sign + 1;
}

int expr_parse_number(struct expr_parser *q)
{
    char buf[TOKEN_MAX];
    const char *p = q->p;
    size_t n = strspn(p, "0123456789.");
    if ((p[n] == 'e' || p[n] == 'E') && (isdigit((unsigned char)p[n + 1]) ||
                                         ((p[n + 1] == '-' || p[n + 1] == '+') && isdigit((unsigned char)p[n + 2]))))
        n += 2 + strspn(p + n + 2, "0123456789");
    double v;
    if (n + 1 >= sizeof buf)
        return expr_error(q, "a number with too many digits", NULL);
    memcpy(buf, p, n);
    buf[n] = 0;
    if (str_to_double(buf, &v) || isalpha((unsigned char)p[n]) || p[n] == '_') {
        size_t all = n + strspn(p + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.");
        char *word = arena_strn(q->a, p, all < 40 ? all : 40);
        return expr_error(q, "not a number: '", word ? word : "");
    }
    q->p = percent(p + n);
    if (q->p > p + n) { /* in decimal: 99.4% is 0.994, and 99.4 / 100 is more */
        snprintf(buf + n, sizeof buf - n, "%%");
        str_to_double(buf, &v);
    }
    return expr_emit(q, OP_NUM, 0, v, NULL);
}
