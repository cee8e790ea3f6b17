/* inserts.c puts texts of [model] into `layers`, after the block whose number another key says, so that the place can
 * be an axis. Each is a row. */
#include "config/sweep.h"

#include <string.h>

static const struct {
    const char *text, *at; /* keys of [model] */
} inserts[] = {{"pool", "pool_at"}};
#define INSERTS (sizeof inserts / sizeof *inserts)

int inserts_init(struct sweep *s)
{
    s->insert = arena_take(&s->mem, sizeof *s->insert * INSERTS);
    for (size_t i = 0; s->insert && i < INSERTS; i++)
        s->insert[s->ninsert++] =
            (struct insert){setting_find(s, "model", inserts[i].text), setting_find(s, "model", inserts[i].at)};
    return s->insert ? 0 : -1;
}

int setting_is_insert(const struct sweep *s, int i)
{
    for (size_t k = 0; k < s->ninsert; k++)
        if (s->insert[k].text == i)
            return 1;
    return 0;
}

int setting_is_insert_place(const struct sweep *s, int i)
{
    for (size_t k = 0; k < s->ninsert; k++)
        if (s->insert[k].at == i)
            return 1;
    return 0;
}

static void too_far(const struct sweep *s, const struct insert *in, int n, size_t blocks, const struct where *at,
                    struct error_list *errors)
{
    errors_add(errors, at, "'%d' is after the last of %zu blocks; %s is 0..%zu", n, blocks, s->set[in->at].key,
               blocks);
}

size_t insert_place(const struct point_choice *p, const struct insert *in, size_t blocks, struct error_list *errors)
{
    char buf[STR_NUM];
    struct where at = choice_where(p, in->at);
    struct err e = {0};
    int n = 0;
    struct param q = *p->s->set[in->at].param;
    q.at = 0;
    const char *text = setting_text(p->s, in->at, choice_text(p, in->at, buf, &e));
    if (e.code || param_set(&q, &n, text, &at, &e))
        errors_take(errors, &at, &e);
    else if ((size_t)n > blocks)
        too_far(p->s, in, n, blocks, &at, errors);
    return n >= 0 && (size_t)n <= blocks ? (size_t)n : 0;
}

/* ---- before there is any point ---- */

/* Returns the number that is written, or -1 for nonsense, which has an error of its own, and for an expression,
 * which the points check. */
static int written_place(const struct sweep *s, const struct insert *in, const char *text)
{
    double v;
    if (!text)
        return 0;
    return str_to_double(setting_text(s, in->at, text), &v) || v < 0 || v > 1e6 ? -1 : (int)v;
}

/* Checks every place that says where the text is put. Returns whether some of them is not 0. */
static int check_places(const struct sweep *s, const struct insert *in, size_t most, struct error_list *errors)
{
    const struct setting *st = &s->set[in->at];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    char buf[STR_NUM];
    int some = 0;
    for (uint64_t i = 0; c && i < c->values.n && i < 1000; i++) {
        int n = written_place(s, in, values_text(&c->values, i, buf));
        some |= n != 0;
        if (n > (int)most) {
            too_far(s, in, n, most, &c->at, errors);
            break;
        }
    }
    for (size_t v = 0; v <= s->nvar; v++) {
        const struct given *g = v ? &s->var[v - 1].set[in->at] : &st->base;
        int n = written_place(s, in, g->text);
        some |= n != 0;
        if (n > (int)most)
            too_far(s, in, n, most, &g->at, errors);
    }
    return some;
}

/* Says whether the text has lines in one of the models, or as a value of an axis. */
static int has_lines(const struct sweep *s, const struct insert *in, const struct variant *const *model, size_t n)
{
    const struct setting *st = &s->set[in->text];
    const struct column *c = st->column >= 0 ? &s->col[st->column] : NULL;
    int some = 0;
    for (size_t m = 0; m < n; m++)
        some |= variant_lines(s, model[m], in->text)->n > 0;
    for (uint64_t i = 0; n && c && c->lines && i < c->values.n; i++)
        some |= c->lines[i].n > 0;
    return some;
}

static int is_given(const struct sweep *s, int setting)
{
    const struct setting *st = &s->set[setting];
    return place_of(s, setting) != &st->base.at || st->base.by != BY_DEFAULT;
}

void inserts_check(const struct sweep *s, const struct variant *const *model, size_t n, struct error_list *errors)
{
    size_t most = 0;
    for (size_t m = 0; m < n; m++) {
        size_t blocks = variant_lines(s, model[m], s->layers)->n;
        most = blocks > most ? blocks : most;
    }
    for (size_t i = 0; i < s->ninsert; i++) {
        const struct insert *in = &s->insert[i];
        const char *text = s->set[in->text].key, *at = s->set[in->at].key;
        int placed = check_places(s, in, most, errors), some = has_lines(s, in, model, n);
        if (placed && !some)
            errors_add(errors, place_of(s, in->at), "there is no %s to put there; give model.%s", text, text);
        if (some && !placed && !is_given(s, in->at))
            errors_add(errors, place_of(s, in->text), "stands nowhere; say after which block with %s", at);
    }
}
