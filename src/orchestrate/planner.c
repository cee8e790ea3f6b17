/* planner.c costs one point after another: its data, its network, its memory and its time. */
#include "orchestrate/planner.h"

#include "base/clock.h"
#include "base/str.h"
#include "config/error_list.h"
#include "nn/freezing.h"
#include "nn/layer.h"
#include "orchestrate/checkpoint.h"
#include "orchestrate/crew.h"
#include "orchestrate/judges.h"
#include "orchestrate/starts.h"
#include "train/task.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Share of a convolution's speed that a whole training step reaches, and the bytes a second of its element-wise passes,
 * most of which stay in the cache: estimates for a time that is shown as an estimate. */
#define STEP_SHARE 0.8
#define PASS_BYTES 1e11
#define UPDATE_PASSES 8 /* of a step over the weights, their gradients and what the optimizer keeps of them */
#define USUAL_RATE 5e10

static double rate; /* multiply-adds a second of one core in a convolution, once it is measured */

/* A 3x3 convolution of 16 to 16 channels on 12x12 maps, best of a few runs. */
static void measure_rate(void)
{
    const struct kernels *k = kernels_pick(NULL);
    const struct conv_dims d = {16, 14, 14, 16, 12, 12, 3, 3, 1, 1, 0, 0, 1, 1, 1};
    struct arena a;
    arena_init(&a);
    float *x = arena_take(&a, 14 * 14 * 16 * LANES * sizeof *x), *y = arena_take(&a, 12 * 12 * 16 * LANES * sizeof *y);
    float *w = arena_take(&a, 16 * 16 * 9 * sizeof *w),
          *scratch = arena_take(&a, conv_scratch(&d, 1) * sizeof *scratch);
    double best = 1;
    for (int i = 0; k && x && y && w && scratch && i < 4; i++) {
        double t = clock_wall();
        k->conv_forward(&d, 1, x, w, NULL, y, scratch);
        t = clock_wall() - t;
        if (t < best)
            best = t;
    }
    arena_release(&a);
    rate = 16.0 * 16 * 9 * 12 * 12 * LANES / best;
}

void planner_init(struct planner *p, const struct sweep *s, struct datasets *sets)
{
    memset(p, 0, sizeof *p);
    p->sweep = s;
    p->sets = sets;
    p->members = 1;
    arena_init(&p->mem);
}

void planner_release(struct planner *p)
{
    search_forget(&p->history);
    keymap_release(&p->seen);
    arena_release(&p->mem);
}

int point_graph(const struct point *pt, const struct dataset *set, struct nn_graph *g, struct arena *a,
                struct err_list *errs)
{
    const struct task_type *task = train_task(&pt->train, target_of(set));
    struct shape shape;
    const struct nn_target target = train_target(task, target_of(set), &shape);
    const struct shape sample = data_input(set)->shape, noise = {VECTOR, pt->noise, 1, 1, 1};
    const struct nn_target made = {(int)shape_size(sample), "numbers of a sample", &sample};
    struct nn_spec spec = pt->nn;
    struct err e = {0};
    spec.vocabulary = data_vocabulary(set);
    spec.target = data_target_positions(set);
    spec.target_vocabulary = spec.target ? data_target(set)->vocabulary : 0;
    if (nn_graph_build(g, pt->line, pt->nlines, pt->ncritic ? noise : sample, target, &spec, a, errs))
        return -1;
    if (!pt->ncritic || !nn_graph_critic(g, (int)(pt->nlines - pt->ncritic) + 1, made, &e))
        return 0;
    err_list_take(errs, &e);
    return -1;
}

/* Images of all blocks of n images: a block that is not full takes as long as one that is. */
static double images_of_blocks(size_t n)
{
    return (double)((n + LANES - 1) / LANES * LANES);
}

/* Of an image forward through nodes from .. to - 1. */
static double forward_seconds(const struct nn_graph *g, int from, int to, double macs_a_second)
{
    double macs = 0, floats = 0;
    for (int i = from; i < to; i++) {
        macs += g->node[i].macs;
        floats += (double)shape_size(g->node[i].y);
    }
    return macs / (macs_a_second * STEP_SHARE) + 2 * 4 * floats / PASS_BYTES;
}

/* Seconds of an image: forward and back, in an epoch with all that is frozen and in one with nothing frozen, forward
 * while it is measured, and what is computed once for all epochs. */
