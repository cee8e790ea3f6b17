/* image_folder.c - the dataset images: a folder for each class with its image files. */
#include "base/str.h"
#include "data/cache.h"
#include "data/sources/class_folders.h"
#include "data/sources/picture.h"
#include "data/sources/source.h"
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_SIDE 4096 /* largest of data.size */

enum image_colour { COLOUR_AUTO, COLOUR_GREY, COLOUR_RGB };
struct images_args {
    const char *train_folder, *test_folder;
    double test_part;
    int size[2]; /* height, width; 0: as they are */
    int colour, fit, background;
};
_Static_assert(sizeof(struct images_args) <= DATA_ARGS, "DATA_ARGS");

static const char *colour_word(size_t i)
{
    static const char *const words[] = {[COLOUR_AUTO] = "auto", [COLOUR_GREY] = "grey", [COLOUR_RGB] = "rgb"};
    return i < sizeof words / sizeof *words ? words[i] : NULL;
}

static const char *fit_word(size_t i)
{
    static const char *const words[] = {[FIT_STRETCH] = "stretch", [FIT_CROP] = "crop"};
    return i < sizeof words / sizeof *words ? words[i] : NULL;
}

#define IMAGES_AT(field) offsetof(struct images_args, field)
// clang-format off
static const struct param images_params[] = {
    { .name = "train_folder", .type = P_TEXT, .at = IMAGES_AT(train_folder), .preset = "", .matters = MATTERS_NEVER, /* the fingerprint does */
      .help = "folder below data.path that has a folder for each class, to train and to validate with; default: data.path itself" },
    { .name = "test_folder", .type = P_TEXT, .at = IMAGES_AT(test_folder), .preset = "", .matters = MATTERS_NEVER,
      .help = "folder below data.path with images of the same classes to test with; default: a part of the files of train_folder" },
    { .name = "test_part", .type = P_FLOAT, .at = IMAGES_AT(test_part), .min = 0, .max = 1, .preset = "0.2", .open = 3,
      .help = "how much of the images is for tests where there is no test_folder: drawn class by class, the same whatever the seeds" },
    { .name = "size", .type = P_PAIR, .at = IMAGES_AT(size), .min = 0, .max = IMAGE_SIDE, .preset = "0x0",
      .help = "height and width that all images are resized to, 32 or 24x32, by a triangle filter that takes all pixels in; 0: they "
              "have the same size already" },
    { .name = "fit", .type = P_CHOICE, .at = IMAGES_AT(fit), .preset = "stretch", .word = fit_word,
      .help = "what becomes of an image with other proportions than size: stretch changes them, crop takes its middle" },
    { .name = "colour", .type = P_CHOICE, .at = IMAGES_AT(colour), .preset = "auto", .word = colour_word,
      .help = "grey (one channel), rgb (three), or auto: three if an image has colours" },
    { .name = "background", .type = P_INT, .at = IMAGES_AT(background), .min = 0, .max = 255, .preset = "0",
      .help = "grey value that is put behind transparent pixels" },
    { 0 }
};
// clang-format on

/* What the headers of a folder's files say; kept in the cache: no padding. */
struct images_survey {
    uint64_t fingerprint; /* of the classes, and of every byte of every file */
    int32_t least_h, most_h, least_w, most_w;
    int32_t colour, alpha; /* files that have it */
};
_Static_assert(sizeof(struct images_survey) == 32 && sizeof(struct images_survey) <= CACHE_NOTE, "no padding");

struct images_work {
    const struct images_args *args;
    char folder[DATA_PARTS][DATA_PATH];      /* that of the tests: "", they are drawn */
    struct class_folders list[DATA_PARTS];   /* likewise: empty */
    struct images_survey survey[DATA_PARTS]; /* likewise: 0 */
    struct picture_shape shape;
    const struct image_file **file[DATA_PARTS]; /* [d->n] in the arena of list[PART_TRAIN] */
};

/* ---- files and their headers ------------------------------------------------------------------------------------- */

