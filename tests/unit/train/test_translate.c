/* Translating: BLEU against sacrebleu, searches against all translations there are, and a training that learns to spell
 * sentences backwards in other words. */
#include "base/rng.h"
#include "data/text/tokenizer.h"
#include "fixture.h"
#include "mishap.h"
#include "nn/freezing.h"
#include "train/answers.h"
#include "train/beam.h"
#include "train/task.h"
#include "train/tasks/bleu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- BLEU --- */

/* A line of the golden file, \xNN as the byte. Returns its length. */
static size_t read_shown(const char *line, char *to)
{
    size_t n = 0;
    while (*line && *line != '\n') {
        unsigned byte = (unsigned char)*line;
        const int shown = *line == '\\' && sscanf(line, "\\x%2x", &byte) == 1;
        line += shown ? 4 : 1;
        to[n++] = (char)byte;
    }
    return n;
}

static void bleu_is_that_of_sacrebleu(void **state)
{
    char path[512], line[2][4096], text[2][4096];
    int corpora = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/data/train_bleu.txt", TEST_SOURCE_DIR);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line[0], sizeof line[0], f));
    for (int more = 1; more; corpora++) {
        struct bleu b = {.said = 0};
        double score = -1;
        assert_int_equal(sscanf(line[0], "corpus %lf", &score), 1);
        while ((more = fgets(line[0], sizeof line[0], f) != NULL) && strncmp(line[0], "corpus ", 7) != 0) {
            assert_non_null(fgets(line[1], sizeof line[1], f));
            const size_t n = read_shown(line[0], text[0]), m = read_shown(line[1], text[1]);
            assert_int_equal(bleu_count(&b, text[0], n, text[1], m), 0);
        }
        assert_close(bleu_score(&b), score, 1e-9, 1e-9);
        bleu_release(&b);
    }
    fclose(f);
    assert_true(corpora >= 10);
}

/* --- a language --- */

enum {
    LETTERS = 4,
    LENGTH = 4,
    ROW = 2 * LENGTH + 1,
    ENDS = LENGTH + 1,
    TRAIN = 160,
    VALIDATE = 20,
    TEST = 20,
    ALL = 180
};

struct language {
    struct fixture f;
    int32_t in[ALL + TEST][ROW], out[ALL + TEST][ENDS];
    char text[2][ALL + TEST][2 * LENGTH + 1], *line[2][ALL + TEST];
    struct str tokens;
};

/* Word number k of a text, after a blank; 0: the text has ended. */
static void put_word(char *text, int k, char letter)
{
    if (letter && k)
        text[2 * k - 1] = ' ';
    if (letter)
        text[2 * k] = letter;
}

/* Sentence number i, of 2 to 4 words a..d, becomes its words from the last to the first, A..D. */
static void spell_sentence(struct language *l, int i)
{
    struct rng r;
    rng_init(&r, 9, RNG_TEST, (uint32_t)i, 0);
    const int n = 2 + (int)rng_below(&r, LENGTH - 1);
    for (int k = 0; k < LENGTH; k++) {
        const int32_t letter = (int32_t)rng_below(&r, LETTERS);
        l->in[i][k] = k < n ? 1 + letter : -1;
        put_word(l->text[0][i], k, k < n ? (char)('a' + letter) : 0);
    }
    l->in[i][LENGTH] = 1 + LETTERS; /* what begins */
    for (int k = 0; k < LENGTH; k++) {
        const int32_t id = k < n ? l->in[i][n - 1 - k] : -1;
        l->in[i][LENGTH + 1 + k] = l->out[i][k] = id;
        put_word(l->text[1][i], k, (char)(k < n ? 'A' + id - 1 : 0));
    }
    l->out[i][LENGTH] = -1;
    l->out[i][n] = 2 + LETTERS; /* and what ends */
}

