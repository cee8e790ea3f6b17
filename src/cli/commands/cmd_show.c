/* cmd_show.c - prints the network of one point, layer by layer. */
#include "cli/commands/show_dot.h"

#include "base/str.h"
#include "cli/console/json.h"
#include "cli/console/text.h"
#include "model/starting.h"
#include "nn/freezing.h"
#include "nn/layer.h"
#include "train/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct show {
    const char *file;
    int dot, json, status, shown;
};

/* Writes a number for rows and columns, and of volumes for slices: once where all are alike. */
static void sides_text(char *buf, size_t n, const int side[NN_SIDES], int volume)
{
    if (side[0] == side[1] && (!volume || side[2] == side[0]))
        snprintf(buf, n, "%d", side[0]);
    else if (volume)
        snprintf(buf, n, "%dx%dx%d", side[2], side[0], side[1]);
    else
        snprintf(buf, n, "%dx%d", side[0], side[1]);
}

/* Adds the row of a node. Receptive field and jump say something as long as there are maps. In a graph that is no chain
 * each layer has its number, stands as far in as it is inside of blocks, and says what it reads where that is not
 * plain: where a body begins, and where several meet. */
static int add_node(struct table *t, const struct nn_node *nd, int chain)
{
    char block[16], shape[64], params[32], macs[TEXT_NUM], field[32] = "", jump[32] = "", distance[16] = "";
    char number[16], inputs[256] = "", layer[256];
    snprintf(block, sizeof block, "%d", nd->block);
    shape_text(nd->y, shape, sizeof shape);
    snprintf(params, sizeof params, "%zu", nd->params);
    snprintf(macs, sizeof macs, "%.0f", nd->macs);
    if (nd->x[0].kind >= MAPS) {
        sides_text(field, sizeof field, nd->rf, nd->x[0].kind == VOLUME);
        sides_text(jump, sizeof jump, nd->jump, nd->x[0].kind == VOLUME);
    }
    if (nd->type->flags & DISTANCE_SHOWN)
        snprintf(distance, sizeof distance, "%d", nd->distance);
    snprintf(number, sizeof number, "%d", nd->index + 1);
    snprintf(layer, sizeof layer, "%*s%s", chain ? 0 : 2 * nd->level, "", nd->text);
    if (nd->nin > 1 || nd->in[0] != nd->index - 1 || (nd->index && nd->level > nd[-1].level))
        nn_inputs_text(nd, inputs, sizeof inputs);
    const char *const in_chain[] = {block, nd->text, shape, params, macs, field, jump, distance};
    const char *const in_graph[] = {block, number, layer, inputs, shape, params, macs, field, jump, distance};
    return table_row(t, chain ? in_chain : in_graph);
}

static int print_layers(const struct nn_graph *g)
{
    static const char *const of_chain[] = {"block", "layer",           "output", "params",
                                           "MACs",  "receptive field", "jump",   "distance to output"};
    static const char *const of_graph[] = {"block",  "number", "layer",           "reads", "output",
                                           "params", "MACs",   "receptive field", "jump",  "distance to output"};
    struct table t;
    table_init(&t);
    int chain = nn_is_chain(g);
    int bad = chain ? table_columns(&t, of_chain, sizeof of_chain / sizeof of_chain[0])
                    : table_columns(&t, of_graph, sizeof of_graph / sizeof of_graph[0]);
    for (int i = 0; i < g->nnodes && !bad; i++)
        bad = add_node(&t, &g->node[i], chain);
    if (!bad)
        text_table(stdout, &t, 0);
    table_release(&t);
    return bad;
}

/* Prints what comes before the layers. 0, or -1 without memory. */
static int print_point(const struct plan_point *q)
{
    struct str axes = {0};
    char shape[64];
    point_text(q->sweep, q->point, &axes);
    if (axes.failed) {
        str_release(&axes);
        return -1;
    }
    printf("%s, point %llu%s%s\n", sweep_spec(q->sweep)->name, (unsigned long long)(q->index + FIRST_POINT),
           axes.n ? ": " : "", axes.n ? axes.p : "");
    str_release(&axes);
    const struct target_kind target = target_of(q->set);
    struct shape of;
    const struct nn_target want = train_target(q->task, target, &of);
    const int positions = q->task->by_position ? of.h * of.w : 1, outputs = want.n / positions;
    printf("input %s, %d %s", shape_text(data_input(q->set)->shape, shape, sizeof shape), outputs,
           outputs == 1                                ? q->task->one
           : q->task->by_position && q->task->by_class ? "classes"
                                                       : q->task->many);
    if (q->task->by_position)
        printf(" at each of %d positions", positions);
    printf(" (%s: %zu to train, %zu to validate, %zu to test)\n\n", q->set->name, q->n[DATA_TRAIN],
           q->n[DATA_VALIDATION], q->n[DATA_TEST]);
    return 0;
}

