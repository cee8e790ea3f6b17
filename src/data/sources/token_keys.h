/* token_keys.h - the keys of datasets whose samples are texts: what the tokens are, and how many of them. */
#ifndef DATA_SOURCES_TOKEN_KEYS_H
#define DATA_SOURCES_TOKEN_KEYS_H

#include "data/text/tokenizer.h"

struct token_args {
    int tokens; /* enum token_kind */
    int vocabulary, length, lower;
};

/* Rows of the keys, of a struct that has a token_args at `place`; then what further fields they have, each followed by
 * a comma. */
// clang-format off
#define TOKEN_PARAMS(place, usual, usual_length, length_help, ...)                                                        \
    { .name = "tokens", .type = P_CHOICE, .at = (place) + offsetof(struct token_args, tokens), .preset = usual, __VA_ARGS__ \
      .word = token_kind_name,                                                                                         \
      .help = "what a text is cut into: byte, char (letters), word, or bpe (pairs that are merged): see "               \
              "`sweep list tokens`" },                                                                                 \
    { .name = "vocabulary", .type = P_INT, .at = (place) + offsetof(struct token_args, vocabulary), .min = 0,           \
      .max = TOKENS_MOST, .preset = "0", __VA_ARGS__                                                                              \
      .help = "most tokens there are; the rarest letters and words become the one that is unknown; 0: all that the "    \
              "training text has, of bpe 1000" },                                                                      \
    { .name = "length", .type = P_INT, .at = (place) + offsetof(struct token_args, length), .min = 1, .max = 65536,     \
      .preset = usual_length, __VA_ARGS__ .help = length_help },                                                                   \
    { .name = "lower", .type = P_BOOL, .at = (place) + offsetof(struct token_args, lower), .preset = "no", __VA_ARGS__ \
      .help = "letters become lower-case first; of char and word" }
// clang-format on

static inline struct token_choice choice_of_tokens(const struct token_args *a)
{
    return (struct token_choice){(enum token_kind)a->tokens, a->vocabulary, a->lower};
}

#endif
