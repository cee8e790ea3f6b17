/* predict_texts.c prints translations. */
#include "cli/commands/predict_texts.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/console/printed_rows.h"
#include "data/text/lines.h"
#include "orchestrate/translating.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_COLUMNS 5

/* The texts, and what a row says of each beside its translation. */
struct texts_out {
    struct printed_rows rows;
    const char *file;          /* NULL: of a split */
    const struct data_view *v; /* of a split */
    int split;
    size_t failed, cut;
};

static int print_translation(void *ctx, size_t i, const char *translation, const char *error)
{
    struct texts_out *t = ctx;
    char number[STR_NUM];
    const char *cell[TEXT_COLUMNS];
    size_t n = 0;
    if (t->file)
        cell[n++] = t->file;
    cell[n++] = str_whole(number, t->file ? i + 1 : t->v->index[t->split][i] + (uint64_t)1);
    if (!t->file) {
        const enum data_part part = part_of((enum data_split)t->split);
        cell[n++] = t->v->set->source_text[part][t->v->index[t->split][i]];
        cell[n++] = t->v->set->target_text[part][t->v->index[t->split][i]];
    }
    cell[n++] = translation;
    cell[n++] = error;
    t->failed += error != NULL;
    return rows_put(&t->rows, cell);
}

/* A key of [train] of the training that the model comes from; where that is not known, its default. */
static void take_trained(const struct model *m, const char *key, struct train_spec *to)
{
    const struct param *p = param_find(train_params, key);
    char line[32], value[32] = "";
    struct err why = {0};
    snprintf(line, sizeof line, "\n%s = ", key);
    const char *at = strstr(m->training, line);
    if (at)
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(line), "\n"), at + strlen(line));
    if (!at || param_set(p, to, value, NULL, &why))
        param_set(p, to, p->preset, NULL, &why);
}

static struct beam_how search_of(const struct invocation *in, const struct model *m)
{
    struct train_spec s = {.beam = 1};
    take_trained(m, "beam", &s);
    take_trained(m, "length_penalty", &s);
    return (struct beam_how){in->opt.beam ? in->opt.beam : s.beam,
                             in->opt.length_penalty >= 0 ? in->opt.length_penalty : s.length_penalty};
}

static struct translate_how texts_how(const struct invocation *in, const struct model *m, const char *isa,
                                      struct texts_out *t)
{
    return (struct translate_how){.jobs = option_jobs(&in->opt),
                                  .isa = isa,
                                  .cut = t->file ? NULL : &t->cut,
                                  .beam = search_of(in, m),
                                  .row = print_translation,
                                  .ctx = t};
}

/* The lines of a file, as in the dataset pairs. */
struct file_lines {
    char *bytes;
    const char **text;
    size_t *bytes_of, n;
};

static void file_lines_release(struct file_lines *l)
{
    free(l->bytes);
    free(l->text);
    free(l->bytes_of);
}

static int read_file_lines(struct file_lines *l, const char *path, struct err *e)
{
    size_t n = 0, lines = 0;
    *l = (struct file_lines){.bytes = file_read(path, &n, e)};
    if (!l->bytes)
        return -1;
    for (size_t i = 0; i < n; i++)
        lines += l->bytes[i] == '\n';
    l->text = malloc((lines + 1) * sizeof *l->text);
    l->bytes_of = malloc((lines + 1) * sizeof *l->bytes_of);
    if (!l->text || !l->bytes_of)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
    const char *at = lines_begin(l->bytes, &n), *end = at + n;
    for (; at < end; l->n++)
        l->text[l->n] = lines_next(&at, end, &l->bytes_of[l->n]);
    return 0;
}

int predict_lines(const struct invocation *in, const struct model *m, const char *const *path, size_t n,
                  const char *isa, size_t *failed, struct err *e)
{
    static const char *const head[] = {"file", "line", "predicted", "error"};
    struct texts_out t = {.failed = 0};
    int bad = rows_begin(&t.rows, in->opt.json, "predictions", head, "tntt", sizeof head / sizeof *head, e);
    for (size_t i = 0; i < n && !bad; i++) {
        struct file_lines l;
        t.file = path[i];
        const struct translate_how how = texts_how(in, m, isa, &t);
        bad = read_file_lines(&l, path[i], e) || translate_texts(m, l.text, l.bytes_of, l.n, &how, e);
        file_lines_release(&l);
    }
    *failed = t.failed;
    rows_end(&t.rows);
    return bad ? -1 : 0;
}

int predict_pairs(const struct invocation *in, const struct model *m, const struct data_view *v, int split,
                  const char *isa, size_t *failed, struct err *e)
{
    static const char *const head[] = {"sample", "source", "true", "predicted", "error"};
    struct texts_out t = {.v = v, .split = split};
    const struct translate_how how = texts_how(in, m, isa, &t);
    const enum data_part part = part_of((enum data_split)split);
    const char **text = malloc((v->n[split] + 1) * sizeof *text);
    size_t *bytes = malloc((v->n[split] + 1) * sizeof *bytes);
    int bad = text && bytes ? 0 : err_set(e, ERR_NOMEM, "no memory for the texts of a split");
    for (size_t i = 0; i < v->n[split] && !bad; i++) {
        text[i] = v->set->source_text[part][v->index[split][i]];
        bytes[i] = strlen(text[i]);
    }
    bad = bad || rows_begin(&t.rows, in->opt.json, "predictions", head, "ntttt", sizeof head / sizeof *head, e) ||
          translate_texts(m, text, bytes, v->n[split], &how, e);
    if (!bad && t.cut)
        fprintf(stderr, "sweep: %zu of %zu texts have more than the %d tokens that the network reads, and are cut\n",
                t.cut, v->n[split], m->graph->in.h - m->graph->target);
    *failed = t.failed;
    rows_end(&t.rows);
    free(text);
    free(bytes);
    return bad ? -1 : 0;
}
