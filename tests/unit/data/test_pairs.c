/* Pairs of texts: how files and tables become samples, what is left out and told, and what is refused with its place.
 */
#include "data_test.h"

#include "data/inspect.h"
#include "data/text/tokenizer.h"
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pairs_place {
    struct data_place at;
    struct dataset set;
    struct data_view view;
    struct arena mem;
};

static int pairs_setup(void **state)
{
    struct pairs_place *p = calloc(1, sizeof *p);
    data_place_make(&p->at, "pairs");
    set_key(&p->at.s, "from", "from.txt");
    set_key(&p->at.s, "to", "to.txt");
    set_key(&p->at.s, "length", "3");
    p->at.s.validation = 0;
    *state = p;
    return 0;
}

static void put_pairs(struct pairs_place *p, const char *from, const char *to)
{
    file_put(p->at.folder, "from.txt", from, strlen(from));
    file_put(p->at.folder, "to.txt", to, strlen(to));
}

static void load_pairs_view(struct pairs_place *p)
{
    loads(&p->at.s, &p->set);
    arena_init(&p->mem);
    view_of(&p->view, &p->set, &p->at.s, &p->mem);
}

static void drop_pairs_view(struct pairs_place *p)
{
    arena_release(&p->mem);
    dataset_release(&p->set);
}

static void lines_become_ids_lengths_and_labels(void **state)
{
    struct pairs_place *p = *state;
    _Alignas(64) float x[7 * LANES];
    _Alignas(64) int32_t lengths[LANES], wanted[LANES];
    int32_t label[4 * LANES];
    uint32_t key[2];
    put_pairs(p,
              "\xef\xbb\xbf"
              "a b c\r\nb\na\n",
              "x\ny x\nx");
    set_key(&p->at.s, "test_part", "0.34");
    load_pairs_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 2 && p->view.n[DATA_TEST] == 1);
    struct batch b = {.x = x, .label = label, .lengths = lengths, .target_lengths = wanted, .key = key};
    data_batch(&p->view, DATA_TRAIN, (const uint32_t[]){0, 1}, 2, NULL, &b);
    /* b twice, then a and c; x twice, then y; the token that begins is 3, the one that ends 4 */
    static const float in[2][7] = {{2, 1, 3, 3, 1, 0, 0}, {1, 0, 0, 3, 2, 1, 0}};
    static const int32_t out[2][4] = {{1, 4, 0, 0}, {2, 1, 4, 0}};
    for (int i = 0; i < 2; i++) {
        for (int t = 0; t < 7; t++)
            assert_true(x[t * LANES + i] == in[i][t]);
        for (int t = 0; t < 4; t++)
            assert_int_equal(label[t * LANES + i], out[i][t]);
    }
    assert_true(lengths[0] == 3 && lengths[1] == 1 && lengths[2] == 0);
    assert_true(wanted[0] == 2 && wanted[1] == 3 && wanted[2] == 0);
    assert_string_equal(p->set.source_text[PART_TRAIN][0], "a b c");
    assert_string_equal(p->set.target_text[PART_TEST][0], "x");
    drop_pairs_view(p);
}

static void what_is_empty_or_too_long_is_told(void **state)
{
    struct pairs_place *p = *state;
    put_pairs(p, "a\n\na b c d\nb\nb b b b b\na\n", "x\ny\nx\n \nx\nx x y x\n");
    set_key(&p->at.s, "test_part", "0.34");
    load_pairs_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 1 && p->view.n[DATA_TEST] == 2);
    has_text(p->set.told, "1 pairs to train, 0 to validate, 2 to test", "2 pairs have no token on a side",
             "of more than 3 tokens on a side 1 are left out of training, 2 others are cut");
    const struct field *in = data_input(&p->set), *out = data_target(&p->set);
    static const int32_t cut[2][7] = {{2, 2, 2, 3, 1, -1, -1}, {1, -1, -1, 3, 1, 1, -1}};
    static const int32_t want[2][4] = {{1, 4, -1, -1}, {1, 1, 2, -1}}; /* what is cut has no end */
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(field_tokens(in, PART_TEST, i), cut[i], sizeof cut[i]);
        assert_memory_equal(field_tokens(out, PART_TEST, i), want[i], sizeof want[i]);
    }
    drop_pairs_view(p);
}

