/* metadata.c - the texts of a model file. Of these, in this order:
 *
 *   format      pt, as PyTorch's loaders want it
 *   network     the layers in normal words, one line, variables and blocks written out
 *   critic      of adversarial networks: the layers of the critic, whose numbers go on from those of the network
 *   noise       and how many numbers the network begins with, to make a sample
 *   input       the shape of a sample, "1x28x28", "10x64", "10" or "1x16x64x64"
 *   values      bytes (pixels), numbers or tokens: what a sample's values are before they are normalized
 *   precision   fp32 or bf16: with which it has learned, and computes here
 *   task, loss  words of `sweep list tasks` and `sweep list losses`
 *   dataset     what it has learned from
 *   classes     a JSON list of their names, in the order of the outputs; absent: the outputs are numbers
 *   scale, shift   JSON lists, a number for each channel of the input: value * scale + shift goes into the network
 *   fill        likewise what a missing number is taken for; absent: none is missing
 *   white       the largest value of a pixel; absent: 255
 *   fit, background   how image files become samples (stretch or crop; the grey value behind transparent pixels)
 *   tokens      of texts: the tokenizer, see data/text/tokenizer.h
 *   target      of pairs of texts: positions of the second, the last ones of the input; absent: there is one text
 *   target_tokens   its tokenizer; two more ids, after those, begin and end a text
 *   columns     of a table: how its columns become the input, see data/sources/tabular_text.h
 *   training    a sweep file of this one training
 */
#include "model/model.h"

#include "base/json_text.h"
#include "base/str.h"
#include "data/text/tokenizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- writing --- */

static void put_model_text(struct stored_text *text, size_t *n, const char *key, const char *value)
{
    if (value && *value)
        text[(*n)++] = (struct stored_text){key, value};
}

/* "[0.5, -1]"; NULL where v is. */
static const char *number_list(const float *v, int n, struct arena *a)
{
    struct str s = {0};
    char buf[STR_NUM];
    if (!v)
        return NULL;
    for (int i = 0; i < n; i++)
        str_addf(&s, "%s%s", i ? ", " : "[", str_float(buf, v[i]));
    str_add(&s, "]");
    const char *text = s.failed ? NULL : arena_str(a, s.p);
    a->failed |= s.failed;
    str_release(&s);
    return text;
}

static void add_class_name(struct str *out, const char *name)
{
    str_add(out, "\"");
    for (size_t n; *name; name += n) {
        n = str_utf8(name);
        if (!n || *name == '"' || *name == '\\' || (unsigned char)*name < ' ')
            str_addf(out, n ? "\\u%04x" : "?", (unsigned)(unsigned char)*name);
        else
            str_addn(out, name, n);
        n += !n;
    }
    str_add(out, "\"");
}

/* A JSON list of the names, which may have any letters; NULL where there are none. */
static const char *name_list(const char *const *name, int n, struct arena *a)
{
    struct str s = {0};
    for (int i = 0; i < n; i++) {
        str_add(&s, i ? ", " : "[");
        add_class_name(&s, name[i]);
    }
    str_add(&s, n ? "]" : "");
    const char *text = s.failed || !n ? NULL : arena_str(a, s.p);
    a->failed |= s.failed;
    str_release(&s);
    return text;
}

static const char *const fit_words[] = {"stretch", "crop"};
static const char *const value_words[] = {
    [FIELD_BYTES] = "bytes", [FIELD_FLOATS] = "numbers", [FIELD_IDS] = "", [FIELD_TOKENS] = "tokens"};