static const char *head_help(const char *head)
{
    size_t i = 0;
    while (strcmp(nn_head_name(i), head) != 0)
        i++;
    return nn_head_help(i);
}

/* Prints a distance. Global pooling at the end is the head, not a pooling with a distance. */
static void print_distance(const char *what, int distance)
{
    if (distance < 0)
        printf("%-17s none\n", what);
    else
        printf("%-17s %d convolution and dense layers before the output\n", what, distance);
}

/* How many parameters are trained from the first epoch on, where some are not. */
static void print_frozen(const struct nn_graph *g)
{
    size_t frozen = 0;
    for (int i = 0; g->frozen && i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++)
            frozen += g->node[i].tensor[t].frozen ? g->node[i].tensor[t].n : 0;
    if (!g->frozen)
        return;
    printf("frozen            %zu parameters; %zu are trained", frozen, g->facts.params - frozen);
    if (g->unfreeze_at)
        printf(", from epoch %d on all are", g->unfreeze_at);
    printf("\n");
}

/* Which of the layers above are those of the critic. */
static void print_critic(const struct nn_graph *g)
{
    char sample[64];
    size_t params = 0;
    for (int i = g->critic; i < g->nnodes; i++)
        params += g->node[i].params;
    printf("generator         layers 1 to %d, from %d numbers of noise to %s, %zu parameters\n", g->critic, g->in.c,
           shape_text(g->node[g->critic - 1].y, sample, sizeof sample), g->facts.params - params);
    printf("critic            layers %d to %d, %zu parameters\n", g->critic + 1, g->nnodes, params);
}

static void print_facts(const struct plan_point *q)
{
    const struct nn_facts *f = &q->graph->facts;
    char macs[TEXT_NUM], bytes[TEXT_NUM], seconds[TEXT_NUM];
    printf("\n");
    printf("parameters        %zu\n", f->params);
    printf("MACs an image     %.0f (%s)\n", f->macs, text_count(macs, f->macs));
    printf("receptive field   %d\n", f->receptive_field);
    printf("jump              %d\n", f->jump);
    printf("depth             %d convolution and dense layers\n", f->depth);
    print_distance("last pooling", f->pool_distance);
    print_distance("last batchnorm", f->bn_distance);
    printf("head              %s: %s\n", f->head, head_help(f->head));
    printf("batch norm        %s\n", nn_uses(q->graph, "batchnorm") ? "yes" : "no");
    printf("dropout           %s\n", nn_uses(q->graph, "dropout") ? "yes" : "no");
    if (q->graph->critic)
        print_critic(q->graph);
    printf("task              %s\n", q->task->name);
    printf("loss              %s\n", train_loss(&q->point->train, target_of(q->set))->name);
    printf("precision         %s\n", nn_precision_name((size_t)q->point->nn.precision));
    for (size_t i = 0; i < sweep_made(q->sweep); i++) /* what follows from others */
        if (*q->point->made[i])
            printf("%-17s %s\n", sweep_made_key(q->sweep, i), q->point->made[i]);
    print_frozen(q->graph);
    printf("memory a worker   %s\n", text_bytes(bytes, (double)q->bytes));
    printf("expected time     %s a trial\n", text_seconds(seconds, plan_seconds(q)));
    if (q->skip)
        printf("skipped           %s\n", q->skip);
    if (q->note)
        printf("note              %s\n", q->note);
}

/* What the network begins with: how many tensors, and those that are left. 0, or -1 without memory. */
static int print_start(const struct plan_point *q)
{
    static const char *const head[] = {"tensor", "shape", "in the file", "shape", "what becomes of it"};
    const struct start_match *m = q->start;
    struct table t;
    table_init(&t);
    if (!m)
        return 0;
    printf("start             %s: %zu of %zu tensors are taken\n", q->point->nn.start, m->taken, m->tensors);
    int bad = table_columns(&t, head, sizeof head / sizeof *head);
    for (size_t i = 0; i < m->n && !bad; i++) {
        const struct start_row *r = &m->row[i];
        char name[NN_NAME], shape[128], stored[128];
        const char *const cell[] = {
            r->to ? start_name(r->to, name) : "",
            r->to ? tensor_shape_text(r->to->rank, r->to->dim, shape, sizeof shape) : "", r->from ? r->from->name : "",
            r->from ? tensor_shape_text(r->from->rank, r->from->dim, stored, sizeof stored) : "", start_state(r)};
        bad = !r->taken && table_row(&t, cell);
    }
    if (!bad && t.rows) {
        printf("\n");
        text_table(stdout, &t, 0);
    }
    table_release(&t);
    return bad;
}

static void side_json(struct json *j, const char *key, const int side[NN_SIDES], int volume)
{
    char text[64];
    sides_text(text, sizeof text, side, volume);
    json_cell(j, key, text);
}

