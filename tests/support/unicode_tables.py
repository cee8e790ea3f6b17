#!/usr/bin/env python3
"""Writes src/data/text/unicode_table.c from the tables of Python's unicodedata. A range of letters of words may contain
numbers that no letter has (yet). Usage: python3 tests/support/unicode_tables.py >src/data/text/unicode_table.c"""
import unicodedata

WORD, OTHER, NONE = range(3)


def kind(c):
    category = unicodedata.category(chr(c))
    return NONE if category in ("Cn", "Cs") else WORD if category[0] in "LMN" else OTHER


def word_ranges():
    ranges, open_range = [], False
    for c in range(0x110000):
        k = kind(c)
        if k == WORD and open_range:
            ranges[-1][1] = c
        elif k == WORD:
            ranges.append([c, c])
        if k != NONE:
            open_range = k == WORD
    return ranges


def case_ranges():
    ranges = []
    for c in range(0x110000):
        lower = chr(c).lower()
        if len(lower) != 1 or lower == chr(c):
            continue
        above = c - ord(lower)
        last = ranges[-1] if ranges else None
        step = c - last[1] if last else 0
        if last and last[3] == above and step in (1, 2) and last[2] in (0, step):
            last[1], last[2] = c, step
        else:
            ranges.append([c, c, 0, above])
    return [[a, b, step or 1, above] for a, b, step, above in ranges]


def table(rows, form, n):
    for i in range(0, len(rows), n):
        print("    " + " ".join(form % tuple(row) for row in rows[i:i + n]))


words, cases = word_ranges(), case_ranges()
print("/* unicode_table.c has the letters of words and their lower cases, of Unicode %s. Made by"
      " tests/support/unicode_tables.py. */" % unicodedata.unidata_version)
print('#include "data/text/unicode.h"\n\n// clang-format off\nconst struct letter_range unicode_words[] = {')
table(words, "{0x%x,0x%x},", 8)
print("};\nconst size_t unicode_word_ranges = sizeof unicode_words / sizeof *unicode_words;\n")
print("const struct case_range unicode_cases[] = {")
table(cases, "{0x%x,0x%x,%d,%d},", 7)
print("};\nconst size_t unicode_case_ranges = sizeof unicode_cases / sizeof *unicode_cases;\n// clang-format on")
