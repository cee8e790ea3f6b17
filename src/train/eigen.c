/* eigen.c - the eigenvalues of symmetric matrices: reflections make them tridiagonal (Householder 1958), the QL method
 * with implicit shifts does the rest. After the procedures tred2 and tql2 of Bowdler, Martin, Reinsch & Wilkinson 1968
 * (EISPACK), without vectors. All sums go in a fixed order. */
#include "train/eigen.h"

#include <math.h>

static double length_of_two(double a, double b)
{
    return sqrt(a * a + b * b);
}

/* The vector of the reflection that leaves of row[0..n-1] its last number alone, which it returns; *square: half of the
 * vector's square. A row of zeros has none: *square is 0. */
static double reflection(size_t n, double *row, double *square)
{
    double scale = 0, h = 0;
    for (size_t k = 0; k < n; k++)
        scale += fabs(row[k]);
    *square = 0;
    if (!(scale > 0))
        return n ? row[n - 1] : 0;
    for (size_t k = 0; k < n; k++) {
        row[k] /= scale;
        h += row[k] * row[k];
    }
    const double last = row[n - 1], g = last > 0 ? -sqrt(h) : sqrt(h);
    *square = h - last * g;
    row[n - 1] = last - g;
    return scale * g;
}

/* Reflects the first n rows and columns of a[..][size], of which the lower half is used; p[n] is scratch. */
static void reflect(size_t n, size_t size, double *a, const double *row, double square, double *p)
{
    double f = 0;
    for (size_t j = 0; j < n; j++)
        p[j] = 0;
    for (size_t j = 0; j < n; j++) {
        double g = p[j] + a[j * size + j] * row[j];
        for (size_t k = j + 1; k < n; k++) {
            g += a[k * size + j] * row[k];
            p[k] += a[k * size + j] * row[j];
        }
        p[j] = g;
    }
    for (size_t j = 0; j < n; j++) {
        p[j] /= square;
        f += p[j] * row[j];
    }
    for (size_t j = 0; j < n; j++)
        p[j] -= f / (2 * square) * row[j];
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j <= k; j++)
            a[k * size + j] -= row[j] * p[k] + p[j] * row[k];
}

/* d[n] and e[n - 1] become the diagonal and what is beside it of a tridiagonal matrix with the eigenvalues of a. */
static void make_tridiagonal(size_t n, double *a, double *d, double *e)
{
    double square;
    for (size_t i = n; i-- > 1;) {
        double *row = a + i * n;
        const double beside = reflection(i, row, &square);
        if (square > 0)
            reflect(i, n, a, row, square, d);
        e[i - 1] = beside;
    }
    for (size_t i = 0; i < n; i++)
        d[i] = a[i * n + i];
}

/* One step for the value number l of a block that ends with number m. Returns the shift. */
static double ql_step(size_t n, size_t l, size_t m, double *d, double *e)
{
    const double g = d[l], q = (d[l + 1] - g) / (2 * e[l]), r = q < 0 ? -length_of_two(q, 1) : length_of_two(q, 1);
    d[l] = e[l] / (q + r);
    d[l + 1] = e[l] * (q + r);
    const double next = d[l + 1], beside = e[l + 1], shift = g - d[l];
    for (size_t i = l + 2; i < n; i++)
        d[i] -= shift;
    double p = d[m], c = 1, c2 = 1, c3 = 1, s = 0, s2 = 0;
    for (size_t i = m; i-- > l;) {
        c3 = c2;
        c2 = c;
        s2 = s;
        const double low = c * e[i], high = c * p, length = length_of_two(p, e[i]);
        e[i + 1] = s * length;
        s = e[i] / length;
        c = p / length;
        p = c * d[i] - s * low;
        d[i + 1] = high + s * (c * low + s * d[i]);
    }
    p = -s * s2 * c3 * beside * e[l] / next;
    e[l] = s * p;
    d[l] = c * p;
    return shift;
}

void symmetric_eigenvalues(size_t n, double *a, double *d, double *e)
{
    enum { STEPS = 60 }; /* of a value: a few are enough */
    double shift = 0, largest = 0;
    make_tridiagonal(n, a, d, e);
    e[n - 1] = 0;
    for (size_t l = 0; l < n; l++) {
        const double here = fabs(d[l]) + fabs(e[l]);
        largest = here > largest ? here : largest;
        size_t m = l;
        while (m < n - 1 && fabs(e[m]) > 0x1p-52 * largest)
            m++;
        for (int step = 0; m > l && step < STEPS && fabs(e[l]) > 0x1p-52 * largest; step++)
            shift += ql_step(n, l, m, d, e);
        d[l] += shift;
        e[l] = 0;
    }
}
