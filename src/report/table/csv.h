/* csv.h - cells that a spreadsheet may open. Names and texts of a sweep file reach the tables, and a spreadsheet runs a
 * cell that begins with = + - @ (or a tab or line end before them) as a formula. Such a cell, unless it is a number, is
 * written with an apostrophe in front, and table_read takes it off again. So that every text comes back as it was, a
 * text of apostrophes followed by one of these characters gets one more. Numbers (-0.5, +1e3, -inf) stay bare. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stddef.h>

/* 1 when the cell must be written with an apostrophe in front. */
int csv_wants_guard(const char *cell);
/* 1 when the cell as read has an apostrophe in front that is none of its own. */
size_t csv_guarded(const char *cell);

#endif
