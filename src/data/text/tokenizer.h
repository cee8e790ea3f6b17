/* tokenizer.h - texts become ids of tokens, and ids texts. What the tokens are is learned from the texts that train.
 *
 *   byte   256 tokens, a byte each; every text
 *   char   a letter each (UTF-8); the letters that the training texts have, the most frequent first, of equal counts
 *          those of smaller bytes; id 0 is any other letter
 *   word   likewise a word each. A word is the longest run of letters, marks that belong to them and digits (general
 *          categories L, M and N of Unicode; unicode.h), with an apostrophe (' or U+2019) between two of them; an
 *          ideograph or a letter of Hiragana or Katakana is a word by itself, and so is the end of a line (LF) and
 *          every letter that is none of these, such as a comma; blanks divide words and are no tokens
 *   bpe    pairs of tokens that are merged (Gage 1994; Sennrich et al. 2016, arXiv:1508.07909), beginning with the 256
 *          bytes: again and again the most frequent pair of neighbours, of equal counts the one with the smaller ids,
 *          becomes a token, until there are enough, or no pair comes twice. Merges stay inside pieces: a run of letters
 *          (every byte above 127 is one), of digits or of other bytes, with one blank before it, or a run of blanks;
 *          of at most 64 bytes. Every text, whatever its bytes, is encoded, and decoding gives the same bytes
 *
 * char and word want UTF-8 without bytes of value 0 (tokenizer_check). With `lower`, letters become lower-case first
 * (simple case mapping), of char and word. The same texts give the same tokens everywhere. */
#ifndef DATA_TEXT_TOKENIZER_H
#define DATA_TEXT_TOKENIZER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/keymap.h"
#include "base/str.h"
#include "data/text/token_table.h"

enum token_kind { TOKENS_CHAR, TOKENS_WORD, TOKENS_BYTE, TOKENS_BPE };
const char *token_kind_name(size_t i); /* NULL after the last */
const char *token_kind_help(size_t i);

#define TOKENS_MOST (1 << 20) /* largest vocabulary */
#define TOKENS_MERGED 1000    /* of bpe, where none is given */
#define TOKENS_BYTES 256
#define TOKENS_UNKNOWN 0 /* of char and word */

struct token_choice {
    enum token_kind kind;
    int vocabulary; /* most tokens; 0: as many as there are, of bpe TOKENS_MERGED */
    int lower;
};
struct text_span {
    const char *text;
    size_t n;
};

struct token_merge {
    int32_t left, right;
};
struct tokenizer {
    enum token_kind kind;
    int lower;
    int size;                  /* ids are below it */
    struct token_table words;  /* of char and word: id is 1 + the number */
    struct token_merge *merge; /* of bpe: [size - 256]; id is 256 + the number */
    struct keymap rank;        /* of a pair: the number of its merge */
    size_t *bytes_at;          /* of bpe: [size + 1] where the bytes of a token begin in `bytes` */
    char *bytes;
    struct token_table seen; /* pieces that were encoded, and where their ids are */
    struct id_list *seen_ids;
    struct arena mem;
};

struct id_list { /* zero-initialise; free(v) */
    int32_t *v;
    size_t n, cap;
    int failed; /* no memory */
};

/* Learns the tokens of these texts, which have passed tokenizer_check. 0, or -1 with *e: ERR_NOMEM, or ERR_USAGE: the
 * vocabulary is too small or too large for the kind. tokenizer_release it either way. */
int tokenizer_learn(struct tokenizer *t, struct token_choice choice, const struct text_span *text, size_t n,
                    struct err *e);
void tokenizer_release(struct tokenizer *t);
/* Whether such a tokenizer takes the text: n, or the first byte that is not of a letter. */
size_t tokenizer_check(enum token_kind kind, const char *text, size_t n);
/* Adds the ids of a text. */
void tokenizer_encode(struct tokenizer *t, const char *text, size_t n, struct id_list *to);
/* Adds the text of ids that follow each other: of words with a blank between two that are not at the end of a line;
 * U+FFFD where a letter or word is unknown. */
void tokenizer_decode(const struct tokenizer *t, const int32_t *id, size_t n, struct str *to);
/* The same as a C string: U+FFFD is also in the place of a byte of value 0. */
void tokenizer_decode_shown(const struct tokenizer *t, const int32_t *id, size_t n, struct str *to);
/* The bytes of one token; NULL: it is the unknown one. */
const char *tokenizer_token(const struct tokenizer *t, int32_t id, size_t *n);

/* tokenizer_text.c: the tokenizer as a text that goes with a network, a JSON object
 *
 *   {"tokens": "char", "lower": false, "words": ["\n", " ", "a"]}, the words of ids 1, 2, ...
 *   {"tokens": "bpe", "merges": [[101, 32], [116, 104]]}, those of ids 256, 257, ...
 *
 * and back. 0, or -1 with *e. */
int tokenizer_text(const struct tokenizer *t, struct str *to, struct err *e);
int tokenizer_read(struct tokenizer *t, const char *text, struct err *e);

/* Reads `given`, or, where it is NULL, learns. -1 with *e also where the tokens that are given are of another kind. */
int tokenizer_get(struct tokenizer *t, const char *given, struct token_choice choice, const struct text_span *text,
                  size_t n, struct err *e);

/* Inside: */
/* word_split.c: the next word of text[n], whose letters are whole: its bytes, at *from; 0: there is none. */
size_t word_next(const char *text, size_t n, size_t *from);
/* The bytes of the piece that text[n], n > 0, begins with, in which bpe merges. */
size_t piece_next(const char *text, size_t n);
/* merges.c: learning, encoding and reading of pairs. 0, or -1 without memory. */
int merges_learn(struct tokenizer *t, int size, const struct text_span *text, size_t n);
int merges_encode(struct tokenizer *t, const char *text, size_t n, struct id_list *to);
/* With t->merge and t->size set: t->rank and the bytes of every token. -1 with *e as well: a merge is of tokens after
 * it, or of more bytes than a piece has. */
int merges_prepare(struct tokenizer *t, struct err *e);
void id_list_add(struct id_list *l, int32_t id);

#endif
