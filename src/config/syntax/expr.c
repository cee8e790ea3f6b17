/* expr.c parses expressions into flat programs. */
#include "config/syntax/expr_code.h"

#include "base/str.h"
#include "nn/layer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64 /* brackets, signs and nots inside each other */
#define CODE_MAX 4096
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
    {"min", OP_MIN, 1},   {"max", OP_MAX, 1},     {"floor", OP_FLOOR, 0},
    {"ceil", OP_CEIL, 0}, {"round", OP_ROUND, 0}, {"abs", OP_ABS, 0},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

int expr_keyword(const char *w)
{
    return !strcmp(w, "and") || !strcmp(w, "or") || !strcmp(w, "not") || !strcmp(w, "uses");
}

static int bad(struct expr_parser *q, const char *what, const char *arg)
{
    return err_at(q->e, ERR_USAGE, &q->x->at, "%s%.40s%s in '%.100s'", what, arg ? arg : "", arg ? "'" : "",
                  q->x->text);
}

static int emit(struct expr_parser *q, enum op op, int arg, double num, const char *word)
{
    struct expr *x = q->x;
    if (x->n == CODE_MAX)
        return bad(q, "too many terms", NULL);
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

static void skip_expr_blanks(struct expr_parser *q)
{
    while (isspace((unsigned char)*q->p))
        q->p++;
}

static size_t name_length(const char *p)
{
    size_t n = 0;
    if (!isalpha((unsigned char)*p) && *p != '_')
        return 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '_' ||
           (p[n] == '.' && (isalnum((unsigned char)p[n + 1]) || p[n + 1] == '_')))
        n++;
    return n;
}

/* Says whether the keyword stands next, and steps over it. */
static int keyword(struct expr_parser *q, const char *word)
{
    skip_expr_blanks(q);
    size_t n = name_length(q->p);
    if (n != strlen(word) || memcmp(q->p, word, n))
        return 0;
    q->p += n;
    return 1;
}

static int sign(struct expr_parser *q, const char *s)
{
    skip_expr_blanks(q);
    size_t n = strlen(s);
    if (strncmp(q->p, s, n))
        return 0;
    q->p += n;
    return 1;
}

/* Refuses a word that is no name, unless it is compared. */
static int settle_word(struct expr_parser *q, const struct part *part)
{
    if (part->kind == PART_QUOTED)
        return bad(q, "a text can only be compared by = and != with a setting: '", part->word);
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
    return ++q->depth > DEPTH_MAX ? bad(q, "too many brackets or signs inside each other", NULL) : 0;
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
        size_t n = name_length(next);
        int joins = (n == 3 && !memcmp(next, "and", 3)) || (n == 2 && !memcmp(next, "or", 2));
        if (*next && !joins && !strchr("),=!<>*/", *next))
            return p;
    }
    return sign + 1;
}

