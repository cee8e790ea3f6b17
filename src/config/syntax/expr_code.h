/* expr_code.h - the flat program of an expression, between its parser and its runner. */
#ifndef CONFIG_SYNTAX_EXPR_CODE_H
#define CONFIG_SYNTAX_EXPR_CODE_H

#include "config/syntax/expr.h"

#define EXPR_STACK 400 /* values at once: six operators may wait at each of the parser's 64 levels */

enum op {
    OP_NUM,
    OP_WORD,
    OP_SLOT,
    OP_USES, /* push */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_MIN,
    OP_MAX, /* two numbers */
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_EQ,
    OP_NE, /* two of anything */
    OP_NEG,
    OP_NOT,
    OP_FLOOR,
    OP_CEIL,
    OP_ROUND,
    OP_ABS,
    OP_SQRT,
    OP_EXP,
    OP_LOG,
    OP_SIN,
    OP_COS,
    OP_BOOL, /* one number */
    OP_ELSE,
    OP_THEN /* jump to arg if the top is true / false (and stays, as 1 / 0); else drop it */
};

struct code {
    enum op op;
    int arg;
    double num;
    const char *word;
};
struct expr {
    struct code *code;
    size_t n;
    const char *text;
    struct where at;
};

#endif
