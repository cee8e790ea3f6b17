/* json_text.h - reads a text of JSON with jansson, and tells a wrong text from a lack of memory. jansson does not: of a
 * word for which it gets no memory it keeps the beginning, or it says that the text is wrong. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

/* Returns what the n bytes hold, for json_decref(); flags are those of json_loadb(). NULL: where *nomem there was no
 * memory for it, else the text is wrong, and *why says where and what. */
json_t *json_text_read(const char *text, size_t n, size_t flags, json_error_t *why, int *nomem);

#endif
