/* value_ids.h - numbers of things by first appearance, from 0: of values in a column, of combinations of values. */
#ifndef REPORT_VALUE_IDS_H
#define REPORT_VALUE_IDS_H

#include "report/report.h"

/* Of 64-bit keys, or texts. */
struct ids {
    struct ids_entry *entry; /* [n], room for so many */
    size_t n, room;
    uint32_t *place; /* [cap] number of an entry + 1, 0: free */
    size_t cap;
};
/* The id of the key (and text, NULL for none), a new one when it has none yet. -1 without memory. */
long ids_get(struct ids *m, uint64_t key, const char *text);
/* The id of a cell's text; a new text that is made, not kept, by the table is kept in a. -1 without memory. */
long ids_of_cell(struct ids *m, const struct table *t, size_t row, int col, struct arena *a);
const char *ids_text(const struct ids *m, size_t id);
void ids_release(struct ids *m);

#endif
