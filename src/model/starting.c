/* starting.c finds which tensors of a file a network begins with. */
#include "model/starting.h"

#include "base/str.h"
#include "nn/freezing.h"
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

/* --- names --- */

static const char *tensor_word(const struct model_tensor *t)
{
    return strchr(t->name, '.') + 1;
}

char *start_name(const struct model_tensor *t, char *buf)
{
    return nn_given_name(t->node, tensor_word(t), buf);
}

/* The next line of `match`: 1, 0: there is none, -1 with *e. */
struct match_line {
    const char *from, *to;
    size_t nfrom, nto;
};
static int next_match(const char **text, struct match_line *l, struct err *e)
{
    const char *arrow;
    size_t n;
    if (!(l->nfrom = nn_next_word(text)))
        return 0;
    l->from = *text;
    *text += l->nfrom;
    n = nn_next_word(text);
    arrow = *text;
    *text += n;
    l->nto = nn_next_word(text);
    l->to = *text;
    *text += l->nto;
    if (n == 2 && !strncmp(arrow, "->", 2) && l->nto)
        return 1;
    return err_set(e, ERR_USAGE, "'%.*s' is without '-> PATTERN'; write, say, backbone.* -> *", (int)l->nfrom, l->from);
}

/* Writes the pattern with what each '*' of the other one stood for. */
static void fill_stars(const struct match_line *l, const struct nn_star *star, char name[TENSOR_NAME + 1])
{
    size_t n = 0;
    int next = 0;
    for (size_t i = 0; i < l->nto && n < TENSOR_NAME; i++) {
        if (l->to[i] != '*') {
            name[n++] = l->to[i];
            continue;
        }
        if (next == NN_STARS || !star[next].from)
            continue;
        for (size_t k = 0; k < star[next].n && n < TENSOR_NAME; k++)
            name[n++] = star[next].from[k];
        next++;
    }
    name[n] = 0;
}

/* The name that a tensor of the file has here: 0; "" where a line leaves it out; -1 with *e. */
static int name_here(const char *match, const char *stored, char name[TENSOR_NAME + 1], struct err *e)
{
    struct match_line l;
    int more = 0;
    snprintf(name, TENSOR_NAME + 1, "%s", stored);
    while ((more = next_match(&match, &l, e)) > 0) {
        struct nn_star star[NN_STARS] = {{NULL, 0}};
        if (!nn_pattern_is(l.from, l.nfrom, stored, star))
            continue;
        if (l.nto == 4 && !strncmp(l.to, PARSE_NONE, 4))
            name[0] = 0;
        else
            fill_stars(&l, star, name);
        return 0;
    }
    return more;
}

/* --- matching --- */

/* Equal but for sides of 1. */
static int same_shape(const struct model_tensor *t, const struct stored_tensor *s)
{
    int d = 0;
    for (int k = 0; k < s->rank; k++) {
        if (s->dim[k] == 1)
            continue;
        while (d < t->rank && t->dim[d] == 1)
            d++;
        if (d == t->rank || t->dim[d++] != s->dim[k])
            return 0;
    }
    while (d < t->rank && t->dim[d] == 1)
        d++;
    return d == t->rank && t->n == s->n;
}

static int is_float(const struct stored_tensor *s)
{
    static const char *const known[] = {"F32", "F64", "F16", "BF16"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(s->dtype, known[i]))
            return 1;
    return 0;
}

static const struct stored_tensor *find_stored(const struct tensors_file *f, char *const *name, const char *wanted)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(name[i], wanted))
            return &f->tensor[i];
    return NULL;
}

static char **names_here(const struct tensors_file *f, const char *match, struct arena *a, struct err *e)
{
    char **name = arena_take(a, f->n * sizeof *name + 1), one[TENSOR_NAME + 1];
    for (size_t i = 0; name && i < f->n; i++) {
        if (name_here(match, f->tensor[i].name, one, e))
            return NULL;
        if (!(name[i] = arena_str(a, one)))
            name = NULL;
    }
    if (!name)
        err_set(e, ERR_NOMEM, "no memory for the tensors of %s", f->path);
    return name;
}

static int is_used(const struct start_match *m, const struct stored_tensor *s)
{
    for (size_t i = 0; i < m->tensors; i++)
        if (m->row[i].from == s)
            return 1;
    return 0;
}

static int none_fits(const struct start_match *m, const struct tensors_file *f, struct err *e)
{
    char name[NN_NAME], has[128], wants[128];
    const struct model_tensor *t = m->tensors ? m->row[0].to : NULL;
    if (!f->n || !t)
        return err_set(e, ERR_DATA, "%s has no tensor for this network", f->path);
    return err_set(
        e, ERR_USAGE,
        "none of the %zu tensors of %s fits the network: its first is '%.80s', %s, that of the network '%s', "
        "%s; `match = PATTERN -> PATTERN` gives them other names",
        f->n, f->path, f->tensor[0].name, tensor_shape_text(f->tensor[0].rank, f->tensor[0].dim, has, sizeof has),
        start_name(t, name), tensor_shape_text(t->rank, t->dim, wants, sizeof wants));
}

