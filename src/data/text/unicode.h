/* unicode.h - UTF-8 and what Unicode says of its letters, as far as texts are cut by it. Unlike the functions of the C
 * library these do not depend on the locale. */
#ifndef DATA_TEXT_UNICODE_H
#define DATA_TEXT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the UTF-8 letter that text[n] begins with, n > 0, its number into *code; 0: there is none. Strict: no letter
 * longer than need be, no half of a pair, none above U+10FFFF (RFC 3629). */
size_t utf8_letter(const char *text, size_t n, uint32_t *code);
/* Writes the letter and returns its bytes. */
size_t utf8_put(uint32_t code, char to[4]);
/* Whether a byte begins a letter: it is none of those that go on with one. */
static inline int utf8_begins(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

enum letter_kind {
    LETTER_MARK,  /* none of the others: punctuation, symbols, control characters */
    LETTER_WORD,  /* of words: letters, marks that belong to them, digits (general categories L, M and N) */
    LETTER_ALONE, /* of scripts without blanks between words: ideographs, Hiragana, Katakana */
    LETTER_BLANK, /* white space (property White_Space) but for: */
    LETTER_LINE   /* the end of a line, U+000A */
};
enum letter_kind unicode_kind(uint32_t code);
/* The lower case of a letter that has one (simple case mapping), else the letter. */
uint32_t unicode_lower(uint32_t code);

/* unicode_table.c, made by tests/support/unicode_tables.py: letters of words, first and last of each range, ascending;
 * and which letters have a lower case: every step-th of a range, so much above it. */
struct letter_range {
    uint32_t first, last;
};
extern const struct letter_range unicode_words[];
extern const size_t unicode_word_ranges;
struct case_range {
    uint32_t first, last;
    int32_t step, above;
};
extern const struct case_range unicode_cases[];
extern const size_t unicode_case_ranges;

#endif
