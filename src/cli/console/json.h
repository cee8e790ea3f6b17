/* json.h - a writer of JSON documents (RFC 8259). Commas and nesting are its care; the caller opens and closes. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdio.h>

struct json {
    FILE *f;
    int depth;
    unsigned long long some; /* a bit per depth: something stands there already */
};
/* `key` is the name inside an object, NULL inside an array and for the document itself. */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']'; a line end after the document */
void json_text(struct json *j, const char *key, const char *text);
/* The shortest text that reads back to the same; null when it is not a finite number. */
void json_number(struct json *j, const char *key, double v);
/* A number in the text that str_float and the like make of it; null where it is NULL, empty or infinite. */
void json_digits(struct json *j, const char *key, const char *text);
/* The cell of a table: a number where it is one, null where it is empty, else a text. */
void json_cell(struct json *j, const char *key, const char *text);
/* The begin of a document that is an object, with the version of the program. */
void json_begin(struct json *j);

#endif
