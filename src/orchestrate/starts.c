/* starts.c reads the files that networks begin with. */
#include "orchestrate/starts.h"

#include "base/file.h"
#include "base/str.h"
#include "config/keys/keys.h"
#include "orchestrate/found_trial.h"
#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what was pinned --- */

static int is_pinned_number(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static int check_pins(const struct table *t, const char *path, struct err *e)
{
    static const char *const column[] = {"start", "trial", "hash"};
    for (int c = 0; c < 3; c++)
        if (table_column(t, column[c]) < 0)
            return err_set(e, ERR_DATA, "%s:1: there is no column %s", path, column[c]);
    for (size_t r = 0; r < t->rows; r++)
        for (int c = 1; c < 3; c++) {
            const char *text = table_cell(t, r, column[c]);
            if (!is_pinned_number(text) && (c == 2 || *text))
                return err_set(e, ERR_DATA, "%s:%zu: '%.40s' is not a %s, 16 digits in base 16", path, r + 2, text,
                               column[c]);
        }
    return 0;
}

/* Reads the table of an earlier call into d->pins; an empty one where there is none. A damaged one is refused: what it
 * does not say would be looked up anew, and may be another trial by now. 0, or -1 with *e. */
static int read_pins(struct datasets *d, struct err *e)
{
    char path[4300];
    struct err why = {0};
    if (d->pins)
        return 0;
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "no memory for what a sweep began with");
    table_init(t);
    if (!d->name || !file_exists(report_path(path, sizeof path, d->out ? d->out : ".", d->name, "/starts.csv")) ||
        (!table_read(t, path, &why) && !check_pins(t, path, &why))) {
        d->pins = t;
        return 0;
    }
    table_release(t);
    free(t);
    return err_set(e, why.code, "%s; bring the file back, or remove it: what it says is then looked up anew", why.text);
}

/* The number, written in base 16, in the column of the row of a word; 0: there is none. */
static uint64_t pinned(const struct datasets *d, const char *word, const char *column)
{
    const struct table *t = d->pins;
    for (size_t r = 0; r < t->rows; r++)
        if (!strcmp(table_cell(t, r, "start"), word))
            return strtoull(table_cell(t, r, column), NULL, 16);
    return 0;
}

static struct start_file *opened(const struct datasets *d, const char *word)
{
    struct start_file *x = d->start;
    while (x && strcmp(x->word, word) != 0)
        x = x->next;
    return x;
}

void starts_pins(const struct datasets *d, void (*add)(void *ctx, const struct start_pin *pin), void *ctx)
{
    char trial[17], hash[17];
    for (const struct start_file *x = d->start; x; x = x->next) {
        snprintf(trial, sizeof trial, "%016" PRIx64, x->id);
        snprintf(hash, sizeof hash, "%016" PRIx64, x->hash);
        if (!x->err.code)
            add(ctx, &(struct start_pin){x->word, x->id ? trial : "", hash});
    }
    for (size_t r = 0; d->pins && r < d->pins->rows; r++) {
        const char *word = table_cell(d->pins, r, "start");
        if (!opened(d, word))
            add(ctx, &(struct start_pin){word, table_cell(d->pins, r, "trial"), table_cell(d->pins, r, "hash")});
    }
}

/* --- files --- */

/* Which trial of the sweep is meant. 0, or -1 with x->err; that a sweep is not there is no mistake of this one. */
static int find_trial_of_word(struct start_file *x, struct datasets *d, const char *name, const char *trial)
{
    struct err unknown = {0};
    const char *out = d->out ? d->out : ".";
    if ((x->id = pinned(d, x->word, "trial"))) {
        if (!found_trial(out, name, trial, &x->now, &unknown) && x->now == x->id)
            x->now = 0;
        return 0;
    }
    if (!found_trial(out, name, trial, &x->id, &x->err))
        return 0;
    if (!trial && x->err.code == ERR_USAGE)
        x->err.code = ERR_DATA;
    return -1;
}

/* Says what can be done: the sweep of a trial that was pinned may be gone, too, or be another one. */
static int no_model(struct start_file *x, const struct datasets *d, const char *name)
{
    uint64_t id;
    struct err unknown = {0};
    if (!found_trial(d->out ? d->out : ".", name, strchr(x->trial, '@') + 1, &id, &unknown))
        return err_set(&x->err, ERR_DATA, "there is no %s; `sweep train %s --trial %016" PRIx64 "` trains it again",
                       x->path, name, x->id);
    return err_set(&x->err, ERR_DATA,
                   "there is no %s, with which this sweep began (results/%s/starts.csv says so), and the results of %s "
                   "do not have its trial; bring the file back, or name another start",
                   x->path, d->name, name);
}

/* The model of a trial of a sweep. 0, or -1 with x->err. */
static int find_model(struct start_file *x, struct datasets *d)
{
    const char *at = strchr(x->word, '@');
    char name[72];
    snprintf(name, sizeof name, "%.*s", (int)(at ? at - x->word : 71), x->word);
    if (!name_ok(name))
        return err_set(&x->err, ERR_USAGE,
                       "'%.60s' is not a sweep's name, NAME@TRIAL, or a file that ends with .safetensors", x->word);
    if (find_trial_of_word(x, d, name, at ? at + 1 : NULL))
        return -1;
    snprintf(x->trial, sizeof x->trial, "%s@%016" PRIx64, name, x->id);
    x->name = x->trial;
    found_model(d->out ? d->out : ".", name, x->id, x->path, sizeof x->path);
    return file_exists(x->path) ? 0 : no_model(x, d, name);
}

/* A file is seen from where sweep is started, and from $SWEEP_DATA. */
static void find_start_file(struct start_file *x)
{
    const char *data = getenv("SWEEP_DATA");
    snprintf(x->path, sizeof x->path, "%s", x->word);
    if (*x->word == '/' || file_exists(x->path) || !data || !*data)
        return;
    snprintf(x->path, sizeof x->path, "%s/%s", data, x->word);
    if (!file_exists(x->path))
        snprintf(x->path, sizeof x->path, "%s", x->word);
}

static void read_start(struct start_file *x, struct datasets *d)
{
    if (read_pins(d, &x->err))
        return;
    if (str_ends(x->word, ".safetensors"))
        find_start_file(x);
    else if (find_model(x, d))
        return;
    if (tensors_open(&x->tensors, x->path, &x->err))
        return;
    x->tensors.path = x->name;
    x->hash = str_hash(STR_HASH, x->tensors.bytes, x->tensors.size);
    const uint64_t before = pinned(d, x->word, "hash");
    x->changed = before && before != x->hash;
}

struct start_file *starts_open(struct datasets *d, const char *key, const char *word, struct err *e)
{
    struct start_file *x = opened(d, word);
    if (!x) {
        x = calloc(1, sizeof *x);
        if (!x || !(x->word = strdup(word))) {
            free(x);
            err_set(e, ERR_NOMEM, "no memory for %.80s", word);
            return NULL;
        }
        arena_init(&x->judge_mem);
        x->name = x->word;
        x->key = key;
        read_start(x, d);
        struct start_file **end = &d->start;
        while (*end)
            end = &(*end)->next;
        *end = x;
    }
    *e = x->err;
    return e->code ? NULL : x;
}

void starts_release(struct datasets *d)
{
    while (d->start) {
        struct start_file *x = d->start;
        d->start = x->next;
        tensors_close(&x->tensors);
        arena_release(&x->judge_mem);
        free(x->word);
        free(x);
    }
    if (d->pins)
        table_release(d->pins);
    free(d->pins);
    d->pins = NULL;
}
