/* image_folder.c - the dataset images: a folder for each class with its image files, or one folder of images and one of
 * their label maps. */
#include "base/str.h"
#include "data/sources/image_files.h"
#include "data/sources/picture.h"
#include "data/sources/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_SIDE 4096 /* largest of data.size */

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

static const char *ignore_word(size_t i)
{
    return i == 0 ? "none" : NULL;
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
    { .name = "masks", .type = P_TEXT, .at = IMAGES_AT(masks), .preset = "", .matters = MATTERS_NEVER,
      .help = "folder below data.path with a label map for each image, of the same name: a PNG with a palette or grey values, or a "
              "PGM, whose numbers are the classes; train_folder and test_folder have the images then, and no folders of classes" },
    { .name = "test_masks", .type = P_TEXT, .at = IMAGES_AT(test_masks), .preset = "", .matters = MATTERS_NEVER,
      .help = "the same for the images of test_folder; default: the folder masks" },
    { .name = "class_names", .type = P_TEXT, .at = IMAGES_AT(class_names), .preset = "", .matters = MATTERS_NEVER,
      .help = "names of the numbers in the label maps, in their order: ground, road; default: the numbers" },
    { .name = "ignore", .type = P_INT, .at = IMAGES_AT(ignore), .min = 0, .max = 255, .preset = "none", .word = ignore_word,
      .matters = MATTERS_UNLESS_PRESET,
      .help = "a number in the label maps that is no class: such pixels have no part in losses and metrics (255 is usual)" },
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

/* The names of data.class_names, or the numbers. */
static int name_mask_classes(const struct images_work *w, const char **name, char *text, struct err *e)
{
    char *rest = strcpy(text, w->args->class_names);
    const int given = *text != 0;
    for (int k = 0; k < w->classes.n; k++) {
        char *one = given ? strsep(&rest, ",") : NULL;
        name[k] = given ? one ? str_trim(one) : "" : dataset_digits[w->classes.number[k]];
        for (int i = 0; i < k; i++)
            if (!strcmp(name[i], name[k]))
                return err_set(e, ERR_USAGE, "data.class_names: '%s' is there twice", name[k]);
        if (!*name[k])
            return err_set(e, ERR_USAGE,
                           "data.class_names: has fewer names than the label maps have numbers, %d, or an empty one; "
                           "write one for each, in their order",
                           w->classes.n);
    }
    if (given && rest)
        return err_set(e, ERR_USAGE, "data.class_names: has more names than the label maps have numbers, %d",
                       w->classes.n);
    return 0;
}

static int describe_label_maps(struct images_work *w, struct dataset *d, struct err *e)
{
    if (mask_classes_find(&w->classes, &w->mask[PART_TRAIN].survey, &w->mask[PART_TEST].survey, w->args->ignore,
                          w->mask_path[PART_TRAIN], e))
        return -1;
    const size_t names = (size_t)w->classes.n * sizeof(char *);
    const char **name = dataset_alloc(d, names + strlen(w->args->class_names) + 1, e);
    if (!name || name_mask_classes(w, name, (char *)name + names, e))
        return -1;
    dataset_of_label_maps(d, w->shape.c, w->shape.h, w->shape.w, 255, w->classes.n, name);
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
    for (int part = 0; part < DATA_PARTS; part++) {
        for (size_t i = 0; i < d->n[part]; i++)
            label[part][i] = (uint8_t)w->file[part][i]->class;
        d->field[1].values[part] = label[part];
    }
    return dataset_count_classes(d, e) || check_training_classes(w, d, e) ? -1 : 0;
}

static void tell_counts(const struct field *y, struct str *to)
{
    for (int k = 0; k < y->classes && k < 10; k++)
        str_addf(to, "%s %s %u", k ? "," : "", y->class_name[k], y->count[k]);
    str_addf(to, "%s to train\n", y->classes > 10 ? ", ..." : "");
}

static void tell_numbers(const struct mask_classes *c, const struct field *y, struct str *to)
{
    str_add(to, " the numbers of the label maps and their classes:");
    for (int k = 0; k < c->n && k < 10; k++)
        str_addf(to, "%s %d %s", k ? "," : "", c->number[k], y->class_name[k]);
    str_add(to, c->n > 10 ? ", ...\n" : "\n");
}

static int tell_images(const struct images_work *w, struct dataset *d, struct err *e)
{
    const struct class_folders *l = &w->list[PART_TRAIN];
    const struct field *y = data_target(d);
    struct str to = {0};
    str_addf(&to,
             "%s: %zu images %s %d classes, %d with colours, %d with transparent pixels; %zu to train and to "
             "validate, %zu to test, as %dx%dx%d\n ",
             l->folder, d->n[PART_TRAIN] + d->n[PART_TEST], has_masks(w) ? "with label maps of" : "of", y->classes,
             w->survey[PART_TRAIN].colour + w->survey[PART_TEST].colour,
             w->survey[PART_TRAIN].alpha + w->survey[PART_TEST].alpha, d->n[PART_TRAIN], d->n[PART_TEST], w->shape.c,
             w->shape.h, w->shape.w);
    if (has_masks(w))
        tell_numbers(&w->classes, y, &to);
    else
        tell_counts(y, &to);
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

static int decode_masks(const struct images_work *w, size_t n, const struct image_file *const *file, uint8_t *y,
                        struct err *e)
{
    for (size_t i = 0; i < n; i++, y += (size_t)w->shape.h * (size_t)w->shape.w)
        if (mask_take(&w->classes, file[i]->mask, &w->shape, y, e))
            return -1;
    return 0;
}

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

/* Of the label maps of a part: what they are made of are also the names of the images. */
static void find_mask_slot(struct cache_slot *slot, const struct images_work *w, enum data_part part, size_t n)
{
    const enum data_part of = *w->folder[part] ? part : PART_TRAIN;
    const struct class_folders *l = &w->mask[of].files;
    const struct picture_shape *s = &w->shape;
    const int how[] = {s->h, s->w, (int)s->fit, (int)part};
    uint64_t h = str_hash(str_hash(STR_HASH, how, sizeof how), &w->classes, sizeof w->classes);
    h = str_hash(str_hash(h, &w->list[of].state, sizeof(uint64_t)), &w->args->test_part, sizeof w->args->test_part);
    const int64_t newest = l->newest > w->list[of].newest ? l->newest : w->list[of].newest;
    cache_find_folder(slot, &(struct cache_folder){l->folder, h, l->state, newest}, n, (size_t)s->h * (size_t)s->w);
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

static int make_mask_part(void *ctx, uint8_t *y, struct err *e)
{
    const struct image_part *p = ctx;
    return decode_masks(p->work, p->n, p->work->file[p->part], y, e);
}

static int are_same_images(void *ctx)
{
    return image_files_same(((const struct image_part *)ctx)->work);
}

/* The pixels of a part, or its label maps. */
static int load_planes(const struct images_work *w, struct dataset *d, enum data_part part, int masks, struct err *e)
{
    struct cache_slot slot;
    struct cache_hit hit;
    const struct cache_maker maker = {masks ? make_mask_part : make_image_part, are_same_images,
                                      &(struct image_part){w, part, d->n[part]}};
    struct field *f = &d->field[masks];
    (masks ? find_mask_slot : find_image_slot)(&slot, w, part, d->n[part]);
    if (cache_get(&slot, d->n[part] * shape_size(f->shape), &maker, d, &hit, e))
        return -1;
    f->values[part] = hit.x;
    if (part == PART_TRAIN && !masks)
        f->sums = hit.sums;
    return 0;
}

static int load_images(const struct images_work *w, struct dataset *d, struct err *e)
{
    for (int part = 0; part < DATA_PARTS; part++)
        for (int masks = 0; masks <= has_masks(w); masks++)
            if (load_planes(w, d, (enum data_part)part, masks, e))
                return -1;
    return 0;
}

static int make_images(struct images_work *w, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    if (image_files_find(w, s, e) || image_files_deal(w, d->n, e) || choose_shape(w, e) ||
        (has_masks(w) ? describe_label_maps(w, d, e) : describe_images(w, d, e)) || tell_images(w, d, e))
        return -1;
    d->field[0].fit = (int)w->shape.fit;
    d->field[0].background = w->shape.background;
    d->fingerprint = image_files_fingerprint(w);
    if (!peek)
        return load_images(w, d, e);
    for (int part = 0; part < DATA_PARTS && !has_masks(w); part++) {
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
    for (int part = 0; part < DATA_PARTS; part++) {
        class_folders_release(&w->list[part]);
        class_folders_release(&w->mask[part].files);
    }
    free(w);
    return bad;
}

const struct data_source source_images = {
    .word =
        {"images",
         "image files, PNG, PGM or PPM, in a folder for each class below data.path, or with label maps in the folder "
         "data.masks; resized to one size",
         images_params},
    .credit = "",
    .path = PATH_MAY,
    .input = FIELD_BYTES,
    .load = load_image_folder,
};
