/* samples_read.c hands over the samples of files and folders, by what the files are. */
#include "base/file.h"
#include "base/str.h"
#include "data/samples/sample_files.h"
#include "data/sources/cells.h"
#include "data/sources/picture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FOLDERS 16 /* most folders inside each other */

size_t sample_bytes(const struct sample_form *f)
{
    return shape_size(f->shape) * (f->type == FIELD_BYTES    ? 1
                                   : f->type == FIELD_TOKENS ? sizeof(int32_t)
                                                             : sizeof(float));
}

int sample_fails(const struct sample_sink *k, const char *file, size_t number, const char *error)
{
    return k->take(k->ctx, &(struct sample){file, number, NULL, error});
}

int sample_picture(const char *file, const struct sample_form *f, void *to, struct err *e)
{
    const struct shape s = f->shape;
    struct picture_shape want = {
        .c = s.c, .h = s.h, .w = s.w, .fit = (enum picture_fit)f->fit, .background = f->background};
    size_t n = shape_size(s);
    struct opened_picture p;
    if (s.kind != MAPS || (s.c != 1 && s.c != 3))
        return err_set(e, ERR_DATA, "%s: is an image, and the network wants none", file);
    int bad = picture_open(&p, file, e) || picture_take(&p, &want, to, e);
    picture_close(&p);
    for (size_t i = n; !bad && f->type == FIELD_FLOATS && i-- > 0;) /* from the end: the bytes lie in front */
        ((float *)to)[i] = ((const uint8_t *)to)[i];
    return bad ? -1 : 0;
}

/* --- folders --- */

static int is_picture_name(const char *name)
{
    static const char *const ends[] = {".png", ".pgm", ".ppm", ".pnm"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > 4 && !strcasecmp(name + n - 4, ends[i]))
            return 1;
    return 0;
}

static int read_folder(const char *path, int depth, const struct sample_sink *k, struct err *e)
{
    struct dirent **entry = NULL;
    int n = scandir(path, &entry, NULL, alphasort), bad = 0;
    if (n < 0)
        return sample_fails(k, path, 0, "cannot be read as a folder");
    for (int i = 0; i < n; i++) {
        struct str inside = {0};
        struct stat st;
        const char *name = entry[i]->d_name;
        str_addf(&inside, "%s%s%s", path, str_ends(path, "/") ? "" : "/", name);
        if (!bad && inside.failed)
            bad = err_set(e, ERR_NOMEM, "%s: no memory to read it", path);
        if (!bad && *name != '.' && !stat(inside.p, &st)) {
            if (S_ISDIR(st.st_mode) && depth < FOLDERS)
                bad = read_folder(inside.p, depth + 1, k, e);
            else if (is_picture_name(name))
                bad = k->take(k->ctx, &(struct sample){inside.p, 1, NULL, NULL});
        }
        str_release(&inside);
        free(entry[i]);
    }
    free(entry);
    return bad ? -1 : 0;
}

/* --- files --- */

static const struct tabular_format as_csv = {.read = cells_read}, as_json = {.read = json_cells_read, .named = 1},
                                   as_workbook = {.read = xlsx_cells_read};

static int is_picture(const unsigned char *head, size_t n)
{
    return (n >= 8 && !memcmp(head, "\x89PNG\r\n\x1a\n", 8)) ||
           (n >= 2 && head[0] == 'P' && strchr("2356", head[1]) && head[1]);
}

static int read_sample_file(const char *path, const struct sample_sink *k, struct err *e)
{
    struct err why = {0};
    size_t n = 0, blank = 0;
    unsigned char *head = (unsigned char *)file_read_head(path, 64, &n, &why);
    if (!head)
        return why.code == ERR_NOMEM ? err_set(e, ERR_NOMEM, "%s: no memory to read it", path)
                                     : sample_fails(k, path, 0, why.text);
    while (blank < n && strchr(" \t\r\n\xef\xbb\xbf", head[blank]) && head[blank])
        blank++;
    int picture = is_picture(head, n) || is_picture_name(path), idx = n >= 4 && !head[0] && !head[1];
    const struct tabular_format *format = &as_csv;
    if (n >= 4 && !memcmp(head, "PK\3\4", 4))
        format = &as_workbook;
    else if (blank < n && (head[blank] == '{' || head[blank] == '['))
        format = &as_json;
    free(head);
    if (picture)
        return k->take(k->ctx, &(struct sample){path, 1, NULL, NULL});
    return idx ? sample_idx(path, k, e) : sample_table(path, format, k, e);
}

/* Counts what is handed on. */
struct counted_sink {
    int (*take)(void *ctx, const struct sample *s);
    void *ctx;
    size_t n;
};

static int take_counted(void *ctx, const struct sample *s)
{
    struct counted_sink *c = ctx;
    c->n++;
    return c->take(c->ctx, s);
}

int samples_read(const char *path, const struct sample_form *f, int (*take)(void *ctx, const struct sample *s),
                 void *ctx, struct err *e)
{
    struct counted_sink c = {take, ctx, 0};
    const struct sample_sink k = {f, take_counted, &c};
    struct stat st;
    const int folder = !stat(path, &st) && S_ISDIR(st.st_mode);
    if (folder ? read_folder(path, 0, &k, e) : read_sample_file(path, &k, e))
        return -1;
    return c.n ? 0 : sample_fails(&k, path, 0, folder ? "there is no picture in it" : "there is no sample in it");
}
