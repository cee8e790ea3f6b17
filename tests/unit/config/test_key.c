/* The key table, and what is said about keys and names. */
#include "config_test.h"

#include "config/keys/keys.h"
#include "train/task.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Every default is a value of its own key and is read back as written. */
static void every_default_is_valid(void **state)
{
    struct key_info k;
    size_t n = 0;
    (void)state;
    for (struct key_walk w = {0}; !config_key(&w, &k); n++) {
        _Alignas(16) unsigned char into[1024] = {0};
        char buf[600];
        struct err e = {0};
        assert_non_null(k.section);
        assert_true(k.param->help && *k.param->help);
        if (!k.param->preset || (!*k.param->preset && k.param->type != P_TEXT))
            continue; /* none */
        if (param_set(k.param, into, k.param->preset, NULL, &e))
            fail_msg("%s.%s: %s", k.section, k.param->name, e.text);
        if (k.param->type != P_TEXT && strcmp(param_text(k.param, into, buf, sizeof buf), k.param->preset))
            fail_msg("%s.%s: %s is written %s", k.section, k.param->name, k.param->preset, buf);
    }
    assert_true(n > 30);
}

/* No key of [model] hides behind one of another table, none of [train] behind an optimizer's. */
static void keys_are_unique(void **state)
{
    struct key_row a, b;
    (void)state;
    for (struct key_walk w = {0}; !key_next(&w, &a);)
        for (struct key_walk after = w; !key_next(&after, &b);) {
            if (!strcmp(a.section, b.section) && !strcmp(a.param->name, b.param->name) &&
                !(a.owner && b.owner && strcmp(a.owner, b.owner)))
                fail_msg("%s.%s stands twice", a.section, a.param->name);
        }
}

/* The line that makes the key's owner the one that counts; a comment for a key without. */
static const char *owner_line(const struct key_row *k, char line[80])
{
    snprintf(line, 80, "%s%s%s", k->owner ? k->family->key : ";", k->owner ? " = " : "", k->owner ? k->owner : "");
    return line;
}

static void each_key_can_be_given(void **state)
{
    struct key_row k;
    (void)state;
    for (struct key_walk walk = {0}; !key_next(&walk, &k);) {
        struct str t = {0};
        char line[80];
        if (!k.param->preset || strchr(k.param->preset, '\n'))
            continue;
        str_addf(&t, "[%s]\n%s = %s\n", k.section, k.param->name, *k.param->preset ? k.param->preset : "x");
        str_addf(&t, "%s\n", owner_line(&k, line));
        const char *got = errors_of(t.p, NULL);
        if (strstr(got, "unknown key") || strstr(got, "is not used"))
            fail_msg("%s%s", t.p, got);
        str_release(&t);
    }
}

/* As README says: of [data], [model] and [train] every key, layers by its variants; of the others none. */
static void each_key_varies_or_says_why(void **state)
{
    struct key_row k;
    (void)state;
    for (struct key_walk walk = {0}; !key_next(&walk, &k);) {
        char text[600], line[80];
        int layers =
            !strcmp(k.section, "model") && (!strcmp(k.param->name, "layers") || !strcmp(k.param->name, "critic"));
        const char *value = layers || !k.param->preset || !*k.param->preset ? "1" : k.param->preset;
        snprintf(text, sizeof text, "[grid]\n%s.%s = %s\n[%s]\n%s\n", k.section, k.param->name, value, k.section,
                 owner_line(&k, line));
        const char *got = errors_of(text, NULL), *want = layers ? "vary model.variant"
                                                         : group_varies(k.group)
                                                             ? NULL
                                                             : "is of the sweep as a whole and cannot vary";
        if (want ? !strstr(got, want) : strstr(got, "vary") || strstr(got, "unknown") || strstr(got, "is not used"))
            fail_msg("%s%s", text, got);
    }
}

/* A value of the row that is not its default; a sweep with it is to be another one. */
static const char *other_value(const struct param *p, char buf[64])
{
    static const char *const tries[] = {"2", "0.5", "yes", "3", "0.25", "20", "no", "wilcoxon"};
    union {
        int i[2];
        double d;
        const char *text;
    } v;
    struct param q = *p;
    q.at = 0;
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct err e = {0};
        if (!param_set(&q, &v, tries[i], NULL, &e) && (!p->preset || strcmp(param_text(&q, &v, buf, 64), p->preset)))
            return tries[i];
    }
    fail_msg("no value for %s", p->name);
    return NULL;
}

