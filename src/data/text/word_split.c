/* word_split.c cuts texts into words, and into pieces in which bytes are merged. */
#include "data/text/tokenizer.h"
#include "data/text/unicode.h"

#define PIECE_BYTES 64 /* most of a piece: a text without a blank must not become one */

/* Bytes of the apostrophe that text[n] begins with; 0: it does not. */
static size_t apostrophe(const char *text, size_t n)
{
    uint32_t code;
    const size_t bytes = n ? utf8_letter(text, n, &code) : 0;
    return bytes && (code == '\'' || code == 0x2019) ? bytes : 0;
}

static size_t letter_of_word(const char *text, size_t n)
{
    uint32_t code;
    const size_t bytes = n ? utf8_letter(text, n, &code) : 0;
    return bytes && unicode_kind(code) == LETTER_WORD ? bytes : 0;
}

size_t word_next(const char *text, size_t n, size_t *from)
{
    uint32_t code;
    size_t at = *from, bytes;
    while (at < n && (bytes = utf8_letter(text + at, n - at, &code)) && unicode_kind(code) == LETTER_BLANK)
        at += bytes;
    *from = at;
    if (at == n)
        return 0;
    if (!letter_of_word(text + at, n - at))
        return (bytes = utf8_letter(text + at, n - at, &code)) ? bytes : 1;
    while ((bytes = letter_of_word(text + at, n - at))) {
        at += bytes;
        const size_t mark = apostrophe(text + at, n - at);
        at += mark && letter_of_word(text + at + mark, n - at - mark) ? mark : 0;
    }
    return at - *from;
}

enum byte_kind { BYTE_OTHER, BYTE_LETTER, BYTE_DIGIT, BYTE_BLANK };

static enum byte_kind byte_kind(char byte)
{
    const unsigned char c = (unsigned char)byte;
    if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return BYTE_LETTER;
    if (c >= '0' && c <= '9')
        return BYTE_DIGIT;
    return c == ' ' || (c >= '\t' && c <= '\r') ? BYTE_BLANK : BYTE_OTHER;
}

size_t piece_next(const char *text, size_t n)
{
    const size_t begin = *text == ' ' && n > 1 && byte_kind(text[1]) != BYTE_BLANK;
    const enum byte_kind kind = byte_kind(text[begin]);
    size_t end = begin + 1;
    while (end < n && end < PIECE_BYTES && byte_kind(text[end]) == kind)
        end++;
    /* the last blank of a run belongs to what follows it */
    const int lends =
        kind == BYTE_BLANK && end > 1 && end < n && text[end - 1] == ' ' && byte_kind(text[end]) != BYTE_BLANK;
    return end - (size_t)lends;
}
