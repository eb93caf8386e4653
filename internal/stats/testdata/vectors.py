"""Makes vectors.json: what numpy and scipy say of the statistics of this package, for its test.

Usage: python vectors.py            writes vectors.json beside this script
       python vectors.py --check    fails where the file is not what this script makes

A vector has samples x and y, parameters p, and lists of numbers that are wanted; null stands for NaN. What neither numpy nor
scipy has is computed here from its definition, the slow way. vectors.R makes r.json likewise.
"""

import itertools
import json
import math
import os
import sys

import numpy as np
from scipy import stats

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json")
rng = np.random.default_rng(20261124)


def samples(n, kind="lognormal"):
    draw = {
        "lognormal": lambda: rng.lognormal(1, 0.5, n),
        "normal": lambda: rng.normal(0, 3, n),
        "coarse": lambda: rng.integers(0, 8, n).astype(float),
        "bimodal": lambda: np.where(rng.random(n) < 0.3, rng.normal(9, 0.4, n), rng.normal(4, 0.6, n)),
        "walk": lambda: np.cumsum(rng.normal(0, 1, n)),
        "wave": lambda: stats_wave(n),
    }[kind]()
    return [float(f"{v:.6g}") for v in draw]


def stats_wave(n):
    x = np.zeros(n)
    for i in range(1, n):
        x[i] = 0.7 * x[i - 1] + rng.normal()
    return x


vectors = {}


def add(function, want, x=(), y=(), **p):
    def listed(v):
        return [None if math.isnan(e) else float(e) for e in np.atleast_1d(np.asarray(v, float))]

    vectors.setdefault(function, []).append(
        {"x": list(x), "y": list(y), "p": p, "want": {k: listed(v) for k, v in want.items()}}
    )


def moments():
    for kind, n in [("lognormal", 3), ("lognormal", 50), ("normal", 31), ("coarse", 40)]:
        x = samples(n, kind)
        add("moments", {"mean": np.mean(x), "std": np.std(x, ddof=1), "skewness": stats.skew(x, bias=False)}, x)
        if min(x) > 0:
            add("geomean", {"geomean": stats.gmean(x)}, x)
        for q in (0, 0.05, 0.5, 0.9, 0.99, 1):
            add("quantile", {"quantile": np.quantile(x, q)}, x, q=q)


def ranks():
    for n, q, confidence in itertools.product((5, 6, 30, 59, 72, 100, 400), (0.1, 0.5, 0.95, 0.99), (0.9, 0.95, 0.99)):
        tail = (1 - confidence) / 2
        lo = [r for r in range(1, n + 1) if stats.binom.cdf(r - 1, n, q) <= tail]
        hi = [r for r in range(1, n + 1) if stats.binom.sf(r - 1, n, q) <= tail]
        ends = [max(lo), min(hi)] if lo and hi else [math.nan, math.nan]
        add("quantile_interval", {"ranks": ends}, n=n, q=q, confidence=confidence)


def fits():
    for n in (3, 8, 40):
        x = sorted(samples(n))
        y = [float(f"{2.5 * v**1.7 * math.exp(rng.normal(0, 0.2)):.6g}") for v in x]
        for function, u, v in (("fit_line", x, y), ("fit_power", np.log(x), np.log(y)), ("fit_exponential", x, np.log(y))):
            f = stats.linregress(u, v)
            far = stats.t.isf(0.025, n - 2) * f.stderr
            intercept = f.intercept if function == "fit_line" else math.exp(f.intercept)
            want = {"slope": f.slope, "intercept": intercept, "r2": f.rvalue**2, "interval": [f.slope - far, f.slope + far]}
            add(function, want, x, y, confidence=0.95)


def rank_correlations():
    for kind, n in (("normal", 4), ("lognormal", 25), ("coarse", 60)):
        x, y = samples(n, kind), samples(n, kind)
        y = [a + b for a, b in zip(x, y)]
        add("spearman", {"rho": stats.spearmanr(x, y).statistic, "ranks": stats.rankdata(x)}, x, y)


