/* merges.c learns which pairs of tokens become one, and merges them in texts. */
#include "data/text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_PIECES 500000 /* most pieces whose ids are remembered */
#define TOKEN_LENGTH 64    /* most bytes of a token: those of a piece */

/* A number of its own for each pair, spread over all bits. */
static uint64_t key_of_pair(int32_t left, int32_t right)
{
    return ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
}

/* ---- learning ---------------------------------------------------------------------------------------------------- */

struct token_pair {
    struct token_merge of;
    uint32_t *where; /* [n] pieces that have it, or had it; some several times */
    size_t n, cap;
};
struct ranked_pair {
    int64_t count;
    size_t pair;
};
struct merging {
    struct token_table piece; /* the different pieces of all texts, and how often each is there */
    size_t *at;               /* [pieces + 1] where the symbols of a piece begin */
    int32_t *symbol;
    int *length; /* [pieces] of symbols */
    struct keymap number;
    struct token_pair *pair;
    int64_t *count; /* [pairs] */
    size_t pairs, room;
    struct ranked_pair *heap; /* [ranked] the first one first, before the two that are below each */
    size_t ranked;
    int failed;
};

static int collect_pieces(struct merging *m, const struct text_span *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0, bytes; at < text[i].n; at += bytes) {
            bytes = piece_next(text[i].text + at, text[i].n - at);
            const size_t k = token_table_add(&m->piece, text[i].text + at, bytes);
            if (k == TOKEN_NONE)
                return -1;
            m->piece.v[k].count++;
        }
    return 0;
}

/* Every byte is a symbol. */
static int begin_symbols(struct merging *m)
{
    size_t symbols = 0;
    for (size_t i = 0; i < m->piece.n; i++)
        symbols += m->piece.v[i].n;
    m->at = malloc((m->piece.n + 1) * sizeof *m->at);
    m->length = malloc((m->piece.n + 1) * sizeof *m->length);
    m->symbol = malloc((symbols + 1) * sizeof *m->symbol);
    if (!m->at || !m->length || !m->symbol)
        return -1;
    for (size_t i = 0, at = 0; i < m->piece.n; i++) {
        const struct token_entry *p = &m->piece.v[i];
        m->at[i] = at;
        m->length[i] = (int)p->n;
        for (size_t k = 0; k < p->n; k++)
            m->symbol[at++] = (unsigned char)p->text[k];
    }
    return 0;
}

/* The number of the pair, a new one if need be; m->failed without memory. */
static size_t number_of_pair(struct merging *m, int32_t left, int32_t right)
{
    const uint64_t key = key_of_pair(left, right), known = keymap_get(&m->number, key);
    if (known != KEYMAP_NONE)
        return (size_t)known;
    if (m->pairs == m->room) {
        const size_t room = m->room ? 2 * m->room : 1024;
        struct token_pair *pair = realloc(m->pair, room * sizeof *pair);
        m->pair = pair ? pair : m->pair;
        int64_t *count = pair ? realloc(m->count, room * sizeof *count) : NULL;
        m->count = count ? count : m->count;
        m->failed |= !count;
        m->room = count ? room : m->room;
    }
    m->failed |= m->failed || keymap_put(&m->number, key, m->pairs);
    if (m->failed)
        return 0;
    m->pair[m->pairs] = (struct token_pair){.of = {left, right}};
    m->count[m->pairs] = 0;
    return m->pairs++;
}

static void note_place(struct merging *m, size_t pair, size_t piece)
{
    struct token_pair *p = &m->pair[pair];
    if (p->n && p->where[p->n - 1] == (uint32_t)piece)
        return;
    if (p->n == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 4;
        uint32_t *where = realloc(p->where, cap * sizeof *where);
        m->failed |= !where;
        if (!where)
            return;
        p->where = where;
        p->cap = cap;
    }
    p->where[p->n++] = (uint32_t)piece;
}

/* Adds the pairs of a piece to the counts, `sign` times; where a pair is new in it (of the symbol `made`; -1: any), its
 * place is noted. */
static void count_pairs(struct merging *m, size_t piece, int sign, int32_t made)
{
    const int32_t *s = m->symbol + m->at[piece];
    for (int i = 0; i + 1 < m->length[piece] && !m->failed; i++) {
        const size_t k = number_of_pair(m, s[i], s[i + 1]);
        if (m->failed)
            return;
        m->count[k] += sign * (int64_t)m->piece.v[piece].count;
        if (sign > 0 && (made < 0 || s[i] == made || s[i + 1] == made))
            note_place(m, k, piece);
    }
}

