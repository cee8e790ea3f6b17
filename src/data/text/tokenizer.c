/* tokenizer.c learns the tokens of texts, and makes ids of texts and texts of ids. */
#include "data/text/tokenizer.h"

#include "data/text/unicode.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *help;
} kinds[] = {
    [TOKENS_CHAR] =
        {"char", "a letter each (UTF-8), those of the training text, the most frequent first; any other is unknown"},
    [TOKENS_WORD] = {"word",
                     "a word each: a run of letters and digits, an ideograph, the end of a line, or any other letter "
                     "but blanks; likewise"},
    [TOKENS_BYTE] = {"byte", "a byte each, of any text"},
    [TOKENS_BPE] = {"bpe",
                    "byte-pair encoding: bytes, and the most frequent pairs of tokens, merged again and again; any "
                    "text, without loss (Sennrich et al. 2016, arXiv:1508.07909)"},
};

const char *token_kind_name(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? kinds[i].name : NULL;
}

const char *token_kind_help(size_t i)
{
    return token_kind_name(i) ? kinds[i].help : NULL;
}

void id_list_add(struct id_list *l, int32_t id)
{
    if (l->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 1024;
        int32_t *v = cap > SIZE_MAX / sizeof *v / 2 ? NULL : realloc(l->v, cap * sizeof *v);
        l->failed |= !v;
        l->cap = v ? cap : l->cap;
        l->v = v ? v : l->v;
    }
    if (!l->failed)
        l->v[l->n++] = id;
}

size_t tokenizer_check(enum token_kind kind, const char *text, size_t n)
{
    uint32_t code;
    size_t at = 0;
    if (kind == TOKENS_BYTE || kind == TOKENS_BPE)
        return n;
    for (size_t bytes; at < n; at += bytes)
        if (!text[at] || !(bytes = utf8_letter(text + at, n - at, &code)))
            return at;
    return n;
}

/* The letters of the text in lower case; to->failed: there is no memory. */
static void add_lower(const char *text, size_t n, struct str *to)
{
    char letter[4];
    for (size_t at = 0, bytes; at < n; at += bytes) {
        uint32_t code;
        bytes = utf8_letter(text + at, n - at, &code);
        if (bytes)
            str_addn(to, letter, utf8_put(unicode_lower(code), letter));
        else
            str_addn(to, text + at, bytes = 1);
    }
}

/* Bytes of the next letter or word, at *from; 0: there is none. */
static size_t next_word_or_letter(const struct tokenizer *t, const char *text, size_t n, size_t *from)
{
    uint32_t code;
    if (t->kind == TOKENS_WORD)
        return word_next(text, n, from);
    const size_t bytes = *from < n ? utf8_letter(text + *from, n - *from, &code) : 0;
    return bytes || *from == n ? bytes : 1;
}

/* ---- learning ---------------------------------------------------------------------------------------------------- */

/* Counts the letters or words of a text; new ones are kept in t->mem. */
static int count_words(struct tokenizer *t, struct text_span span, struct token_table *found)
{
    struct str lower = {0};
    int bad = 0;
    if (t->lower) {
        add_lower(span.text, span.n, &lower);
        span = (struct text_span){lower.p ? lower.p : "", lower.n};
        bad = lower.failed;
    }
    for (size_t at = 0, n; !bad && (n = next_word_or_letter(t, span.text, span.n, &at)); at += n) {
        size_t i = token_table_find(found, span.text + at, n);
        if (i == TOKEN_NONE) {
            const char *kept = arena_strn(&t->mem, span.text + at, n);
            i = kept ? token_table_add(found, kept, n) : TOKEN_NONE;
        }
        bad = i == TOKEN_NONE;
        if (!bad)
            found->v[i].count++;
    }
    str_release(&lower);
    return bad;
}

/* The most frequent ones get ids. */
static int number_words(struct tokenizer *t, int most, struct token_table *found)
{
    token_table_sort(found);
    const size_t n = found->n < (size_t)most - 1 ? found->n : (size_t)most - 1;
    for (size_t i = 0; i < n; i++)
        if (token_table_add(&t->words, found->v[i].text, found->v[i].n) == TOKEN_NONE)
            return -1;
    t->size = (int)n + 1;
    return 0;
}

static int learn_words(struct tokenizer *t, int most, const struct text_span *text, size_t n)
{
    struct token_table found = {0};
    int bad = 0;
    for (size_t i = 0; i < n && !bad; i++)
        bad = count_words(t, text[i], &found);
    bad = bad || number_words(t, most, &found);
    token_table_release(&found);
    return bad;
}

