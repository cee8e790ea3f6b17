/* tokenizer_text.c writes tokenizers as JSON, and reads them. */
#include "data/text/tokenizer.h"
#include "data/text/unicode.h"

#include "base/json_text.h"

#include <stdlib.h>
#include <string.h>

static json_t *words_as_json(const struct tokenizer *t, int *bad)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->words.n; i++)
        *bad |= json_array_append_new(list, json_stringn(t->words.v[i].text, t->words.v[i].n));
    return list;
}

static json_t *merges_as_json(const struct tokenizer *t, int *bad)
{
    json_t *list = json_array();
    for (int i = 0; i < t->size - TOKENS_BYTES; i++) {
        json_t *pair = json_array();
        *bad |= json_array_append_new(pair, json_integer(t->merge[i].left)) |
                json_array_append_new(pair, json_integer(t->merge[i].right));
        *bad |= json_array_append_new(list, pair);
    }
    return list;
}

int tokenizer_text(const struct tokenizer *t, struct str *to, struct err *e)
{
    json_t *root = json_object();
    int bad = json_object_set_new(root, "tokens", json_string(token_kind_name(t->kind)));
    if (t->kind == TOKENS_CHAR || t->kind == TOKENS_WORD) {
        bad |= json_object_set_new(root, "lower", json_boolean(t->lower));
        json_t *words = words_as_json(t, &bad);
        bad |= json_object_set_new(root, "words", words);
    }
    if (t->kind == TOKENS_BPE) {
        json_t *merges = merges_as_json(t, &bad);
        bad |= json_object_set_new(root, "merges", merges);
    }
    char *text = root && !bad ? json_text_write(root, JSON_COMPACT) : NULL;
    str_add(to, text ? text : "");
    to->failed |= !text;
    free(text);
    json_decref(root);
    return to->failed ? err_set(e, ERR_NOMEM, "no memory for the tokens of a text") : 0;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int wrong_tokens(struct err *e, const char *what)
{
    return err_set(e, ERR_DATA, "the model's tokens are not described as they should be: %s", what);
}

static int read_words(struct tokenizer *t, const json_t *list, struct err *e)
{
    const size_t n = json_array_size(list);
    if (!json_is_array(list) || n >= TOKENS_MOST)
        return wrong_tokens(e, "'words' is not a list, or too long");
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (!word || !*word)
            return wrong_tokens(e, "a word is empty, or not a text");
        const char *kept = arena_str(&t->mem, word);
        const size_t at = kept ? token_table_add(&t->words, kept, strlen(kept)) : TOKEN_NONE;
        if (at == TOKEN_NONE)
            return err_set(e, ERR_NOMEM, "no memory for the tokens of a text");
        if (at != i)
            return wrong_tokens(e, "a word is there twice");
    }
    t->size = (int)n + 1;
    return 0;
}

static int read_merges(struct tokenizer *t, const json_t *list, struct err *e)
{
    const size_t n = json_array_size(list);
    if (!json_is_array(list) || n > TOKENS_MOST - TOKENS_BYTES)
        return wrong_tokens(e, "'merges' is not a list, or too long");
    t->merge = malloc((n + 1) * sizeof *t->merge);
    if (!t->merge)
        return err_set(e, ERR_NOMEM, "no memory for the tokens of a text");
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(list, i), *left = json_array_get(pair, 0), *right = json_array_get(pair, 1);
        const json_int_t most = (json_int_t)i + TOKENS_BYTES;
        if (json_array_size(pair) != 2 || !json_is_integer(left) || !json_is_integer(right) ||
            json_integer_value(left) < 0 || json_integer_value(left) >= most || json_integer_value(right) < 0 ||
            json_integer_value(right) >= most)
            return wrong_tokens(e, "a merge is not one of two tokens before it");
        t->merge[i] = (struct token_merge){(int32_t)json_integer_value(left), (int32_t)json_integer_value(right)};
    }
    t->size = (int)n + TOKENS_BYTES;
    return 0;
}

static int read_tokens(struct tokenizer *t, const json_t *root, struct err *e)
{
    const char *kind = json_string_value(json_object_get(root, "tokens"));
    size_t k = 0;
    while (kind && token_kind_name(k) && strcmp(token_kind_name(k), kind) != 0)
        k++;
    if (!kind || !token_kind_name(k))
        return wrong_tokens(e, "'tokens' is none of byte, char, word, bpe");
    t->kind = (enum token_kind)k;
    t->size = TOKENS_BYTES;
    t->lower = json_is_true(json_object_get(root, "lower"));
    if (t->kind == TOKENS_CHAR || t->kind == TOKENS_WORD)
        return read_words(t, json_object_get(root, "words"), e);
    if (t->kind == TOKENS_BPE && read_merges(t, json_object_get(root, "merges"), e))
        return -1;
    return merges_prepare(t, e);
}

int tokenizer_read(struct tokenizer *t, const char *text, struct err *e)
{
    json_error_t why;
    int nomem;
    json_t *root = json_text_read(text, strlen(text), 0, &why, &nomem);
    *t = (struct tokenizer){.size = 0};
    arena_init(&t->mem);
    int bad;
    if (nomem)
        bad = err_set(e, ERR_NOMEM, "no memory for the tokens of a text");
    else
        bad = read_tokens(t, root, e);
    json_decref(root);
    return bad ? -1 : 0;
}

int tokenizer_get(struct tokenizer *t, const char *given, struct token_choice choice, const struct text_span *text,
                  size_t n, struct err *e)
{
    if (!given)
        return tokenizer_learn(t, choice, text, n, e);
    if (tokenizer_read(t, given, e))
        return -1;
    if (t->kind == choice.kind)
        return 0;
    return err_set(e, ERR_USAGE, "data.tokens: the model's are of kind %s; leave it out", token_kind_name(t->kind));
}
