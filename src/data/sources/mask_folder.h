/* mask_folder.h - a folder of label maps, one for each image, of the same name but for what comes after the last dot. A
 * label map is a PNG with a palette or grey values, or a PGM; its numbers are what stands there. */
#ifndef DATA_SOURCES_MASK_FOLDER_H
#define DATA_SOURCES_MASK_FOLDER_H

#include "data/sources/class_folders.h"
#include "data/sources/picture.h"

/* What the files of a folder say; kept in the cache: no padding. */
struct masks_survey {
    uint64_t fingerprint; /* of every byte of the label maps of the images */
    uint32_t numbers[8];  /* bits of those that occur */
};
_Static_assert(sizeof(struct masks_survey) == 40, "no padding");

struct mask_folder {
    struct class_folders files;
    struct masks_survey survey;
};

/* Lists the folder, finds the label map of each of the images (file[i].mask), and looks at all of them. 0, or -1 with
 * *e: an image has none, or one of another size, or a label map cannot be read. Release m->files either way. `folder`
 * must outlive m. */
int mask_folder_list(struct mask_folder *m, const char *folder, struct class_folders *images, struct err *e);

/* Which class each number is: those that occur, in their order. */
struct mask_classes {
    int n;
    uint8_t number[DATA_CLASSES]; /* [n] */
    uint8_t class[256];           /* DATA_NO_CLASS: none */
};
/* ignore: a number that is no class, -1: each is. 0, or -1 with *e: there is no class, one only, or too many. */
int mask_classes_find(struct mask_classes *c, const struct masks_survey *train, const struct masks_survey *test,
                      int ignore, const char *folder, struct err *e);
/* The classes of a label map, resized as its image: to[h][w]. 0, or -1 with *e. */
int mask_take(const struct mask_classes *c, const char *path, const struct picture_shape *s, uint8_t *to,
              struct err *e);

#endif
