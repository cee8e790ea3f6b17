/* text_source.c - the dataset text: windows of a text, of so many tokens each, and the token that comes next at every
 * position. The text is divided in its order: first the part that trains, then the one that validates, and at the end,
 * or in a file of its own, the one that tests. Each part begins with a letter, is cut into tokens by itself, and into
 * windows from its beginning on; what does not fill a window and has no token after it is left out. The tokens are
 * learned from the part that trains. A byte order mark is passed over. */
#include "base/file.h"
#include "base/str.h"
#include "data/locate.h"
#include "data/sources/fingerprint.h"
#include "data/sources/source.h"
#include "data/sources/token_keys.h"
#include "data/text/unicode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct text_args {
    const char *file, *test_file;
    double test_part;
    struct token_args token;
};
_Static_assert(sizeof(struct text_args) <= DATA_ARGS, "DATA_ARGS");

#define TEXT_AT(field) offsetof(struct text_args, field)
// clang-format off
static const struct param text_params[] = {
    { .name = "file", .type = P_TEXT, .at = TEXT_AT(file), .preset = "", .matters = MATTERS_NEVER, /* the fingerprint does */
      .help = "name of the file, plain or gzipped; seen from where sweep is started, or from the places of data.path" },
    { .name = "test_file", .type = P_TEXT, .at = TEXT_AT(test_file), .preset = "", .matters = MATTERS_NEVER,
      .help = "name of a file to test with; default: the end of file" },
    { .name = "test_part", .type = P_FLOAT, .at = TEXT_AT(test_part), .min = 0, .max = 1, .preset = "0.1", .open = 3,
      .help = "how much of the text, at its end, is for tests where there is no test_file" },
    TOKEN_PARAMS(TEXT_AT(token), "char", "64", "tokens of a sample: it is a window of the text", ),
    { 0 }
};
// clang-format on

struct text_work {
    const char *name; /* of the dataset */
    const struct text_args *args;
    char path[DATA_PARTS][DATA_PATH];
    char *bytes[DATA_PARTS];  /* of the files; the second is NULL where there is none */
    struct text_span part[3]; /* of each split */
    const char *from[3];      /* the beginning of its file */
    struct id_list id[3];
    size_t windows[3];
    struct tokenizer tokens;
};

/* ---- the text and its parts -------------------------------------------------------------------------------------- */

static int read_text_file(struct text_work *w, enum data_part part, const char *file, const struct data_spec *s,
                          struct text_span *span, struct err *e)
{
    size_t n = 0;
    if (data_locate_file(w->path[part], w->name, s->path, file, e) ||
        !(w->bytes[part] = file_read(w->path[part], &n, e)))
        return -1;
    const size_t mark = n >= 3 && !memcmp(w->bytes[part], "\xef\xbb\xbf", 3) ? 3 : 0;
    *span = (struct text_span){w->bytes[part] + mark, n - mark};
    return span->n ? 0 : err_set(e, ERR_DATA, "%s: is empty, expected a text", w->path[part]);
}

/* The first `share` of a span, up to the beginning of a letter; the rest of it stays in *span. */
static struct text_span take_share(struct text_span *span, double share)
{
    size_t n = (size_t)floor(share * (double)span->n + 0.5);
    n = n < span->n ? n : span->n;
    for (int back = 0; back < 3 && n && n < span->n && !utf8_begins(span->text[n]); back++)
        n--;
    struct text_span first = {span->text, n};
    span->text += n;
    span->n -= n;
    return first;
}

static int divide_text(struct text_work *w, const struct data_spec *s, struct err *e)
{
    struct text_span all, tests;
    if (!*w->args->file)
        return err_set(e, ERR_USAGE, "data.file: %s wants the name of its file", w->name);
    if (read_text_file(w, PART_TRAIN, w->args->file, s, &all, e) ||
        (*w->args->test_file && read_text_file(w, PART_TEST, w->args->test_file, s, &tests, e)))
        return -1;
    struct text_span known = *w->args->test_file ? all : take_share(&all, 1 - w->args->test_part);
    w->part[DATA_TEST] = *w->args->test_file ? tests : all;
    struct text_span rest = known;
    w->part[DATA_VALIDATION] = known;
    take_share(&w->part[DATA_VALIDATION], 1 - s->validation);
    w->part[DATA_TRAIN] = s->train > 0 ? take_share(&rest, s->train) : known;
    if (w->part[DATA_TRAIN].n > known.n - w->part[DATA_VALIDATION].n) /* what validates does not train */
        w->part[DATA_TRAIN].n = known.n - w->part[DATA_VALIDATION].n;
    w->from[DATA_TRAIN] = w->from[DATA_VALIDATION] = w->bytes[PART_TRAIN];
    w->from[DATA_TEST] = w->bytes[*w->args->test_file ? PART_TEST : PART_TRAIN];
    return 0;
}

