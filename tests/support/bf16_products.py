#!/usr/bin/env python3
"""Writes tests/data/bf16_products.txt: products of bf16 numbers by the definition in src/kernels/ops.def, in exact fractions.

Run: python3 tests/support/bf16_products.py > tests/data/bf16_products.txt     (nothing but Python is needed)

Element k of an array with multiplier m is the bf16 number whose fraction is k * m + 13 modulo 128, whose sign is bit 3 of
k * m and whose exponent is -1 - (k * m // 7) % 3, times 2^e: the same numbers are made by tests/unit/kernels/products_test.c.
Multipliers: x 37, w 41, b 43 (with 2 e + 4 for e), dy 47. With e = -63 sums come near the smallest normal numbers.

A case is a line `conv ci h w co ho wo k stride pad e` or `dense in out e`, then lines `y`, `dx`, `dw` with the bits of
each float of one image in hexadecimal; the 16 images of the block are the same, so that dw is a sum of 16 equal ones.
"""
import struct
from fractions import Fraction

SMALLEST = Fraction(1, 2**126)


def bf16(k, m, e):
    v = k * m
    sign = -1 if v >> 3 & 1 else 1
    return sign * Fraction(128 + (v + 13) % 128, 128) * Fraction(2) ** (e - 1 - v // 7 % 3)


def array(n, m, e):
    return [bf16(k, m, e) for k in range(n)]


def rounded(v):
    """To 24 bits, to even, with an exponent of any size; then what is smaller than a normal number is 0."""
    if v == 0:
        return Fraction(0)
    a, scale = abs(v), Fraction(1)
    while a >= 2**24:
        a, scale = a / 2, scale * 2
    while a < 2**23:
        a, scale = a * 2, scale / 2
    whole = a.numerator // a.denominator
    rest = a - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2):
        whole += 1
    r = whole * scale
    return Fraction(0) if r < SMALLEST else r if v > 0 else -r


def pairs(total, terms):
    """terms: a list of pairs [(a, b), ...] of the even and the odd number; a pair may lack one (None)."""
    for even, odd in terms:
        for product in (odd, even):
            if product is not None:
                total = rounded(total + product[0] * product[1])
    return total


def hexadecimal(v):
    return "%08x" % struct.unpack("<I", struct.pack("<f", float(v)))[0]


def line(name, values):
    print(name, len(values), *[hexadecimal(v) for v in values])


def conv(ci, h, w, co, ho, wo, k, s, p, e):
    x, wt, b, dy = array(h * ci * w, 37, e), array(co * ci * k * k, 41, e), array(co, 43, 2 * e + 4), array(ho * co * wo, 47, e)
    X = lambda i, c, j: x[(i * ci + c) * w + j]
    D = lambda r, o, q: dy[(r * co + o) * wo + q]
    W = lambda o, c, ky, kx: wt[((o * ci + c) * k + ky) * k + kx]
    print("conv", ci, h, w, co, ho, wo, k, s, p, e)
    out = []
    for r in range(ho):
        for o in range(co):
            for q in range(wo):
                terms = []
                for ky in range(k):
                    for c in range(0, ci, 2):
                        for kx in range(k):
                            i, j = r * s - p + ky, q * s - p + kx
                            if 0 <= i < h and 0 <= j < w:
                                terms.append([(X(i, n, j), W(o, n, ky, kx)) if n < ci else None for n in (c, c + 1)])
                out.append(pairs(b[o], terms))
    line("y", out)
    out = []
    for i in range(h):
        for c in range(ci):
            for j in range(w):
                terms = []
                for ky in reversed(range(k)):
                    for o in range(0, co, 2):
                        for kx in reversed(range(k)):
                            r, q = i + p - ky, j + p - kx
                            if r % s == 0 and q % s == 0 and 0 <= r // s < ho and 0 <= q // s < wo:
                                terms.append([(D(r // s, n, q // s), W(n, c, ky, kx)) if n < co else None
                                              for n in (o, o + 1)])
                out.append(pairs(Fraction(0), terms))
    line("dx", out)
    out = []
    for o in range(co):
        for c in range(ci):
            for ky in range(k):
                for kx in range(k):
                    terms = []
                    for r in range(ho):
                        for q in range(0, wo, 2):
                            i = r * s - p + ky
                            both = [(X(i, c, n * s - p + kx), D(r, o, n))
                                    if n < wo and 0 <= i < h and 0 <= n * s - p + kx < w else None for n in (q, q + 1)]
                            terms.append(both)
                    out.append(16 * pairs(Fraction(0), terms)) # 16 lanes with the same sum
    line("dw", out)


def dense(n, m, e):
    x, wt, b, dy = array(n, 37, e), array(n * m, 41, e), array(m, 43, 2 * e + 4), array(m, 47, e)
    print("dense", n, m, e)
    two = lambda a, bs, n: [[(a[i], bs[i]) if i < n else None for i in (j, j + 1)] for j in range(0, n, 2)]
    line("y", [pairs(b[o], two(x, wt[o * n:(o + 1) * n], n)) for o in range(m)])
    line("dx", [pairs(Fraction(0), two(dy, wt[c::n], m)) for c in range(n)])
    line("dw", [pairs(Fraction(0), [[(x[c], dy[o])] * 2] * 8) for o in range(m) for c in range(n)])


if __name__ == "__main__":
    print("# tests/support/bf16_products.py")
    for e in (0, -63):
        conv(3, 5, 6, 2, 5, 6, 3, 1, 1, e)
        conv(2, 6, 7, 3, 2, 3, 3, 2, 0, e)
        conv(4, 3, 5, 5, 3, 5, 1, 1, 0, e)
        dense(7, 5, e)
        dense(4, 6, e)
