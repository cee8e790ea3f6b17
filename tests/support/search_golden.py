"""Writes tests/data/search.csv: what SciPy says of Sobol's sequence, discrepancies and quantiles.

    python3 tests/support/search_golden.py > tests/data/search.csv        (SciPy 1.17)

sobol,DIMENSION,NUMBER,VALUE      32 bits of the point, not scrambled, in the order of Gray's code
centred,DIMENSIONS,POINTS,VALUE   centred discrepancy of the first points
random, latin, sobol_scrambled    the same, mean over 200 seeds of SciPy's own engines
quantile,PER_MILLIARD,0,VALUE     quantile of the standard normal distribution
DISTRIBUTION,A,B,PART,VALUE       quantile at (i + 0.5) / 2^32, i = PART
"""
import numpy as np
from scipy import stats
from scipy.stats import qmc

DIMENSIONS = 200
points = (qmc.Sobol(DIMENSIONS, scramble=False, bits=32).random(1024) * 2.0**32).astype(np.uint64)
for d in range(DIMENSIONS):
    for n in (1, 2, 3, 5, 77, 1023):
        print(f"sobol,{d},{n},{points[n, d]}")
for d in (2, 5, 8):
    for n in (16, 100, 256):
        print(f"centred,{d},{n},{qmc.discrepancy(points[:n, :d] / 2.0**32)!r}".replace("np.float64(", "").rstrip(")"))


def mean(engine, d, n):
    return float(np.mean([qmc.discrepancy(engine(d, seed).random(n)) for seed in range(200)]))


class Plain:
    def __init__(self, d, seed):
        self.d, self.rng = d, np.random.default_rng(seed)

    def random(self, n):
        return self.rng.random((n, self.d))


ENGINES = {"random": Plain, "latin": lambda d, s: qmc.LatinHypercube(d, rng=s),
           "sobol_scrambled": lambda d, s: qmc.Sobol(d, rng=s)}
for name, engine in ENGINES.items():
    for d in (2, 5):
        for n in (16, 64, 256):
            print(f"{name},{d},{n},{mean(engine, d, n)!r}")
for p in (1, 1000, 10**6, 10**8, 25 * 10**7, 425 * 10**6, 5 * 10**8, 925 * 10**6, 10**9 - 1):
    print(f"quantile,{p},0,{float(stats.norm.ppf(p / 1e9))!r}")
PARTS = (0, 1, 2**16, 123456789, 2**30, 2**31, 3 * 2**30, 2**32 - 1)
CASES = {"uniform": ((0, 0.3), (-5, 1000), (1e-9, 2e-9)), "log_uniform": ((1e-4, 0.1), (2, 3)),
         "normal": ((0, 1), (100, 0.001)), "log_normal": ((-3, 1), (0, 0.1))}
MAKE = {"uniform": lambda a, b: stats.uniform(a, b - a), "log_uniform": stats.loguniform, "normal": stats.norm,
        "log_normal": lambda a, b: stats.lognorm(b, scale=np.exp(a))}
for name, cases in CASES.items():
    for a, b in cases:
        for i in PARTS:
            print(f"{name},{a},{b},{i},{float(MAKE[name](a, b).ppf((i + 0.5) / 2.0**32))!r}")