def two_samples():
    for n, m, kind, shift in [
        (1, 1, "normal", 0), (3, 3, "normal", 9), (5, 7, "normal", 1), (10, 5, "lognormal", 0), (30, 30, "normal", 1.5),
        (49, 49, "lognormal", 1), (49, 3, "normal", 8), (50, 50, "normal", 1), (120, 80, "lognormal", 0.3),
        (12, 9, "coarse", 2), (60, 70, "coarse", 1), (6, 6, "coarse", 0),
    ]:  # fmt: skip
        a = samples(n, kind)
        b = [float(f"{v + shift:.6g}") for v in samples(m, kind)]
        tied = len(set(a + b)) < n + m
        exact = not tied and n < 50 and m < 50
        t = stats.mannwhitneyu(b, a, alternative="two-sided", method="exact" if exact else "asymptotic")
        add("mann_whitney", {"u": t.statistic, "p": t.pvalue, "exact": exact}, a, b)
        differences = np.sort(np.subtract.outer(b, a).ravel())
        for confidence in (0.9, 0.95):
            add("hodges_lehmann", {"estimate": np.median(differences), "interval": shift_ends(differences, n, m, tied, confidence)}, a, b, confidence=confidence)


def shift_ends(differences, n, m, tied, confidence):
    """Bauer's interval; with ties the exact ranks are used as well, which only makes it wider."""
    tail = (1 - confidence) / 2
    if n < 50 and m < 50:
        mass = rank_sum_mass(n, m)
        k = int(np.searchsorted(np.cumsum(mass), tail * (1 + 1e-9), side="right"))
    else:
        k = math.floor(n * m / 2 + 0.5 + stats.norm.ppf(tail) * math.sqrt(n * m * (n + m + 1) / 12))
    return [differences[k - 1], differences[n * m - k]] if k >= 1 else [math.nan, math.nan]


def rank_sum_mass(n, m):
    """The distribution of U by whole numbers: the ways in which n of n+m ranks have a sum."""
    ways = [[0] * (n * m + 1) for _ in range(n + 1)]
    ways[0][0] = 1
    for rank in range(1, n + m + 1):
        for taken in range(min(rank, n), 0, -1):
            for u in range(rank - taken, n * m + 1):
                ways[taken][u] += ways[taken - 1][u - (rank - taken)]
    total = math.comb(n + m, n)
    return [w / total for w in ways[n]]


def corrections():
    for p in (
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0],
        [0.04, 0.01, 0.03, 0.01, 0.8],
        [0.5],
    ):
        order = np.argsort(p, kind="stable")
        steps = np.maximum.accumulate([min(1, (len(p) - k) * p[i]) for k, i in enumerate(order)])
        holm = np.empty(len(p))
        holm[order] = steps
        add("holm", {"p": holm}, p)


def bootstraps():
    for kind, n, statistic in (("lognormal", 12, np.mean), ("lognormal", 30, np.std), ("normal", 9, np.mean)):
        x = samples(n, kind)
        for confidence in (0.9, 0.95):
            bca = stats.bootstrap((x,), statistic, n_resamples=299, method="BCa", confidence_level=confidence, rng=np.random.default_rng(1))
            values = bca.bootstrap_distribution
            tail = (1 - confidence) / 2
            jackknife = [float(statistic(np.delete(x, i))) for i in range(n)]
            want = {
                "bca": bca.confidence_interval, "percentile": np.quantile(values, [tail, 1 - tail]),
                "resampled": values, "estimate": statistic(x),
            }  # fmt: skip
            add("bootstrap", want, x, jackknife, confidence=confidence)
    for blocks in (2, 3, 5, 6, 10, 30, 1000):
        for confidence in (0.9, 0.95):
            t = stats.t.isf((1 - confidence) / 2, blocks - 1)
            add("small_sample", {"confidence": 1 - 2 * stats.norm.sf(t)}, blocks=blocks, confidence=confidence)
        for share in (0.001, 0.3, 0.975, 0.999):
            add("small_sample_share", {"share": stats.t.cdf(stats.norm.ppf(share), blocks - 1)}, blocks=blocks, share=share)


