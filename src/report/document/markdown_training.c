/* markdown_training.c - writes the section on what was trained: settings, the best point's network, program and
 * machine. */
#include "report/document/markdown.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTING "set." /* of NAME.about.csv: "set.train.lr" is what every point has and no default says */

static void put_set_values(const struct plot_data *d, struct str *s)
{
    int any = 0;
    for (size_t r = 0; r < d->about.rows; r++) {
        const char *key = table_cell(&d->about, r, "key");
        if (strncmp(key, SETTING, strlen(SETTING)) != 0)
            continue;
        str_add(s, any++ ? "| " : "Settings that are not defaults:\n\n| setting | value |\n| --- | --- |\n| ");
        md_text(s, key + strlen(SETTING));
        str_add(s, " | ");
        md_text(s, table_cell(&d->about, r, "value"));
        str_add(s, " |\n");
    }
    str_add(s, any ? "\n" : "");
}

/* The columns of NAME.layers.csv that are shown, and what stands above them. */
static const char *const shown[][2] = {{"block", "block"},   {"text", "layer"}, {"output", "output"},
                                       {"params", "params"}, {"macs", "MACs"},  {"receptive_field", "receptive field"}};
#define SHOWN (sizeof shown / sizeof *shown)

static int put_layers(const struct plot_data *d, const char *out, const char *best, struct str *s, struct err *e)
{
    struct table t;
    char path[4096];
    int any = 0;
    table_init(&t);
    report_path(path, sizeof path, out, d->name, ".layers.csv");
    int bad = file_exists(path) && table_read(&t, path, e);
    for (size_t r = 0; r < t.rows && !bad; r++) {
        if (strcmp(table_cell(&t, r, "point"), best) != 0)
            continue;
        for (size_t c = 0; c < SHOWN && !any; c++)
            str_addf(s, "%s%s |%s", c ? " " : "Layers of the best point:\n\n| ", shown[c][1],
                     c + 1 < SHOWN ? "" : "\n| --- | --- | --- | --- | --- | --- |\n");
        any = 1;
        str_add(s, "|");
        for (size_t c = 0; c < SHOWN; c++) {
            str_add(s, " ");
            md_text(s, table_cell(&t, r, shown[c][0]));
            str_add(s, " |");
        }
        str_add(s, "\n");
    }
    str_add(s, any ? "\n" : "");
    table_release(&t);
    return bad ? -1 : 0;
}

/* Writes the lines "key: value" of results/NAME/environment.txt: what trained it, when and where. */
static int put_environment(const struct plot_data *d, const char *out, struct str *s, struct err *e)
{
    char path[4096];
    size_t n;
    int any = 0;
    report_path(path, sizeof path, out, d->name, "/environment.txt");
    if (!file_exists(path))
        return 0;
    char *text = file_read(path, &n, e);
    if (!text)
        return -1;
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        next += *next ? (*next = 0, 1) : 0;
        char *colon = strstr(line, ": ");
        if (!colon)
            continue;
        *colon = 0;
        str_add(s, any++ ? "| " : "The program and its machine, of the last call:\n\n| | |\n| --- | --- |\n| ");
        md_text(s, line);
        str_add(s, " | ");
        md_text(s, colon + 2);
        str_add(s, " |\n");
    }
    str_add(s, any ? "\n" : "");
    free(text);
    return 0;
}

int md_training(const struct plot_data *d, const char *out, const char *best, struct str *s, struct err *e)
{
    struct str part = {0};
    put_set_values(d, &part);
    int bad = put_layers(d, out, best, &part, e) || put_environment(d, out, &part, e);
    if (part.n && !bad)
        str_addf(s, "## What was trained\n\n%s", part.p);
    s->failed |= part.failed;
    str_release(&part);
    return bad ? -1 : 0;
}
