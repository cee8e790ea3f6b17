/* effect_rows.h - the rows of the table of effects, whatever they are computed by. report.h says what stands in them.
 */
#ifndef REPORT_EFFECT_ROWS_H
#define REPORT_EFFECT_ROWS_H

#include "report/stats/trials_view.h"

struct effect_row { /* numbers that are NaN, and counts that are 0, are empty cells */
    const char *kind, *axis, *other, *value, *basis;
    size_t n, planned;
    double mean, low, high, share, omega, chance;
};

/* One with nothing but its kind and axis. */
struct effect_row effect_row_of(const char *kind, const char *axis);
/* Each 0, or -1 without memory. */
int effect_columns(struct table *out);
int add_effect_row(struct table *out, const struct effect_row *r);
int add_effect_note(struct table *out, const char *text);
/* How many trials ended without a result; nothing when none did. */
int note_missing_trials(struct table *out, const struct trials_view *v);

/* Effects of a sweep whose points were drawn (stats/drawn.c): the whole table. Scratch from a. 0, or -1 without memory.
 */
int drawn_effects(const struct trials_view *v, struct table *out, struct arena *a);

/* Shares of a random forest (stats/forest_effects.c). forest_study: 1: there are so many points that it can be asked;
 * 0, -1 without memory; *s is NULL then. Then the rows of axes, pairs and the rest, and the notes that explain them,
 * each 0 or -1 without memory. */
struct design;
struct forest_study;
int forest_study(struct forest_study **s, const struct design *g);
void forest_study_free(struct forest_study *s);
int add_forest_shares(struct table *out, const struct forest_study *s);
int add_forest_notes(struct table *out, const struct forest_study *s);

#endif
