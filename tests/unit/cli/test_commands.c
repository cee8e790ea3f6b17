/* test_commands.c - what commands print when an allocation or a call on a file fails: the same as otherwise, or nothing
 * but why not, with the exit status that says so. */
#include "cli/cli.h"
#include "cli/console/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "assert_close.h"
#include "mishap.h"

static const char small[] = "[sweep]\nrepeats = 2\n[data]\ndataset = xor\nsamples = 48\ntest_samples = 16\n"
                            "[model]\nunits = 2\nlayers = dense $units, relu, dense 2\n"
                            "[train]\nepochs = 2\nbatch_size = 16\noptimizer = sgd\nlr = ${0.1 * 1}\n"
                            "[grid]\nmodel.units = 2, 3, 40\ntrain.nesterov = no, yes\n"
                            "[require]\nmodel = params < 100\nresult = test_accuracy >= 0\n";

#define TEXT 65536
#define WORDS 8

static FILE *out, *err; /* what a command prints */

struct command_line {
    const char *word[WORDS];
    int status; /* when nothing fails */
    enum mishap kind;
};

static void text_of(FILE *f, char *text)
{
    ssize_t n = pread(fileno(f), text, TEXT - 1, 0);
    text[n > 0 ? n : 0] = 0;
}

/* Without its blanks: a table is printed unaligned where there is no memory to measure its columns. */
static uint64_t words_of(const char *text)
{
    uint64_t h = 0;
    for (; *text; text++)
        h = *text == ' ' ? h : result_of(h, text, 1);
    return h;
}

/* The command with its output in the files; what was printed before is gone. */
static int print_command(const struct command_line *c)
{
    int argc = 0, kept[2];
    char *argv[WORDS + 1] = {"sweep"};
    while (argc < WORDS - 1 && c->word[argc]) {
        argv[argc + 1] = (char *)c->word[argc];
        argc++;
    }
    fflush(stdout);
    kept[0] = dup(1);
    kept[1] = dup(2);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    lseek(1, 0, SEEK_SET);
    lseek(2, 0, SEEK_SET);
    int status = truncate("/dev/fd/1", 0) || truncate("/dev/fd/2", 0) ? -1 : cli_main(argc + 1, argv);
    mishaps_are_over();
    fflush(stdout);
    clearerr(stdout);
    dup2(kept[0], 1);
    dup2(kept[1], 2);
    close(kept[0]);
    close(kept[1]);
    return status;
}

/* Ends with 4 and a reason on standard error, or as always. */
static int say(void *ctx, uint64_t *result, struct err *e)
{
    const struct command_line *c = ctx;
    static char text[TEXT];
    int status = print_command(c);
    text_of(out, text);
    *result = words_of(text);
    text_of(err, text);
    if (status == c->status)
        return 0;
    if (status != 4 || !*text || (c->kind == MISHAP_MEMORY && !strstr(text, "there is not enough memory")))
        return err_set(e, ERR_USAGE, "%s: status %d, it says '%.200s'", c->word[0], status, text);
    e->code = c->kind == MISHAP_MEMORY ? ERR_NOMEM : ERR_IO;
    return -1;
}

static void finish_a_sweep(const char *ini, const char *folder)
{
    FILE *f = fopen(ini, "w");
    assert_non_null(f);
    assert_true(fputs(small, f) >= 0 && !fclose(f));
    assert_int_equal(print_command(&(struct command_line){{ini, "--out", folder, "--no-plots", "-q", "-j", "1"}, 0, 0}),
                     0);
}

static void what_fails_in_a_command_is_told(void **state)
{
    char ini[4200], folder[4200];
    (void)state;
    snprintf(ini, sizeof ini, "%s", test_path("commands.ini"));
    snprintf(folder, sizeof folder, "%s", test_path("commands"));
    finish_a_sweep(ini, folder);
    static const enum mishap kinds[] = {MISHAP_MEMORY, MISHAP_FILES};
    for (size_t k = 0; k < 2; k++) {
        struct command_line lines[] = {
            {{"status", "commands", "--out", folder}, 0, kinds[k]},
            {{"report", "commands", "--markdown", "--out", folder}, 0, kinds[k]},
            {{"show", ini, "--point", "3"}, 0, kinds[k]},
            {{"plan", ini, "train.optimizr=adam"}, 2, kinds[k]},
            {{"list", "keys"}, 0, kinds[k]},
        };
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            struct trying t = {lines[i].word[0], say, &lines[i], kinds[k] ? ERR_IO : ERR_NOMEM, 0};
            assert_true(each_call_fails(kinds[k], &t) > 0);
        }
    }
}