struct image_seconds {
    double frozen_step, step, look, test, once;
};

/* What a sample costs where its network learns from a critic: with each update of the critic something is made and both
 * go through it, forward and back (wgan: three times more); then the generator has an update for several of the critic.
 */
static struct image_seconds seconds_of_adversaries(const struct plan_point *p, double macs_a_second)
{
    const struct nn_graph *g = p->graph;
    const double make = forward_seconds(g, 0, g->critic, macs_a_second);
    const double judge = forward_seconds(g, g->critic, g->nnodes, macs_a_second);
    const double passes = train_loss(&p->point->train, target_of(p->set))->params ? 5 : 2;
    const double step = make + 3 * passes * judge + 3 * (make + judge) / p->point->train.critic_steps;
    const double look =
        make + 2 * judge +
        (p->judge ? 2 * forward_seconds(p->judge->graph, 0, p->judge->graph->nnodes, macs_a_second) : 0);
    return (struct image_seconds){step, step, look, look, 0};
}

static struct image_seconds seconds_of_image(const struct plan_point *p, double macs_a_second)
{
    const struct nn_graph *g = p->graph;
    const struct data_view view = {.set = p->set, .n = {p->n[0], p->n[1], p->n[2]}};
    const struct train_job job = {.spec = &p->point->train, .graph = g, .view = &view};
    const char *augment = p->point->data.augment;
    int thawed = 0;
    if (!g)
        return (struct image_seconds){.step = 0};
    if (g->critic)
        return seconds_of_adversaries(p, macs_a_second);
    while (thawed < g->nnodes && !(g->node[thawed].ntensors && !g->node[thawed].frozen))
        thawed++;
    const int nodes = nn_fixed_nodes(g);
    const int kept = train_keeps_front(&job) && (!augment || !*augment || !strcmp(augment, PARSE_NONE));
    const double all = forward_seconds(g, 0, g->nnodes, macs_a_second);
    const double front = forward_seconds(g, 0, nodes, macs_a_second);
    const double look = kept ? all - front : all;
    return (struct image_seconds){look + 2 * forward_seconds(g, thawed, g->nnodes, macs_a_second), 3 * all, look, all,
                                  kept ? front : 0};
}

/* Epochs before those in which everything is trained. */
static int frozen_epochs(const struct plan_point *p)
{
    const struct nn_graph *g = p->graph;
    const int epochs = p->point->train.epochs;
    return !g || !g->frozen ? 0 : g->unfreeze_at && g->unfreeze_at <= epochs ? g->unfreeze_at - 1 : epochs;
}

static double seconds_at(const struct plan_point *p, double macs_a_second)
{
    const struct train_spec *t = &p->point->train;
    const size_t n = p->n[DATA_TRAIN], most = (size_t)t->batch_size, batch = most < n ? most : n;
    const size_t steps = batch ? n / batch : 0, rest = batch && !t->drop_last ? n % batch : 0;
    const size_t each = (size_t)t->accumulate * (size_t)t->critic_steps;
    const size_t updates = (steps + !!rest + each - 1) / each;
    const double rounds = t->epoch_steps && updates ? t->epoch_steps / (double)updates : 1; /* of an epoch */
    const double images = (double)steps * images_of_blocks(batch) + images_of_blocks(rest);
    const double held_out = images_of_blocks(p->n[DATA_VALIDATION]);
    const struct image_seconds of = seconds_of_image(p, macs_a_second);
    const double update = p->graph ? 4 * (double)p->graph->param_floats * UPDATE_PASSES / PASS_BYTES : 0;
    const int frozen = frozen_epochs(p);
    const double trained = rounds * images * (frozen * of.frozen_step + (t->epochs - frozen) * of.step);
    return trained + t->epochs * (rounds * (double)updates * update + held_out * of.look) +
           images_of_blocks(p->n[DATA_TEST]) * of.test + (images_of_blocks(n) + held_out) * of.once;
}

double planner_cost(const struct plan_point *p)
{
    return seconds_at(p, USUAL_RATE);
}

double plan_seconds(const struct plan_point *p)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, measure_rate);
    double seconds = seconds_at(p, rate), floats = p->graph ? (double)p->graph->param_floats * (2 + TRAIN_STATES) : 0;
    int epochs = p->point->train.epochs;
    return seconds + checkpoint_seconds(seconds, epochs, 4 * floats + epochs * (double)sizeof(struct epoch_row));
}

