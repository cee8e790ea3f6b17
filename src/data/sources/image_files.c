/* image_files.c lists the files of the dataset images, looks at their headers, and deals them to the parts. */
#include "data/sources/image_files.h"

#include "base/str.h"
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- files and their headers ------------------------------------------------------------------------------------- */

static int list_folder(const struct images_work *w, struct class_folders *to, const char *folder, struct err *e)
{
    return (has_masks(w) ? image_files_list : class_folders_list)(to, folder, e);
}

static int path_below(char to[DATA_PATH], const char *path, const char *below, struct err *e)
{
    int n = snprintf(to, DATA_PATH, "%s%s%s", path, *below ? "/" : "", below);
    return n < DATA_PATH ? 0 : err_set(e, ERR_USAGE, "data.path: is too long");
}

static int list_part(struct images_work *w, enum data_part part, const char *path, const char *below, struct err *e)
{
    return path_below(w->folder[part], path, below, e) || list_folder(w, &w->list[part], w->folder[part], e);
}

static int list_masks(struct images_work *w, enum data_part part, const char *path, const char *below, struct err *e)
{
    return path_below(w->mask_path[part], path, below, e) ||
           mask_folder_list(&w->mask[part], w->mask_path[part], &w->list[part], e);
}

static int survey_file(struct images_survey *s, const struct image_file *f, struct err *e)
{
    struct opened_picture p;
    if (!picture_open(&p, f->path, e)) {
        uint64_t about[2] = {(uint64_t)f->class, p.size};
        s->fingerprint = str_hash(str_hash(s->fingerprint, about, sizeof about), p.bytes, p.size);
        s->least_h = p.h < s->least_h ? p.h : s->least_h;
        s->most_h = p.h > s->most_h ? p.h : s->most_h;
        s->least_w = p.w < s->least_w ? p.w : s->least_w;
        s->most_w = p.w > s->most_w ? p.w : s->most_w;
        s->colour += p.colour;
        s->alpha += p.channels % 2 == 0;
    }
    picture_close(&p);
    return e->code ? -1 : 0;
}

/* Looks at each file, or at what the cache knows of them. */
static int survey_part(const struct class_folders *l, struct images_survey *s, struct err *e)
{
    const struct cache_folder place = {l->folder, STR_HASH, l->state, l->newest};
    if (!cache_recall(&place, s, sizeof *s))
        return 0;
    *s = (struct images_survey){.fingerprint = STR_HASH, .least_h = INT32_MAX, .least_w = INT32_MAX};
    for (int k = 0; k < l->classes; k++)
        s->fingerprint = str_hash(s->fingerprint, l->class_name[k], strlen(l->class_name[k]) + 1);
    for (size_t i = 0; i < l->files; i++)
        if (survey_file(s, &l->file[i], e))
            return -1;
    cache_note(&place, s, sizeof *s);
    return 0;
}

/* The classes of the test folder are those of the training folder of the same names. */
static int match_classes(struct images_work *w, struct err *e)
{
    const struct class_folders *train = &w->list[PART_TRAIN];
    struct class_folders *test = &w->list[PART_TEST];
    int place[DATA_CLASSES];
    for (int i = 0; i < test->classes; i++) {
        place[i] = 0;
        while (place[i] < train->classes && strcmp(train->class_name[place[i]], test->class_name[i]) != 0)
            place[i]++;
        if (place[i] == train->classes)
            return err_set(e, ERR_DATA, "%s/%s: no such class in %s", test->folder, test->class_name[i], train->folder);
    }
    for (size_t i = 0; i < test->files; i++)
        test->file[i].class = place[test->file[i].class];
    return 0;
}

/* Keys that say something of label maps where there are none. */
static int check_mask_keys(const struct images_args *a, struct err *e)
{
    const char *key = *a->test_masks           ? "test_masks"
                      : *a->class_names        ? "class_names"
                      : a->ignore != NO_NUMBER ? "ignore"
                                               : NULL;
    if (!*a->masks && key)
        return err_set(e, ERR_USAGE, "data.%s: is of label maps; write data.masks = FOLDER, or leave it out", key);
    if (*a->test_masks && !*a->test_folder)
        return err_set(e, ERR_USAGE,
                       "data.test_masks: are the label maps of data.test_folder; write that, or leave it out");
    return 0;
}

