"""Holds the size of a table against what DuckDB makes of the same rows with the same compression: at most 1.2 times as large.

Usage: size.py SAMPLES_PARQUET
"""

import os
import sys
import tempfile

import duckdb

LIMIT = 1.2


def main(table):
    with tempfile.TemporaryDirectory() as directory:
        peer = os.path.join(directory, "duckdb.parquet")
        rows = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [table]).fetchone()[0]
        duckdb.execute(f"COPY (FROM read_parquet('{table}')) TO '{peer}' (FORMAT parquet, COMPRESSION zstd)")
        ours, theirs = os.path.getsize(table), os.path.getsize(peer)
    print(f"size: {rows} rows, {ours / rows:.2f} bytes each, DuckDB {theirs / rows:.2f}, ratio {ours / theirs:.2f}")
    if ours > LIMIT * theirs:
        sys.exit(f"size: more than {LIMIT} times DuckDB's")


main(sys.argv[1])