static void language_init(struct language *l, const char *layers, const char *settings)
{
    struct fixture *f = &l->f;
    struct nn_line line = {.text = layers};
    struct nn_spec nn = {0};
    struct err_list errs = {0};
    struct err e = {0};
    struct shape shape;
    struct tokenizer letters;
    const struct text_span all = {"A A A A B B B C C D", 19};
    memset(l, 0, sizeof *l);
    arena_init(&f->mem);
    assert_int_equal(tokenizer_learn(&letters, (struct token_choice){TOKENS_WORD, 0, 0}, &all, 1, &e), 0);
    assert_int_equal(tokenizer_text(&letters, &l->tokens, &e), 0);
    tokenizer_release(&letters);
    for (int i = 0; i < ALL + TEST; i++) {
        spell_sentence(l, i);
        for (int side = 0; side < 2; side++)
            l->line[side][i] = l->text[side][i];
    }
    f->set = (struct dataset){
        .name = "backwards", .n = {ALL, TEST}, .pairs = TRAIN, .tokens = l->tokens.p, .target_tokens = l->tokens.p};
    dataset_of_pairs(&f->set, LENGTH, 1 + LETTERS, 3 + LETTERS);
    for (int part = 0; part < DATA_PARTS; part++) {
        f->set.field[0].values[part] = l->in[part ? ALL : 0];
        f->set.field[1].values[part] = l->out[part ? ALL : 0];
        f->set.source_text[part] = l->line[0] + (part ? ALL : 0);
        f->set.target_text[part] = l->line[1] + (part ? ALL : 0);
    }
    param_defaults(data_params, &f->data);
    param_defaults(nn_params, &nn);
    assert_int_equal(data_view_init(&f->view, &f->set, &f->data, &f->mem, &e), 0);
    nn.vocabulary = data_vocabulary(&f->set);
    nn.target = data_target_positions(&f->set);
    nn.target_vocabulary = data_target(&f->set)->vocabulary;
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=adam lr=0.01 %s", settings));
    f->spec.metric = M_VAL_LOSS;
    f->spec.maximise = 0;
    const struct target_kind target = target_of(&f->set);
    const struct nn_target want = train_target(train_task(&f->spec, target), target, &shape);
    if (nn_graph_build(&f->graph, &line, 1, data_input(&f->set)->shape, want, &nn, &f->mem, &errs))
        fail_msg("%s", errs.v[0].text);
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

static void language_release(struct language *l)
{
    str_release(&l->tokens);
    fixture_release(&l->f);
}

static const char attends[] =
    "embedding 16 init normal, gru 16 bidirectional, target, embedding 32 init normal, gru 32, "
    "residual { attention heads 2 cross }, dense 7";

static void a_language_is_learned(void **state)
{
    static struct language l;
    struct arena a;
    struct epoch_row row[40];
    struct train_result result;
    (void)state;
    language_init(&l, attends, "epochs=40 lr=0.01 batch_size=32 beam=3 length_penalty=0.6");
    struct training *r = fixture_run(&l.f, &a);
    const int epochs = train_all(r, row, 40);
    assert_true(row[0].v[DATA_VALIDATION][METRIC_LOSS] > 1);
    assert_true(isnan(row[0].v[DATA_VALIDATION][METRIC_BLEU]));
    assert_true(row[epochs - 1].v[DATA_VALIDATION][METRIC_ACCURACY] > 0.9f);
    train_finish(r, &result);
    const double bleu = (double)result.metric[metric_on(DATA_TEST, METRIC_BLEU)];
    assert_true(result.metric[metric_on(DATA_TEST, METRIC_ACCURACY)] > 0.9f && bleu > 30);
    assert_close((double)result.metric[metric_on(DATA_TEST, METRIC_PERPLEXITY)],
                 exp((double)result.metric[metric_on(DATA_TEST, METRIC_LOSS)]), 1e-5, 0);
    int right = 0;
    assert_string_equal(result.table[0].name, TRAIN_TRANSLATIONS);
    assert_true(result.table[0].rows == TEST && result.table[0].cols == ENDS);
    for (int i = 0; i < TEST; i++) {
        int same = 1;
        for (int k = 0; k < ENDS; k++) {
            const int32_t want = l.out[ALL + i][k] == 2 + LETTERS ? -1 : l.out[ALL + i][k];
            same &= (int)result.table[0].v[i * ENDS + k] == want;
        }
        right += same;
    }
    assert_true(right >= TEST * 8 / 10);
    arena_release(&a);
    language_release(&l);
}

/* Whatever the batches are, and however many sentences go at a time. */
static void the_size_of_batches_does_not_show_in_translations(void **state)
{
    static struct language l;
    static const char *const settings[] = {"epochs=2 batch_size=20 beam=4 eval_batch=64",
                                           "epochs=2 batch_size=20 beam=4 eval_batch=3"};
    float v[2][METRICS];
    double said[TEST * ENDS];
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct arena a;
        struct train_result result;
        language_init(&l, attends, settings[k]);
        struct training *r = fixture_run(&l.f, &a);
        epoch_ok(r);
        train_look(r, DATA_TEST, v[k]);
        train_finish(r, &result);
        if (k)
            assert_memory_equal(said, result.table[0].v, sizeof said);
        memcpy(said, result.table[0].v, sizeof said);
        arena_release(&a);
        language_release(&l);
    }
    assert_memory_equal(v[0], v[1], sizeof v[0]);
}

static void bleu_selects_where_it_is_asked_to(void **state)
{
    static struct language l;
    struct arena a;
    (void)state;
    language_init(&l, attends, "epochs=2 batch_size=20");
    l.f.spec.metric = M_VAL_BLEU;
    l.f.spec.maximise = 1;
    struct training *r = fixture_run(&l.f, &a);
    assert_false(isnan(epoch_ok(r).v[DATA_VALIDATION][METRIC_BLEU]));
    arena_release(&a);
    language_release(&l);
}

