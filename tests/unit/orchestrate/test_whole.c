/* test_whole.c - a sweep from its plan to its tables when an allocation or a call on a file fails: it ends with the
 * tables of an undisturbed run, or it says why not, and the next run ends with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "base/file.h"
#include "mishap.h"
#include "orchestrate/orchestrate.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy (momentum does nothing to adam), a skipped point, a condition, two seeds; milliseconds. */
static const char small[] = "[sweep]\nrepeats = 2\n[data]\ndataset = xor\nsamples = 48\ntest_samples = 16\n"
                            "[model]\nunits = 2\nlayers = dense $units, relu, dense 2\n"
                            "[train]\nepochs = 2\nbatch_size = 16\noptimizer = sgd\n"
                            "[grid]\nmodel.units = 2, 3, 40\ntrain.nesterov = no, yes\n"
                            "[require]\nmodel = params < 100\nresult = test_accuracy >= 0\n";

static const char *const tables[] = {".csv",       ".points.csv",    ".effects.csv", ".epochs.csv", ".classes.csv",
                                     ".about.csv", ".confusion.csv", ".layers.csv",  ".data.csv",   ".outside.csv"};

static const char *const no_words[] = {NULL}, *const smaller[] = {"model.units=2", NULL};

struct whole {
    struct sweep *sweep;
    const char *out;
    int again; /* 1: a finished sweep, whose tables are made from the journal */
    struct run_options options;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static uint64_t tables_of(const struct whole *w)
{
    uint64_t h = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char path[4200];
        size_t n = 0;
        struct err e = {0};
        snprintf(path, sizeof path, "%s/results/whole%s", w->out, tables[i]);
        char *text = file_exists(path) ? file_read(path, &n, &e) : NULL;
        h = result_of(h, tables[i], strlen(tables[i]));
        h = text ? result_of(h, text, n) : h;
        free(text);
    }
    return h;
}

/* Of all that the run was told: a lack of memory if there was one, which may also be a trial's end. */
static int told(int bad, struct err_list *errs, const struct run_summary *sum, enum err_code wanted, struct err *e)
{
    for (size_t i = errs->n; i-- > 0;)
        if (e->code != wanted)
            *e = errs->v[i];
    err_list_release(errs);
    if (!bad && sum->failed) {
        e->code = wanted;
        return -1;
    }
    return bad;
}

static int run_whole(const struct whole *w, enum err_code wanted, struct err *e)
{
    struct err_list errs = {0};
    struct run_summary sum = {0};
    return told(sweep_run(w->sweep, &w->options, &sum, &errs), &errs, &sum, wanted, e);
}

static int failing_run(struct whole *w, enum err_code wanted, uint64_t *result, struct err *e)
{
    char finished[4200];
    snprintf(finished, sizeof finished, "%s/results/whole/finished", w->out);
    if (!w->again)
        remove_folder(w->out);
    else
        unlink(finished); /* the call would find that nothing is to do */
    int bad = run_whole(w, wanted, e);
    mishaps_are_over();
    *result = bad ? 0 : tables_of(w);
    return bad;
}

static int run_in_short_memory(void *ctx, uint64_t *result, struct err *e)
{
    return failing_run(ctx, ERR_NOMEM, result, e);
}

static int run_with_bad_files(void *ctx, uint64_t *result, struct err *e)
{
    return failing_run(ctx, ERR_IO, result, e);
}

/* words: what a command line says, NULL after the last. */
static void open_whole(struct whole *w, const char *out, const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    struct err_list errs = {0};
    const char *path = test_path("whole.ini");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(small, f) >= 0 && !fclose(f));
    *w = (struct whole){.out = out};
    w->options = (struct run_options){.out = w->out, .jobs = 1};
    if (sweep_open(&w->sweep, path, words, n, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
}

/* What is left behind is no hindrance. */
static void next_run_is_whole(const struct whole *w, uint64_t right)
{
    struct err e = {0};
    if (run_whole(w, ERR_NOMEM, &e))
        fail_msg("the next run: %s", e.text);
    assert_true(tables_of(w) == right);
}

static void whole_runs_fail(enum mishap kind, enum err_code code, long sample,
                            int (*run)(void *ctx, uint64_t *result, struct err *e))
{
    struct whole w;
    uint64_t right = 0;
    struct err e = {0};
    open_whole(&w, test_path("whole"), no_words);
    assert_int_equal(failing_run(&w, code, &right, &e), 0);
    for (w.again = 0; w.again < 2; w.again++) {
        assert_true(some_calls_fail(kind, &(struct trying){"a sweep", run, &w, code, 0}, sample) > 0);
        next_run_is_whole(&w, right);
    }
    sweep_free(w.sweep);
    open_whole(&w, test_path("whole"), smaller); /* what is finished and not in the plan is listed */
    w.again = 1;
    assert_int_equal(failing_run(&w, code, &right, &e), 0);
    assert_true(some_calls_fail(kind, &(struct trying){"a smaller plan", run, &w, code, 0}, sample) > 0);
    next_run_is_whole(&w, right);
    sweep_free(w.sweep);
}

static void lack_of_memory_is_told_and_made_good(void **state)
{
    (void)state;
    whole_runs_fail(MISHAP_MEMORY, ERR_NOMEM, 150, run_in_short_memory);
}

static void bad_files_are_told_and_made_good(void **state)
{
    (void)state;
    whole_runs_fail(MISHAP_FILES, ERR_IO, 1000, run_with_bad_files);
}

/* The call ends after the first trial that is as good, the next one goes on; a target that is not reached ends nothing.
 */
static void a_target_ends_the_call(void **state)
{
    static const struct {
        const char *words[4];
        int stopped, failed;
    } cases[] = {
        {{"stop.target=0"}, -1, 0},
        {{"stop.target=1"}, 0, 0},
        {{"sweep.objective=min val_loss", "stop.target=1000"}, -1, 0},
        {{"sweep.objective=min val_loss", "stop.target=1e-9"}, 0, 0},
        {{"stop.target=0", "train.lr=1e38"}, 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct whole w;
        struct err_list errs = {0};
        struct run_summary sum = {0};
        open_whole(&w, test_path("target"), cases[i].words);
        remove_folder(w.out);
        if (sweep_run(w.sweep, &w.options, &sum, &errs))
            fail_msg("case %zu: %s", i, errs.v[0].text);
        if (sum.stopped != cases[i].stopped || (sum.open > 0) != (cases[i].stopped != 0) ||
            (sum.failed > 0) != cases[i].failed)
            fail_msg("case %zu: stopped %d, %d open, %d failed", i, sum.stopped, (int)sum.open, (int)sum.failed);
        sweep_free(w.sweep);
    }
}

int test_whole(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(lack_of_memory_is_told_and_made_good),
                                              cmocka_unit_test(bad_files_are_told_and_made_good),
                                              cmocka_unit_test(a_target_ends_the_call)};
    return cmocka_run_group_tests_name("whole", tests, NULL, NULL);
}
