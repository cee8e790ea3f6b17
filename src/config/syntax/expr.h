/* expr.h - expressions of ${...}, `when` and [require]: parsed once into a flat program, run as often as needed.
 *
 *   or:    and ("or" and)*              add:  mul (("+" | "-") mul)*
 *   and:   not ("and" not)*             mul:  unary (("*" | "/" | "%") unary)*
 *   not:   "not" not | compare          unary: ("-" | "+") unary | primary
 *   compare: add (op add)?              primary: number | name | word | "text" | f(or, ...) | (or) | "uses" layer
 *   op: = == != < <= > >=               f: min max floor ceil round abs
 *
 * 99.4% is a number when the sign touches it and no operand touches the sign, and so is 99.4 % when no operand follows;
 * `a % b` is the remainder with b's sign. A
 * word that is no name may only be compared (= and !=) with a setting, and is then one of the words that setting takes.
 */
#ifndef CONFIG_SYNTAX_EXPR_H
#define CONFIG_SYNTAX_EXPR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/param.h"

#include <stddef.h>

struct expr_value {
    double num;
    const char *word; /* NULL: a number */
};

/* What names mean while parsing. A slot is the caller's number for a name, >= 0. */
struct expr_scope {
    int (*find)(const void *ctx, const char *name);  /* slot, or -1 */
    const char *(*known)(size_t i, const void *ctx); /* names, NULL after the last; for the nearest */
    const char *(*hint)(const void *ctx,
                        const char *name); /* what to say about an unknown name; NULL: the nearest. May be NULL */
    const struct param *(*param)(const void *ctx, int slot); /* how its value is written; NULL: number or word */
    /* 1 if the setting takes this word; else 0 and the nearest in *near (or NULL). May be NULL. */
    int (*takes)(const void *ctx, int slot, const char *word, const char **near);
    int layers; /* `uses LAYER` is allowed */
    const void *ctx;
};
/* Where values come from while running. */
struct expr_env {
    /* 0 and *v; 1: it has no value here (missing); -1 with *e. A word stays valid until expr_eval returns. */
    int (*get)(void *ctx, int slot, struct expr_value *v, struct err *e);
    int (*uses)(void *ctx, const char *layer);
    void *ctx;
};

struct expr;
/* NULL with *e, located by `at`. Lives in `a`. */
const struct expr *expr_parse(const char *text, const struct where *at, const struct expr_scope *scope, struct arena *a,
                              struct err *e);
/* 0 and *out; 1: a value is missing, there is no result; -1 with *e (division by zero, a word where a number is
 * wanted). */
int expr_eval(const struct expr *x, const struct expr_env *env, struct expr_value *out, struct err *e);
/* expr_eval as a condition: 1 holds, 0 does not or a value is missing (then *missing = 1; may be NULL), -1 with *e. */
int expr_holds(const struct expr *x, const struct expr_env *env, int *missing, struct err *e);
/* The i-th slot the expression reads, or -1 after the last; may repeat. */
int expr_slot(const struct expr *x, size_t i);
/* 1 and *number: the slot is compared with a plain number above `most`, which it never reaches. Else 0. */
int expr_above(const struct expr *x, int slot, double most, double *number);
const char *expr_text(const struct expr *x);
/* and, or, not, uses: no names. */
int expr_keyword(const char *word);

#endif
