/* attention.c - softmax(q k^T scale) v of each head, with the softmax in one pass over blocks of keys: the largest
 * score so far, the sum and what it weighs are corrected when a later block has a larger one (Milakov & Gimelshein
 * 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135). The way back computes the scores of a block again, from
 * the logarithm of the sum, so that there are never more of them than of QUERIES x KEYS. Every lane is a sample of its
 * own. */
#include "kernels/ops/ops.h"
#include "kernels/simd/vmath.h"

/* These are part of the order of operations. */
#define QUERIES ATTENTION_QUERIES
#define KEYS ATTENTION_KEYS

/* --- products of matrices whose elements are vectors of lanes --- */

#define ROWS_MAX 3
#define COLUMNS_MAX 4 /* 3 x 4 sums, 3 of a, 1 of b: 16 registers */

/* c[i][j] = (or +=) the sum over k of a[i][k] b[k][j], k in ascending order; elements by steps in floats. */
struct lane_product {
    int m, n, k, add;
    const float *a;
    ptrdiff_t a_i, a_k;
    const float *b;
    ptrdiff_t b_k, b_j;
    float *c;
    ptrdiff_t c_i, c_j;
};

INLINE void lane_tile_run(int m, int n, const struct lane_product *p, const float *a, const float *b, float *c)
{
    vk acc[ROWS_MAX][COLUMNS_MAX];
    UNROLL
    for (int i = 0; i < m; i++) {
        UNROLL
        for (int j = 0; j < n; j++)
            acc[i][j] = p->add ? vk_load(c + i * p->c_i + j * p->c_j) : vk_set1(0);
    }
    for (int k = 0; k < p->k; k++, a += p->a_k, b += p->b_k) {
        vk left[ROWS_MAX];
        UNROLL
        for (int i = 0; i < m; i++) {
            left[i] = vk_load(a + i * p->a_i);
            vk_pin(left[i]);
        }
        UNROLL
        for (int j = 0; j < n; j++) {
            vk right = vk_load(b + j * p->b_j);
            vk_pin(right);
            UNROLL
            for (int i = 0; i < m; i++)
                acc[i][j] = vk_fma(left[i], right, acc[i][j]);
        }
    }
    UNROLL
    for (int i = 0; i < m; i++) {
        UNROLL
        for (int j = 0; j < n; j++)
            vk_store(c + i * p->c_i + j * p->c_j, acc[i][j]);
    }
}

#ifdef FIXED_SIZES
typedef void lane_tile(const struct lane_product *p, const float *a, const float *b, float *c);
#define TILE(M, N)                                                                                                     \
    static void lane_tile_##M##N(const struct lane_product *p, const float *a, const float *b, float *c)               \
    {                                                                                                                  \
        lane_tile_run(M, N, p, a, b, c);                                                                               \
    }
#define ENTRY(M, N) [M - 1][N - 1] = lane_tile_##M##N,
#define TILES(X) X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(3, 1) X(3, 2) X(3, 3) X(3, 4)
TILES(TILE)
static lane_tile *const lane_tiles[ROWS_MAX][COLUMNS_MAX] = {TILES(ENTRY)};
#define LANE_TILE(M, N, ...) lane_tiles[(M)-1][(N)-1](__VA_ARGS__)
#else
#define LANE_TILE(M, N, ...) lane_tile_run(M, N, __VA_ARGS__)
#endif

/* What a tile reads of b stays in the first cache for all rows of a and both halves of the lanes. */
static void lane_multiply(const struct lane_product *p)
{
    for (int j = 0; j < p->n; j += COLUMNS_MAX)
        for (int i = 0; i < p->m; i += ROWS_MAX)
            for (int half = 0; half < LANES; half += VK) {
                int m = p->m - i < ROWS_MAX ? p->m - i : ROWS_MAX, n = p->n - j < COLUMNS_MAX ? p->n - j : COLUMNS_MAX;
                LANE_TILE(m, n, p, p->a + i * p->a_i + half, p->b + j * p->b_j + half,
                          p->c + i * p->c_i + j * p->c_j + half);
            }
}

/* --- one head --- */

