/* An expression: a program or an error with its place; its value is the same each time. */
#include "fuzz.h"

#include "config/syntax/expr.h"

#include <math.h>
#include <string.h>

enum { A, B, ACT, OPT, GONE, NAMES };
static const char *const names[NAMES] = {"a", "b", "model.act", "opt", "gone"};

static int find(const void *ctx, const char *name)
{
    (void)ctx;
    for (int i = 0; i < NAMES; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static const char *known(size_t i, const void *ctx)
{
    (void)ctx;
    return i < NAMES ? names[i] : NULL;
}

static const char *opt_word(size_t i)
{
    static const char *const w[] = {"sgd", "adam"};
    return i < 2 ? w[i] : NULL;
}

static const struct param *type(const void *ctx, int slot)
{
    static const struct param params[NAMES] = {
        [A] = {.name = "a", .type = P_INT, .preset = "", .help = ""},
        [B] = {.name = "b", .type = P_FLOAT, .preset = "", .help = ""},
        [OPT] = {.name = "opt", .type = P_CHOICE, .preset = "", .help = "", .word = opt_word},
    };
    (void)ctx;
    return params[slot].name ? &params[slot] : NULL;
}

static int get(void *ctx, int slot, struct expr_value *v, struct err *e)
{
    static const struct expr_value value[NAMES] = {{6, NULL}, {2.5, NULL}, {0, "relu"}, {0, "sgd"}, {0, NULL}};
    (void)ctx;
    (void)e;
    *v = value[slot];
    return slot == GONE;
}

static int uses(void *ctx, const char *layer)
{
    (void)ctx;
    return !strcmp(layer, "batchnorm");
}

static void evaluated(const struct expr *x)
{
    static const struct expr_env env = {get, uses, NULL};
    struct expr_value v = {0}, w = {0};
    struct err e = {0}, f = {0};
    int once = expr_eval(x, &env, &v, &e), again = expr_eval(x, &env, &w, &f);
    PROMISE(once == again && (once < 0) == !!e.code && !strcmp(e.text, f.text));
    PROMISE(once || (v.word ? w.word && !strcmp(v.word, w.word) : v.num == w.num || (isnan(v.num) && isnan(w.num))));
    for (size_t i = 0; expr_slot(x, i) >= 0; i++)
        PROMISE(expr_slot(x, i) < NAMES);
    double most;
    expr_above(x, A, 5, &most);
    PROMISE(expr_text(x));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct where at = {"file.ini", 7, "require", "model"};
    const struct expr_scope scope = {find, known, NULL, type, NULL, 1, NULL};
    struct arena a;
    struct err e = {0};
    arena_init(&a);
    char *text = arena_take(&a, n + 1);
    PROMISE(text);
    memcpy(text, bytes, n);
    const struct expr *x = expr_parse(text, &at, &scope, &a, &e);
    PROMISE(!x == !!e.code && (x || strstr(e.text, "file.ini:7")));
    if (x)
        evaluated(x);
    arena_release(&a);
    return 0;
}