int image_files_find(struct images_work *w, const struct data_spec *s, struct err *e)
{
    const struct class_folders *train = &w->list[PART_TRAIN];
    if (!*s->path)
        return err_set(e, ERR_USAGE, "data.path: images wants the folder of its files");
    if (check_mask_keys(w->args, e))
        return -1;
    if (list_part(w, PART_TRAIN, s->path, w->args->train_folder, e) || survey_part(train, &w->survey[PART_TRAIN], e))
        return -1;
    if (has_masks(w) && list_masks(w, PART_TRAIN, s->path, w->args->masks, e))
        return -1;
    if (train->classes == 1 && !has_masks(w))
        return err_set(e, ERR_DATA, "%s: has one class only, '%s': there is nothing to learn", train->folder,
                       train->class_name[0]);
    if (!*w->args->test_folder)
        return 0;
    const char *masks = *w->args->test_masks ? w->args->test_masks : w->args->masks;
    return list_part(w, PART_TEST, s->path, w->args->test_folder, e) ||
                   survey_part(&w->list[PART_TEST], &w->survey[PART_TEST], e) || match_classes(w, e) ||
                   (has_masks(w) && list_masks(w, PART_TEST, s->path, masks, e))
               ? -1
               : 0;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* Marks the files of the training folder that are for tests. */
static int draw_test_images(const struct images_work *w, unsigned char *part, uint8_t *class, struct err *e)
{
    const struct class_folders *l = &w->list[PART_TRAIN];
    size_t tests = (size_t)floor(w->args->test_part * (double)l->files + 0.5);
    if (!tests || tests == l->files)
        return err_set(e, ERR_DATA, "%s: test_part leaves no images to train or to test with, of %zu", l->folder,
                       l->files);
    for (size_t i = 0; i < l->files; i++)
        class[i] = (uint8_t)l->file[i].class;
    return split_draw_tests(class, l->files, l->classes, tests, part)
               ? err_set(e, ERR_NOMEM, "%s: no memory to draw the tests", l->folder)
               : 0;
}

int image_files_deal(struct images_work *w, size_t n[DATA_PARTS], struct err *e)
{
    struct class_folders *l = w->list;
    const size_t files = l[PART_TRAIN].files, most = files + l[PART_TEST].files;
    unsigned char *part = arena_take(&l->mem, files);
    uint8_t *class = arena_take(&l->mem, files);
    for (int k = 0; k < DATA_PARTS; k++)
        w->file[k] = arena_take(&l->mem, most * sizeof *w->file[k]);
    if (l->mem.failed)
        return err_set(e, ERR_NOMEM, "%s: no memory for its list of files", l->folder);
    if (!*w->args->test_folder && draw_test_images(w, part, class, e))
        return -1;
    for (size_t i = 0; i < files; i++)
        w->file[part[i]][n[part[i]]++] = &l[PART_TRAIN].file[i];
    for (size_t i = 0; i < l[PART_TEST].files; i++)
        w->file[PART_TEST][n[PART_TEST]++] = &l[PART_TEST].file[i];
    return 0;
}

/* ---- what they are ----------------------------------------------------------------------------------------------- */

static int same_list(int list(struct class_folders *c, const char *folder, struct err *e), const char *folder,
                     uint64_t state)
{
    struct class_folders now;
    struct err none = {0};
    int same = !list(&now, folder, &none) && now.state == state;
    class_folders_release(&now);
    return same;
}

/* Whether the files of the training and the test folder are those that were listed. */
int image_files_same(const struct images_work *w)
{
    int same = 1;
    for (int part = 0; part < DATA_PARTS && same; part++) {
        if (*w->folder[part])
            same =
                same_list(has_masks(w) ? image_files_list : class_folders_list, w->folder[part], w->list[part].state);
        if (same && *w->mask_path[part])
            same = same_list(image_files_list, w->mask_path[part], w->mask[part].files.state);
    }
    return same;
}

uint64_t image_files_fingerprint(const struct images_work *w)
{
    uint64_t h = w->survey[PART_TRAIN].fingerprint;
    if (*w->args->test_folder)
        h = str_hash(h, &w->survey[PART_TEST].fingerprint, sizeof(uint64_t));
    if (!has_masks(w))
        return h;
    for (int part = 0; part < DATA_PARTS; part++)
        h = str_hash(h, &w->mask[part].survey, sizeof w->mask[part].survey);
    return str_hash(h, w->args->class_names, strlen(w->args->class_names));
}
