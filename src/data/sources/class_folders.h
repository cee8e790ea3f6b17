/* class_folders.h - which image files there are in a folder that has a folder for each class. */
#ifndef DATA_SOURCES_CLASS_FOLDERS_H
#define DATA_SOURCES_CLASS_FOLDERS_H

#include "base/arena.h"
#include "base/err.h"
#include "data/fields.h"

struct image_file {
    const char *path;
    int class;
    const char *mask; /* its label map; NULL: it has none */
};

struct class_folders {
    const char *folder;
    struct arena mem; /* of everything below */
    const char *class_name[DATA_CLASSES];
    int classes;
    struct image_file *file; /* [files] class by class, by the bytes of their names */
    size_t files, room;
    size_t others;     /* files and folders in places where none are read */
    const char *other; /* the first of them */
    uint64_t state;    /* a hash of the names, sizes and times of all files */
    int64_t newest;    /* of the times at which their status has changed, in seconds */
};

/* Lists the classes, sorted by the bytes of their names, and their files that end in .png, .pgm, .ppm or .pnm (in any
 * case); names that begin with a dot are passed over. `folder` must outlive c. 0, or -1 with *e: the folder cannot be
 * read, has no classes or more than DATA_CLASSES, or one without an image. class_folders_release it either way. */
int class_folders_list(struct class_folders *c, const char *folder, struct err *e);
/* The image files of one folder, all of class 0, whose name is ""; folders in it are passed over. As above. */
int image_files_list(struct class_folders *c, const char *folder, struct err *e);
void class_folders_release(struct class_folders *c);

#endif
