/* parser.h - what the parts of the parser share: a place in the lines of a text, and what all texts of one parsing have
 * in common. Private to nn/text. tokens.c reads words and marks, call.c the words of one layer or block, parse.c items
 * and sequences, defined.c blocks of the sweep file, each of which is a text with a parser of its own. */
#ifndef NN_TEXT_PARSER_H
#define NN_TEXT_PARSER_H

#include "nn/text/parse.h"

#define WORD_MAX 96 /* bytes of a word that are looked at; no word of the vocabulary is so long */
#define DEPTH_MAX 32

enum token { T_WORD, T_COMMA, T_OPEN, T_CLOSE, T_BAR, T_EOL, T_END };

struct parsing { /* of a text and of all blocks that it uses */
    struct arena *a;
    struct err_list *errs;
    int depth; /* groups and blocks inside each other */
    int nomem;
    int items, full;           /* items so far; full: it was told that there are too many */
    struct known_wrong *wrong; /* blocks whose text has errors, which were told */
};

struct parser {
    struct parsing *all;
    const struct nn_line *lines;
    size_t nlines, line; /* `line`: the one being read */
    const char *p;       /* after the token */
    enum token tok;
    const char *start; /* of the token */
    size_t len;
    const char *last;          /* end of the last word taken */
    struct where *at;          /* [nlines] copies that outlive the text */
    const struct parser *user; /* of the text that uses the block whose text this is; NULL: nobody */
    const struct nn_defined *block;
};

/* tokens.c */
void next_token(struct parser *p);
/* Moves to the first token. */
void first_token(struct parser *p);
/* NULL: there are no lines. */
const struct where *place_of_token(const struct parser *p);
/* The number of the line of `layers`, from 1, also inside the text of a block that is used there. */
int line_of_layers(const struct parser *p);
/* Appends an error with the line of the token; parsing goes on. */
void add_error(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Memory that lives as long as the tree; NULL is told at the end. */
void *parse_alloc(struct parser *p, size_t n);
char *parse_copy(struct parser *p, const char *text, size_t n);
/* The current word, cut to WORD_MAX. Returns buf. */
const char *word_text(const struct parser *p, char buf[WORD_MAX]);
void skip_words(struct parser *p);

/* call.c: a layer or block being read. */
struct call {
    const struct param *params; /* NULL: it takes no words */
    int positional;
    int (*check)(void *args, struct err *e);
    void *args;
    const struct nn_defined *defined; /* whose words these are; NULL: the program's */
    unsigned long long given;         /* bit i: row i of params is set */
    int wrong;
    char name[WORD_MAX]; /* as written */
};
/* Reads the words after the name into c->args. */
void parse_words(struct parser *p, struct call *c);
/* At a name that nobody knows: tells the nearest one. */
void unknown_name(struct parser *p, const char *name);

/* parse.c */
struct item *new_item(struct parser *p, enum item_kind kind, size_t args_size, struct call *c);
/* Reads items up to the end of the text; inside braces, up to what ends a body. */
struct item *parse_sequence(struct parser *p, int inside);
/* Reads over braces, if the token is one, and the repetition after them. */
void skip_braces(struct parser *p);
/* At the '{' of a word that takes none: says so and reads over them. */
void refuse_braces(struct parser *p, const char *name);
/* Begins a group or the text of a block; -1, with an error, where too many are inside each other. */
int go_deeper(struct parser *p);

/* defined.c */
/* The block of that name which the line may use; NULL: there is none. */
const struct nn_defined *find_defined(const struct parser *p, const char *name);
/* At the name of such a block: a group of what its text says; of nothing, where that cannot be, which was told. */
struct item *parse_defined(struct parser *p, const struct nn_defined *block, struct call *c);

#endif