int model_texts(const struct model *m, struct stored_text text[MODEL_TEXTS], size_t *n, struct arena *a, struct err *e)
{
    const struct sample_form *f = &m->form;
    char shape[64];
    *n = 0;
    put_model_text(text, n, "format", "pt");
    put_model_text(text, n, "network", m->network);
    if (m->graph->critic) {
        put_model_text(text, n, "critic", m->critic);
        put_model_text(text, n, "noise", arena_fmt(a, "%zu", shape_size(m->graph->in)));
    }
    put_model_text(text, n, "input", arena_str(a, shape_text(f->shape, shape, sizeof shape)));
    put_model_text(text, n, "values", value_words[f->type]);
    put_model_text(text, n, "precision", nn_precision_name((size_t)m->graph->precision));
    put_model_text(text, n, "task", m->task);
    put_model_text(text, n, "loss", m->loss);
    put_model_text(text, n, "dataset", m->dataset);
    put_model_text(text, n, "classes", name_list(m->class_name, m->classes, a));
    put_model_text(text, n, "scale", number_list(f->scale, f->shape.c, a));
    put_model_text(text, n, "shift", number_list(f->shift, f->shape.c, a));
    put_model_text(text, n, "fill", number_list(f->fill, f->shape.c, a));
    if (f->type == FIELD_BYTES) {
        put_model_text(text, n, "white", !f->white || f->white == 255 ? "" : arena_fmt(a, "%d", f->white));
        put_model_text(text, n, "fit", fit_words[f->fit != 0]);
        put_model_text(text, n, "background", arena_fmt(a, "%d", f->background));
    }
    put_model_text(text, n, "tokens", f->tokens);
    if (f->target) {
        put_model_text(text, n, "target", arena_fmt(a, "%d", f->target));
        put_model_text(text, n, "target_tokens", f->target_tokens);
    }
    put_model_text(text, n, "columns", f->columns);
    put_model_text(text, n, "training", m->training);
    return a->failed ? err_set(e, ERR_NOMEM, "no memory for what a model file says") : 0;
}

/* --- reading --- */

struct text_reader {
    const struct tensors_file *f;
    struct arena *a;
    struct err *e;
};

/* The text of a key, in the arena; NULL with *e where it is missing. */
static const char *wanted_text(struct text_reader *r, const char *key)
{
    const char *text = tensors_text(r->f, key), *kept = text ? arena_str(r->a, text) : NULL;
    if (!text)
        err_set(r->e, ERR_DATA, "%s: its metadata have no '%s': it is not a model file of sweep", r->f->path, key);
    else if (!kept)
        err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    return kept;
}

static int wrong_text(struct text_reader *r, const char *key, const char *expected)
{
    return err_set(r->e, ERR_DATA, "%s: '%s' of its metadata is wrong, expected %s", r->f->path, key, expected);
}

static const char *optional_text(struct text_reader *r, const char *key)
{
    const char *text = tensors_text(r->f, key);
    return arena_str(r->a, text ? text : "");
}

static int read_input(struct text_reader *r, struct shape *s)
{
    const char *text = wanted_text(r, "input");
    if (!text)
        return -1;
    if (shape_of_text(text, s))
        return wrong_text(r, "input", "a shape, such as 1x28x28");
    return (double)s->c * s->h * s->w <= 1 << 24 ? 0 : wrong_text(r, "input", "at most 2^24 numbers");
}

/* A JSON list in a text; NULL with *e. json_decref it. */
static json_t *read_list(struct text_reader *r, const char *key, const char *text)
{
    json_error_t why;
    int nomem;
    json_t *list = json_text_read(text, strlen(text), 0, &why, &nomem);
    if (list && json_is_array(list))
        return list;
    if (nomem)
        err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    else
        wrong_text(r, key, "a JSON list");
    json_decref(list);
    return NULL;
}

/* n numbers; *out NULL where the key is absent. */
static int read_numbers(struct text_reader *r, const char *key, int n, const float **out)
{
    const char *text = tensors_text(r->f, key);
    *out = NULL;
    json_t *list = text ? read_list(r, key, text) : NULL;
    if (!list)
        return text ? -1 : 0;
    float *v = arena_take(r->a, (size_t)n * sizeof *v);
    int bad = v ? 0 : err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    if (!bad && json_array_size(list) != (size_t)n)
        bad = wrong_text(r, key, "a number for each channel of the input");
    for (int i = 0; i < n && !bad; i++) {
        const json_t *number = json_array_get(list, (size_t)i);
        v[i] = (float)json_number_value(number);
        if (!json_is_number(number) || !isfinite(v[i]))
            bad = wrong_text(r, key, "a list of numbers");
    }
    json_decref(list);
    *out = v;
    return bad ? -1 : 0;
}

