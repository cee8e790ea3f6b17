/* places.c - says where the files of a sweep are, and what is to be said of an objective on the test split. */
#include "report/report.h"

#include <stdio.h>
#include <string.h>

char *report_path(char *buf, size_t n, const char *out, const char *name, const char *suffix)
{
    int here = !out || !*out || (out[0] == '.' && !out[1]);
    snprintf(buf, n, "%s%sresults/%s%s", here ? "" : out, here ? "" : "/", name, suffix);
    return buf;
}

const char *report_objective(const char *text, char *column, size_t n, int *maximise)
{
    const char *end = text + strcspn(text, ",");
    text += strspn(text, " \t");
    size_t way = strcspn(text, " \t,");
    const char *name = text + way + strspn(text + way, " \t");
    size_t length = name < end ? (size_t)(end - name) : 0;
    while (length && (name[length - 1] == ' ' || name[length - 1] == '\t'))
        length--;
    *maximise = way == 3 && !strncmp(text, "max", 3);
    int known = *maximise || (way == 3 && !strncmp(text, "min", 3));
    snprintf(column, n, "%.*s", known ? (int)length : 0, name);
    return *end ? end + 1 : NULL;
}

const char *report_objective_warning(const char *objective)
{
    if (!strstr(objective, " test_"))
        return NULL;
    return "the objective is measured on the test split: what is best by it is chosen by the test, so its value there "
           "is too good and no estimate for new data; rank by val_accuracy or val_loss instead";
}