/* Words that are no name of a sweep never become a path. */
static void names_are_checked(void **state)
{
    static const char *const wrong[] = {
        "", ".hidden", "../up", "a b", "a/b", "sixty-five-letters-are-one-more-than-a-name-of-a-sweep-may-have-here"};
    static char text[TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(print_command(&(struct command_line){{"status", wrong[i]}, 2, 0}), 2);
        text_of(err, text);
        if (!strstr(text, "is not the name of a sweep"))
            fail_msg("'%s': %s", wrong[i], text);
    }
}

static void replace_file(const char *folder, const char *name, const char *with)
{
    char path[4300];
    snprintf(path, sizeof path, "%s/results/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(with, f) >= 0 && !fclose(f));
}

/* A journal that is newer than its tables is read first; where its sweep file is no longer one, it is said. */
static void tables_that_cannot_be_made_again_are_told(void **state)
{
    static char text[TEXT];
    char ini[4200], folder[4200], path[4300];
    (void)state;
    snprintf(ini, sizeof ini, "%s", test_path("commands.ini"));
    snprintf(folder, sizeof folder, "%s", test_path("stale"));
    finish_a_sweep(ini, folder);
    snprintf(path, sizeof path, "%s/results/commands.points.csv", folder);
    assert_int_equal(unlink(path), 0);
    const struct command_line report = {{"report", "commands", "--markdown", "--out", folder}, 0, 0};
    assert_int_equal(print_command(&report), 0); /* made again */
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    replace_file(folder, "commands/sweep.ini", "[train]\nlr = none\n");
    assert_int_equal(print_command(&report), 2);
    text_of(err, text);
    assert_non_null(strstr(text, "the tables cannot be made again from the journal: "));
    assert_non_null(strstr(text, "train.lr"));
    replace_file(folder, "commands/sweep.ini", "[sweep]\nname = another\n"); /* of an older version: left alone */
    assert_int_equal(print_command(&report), 0);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* The command that goes on is printed as a shell reads it. */
static void a_command_is_printed_for_a_shell(void **state)
{
    static char text[TEXT];
    char ini[4200], folder[4200];
    (void)state;
    snprintf(ini, sizeof ini, "%s", test_path("commands.ini"));
    snprintf(folder, sizeof folder, "%s", test_path("it's here"));
    const struct command_line c = {{ini, "--out", folder, "--no-plots", "-q", "stop.trials=1"}, 3, 0};
    assert_int_equal(print_command(&c), 3);
    text_of(err, text);
    if (!strstr(text, "/it'\\''s here' --no-plots -q stop.trials=1\n"))
        fail_msg("%s", text);
}

static void json_is_escaped(void **state)
{
    static char text[TEXT];
    struct json j = {.f = tmpfile()};
    (void)state;
    assert_non_null(j.f);
    json_open(&j, NULL, '{');
    json_text(&j, "text", "a \"b\" \\ c\n\x01 \xc3\xa9\xff\xed\xa0\x80");
    json_open(&j, "numbers", '[');
    json_number(&j, NULL, 0.1);
    json_number(&j, NULL, 0.0 / 0.0);
    json_digits(&j, NULL, "inf");
    json_digits(&j, NULL, "1e-5");
    json_digits(&j, NULL, NULL);
    json_close(&j, ']');
    json_close(&j, '}');
    assert_int_equal(fflush(j.f), 0);
    text_of(j.f, text);
    assert_non_null(strstr(text, "a \\\"b\\\" \\\\ c\\u000a\\u0001 \xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\""));
    assert_non_null(strstr(text, "\n    0.1,\n    null,\n    null,\n    1e-5,\n    null\n"));
    fclose(j.f);
}

static int open_files(void **state)
{
    (void)state;
    out = tmpfile();
    err = tmpfile();
    return out && err ? 0 : -1;
}

static int close_files(void **state)
{
    (void)state;
    fclose(out);
    fclose(err);
    return 0;
}

int test_commands(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_in_a_command_is_told),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(tables_that_cannot_be_made_again_are_told),
        cmocka_unit_test(a_command_is_printed_for_a_shell),
        cmocka_unit_test(json_is_escaped),
    };
    return cmocka_run_group_tests_name("commands", tests, open_files, close_files);
}