static size_t worker_bytes(const struct plan_point *out, const struct data_view *view, int members)
{
    struct team team = {.size = members};
    struct train_job job = {&out->point->train, out->graph, view, kernels_pick(NULL), 0, &team, out->judge};
    return train_bytes(&job);
}

/* The reason stands in the tables, which do not depend on where the sweep file is or what stands above a line of it. */
static const char *without_place(const struct planner *p, const char *text)
{
    const char *const place[] = {sweep_where(p->sweep, "", "").file, COMMAND_LINE};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        const size_t n = strlen(place[i]);
        const char *after = strncmp(text, place[i], n) != 0 || text[n] != ':' ? NULL : strstr(text + n, ": ");
        if (after)
            return after + 2;
    }
    return text;
}

/* Keeps why the point is skipped, and where that is. */
static void keep_reason(struct planner *p, struct plan_point *out, const char *text)
{
    const char *reason = without_place(p, text);
    snprintf(p->why, sizeof p->why, "%s", reason);
    snprintf(p->why_at, sizeof p->why_at, "%.*s", (int)(reason - text), text);
    out->skip = p->why;
}

/* A network that does not fit together skips its point; anything else wrong with it is a mistake. */
static int graph_failed(struct planner *p, struct err_list *found, struct plan_point *out, struct err_list *errs)
{
    int fits = 1;
    for (size_t i = 0; i < found->n; i++)
        fits &= found->v[i].code == ERR_SHAPE;
    if (fits && found->n)
        keep_reason(p, out, found->v[0].text);
    for (size_t i = 0; i < found->n && !out->skip; i++)
        err_list_take(errs, &found->v[i]);
    err_list_release(found);
    return out->skip ? 0 : -1;
}

/* A mistake that shows at a point of several skips this point, as others may be without it. What is not there (files,
 * memory) is no mistake. 0, or -1 where it is not to be skipped. */
static int skip_mistaken(struct planner *p, struct plan_point *out, const struct err_list *found)
{
    const int several = sweep_search(p->sweep)->type->draws || sweep_points(p->sweep) > 1;
    int mistaken = several && found->n && out->point && p->point.value;
    for (size_t i = 0; i < found->n; i++)
        mistaken &= found->v[i].code == ERR_USAGE || found->v[i].code == ERR_SHAPE;
    if (!mistaken)
        return -1;
    keep_reason(p, out, found->v[0].text);
    out->mistake = 1;
    return 0;
}

void planner_data_error(const struct sweep *s, const struct proposal *at_point, const struct data_spec *data,
                        struct err *e)
{
    if (!e->code || e->code == ERR_NOMEM)
        return;
    struct where at = sweep_point_where(s, at_point, "data", *data->path ? "path" : "dataset");
    struct err told = {0};
    err_at(&told, e->code, &at, "%s", e->text);
    *e = told;
}

/* Sizes that do not fit the dataset are told with the place of the key. */
static int split_sizes(const struct sweep *s, const struct proposal *at_point, const struct dataset *d,
                       const struct data_spec *data, size_t n[3], struct err *e)
{
    struct err first = {0};
    if (!data_split_sizes(d, data, NULL, n, &first))
        return 0;
    memset(n, 0, 3 * sizeof *n);
    const struct where at[3] = {[DATA_TRAIN] = sweep_point_where(s, at_point, "data", "train"),
                                [DATA_VALIDATION] = sweep_point_where(s, at_point, "data", "validation"),
                                [DATA_TEST] = sweep_point_where(s, at_point, "data", "test")};
    return data_split_sizes(d, data, at, n, e);
}

/* A normalization that does not fit the dataset is told with the place of the key. */
static int normalize_fits(const struct sweep *s, const struct proposal *at_point, const struct dataset *d,
                          const struct data_spec *data, struct err *e)
{
    const struct where at = sweep_point_where(s, at_point, "data", "normalize");
    return data_normalize_check(d, data, &at, e);
}

/* Task, loss and data fit together, and so do the other keys of [train], or, where the network is known, it and they;
 * what does not is told with the place of the key. */
static int task_fits(struct planner *p, struct plan_point *out, struct err *e)
{
    const char *key;
    struct err why = {0};
    out->task = train_task(&p->point.train, target_of(out->set));
    const struct train_spec *t = &p->point.train;
    const struct target_kind target = target_of(out->set);
    if (out->graph ? !train_network_check(t, &p->point.data, out->graph, target, &key, &why)
                   : !train_task_check(t, out->set, &key, &why) && !train_keys_check(t, out->n, &key, &why))
        return 0;
    struct where at = sweep_point_where(p->sweep, p->point.at, "train", key);
    return err_at(e, why.code, &at, "%s", why.text);
}

