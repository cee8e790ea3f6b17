/* c_export.c - a network as one C99 file: weights, and a function that needs no memory but what its caller gives, and
 * no library but libm. */
#include "model/export/c_export.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *c_number(char *buf, float v)
{
    str_float(buf, v);
    strcat(buf, strpbrk(buf, ".e") ? "f" : ".0f");
    return buf;
}

void c_array(struct c_writer *w, const char *name, int node, const float *v, size_t n)
{
    char number[STR_NUM + 4];
    w->failed |= !v;
    str_addf(&w->data, "static const float %s%d[] = {", name, node);
    for (size_t i = 0; v && i < n; i++) {
        w->wild |= !isfinite(v[i]);
        str_addf(&w->data, "%s%s,", i % 8 ? " " : "\n    ", c_number(number, v[i]));
    }
    str_add(&w->data, "\n};\n");
}

/* --- where numbers lie --- */

/* A value's place in the work memory, and the last node that reads it. Value 0 is the input, value i + 1 what node i
 * puts out; one that changes nothing has that of what it reads. */
struct c_place {
    size_t at, n;
    int last, of;
};

static size_t place_values(const struct nn_graph *g, struct c_place *v)
{
    size_t most = 0;
    for (int i = 0; i <= g->nnodes; i++) {
        const struct nn_node *nd = i ? &g->node[i - 1] : NULL;
        v[i] = (struct c_place){.n = shape_size(i ? nd->y : g->in), .last = i, .of = i};
        if (nd && export_is_identity(nd))
            v[i].of = v[nd->in[0] + 1].of;
        for (int k = 0; nd && k < nd->nin; k++)
            v[v[nd->in[k] + 1].of].last = i;
    }
    v[v[g->nnodes].of].last = g->nnodes + 1;
    for (int i = 0; i <= g->nnodes; i++) {
        if (v[i].of != i)
            continue;
        for (int moved = 1; moved;) { /* after every value that is still needed and in its way */
            moved = 0;
            for (int j = 0; j < i; j++)
                if (v[j].of == j && v[j].last >= i && v[j].at < v[i].at + v[i].n && v[i].at < v[j].at + v[j].n) {
                    v[i].at = v[j].at + v[j].n;
                    moved = 1;
                }
        }
        most = v[i].at + v[i].n > most ? v[i].at + v[i].n : most;
    }
    return most;
}

static void place_text(const struct c_place *v, int value, char buf[48])
{
    snprintf(buf, 48, "work + %zu", v[v[value].of].at);
}

/* --- the file --- */

static int emit_nodes(struct c_writer *w, const struct c_place *v, struct err *e)
{
    const struct nn_graph *g = w->m->graph;
    for (int i = 0; i < g->nnodes; i++) {
        struct c_call c = {.w = w, .nd = &g->node[i]};
        if (v[i + 1].of != i + 1)
            continue;
        const struct c_layer *row = export_row(c.nd, c_layers, sizeof *c_layers, "c", 0, e);
        if (!row)
            return -1;
        if (c.nd->nin > 8)
            return err_set(e, ERR_USAGE, "layer %d of the network joins %d others, at most 8 can be exported", i + 1,
                           c.nd->nin);
        for (int k = 0; k < c.nd->nin; k++)
            place_text(v, c.nd->in[k] + 1, c.x[k]);
        place_text(v, i + 1, c.y);
        str_addf(&w->body, "    /* %d: %s */\n", i + 1, c.nd->text);
        if (row->emit(&c, e))
            return -1;
    }
    return 0;
}