static int read_classes(struct text_reader *r, struct model *m)
{
    const char *text = tensors_text(r->f, "classes");
    json_t *list = text ? read_list(r, "classes", text) : NULL;
    if (!list)
        return text ? -1 : 0;
    size_t n = json_array_size(list);
    const char **name = n >= 1 && n <= DATA_CLASSES ? arena_take(r->a, n * sizeof *name) : NULL;
    int bad = name || (n >= 1 && n <= DATA_CLASSES) ? 0 : wrong_text(r, "classes", "1 to 256 names");
    for (size_t i = 0; name && i < n && !bad; i++) {
        const char *one = json_string_value(json_array_get(list, i));
        bad = one ? 0 : wrong_text(r, "classes", "a list of names");
        name[i] = one ? arena_str(r->a, one) : NULL;
    }
    json_decref(list);
    m->classes = (int)n;
    m->class_name = name;
    return bad ? -1 : 0;
}

/* The number of the word in a table of them, such as nn_precision_name; -1: it is none. */
static int number_of_word(const char *(*word)(size_t i), const char *text)
{
    for (size_t i = 0; text && word(i); i++)
        if (!strcmp(word(i), text))
            return (int)i;
    return -1;
}

/* The tokenizer is one, and has fewer tokens than ids can be told apart as floats. */
static int count_model_tokens(struct text_reader *r, const char *tokens, int *size)
{
    struct tokenizer t;
    struct err why = {0};
    int bad = tokenizer_read(&t, tokens, &why);
    *size = t.size;
    tokenizer_release(&t);
    return bad ? err_set(r->e, why.code, "%s: %s", r->f->path, why.text) : 0;
}

/* Of pairs of texts, how many positions are of the second, and its tokens. */
static int read_model_target(struct text_reader *r, struct sample_form *f)
{
    const char *text = tensors_text(r->f, "target");
    int64_t n;
    if (!text)
        return 0;
    if (str_to_int(text, &n) || n < 1 || n >= f->shape.h)
        return wrong_text(r, "target", "a number of positions below those of the input");
    f->target = (int)n;
    if (!*f->target_tokens)
        return wanted_text(r, "target_tokens") ? wrong_text(r, "target_tokens", "what the tokens are") : -1;
    int bad = count_model_tokens(r, f->target_tokens, &f->target_vocabulary);
    f->target_vocabulary += 2;
    return bad;
}

static int read_model_tokens(struct text_reader *r, struct sample_form *f)
{
    if (f->shape.kind != SEQUENCE || f->shape.c != 1)
        return wrong_text(r, "input", "a sequence of ids, such as 1x64, as its values are tokens");
    if (!*f->tokens)
        return wanted_text(r, "tokens") ? wrong_text(r, "tokens", "what the tokens are") : -1;
    return count_model_tokens(r, f->tokens, &f->vocabulary) || read_model_target(r, f) ? -1 : 0;
}

/* A byte from `least` on; without the text it stays as it is. 0, or -1 with *e. */
static int read_byte(struct text_reader *r, const char *name, int least, int *value)
{
    const char *text = tensors_text(r->f, name);
    int64_t n;
    if (!text)
        return 0;
    if (str_to_int(text, &n) || n < least || n > 255)
        return wrong_text(r, name, least ? "a number from 1 to 255" : "a number from 0 to 255");
    *value = (int)n;
    return 0;
}

