/* cmocka last: its macro fail() is not command.h's. */
#include "base/str.h"
#include "cli/command.h"
#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- text ---- */

static void numbers_for_people(void **state)
{
    static const struct {
        double v;
        const char *bytes, *seconds, *count;
    } rows[] = {
        {0, "0 B", "0 ms", "0"},
        {0.25, "0 B", "0.2 s", "0"},
        {999, "999 B", "16 min 39 s", "999"},
        {1000, "1.00 kB", "16 min 40 s", "1.00 k"},
        {59.6, "60 B", "1 min 00 s", "60"},
        {3599.6, "3.60 kB", "1 h 00 min", "3.60 k"},
        {5223456, "5.22 MB", "60 days", "5.22 M"},
        {99960, "100 kB", "27 h 46 min", "100 k"},
        {1e12, "1.00 TB", "11574074 days", "1e+12"},
    };
    char buf[TEXT_NUM];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(text_bytes(buf, rows[i].v), rows[i].bytes);
        if (rows[i].v < 1e12)
            assert_string_equal(text_seconds(buf, rows[i].v), rows[i].seconds);
        assert_string_equal(text_count(buf, rows[i].v), rows[i].count);
    }
    assert_string_equal(text_seconds(buf, -1), "unknown");
    assert_string_equal(text_seconds(buf, 0.0 / 0.0), "unknown");
}

/* What the call prints, in a static buffer. */
static const char *printed(void (*print)(FILE *f, const void *what), const void *what)
{
    static char text[4096];
    FILE *f = tmpfile();
    assert_non_null(f);
    print(f, what);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static void print_table(FILE *f, const void *t)
{
    text_table(f, t, 1);
}

static void tables_are_aligned(void **state)
{
    static const char *const head[] = {"name", "n", "note"};
    static const char *const rows[][3] = {{"ä", "1.5", "x"}, {"long name", "-20", ""}, {"", "", "end"}};
    struct table t;
    (void)state;
    table_init(&t);
    assert_int_equal(table_columns(&t, head, 3), 0);
    assert_string_equal(printed(print_table, &t), " name  n  note\n");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(table_row(&t, rows[i]), 0);
    assert_string_equal(printed(print_table, &t), " name         n  note\n"
                                                  " ä          1.5  x\n"
                                                  " long name  -20\n"
                                                  "                 end\n");
    table_release(&t);
}

static void print_wrapped(FILE *f, const void *s)
{
    text_wrap(f, s, 2, 11);
}

static void texts_are_wrapped(void **state)
{
    (void)state;
    assert_string_equal(printed(print_wrapped, ""), "");
    assert_string_equal(printed(print_wrapped, "one"), "  one\n");
    assert_string_equal(printed(print_wrapped, "one two three  four"), "  one two\n  three four\n");
    assert_string_equal(printed(print_wrapped, "a incomprehensible b"), "  a\n  incomprehensible\n  b\n");
}

/* ---- options ---- */

struct parsed {
    struct options o;
    const char *word[16];
    size_t nwords;
    uint64_t used;
    struct err e;
};

static int parse(struct parsed *p, const char *line)
{
    static char buf[256];
    const char *argv[16];
    int argc = 0;
    memset(p, 0, sizeof *p);
    snprintf(buf, sizeof buf, "%s", line);
    for (char *s = strtok(buf, " "); s; s = strtok(NULL, " "))
        argv[argc++] = s;
    return options_parse(argc, argv, &p->o, p->word, &p->nwords, &p->used, &p->e);
}

static void options_are_read(void **state)
{
    struct parsed p;
    (void)state;
    assert_int_equal(parse(&p, "a.ini -j 3 x.y=1 --out=here -qn --isa ref -- -v"), 0);
    assert_int_equal(p.o.jobs, 3);
    assert_string_equal(p.o.out, "here");
    assert_string_equal(p.o.isa, "ref");
    assert_true(p.o.quiet && p.o.dry_run && !p.o.verbose && !p.o.help);
    assert_int_equal(p.nwords, 3);
    assert_string_equal(p.word[0], "a.ini");
    assert_string_equal(p.word[1], "x.y=1");
    assert_string_equal(p.word[2], "-v");
    assert_int_equal(parse(&p, "-qj4 --point 7"), 0);
    assert_int_equal(p.o.jobs, 4);
    assert_int_equal(p.o.point, 7);
    assert_int_equal(parse(&p, ""), 0);
    assert_int_equal(p.o.jobs, 0);
    assert_true(option_jobs(&p.o) >= 1);
    assert_string_equal(p.o.out, ".");
}

static void wrong_options_are_refused(void **state)
{
    static const struct {
        const char *line, *why;
    } rows[] = {
        {"-j", "-j wants a value: N"},           {"-j 0", "--jobs: '0' is not"},
        {"--jobs=x", "--jobs: 'x' is not"},      {"--jobs=", "--jobs: '' is not"},
        {"--out=", "--out= wants a value: DIR"}, {"--quiet=yes", "--quiet takes no value"},
        {"--quite", "did you mean '--quiet'?"},  {"-z", "unknown option '-z'"},
        {"--point 0", "--point: '0' is not"},    {"--", NULL},
    };
    struct parsed p;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(&p, rows[i].line), rows[i].why ? -1 : 0);
        if (rows[i].why && !strstr(p.e.text, rows[i].why))
            fail_msg("%s: '%s' instead of '%s'", rows[i].line, p.e.text, rows[i].why);
    }
}

/* No command takes an option that it would ignore. */
static void options_fit_commands(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--fail-fast");
    for (const struct command *c = commands; c->name; c++) {
        struct err e = {0};
        assert_int_equal(options_fit(p.used, c, &e), c->bit == FOR_RUN ? 0 : -1);
    }
    parse(&p, "--help --version");
    for (const struct command *c = commands; c->name; c++) {
        struct err e = {0};
        assert_int_equal(options_fit(p.used, c, &e), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_people),        cmocka_unit_test(tables_are_aligned),
        cmocka_unit_test(texts_are_wrapped),         cmocka_unit_test(options_are_read),
        cmocka_unit_test(wrong_options_are_refused), cmocka_unit_test(options_fit_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