/* A row's other value, also of texts and words. */
static const char *any_other_value(const struct param *p, char buf[64])
{
    if (p->type == P_CHOICE) { /* the last word but the default: `auto` and the next may be one */
        size_t n = 0;
        while (p->word(n))
            n++;
        return strcmp(p->word(n - 1), p->preset) ? p->word(n - 1) : p->word(n - 2);
    }
    if (p->type != P_TEXT)
        return other_value(p, buf);
    return !strcmp(p->name, "dataset") ? "kmnist" : !strcmp(p->name, "augment") ? "rotate 7" : "elsewhere";
}

/* The same of a key of the sweep as a whole, whose text is a point. */
static const char *whole_value(const struct param *p, char buf[64])
{
    return p->type == P_TEXT ? "train.lr=0.1" : other_value(p, buf);
}

/* What is said of a sweep whose row of the family is `name`, with a key that is an axis; or has the other value, where
 * it is a key of the sweep as a whole. */
static const char *with_row(const struct family *f, const char *name, const struct param *p, int two)
{
    static char text[400];
    char buf[64], other[80] = "";
    if (!group_varies(f->group)) {
        snprintf(text, sizeof text, "[grid]\ntrain.lr = 0.1, 0.2\n[%s]\n%s = %s\n%s = %s\n", f->section, f->key, name,
                 p->name, whole_value(p, buf));
        return text;
    }
    if (two)
        snprintf(other, sizeof other, ", \"%s\"", any_other_value(p, buf));
    snprintf(text, sizeof text,
             "[model]\nlayers =\n  flatten, dense $classes\n[%s]\n%s = %s\n%s%s\n[grid]\n%s.%s = \"%s\"%s\n",
             f->section, f->key, name, p->with ? p->with : "; ", p->with ? " = 0.9" : "", f->section, p->name,
             p->preset, other);
    return text;
}

static int in_args(const struct family *f, const struct param *p)
{
    size_t size = p->type == P_FLOAT ? sizeof(double) : p->type == P_TEXT ? sizeof(char *) : sizeof(int);
    return p->at + (p->type == P_EXTENT ? 3 : p->type == P_PAIR ? 2 : 1) * size <= f->args_size;
}

/* Every key of every row of every family is among the keys, can be an axis where its row is chosen, makes two trainings
 * of its two values where it is not the name of a file (a key of the sweep as a whole has the value that is written),
 * and is refused where another row is.
 */
static void families_are_walked(void **state)
{
    static const char never[] =
        " train_files file test_file train_folder test_folder masks test_masks class_names from to "
        "test_from test_to "; /* the fingerprint of what
                                                                                                 is in them counts */
    struct family_row row, first;
    size_t keys = 0, listed = 0;
    struct key_row k;
    (void)state;
    for (const struct family *f = families; f->key; f++)
        for (size_t i = 0; !f->row(i, &row); i++)
            for (const struct param *p = row.params; p && p->name; p++, keys++) {
                assert_true(in_args(f, p));
                const char *text = with_row(f, row.name, p, 1);
                struct sweep *s = open_text(text, "train.epochs=30", NULL); /* more than a step of `step` has */
                if (group_varies(f->group)) {
                    assert_int_equal(sweep_points(s), 2);
                    char name[64];
                    snprintf(name, sizeof name, " %s ", p->name);
                    int same = point_of(s, 0).hash == point_of(s, 1).hash;
                    if (same != (strstr(never, name) != NULL))
                        fail_msg("%s of %s makes %s", p->name, row.name, same ? "one training" : "two trainings");
                } else {
                    char got[64], buf[64];
                    assert_string_equal(param_text(p, (const char *)sweep_spec(s) + f->args, got, sizeof got),
                                        whole_value(p, buf));
                }
                sweep_free(s);
                assert_int_equal(f->row(0, &first), 0);
                if (!first.params || !param_find(first.params, p->name)) {
                    text = with_row(f, first.name, p, 0);
                    if (!strstr(errors_of(text, NULL), "is not used by"))
                        fail_msg("%s of %s is taken by %s", p->name, row.name, first.name);
                }
            }
    for (struct key_walk walk = {0}; !key_next(&walk, &k);)
        listed += k.family != NULL;
    assert_int_equal(listed, keys);
    assert_true(keys > 15);
}

