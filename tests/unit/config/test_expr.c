/* Expressions against their meaning: a table of good and one of bad ones. */
#include "config_test.h"

#include "config/syntax/expr.h"

#include <math.h>
#include <string.h>

/* Names a, b (numbers 6 and 2.5), act (a variable holding relu), opt (sgd or adam), flag (a bool), set (any word),
 * gone. */
enum { A, B, ACT, OPT, FLAG, SET, GONE, NAMES };
static const char *const names[NAMES] = {"a", "b", "model.act", "opt", "flag", "set", "gone"};

static const char *opt_word(size_t i)
{
    static const char *const w[] = {"sgd", "adam"};
    return i < 2 ? w[i] : NULL;
}

static const struct param params[NAMES] = {
    [A] = {.name = "a", .type = P_INT, .preset = "", .help = ""},
    [B] = {.name = "b", .type = P_FLOAT, .preset = "", .help = ""},
    [OPT] = {.name = "opt", .type = P_CHOICE, .preset = "", .help = "", .word = opt_word},
    [FLAG] = {.name = "flag", .type = P_BOOL, .preset = "", .help = ""},
    [SET] = {.name = "set", .type = P_TEXT, .preset = "", .help = ""},
};

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

static const struct param *type(const void *ctx, int slot)
{
    (void)ctx;
    return params[slot].name ? &params[slot] : NULL;
}

static int takes(const void *ctx, int slot, const char *word, const char **near)
{
    (void)ctx;
    *near = slot == OPT ? "sgd" : NULL;
    return slot != OPT || !strcmp(word, "sgd") || !strcmp(word, "adam");
}

static int get(void *ctx, int slot, struct expr_value *v, struct err *e)
{
    static const struct expr_value value[NAMES] = {{6, NULL}, {2.5, NULL},          {0, "relu"}, {0, "sgd"},
                                                   {1, NULL}, {0, "fashion-mnist"}, {0, NULL}};
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

static const struct expr_scope scope = {find, known, NULL, type, takes, 1, NULL};
static const struct expr_env env = {get, uses, NULL};

static void good_expressions(void **state)
{
    static const struct {
        const char *text;
        double want;
    } good[] = {
        {"1", 1},
        {" .5 ", 0.5},
        {"1e3", 1000},
        {"2.5E-1", 0.25},
        {"99.4%", 0.994},
        {"(50%)*2", 1},
        {"50% + 1", 1.5},
        {"7 % 4", 3},
        {"7%4", 3},
        {"-7 % 4", 1},
        {"a%4", 2},
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"10 - 4 - 3", 3},
        {"2 / 4 / 2", 0.25},
        {"-2 * -3", 6},
        {"- - 2", 2},
        {"+3", 3},
        {"2*a", 12},
        {"a/b", 2.4},
        {"min(3, 1, 2)", 1},
        {"max(3, a, 2)", 6},
        {"floor(-2.5)", -3},
        {"ceil(-2.5)", -2},
        {"round(2.5)", 3},
        {"round(-2.5)", -2},
        {"abs(-3)", 3},
        {"sqrt(2.25) + exp(0) + log(1)", 2.5},
        {"sin(0) + cos(0)", 1},
        {"min(max(1, 2), max(3, 4))", 2},
        {"1 < 2", 1},
        {"2 <= 2", 1},
        {"3 > 4", 0},
        {"3 >= 4", 0},
        {"a = 6", 1},
        {"a == 6", 1},
        {"a != 6", 0},
        {"not a = 6", 0},
        {"not not 5", 1},
        {"1 and 0 or 1", 1},
        {"0 and 1 or 0", 0},
        {"1 or 0 and 0", 1},
        {"2 and 3", 1},
        {"0 or 7", 1},
        {"b > 2 and b < 3", 1},
        {"0 and 1/0", 0},
        {"1 or 1/0", 1},
        {"opt = sgd", 1},
        {"opt != adam", 1},
        {"sgd = opt", 1},
        {"opt = adam or opt = sgd", 1},
        {"(opt = sgd)", 1},
        {"model.act = relu", 1},
        {"model.act = gelu", 0},
        {"model.act = 3", 0},
        {"set = fashion-mnist", 1},
        {"set = \"fashion-mnist\" and 1", 1},
        {"\"relu\" = model.act", 1},
        {"set = mnist", 0},
        {"flag", 1},
        {"flag = yes", 1},
        {"flag = off", 0},
        {"flag = 1 and not (flag = no)", 1},
        {"uses batchnorm", 1},
        {"uses dropout or uses batchnorm", 1},
        {"not uses dropout", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct arena a;
        struct err e = {0};
        struct expr_value v = {0, NULL};
        arena_init(&a);
        const struct expr *x = expr_parse(good[i].text, NULL, &scope, &a, &e);
        if (!x || expr_eval(x, &env, &v, &e))
            fail_msg("%s: %s", good[i].text, e.text);
        if (v.word || fabs(v.num - good[i].want) > 1e-15)
            fail_msg("%s is %.17g, not %.17g", good[i].text, v.num, good[i].want);
        arena_release(&a);
    }
}

static void bad_expressions(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "a value is missing at the end"},
        {"1 +", "a value is missing at the end"},
        {"* 2", "a value is missing before '* 2'"},
        {"(1", "a ')' is missing at the end"},
        {"1)", "nothing is expected at ')'"},
        {"1 2", "nothing is expected at '2'"},
        {"a b", "nothing is expected at 'b'"},
        {"foo + 1", "unknown name 'foo'"},
        {"model.akt > 1", "did you mean 'model.act'?"},
        {"relu", "unknown name 'relu'"},
        {"relu < 3", "unknown name 'relu'"},
        {"relu = gelu", "unknown name 'relu'"},
        {"opt = sdg", "did you mean 'sgd'?"},
        {"opt = 3", "'3' is no value"},
        {"a = six", "unknown name 'six'"},
        {"a = \"6\"", "not a number: '6'"},
        {"flag = maybe", "yes or no"},
        {"\"x\"", "a text can only be compared"},
        {"\"x", "the second '\"' is missing"},
        {"1 < 2 < 3", "do not chain"},
        {"and 1", "a value is missing before 'and'"},
        {"1 and", "a value is missing at the end"},
        {"not", "a value is missing at the end"},
        {"min(1)", "at least two"},
        {"floor(1, 2)", "exactly one"},
        {"min(1, 2", "a ')' is missing"},
        {"tan(1)", "unknown function"},
        {"3x", "not a number: '3x'"},
        {"1.2.3", "not a number"},
        {"uses", "a layer's name is missing"},
        {"uses batchnom", "did you mean 'batchnorm'?"},
        {"a $ b", "nothing is expected at '$ b'"},
        {"10% 3", "nothing is expected at '3'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct err e = {0};
        struct where w = {"t.ini", 7, "require", "model"};
        arena_init(&a);
        if (expr_parse(bad[i].text, &w, &scope, &a, &e))
            fail_msg("'%s' was accepted", bad[i].text);
        if (!strstr(e.text, bad[i].part) || strncmp(e.text, "t.ini:7: require.model: ", 24))
            fail_msg("'%s': '%s' is missing in: %s", bad[i].text, bad[i].part, e.text);
        arena_release(&a);
    }
}