/* --- searches --- */

struct one_sentence {
    const int32_t *in;
    int n, answers, said;
    int32_t answer[ENDS];
};

static const int32_t *the_sentence(void *ctx, size_t i, int *n)
{
    struct one_sentence *s = ctx;
    (void)i;
    *n = s->n;
    return s->in;
}

static int take_answer(void *ctx, size_t i, const int32_t *id, int n)
{
    struct one_sentence *s = ctx;
    (void)i;
    s->answers++;
    s->said = n;
    memcpy(s->answer, id, (size_t)n * sizeof *id);
    return 0;
}

/* The logarithms of the shares of the tokens after a beginning, by the network itself. */
static void log_shares(struct nn_net *net, const struct one_sentence *s, const int32_t *id, int n, double *log_share)
{
    static _Alignas(64) int32_t lengths[LANES], wanted[LANES];
    const uint32_t sample[LANES] = {0};
    const int tokens = 3 + LETTERS;
    double sum = 0;
    for (int p = 0; p < ROW; p++)
        net->x[p * LANES] = p < s->n                        ? (float)s->in[p]
                            : p == LENGTH                   ? (float)(1 + LETTERS)
                            : p > LENGTH && p <= LENGTH + n ? (float)id[p - LENGTH - 1]
                                                            : 0;
    lengths[0] = s->n;
    wanted[0] = n + 1;
    const struct nn_pass pass = {.n = 1, .blocks = 1, .sample = sample, .lengths = lengths, .target_lengths = wanted};
    nn_forward(net, &pass);
    for (int k = 0; k < tokens; k++)
        sum += exp((double)net->z[(n * tokens + k) * LANES]);
    for (int k = 0; k < tokens; k++)
        log_share[k] = (double)net->z[(n * tokens + k) * LANES] - log(sum);
}

struct exhausting {
    struct nn_net *net;
    const struct one_sentence *s;
    double penalty, best;
    int32_t answer[ENDS];
    int said;
};

static void note_end(struct exhausting *x, const int32_t *id, int n, int tokens, double sum)
{
    const double score = sum / pow((5.0 + tokens) / 6, x->penalty);
    if (score > x->best) {
        x->best = score;
        x->said = n;
        memcpy(x->answer, id, (size_t)n * sizeof *id);
    }
}

/* Every translation there is. */
static void exhaust(struct exhausting *x, int32_t *id, int n, double sum)
{
    double share[3 + LETTERS];
    if (n == ENDS) {
        note_end(x, id, n, n, sum);
        return;
    }
    log_shares(x->net, x->s, id, n, share);
    note_end(x, id, n, n + 1, sum + share[2 + LETTERS]);
    for (int32_t k = 0; k < 1 + LETTERS; k++) {
        id[n] = k;
        exhaust(x, id, n + 1, sum + share[k]);
    }
}

static void check_search(struct language *l, const struct nn_net *net, int i, struct beam_how how)
{
    struct arena a;
    struct err e = {0};
    int32_t id[ENDS + 1];
    struct one_sentence s = {.in = l->in[i], .n = 0};
    while (s.n < LENGTH && s.in[s.n] >= 0)
        s.n++;
    arena_init(&a);
    struct nn_net *own = nn_net_new(&l->f.graph, 64, 0, NULL, l->f.job.k, &a, &e);
    memcpy(own->w, net->w, l->f.graph.param_floats * sizeof(float));
    void *memory = arena_take(&a, beam_bytes(&l->f.graph, 64, how));
    assert_int_equal(beam_search(own, how, 1, the_sentence, take_answer, &s, memory), 0);
    struct exhausting x = {.net = own, .s = &s, .penalty = how.length_penalty, .best = -HUGE_VAL};
    if (how.width > 1) {
        exhaust(&x, id, 0, 0);
    } else { /* greedy */
        double share[3 + LETTERS];
        for (;; x.said++) {
            int32_t top = 0;
            if (x.said == ENDS)
                break;
            log_shares(own, &s, x.answer, x.said, share);
            for (int32_t k = 1; k < 3 + LETTERS; k++)
                top = k != 1 + LETTERS && share[k] > share[top] ? k : top;
            if (top == 2 + LETTERS)
                break;
            x.answer[x.said] = top;
        }
    }
    assert_int_equal(s.answers, 1);
    if (s.said != x.said || memcmp(s.answer, x.answer, (size_t)s.said * sizeof *s.answer) != 0)
        fail_msg("width %d, sentence %d: %d tokens, expected %d", how.width, i, s.said, x.said);
    arena_release(&a);
}

