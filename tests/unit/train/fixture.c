#include "fixture.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static const struct param *find_key(struct train_spec *s, const char *key, void **into)
{
    const struct param *p;
    *into = s;
    if ((p = param_find(train_params, key)))
        return p;
    *into = s->optimizer_args;
    if ((p = param_find(optimizer_types[s->optimizer]->params, key)))
        return p;
    *into = s->loss_args;
    if (s->loss && loss_types[s->loss - 1]->params && (p = param_find(loss_types[s->loss - 1]->params, key)))
        return p;
    *into = s->schedule_args;
    return param_find(schedule_types[s->schedule]->params, key);
}

static void set_word(struct train_spec *s, char *word, int types_only)
{
    char *value = strchr(word, '=');
    struct err e = {0};
    void *into;
    assert_non_null(value);
    *value++ = 0;
    int is_type = !strcmp(word, "optimizer") || !strcmp(word, "schedule") || !strcmp(word, "loss");
    if (is_type != types_only)
        return;
    const struct param *p = find_key(s, word, &into);
    if (!p)
        fail_msg("no key '%s'", word);
    static char kept[256]; /* of the last text; the spec keeps a pointer to it */
    if (p->type == P_TEXT)
        value = strcpy(kept, value);
    if (param_set(p, into, value, NULL, &e))
        fail_msg("%s", e.text);
}

static void set_words(struct train_spec *s, const char *settings, int types_only)
{
    char text[512], *save = NULL;
    assert_true(strlen(settings) < sizeof text);
    strcpy(text, settings);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        set_word(s, w, types_only);
}

void spec_from(struct train_spec *s, const char *settings)
{
    memset(s, 0, sizeof *s);
    param_defaults(train_params, s);
    s->metric = M_VAL_ACCURACY;
    s->maximise = 1;
    set_words(s, settings, 1); /* which optimizer and schedule decides which keys there are */
    param_defaults(optimizer_types[s->optimizer]->params, s->optimizer_args);
    param_defaults(schedule_types[s->schedule]->params, s->schedule_args);
    if (s->loss && loss_types[s->loss - 1]->params)
        param_defaults(loss_types[s->loss - 1]->params, s->loss_args);
    set_words(s, settings, 0);
}

/* Class k is a bright bar two rows high at height 2k. */
static void toy_part(struct fixture *f, enum data_part part, size_t n)
{
    uint8_t *x = arena_take(&f->mem, n * 64), *y = arena_take(&f->mem, n);
    struct rng g;
    rng_init(&g, 5, RNG_TEST, part, 0);
    for (size_t i = 0; i < n; i++) {
        y[i] = (uint8_t)(i % TOY_CLASSES);
        for (int p = 0; p < 64; p++)
            x[i * 64 + (size_t)p] = (uint8_t)(rng_below(&g, 160) + (p / 16 == y[i] ? 60 : 0));
    }
    f->set.field[0].values[part] = x;
    f->set.field[1].values[part] = y;
    f->set.n[part] = n;
}

static void toy_data(struct fixture *f, size_t ntrain, size_t validation, size_t ntest)
{
    static const char *const name[TOY_CLASSES] = {"a", "b", "c", "d"};
    struct err e = {0};
    f->set = (struct dataset){.name = "toy"};
    dataset_of_images(&f->set, 1, 8, 8, 255, TOY_CLASSES, name);
    toy_part(f, PART_TRAIN, ntrain);
    toy_part(f, PART_TEST, ntest);
    param_defaults(data_params, &f->data);
    f->data.dataset = "toy";
    f->data.train = (double)(ntrain - validation);
    f->data.validation = (double)validation;
    f->data.test = 0;
    if (data_view_init(&f->view, &f->set, &f->data, &f->mem, &e))
        fail_msg("%s", e.text);
}

/* Lines of a text that are separated by ';'. */
static size_t toy_lines(char *text, struct nn_line *line)
{
    size_t n = 0;
    char *save = NULL;
    for (char *l = strtok_r(text, ";", &save); l; l = strtok_r(NULL, ";", &save))
        line[n++] = (struct nn_line){.text = l};
    return n;
}

static void toy_graph(struct fixture *f, const char *layers)
{
    struct nn_line line[16];
    struct err_list errs = {0};
    struct err e = {0};
    struct nn_spec nn = {0};
    char *text = arena_str(&f->mem, layers), *critic = strchr(text, '|');
    if (critic)
        *critic++ = 0;
    param_defaults(nn_params, &nn);
    const size_t first = toy_lines(text, line), n = first + (critic ? toy_lines(critic, line + first) : 0);
    const struct shape sample = data_input(&f->set)->shape, noise = {VECTOR, TOY_NOISE, 1, 1, 1};
    const struct nn_target made = {(int)shape_size(sample), "numbers", &sample};
    const struct task_type *task = train_task(&f->spec, target_of(&f->set));
    struct shape shape;
    const struct nn_target target = train_target(task, target_of(&f->set), &shape);
    if (nn_graph_build(&f->graph, line, n, critic ? noise : sample, target, &nn, &f->mem, &errs))
        fail_msg("%s", errs.n ? errs.v[0].text : "no reason");
    if (critic && nn_graph_critic(&f->graph, (int)first + 1, made, &e))
        fail_msg("%s", e.text);
    err_list_release(&errs);
}

void fixture_init(struct fixture *f, const char *layers, const char *settings, size_t ntrain, size_t validation,
                  size_t ntest)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->mem);
    toy_data(f, ntrain, validation, ntest);
    spec_from(&f->spec, arena_fmt(&f->mem, "optimizer=sgd lr=0.05 %s", settings));
    toy_graph(f, layers);
    f->job =
        (struct train_job){.spec = &f->spec, .graph = &f->graph, .view = &f->view, .k = kernels_pick(NULL), .seed = 3};
}

void fixture_release(struct fixture *f)
{
    arena_release(&f->mem);
}

struct training *fixture_run(struct fixture *f, struct arena *a)
{
    struct err e = {0};
    assert_int_equal(arena_init_fixed(a, train_bytes(&f->job)), 0);
    struct training *r = train_new(&f->job, a, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

struct epoch_row epoch_ok(struct training *r)
{
    struct epoch_row row;
    struct err e = {0};
    if (train_epoch(r, &row, &e))
        fail_msg("%s", e.text);
    return row;
}

int train_all(struct training *r, struct epoch_row *row, int most)
{
    int n = 0;
    while (!train_done(r)) {
        assert_true(n < most);
        row[n++] = epoch_ok(r);
    }
    return n;
}

unsigned char *state_of(const struct training *r)
{
    unsigned char *bytes = malloc(train_state_bytes(r));
    assert_non_null(bytes);
    train_state_write(r, bytes);
    return bytes;
}