static const char *path_of_split(const struct text_work *w, int split)
{
    return w->path[split == DATA_TEST && *w->args->test_file ? PART_TEST : PART_TRAIN];
}

/* Refuses bytes that are no letters, where tokens are made of letters. */
static int check_letters(const struct text_work *w, struct err *e)
{
    for (int split = 0; split < 3; split++) {
        const struct text_span *p = &w->part[split];
        const size_t at = tokenizer_check(w->tokens.kind, p->text, p->n);
        if (at == p->n)
            continue;
        size_t line = 1;
        for (const char *c = w->from[split]; c < p->text + at; c++)
            line += *c == '\n';
        return err_set(e, ERR_USAGE,
                       "%s:%zu: byte %zu of the file, %02x, is not of a letter in UTF-8; convert the file, or write "
                       "tokens = byte or bpe, which take any bytes",
                       path_of_split(w, split), line, (size_t)(p->text + at - w->from[split]) + 1,
                       (unsigned char)p->text[at]);
    }
    return 0;
}

/* ---- tokens and windows ------------------------------------------------------------------------------------------ */

static int cut_windows(struct text_work *w, const struct data_spec *s, struct err *e)
{
    static const char *const whats[] = {"trains", "validates", "tests"}, *const keys[] = {"train", "validation",
                                                                                          "test_part"};
    const size_t length = (size_t)w->args->token.length;
    for (int split = 0; split < 3; split++) {
        tokenizer_encode(&w->tokens, w->part[split].text, w->part[split].n, &w->id[split]);
        if (w->id[split].failed)
            return err_set(e, ERR_NOMEM, "%s: no memory to read it", path_of_split(w, split));
        w->windows[split] = w->id[split].n ? (w->id[split].n - 1) / length : 0;
        if (!w->windows[split] && (split != DATA_VALIDATION || s->validation > 0))
            return err_set(e, ERR_USAGE,
                           "%s: the part that %s has %zu token%s, and a window of length %zu wants one more than that; "
                           "write a smaller length, or change data.%s",
                           path_of_split(w, split), whats[split], w->id[split].n, w->id[split].n == 1 ? "" : "s",
                           length, keys[split]);
    }
    if (w->windows[DATA_TRAIN] + w->windows[DATA_VALIDATION] >= UINT32_MAX || w->windows[DATA_TEST] >= UINT32_MAX)
        return err_set(e, ERR_USAGE, "%s: more windows than there can be; write a larger length", w->path[PART_TRAIN]);
    return 0;
}

/* Ids of the whole windows of a split, and the one after the last. */
static size_t ids_of_windows(const struct text_work *w, int split)
{
    return w->windows[split] ? w->windows[split] * (size_t)w->args->token.length + 1 : 0;
}

static int32_t *put_ids(const struct text_work *w, int split, int32_t *to)
{
    if (w->windows[split])
        memcpy(to, w->id[split].v, ids_of_windows(w, split) * sizeof *to);
    return to + ids_of_windows(w, split);
}

static int put_windows(const struct text_work *w, struct dataset *d, struct err *e)
{
    int32_t *train =
        dataset_alloc(d, (ids_of_windows(w, DATA_TRAIN) + ids_of_windows(w, DATA_VALIDATION)) * sizeof *train, e);
    int32_t *test = train ? dataset_alloc(d, ids_of_windows(w, DATA_TEST) * sizeof *test, e) : NULL;
    if (!test)
        return -1;
    put_ids(w, DATA_VALIDATION, put_ids(w, DATA_TRAIN, train));
    put_ids(w, DATA_TEST, test);
    for (int field = 0; field < 2; field++) {
        d->field[field].values[PART_TRAIN] = train;
        d->field[field].values[PART_TEST] = test;
    }
    return 0;
}