static void errors_while_running(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"1 / (a - 6)", "division by zero"},
        {"1 % 0", "division by zero"},
        {"model.act + 1", "'relu' is no number"},
        {"model.act < 1", "'relu' is no number"},
        {"1e300 * 1e300", "too large"},
        {"model.act and 1", "'relu' is no number"},
        {"log(0)", "too large"},
        {"sqrt(-1)", "is no number"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct err e = {0};
        struct expr_value v;
        arena_init(&a);
        const struct expr *x = expr_parse(bad[i].text, NULL, &scope, &a, &e);
        assert_non_null(x);
        assert_int_equal(expr_eval(x, &env, &v, &e), -1);
        if (!strstr(e.text, bad[i].part))
            fail_msg("'%s': %s", bad[i].text, e.text);
        arena_release(&a);
    }
}

static void missing_values(void **state)
{
    struct arena a;
    struct err e = {0};
    int missing;
    (void)state;
    arena_init(&a);
    const struct expr *x = expr_parse("gone > 1", NULL, &scope, &a, &e),
                      *y = expr_parse("0 and gone", NULL, &scope, &a, &e);
    assert_int_equal(expr_holds(x, &env, &missing, &e), 0);
    assert_int_equal(missing, 1);
    assert_int_equal(expr_holds(y, &env, &missing, &e), 0);
    assert_int_equal(missing, 0);
    assert_int_equal(expr_slot(x, 0), GONE);
    assert_int_equal(expr_slot(x, 1), -1);
    arena_release(&a);
}

/* Deep and long texts end in an error, not in a full stack. */
static void no_recursion_bombs(void **state)
{
    static const struct {
        const char *unit, *end;
        int times, good;
    } bomb[] = {
        {"(", "1", 100000, 0},     {"-", "1", 100000, 0},  {"not ", "1", 100000, 0},
        {"min(1,", "1", 50000, 0}, {"1 + ", "1", 1000, 1}, {"1+", "1", 100000, 0},
        {"1 or ", "0", 1000, 1},   {"-", "1", 60, 1},      {"1 or 1 and 1 < 1 + 1 * (", "1", 60, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bomb / sizeof *bomb; i++) {
        struct str t = {0};
        struct arena a;
        struct err e = {0};
        struct expr_value v;
        arena_init(&a);
        for (int n = 0; n < bomb[i].times; n++)
            str_add(&t, bomb[i].unit);
        str_add(&t, bomb[i].end);
        const struct expr *x = expr_parse(t.p, NULL, &scope, &a, &e);
        if (!x != !bomb[i].good || (x && expr_eval(x, &env, &v, &e)))
            fail_msg("%s...: %s", bomb[i].unit, e.text);
        str_release(&t);
        arena_release(&a);
    }
}

/* As deep as is allowed, with an operator of every level waiting at each depth: the stack is large enough. */
static void the_deepest_stack(void **state)
{
    struct str t = {0};
    struct arena a;
    struct err e = {0};
    struct expr_value v;
    (void)state;
    arena_init(&a);
    for (int n = 0; n < 64; n++)
        str_add(&t, "0 or 1 and 1 < 1 + 1 * (");
    str_add(&t, "2");
    for (int n = 0; n < 64; n++)
        str_add(&t, ")");
    const struct expr *x = expr_parse(t.p, NULL, &scope, &a, &e);
    assert_non_null(x);
    assert_int_equal(expr_eval(x, &env, &v, &e), 0);
    assert_close(v.num, 1, 0, 0);
    str_release(&t);
    arena_release(&a);
}

int run_expr_tests(void)
{
    const struct CMUnitTest expressions[] = {
        cmocka_unit_test(good_expressions),     cmocka_unit_test(bad_expressions),
        cmocka_unit_test(errors_while_running), cmocka_unit_test(missing_values),
        cmocka_unit_test(no_recursion_bombs),   cmocka_unit_test(the_deepest_stack),
    };
    return cmocka_run_group_tests(expressions, NULL, NULL);
}
