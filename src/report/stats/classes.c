/* classes.c - computes precision, recall and F1 of each class from counts of confusions. */
#include "report/report.h"
#include "report/table/columns.h"

#include <math.h>
#include <stdio.h>

/* A row. */
struct class_source {
    const char *name;
    double precision, recall, f1, auc, support, iou;
};

#define CLASS(field, help, cell) COLUMN_FIELD(#field, help, cell, struct class_source, field)
static const struct column_row class_columns[] = {
    COLUMN_FIELD("class", "name of the class", column_text, struct class_source, name),
    CLASS(precision, "share of what was taken for the class that is of it", column_double),
    CLASS(recall, "share of the class that was taken for it", column_double),
    CLASS(f1, "harmonic mean of precision and recall", column_double),
    CLASS(auc, "area under the ROC curve, the class against all others", column_double),
    CLASS(support, "samples (of label maps: pixels) of the class, of all repeats of the best point", column_double),
    CLASS(iou, "share of what is of the class and was taken for it among what is one or the other", column_double),
};
const struct column_table class_table = {"NAME.classes.csv", "a class", COLUMNS_OF(class_columns)};

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

int report_classes(const double *counts, const double *auc, const char *const *class_name, size_t classes,
                   struct table *out, struct err *e)
{
    struct sheet sheet;
    int bad = sheet_init(&sheet, &class_table, NULL) || table_columns(out, sheet.name, sheet.n);
    for (size_t c = 0; !bad && c < classes; c++) {
        double support = 0, predicted = 0, right = counts[c * classes + c];
        for (size_t k = 0; k < classes; k++) {
            support += counts[c * classes + k];
            predicted += counts[k * classes + c];
        }
        const struct class_source row = {class_name[c],
                                         ratio(right, predicted),
                                         ratio(right, support),
                                         ratio(2 * right, support + predicted),
                                         auc ? auc[c] : NAN,
                                         support,
                                         ratio(right, support + predicted - right)};
        bad = table_row(out, sheet_row(&sheet, &row));
    }
    sheet_release(&sheet);
    return bad ? err_set(e, ERR_NOMEM, "no memory for the table of %zu classes", classes) : 0;
}
