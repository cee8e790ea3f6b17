#!/usr/bin/env python3
"""Does a small network learn the toy sets of scikit-learn as its own MLP does? Trains both with the same recipe by
cross-validation of 5 folds, several divisions into folds each, and prints the mean score of the validation folds, the
difference in standard errors of what scikit-learn's 5 folds say (their deviation / sqrt(5), the rule of one standard error
of Breiman et al. 1984), and in those of the difference of both means, which as many divisions make small.

  python3 tests/bench/folds.py build/gcc/sweep [--python PYTHON] [--rounds 10] [--epochs 30] [--width 16] [--sets iris,...]
PYTHON has scikit-learn. The recipe: one layer of --width units with ReLU, Glorot's uniform weights, Adam with 0.01,
batches of 16, numbers normalized by the training folds; accuracies of iris, wine and breast cancer, and of diabetes, which
takes 150 epochs, the share of the variance that is explained (r2). Both read the same files, all of whose samples are in
the folds, which each draws class by class (of numbers scikit-learn at random). A few minutes."""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile

SWEEP = """
[sweep]
name      = folds
repeats   = {rounds}
objective = max {metric}
keep      = none
[data]
dataset   = csv
file      = {file}
test_file = {file}
target    = y
{kind}
folds     = 5
[model]
init   = xavier
layers = dense {width}, relu, dense {output}
[train]
epochs     = {epochs}
batch_size = 16
optimizer  = adam
lr         = 0.01
select     = last
"""
SETS = ("iris", "wine", "breast_cancer", "diabetes")


def epochs_of(a, name):
    return 5 * a.epochs if name == "diabetes" else a.epochs


def with_sweep(a, name, folder):
    """The mean of each division's folds."""
    numbers = name == "diabetes"
    metric = "val_r2" if numbers else "val_accuracy"
    ini = os.path.join(folder, "folds.ini")
    with open(ini, "w") as f:
        f.write(SWEEP.format(rounds=a.rounds, metric=metric, file=os.path.join(folder, name + ".csv"), width=a.width,
                             kind="target_type = number" if numbers else "target_type = class",
                             output="$targets" if numbers else "$classes", epochs=epochs_of(a, name)))
    out = os.path.join(folder, name)
    subprocess.run([a.sweep, ini, "-q", "--no-plots", "-j", "1", "--out", out], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    with open(os.path.join(out, "results", "folds.csv"), newline="") as f:
        score = [float(row[metric]) for row in csv.DictReader(f)]
    return [statistics.mean(score[i:i + 5]) for i in range(0, len(score), 5)]


def write_sets(folder):
    from sklearn import datasets
    for name in SETS:
        x, y = getattr(datasets, "load_" + name)(return_X_y=True)
        with open(os.path.join(folder, name + ".csv"), "w", newline="") as f:
            rows = csv.writer(f)
            rows.writerow(["x%d" % i for i in range(x.shape[1])] + ["y"])
            rows.writerows([*map(repr, map(float, row)), float(v) if name == "diabetes" else "c%d" % v]
                           for row, v in zip(x, y))


def with_sklearn(a, folder):
    """In a process of PYTHON's: writes the sets, prints a line a set: its name, the standard error of five folds (the mean
    over the divisions), the mean of each division."""
    import warnings

    from sklearn import datasets
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    warnings.filterwarnings("ignore")  # that it has not converged
    write_sets(folder)
    for name in a.sets.split(","):
        x, y = getattr(datasets, "load_" + name)(return_X_y=True)
        kind, folds = (MLPRegressor, KFold) if name == "diabetes" else (MLPClassifier, StratifiedKFold)
        epochs, means, errors = epochs_of(a, name), [], []
        for seed in range(a.rounds):
            mlp = kind(hidden_layer_sizes=(a.width,), alpha=0, batch_size=16, learning_rate_init=0.01, max_iter=epochs, tol=0,
                       n_iter_no_change=10 ** 6, random_state=seed)
            score = cross_val_score(make_pipeline(StandardScaler(), mlp), x, y, cv=folds(5, shuffle=True, random_state=seed))
            means.append(score.mean())
            errors.append(score.std(ddof=1) / 5 ** 0.5)
        print(name, *("%.9g" % m for m in [statistics.mean(errors)] + means), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", nargs="?", help="the program")
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--epochs", type=int, default=30)
    p.add_argument("--width", type=int, default=16)
    p.add_argument("--sets", default=",".join(SETS))
    p.add_argument("--sklearn", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.sklearn:
        with_sklearn(a, a.sklearn)
        return
    if not a.sweep:
        p.error("which program?")
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run([a.python, os.path.abspath(__file__), "--sklearn", folder, "--rounds", str(a.rounds),
                               "--epochs", str(a.epochs), "--width", str(a.width), "--sets", a.sets], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        print("| set | score | sweep | scikit-learn | difference in standard errors of 5 folds | of the difference of means |")
        print("| --- " * 6 + "|")
        for line in said.splitlines():
            name, error, *other = line.split()
            own, other, error = with_sweep(a, name, folder), list(map(float, other)), float(error)
            less = statistics.mean(own) - statistics.mean(other)
            of_means = ((statistics.variance(own) + statistics.variance(other)) / a.rounds) ** 0.5
            print("| %s | %s | %.4f | %.4f | %+.2f | %+.2f |" %
                  (name, "r2" if name == "diabetes" else "accuracy", statistics.mean(own), statistics.mean(other),
                   less / error, less / of_means), flush=True)


main()