/* A critic is there where the task wants one. */
static int critic_fits(struct planner *p, const struct plan_point *q, struct err *e)
{
    const struct where at = sweep_point_where(p->sweep, p->point.at, "model", "critic");
    if (q->task->adversarial && !p->point.ncritic)
        return err_at(
            e, ERR_USAGE, &at,
            "%s wants a second network, which tells samples from what `layers` make of noise; write its layers, "
            "such as flatten, dense 64, leaky_relu, dense 1",
            q->task->name);
    if (!q->task->adversarial && p->point.ncritic)
        return err_at(e, ERR_USAGE, &at, "%s has no critic; write train.task = generate, or leave it out",
                      q->task->name);
    return 0;
}

/* Refuses an objective that the task of the point does not measure: it ranks the points. */
static int task_measures(const struct plan_point *q, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(q->sweep);
    const unsigned measured = train_task_metrics(&q->point->train, q->graph, q->set);
    size_t k = 0;
    while (k < spec->goals && (spec->goal[k].fact || measured >> train_metrics[spec->goal[k].metric].metric & 1))
        k++;
    if (k == spec->goals)
        return 0;
    const struct metric *m = &train_metrics[spec->goal[k].metric];
    struct where at = sweep_where(q->sweep, "sweep", "objective");
    const char *loss = train_metrics[metric_on(m->split, METRIC_LOSS)].name;
    return err_at(e, ERR_USAGE, &at,
                  "%s is not measured by %s, the task of dataset %s; write min %s, or a metric that `sweep list tasks` "
                  "has for it",
                  m->name, q->task->name, q->set->name, loss);
}

/* Refuses an objective that the task measures on other splits, or only where it selects the epoch. */
static int objective_seen(const struct plan_point *q, struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(q->sweep);
    const struct where at = sweep_where(q->sweep, "sweep", "objective");
    const struct metric *by = &train_metrics[q->point->train.metric]; /* selects the epoch, there: */
    const int selector = metric_on(q->n[DATA_VALIDATION] ? by->split : DATA_TRAIN, by->metric);
    for (size_t k = 0; k < spec->goals; k++) {
        const struct metric *m = spec->goal[k].fact ? NULL : &train_metrics[spec->goal[k].metric];
        if (!m || m->split == DATA_TEST)
            continue;
        const unsigned bit = 1u << m->metric;
        if (m->split == DATA_TRAIN && q->task->untrained & bit)
            return err_at(e, ERR_USAGE, &at, "%s is never measured: %s has it of the other splits; write %s %s",
                          m->name, q->task->name, m->larger_is_better ? "max" : "min",
                          train_metrics[metric_on(DATA_VALIDATION, m->metric)].name);
        if (q->task->selecting[m->split] & bit && spec->goal[k].metric != selector)
            return err_at(
                e, ERR_USAGE, &at,
                "%s is measured only where it selects the epoch, as the first objective does; write it first, "
                "or %s in its place",
                m->name, train_metrics[metric_on(DATA_TEST, m->metric)].name);
    }
    return 0;
}

/* Refuses to select an epoch by what the training split never has, where there is no other. */
static int selector_seen(const struct plan_point *q, struct err *e)
{
    const struct train_spec *t = &q->point->train;
    const struct metric *m = &train_metrics[t->metric];
    const int selects = t->select == 0 || t->patience > 0 || schedule_types[t->schedule]->after_epoch;
    if (q->n[DATA_VALIDATION] || !selects || !(q->task->untrained >> m->metric & 1))
        return 0;
    const struct where at = sweep_point_where(q->sweep, q->point->at, "data", "validation");
    return err_at(
        e, ERR_USAGE, &at,
        "sweep.objective selects the epoch by %s, which 0 leaves unmeasured, and the training split never has "
        "it; set a validation split, or an objective that it has, such as min train_loss",
        train_metrics[metric_on(DATA_VALIDATION, m->metric)].name);
}

