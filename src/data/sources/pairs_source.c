/* pairs_source.c - the dataset pairs: texts and what they are to become, one a line of two files that agree line by
 * line, or two columns of a table. The pairs are divided in their order: first those that train, then those that
 * validate, and at the end, or in files of their own, those that test. The tokens of each side, or of both together,
 * are learned from the part that trains, those of its pairs included that are left out. A pair one of whose sides has
 * no token is left out; so is one that trains and has more tokens than data.length on a side. Where it validates or
 * tests it is cut. */
#include "base/str.h"
#include "data/locate.h"
#include "data/sources/fingerprint.h"
#include "data/sources/pair_lines.h"
#include "data/sources/source.h"
#include "data/sources/token_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pairs_args {
    const char *file, *from, *to, *test_file, *test_from, *test_to;
    double test_part;
    int shared;
    struct token_args token;
};
_Static_assert(sizeof(struct pairs_args) <= DATA_ARGS, "DATA_ARGS");

#define PAIRS_AT(field) offsetof(struct pairs_args, field)
// clang-format off
static const struct param pairs_params[] = {
    { .name = "from", .type = P_TEXT, .at = PAIRS_AT(from), .preset = "", .matters = MATTERS_NEVER, /* the fingerprint does */
      .help = "name of the file with the texts, one a line, plain or gzipped; or, with data.file, of the column" },
    { .name = "to", .type = P_TEXT, .at = PAIRS_AT(to), .preset = "", .matters = MATTERS_NEVER,
      .help = "likewise of what they are to become: line i belongs to line i" },
    { .name = "file", .type = P_TEXT, .at = PAIRS_AT(file), .preset = "", .matters = MATTERS_NEVER, /* the fingerprint does */
      .help = "name of a table that has both as columns: CSV, with a name that ends in .tsv or .tsv.gz of cells between tabs, in "
              ".json or .jsonl of objects" },
    { .name = "test_from", .type = P_TEXT, .at = PAIRS_AT(test_from), .preset = "", .matters = MATTERS_NEVER,
      .help = "name of a file of texts to test with; default: the end of the others" },
    { .name = "test_to", .type = P_TEXT, .at = PAIRS_AT(test_to), .preset = "", .matters = MATTERS_NEVER,
      .help = "and of what they are to become" },
    { .name = "test_file", .type = P_TEXT, .at = PAIRS_AT(test_file), .preset = "", .matters = MATTERS_NEVER,
      .help = "name of a table with the same columns to test with" },
    { .name = "test_part", .type = P_FLOAT, .at = PAIRS_AT(test_part), .min = 0, .max = 1, .preset = "0.1", .open = 3,
      .help = "how much of the pairs, at their end, is for tests where there are no files for them" },
    { .name = "shared", .type = P_BOOL, .at = PAIRS_AT(shared), .preset = "no",
      .help = "both sides have the same tokens, learned from both; no: each its own" },
    TOKEN_PARAMS(PAIRS_AT(token), "word", "64", "most tokens of a text; a longer one does not train, and is cut in tests", ),
    { 0 }
};
// clang-format on

enum { FROM, TO, SIDES };

struct pairs_work {
    const char *name; /* of the dataset */
    const struct pairs_args *args;
    char path[DATA_PARTS][SIDES][DATA_PATH]; /* of a table the first of both */
    struct pair_lines lines[DATA_PARTS];     /* those of tests are empty where they have no files of their own */
    /* Which of them a split has: lines first..end of a part. */
    struct {
        enum data_part part;
        size_t first, end;
    } range[3];
    struct tokenizer own[SIDES], *tokens[SIDES]; /* the second may be the first */
    struct id_list ids[SIDES];                   /* of the pair at hand */
    size_t empty, long_trains, cut;
};

/* ---- files and splits -------------------------------------------------------------------------------------------- */

static int wants_file(const struct pairs_work *w, const char *key, const char *what, struct err *e)
{
    return err_set(e, ERR_USAGE, "data.%s: %s wants the name of %s", key, w->name, what);
}

static int check_names(const struct pairs_work *w, struct err *e)
{
    const struct pairs_args *a = w->args;
    const char *const what = *a->file ? "a column of data.file" : "its file";
    if (!*a->from || !*a->to)
        return wants_file(w, *a->from ? "to" : "from", what, e);
    if (*a->file && (*a->test_from || *a->test_to))
        return err_set(e, ERR_USAGE, "data.test_%s: the pairs are columns of a table; write test_file in its place",
                       *a->test_from ? "from" : "to");
    if (!*a->file && *a->test_file)
        return err_set(e, ERR_USAGE,
                       "data.test_file: the pairs are in two files; write test_from and test_to in its place");
    if (!*a->test_from != !*a->test_to)
        return wants_file(w, *a->test_from ? "test_to" : "test_from", "the file that belongs to the other", e);
    return 0;
}

