/* test_mishaps.c - a plan and its datasets when an allocation fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "mishap.h"
#include "orchestrate/datasets.h"
#include "orchestrate/orchestrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char small[] =
    "[sweep]\nrepeats = 2\n[data]\ndataset = optdigits\ntrain = 64\nvalidation = 32\ntest = 32\n"
    "[model]\nunits = 2\nlayers = flatten, dense $units, relu\n  dropout 0.1, dense 10\n"
    "[train]\nepochs = 1\nbatch_size = 32\noptimizer = sgd\n"
    "[grid]\nmodel.units = 2, 4\ntrain.momentum = 0, 0.9 when model.units < 4\n"
    "[require]\nmodel = params < 100000\nresult = test_accuracy >= 0\n";

static struct sweep *open_small(void)
{
    static const char *path;
    struct err_list errs = {0};
    struct sweep *s = NULL;
    path = test_path("small.ini");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(small, f) >= 0 && !fclose(f));
    if (sweep_open(&s, path, NULL, 0, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    return s;
}

/* The first lack of memory, or else the first error. */
static int told(int bad, struct err_list *errs, struct err *e)
{
    for (size_t i = errs->n; i-- > 0;)
        if (e->code != ERR_NOMEM)
            *e = errs->v[i];
    err_list_release(errs);
    return bad;
}

static int add_point(void *ctx, const struct plan_point *p)
{
    uint64_t *result = ctx;
    *result = result_of(*result, &p->hash, sizeof p->hash);
    *result = result_of(*result, &p->bytes, sizeof p->bytes);
    return 0;
}

static int plan(void *ctx, uint64_t *result, struct err *e)
{
    struct err_list errs = {0};
    return told(plan_visit(ctx, ".", 0, 10, 2, add_point, result, NULL, &errs), &errs, e);
}

/* Two splits of a dataset, one of them twice, and what an earlier run knew of another. */
static int load_datasets(void *ctx, uint64_t *result, struct err *e)
{
    static const struct dataset_seen seen = {1, 28, 28, 10, 100, 50, 7};
    struct datasets d = {0};
    struct data_spec *s = ctx, gone = *s;
    gone.dataset = "mnist";
    gone.path = "/nowhere";
    int bad = datasets_remember(&d, &gone, &seen) ? err_set(e, ERR_NOMEM, "no memory") : 0;
    const struct dataset *absent = bad ? NULL : datasets_peek(&d, &gone, e);
    for (int i = 0; absent && !bad && i < 3; i++) {
        s->seed = i / 2;
        const struct data_view *v = datasets_view(&d, s, e);
        bad = !v;
        *result = bad ? 0 : result_of(result_of(*result, v->n, sizeof v->n), &absent->fingerprint, 8);
    }
    datasets_release(&d);
    return bad || !absent ? -1 : 0;
}

static void lack_of_memory_for_datasets_is_told(void **state)
{
    struct sweep *s = open_small();
    struct arena a;
    struct data_spec spec;
    struct err_list errs = {0};
    (void)state;
    arena_init(&a);
    struct proposal first;
    struct search_history none = {0};
    assert_int_equal(search_next(sweep_search(s), &none, &first, &(struct err){0}), 0);
    assert_int_equal(sweep_point_data(s, &first, &a, &spec, &errs), 0);
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"datasets", load_datasets, &spec, ERR_NOMEM, 0}) > 0);
    arena_release(&a);
    sweep_free(s);
}

static void lack_of_memory_in_a_plan_is_told(void **state)
{
    struct sweep *s = open_small();
    (void)state;
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"plan", plan, s, ERR_NOMEM, 0}) > 0);
    sweep_free(s);
}

int test_mishaps(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(lack_of_memory_in_a_plan_is_told),
                                              cmocka_unit_test(lack_of_memory_for_datasets_is_told)};
    return cmocka_run_group_tests_name("mishaps", tests, NULL, NULL);
}
