/* str.h - strings: a growing buffer, numbers that read back as written (locale-free), the nearest known word. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; p is NUL-terminated after any str_add*, NULL before. failed is set, and stays, when memory
 * ran out. */
struct str {
    char *p;
    size_t n, cap;
    int failed;
};
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *text, size_t n);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_clear(struct str *s); /* empty, memory kept */
void str_release(struct str *s);

/* Shortest text that reads back to the same value: str_double for doubles, str_float for values computed in float.
 * Whole numbers below 10^15 (float: 2^24) are written out, 100000; others as by %g, without padding: 1e-5, 2.5e20.
 * "nan" becomes "" (an empty cell), infinities "inf" and "-inf", -0 "0"; '.' is the point whatever the locale.
 * Returns buf, which holds at least STR_NUM bytes. */
#define STR_NUM 32
char *str_double(char *buf, double v);
char *str_float(char *buf, float v);
/* The digits of a whole number. */
char *str_whole(char *buf, uint64_t v);
/* The whole of `s` (blanks around it allowed) as a number, independent of the locale; a trailing % divides by 100
 * (exactly: 99.4% is 0.994, and so is 99.4 %). 0, or -1 with *v untouched when it is anything else (also for hex, nan,
 * inf, more than 300 digits, or a value too large or too small for a double). */
int str_to_double(const char *s, double *v);
int str_to_int(const char *s, int64_t *v);

/* Bytes of the UTF-8 letter at s; 0 when it is broken (also longer than need be, half of a pair of UTF-16, or above
 * U+10FFFF), or a control character beyond ASCII. */
size_t str_utf8(const char *s);
/* Cuts blanks at both ends in place; returns the new start. */
char *str_trim(char *s);
int str_ends(const char *s, const char *end); /* "test_loss" ends in "loss" */
/* The known word that is probably meant by `word`, ignoring case: one that differs by a letter; else one that other
 * programs call so (words.c); else the only one that begins so; else the nearest by Damerau-Levenshtein distance. NULL
 * when none is close, as a wrong hint is worse than none: words of one or two letters must be the same but for their
 * order or the last one, from 3, 6 and 9 letters on at most 1, 2 and 3 of them may differ. Of names with dots, the
 * parts after the last are looked up among the words of other programs. `known(i, ctx)` returns the i-th word ("": one
 * to pass over), or NULL after the last. */
const char *str_nearest(const char *word, const char *(*known)(size_t i, const void *ctx), const void *ctx);
/* A word of other programs and what it is called here; rows may share either. NULL after the last. */
struct synonym {
    const char *theirs, *ours;
};
const struct synonym *str_synonym(size_t i);

/* 64-bit FNV-1a over n bytes, going on from h (start with STR_HASH). */
#define STR_HASH 0xcbf29ce484222325u
uint64_t str_hash(uint64_t h, const void *bytes, size_t n);

#endif