/* Refuses an objective on a split without samples. */
static int objective_measured(const struct sweep *s, const struct proposal *at_point, const size_t n[3], struct err *e)
{
    const struct sweep_spec *spec = sweep_spec(s);
    size_t k = n[DATA_VALIDATION] ? spec->goals : 0;
    while (k < spec->goals && (spec->goal[k].fact || train_metrics[spec->goal[k].metric].split != DATA_VALIDATION))
        k++;
    if (k == spec->goals)
        return 0;
    const struct metric *m = &train_metrics[spec->goal[k].metric];
    struct where at = sweep_point_where(s, at_point, "data", "validation");
    return err_at(e, ERR_USAGE, &at,
                  "sweep.objective is %s, which 0 leaves unmeasured; set a validation split, or the objective to %s %s",
                  m->name, m->larger_is_better ? "max" : "min", train_metrics[metric_on(DATA_TRAIN, m->metric)].name);
}

/* Finds out whether the point is the same training as an earlier one. Only points that are trained are asked: two
 * points of one training may differ in what [require] asks for, and the one that breaks it must not take the other with
 * it. */
static int find_same_training(struct planner *p, struct plan_point *out, struct err *e)
{
    uint64_t alike = str_hash(out->point->alike, out->n, sizeof out->n);
    alike = str_hash(alike, &out->set->fingerprint, sizeof out->set->fingerprint);
    uint64_t first = keymap_get(&p->seen, alike);
    if (first != KEYMAP_NONE)
        out->same_as = first;
    else if (keymap_put(&p->seen, alike, out->index))
        return err_set(e, ERR_NOMEM, "no memory for %llu points", (unsigned long long)out->index);
    return 0;
}

/* A step whose last batch holds one image, and a batchnorm that sees one value a channel: what it puts out does not
 * depend on the image then. */
static int normalizes_one_value(const struct plan_point *q)
{
    const struct train_spec *t = &q->point->train;
    size_t n = q->n[DATA_TRAIN], batch = n < (size_t)t->batch_size ? n : (size_t)t->batch_size;
    if (batch > 1 && (t->drop_last || n % batch != 1))
        return 0;
    for (int i = 0; i < q->graph->nnodes; i++) {
        const struct nn_node *nd = &q->graph->node[i];
        const int running = nd->frozen && !q->graph->unfreeze_at; /* it normalizes by its running statistics */
        if (nd->flags & OVER_BATCH && !running && nd->x[0].h * nd->x[0].w == 1)
            return batch == 1 ? 2 : 1;
    }
    return 0;
}

static int drops(const struct nn_graph *g)
{
    return nn_uses(g, "dropout") || nn_uses(g, "dropout2d") || nn_uses(g, "droppath");
}

/* Trainings that cannot do anything are skipped; what is only odd is noted. */
static void look_closer(struct planner *p, struct plan_point *q)
{
    const struct train_spec *t = &q->point->train;
    const char *first = "";
    int empty = data_empty_classes(q->set, q->n, &first), one = normalizes_one_value(q);
    int rare = data_rare_classes(q->set, sweep_spec(q->sweep)->folds);
    if (t->drop_last && q->n[DATA_TRAIN] < (size_t)t->batch_size)
        snprintf(p->why, sizeof p->why,
                 "drop_last leaves no step: batch_size is %d and there are %zu training samples; write a smaller "
                 "batch_size or drop_last = no",
                 t->batch_size, q->n[DATA_TRAIN]);
    else if (train_detail_values(t, q->graph) > TRAIN_DETAIL_VALUES)
        snprintf(
            p->why, sizeof p->why,
            "detail = layers keeps %zu numbers of this training, more than %d; write fewer epochs or detail = none",
            train_detail_values(t, q->graph), TRAIN_DETAIL_VALUES);
    else if (one == 2)
        snprintf(
            p->why, sizeof p->why,
            "batchnorm has a single value of every channel to normalize, so that the network sees nothing; write a "
            "larger batch_size");
    if (*p->why)
        q->skip = p->why;
    else if (empty)
        snprintf(p->note, sizeof p->note, "%d of %d classes ha%s no training sample%s%s", empty, data_classes(q->set),
                 empty == 1 ? "s" : "ve", empty == 1 ? ": " : ", such as ", first);
    else if (rare)
        snprintf(p->note, sizeof p->note, "%d of %d classes ha%s fewer samples than there are folds", rare,
                 data_classes(q->set), rare == 1 ? "s" : "ve");
    else if (one)
        snprintf(
            p->note, sizeof p->note,
            "the last batch of an epoch holds one image, of which batchnorm leaves nothing; drop_last = yes leaves "
            "it out");
    else if (train_late_dropout(t) && !drops(q->graph))
        snprintf(p->note, sizeof p->note, "train.dropout_from changes nothing: the network has no dropout");
    q->note = *p->note ? p->note : NULL;
}

