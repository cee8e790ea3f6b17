#include "report/report.h"

#include <stdio.h>

char *report_path(char *buf, size_t n, const char *out, const char *name, const char *suffix)
{
    int here = !out || !*out || (out[0] == '.' && !out[1]);
    snprintf(buf, n, "%s%sresults/%s%s", here ? "" : out, here ? "" : "/", name, suffix);
    return buf;
}
