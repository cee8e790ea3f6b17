/* data_json.c - prints what was found in a dataset as one JSON document. */
#include "cli/commands/data_out.h"

#include "cli/console/json.h"

static const char *shape_name(enum shape_kind kind)
{
    return kind == VECTOR ? "vector" : kind == SEQUENCE ? "sequence" : kind == VOLUME ? "volume" : "maps";
}

static void json_shape(struct json *j, const struct shape s)
{
    json_open(j, "shape", '{');
    json_text(j, "kind", shape_name(s.kind));
    json_number(j, "channels", s.c);
    if (s.kind == VOLUME)
        json_number(j, "slices", s.d);
    json_number(j, "height", s.kind == VOLUME ? shape_rows(s) : s.h);
    json_number(j, "width", s.w);
    json_close(j, '}');
}

static void json_splits(struct json *j, const char *key, const size_t n[INSPECT_SPLITS])
{
    json_open(j, key, '{');
    for (int s = 0; s < INSPECT_SPLITS; s++)
        json_number(j, inspect_split_name[s], (double)n[s]);
    json_close(j, '}');
}

static void json_classes(struct json *j, const struct inspection *of)
{
    const struct field *y = data_target(of->view->set);
    json_open(j, "classes", '[');
    for (int k = 0; of->classes && k < y->classes; k++) {
        json_open(j, NULL, '{');
        json_text(j, "class", y->class_name[k]);
        json_splits(j, field_is_label_map(y) ? "pixels" : "samples", of->classes[k]);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void json_column(struct json *j, const char *split, const struct inspect_column *c)
{
    json_open(j, NULL, '{');
    json_text(j, "split", split);
    json_text(j, "name", c->name);
    json_text(j, "type", c->type);
    json_number(j, "mean", c->mean);
    json_number(j, "deviation", c->deviation);
    json_number(j, "least", c->least);
    json_number(j, "largest", c->largest);
    json_number(j, "missing", (double)c->missing);
    json_close(j, '}');
}

static void json_twins(struct json *j, const struct inspection *of)
{
    json_open(j, "duplicates", '[');
    for (size_t i = 0; i < INSPECT_TWINS; i++) {
        const struct inspect_twins *t = &of->twins[i];
        json_open(j, NULL, '{');
        json_text(j, "of", inspect_split_name[t->to]);
        json_text(j, "in", inspect_split_name[t->from]);
        json_number(j, "samples", (double)t->samples);
        json_number(j, "disagree", (double)t->disagree);
        if (t->samples) {
            json_number(j, "example", (double)t->second + 1);
            json_number(j, "repeats", (double)t->first + 1);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

void data_print_json(const struct inspection *of)
{
    const struct dataset *d = of->view->set;
    struct json j = {.f = stdout};
    json_begin(&j);
    json_text(&j, "dataset", d->name);
    json_text(&j, "credit", d->credit);
    json_shape(&j, data_input(d)->shape);
    json_splits(&j, "samples", of->view->n);
    json_classes(&j, of);
    if (of->tokens)
        data_json_tokens(&j, "texts", of->tokens);
    if (of->wanted)
        data_json_tokens(&j, "translations", of->wanted);
    json_open(&j, "features", '[');
    for (size_t c = 0; c < of->inputs; c++)
        json_column(&j, inspect_split_name[DATA_TRAIN], &of->input[c]);
    json_close(&j, ']');
    json_open(&j, "targets", '[');
    for (size_t c = 0; c < of->targets; c++)
        for (int s = 0; s < INSPECT_SPLITS; s++)
            json_column(&j, inspect_split_name[s], &of->target[s][c]);
    json_close(&j, ']');
    json_twins(&j, of);
    json_close(&j, '}');
}