/* Two values of a key of [data], [model] and [train] make two trainings, but for these: of those of [model] what they
 * come to counts, which the plan adds (tests/golden/models.sh). */
static void rows_say_which_keys_matter(void **state)
{
    static const char never[] = " data.path data.verify train.eval_batch model.start model.match model.freeze "
                                "model.unfreeze_at model.lr_scale ";
    struct key_row k;
    (void)state;
    for (struct key_walk walk = {0}; !key_next(&walk, &k);) {
        char text[400], buf[64], with[80] = "";
        const struct param *w = k.param->with ? param_find(k.table, k.param->with) : NULL;
        if (!group_varies(k.group) || k.group >= KEY_SPECS || k.family || !strcmp(k.param->name, "folds"))
            continue; /* the number of folds is that of the repeats: no axis */
        if (w)
            snprintf(with, sizeof with, "%s.%s=%s", k.section, w->name, other_value(w, buf));
        snprintf(text, sizeof text, "[grid]\n%s.%s = \"%s\", \"%s\"\n", k.section, k.param->name, k.param->preset,
                 any_other_value(k.param, buf));
        struct sweep *s = open_text(text, strcmp(k.param->name, "epochs") ? "train.epochs=30" : "sweep.seed=1",
                                    strcmp(k.param->name, "dataset") ? "data.dataset=mnist" : "sweep.repeats=1",
                                    *with ? with : NULL, NULL);
        int same = point_of(s, 0).hash == point_of(s, 1).hash;
        snprintf(text, sizeof text, " %s.%s ", k.section, k.param->name);
        if (same != (strstr(never, text) != NULL))
            fail_msg("%s makes %s of two values", text, same ? "one training" : "two trainings");
        sweep_free(s);
    }
}

/* The rows of a family are the words of its key: none is forgotten on either side. */
static void families_have_the_words_of_their_keys(void **state)
{
    struct family_row row;
    (void)state;
    for (const struct family *f = families; f->key; f++) {
        const struct param *p = key_find(f->section, f->key);
        size_t n = 0;
        assert_non_null(p);
        for (; !f->row(n, &row); n++) {
            assert_true(row.help && *row.help);
            assert_int_equal(family_find(f, row.name, &row), n);
            if (p->type == P_CHOICE)
                assert_string_equal(p->word(n), row.name);
        }
        assert_true(n > 1 && (p->type != P_CHOICE || !p->word(n)));
        assert_int_equal(family_find(f, "nothing", &row), -1);
    }
    assert_true(family_count() >= 4);
}

/* The keys of a row that a key's value chooses are among the keys, by the family of that key. */
static void expect_owned(const char *section, const char *row, const struct param *params)
{
    for (const struct param *p = params; p && p->name; p++) {
        struct key_row k;
        struct key_walk walk = {0};
        int found = 0;
        while (!found && !key_next(&walk, &k))
            found = k.family && !strcmp(k.section, section) && !strcmp(k.owner, row) && k.param == p;
        if (!found)
            fail_msg("%s of %s is no key of [%s]: is a row missing in config/keys/families.c?", p->name, row, section);
    }
}

/* A key whose value is one of some words is a row of families.c, or one of these, whose words have no keys of their
 * own; and no table of rows with keys is forgotten there. */
static void what_is_chosen_is_a_family(void **state)
{
    static const char plain[] =
        " model.init data.normalize data.verify train.task train.select train.sampling sweep.detail sweep.keep ";
    struct key_row k;
    const struct data_word *w;
    (void)state;
    for (struct key_walk walk = {0}; !key_next(&walk, &k);) {
        char name[80];
        const struct family *f = families;
        while (f->key && (strcmp(f->section, k.section) || strcmp(f->key, k.param->name)))
            f++;
        snprintf(name, sizeof name, " %s.%s ", k.section, k.param->name);
        if (k.param->type == P_CHOICE && !k.family && !f->key && !strstr(plain, name))
            fail_msg("%s chooses a word: it wants a row in config/keys/families.c, or to be named here", name);
    }
    for (size_t i = 0; optimizer_types[i]; i++)
        expect_owned("train", optimizer_types[i]->name, optimizer_types[i]->params);
    for (size_t i = 0; schedule_types[i]; i++)
        expect_owned("train", schedule_types[i]->name, schedule_types[i]->params);
    for (size_t i = 0; loss_types[i]; i++)
        expect_owned("train", loss_types[i]->name, loss_types[i]->params);
    for (size_t i = 0; search_types[i]; i++)
        expect_owned("search", search_types[i]->name, search_types[i]->params);
    for (size_t i = 0; (w = data_dataset_word(i)); i++)
        expect_owned("data", w->name, w->params);
}

