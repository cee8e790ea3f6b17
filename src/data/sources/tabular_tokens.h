/* tabular_tokens.h - a column of a table that is a text: its tokens are learned from the rows that train or validate.
 */
#ifndef DATA_SOURCES_TABULAR_TOKENS_H
#define DATA_SOURCES_TABULAR_TOKENS_H

#include "data/sources/tabular.h"

struct tabular_texts {
    struct tokenizer tokens;
    struct id_list ids; /* of one text */
};

/* Learns the tokens of the rows of the training part (part[rows]), or takes those that are given (data_spec.tokens). 0, or -1 with *e; the tokenizer and ids.v are
 * released either way. */
int tabular_learn_texts(struct tabular_texts *x, const struct tabular *t, const unsigned char *part, const char *given,
                        struct err *e);
/* The ids of a row's text, id[length], -1 after the last. 0, or -1 without memory. */
int tabular_text_ids(struct tabular_texts *x, const struct tabular *t, size_t row, int32_t *id, struct err *e);
/* Those of any text: its beginning, or its end, where it is longer. A text without tokens has one, id 0. */
int ids_of_text(struct tokenizer *t, struct id_list *room, struct text_span text, int keep, int length, int32_t *id);
/* Adds a line that says how long the texts are. */
void tabular_tell_texts(struct tabular_texts *x, const struct tabular *t, struct str *to);

#endif
