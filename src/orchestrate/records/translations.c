/* translations.c - NAME.translations.csv: what the trials of the best point have made of the texts of the test split.
 */
#include "data/text/tokenizer.h"
#include "orchestrate/plan.h"
#include "orchestrate/ranking.h"
#include "orchestrate/records/records.h"
#include "orchestrate/store.h"
#include "train/answers.h"
#include "train/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row. */
struct translation_source {
    size_t sample, repeat;
    const char *source, *wanted, *said;
};

static const struct column_row translation_columns[] = {
    COLUMN_FIELD("sample", "number of the sample in the test split, from 1", column_whole, struct translation_source,
                 sample),
    COLUMN_FIELD("repeat", "number of the repeat of the point", column_whole, struct translation_source, repeat),
    COLUMN_FIELD("source", "the text that was to be translated", column_text, struct translation_source, source),
    COLUMN_FIELD("true", "its translation in the data", column_text, struct translation_source, wanted),
    COLUMN_FIELD("predicted", "what the trial says, with the weights of its selected epoch", column_text,
                 struct translation_source, said),
};
const struct column_table translation_table = {"NAME.translations.csv", "a sample of the test split and a repeat",
                                               COLUMNS_OF(translation_columns)};

struct translation_visit {
    struct record_file *f;
    const struct dataset *set;
    size_t repeat;
    const struct tokenizer *tokens;
    struct id_list ids; /* of a row */
    struct str text;
    int failed;
};

static void begin_translations(void *ctx, const struct sweep_run *run, const struct trial *t)
{
    struct translation_visit *v = ctx;
    (void)run;
    v->repeat = (size_t)t->repeat + 1;
}

/* The ids of a row of the table as a text. */
static void read_translation(struct translation_visit *v, const double *id, int most)
{
    str_clear(&v->text);
    v->ids.n = 0;
    for (int n = 0; n < most && id[n] >= 0 && id[n] < v->tokens->size; n++)
        id_list_add(&v->ids, (int32_t)id[n]);
    tokenizer_decode_shown(v->tokens, v->ids.v, v->ids.n, &v->text);
    v->failed |= v->text.failed || v->ids.failed;
}

static void see_translations(void *ctx, const struct train_table *t)
{
    struct translation_visit *v = ctx;
    if (strcmp(t->name, TRAIN_TRANSLATIONS) != 0 || t->cols != data_target(v->set)->shape.h ||
        (size_t)t->rows > v->set->n[PART_TEST])
        return;
    for (int i = 0; i < t->rows; i++) {
        read_translation(v, t->v + (size_t)i * (size_t)t->cols, t->cols);
        const struct translation_source row = {(size_t)i + 1, v->repeat, v->set->source_text[PART_TEST][i],
                                               v->set->target_text[PART_TEST][i], v->text.p ? v->text.p : ""};
        record_row(v->f, &row);
    }
}

static int translations_end(struct translation_visit *v, int bad, struct err *e)
{
    if (!bad && v->failed)
        bad = err_set(e, ERR_NOMEM, "no memory for the translations of the test split");
    free(v->ids.v);
    str_release(&v->text);
    return bad;
}

int write_translations(struct sweep_run *run, int sync, struct err *e)
{
    struct record_file f;
    struct tokenizer tokens;
    const size_t best = run->records->best_point;
    const struct dataset *set = best == SIZE_MAX ? NULL : point_kind(run, &run->plan->point[best])->set;
    if (!set || !set->target_tokens || !set->target_text[PART_TEST])
        return record_none(run, &translation_table);
    int bad = tokenizer_read(&tokens, set->target_tokens, e) || record_begin(&f, run, &translation_table, NULL, e);
    struct translation_visit v = {.f = &f, .set = set, .tokens = &tokens};
    if (!bad) {
        bad = tables_of_best(run, begin_translations, see_translations, &v, e);
        bad = record_end(&f, translations_end(&v, bad, e), sync, e);
    }
    tokenizer_release(&tokens);
    return bad ? -1 : 0;
}

int write_translations_at(const char *folder, const struct dataset *set, const struct train_table *table, int n,
                          struct err *e)
{
    struct record_file f;
    struct tokenizer tokens;
    char path[4200];
    int k = 0;
    while (k < n && strcmp(table[k].name, TRAIN_TRANSLATIONS) != 0)
        k++;
    if (k == n)
        return 0;
    snprintf(path, sizeof path, "%s/translations.csv", folder);
    int bad = tokenizer_read(&tokens, set->target_tokens, e) || record_begin_at(&f, path, &translation_table, NULL, e);
    if (!bad) {
        struct translation_visit v = {.f = &f, .set = set, .repeat = 1, .tokens = &tokens};
        see_translations(&v, &table[k]);
        bad = record_end(&f, translations_end(&v, 0, e), 0, e);
    }
    tokenizer_release(&tokens);
    return bad ? -1 : 0;
}
