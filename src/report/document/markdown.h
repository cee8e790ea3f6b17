/* markdown.h - parts of the summary as Markdown. */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "report/plots/plot.h"

/* A text inside a table cell or a sentence: shown as it is, whatever Markdown or HTML makes of its characters. A < or &
 * before a blank begins nothing and is left alone: "params < 20000". */
void md_text(struct str *s, const char *text);
/* A value of the column: 0.98954 -> "98.95 %" for shares of samples, otherwise four digits; "-" when it is not known.
 */
void md_value(struct str *s, const struct plot_data *d, const char *column, double x);
/* Trials with this status; those that stand for several points count once. */
size_t md_count(const struct plot_data *d, const char *status);
/* A section on the trials with this status, those with equal reasons in one row; nothing when there are none.
 * done[rows] is scratch, zeroed once. */
void md_unfinished(const struct plot_data *d, const char *status, const char *title, char *done, struct str *s);
/* The section on what was trained: set.* of NAME.about.csv, the layers of point `best` (its number as text), and
 * results/NAME/environment.txt; nothing when none of them is there. 0, or -1 with *e. */
int md_training(const struct plot_data *d, const char *out, const char *best, struct str *s, struct err *e);
/* Sections on [require] and on the effects of the axes; nothing when there are none. */
void md_requirements(const struct plot_data *d, struct str *s);
void md_effects(const struct plot_data *d, struct str *s);

#endif