static void layer_json(struct json *j, const struct nn_node *nd)
{
    char shape[64];
    json_open(j, NULL, '{');
    json_number(j, "number", nd->index + 1);
    json_number(j, "block", nd->block);
    json_number(j, "level", nd->level);
    json_text(j, "layer", nd->text);
    json_open(j, "reads", '[');
    for (int k = 0; k < nd->nin; k++)
        json_number(j, NULL, nd->in[k] + 1); /* 0: the input */
    json_close(j, ']');
    json_text(j, "output", shape_text(nd->y, shape, sizeof shape));
    json_number(j, "params", (double)nd->params);
    json_number(j, "macs", nd->macs);
    if (nd->x[0].kind >= MAPS) {
        side_json(j, "receptive_field", nd->rf, nd->x[0].kind == VOLUME);
        side_json(j, "jump", nd->jump, nd->x[0].kind == VOLUME);
    }
    json_close(j, '}');
}

/* The point, its facts and its layers as one document. */
static void point_json(const struct plan_point *q)
{
    struct json j = {.f = stdout};
    char shape[64];
    json_begin(&j);
    json_text(&j, "name", sweep_spec(q->sweep)->name);
    json_number(&j, "point", (double)(q->index + FIRST_POINT));
    json_open(&j, "values", '{');
    for (size_t i = 0; i < sweep_keys(q->sweep); i++)
        json_cell(&j, sweep_key(q->sweep, i), q->point->value[i]);
    json_close(&j, '}');
    json_text(&j, "dataset", q->set->name);
    json_text(&j, "input", shape_text(data_input(q->set)->shape, shape, sizeof shape));
    json_text(&j, "task", q->task->name);
    json_text(&j, "loss", train_loss(&q->point->train, target_of(q->set))->name);
    json_text(&j, "precision", nn_precision_name((size_t)q->point->nn.precision));
    json_open(&j, "facts", '{');
    for (const struct nn_fact *f = nn_fact_rows; f->name; f++)
        if (f->number)
            json_number(&j, f->name, f->number(&q->graph->facts));
        else
            json_text(&j, f->name, q->graph->facts.head);
    json_close(&j, '}');
    json_number(&j, "memory_bytes", (double)q->bytes);
    json_number(&j, "trial_seconds", plan_seconds(q));
    if (q->skip)
        json_text(&j, "skipped", q->skip);
    json_open(&j, "layers", '[');
    for (int i = 0; i < q->graph->nnodes; i++)
        layer_json(&j, &q->graph->node[i]);
    json_close(&j, ']');
    json_close(&j, '}');
}

static int keep_point(void *ctx, const struct plan_point *q)
{
    struct show *s = ctx;
    s->shown = 1;
    struct str told = {0};
    warn_absent(q->set, &told);
    tell_dataset(stderr, q->set, &told);
    str_release(&told);
    if (!s->dot && !s->json && print_point(q)) {
        s->status = fail_memory();
    } else if (!q->graph) {
        fprintf(stderr, "sweep: %s%s\n", q->skip_at, q->skip ? q->skip : "the network does not fit together");
        s->status = STATUS_USAGE;
    } else if (s->json) {
        point_json(q);
    } else if (s->dot) {
        print_dot(q);
    } else if (print_layers(q->graph)) {
        s->status = fail_memory();
    } else {
        print_facts(q);
        if (print_start(q))
            s->status = fail_memory();
    }
    return 1;
}

int cmd_show(const struct invocation *in)
{
    struct show show = {in->arg[0], in->opt.dot, in->opt.json, STATUS_DONE, 0};
    if (show.dot && show.json)
        return fail_usage("--dot and --json are two forms of the same; give one of them");
    struct sweep *s = open_sweep(in, &show.status);
    if (!s)
        return show.status;
    uint64_t k = in->opt.point < 0 ? 0 : (uint64_t)(in->opt.point - FIRST_POINT);
    struct err_list errs = {0};
    struct plan_draws draws = {0};
    if (k >= sweep_points(s))
        show.status = fail_usage("there is no point %d: the sweep has points %d..%llu", in->opt.point, FIRST_POINT,
                                 (unsigned long long)(sweep_points(s) - 1 + FIRST_POINT));
    else if (plan_visit(s, in->opt.out, k, 1, 1, keep_point, &show, &draws, &errs))
        show.status = fail_list(&errs, show.file);
    else if (!show.shown)
        show.status = draws.waits ? fail_usage("point %d follows from results: NAME.layers.csv has the network of each "
                                               "point that was proposed",
                                               in->opt.point)
                                  : fail_usage("there is no point %d: the search finds fewer, as `sweep plan` says",
                                               in->opt.point);
    err_list_release(&errs);
    sweep_free(s);
    return show.status;
}
