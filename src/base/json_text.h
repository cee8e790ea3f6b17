/* json_text.h - reads and writes texts of JSON with jansson, and tells when there was no memory. jansson does not: of a
 * word for which it gets no memory it keeps the beginning, or it says that the text is wrong, and names of members for
 * which there is no room are not written. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

/* Returns what the n bytes hold, for json_decref(); flags are those of json_loadb(). NULL: where *nomem there was no
 * memory for it, else the text is wrong, and *why says where and what. */
json_t *json_text_read(const char *text, size_t n, size_t flags, json_error_t *why, int *nomem);

/* Returns the text of a value, for free(); flags are those of json_dumps(). NULL: there was no memory for it. */
char *json_text_write(const json_t *value, size_t flags);

#endif