static int read_form(struct text_reader *r, struct sample_form *f)
{
    const char *values = wanted_text(r, "values"), *fit = tensors_text(r->f, "fit");
    if (!values || read_input(r, &f->shape) || read_numbers(r, "scale", f->shape.c, &f->scale) ||
        read_numbers(r, "shift", f->shape.c, &f->shift) || read_numbers(r, "fill", f->shape.c, &f->fill))
        return -1;
    if (!f->scale || !f->shift)
        return wanted_text(r, f->scale ? "shift" : "scale"), -1;
    f->type = FIELD_BYTES;
    while (f->type <= FIELD_TOKENS && (!*value_words[f->type] || strcmp(value_words[f->type], values) != 0))
        f->type++;
    if (f->type > FIELD_TOKENS)
        return wrong_text(r, "values", "bytes, numbers or tokens");
    if (f->type == FIELD_BYTES && (f->shape.kind != MAPS || f->shape.c > DATA_CHANNELS))
        return wrong_text(r, "input", "an image, as its values are bytes");
    f->white = 255;
    f->background = 0;
    if (read_byte(r, "white", 1, &f->white) || read_byte(r, "background", 0, &f->background))
        return -1;
    f->fit = fit && !strcmp(fit, fit_words[1]);
    f->columns = optional_text(r, "columns");
    f->tokens = optional_text(r, "tokens");
    f->target_tokens = optional_text(r, "target_tokens");
    return f->type == FIELD_TOKENS ? read_model_tokens(r, f) : 0;
}

/* How many numbers a generator begins with; -1 with *e. */
static int read_noise(struct text_reader *r)
{
    struct shape s;
    const char *text = wanted_text(r, "noise");
    if (!text)
        return -1;
    return !shape_of_text(text, &s) && s.kind == VECTOR ? s.c : wrong_text(r, "noise", "a number");
}

static int read_network(struct text_reader *r, struct model *m)
{
    const char *precision = wanted_text(r, "precision");
    struct err_list errs = {0};
    struct nn_spec spec = {.precision = number_of_word(nn_precision_name, precision),
                           .vocabulary = m->form.vocabulary,
                           .target = m->form.target,
                           .target_vocabulary = m->form.target_vocabulary};
    m->network = precision ? wanted_text(r, "network") : NULL;
    m->critic = optional_text(r, "critic");
    struct nn_graph *g = arena_take(r->a, sizeof *g);
    if (!m->network)
        return -1;
    if (spec.precision < 0)
        return wrong_text(r, "precision", "fp32 or bf16");
    if (!g || !m->critic)
        return err_set(r->e, ERR_NOMEM, "%s: no memory to read it", r->f->path);
    const struct where at = {r->f->path, 0, NULL, NULL};
    const struct nn_line line[] = {{m->network, at, NULL}, {m->critic, at, NULL}};
    const int critic = *m->critic != 0, noise = critic ? read_noise(r) : 0;
    const struct nn_target any = {0, "outputs", NULL};
    const struct nn_target made = {(int)shape_size(m->form.shape), "numbers of a sample", &m->form.shape};
    if (noise < 0)
        return -1;
    int bad = nn_graph_build(g, line, critic ? 2 : 1, critic ? (struct shape){VECTOR, noise, 1, 1, 1} : m->form.shape,
                             any, &spec, r->a, &errs);
    if (bad && errs.n)
        *r->e = errs.v[0];
    if (!bad && critic)
        bad = nn_graph_critic(g, 2, made, r->e);
    err_list_release(&errs);
    m->graph = g;
    return bad ? -1 : 0;
}

int model_from_texts(struct model *m, const struct tensors_file *f, struct arena *a, struct err *e)
{
    struct text_reader r = {f, a, e};
    if (read_form(&r, &m->form) || read_network(&r, m) || read_classes(&r, m))
        return -1;
    if (m->classes && m->classes != nn_output(m->graph).c)
        return wrong_text(&r, "classes", "one for each output, or each channel of output maps");
    m->task = wanted_text(&r, "task");
    m->loss = optional_text(&r, "loss");
    m->dataset = optional_text(&r, "dataset");
    m->training = optional_text(&r, "training");
    if (!m->task)
        return -1;
    return a->failed ? err_set(e, ERR_NOMEM, "%s: no memory to read it", f->path) : 0;
}
