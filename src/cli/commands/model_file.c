/* model_file.c finds the model that a word of the command line means. */
#include "cli/commands/model_file.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/command.h"
#include "orchestrate/found_trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int model_word_trial(const struct invocation *in, const char *name, const char *trial, struct model_word *w,
                     struct err *e)
{
    if (result_of_word(in, name, e) || found_trial(in->opt.out, name, trial, &w->id, e))
        return -1;
    snprintf(w->name, sizeof w->name, "%s", name);
    found_model(in->opt.out, name, w->id, w->path, sizeof w->path);
    return 0;
}

int model_word_read(const struct invocation *in, const char *word, struct model_word *w, struct err *e)
{
    char name[72];
    const char *at = strchr(word, '@');
    *w = (struct model_word){.id = 0};
    if (str_ends(word, ".safetensors")) {
        if ((size_t)snprintf(w->path, sizeof w->path, "%s", word) >= sizeof w->path)
            return err_set(e, ERR_USAGE, "'%.40s...' is too long for a path", word);
        return 0;
    }
    snprintf(name, sizeof name, "%.*s", (int)(at ? at - word : 71), word);
    return model_word_trial(in, at || strlen(word) < sizeof name ? name : word, at ? at + 1 : NULL, w, e);
}

int model_word_model(const struct model_word *w, struct model *m, struct arena *a, struct err *e)
{
    if (*w->name && !file_exists(w->path))
        return err_set(e, ERR_USAGE,
                       "there is no %s; `sweep train %s --trial %016" PRIx64 "` trains it again, to the "
                       "same bytes",
                       w->path, w->name, w->id);
    return model_read(m, w->path, a, e);
}

void model_word_title(const struct model_word *w, char *name, size_t n)
{
    const char *slash = strrchr(w->path, '/'), *base = *w->name ? w->name : slash ? slash + 1 : w->path;
    snprintf(name, n, "%.*s", (int)n - 1, base);
    if (!*w->name && str_ends(name, ".safetensors"))
        name[strlen(name) - strlen(".safetensors")] = 0;
}

int split_of_word(const char *word, struct err *e)
{
    static const char *const words[] = {[DATA_TRAIN] = "train", [DATA_VALIDATION] = "validation", [DATA_TEST] = "test"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(words[i], word))
            return i;
    return err_set(e, ERR_USAGE, "--split: '%.40s' is not one of train, validation, test", word);
}
