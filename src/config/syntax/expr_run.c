/* expr_run.c - runs the programs of expr.c. */
#include "config/syntax/expr_code.h"

#include "base/maths.h"
#include "base/str.h"

#include <math.h>
#include <string.h>

static double two(enum op op, double a, double b)
{
    switch (op) {
    case OP_ADD:
        return a + b;
    case OP_SUB:
        return a - b;
    case OP_MUL:
        return a * b;
    case OP_DIV:
        return a / b;
    case OP_MOD:
        return a - b * floor(a / b);
    case OP_MIN:
        return a < b ? a : b;
    case OP_MAX:
        return a > b ? a : b;
    case OP_LT:
        return a < b;
    case OP_LE:
        return a <= b;
    case OP_GT:
        return a > b;
    default:
        return a >= b;
    }
}

static double one(enum op op, double a)
{
    switch (op) {
    case OP_NEG:
        return -a;
    case OP_NOT:
        return a == 0;
    case OP_FLOOR:
        return floor(a);
    case OP_CEIL:
        return ceil(a);
    case OP_ROUND:
        return floor(a + 0.5);
    case OP_ABS:
        return fabs(a);
    case OP_SQRT:
        return sqrt(a);
    case OP_EXP:
        return m_exp(a);
    case OP_LOG:
        return m_log(a);
    case OP_SIN:
        return m_sin(a);
    case OP_COS:
        return m_cos(a);
    default:
        return a != 0;
    }
}

static int equal(const struct expr_value *a, const struct expr_value *b)
{
    if (a->word && b->word)
        return !strcmp(a->word, b->word);
    double x = a->num, y = b->num;
    if ((a->word && str_to_double(a->word, &x)) || (b->word && str_to_double(b->word, &y)))
        return 0;
    return x == y;
}

static int want_number(const struct expr *x, const struct expr_value *v, struct err *e)
{
    if (v->word)
        return err_at(e, ERR_USAGE, &x->at, "'%.64s' is no number, in '%.100s'", v->word, x->text);
    return 0;
}

static int run_one(const struct expr *x, const struct code *c, struct expr_value *v, struct err *e)
{
    if (want_number(x, v, e))
        return -1;
    v->num = one(c->op, v->num);
    if (!isfinite(v->num))
        return err_at(e, ERR_USAGE, &x->at, "a result is too large, or is no number, in '%.100s'", x->text);
    return 0;
}

static int run_two(const struct expr *x, const struct code *c, struct expr_value *a, const struct expr_value *b,
                   struct err *e)
{
    if (c->op == OP_EQ || c->op == OP_NE) {
        *a = (struct expr_value){equal(a, b) == (c->op == OP_EQ), NULL};
        return 0;
    }
    if (want_number(x, a, e) || want_number(x, b, e))
        return -1;
    if ((c->op == OP_DIV || c->op == OP_MOD) && b->num == 0)
        return err_at(e, ERR_USAGE, &x->at, "division by zero in '%.100s'", x->text);
    a->num = two(c->op, a->num, b->num);
    if (!isfinite(a->num))
        return err_at(e, ERR_USAGE, &x->at, "a result is too large in '%.100s'", x->text);
    return 0;
}

int expr_eval(const struct expr *x, const struct expr_env *env, struct expr_value *out, struct err *e)
{
    struct expr_value stack[EXPR_STACK + 1], *top = stack; /* top: one behind the last */
    for (size_t i = 0; i < x->n; i++) {
        const struct code *c = &x->code[i];
        int rc = 0;
        if (c->op == OP_NUM || c->op == OP_WORD) {
            *top++ = (struct expr_value){c->num, c->word};
        } else if (c->op == OP_USES) {
            *top++ = (struct expr_value){env->uses(env->ctx, c->word) != 0, NULL};
        } else if (c->op == OP_SLOT) {
            *top = (struct expr_value){0, NULL};
            rc = env->get(env->ctx, c->arg, top++, e);
        } else if (c->op == OP_ELSE || c->op == OP_THEN) {
            rc = run_one(x, &(struct code){.op = OP_BOOL}, top - 1, e);
            if (!rc && (top[-1].num != 0) == (c->op == OP_ELSE))
                i = (size_t)c->arg - 1;
            else
                top--;
        } else if (c->op >= OP_NEG) {
            rc = run_one(x, c, top - 1, e);
        } else {
            top--;
            rc = run_two(x, c, top - 1, top, e);
        }
        if (rc)
            return rc;
    }
    *out = stack[0];
    return 0;
}

int expr_holds(const struct expr *x, const struct expr_env *env, int *missing, struct err *e)
{
    struct expr_value v;
    int rc = expr_eval(x, env, &v, e);
    if (missing)
        *missing = rc == 1;
    if (rc)
        return rc < 0 ? -1 : 0;
    return want_number(x, &v, e) ? -1 : v.num != 0;
}

int expr_slot(const struct expr *x, size_t i)
{
    for (size_t c = 0; c < x->n; c++)
        if (x->code[c].op == OP_SLOT && i-- == 0)
            return x->code[c].arg;
    return -1;
}

int expr_above(const struct expr *x, int slot, double most, double *number)
{
    for (size_t c = 2; c < x->n; c++) {
        const struct code *left = &x->code[c - 2], *right = &x->code[c - 1];
        const struct code *name = left->op == OP_SLOT ? left : right, *num = left->op == OP_SLOT ? right : left;
        if (x->code[c].op < OP_LT || x->code[c].op > OP_NE || name->op != OP_SLOT || name->arg != slot ||
            num->op != OP_NUM || !(num->num > most))
            continue;
        *number = num->num;
        return 1;
    }
    return 0;
}

const char *expr_text(const struct expr *x)
{
    return x->text;
}