static int check_choice_of_tokens(struct token_choice c, struct err *e)
{
    const char *name = kinds[c.kind].name;
    if (c.kind == TOKENS_BYTE && c.vocabulary && c.vocabulary != TOKENS_BYTES)
        return err_set(e, ERR_USAGE, "data.vocabulary: there are 256 bytes, not %d; leave it out", c.vocabulary);
    if (c.kind == TOKENS_BPE && c.vocabulary && c.vocabulary <= TOKENS_BYTES)
        return err_set(e, ERR_USAGE,
                       "data.vocabulary: bpe merges 256 bytes to more tokens, not to %d; write %d or more",
                       c.vocabulary, TOKENS_BYTES + 1);
    if (c.vocabulary == 1)
        return err_set(e, ERR_USAGE,
                       "data.vocabulary: one token is the one that is unknown; write 2 or more, or 0 for every %s",
                       name);
    if (c.lower && (c.kind == TOKENS_BYTE || c.kind == TOKENS_BPE))
        return err_set(e, ERR_USAGE, "data.lower: is of the tokens char and word, not of %s; leave it out", name);
    return 0;
}

int tokenizer_learn(struct tokenizer *t, struct token_choice c, const struct text_span *text, size_t n, struct err *e)
{
    int bad = 0;
    *t = (struct tokenizer){.kind = c.kind, .lower = c.lower, .size = TOKENS_BYTES};
    arena_init(&t->mem);
    if (check_choice_of_tokens(c, e))
        return -1;
    if (c.kind == TOKENS_CHAR || c.kind == TOKENS_WORD)
        bad = learn_words(t, c.vocabulary ? c.vocabulary : TOKENS_MOST, text, n);
    else
        bad = (c.kind == TOKENS_BPE && merges_learn(t, c.vocabulary ? c.vocabulary : TOKENS_MERGED, text, n)) ||
              merges_prepare(t, e);
    return bad && !e->code ? err_set(e, ERR_NOMEM, "no memory for the tokens of a text") : bad ? -1 : 0;
}

void tokenizer_release(struct tokenizer *t)
{
    token_table_release(&t->words);
    token_table_release(&t->seen);
    keymap_release(&t->rank);
    free(t->merge);
    free(t->bytes_at);
    free(t->bytes);
    if (t->seen_ids)
        free(t->seen_ids->v);
    arena_release(&t->mem);
    *t = (struct tokenizer){.size = 0};
}

/* ---- encoding and decoding --------------------------------------------------------------------------------------- */

static void encode_words(const struct tokenizer *t, const char *text, size_t n, struct id_list *to)
{
    for (size_t at = 0, bytes; (bytes = next_word_or_letter(t, text, n, &at)); at += bytes) {
        const size_t i = token_table_find(&t->words, text + at, bytes);
        id_list_add(to, i == TOKEN_NONE ? TOKENS_UNKNOWN : (int32_t)i + 1);
    }
}

void tokenizer_encode(struct tokenizer *t, const char *text, size_t n, struct id_list *to)
{
    struct str lower = {0};
    if (t->kind == TOKENS_BPE) {
        to->failed |= merges_encode(t, text, n, to) != 0;
        return;
    }
    for (size_t i = 0; t->kind == TOKENS_BYTE && i < n; i++)
        id_list_add(to, (unsigned char)text[i]);
    if (t->kind == TOKENS_BYTE)
        return;
    if (t->lower)
        add_lower(text, n, &lower);
    to->failed |= lower.failed;
    encode_words(t, t->lower ? (lower.p ? lower.p : "") : text, t->lower ? lower.n : n, to);
    str_release(&lower);
}

const char *tokenizer_token(const struct tokenizer *t, int32_t id, size_t *n)
{
    if (t->kind == TOKENS_CHAR || t->kind == TOKENS_WORD) {
        if (id <= TOKENS_UNKNOWN || id >= t->size)
            return NULL;
        *n = t->words.v[id - 1].n;
        return t->words.v[id - 1].text;
    }
    if (id < 0 || id >= t->size)
        return NULL;
    *n = t->bytes_at[id + 1] - t->bytes_at[id];
    return t->bytes + t->bytes_at[id];
}

void tokenizer_decode(const struct tokenizer *t, const int32_t *id, size_t n, struct str *to)
{
    int joins = 0; /* a blank is due before the next word */
    for (size_t i = 0; i < n; i++) {
        size_t bytes = 3;
        const char *text = tokenizer_token(t, id[i], &bytes);
        const int line = text && bytes == 1 && *text == '\n';
        if (t->kind == TOKENS_WORD && joins && !line)
            str_add(to, " ");
        str_addn(to, text ? text : "\xef\xbf\xbd", bytes);
        joins = !line;
    }
}

void tokenizer_decode_shown(const struct tokenizer *t, const int32_t *id, size_t n, struct str *to)
{
    struct str all = {0};
    tokenizer_decode(t, id, n, &all);
    for (size_t i = 0; i < all.n; i++)
        str_addn(to, all.p[i] ? all.p + i : "\xef\xbf\xbd", all.p[i] ? 1 : 3);
    to->failed |= all.failed;
    str_release(&all);
}
