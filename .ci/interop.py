"""Reads every table of real runs with pandas, pyarrow, DuckDB and polars, and holds what they see against the journals.

Usage: interop.py OUT, the directory of at least two runs with different columns. The journal is the truth: values, NULLs, types,
order of columns and metadata of the Parquet files must follow from it, in each reader.
"""

import glob
import hashlib
import json
import math
import os
import statistics
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

KEYS = ["spec", "run_id", "point_id", "round", "rep", "started_at", "status", "error", "tainted"]
SUMMARY_KEYS = ["spec", "run_id", "point_id"]
COUNTS = ["n", "n_ok", "n_failed", "n_tainted", "n_eff"]
ARROW = {"int64": pa.int64(), "double": pa.float64(), "string": pa.string(), "bool": pa.bool_(), "timestamp": pa.timestamp("us", tz="UTC")}
PANDAS = {"int64": "int64", "double": "float64", "bool": "bool", "timestamp": "datetime64[us, UTC]"}
DUCKDB = {"int64": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN", "timestamp": "TIMESTAMP WITH TIME ZONE"}
POLARS = {"int64": pl.Int64, "double": pl.Float64, "string": pl.String, "bool": pl.Boolean, "timestamp": pl.Datetime("us", "UTC")}
checked = 0


def check(ok, what):
    global checked
    checked += 1
    if not ok:
        sys.exit(f"interop: {what}")


def same(got, want, what):
    check(got == want, f"{what}: got {got!r}, want {want!r}")


def journal(run):
    """Header, points by index, and samples of the longest valid prefix."""
    header, points, samples = None, {}, []
    with open(os.path.join(run, "journal.jsonl"), encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if "runx" in record:
                header = record
            elif "event" in record:
                continue  # of the run, or of a point that is already there
            elif "point" in record:
                points[record["point"]] = record
            elif "p" in record:
                samples.append(record)
    return header, points, samples


def rows_of(path):
    """The rows of a table in each reader, as lists of dicts with plain values; the readers' own NULLs become None."""
    arrow = pq.read_table(path)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    relation = connection.sql(f"SELECT * FROM read_parquet('{path}')")
    frame = pd.read_parquet(path)
    plain = frame.astype(object).where(frame.notna(), None)
    polars = pl.read_parquet(path)
    return {
        "pyarrow": (arrow.column_names, arrow.to_pylist()),
        "duckdb": (relation.columns, [dict(zip(relation.columns, row)) for row in relation.fetchall()]),
        "pandas": (list(frame.columns), plain.to_dict("records")),
        "polars": (polars.columns, polars.to_dicts()),
    }


def micros(value):
    return pd.Timestamp(value).value // 1000


def check_types(path, columns):
    schema = pq.read_schema(path)
    frame = pd.read_parquet(path)
    polars = pl.read_parquet_schema(path)
    duck = dict((row[0], row[1]) for row in duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall())
    for column in columns:
        name, kind = column["name"], column["type"]
        same(schema.field(name).type, ARROW[kind], f"{path}: pyarrow type of {name}")
        same(schema.field(name).nullable, not column["required"], f"{path}: nullability of {name}")
        same(duck[name], DUCKDB[kind], f"{path}: DuckDB type of {name}")
        same(polars[name], POLARS[kind], f"{path}: polars type of {name}")
        if kind in PANDAS and (column["required"] or kind == "double"):
            same(str(frame[name].dtype), PANDAS[kind], f"{path}: pandas type of {name}")


def check_metadata(run, path, header):
    metadata = {k.decode(): v.decode() for k, v in pq.read_schema(path).metadata.items() if k.startswith(b"runx.")}
    with open(os.path.join(run, "spec.yaml"), "rb") as file:
        text = file.read()
    same(metadata["runx.format"], str(header["runx"]), f"{path}: runx.format")
    same(metadata["runx.run_id"], os.path.basename(run), f"{path}: runx.run_id")
    same(metadata["runx.spec"].encode(), text, f"{path}: runx.spec")
    same(metadata["runx.spec_sha256"], hashlib.sha256(text).hexdigest(), f"{path}: runx.spec_sha256")
    columns = json.loads(metadata["runx.columns"])
    same(pq.read_schema(path).names, [c["name"] for c in columns], f"{path}: order of columns")
    for name, units in (("_ms", "ms"), ("_bytes", "bytes"), ("_per_s", "1/s")):
        for column in columns:
            if column["kind"] == "metric" and column["name"].endswith(name):
                same(column.get("unit"), units, f"{path}: unit of {column['name']}")
    return columns


def check_finite(path):
    for name, column in zip(pq.read_schema(path).names, pq.read_table(path).columns):
        if pa.types.is_floating(column.type):
            values = column.drop_null().to_numpy()
            check(np.isfinite(values).all(), f"{path}: {name} holds a value that is not finite")


def check_samples(run):
    path = os.path.join(run, "samples.parquet")
    header, points, samples = journal(run)
    columns = check_metadata(run, path, header)
    names = [c["name"] for c in columns]
    params = [p["name"] for p in header["params"]]
    metrics = header["metrics"]
    same(names[: len(KEYS) + len(params)], KEYS + params, f"{path}: keys and parameters")
    same([n for n in names if n in metrics], metrics, f"{path}: order of raw metrics")
    check_types(path, columns)
    check_finite(path)
    for reader, (order, rows) in rows_of(path).items():
        where = f"{path} in {reader}"
        same(list(order), names, f"{where}: columns")
        same(len(rows), len(samples), f"{where}: rows")
        for row, sample in zip(rows, samples):
            point = points[sample["p"]]
            expected = {
                "spec": header["spec"], "run_id": header["run_id"], "point_id": point["id"], "round": sample["r"], "rep": sample["k"],
                "status": sample["s"], "error": sample.get("e"), "tainted": sample.get("x"),
            } | dict(zip(params, point["params"]))
            expected |= dict(zip(metrics, sample["v"] or [None] * len(metrics)))
            same(micros(row["started_at"]), sample["t"], f"{where}: started_at")
            for name, want in expected.items():
                check(row[name] == want, f"{where}: {name} is {row[name]!r}, the journal says {want!r}")
    return path, header, samples


def check_expressions(path, spec):
    """The metrics of week07 that are expressions, computed again."""
    if spec != "week07":
        return
    frame = pd.read_parquet(path)
    ok = frame[frame.status == "ok"]
    check(len(ok) > 0, f"{path}: nothing was measured")
    np.testing.assert_allclose(ok.tokens_per_s, ok.batch * ok.seq_len / (ok.latency_ms / 1e3), rtol=1e-12)
    np.testing.assert_allclose(ok.flops_per_s, ok.work_flops / (ok.latency_ms / 1e3), rtol=1e-12)


def check_summary(run, samples_path):
    path = os.path.join(run, "summary.parquet")
    header, points, _ = journal(run)
    columns = check_metadata(run, path, header)
    names = [c["name"] for c in columns]
    params = [p["name"] for p in header["params"]]
    same(names[: len(SUMMARY_KEYS) + len(params) + len(COUNTS)], SUMMARY_KEYS + params + COUNTS, f"{path}: keys, parameters, counts")
    check_types(path, columns)
    check_finite(path)
    for reader, (order, rows) in rows_of(path).items():
        same(list(order), names, f"{path} in {reader}: columns")
        same(len(rows), len(points), f"{path} in {reader}: rows")
    samples = pd.read_parquet(samples_path)
    quantiles = 0
    for row in pd.read_parquet(path).to_dict("records"):
        of_point = samples[samples.point_id == row["point_id"]]
        ok = of_point[of_point.status == "ok"]
        same(row["n"], len(of_point), f"{path}: n")
        same(row["n_ok"], len(ok), f"{path}: n_ok")
        same(row["n_failed"], int(of_point.status.isin(["failed", "timeout"]).sum()), f"{path}: n_failed")
        same(row["n_tainted"], int(ok.tainted.notna().sum()), f"{path}: n_tainted")
        want = effective(ok.latency_ms.dropna())
        check(close(row["n_eff"], want, 0), f"{path}: n_eff of {row['point_id']} is {row['n_eff']!r}, Python says {want!r}")
        for name in names[len(SUMMARY_KEYS) + len(params) + len(COUNTS) :]:
            metric, _, stat = name.rpartition("_")
            if stat in ("lo", "hi"):
                continue
            values = ok[metric].dropna()
            want = statistic(values, stat)
            got = row[name]
            check(close(got, want, noise(values, stat)), f"{path}: {name} of {row['point_id']} is {got!r}, Python says {want!r} of {len(values)}")
            if stat.startswith("p") and stat[1:].isdigit():
                lo, hi = row[name + "_lo"], row[name + "_hi"]
                check(math.isnan(lo) == math.isnan(hi), f"{path}: {name} has half an interval")
                if not math.isnan(lo):
                    quantiles += 1
                    check(lo <= got <= hi, f"{path}: {name} is outside of its interval")
    return quantiles


def effective(values):
    """How many independent samples the series is worth: Geyer's initial positive sequence, of the ranks."""
    n = len(values)
    if n == 0:
        return math.nan
    ranks = values.rank().to_numpy()
    ranks = ranks - ranks.mean()
    if n < 4 or not ranks.any():
        return float(n)
    covariance = np.correlate(ranks, ranks, "full")[n - 1 :]
    tau = -1.0
    for lag in range(0, n - 1, 2):
        pair = (covariance[lag] + covariance[lag + 1]) / covariance[0]
        if pair <= 0:
            break
        tau += 2 * pair
    return n / max(tau, 1)


def statistic(values, stat):
    if stat.startswith("p") and stat[1:].isdigit():
        digits = stat[1:]
        return values.quantile(int(digits) / 10 ** max(2, len(digits))) if len(values) else math.nan
    if stat in ("std", "cv"):  # in exact arithmetic: the rounding of pandas gives equal values a spread of their own
        std = statistics.stdev(values) if len(values) > 1 else math.nan
        return std if stat == "std" else std / values.mean()
    if stat == "skewness":
        return None  # several definitions are in use; the one here is documented
    return {"mean": values.mean, "min": values.min, "max": values.max, "sum": values.sum}[stat]()


def noise(values, stat):
    """What the rounding of the mean may add to the spread of values that are all but equal."""
    scale = {"std": values.abs().max(), "cv": 1}.get(stat, 0) if len(values) else 0
    return max(1e-12, 4 * sys.float_info.epsilon * scale)


def close(got, want, abs_tol):
    if want is None:
        return True
    if want != want or got != got:
        return want != want and got != got
    return math.isclose(got, want, rel_tol=1e-9, abs_tol=abs_tol)


def check_run(run):
    path = os.path.join(run, "run.parquet")
    header, _, samples = journal(run)
    columns = check_metadata(run, path, header)
    check_types(path, columns)
    for reader, (order, rows) in rows_of(path).items():
        same(list(order), [c["name"] for c in columns], f"{path} in {reader}: columns")
        same(len(rows), 1, f"{path} in {reader}: rows")
        same(rows[0]["run_id"], header["run_id"], f"{path} in {reader}: run_id")
        same(rows[0]["spec"], header["spec"], f"{path} in {reader}: spec")


VERDICTS = {"supported", "refuted", "inconclusive"}


def check_claims(run):
    path = os.path.join(run, "claims.parquet")
    header, _, _ = journal(run)
    columns = check_metadata(run, path, header)
    names = [c["name"] for c in columns]
    same(names[:3], ["spec", "run_id", "claim"], f"{path}: keys")
    check_types(path, columns)
    check_finite(path)
    for reader, (order, rows) in rows_of(path).items():
        where = f"{path} in {reader}"
        same(list(order), names, f"{where}: columns")
        for row in rows:
            what = f"{where}: {row['claim']!r} {row['group']!r}"
            same(row["run_id"], header["run_id"], f"{what}: run_id")
            check(row["verdict"] in VERDICTS, f"{what}: verdict {row['verdict']!r}")
            lo, hi = row["value_lo"], row["value_hi"]
            check((lo is None) == (hi is None), f"{what}: half an interval")
            check(lo is None or lo <= hi, f"{what}: interval [{lo}, {hi}]")
            check(row["verdict"] == "inconclusive" or row["value"] is not None, f"{what}: {row['verdict']} without a value")
            share = row["share_ratio"]
            if share is not None and row["resamples_count"] > 0:
                check(0 <= share <= 1, f"{what}: share_ratio {share}")
                decided = {"supported": share >= 0.975, "refuted": share <= 0.025}.get(row["verdict"], True)
                check(decided, f"{what}: {row['verdict']} by a share of {share}")
    return check_values(run, path)


def check_values(run, path):
    """The exponents of week07, computed again with numpy."""
    claims, summary, known = pd.read_parquet(path), pd.read_parquet(os.path.join(run, "summary.parquet")), 0
    for claim in claims.to_dict("records"):
        if claim["spec"] != "week07" or not claim["expression"].startswith("exponent("):
            continue
        x, y = claim["expression"].removeprefix("exponent(").removesuffix(")").split(", ")
        rows = summary[(summary.algorithm == claim["claim"].split()[0]) & (summary.seq_len >= 512)]
        if len(rows) < 2:
            continue
        want = np.polyfit(np.log(rows[x]), np.log(rows[y]), 1)[0]
        check(math.isclose(claim["value"], want, rel_tol=1e-9), f"{path}: {claim['claim']!r} has the value {claim['value']!r}, numpy says {want!r}")
        known += 1
    return len(claims), known


def is_quick(run):
    with open(os.path.join(run, "journal.jsonl")) as f:
        return json.loads(f.readline()).get("quick", False)


def check_links(out, runs):
    for link in glob.glob(os.path.join(out, "*.html")):
        if os.path.islink(link):
            target = os.readlink(link)
            check(not os.path.isabs(target) and os.path.exists(link) and target.endswith("/report.html"), f"{link} leads to {target}")
            tables = os.readlink(link.removesuffix(".html") + ".parquet")
            same(os.path.dirname(target), os.path.dirname(tables), f"{link} leads to another run than the tables")
    for link in glob.glob(os.path.join(out, "*.parquet")):
        check(os.path.islink(link) and not os.path.isabs(os.readlink(link)), f"{link} is not a relative link")
        spec = os.path.basename(link).removesuffix(".parquet").removesuffix(".summary")
        # A smoke test does not take the place of results.
        newest = max((r for r in runs if os.path.basename(os.path.dirname(r)) == spec), key=lambda r: (not is_quick(r), r))
        same(os.path.dirname(os.path.realpath(link)), os.path.realpath(newest), f"{link} leads elsewhere")
        count = len(pq.read_table(link))
        same(duckdb.sql(f"SELECT count(*) FROM '{link}'").fetchall()[0][0], count, f"{link} in DuckDB")
        same(len(pd.read_parquet(link)), count, f"{link} in pandas")
        same(pl.scan_parquet(link).select(pl.len()).collect().item(), count, f"{link} in polars")


def check_glob(out, counts):
    pattern = os.path.join(out, "*", "*", "samples.parquet")
    files = glob.glob(pattern)
    wanted = {name for file in files for name in pq.read_schema(file).names}
    check(len({tuple(pq.read_schema(f).names) for f in files}) > 1, f"all runs under {out} have the same columns: nothing is tested")
    relation = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}', union_by_name = true)")
    same(set(relation.columns), wanted, "columns of the glob in DuckDB")
    got = dict(duckdb.sql("SELECT run_id, count(*) FROM relation GROUP BY run_id").fetchall())
    same(got, counts, "rows by run of the glob in DuckDB")
    united = pl.concat([pl.scan_parquet(f) for f in files], how="diagonal").collect()
    same(set(united.columns), wanted, "columns of the glob in polars")
    same(dict(united.group_by("run_id").len().iter_rows()), counts, "rows by run of the glob in polars")
    table = pa.concat_tables([pq.read_table(f) for f in files], promote_options="default")
    same(set(table.column_names), wanted, "columns of the glob in pyarrow")
    frame = pd.concat([pd.read_parquet(f) for f in files])
    same(frame.groupby("run_id").size().to_dict(), counts, "rows by run of the glob in pandas")


def main(out):
    runs = sorted(os.path.dirname(p) for p in glob.glob(os.path.join(out, "*", "*", "journal.jsonl")))
    check(len(runs) >= 2, f"want at least two runs under {out}, found {len(runs)}")
    counts, nulls, quantiles, claims, known = {}, 0, 0, 0, 0
    for run in runs:
        path, header, samples = check_samples(run)
        counts[header["run_id"]] = len(samples)
        nulls += sum(1 for s in samples if s["s"] != "ok")
        check_expressions(path, header["spec"])
        quantiles += check_summary(run, path)
        check_run(run)
        judged, computed = check_claims(run)
        claims, known = claims + judged, known + computed
        same(sorted(os.path.basename(f) for f in glob.glob(os.path.join(run, "*.parquet"))),
             ["claims.parquet", "run.parquet", "samples.parquet", "summary.parquet"], f"{run}: tables")
    check(nulls > 0, "no sample failed in any run: the NULLs of failed samples are not tested")
    check(quantiles > 0, "no quantile has an interval in any run")
    check(claims > 0 and known > 0, f"{claims} claims, of which the values of {known} were computed again: nothing is tested")
    check_links(out, runs)
    check_glob(out, counts)
    print(f"interop: {len(runs)} runs, {sum(counts.values())} samples, {claims} verdicts, {checked} checks in pyarrow {pa.__version__}, "
          f"pandas {pd.__version__}, DuckDB {duckdb.__version__}, polars {pl.__version__}")


main(sys.argv[1])
