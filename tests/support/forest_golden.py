#!/usr/bin/env python3
"""Makes the golden values of functional analysis of variance in tests/data, computed by Optuna on forests of scikit-learn:

    python3 -m venv venv && venv/bin/pip install optuna scikit-learn
    venv/bin/python tests/support/forest_golden.py

report_forest.txt  trees as boxes with a value, and the variance of each axis, of each pair of axes (beyond its axes) and
                   of the whole; then the shares that Optuna's fANOVA finds in report_forest.csv
report_forest.csv  a main table of 200 drawn points in four axes, the last of which does nothing

The tests read the files; nothing needs Python when they run."""
import pathlib

import numpy as np
from optuna.importance._fanova._fanova import _Fanova
from optuna.importance._fanova._tree import _FanovaTree
from sklearn.ensemble import RandomForestRegressor

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def boxes(tree, axes, node=0, box=None):
    box = box or [(0.0, 1.0)] * axes
    f = tree.feature[node]
    if f < 0:
        return [(tree.value[node].item(), box)]
    lo, hi = box[f]
    parts = []
    for child, side in ((tree.children_left[node], (lo, tree.threshold[node])), (tree.children_right[node], (tree.threshold[node], hi))):
        parts += boxes(tree, axes, child, box[:f] + [side] + box[f + 1:])
    return parts


def given(rng, out):
    axes = 3
    x = rng.random((40, axes))
    y = x[:, 0] * x[:, 1] + np.sin(5 * x[:, 2]) + 0.1 * rng.standard_normal(40)
    forest = RandomForestRegressor(3, max_depth=5, random_state=1).fit(x, y)
    for e in forest.estimators_:
        reference = _FanovaTree(e.tree_, np.array([[0.0, 1.0]] * axes))
        leaves = boxes(e.tree_, axes)
        print("tree", len(leaves), file=out)
        for value, box in leaves:
            print("%.17g" % value, *("%.17g" % end for side in box for end in side), file=out)
        single = [reference.get_marginal_variance(np.array([i])) for i in range(axes)]
        pairs = [reference.get_marginal_variance(np.array([i, j])) - single[i] - single[j] for i, j in ((0, 1), (0, 2), (1, 2))]
        print(*("%.17g" % v for v in single + pairs + [reference.variance]), file=out)


def whole(rng, out):
    x = np.round(rng.random((200, 4)), 6)
    y = np.round(10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 5 * x[:, 2] + 0.5 * rng.standard_normal(200), 6)
    with open(DATA / "report_forest.csv", "w") as f:
        f.write("point,repeat,status,m.a,m.b,m.c,m.d,val_loss\n")
        for i, (row, v) in enumerate(zip(x, y)):
            f.write("%d,1,complete,%s,%.6f\n" % (i + 1, ",".join("%.6f" % c for c in row), v))
    shares = []
    for seed in range(10):
        fanova = _Fanova(n_trees=64, max_depth=64, min_samples_split=2, min_samples_leaf=1, seed=seed)
        fanova.fit(x, y, np.array([[0.0, 1.0]] * 4), [np.array([i]) for i in range(4)])
        shares.append([fanova.get_importance(i)[0] for i in range(4)])
    print("shares", *("%.6f" % s for s in np.mean(shares, axis=0)), file=out)
    print("spread", np.std(shares, axis=0))


if __name__ == "__main__":
    rng = np.random.default_rng(7)
    with open(DATA / "report_forest.txt", "w") as out:
        given(rng, out)
        whole(rng, out)