/* An error about a key of [model] gets the place of the key. Returns -1. */
static int wrong_model_key(const struct planner *p, const char *key, const struct err *why, struct err *e)
{
    const struct where at = sweep_point_where(p->sweep, p->point.at, "model", key);
    return why->code == ERR_NOMEM ? (*e = *why, -1) : err_at(e, why->code, &at, "%s", why->text);
}

/* Says of a start how much of it is taken, where nothing else is to be noted. */
static void note_start(struct planner *p, const struct start_match *m, const struct start_file *f)
{
    char name[NN_NAME], now[64] = "";
    size_t i = 0;
    while (i < m->tensors && m->row[i].taken)
        i++;
    if (*p->note)
        return;
    if (f->now)
        snprintf(now, sizeof now, " (%s is %016" PRIx64 " now)", strchr(f->word, '@') ? "which" : "the best", f->now);
    snprintf(p->note, sizeof p->note, "%zu of %zu tensors begin with those of %.80s%s%s%s%s", m->taken, m->tensors,
             f->name, now, i < m->tensors ? "; not " : "", i < m->tensors ? start_name(m->row[i].to, name) : "",
             m->tensors - m->taken > 1 ? " and others" : "");
}

/* The ids of another network's tokens are those of other words. */
static int check_start_tokens(const struct start_file *f, const struct dataset *d, struct err *e)
{
    const char *tokens = tensors_text(&f->tensors, "tokens"), *target = tensors_text(&f->tensors, "target_tokens");
    if ((!tokens || !d->tokens || !strcmp(tokens, d->tokens)) &&
        (!target || !d->target_tokens || !strcmp(target, d->target_tokens)))
        return 0;
    return err_set(
        e, ERR_USAGE,
        "%s has learned of other tokens: an id stands for another one there; take the texts, and the keys of "
        "[data], that it has learned from",
        f->word);
}

/* What the network begins with, and what of it is trained: checked, and made a part of what the training is known by.
 */
static int plan_transfer(struct planner *p, struct plan_point *out, struct err *e)
{
    const struct nn_spec *s = &p->point.nn;
    struct err why = {0};
    const char *key;
    uint64_t h = STR_HASH;
    if (!nn_has_start(s) && !*s->freeze && !*s->lr_scale)
        return 0;
    if (nn_transfer_check(out->graph, s, &key, &why))
        return wrong_model_key(p, key, &why, e);
    if (nn_has_start(s)) {
        struct start_match *m = arena_take(&p->mem, sizeof *m);
        const struct start_file *f = starts_open(p->sets, "model.start", s->start, &why);
        key = "start";
        if (!m)
            return err_set(e, ERR_NOMEM, "no memory for what the network begins with");
        if (!f || check_start_tokens(f, out->set, &why) ||
            start_find(m, out->graph, &f->tensors, s->match, &p->mem, &key, &why))
            return wrong_model_key(p, key, &why, e);
        h = str_hash(h, &f->hash, sizeof f->hash);
        out->start = m;
        p->point.nn.start = f->name;
        note_start(p, m, f);
    }
    h = start_hash(h, out->start, out->graph);
    out->hash = str_hash(out->hash, &h, sizeof h);
    p->point.alike = str_hash(p->point.alike, &h, sizeof h);
    return 0;
}

/* The point's settings and its data. -1 with *errs. */
static int plan_settings(struct planner *p, const struct proposal *at, struct plan_point *out, struct data_spec *data,
                         struct err_list *errs)
{
    struct err e = {0};
    if (sweep_point_data(p->sweep, at, &p->mem, data, errs))
        return -1;
    out->set = datasets_peek(p->sets, data, &e);
    planner_data_error(p->sweep, at, data, &e);
    err_list_take(errs, &e);
    if (!out->set)
        return -1;
    out->sweep = p->sweep;
    out->point = &p->point;
    const int bad = sweep_point(p->sweep, at, target_of(out->set), &p->mem, &p->point, errs);
    out->task = train_task(&p->point.train, target_of(out->set));
    return bad;
}

