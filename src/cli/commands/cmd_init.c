/* cmd_init.c - writes a sweep file to start from out of the tables of keys: every key with its range and default. */
#include "cli/command.h"

#include "base/file.h"
#include "cli/console/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define USUAL_NAME "sweep.ini"
#define WIDTH 96 /* of comments */

/* What the file sets, so that it is a sweep and not only a list of keys: a few points that take seconds. */
static const struct {
    const char *key, *value;
} chosen[] = {
    {"sweep.repeats", "3"},
    {"train.epochs", "5"},
};

/* What stands at the end: sections that are not made of keys of a table. */
static const char tail[] =
    "\n[grid]\n"
    "; What varies, by section.key: every combination of the values is a point. Ranges: 8..32 step 8,\n"
    "; 1e-4..1e-1 log count 4. Texts with commas in quotes. Any key of [data], [model] and [train] will do.\n"
    "train.lr         = 0.003, 0.01, 0.03\n"
    "train.batch_size = 32, 64\n"
    "; train.momentum = 0, 0.9 when train.optimizer = sgd\n"
    "\n[require]\n"
    "; Conditions, one a line: on the network, before anything trains, and on the results, at the end.\n"
    "model  = params < 20000\n"
    "result = test_accuracy >= 90%\n";

/* Writes each line of a comment. */
static void put_comment(FILE *f, const char *text)
{
    char line[WIDTH + 1];
    while (*text) {
        size_t n = strlen(text);
        if (n > WIDTH)
            for (n = WIDTH; n > 1 && text[n] != ' ';)
                n--;
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        fprintf(f, "; %s\n", line);
        text += n;
        text += strspn(text, " ");
    }
}

/* Writes a value; one of several lines goes on over indented lines. */
static void put_init_value(FILE *f, const char *key, const char *value, int set)
{
    const char *off = set ? "" : "; ";
    fprintf(f, "%s%s =", off, key);
    if (!strchr(value, '\n')) {
        fprintf(f, "%s%s\n", *value ? " " : "", value);
        return;
    }
    fputc('\n', f);
    for (const char *s = value; *s; s += strcspn(s, "\n"), s += *s == '\n')
        fprintf(f, "%s    %.*s\n", off, (int)strcspn(s, "\n"), s);
}

static const char *chosen_value(const struct key_info *k)
{
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        size_t n = strlen(k->section);
        if (!strncmp(chosen[i].key, k->section, n) && !strcmp(chosen[i].key + n + 1, k->param->name))
            return chosen[i].value;
    }
    return strchr(k->param->preset, '\n') ? k->param->preset : NULL; /* the network is worth seeing */
}

static void put_init_key(FILE *f, const struct key_info *k)
{
    char range[512], text[1024];
    const char *value = chosen_value(k);
    snprintf(text, sizeof text, "%s (%s)", k->param->help, param_range(k->param, range, sizeof range));
    put_comment(f, text);
    put_init_value(f, k->param->name, value ? value : k->param->preset, value != NULL);
}

/* Writes the file. Keys that only some optimizer or schedule has are left to `sweep list`. */
static void put_file(FILE *f, const char *path)
{
    const char *section = "";
    struct key_info k;
    fprintf(
        f,
        "; A sweep: one training, and what varies of it.\n;\n"
        ";   sweep plan %s    the points and what they cost\n"
        ";   sweep %s         trains them, or goes on with it\n;\n"
        "; Every key has a default. Those that are not set here stand in comments with it: take the ';' away to\n"
        "; change one. `sweep list layers`, `optimizers`, `schedules`, ... name what can be written, also the keys\n"
        "; that an optimizer or a schedule brings.\n",
        path, path);
    for (struct key_walk w = {0}; !config_key(&w, &k);) {
        if (k.owner)
            continue;
        if (strcmp(section, k.section))
            fprintf(f, "\n[%s]\n", k.section);
        section = k.section;
        put_init_key(f, &k);
    }
    fputs(tail, f);
}

/* Makes the file by this call or not at all: what is there is never written over. */
int cmd_init(const struct invocation *in)
{
    const char *path = in->nargs ? in->arg[0] : USUAL_NAME;
    FILE *f = fopen(path, "wx");
    if (!f && errno == EEXIST)
        return fail_usage("'%s' is there already and is not written over; give another name: sweep init FILE.ini",
                          path);
    if (!f) {
        fprintf(stderr, "sweep: %s: cannot write: %s\n", path, file_reason(errno));
        return STATUS_IO;
    }
    put_file(f, path);
    int bad = ferror(f);
    if (fclose(f) || bad) {
        fprintf(stderr, "sweep: %s: cannot write: %s\n", path, file_reason(errno));
        remove(path);
        return STATUS_IO;
    }
    printf("%s is a sweep to start from: `sweep plan %s` lists them, `sweep %s` trains them\n", path, path, path);
    return STATUS_DONE;
}
