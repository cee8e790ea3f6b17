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

/* The table with aligned columns, two blanks between, columns of numbers to the right; `indent` blanks before each
 * line. Widths count UTF-8 letters. */
void text_table(FILE *f, const struct table *t, int indent);
/* Prints words of `s` in lines of at most `width` letters, each after `indent` blanks. */
void text_wrap(FILE *f, const char *s, int indent, int width);

#endif
