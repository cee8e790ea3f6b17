#!/usr/bin/env python3
"""Makes the golden values of the statistics in tests/data, computed by scipy and statsmodels:

    python3 -m venv venv && venv/bin/pip install scipy statsmodels pandas
    venv/bin/python tests/support/report_statistics.py

report_range.csv   quantiles of the studentized range, the normal distribution
report_gaps.csv    a main table with missing trials; report_gaps_fit.csv: least squares of points and repeats, and the
                   Tukey-Kramer intervals of the differences to the best point
report_boot.csv    SciPy's BCa intervals of the means of some values
report_full.csv    a complete one of two axes; report_full_fit.csv: its analysis of variance with repeats as blocks

The tests read the files; nothing needs Python when they run."""
import csv
import pathlib
import random

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import bootstrap, norm, studentized_range
from scipy.stats import t as student

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
CASES = [(2, 1), (2, 2), (2, 30), (3, 1), (3, 4), (5, 8), (12, 11), (12, 22), (12, 44), (20, 5), (27, 52), (50, 98), (81, 160)]
COLUMNS = ["point", "repeat", "status", "m.a", "m.b", "val_loss"]


def write(name, head, rows):
    with open(DATA / name, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def distributions():
    rows = [["q95", k, df, "%.12g" % studentized_range.ppf(0.95, k, df)] for k, df in CASES]
    rows += [["normal", z, "", "%.17g" % norm.cdf(z)]
             for z in (-9, -7.5, -7, -3.2, -1, -0.01, 0, 0.5, 1.959963984540054, 4, 7.2)]
    write("report_range.csv", ["what", "a", "b", "value"], rows)


def boot():
    """Of few values all samples are there, of which 10^6 drawn ones come near."""
    rng = np.random.default_rng(3)
    rows = []
    for n in (3, 4, 5, 8, 12, 30):
        v = np.round(1 - rng.gamma(2, 0.01, n), 4)
        ci = bootstrap((v,), np.mean, n_resamples=1000000 if n < 9 else 100000, method="BCa", rng=rng).confidence_interval
        rows.append([n, " ".join("%.4f" % x for x in v), "%.9g" % ci.low, "%.9g" % ci.high])
    write("report_boot.csv", ["n", "values", "low", "high"], rows)


def trials(rng, gaps):
    """3 x 2 points, 4 repeats; seeds have an effect in common."""
    rows, seed = [], [rng.gauss(0, 0.02) for _ in range(4)]
    for p in range(6):
        for r in range(4):
            y = 0.3 + 0.02 * (p // 2) + 0.01 * (p % 2) + 0.006 * (p == 5) + seed[r] + rng.gauss(0, 0.01)
            rows.append([p + 1, r + 1, "failed" if (p, r) in gaps else "complete", p // 2 + 1, p % 2 + 1,
                         "" if (p, r) in gaps else "%.7g" % np.float32(y)])
    return rows


def with_gaps(rng):
    rows = trials(rng, {(0, 1), (2, 0), (2, 3), (4, 2), (5, 0), (5, 1), (5, 2)})
    write("report_gaps.csv", COLUMNS, rows)
    d = pd.DataFrame([r for r in rows if r[2] == "complete"], columns=[c.replace(".", "_") for c in COLUMNS])
    d["val_loss"] = d["val_loss"].astype(float)
    best = int(d.groupby("point")["val_loss"].mean().idxmin())
    fit = smf.ols("val_loss ~ C(point, Treatment(reference=%d)) + C(repeat)" % best, d).fit()
    q = studentized_range.ppf(0.95, 6, fit.df_resid) / np.sqrt(2)
    out = [["variance", "", fit.mse_resid], ["df", "", fit.df_resid]]
    for p in range(1, 7):
        if p == best:
            continue
        name = "C(point, Treatment(reference=%d))[T.%d]" % (best, p)
        diff, half = fit.params[name], q * fit.bse[name]
        out += [["diff_to_best", p, diff], ["diff_to_best_low", p, diff - half], ["diff_to_best_high", p, diff + half]]
    write("report_gaps_fit.csv", ["what", "point", "value"], [[a, b, "%.15g" % c] for a, b, c in out])


def complete(rng):
    rows = trials(rng, set())
    write("report_full.csv", COLUMNS, rows)
    d = pd.DataFrame(rows, columns=[c.replace(".", "_") for c in COLUMNS])
    d["val_loss"] = d["val_loss"].astype(float)
    fit = smf.ols("val_loss ~ C(m_a) * C(m_b) + C(repeat)", d).fit()
    table, total = sm.stats.anova_lm(fit, typ=1), ((d.val_loss - d.val_loss.mean()) ** 2).sum()
    names = {"C(m_a)": ("axis", "m.a"), "C(m_b)": ("axis", "m.b"), "C(m_a):C(m_b)": ("pair", "m.a"),
             "C(repeat)": ("seed", "common to a seed"), "Residual": ("noise", "seed noise")}
    out = []
    for key, (kind, axis) in names.items():
        ss, df = table.loc[key, "sum_sq"], table.loc[key, "df"]
        out.append([kind, axis, "", "share", ss / total])
        if kind != "noise":
            out.append([kind, axis, "", "share_omega", max(0, (ss - df * fit.mse_resid) / (total + fit.mse_resid))])
    # what chance alone shows, by dealing out the trials of each repeat to the points, many times
    shares = []
    permute = np.random.default_rng(1)
    y = d.val_loss.to_numpy()
    for _ in range(20000):
        z = y.copy()
        for r in range(4):
            z[r::4] = permute.permutation(y[r::4])
        means = z.reshape(3, 8).mean(axis=1)
        shares.append(8 * ((means - z.mean()) ** 2).sum() / total)
    out.append(["axis", "m.a", "", "share_by_chance", np.mean(shares)])
    for a, g in d.groupby("m_a"):
        half = student.ppf(0.975, fit.df_resid) * np.sqrt(fit.mse_resid / len(g))
        out += [["value", "m.a", a, "mean", g.val_loss.mean()], ["value", "m.a", a, "ci95_low", g.val_loss.mean() - half],
                ["value", "m.a", a, "ci95_high", g.val_loss.mean() + half]]
    write("report_full_fit.csv", ["kind", "axis", "level", "column", "value"], [r[:4] + ["%.15g" % r[4]] for r in out])


if __name__ == "__main__":
    distributions()
    boot()
    with_gaps(random.Random(11))
    complete(random.Random(12))
