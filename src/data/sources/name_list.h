/* name_list.h - names by commas, as keys of datasets have them: `Age, "Fare, in pounds", 7`. */
#ifndef DATA_SOURCES_NAME_LIST_H
#define DATA_SOURCES_NAME_LIST_H

#include <stddef.h>

/* Puts the next name of *at into name[n], without the blanks around it, and goes on after it; *at is at the beginning
 * of the list first, and NULL after its last name. A name in quotes may have commas. 1; 0: there is none; -1: it is
 * empty, too long, or its quote is open. */
int name_list_next(const char **at, char *name, size_t n);

#endif
