/* name_list.c takes lists of names apart. */
#include "data/sources/name_list.h"

#include <string.h>

int name_list_next(const char **at, char *name, size_t n)
{
    const char *from = *at ? *at + strspn(*at, " \t\n") : "", *end;
    if (!*at || !*from)
        return *at = NULL, 0;
    if (*from == '"') {
        end = strchr(++from, '"');
        *at = end ? end + 1 + strspn(end + 1, " \t\n") : NULL;
        if (!end || (**at && **at != ','))
            return -1;
    } else {
        *at = end = from + strcspn(from, ",");
        while (end > from && strchr(" \t\n", end[-1]))
            end--;
    }
    *at = **at ? *at + 1 : NULL;
    if (end == from || (size_t)(end - from) >= n)
        return -1;
    memcpy(name, from, (size_t)(end - from));
    name[end - from] = 0;
    return 1;
}