/* The classifier that judges what is made: found, and its file made a part of what the training is known by. */
static int plan_judge(struct planner *p, struct plan_point *out, struct err *e)
{
    const char *word = p->point.train.judge;
    struct err why = {0};
    uint64_t hash;
    if (!*word)
        return 0;
    out->judge = judge_open(p->sets, word, data_input(out->set)->shape, &hash, &why);
    if (!out->judge) {
        const struct where at = sweep_point_where(p->sweep, p->point.at, "train", "judge");
        return why.code == ERR_NOMEM ? (*e = why, -1) : err_at(e, why.code, &at, "%s", why.text);
    }
    out->hash = str_hash(out->hash, &hash, sizeof hash);
    p->point.alike = str_hash(p->point.alike, &hash, sizeof hash);
    return 0;
}

static int plan_point(struct planner *p, const struct proposal *at, struct plan_point *out, struct err_list *errs)
{
    struct err e = {0};
    struct data_spec data;
    if (plan_settings(p, at, out, &data, errs))
        return -1;
    if (split_sizes(p->sweep, at, out->set, &data, out->n, &e) || normalize_fits(p->sweep, at, out->set, &data, &e) ||
        objective_measured(p->sweep, at, out->n, &e) || task_fits(p, out, &e) || task_measures(out, &e) ||
        objective_seen(out, &e) || selector_seen(out, &e) || critic_fits(p, out, &e)) {
        err_list_take(errs, &e);
        return -1;
    }
    out->hash = str_hash(p->point.hash, &out->set->fingerprint, sizeof out->set->fingerprint);
    struct err_list found = {0};
    if (point_graph(&p->point, out->set, &p->graph, &p->mem, &found))
        return graph_failed(p, &found, out, errs);
    out->graph = &p->graph;
    if (plan_transfer(p, out, &e) || plan_judge(p, out, &e) || task_fits(p, out, &e) || task_measures(out, &e)) {
        err_list_take(errs, &e);
        return -1;
    }
    int holds = sweep_require_model(p->sweep, &p->point, &p->graph, p->why, sizeof p->why, &e);
    if (holds < 0) {
        err_list_take(errs, &e);
        return -1;
    }
    if (!holds)
        out->skip = p->why;
    else
        look_closer(p, out);
    if (!out->skip && find_same_training(p, out, &e)) {
        err_list_take(errs, &e);
        return -1;
    }
    struct data_view view = {.set = out->set,
                             .n = {out->n[0], out->n[1], out->n[2]},
                             .targets = data_numbers(out->set),
                             .fold = data.folds > 0};
    out->bytes = worker_bytes(out, &view, p->members);
    return out->bytes < SIZE_MAX ? 0 : err_list_nomem(errs);
}

int planner_point(struct planner *p, uint64_t index, const struct proposal *at, struct plan_point *out,
                  struct err_list *errs)
{
    struct err_list found = {0};
    memset(out, 0, sizeof *out);
    memset(&p->point, 0, sizeof p->point);
    out->index = out->same_as = index;
    *p->why = *p->why_at = *p->note = 0;
    out->skip_at = p->why_at;
    arena_reset(&p->mem);
    int bad = plan_point(p, at, out, &found) && (p->mem.failed || skip_mistaken(p, out, &found));
    for (size_t i = 0; i < found.n && bad; i++)
        err_list_take(errs, &found.v[i]);
    err_list_release(&found);
    if (p->mem.failed)
        return err_list_nomem(errs); /* it also looks like a network that does not fit together */
    return bad ? -1 : 0;
}

static int none_is_left(const struct plan_draws *d, struct err_list *errs)
{
    struct err e = {0};
    if (d->one_mistake)
        err_set(&e, ERR_USAGE, "%s", d->why);
    else
        err_set(&e, ERR_USAGE,
                "the search finds no point: none of the %llu that were drawn can be trained; the first because %s",
                (unsigned long long)d->broken, d->why);
    err_list_take(errs, &e);
    return -1;
}

static void leave_out(struct plan_draws *d, const struct plan_point *q)
{
    char why[sizeof d->why];
    if (!q->skip) {
        d->same++;
        return;
    }
    snprintf(why, sizeof why, "%s%s", q->skip_at, q->skip);
    if (!d->broken++) {
        memcpy(d->why, why, sizeof why);
        d->one_mistake = q->mistake;
    }
    d->one_mistake &= !strcmp(d->why, why);
}

