/* inspect_tokens.c looks at samples that are texts: which tokens they have, how long they are, and how they read. */
#include "data/inspect.h"

#include "data/text/tokenizer.h"
#include "data/text/unicode.h"

#include <stdlib.h>
#include <string.h>

#define EXAMPLE_BYTES 200 /* most of an example */

/* The texts that are looked at, of a field: all of a sample, or the sources or targets of pairs. */
struct looked_at_texts {
    const struct data_view *v;
    const struct field *f;
    const char *tokens; /* the tokenizer */
    int most;           /* tokens of one */
};

/* Tokens of a sample, but the one that ends a target. */
static int tokens_in(const struct looked_at_texts *x, const struct tokenizer *t, const int32_t *id)
{
    int n = 0;
    while (n < x->most && (x->f->windows || (id[n] >= 0 && id[n] < t->size)))
        n++;
    return n;
}

/* Adds bytes in one line. */
static void add_shown(struct str *to, const char *text, size_t n, size_t most)
{
    for (size_t at = 0, bytes; at < n && at < most; at += bytes) {
        uint32_t code = 0;
        bytes = utf8_letter(text + at, n - at, &code);
        if (bytes && code >= ' ' && (code < 127 || code > 0x9f))
            str_addn(to, text + at, bytes);
        else if (text[at] == '\n')
            str_add(to, "\\n");
        else
            for (size_t i = 0; i < (bytes ? bytes : 1); i++)
                str_addf(to, "\\x%02x", (unsigned char)text[at + i]);
        bytes += !bytes;
    }
    str_add(to, n > most ? " ..." : "");
}

static const char *shown_text(const char *text, size_t n, size_t most, struct arena *a)
{
    struct str to = {0};
    add_shown(&to, text, n, most);
    const char *kept = to.failed ? NULL : arena_str(a, to.p ? to.p : "");
    a->failed |= to.failed;
    str_release(&to);
    return kept;
}

static void count_sample_tokens(const struct looked_at_texts *x, const struct tokenizer *tokens,
                                struct inspect_tokens *t, size_t *count)
{
    const struct data_view *v = x->v;
    for (int split = 0; split < INSPECT_SPLITS; split++)
        for (size_t i = 0; i < v->n[split]; i++) {
            const int32_t *id = field_tokens(x->f, part_of((enum data_split)split), v->index[split][i]);
            const int n = tokens_in(x, tokens, id);
            t->tokens[split] += (size_t)n;
            for (int k = 0; k < n; k++) {
                t->unknown[split] += !t->knows_all && id[k] == TOKENS_UNKNOWN;
                count[id[k]] += split == DATA_TRAIN;
            }
            if (t->lengths)
                t->length[(n > 0 ? n - 1 : 0) / t->step][split]++;
        }
}

/* The most frequent tokens, of equal counts the smaller ids. Takes their counts away. */
static void list_top_tokens(struct inspect_tokens *t, const struct tokenizer *tokens, size_t *count, struct arena *a)
{
    for (t->top = 0; t->top < INSPECT_TOKENS; t->top++) {
        int32_t best = 0;
        size_t n = 0;
        for (int32_t id = 1; id < t->vocabulary; id++)
            best = count[id] > count[best] ? id : best;
        if (!count[best])
            return;
        const char *text = tokenizer_token(tokens, best, &n);
        t->token[t->top].count = count[best];
        const char *shown = text ? shown_text(text, n, EXAMPLE_BYTES, a) : NULL;
        t->token[t->top].text = shown ? arena_fmt(a, "'%s'", shown) : "(unknown)";
        count[best] = 0;
    }
}

static void read_examples(const struct looked_at_texts *x, struct inspect_tokens *t, const struct tokenizer *tokens,
                          struct arena *a)
{
    const struct data_view *v = x->v;
    struct str text = {0};
    for (; t->examples < INSPECT_EXAMPLES && t->examples < v->n[DATA_TRAIN]; t->examples++) {
        const int32_t *id = field_tokens(x->f, PART_TRAIN, v->index[DATA_TRAIN][t->examples]);
        str_clear(&text);
        tokenizer_decode(tokens, id, (size_t)tokens_in(x, tokens, id), &text);
        t->example[t->examples] = shown_text(text.p ? text.p : "", text.n, EXAMPLE_BYTES, a);
        a->failed |= text.failed;
    }
    str_release(&text);
}

static const struct inspect_tokens *look_at_side(const struct looked_at_texts *x, struct arena *a, struct err *e)
{
    struct tokenizer tokens;
    struct inspect_tokens *t = arena_take(a, sizeof *t);
    size_t *count = calloc((size_t)x->f->vocabulary, sizeof *count);
    int bad = tokenizer_read(&tokens, x->tokens, e);
    if (!bad && t && count) {
        *t = (struct inspect_tokens){.vocabulary = tokens.size,
                                     .knows_all = tokens.kind == TOKENS_BYTE || tokens.kind == TOKENS_BPE};
        if (data_is_ragged(x->v->set)) {
            t->step = (x->most + INSPECT_LENGTHS - 1) / INSPECT_LENGTHS;
            t->lengths = (x->most + t->step - 1) / t->step;
        }
        count_sample_tokens(x, &tokens, t, count);
        list_top_tokens(t, &tokens, count, a);
        read_examples(x, t, &tokens, a);
    }
    tokenizer_release(&tokens);
    if (!bad && (!t || !count || a->failed))
        bad = err_set(e, ERR_NOMEM, "dataset %s: no memory to look at it", x->v->set->name);
    free(count);
    return bad ? NULL : t;
}

const struct inspect_tokens *inspect_texts(const struct data_view *v, struct arena *a, struct err *e)
{
    const struct field *f = data_input(v->set);
    return look_at_side(&(struct looked_at_texts){v, f, v->set->tokens, f->source ? f->source : f->shape.h}, a, e);
}

const struct inspect_tokens *inspect_targets(const struct data_view *v, struct arena *a, struct err *e)
{
    const struct field *f = data_target(v->set);
    return look_at_side(&(struct looked_at_texts){v, f, v->set->target_tokens, f->shape.h - 1}, a, e);
}
