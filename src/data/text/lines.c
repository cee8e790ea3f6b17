/* lines.c - see lines.h. */
#include "data/text/lines.h"

#include <string.h>

const char *lines_begin(const char *text, size_t *n)
{
    const size_t mark = *n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
    *n -= mark;
    return text + mark;
}

const char *lines_next(const char **at, const char *end, size_t *n)
{
    const char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
    *at = newline ? newline + 1 : end;
    stop -= stop > line && stop[-1] == '\r';
    *n = (size_t)(stop - line);
    return line;
}
