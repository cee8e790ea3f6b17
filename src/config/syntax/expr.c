/* expr.c parses expressions into flat programs. */
#include "config/syntax/expr_parse.h"

#include "base/str.h"
#include "nn/layer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64 /* brackets, signs and nots inside each other */

/* What a part of the expression is, as far as comparisons care. */
struct part {
    enum { PART_NUMBER, PART_SLOT, PART_WORD, PART_QUOTED } kind;
    int slot;
    const char *word;
};

static const struct function {
    const char *name;
    enum op op;
    int many; /* two or more arguments */
} functions[] = {
    {"min", OP_MIN, 1},     {"max", OP_MAX, 1}, {"floor", OP_FLOOR, 0}, {"ceil", OP_CEIL, 0},
    {"round", OP_ROUND, 0}, {"abs", OP_ABS, 0}, {"sqrt", OP_SQRT, 0},   {"exp", OP_EXP, 0},
    {"log", OP_LOG, 0},     {"sin", OP_SIN, 0}, {"cos", OP_COS, 0},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

/* Refuses a word that is no name, unless it is compared. */
static int settle_word(struct expr_parser *q, const struct part *part)
{
    if (part->kind == PART_QUOTED)
        return expr_error(q, "a text can only be compared by = and != with a setting: '", part->word);
    if (part->kind != PART_WORD)
        return 0;
    const struct expr_scope *s = q->scope;
    const char *hint = s->hint ? s->hint(s->ctx, part->word) : NULL;
    if (hint)
        return err_at(q->e, ERR_USAGE, &q->x->at, "unknown name '%.64s' in '%.100s'; %s", part->word, q->x->text, hint);
    const char *near = str_nearest(part->word, s->known, s->ctx);
    return err_at(q->e, ERR_USAGE, &q->x->at, "unknown name '%.64s' in '%.100s'%s%s%s", part->word, q->x->text,
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int parse_or(struct expr_parser *q, struct part *part);

static int deeper(struct expr_parser *q)
{
    return ++q->depth > DEPTH_MAX ? expr_error(q, "too many brackets or signs inside each other", NULL) : 0;
}

static int parse_call(struct expr_parser *q, const struct function *f)
{
    struct part part;
    int n = 0;
    do {
        if (parse_or(q, &part) || settle_word(q, &part))
            return -1;
        if (n++ && f->many && expr_emit(q, f->op, 0, 0, NULL))
            return -1;
    } while (expr_takes_sign(q, ","));
    if (!expr_takes_sign(q, ")"))
        return expr_error(q, "a ')' is missing at '", q->p);
    if (f->many ? n < 2 : n != 1)
        return expr_error(q, f->many ? "at least two arguments are wanted by '" : "exactly one argument is wanted by '",
                          f->name);
    return f->many ? 0 : expr_emit(q, f->op, 0, 0, NULL);
}

static const char *layer_word(size_t i, const void *ctx)
{
    (void)ctx;
    return layer_types[i] ? layer_types[i]->name : NULL;
}

static int parse_uses(struct expr_parser *q)
{
    expr_skip_blanks(q);
    size_t n = expr_name_length(q->p);
    char *name = arena_strn(q->a, q->p, n);
    if (!name || !n)
        return expr_error(q, "a layer's name is missing after 'uses'", NULL);
    if (!q->scope->layers)
        return expr_error(q, "'uses' can only be asked in [require]", NULL);
    const struct layer_type *t = layer_find(name);
    if (!t) {
        const char *near = str_nearest(name, layer_word, NULL);
        return err_at(q->e, ERR_USAGE, &q->x->at, "unknown layer '%.40s' in '%.100s'%s%s%s", name, q->x->text,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    q->p += n;
    return expr_emit(q, OP_USES, 0, 0, t->name);
}

static int parse_name(struct expr_parser *q, struct part *part)
{
    size_t n = expr_name_length(q->p);
    char *name = arena_strn(q->a, q->p, n);
    if (!name)
        return err_set(q->e, ERR_NOMEM, "no memory");
    q->p += n;
    const char *after = q->p;
    if (expr_takes_sign(q, "(")) {
        for (size_t i = 0; i < FUNCTIONS; i++)
            if (!strcmp(functions[i].name, name))
                return deeper(q) || parse_call(q, &functions[i]) ? -1 : (q->depth--, 0);
        return expr_error(
            q, "unknown function (min, max, floor, ceil, round, abs, sqrt, exp, log, sin, cos are known) '", name);
    }
    q->p = after;
    if (expr_keyword(name))
        return expr_error(q, "a value is missing before '", name);
    int slot = q->scope->find(q->scope->ctx, name);
    *part = slot >= 0 ? (struct part){PART_SLOT, slot, NULL} : (struct part){PART_WORD, -1, name};
    return slot >= 0 ? expr_emit(q, OP_SLOT, slot, 0, NULL) : expr_emit(q, OP_WORD, 0, 0, name);
}

static int parse_quoted(struct expr_parser *q, struct part *part)
{
    const char *end = strchr(q->p + 1, '"');
    if (!end)
        return expr_error(q, "the second '\"' is missing", NULL);
    char *word = arena_strn(q->a, q->p + 1, (size_t)(end - q->p - 1));
    if (!word)
        return err_set(q->e, ERR_NOMEM, "no memory");
    q->p = end + 1;
    *part = (struct part){PART_QUOTED, -1, word};
    return expr_emit(q, OP_WORD, 0, 0, word);
}

static int parse_primary(struct expr_parser *q, struct part *part)
{
    *part = (struct part){PART_NUMBER, -1, NULL};
    if (expr_takes_keyword(q, "uses"))
        return parse_uses(q);
    if (isdigit((unsigned char)*q->p) || *q->p == '.')
        return expr_parse_number(q);
    if (expr_name_length(q->p))
        return parse_name(q, part);
    if (*q->p == '"')
        return parse_quoted(q, part);
    if (expr_takes_sign(q, "(")) {
        if (deeper(q) || parse_or(q, part) || settle_word(q, part))
            return -1;
        q->depth--;
        if (!expr_takes_sign(q, ")"))
            return *q->p ? expr_error(q, "a ')' is missing before '", q->p)
                         : expr_error(q, "a ')' is missing at the end", NULL);
        return 0;
    }
    return *q->p ? expr_error(q, "a value is missing before '", q->p)
                 : expr_error(q, "a value is missing at the end", NULL);
}

static int parse_unary(struct expr_parser *q, struct part *part)
{
    expr_skip_blanks(q);
    int minus = *q->p == '-';
    if (!minus && *q->p != '+')
        return parse_primary(q, part);
    q->p++;
    if (deeper(q) || parse_unary(q, part) || settle_word(q, part))
        return -1;
    q->depth--;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return minus ? expr_emit(q, OP_NEG, 0, 0, NULL) : 0;
}

/* Parses a chain of operands: level 0 with + and -, level 1 with *, / and %. */
static int parse_sum(struct expr_parser *q, struct part *part, int level)
{
    static const char signs[2][4] = {"+-", "*/%"};
    static const enum op ops[2][3] = {{OP_ADD, OP_SUB}, {OP_MUL, OP_DIV, OP_MOD}};
    if (level ? parse_unary(q, part) : parse_sum(q, part, 1))
        return -1;
    for (;;) {
        expr_skip_blanks(q);
        const char *s = *q->p ? strchr(signs[level], *q->p) : NULL;
        if (!s)
            return 0;
        q->p++;
        struct part right;
        if (settle_word(q, part) || (level ? parse_unary(q, &right) : parse_sum(q, &right, 1)) ||
            settle_word(q, &right) || expr_emit(q, ops[level][s - signs[level]], 0, 0, NULL))
            return -1;
        *part = (struct part){PART_NUMBER, -1, NULL};
    }
}

static int compare_sign(struct expr_parser *q, enum op *op)
{
    static const struct {
        const char *text;
        enum op op;
    } signs[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}, {"=", OP_EQ}, {"<", OP_LT}, {">", OP_GT}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (expr_takes_sign(q, signs[i].text)) {
            *op = signs[i].op;
            return 1;
        }
    return 0;
}

static const struct param *slot_param(const struct expr_parser *q, const struct part *part)
{
    return part->kind == PART_SLOT && q->scope->param ? q->scope->param(q->scope->ctx, part->slot) : NULL;
}

/* Parses a word after "setting =" where the setting's values are words: everything up to a blank, also fashion-mnist
 * and 3x3. */
static int parse_bare_word(struct expr_parser *q, struct part *part)
{
    expr_skip_blanks(q);
    size_t n = 0;
    while (isalnum((unsigned char)q->p[n]) || (q->p[n] && strchr("._-+/", q->p[n])))
        n++;
    if (!n)
        return parse_sum(q, part, 0);
    char *word = arena_strn(q->a, q->p, n);
    if (!word)
        return err_set(q->e, ERR_NOMEM, "no memory");
    q->p += n;
    *part = (struct part){PART_QUOTED, -1, word};
    return expr_emit(q, OP_WORD, 0, 0, word);
}

/* Says whether all values of the row are numbers. */
static int is_number(const struct param *p)
{
    return p->type == P_FLOAT || (p->type == P_INT && !p->word);
}

/* Checks that the setting takes the word: yes and no become numbers, others stay. `code` is where the word was
 * pushed. */
static int check_word(struct expr_parser *q, const struct part *setting, const struct part *word, size_t code)
{
    const struct param *p = slot_param(q, setting);
    if (p && p->type == P_BOOL) {
        int v = 0;
        struct param value = *p;
        value.at = 0;
        if (param_set(&value, &v, word->word, &q->x->at, q->e))
            return -1;
        q->x->code[code] = (struct code){OP_NUM, 0, v, NULL};
        return 0;
    }
    if (p && is_number(p))
        return word->kind == PART_QUOTED ? expr_error(q, "not a number: '", word->word) : settle_word(q, word);
    const char *near = NULL;
    if (!q->scope->takes || q->scope->takes(q->scope->ctx, setting->slot, word->word, &near))
        return 0;
    return err_at(q->e, ERR_USAGE, &q->x->at, "'%.64s' is no value that can stand in '%.100s'%s%s%s", word->word,
                  q->x->text, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int is_word(const struct part *part)
{
    return part->kind == PART_WORD || part->kind == PART_QUOTED;
}

static int takes_words(const struct expr_parser *q, const struct part *part)
{
    const struct param *p = slot_param(q, part);
    return p && !is_number(p);
}

static int parse_compare(struct expr_parser *q, struct part *part)
{
    enum op op;
    struct part left, right;
    if (parse_sum(q, &left, 0))
        return -1;
    size_t left_code = q->x->n - 1;
    if (!compare_sign(q, &op)) {
        *part = left;
        return 0;
    }
    int equal = op == OP_EQ || op == OP_NE;
    if (equal && takes_words(q, &left) ? parse_bare_word(q, &right) : parse_sum(q, &right, 0))
        return -1;
    size_t right_code = q->x->n - 1;
    if (equal && left.kind == PART_SLOT && is_word(&right)) {
        if (check_word(q, &left, &right, right_code))
            return -1;
    } else if (equal && right.kind == PART_SLOT && is_word(&left)) {
        if (check_word(q, &right, &left, left_code))
            return -1;
    } else if (settle_word(q, &left) || settle_word(q, &right)) {
        return -1;
    }
    if (expr_emit(q, op, 0, 0, NULL))
        return -1;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return compare_sign(q, &op) ? expr_error(q, "comparisons do not chain; write 'a < b and b < c'", NULL) : 0;
}

static int parse_not(struct expr_parser *q, struct part *part)
{
    if (!expr_takes_keyword(q, "not"))
        return parse_compare(q, part);
    if (deeper(q) || parse_not(q, part) || settle_word(q, part))
        return -1;
    q->depth--;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return expr_emit(q, OP_NOT, 0, 0, NULL);
}

/* Parses a chain of conditions: level 0 with `or`, level 1 with `and`. The right side is skipped when the left
 * decides. */
static int parse_logic(struct expr_parser *q, struct part *part, int level)
{
    if (level ? parse_not(q, part) : parse_logic(q, part, 1))
        return -1;
    while (expr_takes_keyword(q, level ? "and" : "or")) {
        struct part right;
        if (settle_word(q, part) || expr_emit(q, level ? OP_THEN : OP_ELSE, 0, 0, NULL))
            return -1;
        size_t jump = q->x->n - 1;
        if ((level ? parse_not(q, &right) : parse_logic(q, &right, 1)) || settle_word(q, &right) ||
            expr_emit(q, OP_BOOL, 0, 0, NULL))
            return -1;
        q->x->code[jump].arg = (int)q->x->n;
        *part = (struct part){PART_NUMBER, -1, NULL};
    }
    return 0;
}

static int parse_or(struct expr_parser *q, struct part *part)
{
    return parse_logic(q, part, 0);
}

const struct expr *expr_parse(const char *text, const struct where *at, const struct expr_scope *scope, struct arena *a,
                              struct err *e)
{
    struct expr *x = arena_take(a, sizeof *x);
    char *copy = arena_str(a, text);
    if (!x || !copy) {
        err_set(e, ERR_NOMEM, "no memory");
        return NULL;
    }
    x->text = copy;
    x->at = at ? *at : (struct where){0};
    struct expr_parser q = {.p = copy, .x = x, .scope = scope, .a = a, .e = e};
    struct part part;
    if (parse_or(&q, &part) || settle_word(&q, &part))
        return NULL;
    expr_skip_blanks(&q);
    if (*q.p)
        expr_error(&q, "nothing is expected at '", q.p);
    else if (q.highest > EXPR_STACK)
        expr_error(&q, "too many open operations", NULL);
    return e->code ? NULL : x;
}