/* A beam of 64, of at most 625 beginnings, finds the best of all 3,906 translations; of width 1 it takes the likeliest
 * token. */
static void searches_find_what_there_is(void **state)
{
    static struct language l;
    struct arena a;
    (void)state;
    language_init(&l, "embedding 6, gru 6, target, embedding 6, gru 6 start, dense 7", "epochs=3 batch_size=20");
    struct training *r = fixture_run(&l.f, &a);
    float *w, *buffers;
    for (int i = 0; i < 3; i++)
        epoch_ok(r);
    train_weights(r, &w, &buffers);
    struct nn_net net = {.w = w};
    for (int i = 0; i < 4; i++) {
        check_search(&l, &net, ALL + i, (struct beam_how){1, 0});
        check_search(&l, &net, ALL + i, (struct beam_how){1, 2});
    }
    check_search(&l, &net, ALL, (struct beam_how){BEAM_MOST, 0});
    check_search(&l, &net, ALL + 1, (struct beam_how){BEAM_MOST, 4});
    arena_release(&a);
    language_release(&l);
}

/* What is frozen is one network with the rest to a search, whether or not it is thawed after the last epoch. */
static void a_frozen_front_translates_as_the_rest_does(void **state)
{
    static struct language l;
    static const struct nn_spec spec[] = {{.freeze = "before 6"}, {.freeze = "before 6", .unfreeze_at = 3}};
    float bleu[2];
    double said[TEST * ENDS];
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct arena a;
        struct epoch_row row[2];
        struct train_result result;
        language_init(&l, "embedding 6, gru 6, target, embedding 6, gru 6 start, dense 7",
                      "epochs=2 lr=0.05 batch_size=20 beam=2");
        nn_graph_transfer(&l.f.graph, &spec[k]);
        assert_true(l.f.graph.frozen);
        struct training *r = fixture_run(&l.f, &a);
        train_all(r, row, 2);
        assert_int_equal(train_finish(r, &result), 0);
        bleu[k] = result.metric[metric_on(DATA_TEST, METRIC_BLEU)];
        if (k)
            assert_memory_equal(said, result.table[0].v, sizeof said);
        memcpy(said, result.table[0].v, sizeof said);
        arena_release(&a);
        language_release(&l);
    }
    assert_false(isnan(bleu[0]));
    assert_memory_equal(&bleu[0], &bleu[1], sizeof bleu[0]);
}

struct looking {
    struct training *r;
    float v[METRICS];
};

static int look_at_tests(void *ctx, uint64_t *result, struct err *e)
{
    struct looking *l = ctx;
    if (train_look(l->r, DATA_TEST, l->v))
        return err_set(e, ERR_NOMEM, "no memory");
    *result = result_of(0, l->v, sizeof l->v);
    return 0;
}

/* BLEU is there, or it is said that it is not. */
static void lack_of_memory_for_texts_is_told(void **state)
{
    static struct language l;
    struct arena a;
    (void)state;
    language_init(&l, attends, "epochs=1 batch_size=20");
    struct looking look = {.r = fixture_run(&l.f, &a)};
    epoch_ok(look.r);
    assert_true(each_call_fails(MISHAP_MEMORY, &(struct trying){"look", look_at_tests, &look, ERR_NOMEM, 0}) > 3);
    arena_release(&a);
    language_release(&l);
}

static void what_does_not_fit_a_translation_is_refused(void **state)
{
    static struct language l;
    static const struct {
        const char *settings, *key, *says;
    } row[] = {
        {"task=next", "task", "next wants tokens, dataset backwards has tokens; write translate"},
        {"task=classify", "task", "classify wants classes, dataset backwards has tokens; write translate"},
        {"mixup=0.2", "mixup", "mixes samples of two classes"},
    };
    const char *key;
    (void)state;
    language_init(&l, attends, "");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e = {0};
        spec_from(&l.f.spec, row[i].settings);
        assert_int_equal(train_task_check(&l.f.spec, &l.f.set, &key, &e), -1);
        if (strcmp(key, row[i].key) != 0 || !strstr(e.text, row[i].says))
            fail_msg("%s: %s", key, e.text);
    }
    language_release(&l);
}

int test_translate(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bleu_is_that_of_sacrebleu),
        cmocka_unit_test(a_language_is_learned),
        cmocka_unit_test(the_size_of_batches_does_not_show_in_translations),
        cmocka_unit_test(bleu_selects_where_it_is_asked_to),
        cmocka_unit_test(searches_find_what_there_is),
        cmocka_unit_test(a_frozen_front_translates_as_the_rest_does),
        cmocka_unit_test(lack_of_memory_for_texts_is_told),
        cmocka_unit_test(what_does_not_fit_a_translation_is_refused),
    };
    return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}