/* ---- which pair comes first: a heap of pairs with the counts that they had when they were put there ---- */

/* The more frequent pair, of equal counts the one of smaller ids. */
static int comes_before(const struct merging *m, const struct ranked_pair *a, const struct ranked_pair *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    const struct token_merge x = m->pair[a->pair].of, y = m->pair[b->pair].of;
    return x.left != y.left ? x.left < y.left : x.right < y.right;
}

static void sink_first(struct merging *m)
{
    const struct ranked_pair moved = m->heap[0];
    size_t at = 0;
    for (size_t below; (below = 2 * at + 1) < m->ranked; at = below) {
        if (below + 1 < m->ranked && comes_before(m, &m->heap[below + 1], &m->heap[below]))
            below++;
        if (!comes_before(m, &m->heap[below], &moved))
            break;
        m->heap[at] = m->heap[below];
    }
    m->heap[at] = moved;
}

/* Ranks the pairs from number `from` on by their counts; one that comes once is no pair to merge. */
static void rank_pairs(struct merging *m, size_t from)
{
    struct ranked_pair *more = m->failed ? NULL : realloc(m->heap, (m->ranked + m->pairs - from + 1) * sizeof *more);
    m->failed |= !more;
    m->heap = more ? more : m->heap;
    for (size_t i = from; i < m->pairs && more; i++) {
        const struct ranked_pair new = {m->count[i], i};
        if (new.count < 2)
            continue;
        size_t at = m->ranked++;
        for (; at && comes_before(m, &new, &m->heap[(at - 1) / 2]); at = (at - 1) / 2)
            m->heap[at] = m->heap[(at - 1) / 2];
        m->heap[at] = new;
    }
}

/* The pair that comes first; m->pairs: none comes twice. Only pairs of a new token become more frequent, and those are
 * ranked when it is made; so what is not as frequent any more as its rank says is ranked anew when it is the first. */
static size_t best_pair(struct merging *m)
{
    while (m->ranked && m->heap[0].count != m->count[m->heap[0].pair]) {
        m->heap[0].count = m->count[m->heap[0].pair];
        if (m->heap[0].count < 2)
            m->heap[0] = m->heap[--m->ranked];
        sink_first(m);
    }
    return m->ranked ? m->heap[0].pair : m->pairs;
}

/* Puts `made` in the place of the pair, from the left; returns the new length. */
static int merge_symbols(int32_t *s, int n, struct token_merge of, int32_t made)
{
    int to = 0;
    for (int i = 0; i < n; i++)
        if (s[i] == of.left && i + 1 < n && s[i + 1] == of.right) {
            s[to++] = made;
            i++;
        } else
            s[to++] = s[i];
    return to;
}

static int has_pair(const int32_t *s, int n, struct token_merge of)
{
    for (int i = 0; i + 1 < n; i++)
        if (s[i] == of.left && s[i + 1] == of.right)
            return 1;
    return 0;
}

static void merge_everywhere(struct merging *m, size_t pair, int32_t made)
{
    const struct token_merge of = m->pair[pair].of;
    for (size_t i = 0; i < m->pair[pair].n && !m->failed; i++) {
        const size_t piece = m->pair[pair].where[i];
        int32_t *s = m->symbol + m->at[piece];
        if (!has_pair(s, m->length[piece], of))
            continue;
        count_pairs(m, piece, -1, made);
        m->length[piece] = merge_symbols(s, m->length[piece], of, made);
        count_pairs(m, piece, 1, made);
    }
}

static void release_merging(struct merging *m)
{
    for (size_t i = 0; i < m->pairs; i++)
        free(m->pair[i].where);
    free(m->pair);
    free(m->heap);
    free(m->count);
    free(m->at);
    free(m->symbol);
    free(m->length);
    keymap_release(&m->number);
    token_table_release(&m->piece);
}

int merges_learn(struct tokenizer *t, int size, const struct text_span *text, size_t n)
{
    struct merging m = {.failed = 0};
    t->merge = malloc((size_t)(size - TOKENS_BYTES + 1) * sizeof *t->merge);
    m.failed = !t->merge || collect_pieces(&m, text, n) || begin_symbols(&m);
    for (size_t i = 0; i < m.piece.n && !m.failed; i++)
        count_pairs(&m, i, 1, -1);
    rank_pairs(&m, 0);
    for (t->size = TOKENS_BYTES; t->size < size && !m.failed;) {
        const size_t best = best_pair(&m), known = m.pairs;
        if (best == m.pairs)
            break;
        t->merge[t->size - TOKENS_BYTES] = m.pair[best].of;
        merge_everywhere(&m, best, t->size++);
        rank_pairs(&m, known);
    }
    release_merging(&m);
    return m.failed ? -1 : 0;
}

