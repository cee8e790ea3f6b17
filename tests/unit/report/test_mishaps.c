/* test_mishaps.c - tables, pictures and the summary when an allocation or a call on a file fails, whichever it is. */
#include "base/file.h"
#include "groups.h"
#include "made_sweep.h"
#include "mishap.h"
#include "report/plots/plot.h"
#include "report/stats/design.h"

#include <stdlib.h>
#include <string.h>

static uint64_t result_of_table(const struct table *t)
{
    uint64_t h = result_of(0, &t->rows, sizeof t->rows);
    for (size_t c = 0; c < t->cols; c++)
        h = result_of(h, t->head[c], strlen(t->head[c]) + 1);
    for (size_t i = 0; i < t->rows * t->cols; i++)
        h = result_of(h, t->cell[i], strlen(t->cell[i]) + 1);
    return h;
}

/* Every mishap of the kind is told at least once. */
static void told(const char *what, enum mishap kind, int (*run)(void *, uint64_t *, struct err *), void *ctx)
{
    enum err_code code = kind == MISHAP_MEMORY ? ERR_NOMEM : ERR_IO;
    assert_true(each_call_fails(kind, &(struct trying){what, run, ctx, code, 0}) > 0);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

struct made {
    int (*make)(const struct table *trials, const char *objective, struct table *out, struct err *e);
    const struct table *trials;
};

static int make(void *ctx, uint64_t *result, struct err *e)
{
    const struct made *m = ctx;
    struct table out;
    table_init(&out);
    int bad = m->make(m->trials, "max val_accuracy", &out, e);
    *result = result_of_table(&out);
    table_release(&out);
    return bad;
}

/* Axes that change together, conditional ones, one whose conditional axis is incomplete; failed and skipped trials. */
static const char *const grids[] = {
    "point,repeat,status,m.a,m.b,t.c,val_accuracy\n"
    "1,1,complete,1,x,,0.5\n1,2,complete,1,x,,0.52\n2,1,complete,1,y,3,0.6\n2,2,complete,1,y,3,0.63\n"
    "3,1,complete,1,y,4,0.7\n3,2,complete,1,y,4,0.7\n4,1,complete,2,x,,0.5\n4,2,complete,2,x,,0.51\n"
    "5,1,complete,2,y,3,0.8\n5,2,complete,2,y,3,0.8\n6,1,complete,2,y,4,0.9\n6,2,complete,2,y,4,0.91\n",
    "point,repeat,status,m.a,m.b,t.c,t.d,val_accuracy\n"
    "1,1,complete,1,10,,x,0.5\n2,1,complete,2,20,,x,0.6\n3,1,complete,1,10,5,y,0.7\n4,1,complete,2,20,5,y,0.75\n"
    "5,1,complete,1,10,6,y,0.5\n6,1,failed,2,20,6,y,\n7,1,skipped,3,30,6,y,\n",
    "point,repeat,status,m.a,m.b,val_accuracy\n"
    "1,1,complete,1,1,0.5\n1,2,complete,1,1,0.6\n2,1,complete,1,2,0.7\n2,2,failed,1,2,\n3,1,complete,2,1,0.5\n"
    "3,2,complete,2,1,0.4\n4,1,complete,2,2,0.3\n4,2,complete,2,2,0.1\n5,1,complete,3,1,0.2\n5,2,complete,3,1,0.2\n",
};

static void lack_of_memory_in_tables_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(grids); i++) {
        struct table t;
        table_of(&t, grids[i]);
        told("points", MISHAP_MEMORY, make, &(struct made){report_points, &t});
        told("effects", MISHAP_MEMORY, make, &(struct made){report_effects, &t});
        table_release(&t);
    }
}

static int make_classes(void *ctx, uint64_t *result, struct err *e)
{
    static const double counts[9] = {5, 1, 0, 0, 7, 2, 1, 1, 8};
    static const double auc[3] = {0.9, 0.8, 0.7};
    static const char *const name[3] = {"=a", "b", "c"};
    struct table out;
    (void)ctx;
    table_init(&out);
    int bad = report_classes(counts, auc, name, 3, &out, e);
    *result = result_of_table(&out);
    table_release(&out);
    return bad;
}

static int read_and_write(void *ctx, uint64_t *result, struct err *e)
{
    struct table t, again;
    (void)ctx;
    table_init(&t);
    table_init(&again);
    int bad = table_read(&t, test_path("in.csv"), e) || table_write(&t, test_path("out.csv"), 1, e) ||
              table_read(&again, test_path("out.csv"), e);
    *result = result_of_table(&again);
    table_release(&t);
    table_release(&again);
    return bad ? -1 : 0;
}

