"""Writes tests/data/base_pareto.txt: what Optuna says of points with several values, smaller ones being better.

    pip install optuna
    python3 tests/support/pareto_golden.py > tests/data/base_pareto.txt        (Optuna 5.0)

Words with blanks between them, for each set of points:
points N M NAME, then N lines of M values, the front (0: no other point is better) and the crowding distance within it;
reference, M values, and the hypervolume of all points; then the points of front 0 that the greedy selection by
hypervolume takes first (their places among those of front 0), for 1, a third and two thirds of them: chosen K, places in
ascending order.
"""
import random
import numpy as np
from optuna._hypervolume.hssp import _solve_hssp
from optuna._hypervolume.wfg import compute_hypervolume
from optuna.samplers.nsgaii._elite_population_selection_strategy import _calc_crowding_distance
from optuna.study._multi_objective import _fast_non_domination_rank
from optuna.trial import TrialState, create_trial


def crowding(values):
    trials = [create_trial(values=list(map(float, v)), state=TrialState.COMPLETE) for v in values]
    for i, t in enumerate(trials):
        t.number = i
    distance = _calc_crowding_distance(list(trials))
    return [distance[i] for i in range(len(values))]


def show(name, v):
    v = np.asarray(v, dtype=float)
    n, m = v.shape
    front = _fast_non_domination_rank(v)
    distance = np.zeros(n)
    for f in set(front.tolist()):
        own = np.flatnonzero(front == f)
        distance[own] = crowding(v[own])
    print(f"points {n} {m} {name}")
    for row, f, d in zip(v, front, distance):
        print(*(repr(float(x)) for x in row), int(f), repr(float(d)))
    reference = v.max(axis=0) + 0.1
    print("reference", *(repr(float(x)) for x in reference), repr(float(compute_hypervolume(v, reference))))
    best = v[front == 0]
    for k in sorted({1, max(1, len(best) // 3), max(1, 2 * len(best) // 3)}):
        print("chosen", k, *sorted(_solve_hssp(best, np.arange(len(best)), k, reference).tolist()))


rng = random.Random(14)
for m in (2, 3, 4):
    show(f"random-{m}", [[rng.random() for _ in range(m)] for _ in range(30)])
    show(f"ties-{m}", [[rng.randrange(5) for _ in range(m)] for _ in range(30)])
    points = [[rng.random() for _ in range(m - 1)] for _ in range(20)]  # all on one front
    show(f"front-{m}", [p + [float(m - 1 - sum(p))] for p in points])
    show(f"negative-{m}", [[-1000 * rng.random() for _ in range(m)] for _ in range(12)])
show("one", [[1, 2]])
show("two-equal", [[1, 2, 3], [1, 2, 3]])
show("twice", 2 * [[1, 4], [2, 2], [4, 1], [3, 3]])
show("a-chain", [[i, i] for i in (3, 1, 2, 0)])
show("one-value-is-shared", [[1, i] for i in (3, 1, 2)])