static void tokens_are_learned_from_the_pairs_that_train(void **state)
{
    struct pairs_place *p = *state;
    put_pairs(p, "a\nb\nc\nd\n", "w\nx\ny\nz\n");
    set_key(&p->at.s, "test_part", "0.25");
    p->at.s.validation = 0.34;
    load_pairs_view(p);
    assert_true(p->set.pairs == 2 && p->view.n[DATA_VALIDATION] == 1);
    assert_int_equal(data_vocabulary(&p->set), 3); /* a, b, and what is unknown */
    assert_null(strstr(p->set.tokens, "\"c\""));
    assert_non_null(strstr(p->set.target_tokens, "\"x\""));
    drop_pairs_view(p);
    set_key(&p->at.s, "shared", "yes");
    load_pairs_view(p);
    assert_true(data_vocabulary(&p->set) == 5 && data_target(&p->set)->vocabulary == 7);
    assert_string_equal(p->set.tokens, p->set.target_tokens);
    drop_pairs_view(p);
    set_key(&p->at.s, "tokens", "bpe");
    set_key(&p->at.s, "vocabulary", "257");
    load_pairs_view(p);
    assert_int_equal(data_target(&p->set)->vocabulary, 258);
    drop_pairs_view(p);
}

static void tables_and_test_files_are_read(void **state)
{
    static const char csv[] = "id,de,en\n1,\"ein Hund, klein\",a dog\n2,eine Katze,\"a \"\"cat\"\"\"\n3,ja,yes\n";
    static const char tsv[] = "de\ten\nein Hund\ta dog\nja\tyes\nnein\tno\n";
    static const char json[] =
        "{\"en\":\"a dog\",\"de\":\"ein Hund\"}\n{\"de\":\"ja\",\"en\":\"yes\"}\n{\"en\":\"no\",\"de\":\"nein\"}\n";
    struct pairs_place *p = *state;
    set_key(&p->at.s, "from", "de");
    set_key(&p->at.s, "to", "en");
    set_key(&p->at.s, "length", "5");
    set_key(&p->at.s, "test_part", "0.34");
    file_put(p->at.folder, "t.csv", csv, sizeof csv - 1);
    file_put_gz(p->at.folder, "t.tsv.gz", tsv, sizeof tsv - 1);
    file_put(p->at.folder, "t.jsonl", json, sizeof json - 1);
    static const char *const file[] = {"t.csv", "t.tsv.gz", "t.jsonl"}, *const last[] = {"ja", "nein", "nein"};
    for (int i = 0; i < 3; i++) {
        set_key(&p->at.s, "file", file[i]);
        load_pairs_view(p);
        assert_int_equal(p->view.n[DATA_TRAIN], 2);
        assert_string_equal(p->set.source_text[PART_TEST][0], last[i]);
        assert_string_equal(p->set.target_text[PART_TRAIN][0], "a dog");
        drop_pairs_view(p);
    }
    set_key(&p->at.s, "file", "t.csv");
    set_key(&p->at.s, "test_file", "t.tsv.gz");
    load_pairs_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 3 && p->view.n[DATA_TEST] == 3);
    drop_pairs_view(p);
    set_key(&p->at.s, "to", "fr");
    refused(&p->at.s, ERR_USAGE, "t.csv:1: has no column 'fr' (data.to) among its 3");
    set_key(&p->at.s, "to", "en");
    file_put(p->at.folder, "t.csv", "de,en\nja\n", 9);
    refused(&p->at.s, ERR_DATA, "t.csv:2: has 1 cells, and data.to is number 2");
    set_key(&p->at.s, "test_from", "from.txt");
    refused(&p->at.s, ERR_USAGE, "data.test_from: the pairs are columns of a table; write test_file");
}