static int list_part(struct images_work *w, enum data_part part, const char *path, const char *below, struct err *e)
{
    int n = snprintf(w->folder[part], DATA_PATH, "%s%s%s", path, *below ? "/" : "", below);
    if (n >= DATA_PATH)
        return err_set(e, ERR_USAGE, "data.path: is too long");
    return class_folders_list(&w->list[part], w->folder[part], e);
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

static int list_images(struct images_work *w, const struct data_spec *s, struct err *e)
{
    const struct class_folders *train = &w->list[PART_TRAIN];
    if (!*s->path)
        return err_set(e, ERR_USAGE, "data.path: images wants the folder of its files");
    if (list_part(w, PART_TRAIN, s->path, w->args->train_folder, e) || survey_part(train, &w->survey[PART_TRAIN], e))
        return -1;
    if (train->classes == 1)
        return err_set(e, ERR_DATA, "%s: has one class only, '%s': there is nothing to learn", train->folder,
                       train->class_name[0]);
    if (!*w->args->test_folder)
        return 0;
    return list_part(w, PART_TEST, s->path, w->args->test_folder, e) ||
                   survey_part(&w->list[PART_TEST], &w->survey[PART_TEST], e) || match_classes(w, e)
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

static int deal_files(struct images_work *w, struct dataset *d, struct err *e)
{
    struct class_folders *l = w->list;
    size_t n = l[PART_TRAIN].files, most = n + l[PART_TEST].files;
    unsigned char *part = arena_take(&l->mem, n);
    uint8_t *class = arena_take(&l->mem, n);
    for (int k = 0; k < DATA_PARTS; k++)
        w->file[k] = arena_take(&l->mem, most * sizeof *w->file[k]);
    if (l->mem.failed)
        return err_set(e, ERR_NOMEM, "%s: no memory for its list of files", l->folder);
    if (!*w->args->test_folder && draw_test_images(w, part, class, e))
        return -1;
    for (size_t i = 0; i < n; i++)
        w->file[part[i]][d->n[part[i]]++] = &l[PART_TRAIN].file[i];
    for (size_t i = 0; i < l[PART_TEST].files; i++)
        w->file[PART_TEST][d->n[PART_TEST]++] = &l[PART_TEST].file[i];
    return 0;
}

static int check_training_classes(const struct images_work *w, const struct dataset *d, struct err *e)
{
    const struct field *y = data_target(d);
    for (int k = 0; k < y->classes; k++)
        if (!y->count[k])
            return err_set(e, ERR_DATA, "%s/%s: the only image of the class is for tests; add some, or lower test_part",
                           w->list[PART_TRAIN].folder, y->class_name[k]);
    return 0;
}

/* ---- the dataset ------------------------------------------------------------------------------------------------- */

static int choose_shape(struct images_work *w, struct err *e)
{
    const struct images_args *a = w->args;
    struct images_survey all = w->survey[PART_TRAIN];
    const struct images_survey *test = &w->survey[PART_TEST];
    if (*a->test_folder) {
        all.least_h = test->least_h < all.least_h ? test->least_h : all.least_h;
        all.most_h = test->most_h > all.most_h ? test->most_h : all.most_h;
        all.least_w = test->least_w < all.least_w ? test->least_w : all.least_w;
        all.most_w = test->most_w > all.most_w ? test->most_w : all.most_w;
        all.colour += test->colour;
    }
    w->shape =
        (struct picture_shape){.c = a->colour == COLOUR_GREY || (a->colour == COLOUR_AUTO && !all.colour) ? 1 : 3,
                               .h = a->size[0] ? a->size[0] : all.most_h,
                               .w = a->size[1] ? a->size[1] : all.most_w,
                               .fit = a->fit,
                               .background = a->background};
    if (!a->size[0] != !a->size[1])
        return err_set(e, ERR_USAGE, "data.size: one side is 0; write height and width, such as 32 or 24x32");
    if (!a->size[0] && (all.least_h != all.most_h || all.least_w != all.most_w))
        return err_set(e, ERR_DATA,
                       "%s: the images have different sizes, heights from %d to %d and widths from %d to %d; say with "
                       "data.size which one they are to have",
                       w->list[PART_TRAIN].folder, all.least_h, all.most_h, all.least_w, all.most_w);
    if (w->shape.h > IMAGE_SIDE || w->shape.w > IMAGE_SIDE)
        return err_set(e, ERR_DATA, "%s: the images have %d x %d pixels; write a smaller data.size",
                       w->list[PART_TRAIN].folder, w->shape.h, w->shape.w);
    return 0;
}

static int describe_images(const struct images_work *w, struct dataset *d, struct err *e)
{
    const struct class_folders *l = &w->list[PART_TRAIN];
    size_t bytes = 0;
    for (int k = 0; k < l->classes; k++)
        bytes += strlen(l->class_name[k]) + 1;
    const char **names = dataset_alloc(d, (size_t)l->classes * sizeof *names + bytes, e);
    uint8_t *label[DATA_PARTS] = {dataset_alloc(d, d->n[PART_TRAIN], e), dataset_alloc(d, d->n[PART_TEST], e)};
    if (!names || !label[0] || !label[1])
        return -1;
    char *text = (char *)(names + l->classes);
    for (int k = 0; k < l->classes; k++) {
        names[k] = strcpy(text, l->class_name[k]);
        text += strlen(text) + 1;
    }
    dataset_of_images(d, w->shape.c, w->shape.h, w->shape.w, 255, l->classes, names);
    d->field[0].fit = (int)w->shape.fit;
    d->field[0].background = w->shape.background;
    for (int part = 0; part < DATA_PARTS; part++) {
        for (size_t i = 0; i < d->n[part]; i++)
            label[part][i] = (uint8_t)w->file[part][i]->class;
        d->field[1].values[part] = label[part];
    }
    return dataset_count_classes(d, e) || check_training_classes(w, d, e) ? -1 : 0;
}

static int tell_images(const struct images_work *w, struct dataset *d, struct err *e)
{
    const struct class_folders *l = &w->list[PART_TRAIN];
    const struct field *y = data_target(d);
    struct str to = {0};
    str_addf(&to,
             "%s: %zu images of %d classes, %d with colours, %d with transparent pixels; %zu to train and to "
             "validate, %zu to test, as %dx%dx%d\n ",
             l->folder, d->n[PART_TRAIN] + d->n[PART_TEST], l->classes,
             w->survey[PART_TRAIN].colour + w->survey[PART_TEST].colour,
             w->survey[PART_TRAIN].alpha + w->survey[PART_TEST].alpha, d->n[PART_TRAIN], d->n[PART_TEST], w->shape.c,
             w->shape.h, w->shape.w);
    for (int k = 0; k < y->classes && k < 10; k++)
        str_addf(&to, "%s %s %u", k ? "," : "", y->class_name[k], y->count[k]);
    str_addf(&to, "%s to train\n", y->classes > 10 ? ", ..." : "");
    for (int part = 0; part < DATA_PARTS; part++)
        if (w->list[part].others)
            str_addf(&to, "  passed over, as no .png, .pgm, .ppm or .pnm: %zu, such as %s\n", w->list[part].others,
                     w->list[part].other);
    char *kept = to.failed ? NULL : dataset_alloc(d, to.n + 1, e);
    if (kept)
        d->told = memcpy(kept, to.p, to.n + 1);
    str_release(&to);
    return kept ? 0 : err_set(e, ERR_NOMEM, "dataset images: no memory for what was found");
}

/* ---- pixels ------------------------------------------------------------------------------------------------------ */

static int decode_images(const struct images_work *w, size_t n, const struct image_file *const *file, uint8_t *x,
                         struct err *e)
{
    size_t image = (size_t)w->shape.c * (size_t)w->shape.h * (size_t)w->shape.w;
    for (size_t i = 0; i < n; i++, x += image) {
        struct opened_picture p;
        int bad = picture_open(&p, file[i]->path, e) || picture_take(&p, &w->shape, x, e);
        picture_close(&p);
        if (bad)
            return -1;
    }
    return 0;
}

/* Whether the files of the training and the test folder are those that were listed. */
static int same_files(const struct images_work *w)
{
    int same = 1;
    for (int part = 0; part < DATA_PARTS && same; part++) {
        struct class_folders now;
        struct err none = {0};
        if (!*w->folder[part])
            continue;
        same = !class_folders_list(&now, w->folder[part], &none) && now.state == w->list[part].state;
        class_folders_release(&now);
    }
    return same;
}

static void find_image_slot(struct cache_slot *slot, const struct images_work *w, enum data_part part, size_t n)
{
    const struct class_folders *l = *w->folder[part] ? &w->list[part] : w->list;
    const struct picture_shape *s = &w->shape;
    const int how[] = {s->c, s->h, s->w, (int)s->fit, s->background, (int)part};
    struct cache_folder place = {l->folder, str_hash(STR_HASH, how, sizeof how), l->state, l->newest};
    if (!*w->args->test_folder)
        place.how = str_hash(place.how, &w->args->test_part, sizeof w->args->test_part);
    cache_find_folder(slot, &place, n * (size_t)s->c, (size_t)s->h * (size_t)s->w);
}

struct image_part {
    const struct images_work *work;
    enum data_part part;
    size_t n;
};

static int make_image_part(void *ctx, uint8_t *x, struct err *e)
{
    const struct image_part *p = ctx;
    return decode_images(p->work, p->n, p->work->file[p->part], x, e);
}

static int are_same_files(void *ctx)
{
    return same_files(((const struct image_part *)ctx)->work);
}

static int load_images(const struct images_work *w, struct dataset *d, enum data_part part, struct err *e)
{
    struct cache_slot slot;
    struct cache_hit hit;
    size_t n = d->n[part];
    struct image_part made = {w, part, n};
    find_image_slot(&slot, w, part, n);
    if (cache_get(&slot, n * shape_size(d->field[0].shape),
                  &(struct cache_maker){make_image_part, are_same_files, &made}, d, &hit, e))
        return -1;
    d->field[0].values[part] = hit.x;
    if (part == PART_TRAIN)
        d->field[0].sums = hit.sums;
    return 0;
}

static int make_images(struct images_work *w, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    if (list_images(w, s, e) || deal_files(w, d, e) || choose_shape(w, e) || describe_images(w, d, e) ||
        tell_images(w, d, e))
        return -1;
    d->fingerprint = w->survey[PART_TRAIN].fingerprint;
    if (*w->args->test_folder)
        d->fingerprint = str_hash(d->fingerprint, &w->survey[PART_TEST].fingerprint, sizeof(uint64_t));
    if (!peek)
        return load_images(w, d, PART_TRAIN, e) || load_images(w, d, PART_TEST, e) ? -1 : 0;
    for (int part = 0; part < DATA_PARTS; part++) {
        dataset_free(d, (void *)(uintptr_t)d->field[1].values[part]);
        d->field[1].values[part] = NULL;
    }
    return 0;
}

static int load_image_folder(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                             struct err *e)
{
    struct images_work *w = calloc(1, sizeof *w);
    (void)k;
    if (!w)
        return err_set(e, ERR_NOMEM, "dataset images: no memory to read it");
    w->args = (const void *)s->source_args;
    int bad = make_images(w, d, s, peek, e);
    for (int part = 0; part < DATA_PARTS; part++)
        class_folders_release(&w->list[part]);
    free(w);
    return bad;
}

const struct data_source source_images = {
    .word = {"images", "image files, PNG, PGM or PPM, in a folder for each class below data.path, resized to one size",
             images_params},
    .credit = "",
    .path = PATH_MAY,
    .input = FIELD_BYTES,
    .load = load_image_folder,
};
