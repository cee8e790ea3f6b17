/* unicode.c reads UTF-8, and looks letters up in the tables of unicode_table.c. */
#include "data/text/unicode.h"

size_t utf8_letter(const char *text, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    const size_t bytes = s[0] < 0x80                   ? 1
                         : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                         : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                         : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                       : 0;
    if (!bytes || bytes > n)
        return 0;
    uint32_t c = bytes == 1 ? s[0] : s[0] & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[bytes] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *code = c;
    return bytes;
}

size_t utf8_put(uint32_t c, char to[4])
{
    const size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned first[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = bytes; i-- > 1; c >>= 6)
        to[i] = (char)(unsigned char)(0x80 | (c & 0x3f));
    to[0] = (char)(unsigned char)(first[bytes] | c);
    return bytes;
}

static int in_ranges(const struct letter_range *range, size_t n, uint32_t code)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (range[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && range[low].first <= code;
}

/* Hiragana and Katakana, their extensions, and the blocks of ideographs. */
static const struct letter_range alone[] = {
    {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035}, {0x3038, 0x303c}, {0x3041, 0x30ff},   {0x31f0, 0x31ff},
    {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x1aff0, 0x1b16f}, {0x20000, 0x323af},
};
static const struct letter_range blanks[] = {
    {0x9, 0x9},       {0xb, 0xd},       {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

enum letter_kind unicode_kind(uint32_t code)
{
    if (code == '\n')
        return LETTER_LINE;
    if (in_ranges(blanks, sizeof blanks / sizeof *blanks, code))
        return LETTER_BLANK;
    if (in_ranges(alone, sizeof alone / sizeof *alone, code))
        return LETTER_ALONE;
    return in_ranges(unicode_words, unicode_word_ranges, code) ? LETTER_WORD : LETTER_MARK;
}

uint32_t unicode_lower(uint32_t code)
{
    size_t low = 0, high = unicode_case_ranges;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (unicode_cases[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == unicode_case_ranges || unicode_cases[low].first > code)
        return code;
    const struct case_range *r = &unicode_cases[low];
    return (code - r->first) % (uint32_t)r->step ? code : code - (uint32_t)r->above;
}
