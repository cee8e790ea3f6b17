/* zip_make.h - archives of the kind .zip, made in memory: files that are stored as they are, whatever is in them. */
#ifndef SUPPORT_ZIP_MAKE_H
#define SUPPORT_ZIP_MAKE_H

#include <stddef.h>

struct zip_part {
    const char *name;
    const void *bytes;
    size_t n;
};

/* Writes an archive of the parts to `to`, which has room for `room` bytes. Returns its size; 0: there is no room. */
size_t zip_make(unsigned char *to, size_t room, const struct zip_part *part, size_t parts);
/* The parts of a workbook around a sheet called "one": 4, of which the last is the sheet. */
void zip_workbook(struct zip_part part[4], const char *sheet, size_t n);

#endif
