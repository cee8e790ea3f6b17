/* test_defined.c - blocks that a sweep file defines, as the parser sees them: what they become, and what is refused.
 * The library here puts values in by itself, for '@' and '#'; what a sweep file does is tested with src/config. */
#include "single.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

static const struct param two[] = {{.name = "width", .type = P_TEXT, .at = 0, .help = "it has no default"},
                                   {.name = "act", .type = P_TEXT, .at = sizeof(char *), .preset = "relu", .help = ""},
                                   {.name = "pad", .type = P_TEXT, .at = 2 * sizeof(char *), .preset = "1", .help = ""},
                                   {0}};
static const struct param no_params[] = {{0}};

static const struct {
    const char *name, *text;
    const struct param *params;
    int nparams;
} shelf[] = {
    {"pair", "conv 3x3 @ pad same\n#", two, 3},
    {"deep", "pair @ #, residual { pair @ tanh }", two, 3},
    {"empty", "none", no_params, 0},
    {"me", "relu, { you } x 2", no_params, 0},
    {"you", "tanh\nme", no_params, 0},
    {"bad", "rellu\nconv 3x3 @ strid 2", two, 3},
    {"open", "{ relu", no_params, 0},
    {"close", "relu }", no_params, 0},
    {"fails", "!", no_params, 0},
    {"end", "gap, dense 10, softmax", no_params, 0},
    {"grow0", "relu, relu, relu, relu, relu, relu, relu, relu, relu, relu", no_params, 0},
    {"grow1", "grow0, grow0, grow0, grow0, grow0, grow0, grow0, grow0, grow0, grow0", no_params, 0},
    {"grow2", "grow1, grow1, grow1, grow1, grow1, grow1, grow1, grow1, grow1, grow1", no_params, 0},
    {"grow3", "grow2, grow2, grow2, grow2, grow2, grow2, grow2, grow2, grow2, grow2", no_params, 0},
    {"grow4", "grow3, grow3, grow3, grow3, grow3, grow3, grow3, grow3, grow3, grow3", no_params, 0},
    {"grow5", "{ grow4, grow4, grow4, grow4, grow4, grow4, grow4, grow4, grow4 } x 0", no_params, 0},
};

static int put_values_in(const struct nn_library *l, size_t i, const char *const *value, struct arena *a,
                         struct nn_line **line, size_t *nlines, struct err *e)
{
    const struct where at = l->block[i].at;
    struct str t = {0};
    for (const char *p = shelf[i].text; *p; p++)
        str_addf(&t, *p == '@' || *p == '#' ? "%s" : "%.1s", *p == '@' ? value[0] : *p == '#' ? value[1] : p);
    char *text = arena_str(a, t.p), *one;
    str_release(&t);
    *line = arena_take(a, 4 * sizeof **line);
    for (*nlines = 0; (one = strsep(&text, "\n")); ++*nlines)
        (*line)[*nlines] = (struct nn_line){one, {at.file, at.line + 1 + (int)*nlines, at.section, "layers"}, l};
    return strcmp(shelf[i].text, "!") ? 0 : err_at(e, ERR_USAGE, &at, "no value");
}

/* The normal words of a text whose lines begin with line 40, or the errors of it. */
static const char *expanded(const char *text)
{
    static char out[4096];
    struct nn_defined block[COUNT(shelf)];
    struct nn_library library = {block, COUNT(shelf), put_values_in};
    struct arena a;
    struct nn_line line[4];
    struct err_list errs = {0};
    size_t n = 0, used = 0;
    arena_init(&a);
    for (size_t i = 0; i < COUNT(shelf); i++)
        block[i] = (struct nn_defined){
            shelf[i].name, {"net.ini", 10 * (int)i + 100, "block", NULL}, shelf[i].params, shelf[i].nparams};
    for (char *copy = arena_str(&a, text), *one; (one = strsep(&copy, "\n")); n++)
        line[n] = (struct nn_line){one, {"net.ini", (int)n + 40, "model", "layers"}, &library};
    nn_lines_check(line, n, &errs);
    const char *words = errs.n ? NULL : nn_lines_text(line, n, &a);
    out[0] = 0;
    for (size_t i = 0; i < errs.n; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i ? "\n" : "", errs.v[i].text);
    if (!errs.n)
        snprintf(out, sizeof out, "%s", words ? words : "no text");
    err_list_release(&errs);
    arena_release(&a);
    return out;
}

