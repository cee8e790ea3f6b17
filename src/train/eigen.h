/* eigen.h - eigenvalues of symmetric matrices. */
#ifndef TRAIN_EIGEN_H
#define TRAIN_EIGEN_H

#include <stddef.h>

/* d[n] becomes the eigenvalues of the symmetric matrix a[n][n], of which the lower half is read; it and e[n] are
 * scratch. n > 0. The same bits everywhere. */
void symmetric_eigenvalues(size_t n, double *a, double *d, double *e);

#endif