static void unknown_words(void **state)
{
    (void)state;
    expect_error("[train]\nbatchsize = 3\n", "t.ini:2: train.batchsize: unknown key; did you mean 'batch_size'?", NULL);
    expect_error("[train]\ndataset = mnist\n", "'dataset' belongs to [data]", NULL);
    expect_error("[data]\nlr = 3\n", "'lr' belongs to [train]", NULL);
    expect_error("[train]\nlearning_rate = 3\n", "unknown key; did you mean 'lr'?", NULL);
    expect_error("[data]\nlearning_rate = 3\n", "unknown key; did you mean 'lr' of [train]?", NULL);
    expect_error("[model]\nlearning_rate = 3\n", "no text uses this variable; did you mean 'lr' of [train]?", NULL);
    expect_error("[grid]\ntrain.learning_rate = 0.1, 0.2\n", "unknown key; did you mean 'train.lr'?", NULL);
    expect_error("[train]\nbatch = 3\n", "unknown key; did you mean 'batch_size'?", NULL);
    expect_error("[data]\nval = 0.3\n", "unknown key; did you mean 'validation'?", NULL);
    expect_error("[model]\ninit = kaiming\n", "did you mean 'he'?", NULL);
    expect_error("[model]\ninit = glorot\n", "did you mean 'xavier'?", NULL);
    expect_error("[model]\ninit = random\n", "did you mean 'normal'?", NULL);
    expect_error("[dataset]\n", "unknown section; did you mean [data]?", NULL);
    expect_error("[data]\nmomentm = 3\n", "did you mean 'momentum' of [train]?", NULL);
    expect_error("[data]\nqqqqqqqqqq = 3\n", "`sweep list keys`", NULL);
    expect_error("[trian]\nfoo = 3\nbar = 4\n", "t.ini:1: [trian]: unknown section; did you mean [train]?", NULL);
    expect_error("[qqqqqq]\n", "there are sweep, search,", NULL);
    expect_error("[search]\nmethod = gird\n", "t.ini:2: search.method:", "did you mean 'grid'?", NULL);
    expect_error("[require]\nresults = 1\n", "'model' and 'result'", NULL);
    expect_error("[grid]\nlr = 1, 2\n", "t.ini:2: grid.lr: an axis is named with its section: train.lr", NULL);
    expect_error("[grid]\ntrain.bach_size = 1, 2\n",
                 "t.ini:2: train.bach_size: unknown key; did you mean 'train.batch_size'?", NULL);
    expect_error("[grid]\ndata.momentum = 0.1, 0.2\n", "'momentum' belongs to [train]: write train.momentum", NULL);
    expect_error("[grid]\nsweep.seed = 1, 2\n", "[sweep] is of the sweep as a whole", NULL);
}

static void keys_of_optimizers(void **state)
{
    (void)state;
    expect_error("[train]\noptimizer = adam\nmomentum = 0.9\n",
                 "t.ini:3: train.momentum: is not used by adam; sgd, rmsprop and muon have it", NULL);
    expect_error("[grid]\ntrain.optimizer = adam, adamw\ntrain.alpha = 0.9, 0.99\n",
                 "t.ini:3: train.alpha: is not used by any value", "rmsprop has it", NULL);
    expect_error("[train]\nschedule = cosine\ngamma = 0.5\n",
                 "is not used by cosine; step, exponential and plateau have it", NULL);
    expect_error("[train]\noptimizer = sgd\nmomentum = 1\n", "t.ini:3: train.momentum: '1' is not a number in [0, 1)",
                 NULL);
    assert_string_equal(errors_of("[train]\nmomentum = 0.9\n[grid]\ntrain.optimizer = adam, sgd\n", NULL), "");
    assert_string_equal(
        errors_of("[train]\noptimizer = adam\nmomentum = 0.9\n[grid]\ntrain.optimizer = sgd, rmsprop\n", NULL), "");
    expect_error("[train]\noptimizer = adm\nmomentum = 0.9\n", "did you mean 'adam'?", NULL);
}

