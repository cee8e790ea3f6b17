/* data_out.h - what `sweep data info` prints of a dataset. */
#ifndef CLI_DATA_OUT_H
#define CLI_DATA_OUT_H

#include "data/inspect.h"

/* Tables on stdout; of many features the first ones, unless all are asked for. 0, or -1 without memory. */
int data_print_text(const struct inspection *of, int all);
/* The same as one JSON document on stdout, with every feature. */
void data_print_json(const struct inspection *of);

/* data_tokens.c: what is found in texts, likewise. */
int data_print_tokens(const struct inspect_tokens *t);
struct json;
void data_json_tokens(struct json *j, const char *key, const struct inspect_tokens *t);

#endif