static int read_part(struct pairs_work *w, enum data_part part, const struct data_spec *s, struct err *e)
{
    const struct pairs_args *a = w->args;
    const char *const table = part == PART_TEST ? a->test_file : a->file;
    const char *const file[SIDES] = {part == PART_TEST ? a->test_from : a->from,
                                     part == PART_TEST ? a->test_to : a->to};
    char(*path)[DATA_PATH] = w->path[part];
    if (*a->file)
        return data_locate_file(path[FROM], w->name, s->path, table, e) ||
                       pair_lines_of_table(&w->lines[part], path[FROM], a->from, a->to, e)
                   ? -1
                   : 0;
    return data_locate_file(path[FROM], w->name, s->path, file[FROM], e) ||
                   data_locate_file(path[TO], w->name, s->path, file[TO], e) ||
                   pair_lines_of_files(&w->lines[part], path[FROM], path[TO], e)
               ? -1
               : 0;
}

static size_t share_of_pairs(double share, size_t n)
{
    const double v = floor(share * (double)n + 0.5);
    return v < (double)n ? (size_t)v : n;
}

static int divide_pairs(struct pairs_work *w, const struct data_spec *s, struct err *e)
{
    const int own_tests = *w->args->test_from || *w->args->test_file;
    if (check_names(w, e) || read_part(w, PART_TRAIN, s, e) || (own_tests && read_part(w, PART_TEST, s, e)))
        return -1;
    const size_t all = w->lines[PART_TRAIN].n, known = own_tests ? all : all - share_of_pairs(w->args->test_part, all);
    const size_t validation = share_of_pairs(s->validation, known), rest = known - validation;
    size_t train = s->train > 0 ? share_of_pairs(s->train, known) : rest;
    train = train < rest ? train : rest;
    w->range[DATA_TRAIN].end = train;
    w->range[DATA_VALIDATION].first = rest;
    w->range[DATA_VALIDATION].end = known;
    w->range[DATA_TEST].part = own_tests ? PART_TEST : PART_TRAIN;
    w->range[DATA_TEST].first = own_tests ? 0 : known;
    w->range[DATA_TEST].end = own_tests ? w->lines[PART_TEST].n : all;
    return 0;
}