static void names(void **state)
{
    struct str t = {0};
    (void)state;
    struct sweep *s = open_text("", NULL);
    assert_string_equal(sweep_spec(s)->name, "t");
    sweep_free(s);
    expect_error("[sweep]\nname = ../x\n", "t.ini:2: sweep.name: '../x' is no name", NULL);
    expect_error("[sweep]\nname = .x\n", "is no name", NULL);
    expect_error("[sweep]\nname = a b\n", "is no name", NULL);
    expect_error("[model.a b]\n", "t.ini:1: [model.a b]: 'a b' is no name", NULL);
    expect_error("[zip]\n", "a zip wants a name", NULL);
    expect_error("[zip -a]\n", "'-a' is no name", NULL);
    for (int n = 64; n <= 65; n++) {
        str_clear(&t);
        str_add(&t, "[sweep]\nname = ");
        for (int i = 0; i < n; i++)
            str_add(&t, "n");
        assert_string_equal(errors_of(t.p, NULL)[0] ? "bad" : "good", n == 64 ? "good" : "bad");
    }
    str_release(&t);
}

static void the_sweep_section(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[sweep]\nname = n-1.x\nrepeats = 3\nseed = 7\nobjective = min   test_loss\n"
                  "[stop]\ntrials = 5\ntime = 1e3\ntrial_time = 2.5\nepochs = 9\ntarget = 99%\nstagnation = 20\n",
                  NULL);
    const struct sweep_spec *sp = sweep_spec(s);
    assert_string_equal(sp->name, "n-1.x");
    assert_string_equal(sp->objective, "min test_loss");
    assert_int_equal(sp->repeats, 3);
    assert_int_equal(sp->seed, 7);
    assert_int_equal(sp->metric, M_TEST_LOSS);
    assert_int_equal(sp->maximise, 0);
    assert_int_equal(sp->stop_trials, 5);
    assert_int_equal(sp->stop_epochs, 9);
    assert_close(sp->stop_time, 1000, 0, 0);
    assert_close(sp->stop_trial_time, 2.5, 0, 0);
    assert_close(sp->stop_target, 0.99, 0, 0);
    assert_int_equal(sp->stop_stagnation, 20);
    assert_int_equal(point_of(s, 0).train.metric, M_VAL_LOSS); /* test is measured, validation selects */
    assert_int_equal(point_of(s, 0).train.maximise, 0);
    sweep_free(s);
    s = open_text("", NULL);
    sp = sweep_spec(s);
    assert_int_equal(sp->repeats, 1);
    assert_string_equal(sp->objective, "max val_accuracy");
    assert_true(isnan(sp->stop_target));
    assert_int_equal(sp->stop_trials, 0);
    assert_int_equal(sp->stop_stagnation, 0);
    assert_true(sp->stop_trial_time == 0);
    sweep_free(s);
    expect_error("[sweep]\nrepeats =\n", "t.ini:2: sweep.repeats: '' is not an integer", NULL);
    expect_error("[sweep]\nobjective = val_accuracy\n", "'max METRIC' or 'min METRIC'", NULL);
    expect_error("[sweep]\nobjective = max val_acuracy\n", "did you mean 'val_accuracy'?", NULL);
    expect_error("[data]\naugment = \"rotate 7, shift 1\"\n", "t.ini:2: data.augment: leave out the quotes", NULL);
    expect_error("[model]\nvariant = v\n[model.v]\ninit = \"he\"\n", "t.ini:4: model.v.init: leave out the quotes",
                 NULL);
    expect_error("[sweep]\nobjective = max accuracy\n", "unknown metric 'accuracy'; did you mean 'val_accuracy'?",
                 NULL);
    expect_error("[sweep]\nobjective = max auc\n", "unknown metric 'auc'; `sweep list metrics`", NULL);
    expect_error("[require]\nresult = test_acc > 0.9\n", "unknown name 'test_acc'", "did you mean 'test_accuracy'?",
                 NULL);
    expect_error("[require]\nresult = auc > 0.9\n", "unknown name 'auc'", "`sweep list metrics`", NULL);
    expect_error("[stop]\ntarget = 99\n", "t.ini:2: stop.target: val_accuracy is at most 1", "write 99%", NULL);
    sweep_free(open_text("[stop]\ntarget = 99\n[sweep]\nobjective = min val_loss\n", NULL));
    expect_error(
        "[sweep]\nobjective = min params, max val_accuracy\n",
        "params is the same in all epochs, and the first objective selects the epoch: write a metric before it", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, min parms\n", "did you mean 'params'?", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, min head\n", "unknown metric 'head'", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, min seconds\n", "not the same on every machine", "min macs",
                 NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, max val_accuracy\n", "is an objective twice", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, max val_loss\n", "write min val_loss", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy,\n", "'' is not 'max METRIC'", NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, min params, min macs, min depth, min jump\n", "more than 4",
                 NULL);
    expect_error("[sweep]\nobjective = max val_accuracy, min params\n[prune]\nmethod = asha\n",
                 "asha compares trials by one objective", NULL);
    expect_error("[sweep]\nobjective = max val_loss\n", "better when it is smaller: write min val_loss", NULL);
}

