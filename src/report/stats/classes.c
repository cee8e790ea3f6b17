/* classes.c - computes precision, recall and F1 of each class from counts of confusions. */
#include "report/report.h"

#include <math.h>
#include <stdio.h>

static void put_ratio(char *buf, double a, double b)
{
    str_double(buf, b > 0 ? a / b : NAN);
}

int report_classes(const double *counts, const double *auc, const char *const *class_name, size_t classes,
                   struct table *out, struct err *e)
{
    static const char *const head[] = {"class", "precision", "recall", "f1", "auc", "support"};
    int bad = table_columns(out, head, sizeof head / sizeof *head);
    for (size_t c = 0; !bad && c < classes; c++) {
        double support = 0, predicted = 0, right = counts[c * classes + c];
        char number[5][STR_NUM];
        for (size_t k = 0; k < classes; k++) {
            support += counts[c * classes + k];
            predicted += counts[k * classes + c];
        }
        put_ratio(number[0], right, predicted);
        put_ratio(number[1], right, support);
        put_ratio(number[2], 2 * right, support + predicted);
        str_double(number[3], auc ? auc[c] : NAN);
        snprintf(number[4], STR_NUM, "%.0f", support);
        bad =
            table_row(out, (const char *const[]){class_name[c], number[0], number[1], number[2], number[3], number[4]});
    }
    return bad ? err_set(e, ERR_NOMEM, "no memory for the table of %zu classes", classes) : 0;
}
