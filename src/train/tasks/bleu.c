/* bleu.c counts n-grams of words that translations and their references share. */
#include "train/tasks/bleu.h"

#include "base/maths.h"
#include "data/text/unicode.h"

#include <stdlib.h>
#include <string.h>

/* --- texts become words --- */

static void exchange_texts(struct bleu *b)
{
    const struct str s = b->text;
    b->text = b->other;
    b->other = s;
    str_clear(&b->other);
}

/* Every `from` in b->text becomes `to`. */
static void replace_all(struct bleu *b, const char *from, const char *to)
{
    const size_t n = strlen(from);
    for (size_t i = 0; i < b->text.n;) {
        const int here = b->text.n - i >= n && !memcmp(b->text.p + i, from, n);
        str_addn(&b->other, here ? to : b->text.p + i, here ? strlen(to) : 1);
        i += here ? n : 1;
    }
    exchange_texts(b);
}

/* Is it one of the signs that are words of their own: [ -&], [(-+], /, [:-@], [[-`], [{-~]? */
static int is_sign(unsigned char c)
{
    return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_point(char c)
{
    return c == '.' || c == ',';
}

static void divide_signs(struct bleu *b)
{
    for (size_t i = 0; i < b->text.n; i++) {
        const char *c = b->text.p + i;
        if (is_sign((unsigned char)*c))
            str_addf(&b->other, " %c ", *c);
        else
            str_addn(&b->other, c, 1);
    }
    exchange_texts(b);
}

/* What stands before and after a pair of neighbours, and between them. */
struct neighbours {
    int (*is)(char first, char second);
    const char *before, *between, *after;
};

static int point_after_no_digit(char first, char second)
{
    return !is_digit(first) && is_point(second);
}

static int point_before_no_digit(char first, char second)
{
    return is_point(first) && !is_digit(second);
}

static int dash_after_digit(char first, char second)
{
    return is_digit(first) && second == '-';
}

/* A pair that is found is not looked at again. */
static void divide_neighbours(struct bleu *b, const struct neighbours *n)
{
    for (size_t i = 0; i < b->text.n; i++) {
        const char *c = b->text.p + i;
        if (i + 1 == b->text.n || !n->is(c[0], c[1])) {
            str_addn(&b->other, c, 1);
            continue;
        }
        str_addf(&b->other, "%s%c%s%c%s", n->before, c[0], n->between, c[1], n->after);
        i++;
    }
    exchange_texts(b);
}

/* Cuts text[n] as mteval-v13a does, into b->text with blanks between words. */
static void cut_text(struct bleu *b, const char *text, size_t n)
{
    static const struct neighbours rows[] = {
        {point_after_no_digit, "", " ", " "}, {point_before_no_digit, " ", " ", ""}, {dash_after_digit, "", " ", " "}};
    str_clear(&b->text);
    str_clear(&b->other);
    while (n && strchr(" \t\n\r\v\f", text[n - 1]) && text[n - 1])
        n--;
    str_add(&b->text, " ");
    str_addn(&b->text, text, n);
    str_add(&b->text, " ");
    replace_all(b, "<skipped>", "");
    replace_all(b, "-\n", "");
    replace_all(b, "\n", " ");
    replace_all(b, "&quot;", "\"");
    replace_all(b, "&amp;", "&");
    replace_all(b, "&lt;", "<");
    replace_all(b, "&gt;", ">");
    divide_signs(b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        divide_neighbours(b, &rows[i]);
}

/* --- words become hashes --- */

/* Bytes of a blank at text[n], as Python's str.split has them; 0: there is none. */
static size_t blank_at(const char *text, size_t n)
{
    uint32_t code = 0;
    const size_t bytes = utf8_letter(text, n, &code);
    const int blank = (code >= 9 && code <= 13) || (code >= 0x1c && code <= ' ') || code == 0x85 || code == 0xa0 ||
                      code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
                      code == 0x202f || code == 0x205f || code == 0x3000;
    return bytes && blank ? bytes : 0;
}

static int room_for_words(struct bleu *b, int which, size_t tokens)
{
    if (tokens <= b->room[which])
        return 0;
    uint64_t *token = realloc(b->token[which], tokens * sizeof *token);
    b->token[which] = token ? token : b->token[which];
    uint64_t *ngram = realloc(b->ngram[which], tokens * sizeof *ngram);
    b->ngram[which] = ngram ? ngram : b->ngram[which];
    if (!token || !ngram)
        return -1;
    b->room[which] = tokens;
    return 0;
}

/* The words of text[n] as hashes; their number, or SIZE_MAX without memory. */
static size_t hash_words(struct bleu *b, int which, const char *text, size_t n)
{
    size_t words = 0;
    cut_text(b, text, n);
    if (b->text.failed || b->other.failed || room_for_words(b, which, b->text.n / 2 + 1))
        return SIZE_MAX;
    for (size_t i = 0, blank; i < b->text.n;) {
        const size_t from = i;
        while (i < b->text.n && !(blank = blank_at(b->text.p + i, b->text.n - i)))
            i++;
        if (i > from)
            b->token[which][words++] = str_hash(STR_HASH, b->text.p + from, i - from);
        i += i < b->text.n ? blank : 0;
    }
    return words;
}

static int compare_ngrams(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The n-grams of so many words, sorted; their number. */
static size_t find_ngrams(struct bleu *b, int which, size_t words, size_t order)
{
    const size_t n = words >= order ? words - order + 1 : 0;
    for (size_t i = 0; i < n; i++)
        b->ngram[which][i] = str_hash(STR_HASH, b->token[which] + i, order * sizeof **b->token);
    if (n)
        qsort(b->ngram[which], n, sizeof **b->ngram, compare_ngrams);
    return n;
}

/* How many of both sorted lists can be paired off. */
static size_t count_common(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    size_t common = 0;
    for (size_t i = 0, j = 0; i < na && j < nb;) {
        common += a[i] == b[j];
        const int first = a[i] <= b[j], second = b[j] <= a[i];
        i += (size_t)first;
        j += (size_t)second;
    }
    return common;
}

int bleu_count(struct bleu *b, const char *said, size_t n_said, const char *wanted, size_t n_wanted)
{
    const size_t words[] = {hash_words(b, 0, said, n_said), hash_words(b, 1, wanted, n_wanted)};
    if (words[0] == SIZE_MAX || words[1] == SIZE_MAX)
        return -1;
    for (size_t n = 1; n <= BLEU_ORDERS; n++) {
        const size_t own = find_ngrams(b, 0, words[0], n), others = find_ngrams(b, 1, words[1], n);
        b->all[n - 1] += own;
        b->right[n - 1] += count_common(b->ngram[0], own, b->ngram[1], others);
    }
    b->said += words[0];
    b->wanted += words[1];
    return 0;
}

double bleu_score(const struct bleu *b)
{
    double sum = 0, halves = 1;
    if (!b->right[0]) /* then no longer one is right either */
        return 0;
    for (int n = 0; n < BLEU_ORDERS; n++) {
        if (!b->all[n])
            return 0;
        halves *= b->right[n] ? 1 : 2;
        sum += m_log(b->right[n] ? (double)b->right[n] / (double)b->all[n] : 1 / (halves * (double)b->all[n]));
    }
    const double brevity = b->said < b->wanted ? 1 - (double)b->wanted / (double)b->said : 0;
    return 100 * m_exp(brevity + sum / BLEU_ORDERS);
}

void bleu_release(struct bleu *b)
{
    str_release(&b->text);
    str_release(&b->other);
    for (int i = 0; i < 2; i++) {
        free(b->token[i]);
        free(b->ngram[i]);
    }
    *b = (struct bleu){.said = 0};
}