static int parse_number(struct expr_parser *q)
{
    char buf[TOKEN_MAX];
    const char *p = q->p;
    size_t n = strspn(p, "0123456789.");
    if ((p[n] == 'e' || p[n] == 'E') && (isdigit((unsigned char)p[n + 1]) ||
                                         ((p[n + 1] == '-' || p[n + 1] == '+') && isdigit((unsigned char)p[n + 2]))))
        n += 2 + strspn(p + n + 2, "0123456789");
    double v;
    if (n + 1 >= sizeof buf)
        return bad(q, "a number with too many digits", NULL);
    memcpy(buf, p, n);
    buf[n] = 0;
    if (str_to_double(buf, &v) || isalpha((unsigned char)p[n]) || p[n] == '_') {
        size_t all = n + strspn(p + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.");
        char *word = arena_strn(q->a, p, all < 40 ? all : 40);
        return bad(q, "not a number: '", word ? word : "");
    }
    q->p = percent(p + n);
    if (q->p > p + n) { /* in decimal: 99.4% is 0.994, and 99.4 / 100 is more */
        snprintf(buf + n, sizeof buf - n, "%%");
        str_to_double(buf, &v);
    }
    return emit(q, OP_NUM, 0, v, NULL);
}

static int parse_call(struct expr_parser *q, const struct function *f)
{
    struct part part;
    int n = 0;
    do {
        if (parse_or(q, &part) || settle_word(q, &part))
            return -1;
        if (n++ && f->many && emit(q, f->op, 0, 0, NULL))
            return -1;
    } while (sign(q, ","));
    if (!sign(q, ")"))
        return bad(q, "a ')' is missing at '", q->p);
    if (f->many ? n < 2 : n != 1)
        return bad(q, f->many ? "at least two arguments are wanted by '" : "exactly one argument is wanted by '",
                   f->name);
    return f->many ? 0 : emit(q, f->op, 0, 0, NULL);
}

static const char *layer_word(size_t i, const void *ctx)
{
    (void)ctx;
    return layer_types[i] ? layer_types[i]->name : NULL;
}

static int parse_uses(struct expr_parser *q)
{
    skip_expr_blanks(q);
    size_t n = name_length(q->p);
    char *name = arena_strn(q->a, q->p, n);
    if (!name || !n)
        return bad(q, "a layer's name is missing behind 'uses'", NULL);
    if (!q->scope->layers)
        return bad(q, "'uses' can only be asked in [require]", NULL);
    const struct layer_type *t = layer_find(name);
    if (!t) {
        const char *near = str_nearest(name, layer_word, NULL);
        return err_at(q->e, ERR_USAGE, &q->x->at, "unknown layer '%.40s' in '%.100s'%s%s%s", name, q->x->text,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    q->p += n;
    return emit(q, OP_USES, 0, 0, t->name);
}

static int parse_name(struct expr_parser *q, struct part *part)
{
    size_t n = name_length(q->p);
    char *name = arena_strn(q->a, q->p, n);
    if (!name)
        return err_set(q->e, ERR_NOMEM, "no memory");
    q->p += n;
    const char *after = q->p;
    if (sign(q, "(")) {
        for (size_t i = 0; i < FUNCTIONS; i++)
            if (!strcmp(functions[i].name, name))
                return deeper(q) || parse_call(q, &functions[i]) ? -1 : (q->depth--, 0);
        return bad(q, "unknown function (min, max, floor, ceil, round, abs are known) '", name);
    }
    q->p = after;
    if (expr_keyword(name))
        return bad(q, "a value is missing before '", name);
    int slot = q->scope->find(q->scope->ctx, name);
    *part = slot >= 0 ? (struct part){PART_SLOT, slot, NULL} : (struct part){PART_WORD, -1, name};
    return slot >= 0 ? emit(q, OP_SLOT, slot, 0, NULL) : emit(q, OP_WORD, 0, 0, name);
}

static int parse_quoted(struct expr_parser *q, struct part *part)
{
    const char *end = strchr(q->p + 1, '"');
    if (!end)
        return bad(q, "the second '\"' is missing", NULL);
    char *word = arena_strn(q->a, q->p + 1, (size_t)(end - q->p - 1));
    if (!word)
        return err_set(q->e, ERR_NOMEM, "no memory");
    q->p = end + 1;
    *part = (struct part){PART_QUOTED, -1, word};
    return emit(q, OP_WORD, 0, 0, word);
}

static int parse_primary(struct expr_parser *q, struct part *part)
{
    *part = (struct part){PART_NUMBER, -1, NULL};
    if (keyword(q, "uses"))
        return parse_uses(q);
    if (isdigit((unsigned char)*q->p) || *q->p == '.')
        return parse_number(q);
    if (name_length(q->p))
        return parse_name(q, part);
    if (*q->p == '"')
        return parse_quoted(q, part);
    if (sign(q, "(")) {
        if (deeper(q) || parse_or(q, part) || settle_word(q, part))
            return -1;
        q->depth--;
        if (!sign(q, ")"))
            return *q->p ? bad(q, "a ')' is missing before '", q->p) : bad(q, "a ')' is missing at the end", NULL);
        return 0;
    }
    return *q->p ? bad(q, "a value is missing before '", q->p) : bad(q, "a value is missing at the end", NULL);
}

static int parse_unary(struct expr_parser *q, struct part *part)
{
    skip_expr_blanks(q);
    int minus = *q->p == '-';
    if (!minus && *q->p != '+')
        return parse_primary(q, part);
    q->p++;
    if (deeper(q) || parse_unary(q, part) || settle_word(q, part))
        return -1;
    q->depth--;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return minus ? emit(q, OP_NEG, 0, 0, NULL) : 0;
}

/* Parses a chain of operands: level 0 with + and -, level 1 with *, / and %. */
static int parse_sum(struct expr_parser *q, struct part *part, int level)
{
    static const char signs[2][4] = {"+-", "*/%"};
    static const enum op ops[2][3] = {{OP_ADD, OP_SUB}, {OP_MUL, OP_DIV, OP_MOD}};
    if (level ? parse_unary(q, part) : parse_sum(q, part, 1))
        return -1;
    for (;;) {
        skip_expr_blanks(q);
        const char *s = *q->p ? strchr(signs[level], *q->p) : NULL;
        if (!s)
            return 0;
        q->p++;
        struct part right;
        if (settle_word(q, part) || (level ? parse_unary(q, &right) : parse_sum(q, &right, 1)) ||
            settle_word(q, &right) || emit(q, ops[level][s - signs[level]], 0, 0, NULL))
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
        if (sign(q, signs[i].text)) {
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
    skip_expr_blanks(q);
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
    return emit(q, OP_WORD, 0, 0, word);
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
    if (p && (p->type == P_INT || p->type == P_FLOAT))
        return word->kind == PART_QUOTED ? bad(q, "not a number: '", word->word) : settle_word(q, word);
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
    return p && p->type != P_INT && p->type != P_FLOAT;
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
    if (emit(q, op, 0, 0, NULL))
        return -1;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return compare_sign(q, &op) ? bad(q, "comparisons do not chain; write 'a < b and b < c'", NULL) : 0;
}

static int parse_not(struct expr_parser *q, struct part *part)
{
    if (!keyword(q, "not"))
        return parse_compare(q, part);
    if (deeper(q) || parse_not(q, part) || settle_word(q, part))
        return -1;
    q->depth--;
    *part = (struct part){PART_NUMBER, -1, NULL};
    return emit(q, OP_NOT, 0, 0, NULL);
}

/* Parses a chain of conditions: level 0 with `or`, level 1 with `and`. The right side is skipped when the left
 * decides. */
static int parse_logic(struct expr_parser *q, struct part *part, int level)
{
    if (level ? parse_not(q, part) : parse_logic(q, part, 1))
        return -1;
    while (keyword(q, level ? "and" : "or")) {
        struct part right;
        if (settle_word(q, part) || emit(q, level ? OP_THEN : OP_ELSE, 0, 0, NULL))
            return -1;
        size_t jump = q->x->n - 1;
        if ((level ? parse_not(q, &right) : parse_logic(q, &right, 1)) || settle_word(q, &right) ||
            emit(q, OP_BOOL, 0, 0, NULL))
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
    skip_expr_blanks(&q);
    if (*q.p)
        bad(&q, "nothing is expected at '", q.p);
    else if (q.highest > EXPR_STACK)
        bad(&q, "too many open operations", NULL);
    return e->code ? NULL : x;
}