#define LEFT_OUT 10000 /* proposals in a row that are left out: the search is taken for having found what there is */

/* Tells a search that listens what has become of the proposal. */
static int tell_search(struct planner *p,
                       int (*told)(const struct search *, struct search_history *, const struct proposal *,
                                   struct err *),
                       struct err_list *errs)
{
    const struct search *s = sweep_search(p->sweep);
    struct err e = {0};
    int bad = s->type->listens && told(s, &p->history, &p->at, &e);
    err_list_take(errs, &e);
    return bad ? -1 : 0;
}

/* Leaves the lock meanwhile: only p->history is written, and what a proposal is made from does not change. */
static int ask_search(struct planner *p, struct err *e)
{
    if (p->lock)
        omp_unset_lock(p->lock);
    int end = search_next(sweep_search(p->sweep), &p->history, &p->at, e);
    if (p->lock)
        omp_set_lock(p->lock);
    return end;
}

int planner_next(struct planner *p, struct plan_point *out, struct err_list *errs)
{
    const struct search *s = sweep_search(p->sweep);
    int end = p->next >= search_size(s);
    for (int i = 0; i < LEFT_OUT && !end; i++) {
        struct err e = {0};
        end = ask_search(p, &e);
        err_list_take(errs, &e);
        if (!end && planner_point(p, p->next, &p->at, out, errs))
            end = -1;
        if (!end && (!s->type->draws || (!out->skip && out->same_as == out->index))) {
            p->next++;
            return tell_search(p, search_accept, errs); /* SEARCH_FOUND */
        }
        if (!end) {
            leave_out(&p->draws, out);
            end = out->skip ? tell_search(p, search_refuse, errs) : 0; /* else it is trained already */
        }
    }
    if (end < 0 || end == SEARCH_WAITS)
        return end;
    return !p->next && p->draws.broken ? none_is_left(&p->draws, errs) : SEARCH_END;
}

int planner_seek(struct planner *p, uint64_t first, struct err_list *errs)
{
    struct plan_point point;
    int end = 0;
    if (!sweep_search(p->sweep)->type->draws)
        p->history.asked = p->next = first;
    while (!end && p->next < first)
        end = planner_next(p, &point, errs);
    return end;
}

int planner_sound(struct planner *p, struct plan_point *out, struct err_list *errs)
{
    struct err mistake = {0};
    char text[sizeof mistake.text];
    int end;
    while (!(end = planner_next(p, out, errs)) && out->mistake) {
        snprintf(text, sizeof text, "%s%s", out->skip_at, out->skip);
        if (mistake.code && (strcmp(mistake.text, text) != 0 || p->next > RUN_LIMIT))
            return end;
        err_set(&mistake, ERR_USAGE, "%s", text);
    }
    if (end != SEARCH_END || !mistake.code)
        return end;
    err_list_take(errs, &mistake);
    return -1;
}

/* Whether a mistake that all points have was found, and is in *errs. */
static int all_are_mistaken(const struct sweep *s, struct datasets *sets, struct err_list *errs)
{
    struct planner p;
    struct plan_point point;
    planner_init(&p, s, sets);
    const int end = planner_sound(&p, &point, errs);
    planner_release(&p);
    return end < 0;
}

int plan_all_skipped(const char *first, const char *at, struct err *e)
{
    return err_set(e, ERR_USAGE, "every point of the grid is skipped; the first because %s%s", at,
                   first ? first : "there is none");
}

int plan_visit(const struct sweep *s, const char *out, uint64_t first, uint64_t count, int jobs,
               int (*visit)(void *ctx, const struct plan_point *p), void *ctx, struct plan_draws *draws,
               struct err_list *errs)
{
    struct datasets sets = {.assume = 1, .out = out, .name = sweep_spec(s)->name};
    struct planner p;
    planner_init(&p, s, &sets);
    p.members = jobs < CREW_MOST ? jobs : CREW_MOST;
    struct plan_point point;
    int end = all_are_mistaken(s, &sets, errs) ? -1 : planner_seek(&p, first, errs);
    for (uint64_t i = 0; i < count && !end; i++) {
        end = planner_next(&p, &point, errs);
        if (!end && visit(ctx, &point))
            break;
    }
    if (draws) {
        *draws = p.draws;
        draws->waits = end == SEARCH_WAITS;
    }
    planner_release(&p);
    datasets_release(&sets);
    return end < 0 ? -1 : 0;
}
