/* test_commands.c - what commands print when an allocation or a call on a file fails: the same as otherwise, or nothing
 * but why not, with the exit status that says so. */
#include "cli/cli.h"

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
    out = tmpfile();
    err = tmpfile();
    assert_true(out && err);
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
    fclose(out);
    fclose(err);
}

int test_commands(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(what_fails_in_a_command_is_told)};
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
