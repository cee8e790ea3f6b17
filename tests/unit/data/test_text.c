/* Texts: letters, words and merged bytes become ids and texts again; a text is divided in its order, cut into windows,
 * and nothing of it is read that is of another part; what is hostile is right, or refused with the place. */
#include "base/rng.h"
#include "data/inspect.h"
#include "data/samples.h"
#include "data/text/tokenizer.h"
#include "data/text/unicode.h"
#include "data_test.h"
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- letters ----------------------------------------------------------------------------------------------------- */

static void letters_are_those_of_unicode(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
        uint32_t code;
    } row[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0},
        {"\xc0\xaf", 0, 0},         /* longer than need be */
        {"\xe0\x80\xaf", 0, 0},     /* so */
        {"\xf0\x80\x80\xaf", 0, 0}, /* so */
        {"\xed\xa0\x80", 0, 0},     /* half of a pair */
        {"\xf4\x90\x80\x80", 0, 0}, /* above all letters */
        {"\xff", 0, 0},
        {"\xc3", 0, 0}, /* cut off */
        {"\xe2\x82", 0, 0},
        {"\xc3g", 0, 0},
    };
    static const struct {
        uint32_t code;
        enum letter_kind kind;
        uint32_t lower;
    } letter[] = {
        {'A', LETTER_WORD, 'a'},        {'z', LETTER_WORD, 'z'},         {'0', LETTER_WORD, '0'},
        {'_', LETTER_MARK, '_'},        {'\n', LETTER_LINE, '\n'},       {0xa0, LETTER_BLANK, 0xa0},
        {0x3000, LETTER_BLANK, 0x3000}, {0xc4, LETTER_WORD, 0xe4},       {0xd7, LETTER_MARK, 0xd7},
        {0x416, LETTER_WORD, 0x436},    {0x391, LETTER_WORD, 0x3b1},     {0x301, LETTER_WORD, 0x301},
        {0x627, LETTER_WORD, 0x627},    {0x4e2d, LETTER_ALONE, 0x4e2d},  {0x3042, LETTER_ALONE, 0x3042},
        {0xac00, LETTER_WORD, 0xac00},  {0x1f600, LETTER_MARK, 0x1f600}, {0x2019, LETTER_MARK, 0x2019},
        {0x100, LETTER_WORD, 0x101},    {0x101, LETTER_WORD, 0x101},     {0x10400, LETTER_WORD, 0x10428},
        {0x2160, LETTER_WORD, 0x2170},  {0x1e9e, LETTER_WORD, 0xdf},     {0x660, LETTER_WORD, 0x660},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint32_t code = 0;
        char back[4];
        const size_t bytes = utf8_letter(row[i].text, strlen(row[i].text), &code);
        if (bytes != row[i].bytes || (bytes && code != row[i].code))
            fail_msg("letter %zu: %zu bytes, U+%04X", i, bytes, code);
        if (bytes)
            assert_true(utf8_put(code, back) == bytes && !memcmp(back, row[i].text, bytes));
    }
    for (size_t i = 0; i < sizeof letter / sizeof *letter; i++)
        if (unicode_kind(letter[i].code) != letter[i].kind || unicode_lower(letter[i].code) != letter[i].lower)
            fail_msg("U+%04X: kind %d, lower case U+%04X", letter[i].code, unicode_kind(letter[i].code),
                     unicode_lower(letter[i].code));
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static void learn(struct tokenizer *t, enum token_kind kind, int vocabulary, int lower, const char *text, size_t n)
{
    struct err e = {0};
    if (tokenizer_learn(t, (struct token_choice){kind, vocabulary, lower}, &(struct text_span){text, n}, 1, &e))
        fail_msg("%s", e.text);
}

/* The tokens of a text by their bytes, with a bar after each; "?" for an unknown one. */
static void tokens_are(struct tokenizer *t, const char *text, const char *want)
{
    struct id_list id = {0};
    struct str got = {0};
    tokenizer_encode(t, text, strlen(text), &id);
    for (size_t i = 0; i < id.n; i++) {
        size_t n = 1;
        const char *token = tokenizer_token(t, id.v[i], &n);
        str_addn(&got, token ? token : "?", n);
        str_add(&got, "|");
    }
    assert_string_equal(got.p ? got.p : "", want);
    str_release(&got);
    free(id.v);
}