static size_t count_letters(const char *text, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n; i++)
        letters += (size_t)utf8_begins(text[i]);
    return letters;
}

/* The letters that each token stands for: its own; of words, which have blanks between them, as many for each as there
 * are in the text that trains. */
static int count_letters_of_tokens(const struct text_work *w, struct dataset *d, struct err *e)
{
    const struct text_span *train = &w->part[DATA_TRAIN];
    const float mean = (float)((double)count_letters(train->text, train->n) / (double)w->id[DATA_TRAIN].n);
    float *letters = dataset_alloc(d, (size_t)w->tokens.size * sizeof *letters, e);
    for (int32_t id = 0; letters && id < w->tokens.size; id++) {
        size_t n = 0;
        const char *text = tokenizer_token(&w->tokens, id, &n);
        letters[id] = w->tokens.kind == TOKENS_WORD ? mean : text ? (float)count_letters(text, n) : 1;
    }
    d->letters = letters;
    return letters ? 0 : -1;
}

static char *keep_in_dataset(struct dataset *d, const struct str *text, struct err *e)
{
    char *kept = text->failed ? NULL : dataset_alloc(d, text->n + 1, e);
    if (!kept) {
        err_set(e, ERR_NOMEM, "dataset %s: no memory for what was found in it", d->name);
        return NULL;
    }
    return memcpy(kept, text->p, text->n + 1);
}

static int describe_text(struct text_work *w, struct dataset *d, struct err *e)
{
    struct str text = {0};
    dataset_of_texts(d, w->args->token.length, w->tokens.size);
    d->field[0].windows = d->field[1].windows = w->windows[DATA_TRAIN];
    d->n[PART_TRAIN] = w->windows[DATA_TRAIN] + w->windows[DATA_VALIDATION];
    d->n[PART_TEST] = w->windows[DATA_TEST];
    str_addf(&text, "%s: tokens of kind %s, %d of them; %zu to train, %zu to validate, %zu to test, in windows of %d\n",
             w->path[PART_TRAIN], token_kind_name(w->tokens.kind), w->tokens.size, w->id[DATA_TRAIN].n,
             w->id[DATA_VALIDATION].n, w->id[DATA_TEST].n, w->args->token.length);
    d->told = keep_in_dataset(d, &text, e);
    str_clear(&text);
    d->tokens = tokenizer_text(&w->tokens, &text, e) ? NULL : keep_in_dataset(d, &text, e);
    str_release(&text);
    return d->told && d->tokens ? 0 : -1;
}

static int fingerprint_texts(const struct text_work *w, struct dataset *d, const struct data_spec *s, struct err *e)
{
    d->fingerprint = STR_HASH;
    for (int part = 0; part < DATA_PARTS; part++)
        if (*w->path[part] && fingerprint_add(&d->fingerprint, w->path[part], s->verify, e))
            return -1;
    return 0;
}

static int make_windows(struct text_work *w, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    const struct token_choice choice = choice_of_tokens(&w->args->token);
    w->tokens.kind = choice.kind;
    return divide_text(w, s, e) || check_letters(w, e) ||
                   tokenizer_get(&w->tokens, s->tokens, choice, &w->part[DATA_TRAIN], 1, e) || cut_windows(w, s, e) ||
                   describe_text(w, d, e) || count_letters_of_tokens(w, d, e) || (!peek && put_windows(w, d, e)) ||
                   fingerprint_texts(w, d, s, e)
               ? -1
               : 0;
}

static int load_text(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek, struct err *e)
{
    struct text_work *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", k->word.name);
    w->name = k->word.name;
    w->args = (const void *)s->source_args;
    int bad = make_windows(w, d, s, peek, e);
    tokenizer_release(&w->tokens);
    for (int split = 0; split < 3; split++)
        free(w->id[split].v);
    free(w->bytes[PART_TRAIN]);
    free(w->bytes[PART_TEST]);
    free(w);
    return bad;
}

const struct data_source source_text = {
    .word = {"text", "a text in a file, plain or gzipped, window by window, and the token that comes next",
             text_params},
    .credit = "",
    .path = PATH_MAY,
    .input = FIELD_TOKENS,
    .divides = 1,
    .load = load_text,
};
