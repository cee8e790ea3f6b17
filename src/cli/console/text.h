/* text.h - numbers and tables for people. Files get exact values (base/str.h); these are rounded. Each returns buf,
 * which holds TEXT_NUM bytes. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "report/report.h"

#include <stdio.h>

#define TEXT_NUM 48
char *text_bytes(char *buf, double bytes);     /* "812 B", "1.21 MB" (powers of ten) */
char *text_seconds(char *buf, double seconds); /* "0.8 s", "2 min 05 s", "1 h 03 min", "unknown" below 0 */
char *text_count(char *buf, double n);         /* "812", "5.22 M", "1e12" */

/* Places that a text takes on a terminal: letters of UTF-8, wide ones twice. */
int text_places(const char *s);
/* Bytes of `s` that fit into so many places; no letter is cut. */
size_t text_fit(const char *s, int width);
/* Columns of the terminal that f is; 0: it is none, or does not know. */
int text_terminal(FILE *f);

/* The table with aligned columns, two blanks between, columns of numbers to the right; `indent` blanks before each
 * line. On a terminal it fits the width, elsewhere it is whole: text_table_within with text_terminal(f). */
void text_table(FILE *f, const struct table *t, int indent);
/* Within `width` places (0: whole). Where it is too wide, in this order: columns with one value in all rows are told
 * below it, axes lose their section, long texts and headings are cut, and columns are left out, which is told below:
 * axes from the last, then others from the last. The first two stay, and no number is ever cut. */
void text_table_within(FILE *f, const struct table *t, int indent, int width);
/* Prints words of `s` in lines of at most `width` places, each after `indent` blanks. */
void text_wrap(FILE *f, const char *s, int indent, int width);

#endif