static void what_fails_around_a_table_is_told(void **state)
{
    (void)state;
    write_file(test_path("in.csv"), "a,b\n1,\"x\n,y\"\n'=1,\n2,' =1'\n3,\"\"\"\"\n");
    told("classes", MISHAP_MEMORY, make_classes, NULL);
    told("a table", MISHAP_MEMORY, read_and_write, NULL);
    told("a table", MISHAP_FILES, read_and_write, NULL);
}

/* ---- pictures and reports ------------------------------------------------------------------------------------- */

struct picture {
    const struct plot_data *d;
    const struct plot *p;
};

static int draw_script(void *ctx, uint64_t *result, struct err *e)
{
    const struct picture *x = ctx;
    struct str s = {0};
    struct arena mem;
    arena_init(&mem);
    const char *why = x->p->draw(x->d, &s, &mem);
    int bad = why == PLOT_NOMEM || s.failed;
    *result = bad ? 0 : why ? result_of(0, why, strlen(why)) : result_of(0, s.p, s.n);
    str_release(&s);
    arena_release(&mem);
    return bad ? err_set(e, ERR_NOMEM, "no memory") : 0;
}

static int read_data(void *ctx, uint64_t *result, struct err *e)
{
    struct plot_data d;
    int bad = plot_data_init(&d, test_folder(), ctx, e);
    if (!bad)
        *result = result_of(result_of_table(&d.effects), &d.naxes, sizeof d.naxes);
    plot_data_release(&d);
    return bad;
}

struct written_report {
    const char *name, *format;
};

static int write_report(void *ctx, uint64_t *result, struct err *e)
{
    const struct written_report *r = ctx;
    struct str s = {0};
    int bad = report_text(test_folder(), r->name, r->format, 1, &s, e);
    *result = bad ? 0 : result_of(0, s.p, s.n);
    str_release(&s);
    return bad;
}

static const struct made_sweep sweeps[] = {
    {.axes = 2,
     .points = 4,
     .repeats = 2,
     .epochs = 3,
     .classes = 3,
     .error = 0.3,
     .aim = "max val_accuracy, max params"},
    {.axes = 4,
     .points = 12,
     .repeats = 1,
     .epochs = 2,
     .classes = 2,
     .wordy = 1,
     .error = 0.01,
     .aim = "min val_loss, max params"},
};

static void lack_of_memory_in_pictures_is_told(void **state)
{
    static const struct plot *const plots[] = {&plot_learning,   &plot_axes,    &plot_pairs,   &plot_parallel,
                                               &plot_importance, &plot_params,  &plot_ranking, &plot_confusion,
                                               &plot_timeline,   &plot_history, &plot_pareto};
    (void)state;
    for (size_t i = 0; i < COUNT(sweeps); i++) {
        struct plot_data d;
        struct err e = {0};
        make_tables(test_folder(), "mishap", &sweeps[i]);
        if (plot_data_init(&d, test_folder(), "mishap", &e))
            fail_msg("%s", e.text);
        for (size_t k = 0; k < COUNT(plots); k++)
            told(plots[k]->type.name, MISHAP_MEMORY, draw_script, &(struct picture){&d, plots[k]});
        plot_data_release(&d);
    }
}

static void what_fails_in_the_tables_of_a_sweep_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sweeps); i++) {
        make_tables(test_folder(), "mishap", &sweeps[i]);
        told("tables of a sweep", MISHAP_MEMORY, read_data, "mishap");
        told("tables of a sweep", MISHAP_FILES, read_data, "mishap");
    }
}

static void what_fails_in_a_report_is_told(void **state)
{
    static const struct made_sweep small = {
        .axes = 1, .points = 2, .repeats = 2, .epochs = 1, .classes = 2, .error = 0.3, .aim = "max val_accuracy"};
    struct err e = {0};
    (void)state;
    make_tables(test_folder(), "mishap", &small);
    assert_int_equal(file_mkdirs(test_path("plots/mishap"), &e), 0);
    write_file(test_path("plots/mishap/learning.svg"), "<svg/>");
    write_file(test_path("plots/mishap/learning.png"), "image");
    for (size_t i = 0; report_format(i); i++) {
        struct written_report r = {"mishap", report_format(i)->name};
        told(r.format, MISHAP_MEMORY, write_report, &r);
        told(r.format, MISHAP_FILES, write_report, &r);
    }
}

int test_mishaps(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_memory_in_tables_is_told),
        cmocka_unit_test(what_fails_around_a_table_is_told),
        cmocka_unit_test(lack_of_memory_in_pictures_is_told),
        cmocka_unit_test(what_fails_in_the_tables_of_a_sweep_is_told),
        cmocka_unit_test(what_fails_in_a_report_is_told),
    };
    return cmocka_run_group_tests_name("mishaps", tests, NULL, NULL);
}
