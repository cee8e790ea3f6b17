/* mask_folder.c finds the label maps of images, and which numbers occur in them. */
#include "data/sources/mask_folder.h"

#include "base/str.h"
#include "data/cache.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct masks_survey) <= CACHE_NOTE, "a note has room for it");

/* A path without what comes after the last dot of its last part: where the name begins, and its letters. */
struct file_stem {
    const char *name;
    size_t n;
};

static struct file_stem stem_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return (struct file_stem){name, dot ? (size_t)(dot - name) : strlen(name)};
}

static int compare_stems(const void *a, const void *b)
{
    const struct file_stem x = stem_of(((const struct image_file *)a)->path),
                           y = stem_of(((const struct image_file *)b)->path);
    const int order = memcmp(x.name, y.name, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

static int match_masks(struct mask_folder *m, struct class_folders *images, struct err *e)
{
    struct class_folders *l = &m->files;
    qsort(l->file, l->files, sizeof *l->file, compare_stems);
    for (size_t i = 1; i < l->files; i++)
        if (!compare_stems(&l->file[i - 1], &l->file[i]))
            return err_set(e, ERR_DATA, "%s and %s: two label maps of one name", l->file[i - 1].path, l->file[i].path);
    for (size_t i = 0; i < images->files; i++) {
        const struct image_file *found = bsearch(&images->file[i], l->file, l->files, sizeof *l->file, compare_stems);
        const struct file_stem stem = stem_of(images->file[i].path);
        if (!found)
            return err_set(e, ERR_DATA, "%s: has no label map %s/%.*s.png (or .pgm)", images->file[i].path, l->folder,
                           (int)stem.n, stem.name);
        images->file[i].mask = found->path;
    }
    return 0;
}

/* Opens both files: their sizes have to be the same. */
static int survey_mask(struct masks_survey *s, const struct image_file *f, struct err *e)
{
    struct opened_picture image, mask = {0};
    int bad = picture_open(&image, f->path, e) || picture_open(&mask, f->mask, e);
    if (!bad && (image.w != mask.w || image.h != mask.h))
        bad = err_set(e, ERR_DATA, "%s: is %d x %d, its image %s %d x %d: a label map has the size of its image",
                      f->mask, mask.h, mask.w, f->path, image.h, image.w);
    const struct picture_shape all = {.c = 1, .h = mask.h, .w = mask.w};
    uint8_t *number = bad ? NULL : malloc((size_t)mask.w * (size_t)mask.h);
    if (!bad && !number)
        bad = err_set(e, ERR_NOMEM, "%s: no memory to read it", f->mask);
    bad = bad || picture_take_numbers(&mask, &all, number, e);
    for (int64_t i = 0; !bad && i < (int64_t)mask.w * mask.h; i++)
        s->numbers[number[i] / 32] |= 1u << number[i] % 32;
    if (!bad)
        s->fingerprint = str_hash(s->fingerprint, mask.bytes, mask.size);
    free(number);
    picture_close(&image);
    picture_close(&mask);
    return bad ? -1 : 0;
}

int mask_folder_list(struct mask_folder *m, const char *folder, struct class_folders *images, struct err *e)
{
    if (image_files_list(&m->files, folder, e) || match_masks(m, images, e))
        return -1;
    const int64_t newest = m->files.newest > images->newest ? m->files.newest : images->newest;
    const struct cache_folder place = {folder, str_hash(STR_HASH, &images->state, sizeof images->state), m->files.state,
                                       newest};
    if (!cache_recall(&place, &m->survey, sizeof m->survey))
        return 0;
    m->survey = (struct masks_survey){.fingerprint = STR_HASH};
    for (size_t i = 0; i < images->files; i++)
        if (survey_mask(&m->survey, &images->file[i], e))
            return -1;
    cache_note(&place, &m->survey, sizeof m->survey);
    return 0;
}

int mask_classes_find(struct mask_classes *c, const struct masks_survey *train, const struct masks_survey *test,
                      int ignore, const char *folder, struct err *e)
{
    *c = (struct mask_classes){.n = 0};
    for (int v = 0; v < 256; v++) {
        const int occurs = (train->numbers[v / 32] | test->numbers[v / 32]) >> v % 32 & 1;
        c->class[v] = DATA_NO_CLASS;
        if (!occurs || v == ignore)
            continue;
        if (c->n == DATA_NO_CLASS)
            return err_set(e, ERR_DATA,
                           "%s: its label maps have more than %d numbers, each of which is a class; are they pictures?",
                           folder, DATA_NO_CLASS);
        c->number[c->n] = (uint8_t)v;
        c->class[v] = (uint8_t)c->n++;
    }
    return c->n > 1 ? 0
                    : err_set(e, ERR_DATA, "%s: its label maps have %s: there is nothing to learn", folder,
                              c->n ? "one class only" : "no class");
}

int mask_take(const struct mask_classes *c, const char *path, const struct picture_shape *s, uint8_t *to, struct err *e)
{
    struct opened_picture p;
    int bad = picture_open(&p, path, e) || picture_take_numbers(&p, s, to, e);
    for (size_t i = 0; !bad && i < (size_t)s->h * (size_t)s->w; i++)
        to[i] = c->class[to[i]];
    picture_close(&p);
    return bad ? -1 : 0;
}