static void hostile_pairs_are_refused_with_their_place(void **state)
{
    struct pairs_place *p = *state;
    put_pairs(p, "a\nb\n", "x\n");
    refused(&p->at.s, ERR_DATA, "to.txt: has 1 lines, expected as many as", "from.txt has, 2");
    put_pairs(p, "a\nb\n", "x\ny \xff\n");
    refused(&p->at.s, ERR_USAGE, "to.txt:2: byte 3 of the text, ff, is not of a letter in UTF-8");
    file_put(p->at.folder, "to.txt", "x\n\0\n", 4);
    refused(&p->at.s, ERR_DATA, "to.txt:2: has a byte of value 0");
    put_pairs(p, "", "");
    refused(&p->at.s, ERR_DATA, "from.txt: is empty");
    put_pairs(p, "\n\n\n", "\n\n\n");
    refused(&p->at.s, ERR_USAGE, "of its 3 pairs none trains that has a token on both sides");
    put_pairs(p, "a\na\na\n", "x\nx\n\n");
    refused(&p->at.s, ERR_USAGE, "none tests");
    set_key(&p->at.s, "to", "");
    refused(&p->at.s, ERR_USAGE, "data.to: pairs wants the name of its file");
    set_key(&p->at.s, "to", "to.txt");
    set_key(&p->at.s, "test_to", "to.txt");
    refused(&p->at.s, ERR_USAGE, "data.test_from: pairs wants the name of the file that belongs to the other");
    set_key(&p->at.s, "test_to", "none.txt");
    set_key(&p->at.s, "test_from", "from.txt");
    refused(&p->at.s, ERR_DATA, "none.txt");
}

/* A line of ten million letters is one long text, which does not train. */
static void a_very_long_line_is_a_long_text(void **state)
{
    enum { LONG = 10000000 };
    struct pairs_place *p = *state;
    char *text = malloc(LONG + 16);
    memset(text, 'a', LONG);
    memcpy(text + LONG, "\nb\na\nb\n", 8);
    put_pairs(p, text, "x\ny\nx\ny\n");
    free(text);
    set_key(&p->at.s, "tokens", "byte");
    set_key(&p->at.s, "test_part", "0.25");
    load_pairs_view(p);
    assert_true(p->view.n[DATA_TRAIN] == 2 && p->view.n[DATA_TEST] == 1);
    drop_pairs_view(p);
}

static int load_and_look_at_pairs(void *ctx, uint64_t *result, struct err *e)
{
    struct pairs_place *p = ctx;
    struct inspection of;
    arena_init(&p->mem);
    int bad = dataset_load(&p->set, &p->at.s, e) || data_view_init(&p->view, &p->set, &p->at.s, &p->mem, e) ||
              data_inspect(&p->view, &of, &p->mem, e);
    if (!bad)
        *result = result_of(0, of.wanted->example[0], strlen(of.wanted->example[0]));
    arena_release(&p->mem);
    dataset_release(&p->set);
    return bad ? -1 : 0;
}

static void what_fails_with_pairs_is_told(void **state)
{
    struct pairs_place *p = *state;
    size_t told = 0;
    put_pairs(p, "a\nb\na b\n", "x\ny\nx y\n");
    static const char csv[] = "de,en\nja,yes\nnein,no\nso,so\n";
    file_put(p->at.folder, "t.csv", csv, sizeof csv - 1);
    set_key(&p->at.s, "test_part", "0.34");
    told += each_call_fails(MISHAP_MEMORY, &(struct trying){"pairs", load_and_look_at_pairs, p, ERR_NOMEM, 0});
    told += each_call_fails(MISHAP_FILES, &(struct trying){"pairs", load_and_look_at_pairs, p, ERR_IO, 0});
    set_key(&p->at.s, "file", "t.csv");
    set_key(&p->at.s, "from", "de");
    set_key(&p->at.s, "to", "2");
    told += each_call_fails(MISHAP_MEMORY, &(struct trying){"columns", load_and_look_at_pairs, p, ERR_NOMEM, 0});
    assert_true(told > 50);
}

int run_pairs_tests(void)
{
#define ON_PAIRS(f) cmocka_unit_test_setup_teardown(f, pairs_setup, data_place_teardown)
    const struct CMUnitTest tests[] = {
        ON_PAIRS(lines_become_ids_lengths_and_labels),
        ON_PAIRS(what_is_empty_or_too_long_is_told),
        ON_PAIRS(tokens_are_learned_from_the_pairs_that_train),
        ON_PAIRS(tables_and_test_files_are_read),
        ON_PAIRS(hostile_pairs_are_refused_with_their_place),
        ON_PAIRS(a_very_long_line_is_a_long_text),
        ON_PAIRS(what_fails_with_pairs_is_told),
    };
    return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