static void words_are_cut_as_the_header_says(void **state)
{
    static const char *const row[][2] = {
        {"Don't stop, now: 3.5 mp3s!", "Don't|stop|,|now|:|3|.|5|mp3s|!|"},
        {"the dogs' \xe2\x80\x98life\xe2\x80\x99", "the|dogs|'|\xe2\x80\x98|life|\xe2\x80\x99|"},
        {"l\xe2\x80\x99"
         "eau",
         "l\xe2\x80\x99"
         "eau|"},
        {"na\xc3\xafve e\xcc\x81t\xc3\xa9", "na\xc3\xafve|e\xcc\x81t\xc3\xa9|"},
        {"\xe6\x97\xa5\xe6\x9c\xac go", "\xe6\x97\xa5|\xe6\x9c\xac|go|"},
        {" a \n\tb\xc2\xa0"
         "c\r\n",
         "a|\n|b|c|\n|"},
        {"<br />", "<|br|/|>|"},
        {"''a''", "'|'|a|'|'|"},
        {"", ""},
        {" ", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tokenizer t;
        learn(&t, TOKENS_WORD, 0, 0, row[i][0], strlen(row[i][0]));
        tokens_are(&t, row[i][0], row[i][1]);
        tokenizer_release(&t);
    }
}

static void the_rarest_become_unknown(void **state)
{
    struct tokenizer t;
    struct id_list id = {0};
    struct str back = {0};
    (void)state;
    learn(&t, TOKENS_CHAR, 0, 0, "abcbcc", 6);
    assert_int_equal(t.size, 4);
    tokens_are(&t, "cabx\xc3\xa9", "c|a|b|?|?|");
    tokenizer_encode(&t, "cba", 3, &id);
    assert_true(id.v[0] == 1 && id.v[1] == 2 && id.v[2] == 3); /* the most frequent first */
    id.n = 0;
    tokenizer_encode(&t, "bx", 2, &id);
    tokenizer_decode(&t, id.v, id.n, &back);
    assert_string_equal(back.p, "b\xef\xbf\xbd");
    tokenizer_release(&t);
    learn(&t, TOKENS_CHAR, 3, 0, "abcbcc", 6);
    tokens_are(&t, "abc", "?|b|c|");
    tokenizer_release(&t);
    learn(&t, TOKENS_WORD, 0, 1, "The \xc3\x89t\xc3\xa9 the end\nTHE", 21);
    tokens_are(&t, "tHE \xc3\xa9T\xc3\x89 End", "the|\xc3\xa9t\xc3\xa9|end|");
    id.n = 0;
    str_clear(&back);
    tokenizer_encode(&t, "the end\nthe x", 13, &id);
    tokenizer_decode(&t, id.v, id.n, &back);
    assert_string_equal(back.p, "the end\nthe \xef\xbf\xbd");
    tokenizer_release(&t);
    free(id.v);
    str_clear(&back);
    learn(&t, TOKENS_BYTE, 0, 0, "a", 1);
    tokenizer_decode_shown(&t, (const int32_t[]){'a', 0, 'b'}, 3, &back);
    assert_string_equal(back.p, "a\xef\xbf\xbd"
                                "b");
    tokenizer_release(&t);
    str_release(&back);
}

static void a_vocabulary_that_cannot_be_is_refused(void **state)
{
    static const struct {
        struct token_choice choice;
        const char *says;
    } row[] = {{{TOKENS_CHAR, 1, 0}, "one token is the one that is unknown"},
               {{TOKENS_WORD, 1, 0}, "write 2 or more"},
               {{TOKENS_BYTE, 255, 0}, "there are 256 bytes"},
               {{TOKENS_BPE, 256, 0}, "write 257 or more"},
               {{TOKENS_BPE, 0, 1}, "data.lower: is of the tokens char and word"}};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tokenizer t;
        struct err e = {0};
        assert_int_equal(tokenizer_learn(&t, row[i].choice, &(struct text_span){"ab", 2}, 1, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        has_text(e.text, row[i].says);
        tokenizer_release(&t);
    }
}

/* Bytes with some order in them: letters, blanks, digits and now and then any byte. */
static void mixed_bytes(char *to, size_t n, uint32_t stream)
{
    static const char usual[] = "eeeaaattt  oinsh\n12, ";
    struct rng r;
    rng_init(&r, 7, RNG_TEST, stream, 0);
    for (size_t i = 0; i < n; i++)
        to[i] = rng_below(&r, 20) ? usual[rng_below(&r, sizeof usual - 1)] : (char)(unsigned char)rng_below(&r, 256);
}

static void every_bytes_come_back(void **state)
{
    enum { N = 20000 };
    char *text = malloc(N), all[256];
    struct id_list id = {0}, again = {0};
    struct str back = {0}, json = {0};
    (void)state;
    mixed_bytes(text, N, 1);
    for (int i = 0; i < 256; i++)
        all[i] = (char)(unsigned char)i;
    for (int kind = TOKENS_BYTE; kind <= TOKENS_BPE; kind++) {
        struct tokenizer t, read;
        struct err e = {0};
        learn(&t, (enum token_kind)kind, kind == TOKENS_BPE ? 600 : 0, 0, text, N / 2);
        assert_true(kind == TOKENS_BYTE ? t.size == 256 : t.size == 600);
        str_clear(&json);
        assert_int_equal(tokenizer_text(&t, &json, &e), 0);
        if (tokenizer_read(&read, json.p, &e))
            fail_msg("%s", e.text);
        assert_int_equal(read.size, t.size);
        const struct text_span part[] = {{text, N}, {all, 256}, {text, 0}, {text + 5, 1}};
        for (size_t i = 0; i < 4; i++) {
            id.n = again.n = 0;
            str_clear(&back);
            tokenizer_encode(&t, part[i].text, part[i].n, &id);
            tokenizer_encode(&read, part[i].text, part[i].n, &again);
            assert_true(id.n == again.n && (!id.n || !memcmp(id.v, again.v, id.n * sizeof *id.v)));
            tokenizer_decode(&t, id.v, id.n, &back);
            assert_int_equal(back.n, part[i].n);
            assert_true(!part[i].n || !memcmp(back.p, part[i].text, part[i].n));
        }
        assert_true(kind == TOKENS_BYTE || id.n < N);
        tokenizer_release(&t);
        tokenizer_release(&read);
    }
    free(text);
    free(id.v);
    free(again.v);
    str_release(&back);
    str_release(&json);
}

/* The merges of a text found the slow way: all pairs are counted again for each. Pieces are ids with -1 between. */
static size_t merge_slowly(int32_t *s, size_t n, int32_t made, struct token_merge *best)
{
    int most = 1;
    size_t to = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        int count = 0;
        if (s[i] < 0 || s[i + 1] < 0)
            continue;
        for (size_t k = 0; k + 1 < n; k++)
            count += s[k] == s[i] && s[k + 1] == s[i + 1];
        if (count > most ||
            (count == most && most > 1 && (s[i] < best->left || (s[i] == best->left && s[i + 1] < best->right)))) {
            most = count;
            *best = (struct token_merge){s[i], s[i + 1]};
        }
    }
    for (size_t i = 0; most > 1 && i < n; i++)
        if (i + 1 < n && s[i] == best->left && s[i + 1] == best->right) {
            s[to++] = made;
            i++;
        } else
            s[to++] = s[i];
    return most > 1 ? to : 0;
}

static void the_most_frequent_pairs_are_merged(void **state)
{
    enum { N = 350 };
    char text[N];
    int32_t s[2 * N];
    struct tokenizer t;
    size_t n = 0;
    (void)state;
    mixed_bytes(text, N, 2);
    for (size_t at = 0, bytes; at < N; at += bytes) {
        bytes = piece_next(text + at, N - at);
        for (size_t i = 0; i < bytes; i++)
            s[n++] = (unsigned char)text[at + i];
        s[n++] = -1;
    }
    learn(&t, TOKENS_BPE, 1000, 0, text, N);
    assert_true(t.size > 270 && t.size < 1000); /* no further pair comes twice */
    for (int32_t made = 256; made < t.size; made++) {
        struct token_merge best = {0, 0};
        n = merge_slowly(s, n, made, &best);
        if (!n || best.left != t.merge[made - 256].left || best.right != t.merge[made - 256].right)
            fail_msg("merge %d is %d %d, expected %d %d", made, t.merge[made - 256].left, t.merge[made - 256].right,
                     best.left, best.right);
    }
    struct token_merge none = {0, 0};
    assert_int_equal(merge_slowly(s, n, t.size, &none), 0);
    tokenizer_release(&t);
}

static void pieces_of_bytes_are_short(void **state)
{
    char text[200];
    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(piece_next(text, sizeof text), 64);
    assert_int_equal(piece_next(" ab c", 5), 3);
    assert_int_equal(piece_next("  ab", 4), 1);
    assert_int_equal(piece_next(" \n ab", 5), 2);
    assert_int_equal(piece_next("12ab", 4), 2);
    assert_int_equal(piece_next("?!a", 3), 2);
    assert_int_equal(piece_next(" ", 1), 1);
    assert_int_equal(piece_next("\xc3\xa9t\xff", 4), 4);
}

static void damaged_tokenizers_are_refused(void **state)
{
    static const char *const row[][2] = {
        {"", "'tokens' is none of"},
        {"{\"tokens\": \"letters\"}", "'tokens' is none of"},
        {"{\"tokens\": \"char\"}", "'words' is not a list"},
        {"{\"tokens\": \"char\", \"words\": [\"a\", 3]}", "a word is empty, or not a text"},
        {"{\"tokens\": \"word\", \"words\": [\"a\", \"a\"]}", "a word is there twice"},
        {"{\"tokens\": \"bpe\", \"merges\": [[97, 256]]}", "a merge is not one of two tokens before it"},
        {"{\"tokens\": \"bpe\", \"merges\": [[-1, 98]]}", "a merge is not one"},
        {"{\"tokens\": \"bpe\", \"merges\": [[97]]}", "a merge is not one"},
        {"{\"tokens\": \"bpe\", \"merges\": [[97,97],[256,256],[257,257],[258,258],[259,259],[260,260],[261,261]]}",
         "token 262 is of more than 64 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tokenizer t;
        struct err e = {0};
        assert_int_equal(tokenizer_read(&t, row[i][0], &e), -1);
        assert_int_equal(e.code, ERR_DATA);
        has_text(e.text, row[i][1]);
        tokenizer_release(&t);
    }
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

struct text_place {
    struct data_place at;
    struct dataset set;
    struct data_view view;
    struct arena mem;
};

static int text_setup(void **state)
{
    struct text_place *p = calloc(1, sizeof *p);
    data_place_make(&p->at, "text");
    set_key(&p->at.s, "file", "t.txt");
    *state = p;
    return 0;
}

static void put_text(struct text_place *p, const char *text, size_t n)
{
    file_put(p->at.folder, "t.txt", text, n);
}

/* 1000 bytes whose value tells their place: byte i is i mod 127. */
static void put_places(struct text_place *p)
{
    char text[1000];
    for (int i = 0; i < 1000; i++)
        text[i] = (char)(unsigned char)(i % 127);
    put_text(p, text, sizeof text);
    set_key(&p->at.s, "tokens", "byte");
    set_key(&p->at.s, "length", "8");
}

static void load_view(struct text_place *p)
{
    loads(&p->at.s, &p->set);
    arena_init(&p->mem);
    view_of(&p->view, &p->set, &p->at.s, &p->mem);
}

static void drop_view(struct text_place *p)
{
    arena_release(&p->mem);
    dataset_release(&p->set);
}

enum { WINDOW = 8, AT_ONCE = 20, BATCH_FLOATS = 2 * LANES * WINDOW };

/* The input and the labels of samples at[n]. */
static void windows_of(const struct text_place *p, enum data_split split, const uint32_t *at, int n,
                       const struct data_draw *draw, float *x, int32_t *label)
{
    uint32_t key[AT_ONCE];
    batch_of(NULL, &p->view, split, at, n, draw, x, label, key);
}

static void a_text_is_divided_in_its_order(void **state)
{
    struct text_place *p = *state;
    uint32_t at[AT_ONCE];
    float x[BATCH_FLOATS];
    int32_t label[BATCH_FLOATS];
    static const size_t begin[3] = {0, 810, 900}; /* 900 bytes train and validate, of them 90 validate */
    put_places(p);
    load_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 101 && p->view.n[DATA_VALIDATION] == 11 && p->view.n[DATA_TEST] == 12);
    assert_true(data_vocabulary(&p->set) == 256 && data_next(&p->set) && !data_classes(&p->set) &&
                !data_numbers(&p->set));
    assert_true(shape_equal(data_input(&p->set)->shape, (struct shape){SEQUENCE, 1, WINDOW, 1, 1}));
    for (int split = 0; split < 3; split++) {
        const size_t n = p->view.n[split];
        for (uint32_t i = 0; i < AT_ONCE; i++)
            at[i] = (uint32_t)(n - 1 - i % n);
        windows_of(p, (enum data_split)split, at, AT_ONCE, NULL, x, label);
        for (int i = 0; i < 2 * LANES; i++)
            for (int t = 0; t < WINDOW; t++) {
                const size_t k = lane_at(data_input(&p->set)->shape, i, 0, t, 0);
                const size_t byte = i < AT_ONCE ? begin[split] + at[i] * WINDOW + (size_t)t : 0;
                if (x[k] != (float)(i < AT_ONCE ? byte % 127 : 0) ||
                    label[k] != (int32_t)(i < AT_ONCE ? (byte + 1) % 127 : 0))
                    fail_msg("split %d, sample %d, position %d: %g, then %d", split, i, t, (double)x[k], label[k]);
            }
    }
    drop_view(p);
}

/* All windows of a round begin equally late, in another round differently; no token of the part that validates is put
 * in. */
static void windows_move_from_round_to_round(void **state)
{
    struct text_place *p = *state;
    unsigned seen = 0;
    put_places(p);
    load_view(p);
    for (uint32_t epoch = 1; epoch <= 40; epoch++) {
        const uint32_t at[3] = {0, 57, 100}; /* the last one stays where it is */
        float x[BATCH_FLOATS];
        int32_t label[BATCH_FLOATS];
        windows_of(p, DATA_TRAIN, at, 3, DRAW(3, epoch), x, label);
        const int shift = (int)x[0];
        assert_in_range(shift, 0, WINDOW - 1);
        seen |= 1u << shift;
        for (int t = 0; t < WINDOW; t++) {
            const int place[3] = {shift + t, 57 * WINDOW + shift + t, 100 * WINDOW + t};
            for (int i = 0; i < 3; i++)
                assert_true(x[t * LANES + i] == (float)(place[i] % 127) &&
                            label[t * LANES + i] == (place[i] + 1) % 127);
        }
        windows_of(p, DATA_VALIDATION, at, 1, DRAW(3, epoch), x, label);
        assert_true(x[0] == 810 % 127);
    }
    assert_int_equal(seen, 255);
    drop_view(p);
}

static void tokens_are_learned_from_the_text_that_trains(void **state)
{
    struct text_place *p = *state;
    char text[1001];
    struct inspection of;
    struct err e = {0};
    memset(text, 'a', 1000);
    text[5] = 'b';
    for (int i = 820; i < 1000; i++)
        text[i] = i < 900 ? 'v' : 't';
    put_text(p, text, 1000);
    set_key(&p->at.s, "length", "8");
    load_view(p);
    assert_int_equal(data_vocabulary(&p->set), 3);
    assert_string_equal(p->set.tokens, "{\"tokens\":\"char\",\"lower\":false,\"words\":[\"a\",\"b\"]}");
    if (data_inspect(&p->view, &of, &p->mem, &e))
        fail_msg("%s", e.text);
    assert_true(of.tokens->unknown[DATA_TRAIN] == 0 && of.tokens->unknown[DATA_VALIDATION] == 78 &&
                of.tokens->unknown[DATA_TEST] == of.tokens->tokens[DATA_TEST]);
    assert_true(of.tokens->top == 2 && of.tokens->token[1].count == 1);
    assert_string_equal(of.tokens->token[0].text, "'a'");
    assert_string_equal(of.tokens->example[0], "aaaaabaa");
    drop_view(p);
    /* more of it trains: one of the letters of what validated is known */
    p->at.s.validation = 0.05;
    struct data_spec other = p->at.s;
    other.validation = 0.1;
    assert_false(data_same_dataset(&p->at.s, &other));
    load_view(p);
    assert_int_equal(data_vocabulary(&p->set), 4);
    drop_view(p);
}

static void shares_of_a_text(void **state)
{
    struct text_place *p = *state;
    struct err e = {0};
    put_places(p);
    p->at.s.train = 0.5;
    p->at.s.validation = 0.5;
    load_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 56 && p->view.n[DATA_VALIDATION] == 56);
    drop_view(p);
    p->at.s.train = 0.1;
    p->at.s.validation = 0;
    load_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 11 && p->view.n[DATA_VALIDATION] == 0);
    drop_view(p);
    p->at.s.validation = 30;
    assert_int_equal(data_spec_check(&p->at.s, NULL, &e), -1);
    has_text(e.text, "data.validation: a text is divided by shares");
    err_clear(&e);
    p->at.s.train = 0;
    p->at.s.validation = DATA_VALIDATION_PRESET;
    p->at.s.folds = 3;
    assert_int_equal(data_spec_check(&p->at.s, NULL, &e), -1);
    has_text(e.text, "data.folds: a text trains and validates in its order");
}

