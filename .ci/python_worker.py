"""Takes the example worker out of workloads/wire/PROTOCOL.md and has runx measure it.

Usage: python_worker.py RUNX PROTOCOL.md DIR. Fails when the page shows no worker, or when it cannot be measured.
"""

import os
import re
import subprocess
import sys

import pyarrow.parquet as pq

runx, page, folder = sys.argv[1:]
with open(page, encoding="utf-8") as file:
    workers = [b for b in re.findall(r"^```python\n(.*?)^```$", file.read(), re.M | re.S) if "stdin" in b]
if len(workers) != 1:
    sys.exit(f"python_worker: {page} shows {len(workers)} whole workers in Python, want 1")
name = re.search(r'"name": *"([a-z0-9_]+)"', workers[0])
if not name:
    sys.exit("python_worker: the example worker names no workload")

os.makedirs(folder)
with open(os.path.join(folder, "worker.py"), "w", encoding="utf-8") as file:
    file.write(workers[0])
with open(os.path.join(folder, "foreign.yaml"), "w", encoding="utf-8") as file:
    file.write(f"version: 1\nname: foreign\nworker: [{sys.executable}, worker.py]\nworkload: {name[1]}\nmeasure: {{samples: 20}}\n")
subprocess.run([runx, "validate", "foreign.yaml"], cwd=folder, check=True)
subprocess.run([runx, "run", "-q", "foreign.yaml"], cwd=folder, check=True)
table = pq.read_table(os.path.join(folder, "out", "foreign.parquet"))
statuses = set(table["status"].to_pylist())
if table.num_rows != 20 or statuses != {"ok"} or table["latency_ms"].null_count:
    sys.exit(f"python_worker: {table.num_rows} samples of status {statuses}, {table['latency_ms'].null_count} without latency")
print(f"python worker: {table.num_rows} samples, latency_ms {min(table['latency_ms'].to_pylist()):.6f} at least")
