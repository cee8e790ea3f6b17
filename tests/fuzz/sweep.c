/* A sweep file: points or errors that name it; its first, middle and last point are planned, down to the shapes of the
 * network, where its data are built in. */
#include "fuzz.h"

#include "orchestrate/planner.h"

#include <string.h>

static void all_named(const struct err_list *errs, const char *path)
{
    for (size_t i = 0; i < errs->n; i++)
        PROMISE(errs->v[i].code && (strstr(errs->v[i].text, path) || !strncmp(errs->v[i].text, "...", 3)));
}

static void planned(const struct sweep *s, uint64_t k)
{
    struct proposal at;
    struct search_history before = {.asked = k};
    struct err e = {0};
    if (search_next(sweep_search(s), &before, &at, &e))
        return;
    search_forget(&before);
    struct datasets sets = {0};
    struct planner planner;
    struct plan_point p;
    struct err_list errs = {0};
    struct data_spec data;
    struct arena a;
    arena_init(&a);
    planner_init(&planner, s, &sets);
    int builtin = !sweep_point_data(s, &at, &a, &data, &errs) && !strcmp(data.dataset, "optdigits");
    err_list_release(&errs);
    int bad = builtin ? planner_point(&planner, k, &at, &p, &errs) : 0;
    PROMISE(!bad == !errs.n);
    err_list_release(&errs);
    planner_release(&planner);
    datasets_release(&sets);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *path = fuzz_file(bytes, n);
    struct sweep *s;
    struct err_list errs = {0};
    int bad = sweep_open(&s, path, NULL, 0, &errs);
    PROMISE(!bad == !errs.n && (bad || s));
    all_named(&errs, path);
    err_list_release(&errs);
    if (bad)
        return 0;
    uint64_t points = sweep_points(s);
    if (points) {
        planned(s, 0);
        planned(s, points / 2);
        planned(s, points - 1);
    }
    sweep_free(s);
    return 0;
}