static void hostile_texts_are_right_or_refused(void **state)
{
    struct text_place *p = *state;
    struct data_spec *s = &p->at.s;
    char *text = malloc(500000);
    put_text(p, "", 0);
    refused(s, ERR_DATA, "t.txt: is empty, expected a text");
    put_text(p, "\xef\xbb\xbf", 3);
    refused(s, ERR_DATA, "t.txt: is empty");
    put_text(p, "short", 5);
    refused(s, ERR_USAGE, "t.txt: the part that trains has 5 tokens, and a window of length 64 wants one more");
    memset(text, 'a', 2000);
    memcpy(text + 400, "\n\n\xc3(", 4);
    put_text(p, text, 2000);
    refused(s, ERR_USAGE, "t.txt:3: byte 403 of the file, c3, is not of a letter in UTF-8", "tokens = byte");
    memcpy(text + 400, "aa\n\0", 4);
    put_text(p, text, 2000);
    refused(s, ERR_USAGE, "t.txt:2: byte 404 of the file, 00, is not of a letter");
    set_key(s, "tokens", "bpe"); /* takes any bytes */
    set_key(s, "vocabulary", "260");
    set_key(s, "length", "4");
    load_view(p);
    drop_view(p);
    memset(text, 'a', 2000); /* a vocabulary of one letter, and the one that is unknown */
    put_text(p, text, 2000);
    set_key(s, "tokens", "char");
    set_key(s, "vocabulary", "0");
    load_view(p);
    assert_int_equal(data_vocabulary(&p->set), 2);
    drop_view(p);
    set_key(s, "vocabulary", "1");
    refused(s, ERR_USAGE, "data.vocabulary: one token is the one that is unknown");
    set_key(s, "vocabulary", "0");
    set_key(s, "tokens", "word"); /* it is one word */
    refused(s, ERR_USAGE, "the part that trains has 1 token, and");
    struct rng r; /* a line of 500 kB without a blank */
    rng_init(&r, 1, RNG_TEST, 3, 0);
    for (size_t i = 0; i < 500000; i++)
        text[i] = (char)('a' + (char)rng_below(&r, 26));
    put_text(p, text, 500000);
    set_key(s, "tokens", "char");
    load_view(p);
    assert_true(data_vocabulary(&p->set) == 27 && p->set.n[PART_TEST] == 49999 / 4);
    drop_view(p);
    set_key(s, "tokens", "bpe");
    set_key(s, "vocabulary", "280");
    load_view(p);
    assert_int_equal(data_vocabulary(&p->set), 280);
    drop_view(p);
    free(text);
}