def weighted():
    for kind, n, blocks in (("lognormal", 20, 5), ("coarse", 40, 8), ("normal", 9, 9), ("normal", 6, 2)):
        x = samples(n, kind)
        block = [int(b) for b in rng.integers(0, blocks, n)]
        for _ in range(4):
            counts = np.bincount(rng.integers(0, blocks, blocks - 1), minlength=blocks)
            drawn = np.repeat(x, counts[block])
            if len(drawn) < 3 or np.ptp(drawn) == 0:
                continue
            want = {
                "counts": counts, "n": len(drawn), "mean": np.mean(drawn), "std": np.std(drawn, ddof=1), "skewness": stats.skew(drawn, bias=False),
                "min": min(drawn), "max": max(drawn), "quantiles": np.quantile(drawn, [0, 0.1, 0.5, 0.77, 0.99, 1]),
            }  # fmt: skip
            add("blocked", want, x, block)


def series():
    for kind, n in (("wave", 40), ("walk", 30), ("normal", 25), ("coarse", 50), ("wave", 401)):
        x = samples(n, kind)
        d = np.asarray(x) - np.mean(x)
        acf = np.correlate(d, d, "full")[n - 1 :] / np.sum(d * d)
        add("series", {"acf": acf[:6], "n_eff": effective(acf)}, x)
        u = [sum(np.sign(b - a) for a in x[:t] for b in x[t:]) for t in range(1, n)]
        k = int(np.argmax(np.abs(u)))
        p = min(1, 2 * math.exp(-6 * u[k] ** 2 / (n**3 + n**2)))
        add("change_point", {"at": k + 1, "p": p, "medians": [np.median(x[: k + 1]), np.median(x[k + 1 :])]}, x)


def effective(acf):
    """Geyer's initial positive sequence."""
    tau = -1.0
    for lag in range(0, len(acf) - 1, 2):
        pair = acf[lag] + acf[lag + 1]
        if pair <= 0:
            break
        tau += 2 * pair
    return len(acf) / max(tau, 1)


def knees():
    for n in (5, 12, 40):
        x = sorted(samples(n))
        y = [float(f"{5 - 1 / v + rng.normal(0, 0.05):.6g}") for v in x]
        for values in (y, [-v for v in y]):
            u, v = np.asarray(x), np.asarray(values)
            chord = v[0] + (v[-1] - v[0]) * (u - u[0]) / (u[-1] - u[0])
            add("knee", {"at": u[np.argmax(np.abs(v - chord))]}, x, values)


def shapes():
    for kind, n in (("normal", 40), ("lognormal", 300), ("bimodal", 120)):
        x = sorted(samples(n, kind))
        add("bin_edges", {"edges": np.histogram_bin_edges(x, "fd")}, x)
        spread = min(np.std(x, ddof=1), np.subtract(*np.quantile(x, [0.75, 0.25])) / 1.34)
        bandwidth = 0.9 * spread * n**-0.2
        at = np.linspace(x[0], x[-1], 9)
        kernel = stats.gaussian_kde(x, bw_method=bandwidth / np.std(x, ddof=1))
        add("density", {"silverman": bandwidth, "at": at, "density": kernel(at)}, x)


def same(a, b):
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b


def main():
    for part in (moments, ranks, fits, rank_correlations, two_samples, corrections, bootstraps, weighted, series, knees, shapes):
        part()
    if sys.argv[1:] == ["--check"]:
        with open(PATH, encoding="utf-8") as f:
            if not same(json.load(f), json.loads(json.dumps(vectors))):
                sys.exit(f"{PATH} is not what this script makes")
        print(f"{sum(map(len, vectors.values()))} vectors are what numpy {np.__version__} and scipy make")
        return
    with open(PATH, "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(f'"{k}": [\n' + ",\n".join(map(json.dumps, v)) + "\n]" for k, v in vectors.items()) + "\n}\n")


main()
