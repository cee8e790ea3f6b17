/* cmocka last: its macro fail() is not command.h's. */
#include "base/str.h"
#include "cli/command.h"
#include "cli/console/progress.h"
#include "cli/console/text.h"
#include "nn/layer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- tables within a width ---- */

struct within {
    const struct table *t;
    int width;
};

static void print_within(FILE *f, const void *w)
{
    text_table_within(f, ((const struct within *)w)->t, 0, ((const struct within *)w)->width);
}

static int widest_line(const char *text)
{
    int widest = 0;
    char line[512];
    for (; *text; text += strcspn(text, "\n") + 1) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        widest = text_places(line) > widest ? text_places(line) : widest;
    }
    return widest;
}

static void wide_table(struct table *t)
{
    static const char *const head[] = {
        "rank",         "point",        "model.kernels", "train.lr",     "train.momentum",
        "data.augment", "train.epochs", "params",        "val_accuracy", ""};
    static const char *const rows[][10] = {
        {"1", "12", "16", "0.1", "0.9", "rotate 7, shift 1, hflip", "20", "11660", "0.9912 ± 0.0012", "the best"},
        {"2", "3", "8", "0.05", "0.99", "rotate 7", "20", "5830", "0.9899 ± 0.0009", "tied with the best"},
    };
    table_init(t);
    assert_int_equal(table_columns(t, head, 10), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(table_row(t, rows[i]), 0);
}

static void tables_fit_a_terminal(void **state)
{
    struct table t;
    (void)state;
    wide_table(&t);
    char *whole = strdup(printed(print_within, &(struct within){&t, 0}));
    assert_non_null(whole);
    assert_true(widest_line(whole) > 120);
    assert_string_equal(printed(print_within, &(struct within){&t, 200}), whole); /* it fits: as it is */
    for (int width = 30; width < 150; width++) {
        const char *text = printed(print_within, &(struct within){&t, width});
        if (widest_line(text) > width)
            fail_msg("%d places in %d:\n%s", widest_line(text), width, text);
        if (width >= 40 && !strstr(text, "0.9912 ± 0.0012") && !strstr(text, "val_accuracy"))
            fail_msg("the result is neither there nor told as left out in %d:\n%s", width, text);
        for (size_t c = 0; c < t.cols; c++) { /* every column is there, or named below */
            const char *dot = strchr(t.head[c], '.'), *last = dot ? dot + 1 : t.head[c];
            char begin[8];
            snprintf(begin, sizeof begin, "%.6s", last);
            if (!strstr(text, begin))
                fail_msg("%s is not there in %d:\n%s", t.head[c], width, text);
        }
    }
    assert_string_equal(
        printed(print_within, &(struct within){&t, 100}),
        "rank  point  kernels    lr  momentum  augment            params     val_accuracy\n"
        "   1     12       16   0.1       0.9  rotate 7, shift …   11660  0.9912 ± 0.0012  the best\n"
        "   2      3        8  0.05      0.99  rotate 7             5830  0.9899 ± 0.0009  tied with the best\n"
        "the same in every row: train.epochs 20\n");
    assert_string_equal(printed(print_within, &(struct within){&t, 60}),
                        "rank  point  kernels  params     val_accuracy\n"
                        "   1     12       16   11660  0.9912 ± 0.0012  the best\n"
                        "   2      3        8    5830  0.9899 ± 0.0009  tied with th…\n"
                        "the same in every row: train.epochs 20\n"
                        "+3 more columns: train.lr, train.momentum, data.augment\n");
    free(whole);
    table_release(&t);
}

static void places_of_letters(void **state)
{
    (void)state;
    assert_int_equal(text_places("abc"), 3);
    assert_int_equal(text_places("ä ± …"), 5);
    assert_int_equal(text_places("数字"), 4);
    assert_int_equal(text_places("e\xcc\x81"), 1); /* a mark over the letter before */
    assert_int_equal(text_places("\xff\xe6"), 2);  /* no UTF-8: a byte a letter, nothing read past the end */
    assert_int_equal(text_fit("数字", 3), strlen("数"));
    assert_int_equal(text_fit("äbc", 2), strlen("äb"));
    assert_int_equal(text_fit("abc", 7), 3);
    assert_int_equal(text_fit("abc", -1), 0);
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

/* ---- progress ---- */

static void print_progress(FILE *f, const void *r)
{
    struct progress p;
    int err = dup(STDERR_FILENO);
    progress_init(&p, 0, 0);
    p.tty = p.color = 0;
    dup2(fileno(f), STDERR_FILENO);
    progress_tell(&p, r);
    fflush(stderr);
    dup2(err, STDERR_FILENO);
    close(err);
}

/* The most important comes first; no time is left where only a test is measured. */
static void progress_names_epoch_loss_and_metric(void **state)
{
    const struct running_trial worker[] = {
        {.trial = 3, .epoch = 7, .epochs = 15, .train_loss = 0.0431234f, .value = 0.98712f, .metric = "val_accuracy"},
        {.trial = 0},
        {.trial = 4, .epoch = 0, .epochs = 15, .train_loss = NAN, .value = NAN, .metric = "train_accuracy"},
        {.trial = 5,
         .epoch = 15,
         .epochs = 15,
         .measuring = 1,
         .train_loss = 0.5f,
         .value = 1,
         .metric = "val_accuracy"},
    };
    struct run_progress r = {.done = 2,
                             .total = 54,
                             .failed = 1,
                             .running = 3,
                             .elapsed = 3725,
                             .left = 80,
                             .images_per_second = 12345,
                             .worker = worker,
                             .workers = 4,
                             .best_value = 0.991234567,
                             .best = "model.kernels=8"};
    (void)state;
    assert_string_equal(printed(print_progress, &r),
                        "[2/54 1:02:05] best 0.9912, 1 failed, 1 min 20 s left, 3 running: "
                        "epoch 7/15 loss 0.04312 val_accuracy 0.9871; 0/15; 15/15 0.5 1 measuring, 12.3 k images/s, "
                        "best model.kernels=8\n");
    r = (struct run_progress){
        .total = 1, .running = 1, .left = -1, .worker = worker + 3, .workers = 1, .best_value = NAN, .best = ""};
    assert_string_equal(printed(print_progress, &r),
                        "[0/1 0:00:00] 1 running: epoch 15/15 loss 0.5 val_accuracy 1 measuring\n");
    r.worker = worker + 1;
    r.left = 1e-6;
    assert_string_equal(printed(print_progress, &r), "[0/1 0:00:00] under 1 s left, 1 running\n");
    r.event = "trial 3: val_accuracy 0.9912, model.kernels=8";
    assert_string_equal(printed(print_progress, &r), "[0/1 0:00:00] trial 3: val_accuracy 0.9912, model.kernels=8\n");
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

/* ---- hints ---- */

static int in_table(const struct param *t, const char *word)
{
    for (; t && t->name; t++) {
        if (!strcmp(t->name, word))
            return 1;
        for (size_t i = 0; t->type == P_CHOICE && t->word(i); i++)
            if (!strcmp(t->word(i), word))
                return 1;
    }
    return 0;
}

static int in_data(const struct data_word *(*at)(size_t i), const char *word)
{
    const struct data_word *w;
    for (size_t i = 0; (w = at(i)); i++)
        if (!strcmp(w->name, word) || in_table(w->params, word))
            return 1;
    return 0;
}

static int in_key(const char *word)
{
    struct key_info k;
    for (struct key_walk w = {0}; !config_key(&w, &k);)
        if (!strcmp(k.section, word) || in_table((const struct param[]){*k.param, {0}}, word))
            return 1;
    return !strcmp(word, "grid") || !strcmp(word, "require"); /* sections without keys of a table */
}

/* Every word that some table has. */
static int is_word(const char *word)
{
    for (size_t i = 0; layer_types[i]; i++)
        if (!strcmp(layer_types[i]->name, word) || (layer_types[i]->alias && !strcmp(layer_types[i]->alias, word)) ||
            in_table(layer_types[i]->params, word))
            return 1;
    for (const struct metric *m = train_metrics; m->name; m++)
        if (!strcmp(m->name, word))
            return 1;
    return command_find(word) || in_key(word) || in_data(data_dataset_word, word) || in_data(data_augment_word, word);
}

static const char *one_word(size_t i, const void *word)
{
    return i ? NULL : word;
}

/* A row that leads to no word would be a hint that nobody ever sees; one whose word is taken would never be asked for.
 */
static void every_synonym_leads_to_a_word(void **state)
{
    const struct synonym *s, *t;
    size_t n = 0;
    (void)state;
    for (; (s = str_synonym(n)); n++) {
        const char *got = str_nearest(s->theirs, one_word, s->ours);
        if (!is_word(s->ours))
            fail_msg("'%s' leads to '%s', which is no word", s->theirs, s->ours);
        if (!got || strcmp(got, s->ours))
            fail_msg("'%s' does not lead to '%s'", s->theirs, s->ours);
        for (size_t i = 0; i < n && (t = str_synonym(i)); i++)
            if (!strcmp(s->theirs, t->theirs) && !strcmp(s->ours, t->ours))
                fail_msg("'%s' leads to '%s' twice", s->theirs, s->ours);
    }
    assert_true(n > 100);
    assert_false(is_word("learning_rate"));
}

/* And no command is told to be missing. */
static void commands_are_not_elsewhere(void **state)
{
    (void)state;
    assert_non_null(command_elsewhere("best"));
    assert_null(command_elsewhere("xyzzy"));
    for (const struct command *c = commands; c->name; c++)
        assert_null(command_elsewhere(c->name));
}

int test_commands(void);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_people),
        cmocka_unit_test(tables_are_aligned),
        cmocka_unit_test(texts_are_wrapped),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(options_fit_commands),
        cmocka_unit_test(tables_fit_a_terminal),
        cmocka_unit_test(places_of_letters),
        cmocka_unit_test(progress_names_epoch_loss_and_metric),
        cmocka_unit_test(every_synonym_leads_to_a_word),
        cmocka_unit_test(commands_are_not_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + test_commands();
}