/* A cut between two parts is never inside of a letter; gzipped files are read, a mark at the beginning is passed over.
 */
static void parts_begin_with_a_letter(void **state)
{
    struct text_place *p = *state;
    char text[1003] = "\xef\xbb\xbf";
    for (size_t i = 0; i < 500; i++)
        memcpy(text + 3 + 2 * i, i % 2 ? "\xc3\xa9" : "\xc3\xa4", 2);
    file_put_gz(p->at.folder, "t.txt", text, sizeof text);
    set_key(&p->at.s, "length", "3");
    set_key(&p->at.s, "test_part", "0.0937"); /* 906.3 bytes are left of 1000 */
    load_view(p);
    assert_int_equal(data_vocabulary(&p->set), 3);
    assert_close(p->set.letters[1], 1, 0, 0);
    drop_view(p);
}

/* ---- texts of a table -------------------------------------------------------------------------------------------- */

static void rows_are_as_long_as_their_texts(void **state)
{
    static const char table[] =
        "kind,words,id\n"
        "a,one two three,1\nb,\"two, four\",2\na,,3\nb,one,4\na,three two one,5\nb,five six,6\n";
    static const int length[6] = {3, 3, 1, 1, 3, 2}; /* a comma is a word; an empty text is one unknown word */
    struct text_place *p = *state;
    float x[3 * LANES];
    int32_t label[LANES], lengths[LANES];
    uint32_t key[LANES], at[6] = {0, 1, 2, 3, 4, 5};
    p->at.s = spec_of("csv", p->at.folder);
    file_put(p->at.folder, "t.csv", table, strlen(table));
    set_key(&p->at.s, "file", "t.csv");
    set_key(&p->at.s, "test_file", "t.csv");
    set_key(&p->at.s, "target", "kind");
    set_key(&p->at.s, "text", "words");
    set_key(&p->at.s, "length", "3");
    p->at.s.validation = 0;
    load_view(p);
    assert_true(data_classes(&p->set) == 2 && data_is_ragged(&p->set) && !data_next(&p->set));
    assert_true(shape_equal(data_input(&p->set)->shape, (struct shape){SEQUENCE, 1, 3, 1, 1}));
    struct batch b = {.x = x, .label = label, .key = key, .lengths = lengths};
    data_batch(&p->view, DATA_TRAIN, at, 6, NULL, &b);
    for (int i = 0; i < LANES; i++) {
        assert_int_equal(lengths[i], i < 6 ? length[i] : 0);
        for (int t = lengths[i]; t < 3; t++)
            assert_true(x[t * LANES + i] == 0);
    }
    assert_true(x[0] == x[3] && x[0] == x[2 * LANES + 4] && x[LANES] == x[1]); /* one; two */
    assert_true(x[2] == 0 && x[5] != 0);
    drop_view(p);
    set_key(&p->at.s, "length", "2");
    set_key(&p->at.s, "keep", "end");
    load_view(p);
    data_batch(&p->view, DATA_TRAIN, at, 6, NULL, &b);
    assert_true(lengths[0] == 2 && lengths[3] == 1 && x[LANES + 4] == x[3]); /* "three two one" ends with one */
    drop_view(p);
    set_key(&p->at.s, "features", "id");
    refused(&p->at.s, ERR_USAGE, "data.features: the text in column 'words' is the whole input");
    set_key(&p->at.s, "features", "");
    set_key(&p->at.s, "text", "kind");
    refused(&p->at.s, ERR_USAGE, "data.text: column 'kind' is the target");
    set_key(&p->at.s, "text", "nothing");
    refused(&p->at.s, ERR_USAGE, "data.text: no column 'nothing'");
    file_put(p->at.folder, "t.csv", "kind,words\na,x\nb,\xff\n", 19);
    set_key(&p->at.s, "text", "words");
    refused(&p->at.s, ERR_USAGE, "t.csv:3: column 2 (words): byte 1 of the text, ff, is not of a letter in UTF-8");
}

