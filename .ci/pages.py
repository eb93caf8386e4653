"""Types what README.md says to type (but what measures for minutes), then runs the Python and SQL that the pages show on what it left.

Usage: pages.py RUNX_DIR, in a copy of the tree where specs/week07.yaml has been run. RUNX_DIR holds the installed runx.
"""

import os
import re
import subprocess
import sys

import duckdb


def blocks(page, language):
    with open(page, encoding="utf-8") as file:
        found = re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.M | re.S)
    if not found:
        sys.exit(f"pages: {page} shows no {language}")
    return found


def main(runx_dir):
    os.environ["PATH"] = runx_dir + os.pathsep + os.environ["PATH"]
    commands = [line for block in blocks("README.md", "sh") for line in block.splitlines() if line.startswith("runx ") and "specs/" not in line]
    for command in commands:
        subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for page in ("README.md", "out/README.md"):
        for block in blocks(page, "python"):
            exec(compile(block, page, "exec"), {})
        for block in blocks(page, "sql"):
            if not duckdb.sql(block).fetchall():
                sys.exit(f"pages: a query of {page} finds nothing:\n{block}")
    print(f"pages: {len(commands)} commands, and the Python and SQL of both pages")


main(sys.argv[1])
