/* starts.c reads the files that networks begin with. */
#include "orchestrate/starts.h"

#include "base/file.h"
#include "base/str.h"
#include "config/keys/keys.h"
#include "orchestrate/found_trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The model of a trial of a sweep. 0, or -1 with x->err. */
static int find_model(struct start_file *x, const char *out)
{
    const char *at = strchr(x->word, '@');
    char name[72];
    uint64_t id;
    snprintf(name, sizeof name, "%.*s", (int)(at ? at - x->word : 71), x->word);
    if (!name_ok(name))
        return err_set(&x->err, ERR_USAGE,
                       "'%.60s' is not a sweep's name, NAME@TRIAL, or a file that ends with .safetensors", x->word);
    if (found_trial(out, name, at ? at + 1 : NULL, &id, &x->err))
        return -1;
    found_model(out, name, id, x->path, sizeof x->path);
    if (file_exists(x->path))
        return 0;
    return err_set(&x->err, ERR_USAGE, "there is no %s; `sweep train %s --trial %016" PRIx64 "` trains it again",
                   x->path, name, id);
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

static void read_start(struct start_file *x, const char *out)
{
    if (str_ends(x->word, ".safetensors"))
        find_start_file(x);
    else if (find_model(x, out))
        return;
    if (!tensors_open(&x->tensors, x->path, &x->err))
        x->hash = str_hash(STR_HASH, x->tensors.bytes, x->tensors.size);
}

const struct start_file *starts_open(struct datasets *d, const char *word, struct err *e)
{
    struct start_file *x = d->start;
    while (x && strcmp(x->word, word) != 0)
        x = x->next;
    if (!x) {
        x = calloc(1, sizeof *x);
        if (!x || !(x->word = strdup(word))) {
            free(x);
            err_set(e, ERR_NOMEM, "no memory for %.80s", word);
            return NULL;
        }
        read_start(x, d->out ? d->out : ".");
        x->next = d->start;
        d->start = x;
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
        free(x->word);
        free(x);
    }
}