/* Arrays of one head, [positions][width][16] each, and of the block of scores at hand. */
struct head_arrays {
    float *q, *k, *v, *y, *dy, *dq, *dk, *dv;
    float *delta;      /* [positions][16]: the sums of y dy */
    float *s, *ds;     /* [QUERIES][KEYS][16] */
    float *most, *sum; /* [QUERIES][16] */
};

static struct head_arrays head_arrays_of(const struct attention *a, float *scratch)
{
    const size_t t = (size_t)(a->rows * a->cols) * LANES, each = t * (size_t)a->width, score = QUERIES * KEYS * LANES;
    struct head_arrays h = {.q = scratch};
    float **const all[] = {&h.k, &h.v, &h.y, &h.dy, &h.dq, &h.dk, &h.dv, &h.delta};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = scratch + (i + 1) * each;
    h.s = h.delta + t;
    h.ds = h.s + score;
    h.most = h.ds + score;
    h.sum = h.most + QUERIES * LANES;
    return h;
}

/* Copies the channels from `first` on, of `channels` in all, to an array of a head, or back. */
static void copy_head(const struct attention *a, int channels, int first, int back, float *maps, float *head)
{
    for (int row = 0; row < a->rows; row++)
        for (int col = 0; col < a->cols; col++)
            for (int c = 0; c < a->width; c++, head += LANES) {
                float *at = maps + (((ptrdiff_t)row * channels + first + c) * a->cols + col) * LANES;
                if (back)
                    v16_store(at, v16_load(head));
                else
                    v16_store(head, v16_load(at));
            }
}

static int fewer(int n, int most)
{
    return n < most ? n : most;
}

/* How many of the keys from k on a block of so many queries from q on looks at, at most KEYS. */
static int keys_seen(const struct attention *a, int q, int queries, int k)
{
    return fewer((a->causal ? q + queries : a->rows * a->cols) - k, KEYS);
}

/* How many of these the query q looks at by itself, 0 or more. */
static int keys_of_query(const struct attention *a, int q, int k, int keys)
{
    const int seen = a->causal ? fewer(q + 1 - k, keys) : keys;
    return seen > 0 ? seen : 0;
}

/* The samples that have key k. */
INLINE m16 samples_with(v16 lengths, int k)
{
    return v16_gt(lengths, v16_set1((float)k));
}

/* Lengths as floats, at least 1; longer than any where there are none. */
static v16 key_lengths(const struct attention *a)
{
    return a->lengths ? v16_max(v16_set1(1), w16_float(w16_load(a->lengths))) : v16_set1(0x1p30f);
}

static void no_scores(int from, int keys, float *s)
{
    if (from < keys)
        memset(s + (ptrdiff_t)from * LANES, 0, (size_t)(keys - from) * LANES * sizeof *s);
}

/* s = q k^T of some queries and keys. */
static void find_scores(const struct attention *a, const float *q, int queries, const float *k, int keys, float *s)
{
    const ptrdiff_t each = (ptrdiff_t)a->width * LANES;
    lane_multiply(&(struct lane_product){.m = queries,
                                         .n = keys,
                                         .k = a->width,
                                         .a = q,
                                         .a_i = each,
                                         .a_k = LANES,
                                         .b = k,
                                         .b_k = LANES,
                                         .b_j = each,
                                         .c = s,
                                         .c_i = KEYS * LANES,
                                         .c_j = LANES});
}

/* y = (or +=) s v, or s^T v: what the scores weigh. y has a row for each query and v for each key, or the other way
 * round (`transposed`). */
static void weigh(const struct attention *a, const float *s, int transposed, int rows, const float *v, int others,
                  int add, float *y)
{
    const ptrdiff_t each = (ptrdiff_t)a->width * LANES, next_query = KEYS * LANES, next_key = LANES;
    lane_multiply(&(struct lane_product){.m = rows,
                                         .n = a->width,
                                         .k = others,
                                         .add = add,
                                         .a = s,
                                         .a_i = transposed ? next_key : next_query,
                                         .a_k = transposed ? next_query : next_key,
                                         .b = v,
                                         .b_k = each,
                                         .b_j = LANES,
                                         .c = y,
                                         .c_i = each,
                                         .c_j = LANES});
}

