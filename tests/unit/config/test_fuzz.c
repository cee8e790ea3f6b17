/* Random and damaged files: errors or points, never a crash, and every error has a place. The sanitizers watch. */
#include "config_test.h"

#include "base/rng.h"

#include <string.h>

static const char *const words[] = {
    "[train]",
    "[model]",
    "[grid]",
    "[zip a]",
    "[require]",
    "[data]",
    "[model.v]",
    "[block.b]",
    "b 1, ",
    "?",
    "[sweep]",
    "\n",
    "\n",
    "\n  ",
    " = ",
    "= ",
    ", ",
    "..",
    "lr",
    "train.lr",
    "epochs",
    "train.epochs",
    "model.k",
    "k",
    "$k",
    "${k",
    "}",
    "${k*2}",
    "$train.lr",
    "${train.epochs/9}",
    "layers",
    "pool",
    "pool_at",
    "conv 3x3 ",
    "relu",
    "1",
    "0",
    "3",
    "1e-3",
    "99%",
    " when ",
    " step ",
    " count ",
    " log ",
    "\"",
    ";",
    " ; ",
    "#",
    "(",
    ")",
    "and",
    " or ",
    "not ",
    "uses ",
    "<",
    ">=",
    "=",
    "!=",
    "params",
    "model",
    "result",
    "variant",
    "model.variant",
    "v",
    "none",
    "optimizer",
    "sgd",
    "adam",
    "train.optimizer",
    "momentum",
    "train.momentum",
    "-",
    "/",
    "*",
    "%",
    "objective",
    "max ",
    "val_accuracy",
    "\t",
    "\r",
    "\r\n",
    "\xef\xbb\xbf",
    "\xff",
    "1..1000000",
    "1000000000000",
    "min(",
    "floor(",
    ":",
    "[",
    "]",
    "$",
    "$$",
    "=\n",
};

static void try_bytes(const char *bytes, size_t n)
{
    struct sweep *s;
    struct err_list errs = {0};
    write_file(test_path("fuzz.ini"), bytes, n);
    int rc = sweep_open(&s, test_path("fuzz.ini"), NULL, 0, &errs);
    assert_int_equal(!rc, !errs.n);
    for (size_t i = 0; i < errs.n; i++)
        if (!strstr(errs.v[i].text, "fuzz.ini") && strncmp(errs.v[i].text, "...", 3))
            fail_msg("an error without place: %s\n%.*s", errs.v[i].text, (int)n, bytes);
    err_list_release(&errs);
    if (!s)
        return;
    struct arena a;
    arena_init(&a);
    for (uint64_t k = 0, points = sweep_points(s); k < points; k += 1 + points / 3) {
        struct point p;
        sweep_point(s, proposal_of(s, k), (struct target_kind){.classes = 10}, &a, &p, &errs);
        err_list_release(&errs);
    }
    arena_release(&a);
    sweep_free(s);
}

#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 1000 };
#else
enum { ROUNDS = 3000 };
#endif

static void random_bytes(void **state)
{
    struct rng r;
    char bytes[600];
    (void)state;
    rng_init(&r, 1, RNG_TEST, 1, 0);
    for (int round = 0; round < 500; round++) {
        size_t n = rng_below(&r, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(rng_below(&r, 3)    ? 32 + rng_below(&r, 95)
                              : rng_below(&r, 20) ? '\n'
                                                  : rng_below(&r, 256));
        try_bytes(bytes, n);
    }
}

static void random_words(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 2, RNG_TEST, 1, 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct str t = {0};
        str_add(&t, "");
        for (uint32_t n = rng_below(&r, 60); n; n--)
            str_add(&t, words[rng_below(&r, sizeof words / sizeof *words)]);
        try_bytes(t.p, t.n);
        str_release(&t);
    }
}

/* A good file with a few bytes changed, dropped or words put in. */
static void damaged_files(void **state)
{
    static const char good[] =
        "[sweep]\nrepeats = 3\nobjective = max val_accuracy\n[data]\ndataset = optdigits\naugment = rotate 8\n"
        "[model]\nkernels = 8\npool = maxpool 2\npool_at = 2\nlayers =\n  conv 3x3 $kernels, relu\n"
        "  conv 3x3 ${2*kernels}\n  gap\n  dense $classes\n[model.big]\nkernels = 16\n[train]\noptimizer = sgd\n"
        "momentum = ${1 - train.lr}\nweight_decay = $train.lr\n[grid]\nmodel.variant = none, big\ntrain.lr = "
        "1e-3..1e-1 log count 3 when "
        "train.optimizer = sgd\nmodel.pool_at = 1..3\n[zip z]\ntrain.epochs = 1, 2\ntrain.batch_size = 8, 16\n"
        "[require]\nmodel = params < 20000\n  uses batchnorm\nresult = test_accuracy >= 99.4%\n";
    struct rng r;
    char bytes[2 * sizeof good];
    (void)state;
    rng_init(&r, 3, RNG_TEST, 1, 0);
    for (int round = 0; round < ROUNDS; round++) {
        size_t n = sizeof good - 1;
        memcpy(bytes, good, n);
        for (uint32_t changes = 1 + rng_below(&r, 4); changes; changes--) {
            size_t at = rng_below(&r, (uint32_t)n);
            const char *w = words[rng_below(&r, sizeof words / sizeof *words)];
            switch (rng_below(&r, 3)) {
            case 0:
                bytes[at] = (char)rng_below(&r, 256);
                break;
            case 1:
                memmove(bytes + at, bytes + at + 1, --n - at);
                break;
            default:
                memmove(bytes + at + strlen(w), bytes + at, n - at);
                memcpy(bytes + at, w, strlen(w));
                n += strlen(w);
            }
        }
        try_bytes(bytes, n);
    }
}

int run_fuzz_tests(void)
{
    const struct CMUnitTest fuzz[] = {
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(random_words),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(fuzz, NULL, NULL);
}