/* Whatever the objective, the epoch is selected by it where every epoch has it, and never by the test split. */
static void every_metric_selects_as_documented(void **state)
{
    (void)state;
    for (int m = 0; train_metrics[m].name; m++) {
        char text[128], counterpart[64];
        const char *way = train_metrics[m].larger_is_better ? "max" : "min";
        snprintf(text, sizeof text, "[sweep]\nobjective = %s %s\n", way, train_metrics[m].name);
        struct sweep *s = open_text(text, NULL);
        struct point p = point_of(s, 0);
        snprintf(counterpart, sizeof counterpart, "val%s", strchr(train_metrics[m].name, '_'));
        const char *want = train_metrics[m].per_epoch ? train_metrics[m].name : counterpart;
        assert_int_equal(sweep_spec(s)->metric, m);
        assert_string_equal(train_metrics[p.train.metric].name, want);
        assert_int_equal(train_metrics[p.train.metric].per_epoch, 1);
        assert_int_equal(p.train.maximise, train_metrics[m].larger_is_better);
        snprintf(text, sizeof text, "select = %s %s\n", way, want);
        assert_non_null(strstr(p.canonical, text));
        sweep_free(s);
    }
}

static void the_command_line(void **state)
{
    (void)state;
    struct sweep *s =
        open_text("[train]\nlr = 1\n[grid]\ntrain.epochs = 3, 4\ntrain.batch_size = 8, 16", "train.lr=0.5",
                  "train.epochs = 7", "train.clip_norm=1, 2", "data.normalize=unit,none", NULL);
    assert_int_equal(sweep_points(s), 8);
    assert_int_equal(sweep_keys(s), 3);
    assert_string_equal(sweep_key(s, 0), "train.batch_size");
    assert_string_equal(sweep_key(s, 1), "train.clip_norm");
    assert_string_equal(sweep_key(s, 2), "data.normalize");
    struct point p = point_of(s, 1);
    assert_close(p.train.lr, 0.5, 0, 0);
    assert_close(p.train.clip_norm, 1, 0, 0);
    assert_int_equal(p.train.epochs, 7);
    assert_string_equal(p.value[2], "none");
    assert_string_equal(sweep_text(s),
                        "[train]\nlr = 0.5\nepochs = 7\n[grid]\ntrain.batch_size = 8, 16\ntrain.clip_norm = 1, 2\n"
                        "data.normalize = unit,none\n\n[sweep]\nname = t\n");
    sweep_free(s);
    assert_string_equal(errors_of("", "foo", "train.lr", "=3", "lr=3", "train.lrr=3", "trian.lr=3", "train.lr=0",
                                  "grid.train.lr=1,2", "model.big.x=3", "train.epochs=1,0", NULL),
                        "command line: 'foo' is not section.key=value\n"
                        "command line: 'train.lr' is not section.key=value\n"
                        "command line: '=3' is not section.key=value\n"
                        "command line: 'lr=3' is not section.key=value; did you mean train.lr=...?\n"
                        "command line: train.lrr: unknown key; did you mean 'lr'?\n"
                        "command line: 'trian.lr=3': unknown section; did you mean 'train'?\n"
                        "command line: 'grid.train.lr=1,2': leave 'grid.' out; more than one value makes an axis\n"
                        "command line: model.big.x: there is no section [model.big]\n"
                        "command line: train.epochs: '0' is not an integer 1..1000000\n"
                        "command line: train.lr: '0' is not a number > 0\n");
}

