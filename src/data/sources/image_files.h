/* image_files.h - which files the dataset images is made of, and what their headers say: the first half of
 * image_folder.c. */
#ifndef DATA_SOURCES_IMAGE_FILES_H
#define DATA_SOURCES_IMAGE_FILES_H

#include "data/cache.h"
#include "data/sources/mask_folder.h"

enum image_colour { COLOUR_AUTO, COLOUR_GREY, COLOUR_RGB };
struct images_args {
    const char *train_folder, *test_folder, *masks, *test_masks, *class_names;
    double test_part;
    int size[2]; /* height, width; 0: as they are */
    int colour, fit, background;
    int ignore; /* a number of label maps that is no class; NO_NUMBER: each is one */
};
#define NO_NUMBER (-1)
_Static_assert(sizeof(struct images_args) <= DATA_ARGS, "DATA_ARGS");

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
    struct mask_folder mask[DATA_PARTS];     /* of the label maps; likewise, or all 0 */
    char mask_path[DATA_PARTS][DATA_PATH];
    struct mask_classes classes; /* of the label maps */
    struct picture_shape shape;
    const struct image_file **file[DATA_PARTS]; /* [d->n] in the arena of list[PART_TRAIN] */
};

/* Whether there are label maps, not folders of classes. */
static inline int has_masks(const struct images_work *w)
{
    return *w->args->masks != 0;
}

/* Lists the files of s->path and looks at their headers. 0, or -1 with *e. The lists are the caller's to release either
 * way. */
int image_files_find(struct images_work *w, const struct data_spec *s, struct err *e);
/* Deals the files to the parts, w->file and n[parts]. 0, or -1 with *e. */
int image_files_deal(struct images_work *w, size_t n[DATA_PARTS], struct err *e);
/* Whether all folders have the files that were listed. */
int image_files_same(const struct images_work *w);
/* Of every byte of every file, with the names of the classes. */
uint64_t image_files_fingerprint(const struct images_work *w);

#endif