static void defined_blocks_are_what_their_text_says(void **state)
{
    static const struct {
        const char *text, *same;
    } cases[] = {
        {"pair 8", "conv 3x3 8 pad same, relu"},
        {"pair 8 tanh, gap", "conv 3x3 8 pad same, tanh, gap"},
        {"pair act gelu width 3", "conv 3x3 3 pad same, gelu"},
        {"{ pair 2 } x 2", "{ conv 3x3 2 pad same, relu } x 2"},
        {"tanh, deep 4", "tanh, conv 3x3 4 pad same, relu, residual { conv 3x3 4 pad same, tanh }"},
        {"residual { pair 4 }, branch { pair 1 | empty }",
         "residual { conv 3x3 4 pad same, relu }, branch { conv 3x3 1 pad same, relu | none }"},
        {"empty, relu, empty", "relu"},
        {"pair 4 none\nend", "conv 3x3 4 pad same\ngap, dense 10"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char want[512];
        snprintf(want, sizeof want, "%s", expanded(cases[i].same));
        assert_string_equal(expanded(cases[i].text), want);
    }
}

static void uses_and_texts_have_their_places(void **state)
{
    static const struct {
        const char *text, *errors;
    } wrong[] = {
        {"relu\npair", "net.ini:41: model.layers: pair lacks width: it has no default ([block.pair], line 100)"},
        {"pair 3 tan", "net.ini:102, used in line 40: block.layers: unknown layer 'tan'; did you mean 'tanh'?"},
        {"pair 3 width 4", "net.ini:40: model.layers: pair: width is given twice ([block.pair], line 100)"},
        {"pair 3 tanh relu", "net.ini:40: model.layers: 'relu' is a layer of its own; put a comma before it"},
        {"pair 3 tanh deep", "net.ini:40: model.layers: 'deep' is a block of its own; put a comma before it"},
        {"pair 3 tanh 1 widht 3",
         "net.ini:40: model.layers: pair has no option 'widht'; did you mean 'width'? ([block.pair], line 100)"},
        {"pair 3 relu same", "net.ini:40: model.layers: pair: 'same' is not a number, as the default of pad is; write "
                             "'pad same' ([block.pair], line 100)"},
        {"pair 3 relu x 2", "net.ini:40: model.layers: pair is not repeated by itself; write { pair ... } x N "
                            "([block.pair], line 100)"},
        {"pair 3 { relu } x 2\nrelu",
         "net.ini:40: model.layers: 'pair' does not take braces; { ... } x N repeats what is inside"},
        {"piar 3", "net.ini:40: model.layers: unknown layer 'piar'; did you mean 'pair'?"},
        {"bad 3\nbad 4", "net.ini:151, used in line 40: block.layers: unknown layer 'rellu'; did you mean 'relu'?\n"
                         "net.ini:152, used in line 40: block.layers: conv has no option 'strid'; did you mean "
                         "'stride'?"},
        {"deep -1", "net.ini:101, used in line 111, used in line 40: block.layers: conv: filters: '-1' is not an "
                    "integer 1..65536"},
        {"open", "net.ini:161, used in line 40: block.layers: '{' is never closed"},
        {"close", "net.ini:171, used in line 40: block.layers: '}' without its '{'"},
        {"fails", "net.ini:180: [block]: no value (used in line 40)"},
        {"relu\nme", "net.ini:142, used in line 131, used in line 41: block.layers: block 'me' uses itself: it uses "
                     "you, which uses it; a block may use others only"},
        {"grow5", "net.ini:231, used in line 241, used in line 251, used in line 40: block.layers: block 'grow2' makes "
                  "the network larger than 20000 layers"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_string_equal(expanded(wrong[i].text), wrong[i].errors);
}

int test_defined(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defined_blocks_are_what_their_text_says),
        cmocka_unit_test(uses_and_texts_have_their_places),
    };
    return cmocka_run_group_tests_name("nn defined", tests, NULL, NULL);
}