/* Which texts are axes: numbers with commas or dots, words without blanks, quoted lists. */
static void axes_on_the_command_line(void **state)
{
    (void)state;
    struct sweep *s = open_text("", "data.augment=\"rotate 7, shift 1\"", NULL);
    assert_int_equal(sweep_axes(s), 0);
    assert_string_equal(point_of(s, 0).data.augment, "rotate 7, shift 1");
    sweep_free(s);
    s = open_text("", "data.augment=\"rotate 7, shift 1\", \"\"", "data.dataset=optdigits",
                  "train.lr=1e-3..1e-1 log count 3", NULL);
    assert_int_equal(sweep_points(s), 6);
    assert_string_equal(value_of(s, 0, 0), "rotate 7, shift 1");
    assert_string_equal(value_of(s, 5, 0), "\"\"");
    assert_string_equal(value_of(s, 1, 1), "0.01");
    sweep_free(s);
    s = open_text("[model]\nk = 3\nlayers = conv 3x3 $k\n", "model.k=8..32 step 8", NULL);
    assert_int_equal(sweep_points(s), 4);
    sweep_free(s);
    s = open_text("[model]\nk = 3\nlayers = conv 3x3 $k\n", "model.k=4", NULL);
    assert_string_equal(point_of(s, 0).line[0].text, "conv 3x3 4");
    assert_string_equal(point_of(s, 0).line[0].at.file, test_path("t.ini"));
    sweep_free(s);
    s = open_text("", "model.layers=conv 3x3 4, relu, gap, dense 10", NULL);
    assert_int_equal(point_of(s, 0).nlines, 1);
    assert_string_equal(point_of(s, 0).line[0].at.file, "command line");
    sweep_free(s);
    s = open_text("[require]\nresult = test_accuracy > 1\nmodel = params < 3\n", "require.result=test_accuracy >= 97%",
                  NULL);
    assert_int_equal(sweep_results(s), 1);
    assert_string_equal(sweep_result_text(s, 0), "test_accuracy >= 97%");
    sweep_free(s);
}

/* What [grid] takes for a list is no single text on the command line, nor the other way round: it is one, or refused.
 */
