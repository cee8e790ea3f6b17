/* token_table.h - different pieces of text, each once, with a number and a count. */
#ifndef DATA_TEXT_TOKEN_TABLE_H
#define DATA_TEXT_TOKEN_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct token_entry {
    const char *text; /* [n], the caller's */
    size_t n;
    uint64_t hash, count;
};
struct token_table { /* zero-initialise; token_table_release frees */
    struct token_entry *v;
    size_t n, cap;
    uint32_t *slot; /* 1 + the number of an entry; 0: none */
    size_t slots;   /* a power of two */
};
#define TOKEN_NONE SIZE_MAX
#define TOKEN_ENTRIES (UINT32_MAX / 2) /* most of them */

/* The number of text[n], or TOKEN_NONE. */
size_t token_table_find(const struct token_table *t, const char *text, size_t n);
/* The same; a new entry, with the count 0, is added. TOKEN_NONE: there is no memory, or no room. */
size_t token_table_add(struct token_table *t, const char *text, size_t n);
/* Sorts the entries, the most frequent first, those of equal counts by their bytes: nothing can be found any more. */
void token_table_sort(struct token_table *t);
void token_table_release(struct token_table *t);

#endif