/* ---- calls that fail --------------------------------------------------------------------------------------------- */

static int load_and_look(void *ctx, uint64_t *result, struct err *e)
{
    struct text_place *p = ctx;
    struct inspection of;
    arena_init(&p->mem);
    int bad = dataset_load(&p->set, &p->at.s, e) || data_view_init(&p->view, &p->set, &p->at.s, &p->mem, e) ||
              data_inspect(&p->view, &of, &p->mem, e);
    if (!bad) {
        const struct field *f = data_input(&p->set);
        *result = result_of(0, p->set.tokens, strlen(p->set.tokens));
        *result = result_of(*result, field_tokens(f, PART_TRAIN, 0), (size_t)f->shape.h * sizeof(int32_t));
        *result = result_of(*result, of.tokens->example[0], strlen(of.tokens->example[0]));
    }
    arena_release(&p->mem);
    dataset_release(&p->set);
    return bad ? -1 : 0;
}

static void what_fails_with_texts_is_told(void **state)
{
    static const char text[] = "the cat sat on the mat\nthe dog sat on the cat, and the cat on the dog that sat\n";
    static const char table[] = "kind,words\na,one two three\nb,two four\na,\nb,one\na,three\nb,five six\n";
    struct text_place *p = *state;
    size_t told = 0;
    put_text(p, text, sizeof text - 1);
    set_key(&p->at.s, "length", "2");
    set_key(&p->at.s, "test_part", "0.3");
    p->at.s.validation = 0.4;
    for (size_t kind = 0; token_kind_name(kind); kind++) {
        set_key(&p->at.s, "tokens", token_kind_name(kind));
        set_key(&p->at.s, "lower", kind == TOKENS_WORD ? "yes" : "no");
        set_key(&p->at.s, "vocabulary", kind == TOKENS_BPE ? "270" : "0");
        told += each_call_fails(MISHAP_MEMORY, &(struct trying){token_kind_name(kind), load_and_look, p, ERR_NOMEM, 0});
    }
    told += each_call_fails(MISHAP_FILES, &(struct trying){"text", load_and_look, p, ERR_IO, 0});
    file_put(p->at.folder, "t.csv", table, sizeof table - 1);
    p->at.s = spec_of("csv", p->at.folder);
    p->at.s.validation = 0;
    set_key(&p->at.s, "file", "t.csv");
    set_key(&p->at.s, "test_file", "t.csv");
    set_key(&p->at.s, "target", "kind");
    set_key(&p->at.s, "text", "words");
    told += each_call_fails(MISHAP_MEMORY, &(struct trying){"texts of a table", load_and_look, p, ERR_NOMEM, 0});
    assert_true(told > 100);
}

int run_text_tests(void)
{
#define ON_TEXT(f) cmocka_unit_test_setup_teardown(f, text_setup, data_place_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_those_of_unicode),
        cmocka_unit_test(words_are_cut_as_the_header_says),
        cmocka_unit_test(the_rarest_become_unknown),
        cmocka_unit_test(a_vocabulary_that_cannot_be_is_refused),
        cmocka_unit_test(every_bytes_come_back),
        cmocka_unit_test(the_most_frequent_pairs_are_merged),
        cmocka_unit_test(pieces_of_bytes_are_short),
        cmocka_unit_test(damaged_tokenizers_are_refused),
        ON_TEXT(a_text_is_divided_in_its_order),
        ON_TEXT(windows_move_from_round_to_round),
        ON_TEXT(tokens_are_learned_from_the_text_that_trains),
        ON_TEXT(shares_of_a_text),
        ON_TEXT(hostile_texts_are_right_or_refused),
        ON_TEXT(parts_begin_with_a_letter),
        ON_TEXT(rows_are_as_long_as_their_texts),
        ON_TEXT(what_fails_with_texts_is_told),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