/* ---- what is made of the merges ---------------------------------------------------------------------------------- */

int merges_prepare(struct tokenizer *t, struct err *e)
{
    size_t n = 0;
    t->bytes_at = malloc(((size_t)t->size + 1) * sizeof *t->bytes_at);
    for (int id = 0; t->bytes_at && id <= t->size; id++) {
        const struct token_merge *m = id >= TOKENS_BYTES && id < t->size ? &t->merge[id - TOKENS_BYTES] : NULL;
        t->bytes_at[id] = n;
        if (m)
            n += t->bytes_at[m->left + 1] - t->bytes_at[m->left] + t->bytes_at[m->right + 1] - t->bytes_at[m->right];
        else
            n += id < t->size;
        if (m && n - t->bytes_at[id] > TOKEN_LENGTH)
            return err_set(e, ERR_DATA, "token %d is of more than %d bytes", id, TOKEN_LENGTH);
    }
    t->bytes = t->bytes_at ? malloc(n + 1) : NULL;
    int bad = !t->bytes;
    for (int id = 0; id < t->size && !bad; id++) {
        const struct token_merge *m = id >= TOKENS_BYTES ? &t->merge[id - TOKENS_BYTES] : NULL;
        char *to = t->bytes + t->bytes_at[id];
        if (!m) {
            *to = (char)(unsigned char)id;
            continue;
        }
        const size_t left = t->bytes_at[m->left + 1] - t->bytes_at[m->left];
        memcpy(to, t->bytes + t->bytes_at[m->left], left);
        memcpy(to + left, t->bytes + t->bytes_at[m->right], t->bytes_at[id + 1] - t->bytes_at[id] - left);
        bad = keymap_put(&t->rank, key_of_pair(m->left, m->right), (uint64_t)(id - TOKENS_BYTES));
    }
    return bad ? err_set(e, ERR_NOMEM, "no memory for the tokens of a text") : 0;
}

/* ---- encoding ---------------------------------------------------------------------------------------------------- */

/* The ids of a piece, into s[n]; returns how many. The merge that was learned first comes first. */
static int encode_piece(const struct tokenizer *t, const char *piece, int n, int32_t *s)
{
    for (int i = 0; i < n; i++)
        s[i] = (unsigned char)piece[i];
    for (;;) {
        uint64_t first = KEYMAP_NONE;
        for (int i = 0; i + 1 < n; i++) {
            const uint64_t rank = keymap_get(&t->rank, key_of_pair(s[i], s[i + 1]));
            first = rank < first ? rank : first;
        }
        if (first == KEYMAP_NONE)
            return n;
        n = merge_symbols(s, n, t->merge[first], (int32_t)first + TOKENS_BYTES);
    }
}

/* Remembers the ids of a piece: its entry counts where they begin, and their number stands before them. */
static void remember_piece(struct tokenizer *t, const char *piece, size_t bytes, const int32_t *id, int n)
{
    if (t->seen.n >= SEEN_PIECES)
        return;
    if (!t->seen_ids)
        t->seen_ids = arena_take(&t->mem, sizeof *t->seen_ids);
    const char *kept = t->seen_ids ? arena_strn(&t->mem, piece, bytes) : NULL;
    const size_t begin = kept ? t->seen_ids->n : 0;
    for (int i = -1; kept && i < n; i++)
        id_list_add(t->seen_ids, i < 0 ? n : id[i]);
    if (!kept || t->seen_ids->failed)
        return;
    const size_t at = token_table_add(&t->seen, kept, bytes);
    if (at != TOKEN_NONE)
        t->seen.v[at].count = begin;
}

int merges_encode(struct tokenizer *t, const char *text, size_t n, struct id_list *to)
{
    int32_t s[TOKEN_LENGTH + 1];
    for (size_t at = 0, bytes; at < n && !to->failed; at += bytes) {
        bytes = piece_next(text + at, n - at);
        const size_t known = token_table_find(&t->seen, text + at, bytes);
        const int32_t *id = known == TOKEN_NONE ? s : t->seen_ids->v + t->seen.v[known].count + 1;
        const int ids = known == TOKEN_NONE ? encode_piece(t, text + at, (int)bytes, s) : id[-1];
        for (int i = 0; i < ids; i++)
            id_list_add(to, id[i]);
        if (known == TOKEN_NONE)
            remember_piece(t, text + at, bytes, s, ids);
    }
    return to->failed;
}