/* --- forward --- */

/* The scores of one query become exp(score - the largest so far); what was weighed before is corrected. The keys are
 * those from k on, samples of whose lengths have them. */
static void soften(const struct attention *a, int keys, int k, v16 lengths, float *s, float *most, float *sum, float *y)
{
    const int first = k == 0;
    const v16 scale = v16_set1(a->scale);
    const v16 before = first ? v16_mul(v16_load(s), scale) : v16_load(most);
    v16 top = before, total = v16_zero();
    for (int j = 0; j < keys; j++) {
        v16 score = v16_mul(v16_load(s + j * LANES), scale);
        top = v16_max(top, a->lengths ? v16_select(samples_with(lengths, k + j), score, before) : score);
    }
    if (!first) {
        v16 keep = v16_exp_below(v16_sub(before, top));
        total = v16_mul(v16_load(sum), keep);
        for (int c = 0; c < a->width; c++)
            v16_store(y + c * LANES, v16_mul(v16_load(y + c * LANES), keep));
    }
    for (int j = 0; j < keys; j++) {
        v16 p = v16_exp_below(v16_fma(v16_load(s + j * LANES), scale, v16_sub(v16_zero(), top)));
        p = a->lengths ? v16_keep(samples_with(lengths, k + j), p) : p;
        v16_store(s + j * LANES, p);
        total = v16_add(total, p);
    }
    v16_store(most, top);
    v16_store(sum, total);
}

static void head_forward(const struct attention *a, const struct head_arrays *h, float *logs)
{
    const int positions = a->rows * a->cols;
    const ptrdiff_t each = (ptrdiff_t)a->width * LANES;
    const v16 lengths = key_lengths(a);
    for (int q = 0; q < positions; q += QUERIES) {
        const int queries = fewer(positions - q, QUERIES), end = a->causal ? q + queries : positions;
        float *y = h->y + q * each;
        for (int k = 0; k < end; k += KEYS) {
            const int keys = keys_seen(a, q, queries, k);
            find_scores(a, h->q + q * each, queries, h->k + k * each, keys, h->s);
            for (int i = 0; i < queries; i++) {
                float *s = h->s + (ptrdiff_t)i * KEYS * LANES;
                const int seen = keys_of_query(a, q + i, k, keys);
                if (seen)
                    soften(a, seen, k, lengths, s, h->most + i * LANES, h->sum + i * LANES, y + i * each);
                no_scores(seen, keys, s);
            }
            weigh(a, h->s, 0, queries, h->v + k * each, keys, k > 0, y);
        }
        for (int i = 0; i < queries; i++) {
            v16 sum = v16_load(h->sum + i * LANES), inverse = v16_div(v16_set1(1), sum);
            for (int c = 0; c < a->width; c++)
                v16_store(y + i * each + c * LANES, v16_mul(v16_load(y + i * each + c * LANES), inverse));
            v16_store(logs + (ptrdiff_t)(q + i) * LANES, v16_add(v16_load(h->most + i * LANES), v16_log(sum)));
        }
    }
}

void EXPORT(attention_forward)(const struct attention *a, const float *qkv, float *y, float *logs, float *scratch)
{
    const struct head_arrays h = head_arrays_of(a, scratch);
    const int channels = a->heads * a->width;
    for (int i = 0; i < a->heads; i++) {
        float *const to[] = {h.q, h.k, h.v};
        for (int n = 0; n < 3; n++)
            copy_head(a, 3 * channels, n * channels + i * a->width, 0, (float *)qkv, to[n]); /* only read */
        head_forward(a, &h, logs + (ptrdiff_t)i * a->rows * a->cols * LANES);
        copy_head(a, channels, i * a->width, 1, y, h.y);
    }
}

/* --- back --- */

