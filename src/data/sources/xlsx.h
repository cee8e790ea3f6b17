/* xlsx.h - the parts of a workbook (.xlsx, ECMA-376, SpreadsheetML): an archive of XML files, read by libarchive and
 * expat. Nothing of a workbook is held in memory but its texts, and of a sheet the row at hand. */
#ifndef DATA_SOURCES_XLSX_H
#define DATA_SOURCES_XLSX_H

#include "base/arena.h"
#include "base/err.h"
#include "data/archive_reader.h"

#include <stddef.h>
#include <stdint.h>

#define XLSX_ROWS 1048576 /* of a sheet, as the format has it */
#define XLSX_COLUMNS 16384
#define XLSX_SHEETS 4096
#define XLSX_TEXT_BYTES ((size_t)1 << 28) /* most of all shared texts */
/* A part unpacks to at most so many bytes, and so many times the size of the file: a bomb is no table. */
#define XLSX_PART_BYTES ((uint64_t)1 << 30)
#define XLSX_RATIO 500
#define XLSX_DEPTH 64 /* most elements inside each other */

/* What a part's elements are given to; names are without the prefix of their namespace. */
struct xlsx_handler {
    void (*begin)(void *ctx, const char *name, const char *const *attribute); /* name, value, ..., NULL */
    void (*end)(void *ctx, const char *name);
    void (*text)(void *ctx, const char *text, size_t n);
    int (*stopped)(const void *ctx); /* nothing more is to be given: the handler has an error, or enough */
};
/* The value of an attribute, whatever its prefix; NULL: it is not there. */
const char *xlsx_attribute(const char *const *attribute, const char *name);
/* Reads the part that the archive is at. `size` is that of the file. 0, or -1 with *e, which names file, part and line.
 */
int xlsx_parse(struct archive_reader *a, const char *path, const char *part, uint64_t size,
               const struct xlsx_handler *handler, void *ctx, struct err *e);

struct xlsx_sheet {
    const char *name, *id;
};
struct xlsx_book {
    const char *path;
    uint64_t size;            /* of the file */
    struct arena mem;         /* of everything below */
    struct xlsx_sheet *sheet; /* [sheets] in the order of the workbook */
    size_t sheets;
    struct xlsx_target {
        const char *id, *path; /* of a relation, and of the part that it means */
    } * target;                /* [targets] */
    size_t targets;
    const char **text; /* [texts] that sheets share */
    size_t texts;
    unsigned char *date; /* [styles] whether numbers of that style are dates */
    size_t styles;
    int from_1904; /* days are counted from 1904-01-01, not from 1899-12-30 */
};

/* Reads all parts but the sheets. 0, or -1 with *e; xlsx_book_release is due either way. `path` must outlive it. */
int xlsx_book_read(struct xlsx_book *b, const char *path, struct err *e);
void xlsx_book_release(struct xlsx_book *b);
/* The part of the sheet that `sheet` means: its name, or its number from 1; "": the first. NULL with *e. */
const char *xlsx_find_sheet(const struct xlsx_book *b, const char *sheet, struct err *e);

#endif