static void put_helpers(const struct c_writer *w, struct str *out)
{
    static const char *const names[] = {
#define ACTIVATION(name, ...) #name,
#include "kernels/activations.def"
    };
    for (int i = 0; i < C_HELPERS; i++)
        if (w->helpers >> i & 1)
            str_addf(out, "%s\n", c_helper_text[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (w->acts >> i & 1)
            str_addf(out,
                     "static void act_%s(const float *x, float a, float *y, int n)\n{\n    (void)a;\n    for (int i = "
                     "0; i < n; i++) {\n        float v = x[i];\n        y[i] = %s;\n    }\n}\n\n",
                     names[i], c_act_text((enum act)i));
}

/* A text of the user's in quotation marks: what is not plain is escaped. */
static void put_c_text(struct str *out, const char *text)
{
    str_add(out, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < ' ' || *p > 126 || *p == '"' || *p == '\\' || *p == '?')
            str_addf(out, "\\%03o", *p);
        else
            str_addf(out, "%c", *p);
    str_add(out, "\"");
}

static void put_interface(const struct c_writer *w, const char *name, size_t work, struct str *out)
{
    const struct model *m = w->m;
    char shape[64];
    str_addf(
        out,
        "/* %s: a network that sweep has trained, in C99. Link with -lm.\n *\n *     static float "
        "work[%s_WORK];\n *     float y[%s_OUTPUTS];\n *     %s(x, y, work);\n *\n * x has the %zu numbers of "
        "a sample, %s, as they are in the files it has learned from%s;\n * y gets %s. Several threads may call it, "
        "each with work of its own. */\n#include <math.h>\n\n",
        name, name, name, name, shape_size(m->form.shape), shape_text(m->form.shape, shape, sizeof shape),
        m->form.type == FIELD_BYTES ? ", pixels from 0" : "",
        !m->classes                 ? "the numbers predicted"
        : model_labels_positions(m) ? "maps of scores [class][row][column], whose softmax over the classes are the "
                                      "probabilities at each pixel"
                                    : "a score for each class, whose softmax are the probabilities");
    str_addf(out, "enum { %s_INPUTS = %zu, %s_OUTPUTS = %zu, %s_WORK = %zu };\n", name, shape_size(m->form.shape), name,
             shape_size(nn_output(m->graph)), name, work);
    if (m->classes)
        str_addf(out, "extern const char *const %s_class[%d];\n", name, m->classes);
    str_addf(out, "void %s(const float *x, float *y, float *work);\n\n", name);
    if (m->classes)
        str_addf(out, "const char *const %s_class[%d] = {", name, m->classes);
    for (int i = 0; i < m->classes; i++) {
        str_add(out, i ? ", " : "");
        put_c_text(out, m->class_name[i]);
    }
    str_add(out, m->classes ? "};\n" : "");
}

/* The input on its way into the network, and the output out of it. */
static void put_function(const struct c_writer *w, const char *name, const struct c_place *v, struct str *out)
{
    const struct sample_form *f = &w->m->form;
    const struct nn_graph *g = w->m->graph;
    const size_t n = shape_size(f->shape), plane = n / (size_t)f->shape.c;
    str_addf(out, "void %s(const float *x, float *y, float *work)\n{\n    for (int i = 0; i < %zu; i++) {\n", name, n);
    str_addf(out, "        int c = i / %zu;\n        float v = x[i];\n", plane);
    if (f->fill)
        str_add(out, "        v = v == v ? v : input_fill0[c];\n");
    str_addf(out,
             "        work[%zu + i] = (float)((double)v * (double)input_scale0[c] + (double)input_shift0[c]);\n    }\n",
             v[0].at);
    str_addn(out, w->body.p ? w->body.p : "", w->body.n);
    str_addf(out, "    for (int i = 0; i < %zu; i++)\n        y[i] = work[%zu + i];\n}\n", shape_size(nn_output(g)),
             v[v[g->nnodes].of].at);
}

/* Whether the text has the word as one of its names. */
static int has_word(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = text; n && p && (p = strstr(p, word)); p += n)
        if ((p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_')) &&
            !(isalnum((unsigned char)p[n]) || p[n] == '_'))
            return 1;
    return 0;
}

/* Names that are not free in a C file which includes <math.h>: words of C and C++, macros, and, with f or l after them
 * too, functions. */
static int is_reserved(const char *word)
{
    static const char words[] =
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr "
        "continue decltype default delete do double else enum explicit export extern false float for friend goto if "
        "inline int linux long main mutable namespace new noexcept not not_eq nullptr operator or or_eq private "
        "protected public register reinterpret_cast requires restrict return short signed signgam sizeof static "
        "static_assert struct switch template this thread_local throw true try typedef typeid typename typeof union "
        "unix "
        "unsigned using virtual void volatile wchar_t while xor xor_eq HUGE_VAL HUGE_VALF HUGE_VALL INFINITY NAN "
        "fpclassify isfinite isinf isnan isnormal signbit isgreater isless isunordered float_t double_t i386";
    static const char functions[] =
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp10 exp2 expm1 fabs "
        "fdim "
        "finite floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma lgamma_r llrint llround log "
        "log10 "
        "log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow pow10 remainder remquo rint round "
        "scalb scalbln scalbn significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn";
    char base[80];
    const size_t n = strlen(word);
    snprintf(base, sizeof base, "%s", word);
    if (n && (base[n - 1] == 'f' || base[n - 1] == 'l'))
        base[n - 1] = 0;
    return has_word(words, word) || has_word(functions, word) || has_word(functions, base);
}

/* Whether the name is free for the function of the file, whose other texts are there. */
static int is_free_word(const struct c_writer *w, const char *word)
{
    struct str helpers = {0};
    put_helpers(w, &helpers);
    const int taken = is_reserved(word) || has_word(helpers.p, word) || has_word(w->data.p, word) ||
                      has_word(w->body.p, word) || has_word("input_scale0 input_shift0 input_fill0", word);
    str_release(&helpers);
    return !taken;
}

/* Letters, digits and '_', and a letter first; `prefix` 1: what makes it another name. */
static void identifier(const char *name, int prefix, char *buf, size_t n)
{
    size_t at = 0;
    if (prefix || !isalpha((unsigned char)*name))
        at = (size_t)snprintf(buf, n, "net_");
    for (; *name && at + 1 < n; name++)
        buf[at++] = isalnum((unsigned char)*name) ? *name : '_';
    buf[at] = 0;
}

static int make_c(const struct model *m, const char *name, struct str *out, struct err *e)
{
    struct c_writer w = {.m = m};
    const struct sample_form *f = &m->form;
    char word[80];
    arena_init(&w.mem);
    identifier(name, 0, word, sizeof word);
    struct c_place *v = arena_take(&w.mem, ((size_t)m->graph->nnodes + 1) * sizeof *v);
    size_t work = v ? place_values(m->graph, v) : 0;
    int bad = !v || emit_nodes(&w, v, e);
    if (!bad) {
        c_array(&w, "input_scale", 0, f->scale, (size_t)f->shape.c);
        c_array(&w, "input_shift", 0, f->shift, (size_t)f->shape.c);
        if (f->fill)
            c_array(&w, "input_fill", 0, f->fill, (size_t)f->shape.c);
        if (!is_free_word(&w, word))
            identifier(name, 1, word, sizeof word);
        put_interface(&w, word, work, out);
        str_addn(out, w.data.p ? w.data.p : "", w.data.n);
        str_add(out, "\n");
        put_helpers(&w, out);
        put_function(&w, word, v, out);
    }
    if (!bad && w.wild)
        bad = err_set(e, ERR_DATA, "the network has weights that are infinite or no numbers: C has no word for them");
    if ((!bad || !e->code) && (w.failed || w.data.failed || w.body.failed || w.mem.failed || out->failed))
        bad = err_set(e, ERR_NOMEM, "no memory for the exported network");
    str_release(&w.data);
    str_release(&w.body);
    arena_release(&w.mem);
    return bad ? -1 : 0;
}

const struct export_format export_c = {
    "c", ".c", "one C99 file with the weights and a function: no allocation, no library but libm", make_c};