/* s becomes the probabilities of one query, ds the gradient at its scores; the keys are those from k on. */
static void soften_back(const struct attention *a, int keys, int k, v16 lengths, const float *log_sum,
                        const float *delta, float *s, float *ds)
{
    const v16 scale = v16_set1(a->scale), sum = v16_sub(v16_zero(), v16_load(log_sum)), d = v16_load(delta);
    for (int j = 0; j < keys; j++) {
        v16 p = v16_exp_below(v16_fma(v16_load(s + j * LANES), scale, sum));
        p = a->lengths ? v16_keep(samples_with(lengths, k + j), p) : p;
        v16_store(s + j * LANES, p);
        v16_store(ds + j * LANES, v16_mul(v16_mul(p, v16_sub(v16_load(ds + j * LANES), d)), scale));
    }
}

/* The gradients of a block of keys begin at 0 where the first queries do not look at all of them. */
static void zero_keys(const struct attention *a, const struct head_arrays *h, int k)
{
    const size_t each = (size_t)a->width * LANES, n = (size_t)fewer(a->rows * a->cols - k, KEYS) * each;
    memset(h->dk + (size_t)k * each, 0, n * sizeof *h->dk);
    memset(h->dv + (size_t)k * each, 0, n * sizeof *h->dv);
}

static void head_backward(const struct attention *a, const struct head_arrays *h, const float *logs)
{
    const int positions = a->rows * a->cols;
    const ptrdiff_t each = (ptrdiff_t)a->width * LANES, row = (ptrdiff_t)KEYS * LANES;
    const v16 lengths = key_lengths(a);
    for (int i = 0; i < positions; i++) {
        v16 sum = v16_zero();
        for (int c = 0; c < a->width; c++)
            sum = v16_fma(v16_load(h->y + i * each + c * LANES), v16_load(h->dy + i * each + c * LANES), sum);
        v16_store(h->delta + (ptrdiff_t)i * LANES, sum);
    }
    for (int k = 0; k < positions; k += KEYS) {
        const int from = a->causal ? k / QUERIES * QUERIES : 0; /* the first queries that see them */
        if (a->causal)
            zero_keys(a, h, k);
        for (int q = from; q < positions; q += QUERIES) {
            const int queries = fewer(positions - q, QUERIES), keys = keys_seen(a, q, queries, k);
            find_scores(a, h->q + q * each, queries, h->k + k * each, keys, h->s);
            find_scores(a, h->dy + q * each, queries, h->v + k * each, keys, h->ds);
            for (int i = 0; i < queries; i++) {
                const int seen = keys_of_query(a, q + i, k, keys);
                soften_back(a, seen, k, lengths, logs + (ptrdiff_t)(q + i) * LANES,
                            h->delta + (ptrdiff_t)(q + i) * LANES, h->s + i * row, h->ds + i * row);
                no_scores(seen, keys, h->s + i * row);
                no_scores(seen, keys, h->ds + i * row);
            }
            weigh(a, h->s, 1, keys, h->dy + q * each, queries, a->causal || q > 0, h->dv + k * each);
            weigh(a, h->ds, 1, keys, h->q + q * each, queries, a->causal || q > 0, h->dk + k * each);
            weigh(a, h->ds, 0, queries, h->k + k * each, keys, k > 0, h->dq + q * each);
        }
    }
}

void EXPORT(attention_backward)(const struct attention *a, const float *qkv, const float *y, const float *logs,
                                const float *dy, float *dqkv, float *scratch)
{
    const struct head_arrays h = head_arrays_of(a, scratch);
    const int channels = a->heads * a->width;
    for (int i = 0; i < a->heads; i++) {
        float *const to[] = {h.q, h.k, h.v}, *const from[] = {h.dq, h.dk, h.dv};
        const int first = i * a->width;
        for (int n = 0; n < 3; n++)
            copy_head(a, 3 * channels, n * channels + first, 0, (float *)qkv, to[n]); /* only read */
        copy_head(a, channels, first, 0, (float *)y, h.y);
        copy_head(a, channels, first, 0, (float *)dy, h.dy);
        head_backward(a, &h, logs + (ptrdiff_t)i * a->rows * a->cols * LANES);
        for (int n = 0; n < 3; n++)
            copy_head(a, 3 * channels, n * channels + first, 1, dqkv, from[n]);
    }
}
