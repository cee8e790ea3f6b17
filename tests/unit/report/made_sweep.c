#include "made_sweep.h"
#include "base/file.h"
#include "groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXES 12
#define LEVELS 7

static const struct {
    const char *name, *value[LEVELS];
} terse[AXES] =
    {
        {"model.kernels", {"8", "12", "16", "24", "32", "48", "64"}},
        {"train.lr", {"0.0001", "0.001", "0.01", "0.0316227766", "0.1", "0.316227766", "1"}},
        {"train.optimizer", {"sgd", "adam", "rmsprop", "adamw", "lion", "lamb", "none"}},
        {"model.dropout", {"0", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5"}},
        {"train.batch_size", {"16", "32", "64", "128", "256", "512", "1024"}},
        {"model.pool", {"max", "avg", "none", "stride", "gap", "l2", "mix"}},
        {"data.train", {"0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "1"}},
        {"model.bn", {"yes", "no", "a", "b", "c", "d", "e"}},
        {"train.epochs", {"5", "10", "20", "40", "80", "160", "320"}},
        {"model.depth", {"2", "3", "4", "5", "6", "7", "8"}},
        {"train.momentum", {"0", "0.5", "0.9", "0.95", "0.98", "0.99", "0.995"}},
        {"data.seed", {"1", "2", "3", "4", "5", "6", "7"}},
},
  wordy[AXES] = {
      {"data.augment",
       {"rotate 7, shift 1, hflip", "rotate 7, shift 2, hflip", "rotate 15, shift 2, hflip, erase 4", "none", "shift 1",
        "hflip", "rotate 7, shift 2, hflip, noise 0.05"}},
      {"model.first_block_of_kernels", {"8", "12", "16", "24", "32", "48", "64"}},
      {"model.variant_of_the_network",
       {"a-wide-network-with-dropout", "a-wide-network-with-batchnorm", "plain", "deep", "a-deep-network-with-dropout",
        "narrow", "a-network-without-any-normalization"}},
      {"train.a_rather_long_name_of_a_learning_rate",
       {"0.000123456", "0.001", "0.01", "0.0316227766", "0.1", "0.3", "1"}},
      {"model.normalization_between_blocks",
       {"batchnorm", "layernorm", "groupnorm 8", "instancenorm", "none", "rmsnorm", "lrn"}},
      {"train.schedule_of_the_rate",
       {"cosine from 0.1 to 0.001", "onecycle up to 0.4", "step 0.5 every 10", "constant", "exponential 0.97", "cosine",
        "step"}},
      {"model.pooling_after_each_block",
       {"maxpool 2 stride 2", "avgpool 2 stride 2", "none", "maxpool 3 stride 2", "gap", "a", "b"}},
      {"train.weight_decay", {"0", "0.000125", "0.00025", "0.0005", "0.001", "0.002", "0.004"}},
      {"train.label_smoothing_of_targets", {"0", "0.01", "0.02", "0.05", "0.1", "0.15", "0.2"}},
      {"model.activation", {"relu", "leaky_relu 0.01", "gelu", "silu", "tanh", "elu", "mish"}},
      {"data.normalize_by",
       {"mean and deviation of the training part", "pixels from 0 to 1", "none", "whiten", "c", "d", "e"}},
      {"train.batch_size", {"16", "32", "64", "128", "256", "512", "1024"}},
};

struct shape {
    size_t levels[AXES], many; /* `many` is the axis that has a value for every few points, AXES: none */
    int full;
};

/* Axis by axis the largest number of values up to seven that divides what is left of the points. */
static struct shape shape_of(const struct made_sweep *m)
{
    struct shape s = {{0}, AXES, 0};
    size_t rest = m->points;
    for (size_t i = 0; i < m->axes; i++) {
        size_t n = LEVELS;
        while (n > 1 && rest % n)
            n--;
        s.levels[i] = n;
        rest /= n;
    }
    s.full = rest == 1;
    for (size_t i = 0; i < m->axes && (!s.full || m->points > 100); i++)
        if (!s.full || s.levels[i] == 1)
            s.levels[i] = m->points == 1 ? 1 : 2 + (i * 5 + m->points) % (LEVELS - 1);
    if (m->points > 100 && m->axes > 2)
        s.many = 1;
    return s;
}

static unsigned long long mix(unsigned long long x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15ULL;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ULL;
    return x ^ x >> 32;
}

/* In [0, 1), a function of what is asked for alone. */
static double chance(size_t a, size_t b, size_t c)
{
    return (double)(mix(a * 1000003 + b * 971 + c + 17) >> 11) / 9007199254740992.0;
}

static size_t code_of(const struct made_sweep *m, const struct shape *s, size_t p, size_t axis)
{
    if (axis == s->many)
        return p % 200;
    if (!s->full || m->points > 100)
        return (size_t)(chance(p, axis, 1) * (double)s->levels[axis]);
    for (size_t i = m->axes - 1; i > axis; i--)
        p /= s->levels[i];
    return p % s->levels[axis];
}

static void value_of(const struct made_sweep *m, const struct shape *s, size_t p, size_t axis, char *text, size_t n)
{
    size_t code = code_of(m, s, p, axis);
    if (axis == s->many)
        snprintf(text, n, "%.4g", pow(10, -4 + (double)code / 50));
    else
        snprintf(text, n, "%s", (m->wordy ? wordy : terse)[axis].value[code]);
}

/* Error of a repeat at its end. */
static double error_of(const struct made_sweep *m, const struct shape *s, size_t p, size_t repeat)
{
    double x = 0;
    for (size_t i = 0; i < m->axes; i++) {
        double at = (double)code_of(m, s, p, i) / (double)(i == s->many ? 200 : LEVELS) - 0.3;
        x += at * at / (double)(i + 1);
    }
    double e = m->error * (1 + 6 * x) + m->error * 0.3 * (chance(p, repeat, 2) - 0.5);
    return e < 0 ? 0 : e > 0.95 ? 0.95 : e;
}

static FILE *table_file(const char *out, const char *name, const char *suffix, const char *head)
{
    char path[4200];
    FILE *f = fopen(report_path(path, sizeof path, out, name, suffix), "w");
    if (!f)
        fail_msg("%s cannot be written", path);
    fprintf(f, "%s", head);
    return f;
}

/* After how many epochs a trial is given up; 0: it is not. A race leaves out all after the second repeat. */
static size_t given_up_after(const struct made_sweep *m, size_t p, size_t repeat)
{
    static const double share[] = {0.02, 0.1, 0.35};
    const double x = chance(p, repeat, 10);
    if (!m->rule || x < 0.5)
        return 0;
    if (!strcmp(m->rule, "race"))
        return repeat > 1;
    const size_t epoch = (size_t)(share[(size_t)(x * 10) % 3] * (double)m->epochs) + 1;
    return epoch < m->epochs ? epoch : 0;
}

static void write_trials(const char *out, const char *name, const struct made_sweep *m, const struct shape *s)
{
    FILE *f = table_file(out, name, ".csv", "trial,point,repeat,seed,status"),
         *t = table_file(out, name, ".timing.csv", "trial,worker,start,wall,expected\n");
    double clock[4] = {0};
    size_t trial = 0;
    for (size_t i = 0; i < m->axes; i++)
        fprintf(f, ",%s", (m->wordy ? wordy : terse)[i].name);
    fprintf(f, ",params,epochs_run,val_loss,val_accuracy,test_accuracy%s,error\n",
            m->rule ? ",pruned_by,pruned_at" : "");
    for (size_t p = 0; p < m->points; p++)
        for (size_t r = 0; r < m->repeats; r++) {
            int failed = m->points > 2 && chance(p, r, 3) < 0.03;
            double e = error_of(m, s, p, r), wall = 3 + 9 * chance(p, r, 4);
            size_t w = trial++ % 4, end = given_up_after(m, p, r);
            const int race = end && !strcmp(m->rule, "race");
            failed &= !end;
            fprintf(f, "%zu,%zu,%zu,%zu,%s", trial, p + 1, r + 1, r + 1,
                    failed ? "failed"
                    : end  ? "pruned"
                           : "complete");
            for (size_t i = 0; i < m->axes; i++) {
                char text[120];
                value_of(m, s, p, i, text, sizeof text);
                fprintf(f, ",\"%s\"", text);
            }
            fprintf(f, ",%zu", 800 + 450 * (size_t)(60 * chance(m->axes ? code_of(m, s, p, 0) * 5 + p % 5 : p, 0, 5)));
            fprintf(f, ",%zu", race ? 0 : end ? end : failed ? 2 : m->epochs);
            if (failed || race)
                fprintf(f, ",,,");
            else
                fprintf(f, end ? ",%.9g,%.9g," : ",%.9g,%.9g,%.9g", 0.02 + 3 * e, 1 - e, 1 - e * 1.02);
            if (m->rule)
                fprintf(f, end ? ",%s,%zu" : ",,", m->rule, race ? 0 : end);
            fprintf(f, ",%s\n", failed ? "the loss became NaN at epoch 3" : "");
            fprintf(t, "%zu,%zu,%.6g,%.6g,%.6g\n", trial, w + 1, clock[w], wall,
                    0.3 * wall * (0.9 + 0.3 * chance(p, r, 11)));
            clock[w] += wall + 0.05;
        }
    fclose(f);
    fclose(t);
}

static void write_epochs(const char *out, const char *name, const struct made_sweep *m, const struct shape *s)
{
    FILE *f = table_file(out, name, ".epochs.csv",
                         "trial,point,repeat,epoch,train_loss,train_accuracy,val_loss,val_accuracy\n");
    size_t trial = 0;
    for (size_t p = 0; p < m->points; p++)
        for (size_t r = 0; r < m->repeats; r++) {
            double e = error_of(m, s, p, r);
            size_t given_up = given_up_after(m, p, r), end = given_up ? given_up : m->epochs;
            trial++;
            for (size_t k = 1; k <= end && !(given_up && !strcmp(m->rule, "race")); k++) {
                double more = 0.85 * exp(-6.0 * (double)k / (double)m->epochs) * (0.9 + 0.2 * chance(trial, k, 6));
                double val = fmin(0.9, e + more), train = fmax(0, fmin(0.9, 0.8 * e + more - 0.004));
                fprintf(f, "%zu,%zu,%zu,%zu,%.7g,%.7g,%.7g,%.7g\n", trial, p + 1, r + 1, k, 0.004 + 3 * train,
                        1 - train, 0.02 + 3 * val, 1 - val);
            }
        }
    fclose(f);
}

static void write_classes(const char *out, const char *name, const struct made_sweep *m)
{
    FILE *f = table_file(out, name, ".confusion.csv", "true");
    for (size_t i = 0; i < m->classes; i++)
        fprintf(f, m->wordy ? ",a class called %zu" : ",%zu", i);
    for (size_t i = 0; i < m->classes; i++) {
        fprintf(f, m->wordy ? "\na class called %zu" : "\n%zu", i);
        for (size_t j = 0; j < m->classes; j++)
            fprintf(f, ",%d", i == j ? 960 : chance(i, j, 7) < 0.3 ? (int)(40 * chance(i, j, 8)) : 0);
    }
    fprintf(f, "\n");
    fclose(f);
    f = table_file(out, name, ".about.csv", "key,value\n");
    fprintf(f, "name,%s\nobjective,\"%s\"\nrequire.1,test_accuracy >= %.4g%%\n%s", name, m->aim, 100 - 90 * m->error,
            m->drawn ? "search,tpe\n" : "");
    fclose(f);
}

/* What the best point left of the test split: of classes, and of numbers. */
static void write_test_split(const char *out, const char *name, const struct made_sweep *m)
{
    const char *class = m->wordy ? "a class called %zu" : "%zu";
    FILE *f = table_file(out, name, ".classes.csv", "class,auc\n");
    for (size_t k = 0; k < m->classes; k++) {
        fprintf(f, class, k);
        fprintf(f, ",%.6g\n", 1 - m->error * chance(k, 0, 9));
    }
    fclose(f);
    f = table_file(out, name, ".curves.csv", "class,threshold,recall,false_positive_rate,precision\n");
    for (size_t k = 0; k < m->classes; k++)
        for (int i = 20; i >= 0; i--) {
            fprintf(f, class, k);
            fprintf(f, ",%g,%g,%g,%g\n", i / 20.0, pow(1 - i / 20.0, 0.3 * chance(k, 1, 9)), 1 - i / 20.0,
                    0.5 + i / 40.0);
        }
    fclose(f);
    f = table_file(out, name, ".calibration.csv", "from,to,samples,share,right\n");
    for (int b = 0; b < 15; b++)
        fprintf(f, "%g,%g,%d,%g,%g\n", b / 15.0, (b + 1) / 15.0, b * b, (b + 0.5) / 15, b / 16.0);
    fclose(f);
    f = table_file(out, name, ".predictions.csv", "sample,target,true,predicted,error\n");
    for (size_t i = 0; i < 300; i++) {
        const double scale = m->wordy ? 1e5 : 1, t = scale * chance(i, 2, 9), p = t + 0.1 * scale * chance(i, 3, 9);
        fprintf(f, "%zu,%zu,%g,%g,%g\n", i, 1 + i % m->axes, t, p, p - t);
    }
    fclose(f);
    f = table_file(out, name, ".pictures.csv",
                   "picture,role,sample,true,predicted,probability,row,column,red,green,blue\n");
    for (size_t i = 0; i < 16 * 25; i++) {
        static const char *const maps[] = {"input", "truth", "answer"};
        const char *role = m->repeats > 1 ? "mistake" : m->wordy ? maps[i / 25 % 3] : i / 25 % 2 ? "output" : "input";
        fprintf(f, "%zu,%s,%zu,", i / 25 + 1, role, i / 25);
        fprintf(f, m->repeats > 1 ? class : "", m->classes - 1);
        fprintf(f, ",");
        fprintf(f, m->repeats > 1 ? class : "", m->classes - 2);
        fprintf(f, ",%s,%zu,%zu,%zu,%zu,0\n", m->repeats > 1 ? "0.99" : "", i % 25 / 5, i % 5, i % 256, 255 - i % 256);
    }
    fclose(f);
    f = table_file(out, name, ".regions.csv", "kind,x,y,class,probability\n");
    for (size_t i = 0; i < 100; i++) {
        fprintf(f, "%s,%g,%g,", i < 64 ? "cell" : "sample", (double)(i % 8) * 1e4, (double)(i / 8 % 8) / 1e3);
        fprintf(f, class, i % m->classes);
        fprintf(f, i < 64 ? ",0.7\n" : ",\n");
    }
    fclose(f);
}

/* What a search leaves beside the tables of a grid. */
static void write_drawn(const char *out, const char *name, const struct made_sweep *m)
{
    struct table trials, effects, surrogate;
    struct err e = {0};
    char path[4200];
    table_init(&trials);
    table_init(&effects);
    table_init(&surrogate);
    int bad = table_read(&trials, report_path(path, sizeof path, out, name, ".csv"), &e);
    trials.drawn = 1;
    if (bad || report_effects(&trials, m->aim, &effects, &e) ||
        report_surrogate(&trials, &effects, m->aim, &surrogate, &e) ||
        table_write(&effects, report_path(path, sizeof path, out, name, ".effects.csv"), 0, &e) ||
        table_write(&surrogate, report_path(path, sizeof path, out, name, ".surrogate.csv"), 0, &e))
        fail_msg("%s", e.text);
    table_release(&trials);
    table_release(&effects);
    table_release(&surrogate);
}

void make_tables(const char *out, const char *name, const struct made_sweep *m)
{
    char path[4200];
    struct err e = {0};
    struct shape s = shape_of(m);
    snprintf(path, sizeof path, "%s/results", out);
    assert_int_equal(file_mkdirs(path, &e), 0);
    write_trials(out, name, m, &s);
    write_epochs(out, name, m, &s);
    write_classes(out, name, m);
    write_test_split(out, name, m);
    if (m->drawn)
        write_drawn(out, name, m);
}