static void lists_mean_the_same_everywhere(void **state)
{
    static const struct {
        const char *key, *text;
        int values; /* 0: refused on the command line */
    } row[] = {
        {"model.pool", "maxpool 2, avgpool 2", 0},
        {"model.pool", "\"maxpool 2, avgpool 2\"", 1},
        {"model.pool", "\"maxpool 2\", \"avgpool 2\"", 2},
        {"model.pool", "relu,tanh", 2},
        {"model.pool", "maxpool 2", 1},
        {"data.augment", "rotate 7, shift 1", 0},
        {"data.augment", "\"rotate 7, shift 1\", \"\"", 2},
        {"data.augment", "hflip, none", 2},
        {"model.v", "maxpool 2, avgpool 2", 0},
        {"model.v", "relu, tanh", 2},
        {"train.lr", "0.1, 0.2", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        static const char model[] = "[model]\npool = relu\npool_at = 1\nv = relu\nlayers =\n conv 3x3 8, $v\n gap\n";
        char file[400], word[200];
        snprintf(file, sizeof file, "%s[grid]\n%s = %s\n", model, row[i].key, row[i].text);
        snprintf(word, sizeof word, "%s=%s", row[i].key, row[i].text);
        struct sweep *grid = open_text(file, NULL);
        if (!row[i].values) {
            if (!strstr(errors_of(model, word, NULL), "may be one text or several; one is written \""))
                fail_msg("%s: %s", word, errors_of(model, word, NULL));
        } else {
            struct sweep *line = open_text(model, word, NULL);
            assert_int_equal(sweep_points(line), row[i].values);
            assert_int_equal(sweep_points(grid), row[i].values);
            for (uint64_t k = 0; k < sweep_points(grid); k++) {
                uint64_t hash = point_of(grid, k).hash;
                assert_true(hash == point_of(line, k).hash);
            }
            sweep_free(line);
        }
        sweep_free(grid);
    }
}

/* Refused with its place, wherever it stands: what a float takes for 0, for infinite, or for the end of a range. */
static void numbers_fit_into_floats(void **state)
{
    static const char *const out[] = {"1e-46", "1e-39", "1e39", "1e308", "-1e-46"};
    struct key_row k;
    size_t n = 0;
    char text[300], line[80];
    (void)state;
    for (struct key_walk walk = {0}; !key_next(&walk, &k);) {
        if (k.param->type != P_FLOAT)
            continue;
        for (size_t o = 0; o < sizeof out / sizeof *out; o++, n++) {
            snprintf(text, sizeof text, "[%s]\n%s = %s\n%s\n", k.section, k.param->name, out[o], owner_line(&k, line));
            const char *got = errors_of(text, NULL);
            if (strncmp(got, "t.ini:2: ", 9) || !strstr(got, " is not a number"))
                fail_msg("%s%s", text, got);
        }
        if (k.param->open & 2) {
            snprintf(text, sizeof text, "[%s]\n%s = 0.99999999999\n%s\n", k.section, k.param->name,
                     owner_line(&k, line));
            if (!strstr(errors_of(text, NULL), "too near to the end of the range"))
                fail_msg("%s%s", text, errors_of(text, NULL));
        }
    }
    assert_true(n > 50);
    expect_error("[train]\nlr = 1e-46\n", "too near to 0, the least is 1.2e-38", NULL);
    expect_error("[train]\nlr = 1e308\n", "the largest is 3.4e38", NULL);
    expect_error("[grid]\ntrain.lr = 1e-46..1 log count 3\n", "t.ini:2: train.lr: '1e-46'", NULL);
}

static void sizes_do_not_mix(void **state)
{
    (void)state;
    assert_non_null(
        strstr(errors_of("[grid]\ndata.train = 1, 2, 4\n", NULL), "t.ini:2: data.train: 1 would be the whole"));
    expect_error("[grid]\ndata.test = 1, 2, 4\n", "t.ini:2: data.test: 1 would be the whole file", "write 100%", NULL);
    expect_error("[grid]\ndata.test = 1..4\n", "t.ini:2: data.test: 1 would be", NULL);
    expect_error("[zip a]\ndata.test = 4, 1\ndata.seed = 1, 2\n", "t.ini:2: data.test: 1 would be", NULL);
    sweep_free(open_text("[grid]\ndata.test = 100%, 20, 40\n", NULL));
    sweep_free(open_text("[grid]\ndata.test = 0.5, 1\n", NULL));
    sweep_free(open_text("[grid]\ntrain.epochs = 1, 2, 4\n", NULL));
}

static void percent_with_a_blank(void **state)
{
    (void)state;
    struct sweep *s = open_text("[data]\nvalidation = 20 %\n[stop]\ntarget = 99.4 %\n[require]\n"
                                "result = test_accuracy >= 99.4 %\n"
                                "  test_accuracy > 90 % and (val_accuracy > 90 %)\n  100 % 7 = 2\n",
                                NULL);
    float metric[M_COUNT] = {[M_TEST_ACCURACY] = 0.994f, [M_VAL_ACCURACY] = 0.91f};
    struct point p = point_of(s, 0);
    assert_close(p.data.validation, 0.2, 0, 0);
    assert_close(sweep_spec(s)->stop_target, 0.994, 0, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sweep_result_holds(s, i, &p, NULL, metric), 1);
    metric[M_TEST_ACCURACY] = 0.8f;
    assert_int_equal(sweep_result_holds(s, 0, &p, NULL, metric), 0);
    sweep_free(s);
}

int run_key_tests(void)
{
    const struct CMUnitTest keys[] = {
        cmocka_unit_test(every_default_is_valid),
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(each_key_can_be_given),
        cmocka_unit_test(families_are_walked),
        cmocka_unit_test(what_is_chosen_is_a_family),
        cmocka_unit_test(rows_say_which_keys_matter),
        cmocka_unit_test(families_have_the_words_of_their_keys),
        cmocka_unit_test(unknown_words),
        cmocka_unit_test(each_key_varies_or_says_why),
        cmocka_unit_test(keys_of_optimizers),
        cmocka_unit_test(names),
        cmocka_unit_test(the_sweep_section),
        cmocka_unit_test(every_metric_selects_as_documented),
        cmocka_unit_test(the_command_line),
        cmocka_unit_test(axes_on_the_command_line),
        cmocka_unit_test(lists_mean_the_same_everywhere),
        cmocka_unit_test(numbers_fit_into_floats),
        cmocka_unit_test(sizes_do_not_mix),
        cmocka_unit_test(percent_with_a_blank),
    };
    return cmocka_run_group_tests(keys, NULL, NULL);
}
