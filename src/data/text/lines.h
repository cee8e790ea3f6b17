/* lines.h - the lines of a text in memory. */
#ifndef DATA_TEXT_LINES_H
#define DATA_TEXT_LINES_H

#include <stddef.h>

/* The text[n] without the mark of UTF-8 that it may begin with; *n goes down by its length. */
const char *lines_begin(const char *text, size_t *n);
/* The line at *at < end, of *n bytes without its end, LF or CR LF; *at goes on to the next one. */
const char *lines_next(const char **at, const char *end, size_t *n);

#endif
