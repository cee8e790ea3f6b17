/* reviews.c - makes two tables of the texts of IMDB, which its archive has as a file each: aclImdb/train/pos/0_9.txt
 * and so on. */
#include "base/file.h"
#include "base/str.h"
#include "data/archive_reader.h"
#include "data/fetch/fetch.h"
#include "data/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REVIEW_BYTES (1 << 20) /* most of a text */

static const struct review_folder {
    const char *path, *sentiment;
    int table;
} folders[] = {
    {"aclImdb/train/pos/", "pos", 0},
    {"aclImdb/train/neg/", "neg", 0},
    {"aclImdb/test/pos/", "pos", 1},
    {"aclImdb/test/neg/", "neg", 1},
};
enum { FOLDERS = sizeof folders / sizeof *folders, TABLES = 2 };

struct review_tables {
    struct publish table[TABLES];
    int open[TABLES];
    size_t rows[FOLDERS];
    struct str text;
};

static int read_text(struct archive_reader *a, const char *archive, struct str *text, struct err *e)
{
    char block[1 << 12];
    size_t got;
    str_clear(text);
    do {
        if (archive_reader_read(a, block, sizeof block, &got, e))
            return -1;
        str_addn(text, block, got);
        if (text->n > REVIEW_BYTES)
            return err_set(e, ERR_DATA, "%s: has a text of more than %d bytes", archive, REVIEW_BYTES);
    } while (got == sizeof block);
    return text->failed ? err_set(e, ERR_NOMEM, "%s: no memory to unpack it", archive) : 0;
}

/* A row of the table: the text in quotes, those inside doubled. */
static void write_row(FILE *f, const struct str *text, const char *sentiment)
{
    fputc('"', f);
    for (size_t i = 0; i < text->n; i++) {
        if (text->p[i] == '"')
            fputc('"', f);
        fputc(text->p[i], f);
    }
    fprintf(f, "\",%s\n", sentiment);
}

static int add_reviews(struct review_tables *r, const char *archive, struct err *e)
{
    const char *name;
    int more;
    struct archive_reader *a = archive_reader_open(archive, e);
    if (!a)
        return -1;
    while ((more = archive_reader_next(a, &name, e)) > 0)
        for (size_t k = 0; k < FOLDERS; k++) {
            if (strncmp(name, folders[k].path, strlen(folders[k].path)) != 0 || !str_ends(name, ".txt"))
                continue;
            if (read_text(a, archive, &r->text, e)) {
                more = -1;
                break;
            }
            write_row(r->table[folders[k].table].f, &r->text, folders[k].sentiment);
            r->rows[k]++;
            break;
        }
    archive_reader_close(a);
    for (size_t k = 0; k < FOLDERS && !e->code; k++)
        if (!r->rows[k])
            err_set(e, ERR_DATA, "%s: has no texts in %s", archive, folders[k].path);
    return e->code ? -1 : 0;
}

/* Writes both tables, or neither. */
static int write_tables(struct review_tables *r, const struct fetch_set *set, const char *archive, const char *root,
                        struct err *e)
{
    static const char *const names[TABLES] = {"train.csv", "test.csv"};
    char path[DATA_PATH];
    int bad = 0;
    for (int k = 0; k < TABLES && !bad; k++) {
        snprintf(path, sizeof path, "%s/%s/%s", root, set->name, names[k]);
        bad = publish_begin(&r->table[k], path, e);
        r->open[k] = !bad;
        if (!bad)
            fputs("review,sentiment\n", r->table[k].f);
    }
    bad = bad || add_reviews(r, archive, e);
    for (int k = 0; k < TABLES; k++) {
        if (r->open[k] && !bad)
            bad = publish_commit(&r->table[k], 1, e);
        else if (r->open[k])
            publish_abort(&r->table[k]);
    }
    return bad ? -1 : 0;
}

int fetch_reviews(const struct fetch_set *set, const char *archive, const char *root, struct err *e)
{
    struct review_tables *r = calloc(1, sizeof *r);
    int bad = r ? write_tables(r, set, archive, root, e) : err_set(e, ERR_NOMEM, "%s: no memory to unpack it", archive);
    if (r)
        str_release(&r->text);
    free(r);
    return bad;
}