int start_find(struct start_match *m, const struct nn_graph *g, const struct tensors_file *f, const char *match,
               struct arena *a, const char **key, struct err *e)
{
    char name[NN_NAME];
    *key = "match";
    memset(m, 0, sizeof *m);
    char **here = names_here(f, match, a, e);
    if (!here)
        return -1;
    const struct model_tensor *t = model_tensors(g, &m->tensors, a);
    m->row = t ? arena_take(a, (m->tensors + f->n) * sizeof *m->row + 1) : NULL;
    if (!m->row)
        return err_set(e, ERR_NOMEM, "no memory for the tensors of %s", f->path);
    for (size_t i = 0; i < m->tensors; i++) {
        const struct stored_tensor *s = find_stored(f, here, start_name(&t[i], name));
        s = s ? s : find_stored(f, here, t[i].name);
        m->row[i] = (struct start_row){&t[i], s, s && is_float(s) && same_shape(&t[i], s)};
        m->taken += (size_t)m->row[i].taken;
    }
    m->n = m->tensors;
    for (size_t i = 0; i < f->n; i++)
        if (!is_used(m, &f->tensor[i]))
            m->row[m->n++] = (struct start_row){NULL, &f->tensor[i], 0};
    *key = "start";
    return m->taken ? 0 : none_fits(m, f, e);
}

const char *start_state(const struct start_row *r)
{
    if (r->taken)
        return "taken";
    if (!r->to)
        return "the network has none of that name";
    if (!r->from)
        return "the file has none of that name: starts as init says";
    return is_float(r->from) ? "another shape: starts as init says" : "no floating point: starts as init says";
}

int start_put(const struct start_match *m, const struct tensors_file *f, float *w, float *buffers, struct err *e)
{
    for (size_t i = 0; i < m->tensors; i++)
        if (m->row[i].taken && model_tensor_read(m->row[i].to, f, m->row[i].from, w, buffers, e))
            return -1;
    return 0;
}

uint64_t start_hash(uint64_t h, const struct start_match *m, const struct nn_graph *g)
{
    for (size_t i = 0; m && i < m->tensors; i++) {
        const char *from = m->row[i].taken ? m->row[i].from->name : "";
        h = str_hash(h, from, strlen(from) + 1);
    }
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *p = &g->node[i].tensor[t];
            const float told[2] = {(float)(p->frozen && g->frozen), p->lr_scale};
            h = str_hash(h, told, sizeof told);
        }
    return str_hash(h, &g->unfreeze_at, sizeof g->unfreeze_at);
}

/* --- in words --- */

static const char *kept_str(struct str *s, struct arena *a)
{
    const char *text = s->failed ? NULL : arena_strn(a, s->n ? s->p : "", s->n);
    a->failed |= s->failed;
    str_release(s);
    return text;
}

const char *start_match_text(const struct start_match *m, struct arena *a)
{
    struct str s = {0};
    for (size_t i = 0; i < m->tensors; i++)
        if (m->row[i].taken)
            str_addf(&s, "%s -> %s, ", m->row[i].from->name, m->row[i].to->name);
    str_add(&s, "* -> none");
    return kept_str(&s, a);
}

const char *start_freeze_text(const struct nn_graph *g, struct arena *a)
{
    struct str s = {0};
    for (int i = 0; g->frozen && i < g->nnodes; i++) {
        const struct nn_node *nd = &g->node[i];
        if (nd->frozen)
            str_addf(&s, "%s%d", s.n ? ", " : "", nd->index);
        for (int t = 0; !nd->frozen && t < nd->ntensors; t++)
            if (nd->tensor[t].frozen)
                str_addf(&s, "%s%d.%s", s.n ? ", " : "", nd->index, nd->tensor[t].name);
    }
    return kept_str(&s, a);
}

const char *start_scale_text(const struct nn_graph *g, struct arena *a)
{
    struct str s = {0};
    char number[STR_NUM];
    for (int i = 0; i < g->nnodes; i++)
        for (int t = 0; t < g->node[i].ntensors; t++) {
            const struct nn_tensor *p = &g->node[i].tensor[t];
            if (p->lr_scale != 1)
                str_addf(&s, "%s%d.%s %s", s.n ? ", " : "", g->node[i].index, p->name, str_float(number, p->lr_scale));
        }
    return kept_str(&s, a);
}
