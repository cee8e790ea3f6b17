/* rng.c - draws counter-based random numbers (Philox): any of them at once, from a seed and its place, with no state to
 * carry. */
#include "base/rng.h"

#include "base/maths.h"

#include <math.h>
#include <string.h>

void rng_philox(const uint32_t key[2], const uint32_t ctr[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1], c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
    for (int i = 0; i < 10; i++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void rng_philox_16(const uint32_t key[2], uint32_t v[4][16])
{
    uint32_t k0 = key[0], k1 = key[1], c[4][16];
    memcpy(c, v, sizeof c); /* which nothing else can point to */
    for (int i = 0; i < 10; i++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int l = 0; l < 16; l++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c[0][l], p1 = (uint64_t)0xCD9E8D57u * c[2][l];
            uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1][l] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3][l] ^ k1;
            c[1][l] = (uint32_t)p1;
            c[3][l] = (uint32_t)p0;
            c[0][l] = n0;
            c[2][l] = n2;
        }
    memcpy(v, c, sizeof c);
}

void rng_init(struct rng *r, uint64_t seed, enum rng_purpose purpose, uint32_t a, uint32_t b)
{
    memset(r, 0, sizeof *r);
    r->key[0] = (uint32_t)seed;
    r->key[1] = (uint32_t)(seed >> 32);
    r->ctr[1] = b;
    r->ctr[2] = a;
    r->ctr[3] = (uint32_t)purpose;
}

uint32_t rng_u32(struct rng *r)
{
    if (!r->left) {
        rng_philox(r->key, r->ctr, r->out);
        r->ctr[0]++;
        r->left = 4;
    }
    return r->out[4 - r->left--];
}

float rng_float(struct rng *r)
{
    return (float)(rng_u32(r) >> 8) * 0x1p-24f;
}

float rng_signed(struct rng *r)
{
    return (float)((int32_t)(rng_u32(r) >> 8) * 2 + 1 - (1 << 24)) * 0x1p-24f;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint64_t m = (uint64_t)rng_u32(r) * n;
    if ((uint32_t)m < n) {
        uint32_t reject = -n % n;
        while ((uint32_t)m < reject)
            m = (uint64_t)rng_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}

double rng_normal(struct rng *r)
{
    double u = ((double)rng_u32(r) + 0.5) * 0x1p-32, v = ((double)rng_u32(r) + 0.5) * 0x1p-32;
    return sqrt(-2 * m_log(u)) * m_cos(2 * M_PI * v);
}

void rng_normals(struct rng *r, size_t n, double *v)
{
    enum { PIECE = 64 };
    double u[PIECE], w[PIECE];
    for (size_t i = 0; i < n; i += PIECE) {
        size_t m = n - i < PIECE ? n - i : PIECE;
        for (size_t k = 0; k < m; k++) {
            u[k] = ((double)rng_u32(r) + 0.5) * 0x1p-32;
            w[k] = 2 * M_PI * (((double)rng_u32(r) + 0.5) * 0x1p-32);
        }
        m_logs(m, u, u);
        m_coss(m, w, w);
        for (size_t k = 0; k < m; k++)
            v[i + k] = sqrt(-2 * u[k]) * w[k];
    }
}

void rng_shuffle(struct rng *r, uint32_t *v, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = rng_below(r, i), t = v[i - 1];
        v[i - 1] = v[j];
        v[j] = t;
    }
}