/* Refuses bytes that are no letters, where tokens are made of letters. */
static int check_pair_letters(const struct pairs_work *w, struct err *e)
{
    for (int part = 0; part < DATA_PARTS; part++)
        for (size_t i = 0; i < w->lines[part].n; i++)
            for (int side = 0; side < SIDES; side++) {
                const struct pair_line *l = &w->lines[part].v[side][i];
                const size_t at = tokenizer_check(w->own[FROM].kind, l->text, l->n);
                if (at < l->n)
                    return err_set(
                        e, ERR_USAGE,
                        "%s:%zu: byte %zu of the text, %02x, is not of a letter in UTF-8; convert the file, or "
                        "write tokens = byte or bpe, which take any bytes",
                        w->path[part][*w->args->file ? FROM : side], l->line, at + 1, (unsigned char)l->text[at]);
            }
    return 0;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

/* Learns the tokens of the texts of one side that train, or of both; or takes those that are given. */
static int learn_side(struct pairs_work *w, int side, const char *given, struct err *e)
{
    const size_t n = w->range[DATA_TRAIN].end, sides = w->args->shared ? SIDES : 1;
    struct text_span *text = malloc((sides * n + 1) * sizeof *text);
    if (!text)
        return err_set(e, ERR_NOMEM, "%s: no memory for its texts", w->name);
    for (size_t k = 0; k < sides; k++)
        for (size_t i = 0; i < n; i++) {
            const struct pair_line *l = &w->lines[PART_TRAIN].v[(size_t)side + k][i];
            text[k * n + i] = (struct text_span){l->text, l->n};
        }
    int bad = tokenizer_get(&w->own[side], given, choice_of_tokens(&w->args->token), text, sides * n, e);
    free(text);
    return bad;
}

static int learn_sides(struct pairs_work *w, const struct data_spec *s, struct err *e)
{
    w->tokens[FROM] = &w->own[FROM];
    w->tokens[TO] = &w->own[w->args->shared ? FROM : TO];
    return learn_side(w, FROM, s->tokens, e) || (!w->args->shared && learn_side(w, TO, s->target_tokens, e)) ? -1 : 0;
}

/* The ids of both sides of a pair. 0, or -1 without memory. */
static int encode_pair(struct pairs_work *w, enum data_part part, size_t line)
{
    for (int side = 0; side < SIDES; side++) {
        const struct pair_line *l = &w->lines[part].v[side][line];
        w->ids[side].n = 0;
        tokenizer_encode(w->tokens[side], l->text, l->n, &w->ids[side]);
    }
    return w->ids[FROM].failed || w->ids[TO].failed ? -1 : 0;
}

/* Whether the pair at hand is a sample, and what is told of it. */
static int is_sample(struct pairs_work *w, int split)
{
    const size_t most = (size_t)w->args->token.length;
    const int too_long = w->ids[FROM].n > most || w->ids[TO].n > most;
    if (!w->ids[FROM].n || !w->ids[TO].n) {
        w->empty++;
        return 0;
    }
    w->long_trains += too_long && split == DATA_TRAIN;
    w->cut += too_long && split != DATA_TRAIN;
    return !(too_long && split == DATA_TRAIN);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/* What the samples of a part become. */
struct pair_rows {
    int32_t *in, *out;
    char **text[SIDES];
    size_t n;
};

static void fill_text_ids(int32_t *to, int most, const int32_t *id, size_t n)
{
    for (int i = 0; i < most; i++)
        to[i] = (size_t)i < n ? id[i] : -1;
}

/* The pair at hand as ids: the source; the token that begins, and the target; the target, and the token that ends. A
 * target that is cut has no end, and so nothing after its last token but one. */
static void put_pair_ids(const struct pairs_work *w, int32_t *in, int32_t *out)
{
    const int most = w->args->token.length;
    const int32_t begin = w->tokens[TO]->size, end = begin + 1;
    const int cut = w->ids[TO].n > (size_t)most;
    const size_t n = cut ? (size_t)most : w->ids[TO].n;
    fill_text_ids(in, most, w->ids[FROM].v, w->ids[FROM].n);
    in[most] = begin;
    fill_text_ids(in + most + 1, most, w->ids[TO].v, n - (size_t)cut);
    fill_text_ids(out, most + 1, w->ids[TO].v, n);
    if (!cut)
        out[n] = end;
}

static int take_pair_rows(struct dataset *d, size_t n, int length, struct pair_rows *r, struct err *e)
{
    r->in = dataset_alloc(d, n * (size_t)(2 * length + 1) * sizeof *r->in, e);
    r->out = r->in ? dataset_alloc(d, n * (size_t)(length + 1) * sizeof *r->out, e) : NULL;
    for (int side = 0; side < SIDES && r->out; side++)
        if (!(r->text[side] = dataset_alloc(d, n * sizeof *r->text[side] + 1, e)))
            return -1;
    return r->out ? 0 : -1;
}

/* A text of the files, with a NUL after it. */
static char *keep_pair_text(struct dataset *d, const struct pair_line *l, struct err *e)
{
    char *kept = dataset_alloc(d, l->n + 1, e);
    if (kept) {
        memcpy(kept, l->text, l->n);
        kept[l->n] = 0;
    }
    return kept;
}

static int add_split(struct pairs_work *w, int split, struct dataset *d, struct pair_rows *r, struct err *e)
{
    const size_t in = 2 * (size_t)w->args->token.length + 1, out = (size_t)w->args->token.length + 1, before = r->n;
    const enum data_part part = w->range[split].part;
    for (size_t i = w->range[split].first; i < w->range[split].end; i++) {
        if (encode_pair(w, part, i))
            return err_set(e, ERR_NOMEM, "%s: no memory for its texts", w->name);
        if (!is_sample(w, split))
            continue;
        put_pair_ids(w, r->in + r->n * in, r->out + r->n * out);
        for (int side = 0; side < SIDES; side++)
            if (!(r->text[side][r->n] = keep_pair_text(d, &w->lines[part].v[side][i], e)))
                return -1;
        r->n++;
    }
    d->pairs = split == DATA_TRAIN ? r->n : d->pairs;
    return r->n > before ? 0 : 1;
}

static int no_pairs(const struct pairs_work *w, int split, struct err *e)
{
    static const char *const whats[] = {"trains", "validates", "tests"}, *const keys[] = {"train", "validation",
                                                                                          "test_part"};
    return err_set(e, ERR_USAGE,
                   "%s: of its %zu pairs none %s that has a token on both sides%s; change data.%s or data.length",
                   w->path[w->range[split].part][FROM], w->range[split].end - w->range[split].first, whats[split],
                   split == DATA_TRAIN ? ", and at most data.length of them" : "", keys[split]);
}

static int make_rows(struct pairs_work *w, struct dataset *d, const struct data_spec *s, struct err *e)
{
    const int length = w->args->token.length;
    struct pair_rows rows[DATA_PARTS] = {{.n = 0}};
    const size_t tests = w->range[DATA_TEST].end - w->range[DATA_TEST].first;
    if (take_pair_rows(d, w->range[DATA_VALIDATION].end, length, &rows[PART_TRAIN], e) ||
        take_pair_rows(d, tests, length, &rows[PART_TEST], e))
        return -1;
    for (int split = 0; split < 3; split++) {
        const int bad = add_split(w, split, d, &rows[split == DATA_TEST ? PART_TEST : PART_TRAIN], e);
        if (bad < 0)
            return -1;
        if (bad && (split != DATA_VALIDATION || s->validation > 0))
            return no_pairs(w, split, e);
    }
    dataset_of_pairs(d, length, w->tokens[FROM]->size, w->tokens[TO]->size + 2);
    for (int part = 0; part < DATA_PARTS; part++) {
        d->n[part] = rows[part].n;
        d->field[0].values[part] = rows[part].in;
        d->field[1].values[part] = rows[part].out;
        d->source_text[part] = rows[part].text[FROM];
        d->target_text[part] = rows[part].text[TO];
    }
    return 0;
}

/* ---- what is known of it ----------------------------------------------------------------------------------------- */

static char *keep_in_pairs(struct dataset *d, const struct str *text, struct err *e)
{
    char *kept = text->failed ? NULL : dataset_alloc(d, text->n + 1, e);
    if (!kept) {
        err_set(e, ERR_NOMEM, "dataset %s: no memory for what was found in it", d->name);
        return NULL;
    }
    return memcpy(kept, text->p, text->n + 1);
}

static const char *keep_tokenizer(struct dataset *d, const struct tokenizer *t, struct err *e)
{
    struct str text = {0};
    const char *kept = tokenizer_text(t, &text, e) ? NULL : keep_in_pairs(d, &text, e);
    str_release(&text);
    return kept;
}

static int describe_pairs(struct pairs_work *w, struct dataset *d, struct err *e)
{
    struct str text = {0};
    const size_t validate = d->n[PART_TRAIN] - d->pairs;
    str_addf(
        &text,
        "%s: pairs of texts, tokens of kind %s, %d and %d of them; %zu pairs to train, %zu to validate, %zu to test\n",
        w->path[PART_TRAIN][FROM], token_kind_name(w->own[FROM].kind), w->tokens[FROM]->size, w->tokens[TO]->size,
        d->pairs, validate, d->n[PART_TEST]);
    str_addf(&text,
             "  %zu pairs have no token on a side and are left out; of more than %d tokens on a side %zu are left out "
             "of training, %zu others are cut\n",
             w->empty, w->args->token.length, w->long_trains, w->cut);
    d->told = keep_in_pairs(d, &text, e);
    str_release(&text);
    d->tokens = d->told ? keep_tokenizer(d, w->tokens[FROM], e) : NULL;
    d->target_tokens = d->tokens ? keep_tokenizer(d, w->tokens[TO], e) : NULL;
    return d->target_tokens ? 0 : -1;
}

static int fingerprint_pairs(const struct pairs_work *w, struct dataset *d, const struct data_spec *s, struct err *e)
{
    d->fingerprint = STR_HASH;
    for (int part = 0; part < DATA_PARTS; part++)
        for (int side = 0; side < SIDES; side++)
            if (*w->path[part][side] && fingerprint_add(&d->fingerprint, w->path[part][side], s->verify, e))
                return -1;
    if (*w->args->file) { /* which of its columns they are */
        d->fingerprint = str_hash(d->fingerprint, w->args->from, strlen(w->args->from) + 1);
        d->fingerprint = str_hash(d->fingerprint, w->args->to, strlen(w->args->to) + 1);
    }
    return 0;
}

static int load_pairs(const struct data_source *k, struct dataset *d, const struct data_spec *s, int peek,
                      struct err *e)
{
    struct pairs_work *w = calloc(1, sizeof *w);
    (void)peek; /* how many samples there are is known when all are read */
    if (!w)
        return err_set(e, ERR_NOMEM, "dataset %s: no memory to read it", k->word.name);
    w->name = k->word.name;
    w->args = (const void *)s->source_args;
    w->own[FROM].kind = (enum token_kind)w->args->token.tokens;
    int bad = divide_pairs(w, s, e) || check_pair_letters(w, e) || learn_sides(w, s, e) || make_rows(w, d, s, e) ||
              describe_pairs(w, d, e) || fingerprint_pairs(w, d, s, e);
    for (int side = 0; side < SIDES; side++) {
        tokenizer_release(&w->own[side]);
        free(w->ids[side].v);
    }
    for (int part = 0; part < DATA_PARTS; part++)
        pair_lines_release(&w->lines[part]);
    free(w);
    return bad ? -1 : 0;
}

const struct data_source source_pairs = {
    .word = {"pairs", "texts and what they are to become, such as translations, line by line or as columns",
             pairs_params},
    .credit = "",
    .path = PATH_MAY,
    .input = FIELD_TOKENS,
    .divides = 1,
    .load = load_pairs,
};
