"""Files of weights by the Python package safetensors are read here, and files written here are read there.

Usage: weights.py, from the root of the repository, in a Python that has safetensors, numpy and ml_dtypes. The other side is the Go
test TestInterop. Equal tensors must give equal files, byte for byte; and what the reference implementation refuses must be refused.
"""

import base64
import json
import os
import random
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

SEED = 7
CASES = 2000


def tensors():
    """Every float32 that is special, halves of every bit pattern, and odd shapes."""
    some = np.random.default_rng(SEED)
    bits = some.integers(0, 1 << 32, 3 * 5 * 7, dtype=np.uint32)
    bits[:6] = [0, 0x80000000, 0x7F800000, 0x7FC00001, 1, 0x00800000]
    halves = np.arange(1 << 16, dtype=np.uint16)
    return {
        "float32": bits.view(np.float32).reshape(3, 5, 7),
        "float16": halves.view(np.float16).reshape(256, 256),
        "bfloat16": halves.view(ml_dtypes.bfloat16).reshape(1, 65536),
        "one.element": np.array(3, np.float32),
        "no.element": np.zeros((0, 4), np.float16),
        'name "é\\\n\x01😀/<>&': np.ones(3, np.float32),
        "large": some.standard_normal((1000, 1003), dtype=np.float32),
    }


def same(got, want, what):
    """Bit for bit: NaNs count too."""
    if sorted(got) != sorted(want):
        sys.exit(f"safetensors: {what}: tensors {sorted(got)}, want {sorted(want)}")
    for name, array in want.items():
        other = got[name]
        if other.dtype != array.dtype or other.shape != array.shape or other.tobytes() != array.tobytes():
            sys.exit(f"safetensors: {what}: {name!r}: {other.dtype} {other.shape} is not {array.dtype} {array.shape}")


PIECES = [
    '"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "1", "4", "8", "-", ".5", "e1", "null", "true", '"a"', '"dtype"', '"shape"', '"F32"',
    '"F16"', '"U8"', '"F4"', '"X"', '"data_offsets"', '"__metadata__"', "[0,4]", "[4,8]", "[]", "[1]", "[2]", '{"x":[1]}', "\\u00e9", "\\ud800", "\\ud83d\\ude00",
    "18446744073709551615", "4294967296", "\x00", "é",
]


def cases():
    """Headers that are nearly right, and what the reference implementation says of each."""
    some = random.Random(SEED)
    header = (
        '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        '"b":{"dtype":"U8","shape":[2,2],"data_offsets":[4,8]},"c":{"dtype":"F4","shape":[0],"data_offsets":[8,8]}}'
    )
    for case in range(CASES):
        text = header
        for _ in range(some.randrange(4)):
            if case % 3 == 0:  # anything anywhere
                at = some.randrange(len(text))
                text = text[:at] + some.choice(PIECES) + text[at + some.randrange(3) :]
            elif case % 3 == 1:  # another spelling of a number, or another number
                at, digit = some.choice([(i, c) for i, c in enumerate(text) if c in "0123456789"])
                other = some.choice(["0{}", "{}.0", "{}e0", "-{}", "{} ", "+{}", "{}8", "1", "2", "4", "8"]).format(digit)
                text = text[:at] + other + text[at + 1 :]
            else:  # another type, or other spaces
                text = text.replace(some.choice(["F32", "U8", "F4"]), some.choice(["F32", "U8", "BF16", "I64", "F6_E2M3", "f32"]))
                text = text.replace(some.choice(":,[]"), some.choice([" {}", "{}\n", "\t{}", "\f{}", "{}"]).format(some.choice(":,[]")), 1)
        body = text.encode("utf-8", "surrogatepass")
        data = bytes(some.choice([8, 8, 8, 4, 5, 7, 9, 12, 0]))
        yield (len(body) + some.choice([0] * 20 + [1, -1, 100])).to_bytes(8, "little") + body + data


def refused(file):
    """Whether the reference refuses the file, None where we mean to be stricter: spaces before the header, keys that appear twice,
    structures written as arrays."""
    try:
        safetensors.deserialize(file)
    except Exception:
        return True
    n = int.from_bytes(file[:8], "little")
    text = file[8 : 8 + n].decode()
    stricter = not text.startswith("{")

    def once(pairs):
        nonlocal stricter
        stricter = stricter or len(dict(pairs)) < len(pairs)
        return dict(pairs)

    for name, info in json.loads(text, object_pairs_hook=once).items():
        stricter = stricter or name != "__metadata__" and not isinstance(info, dict)
    return None if stricter else False


def main():
    with tempfile.TemporaryDirectory() as work:
        want = tensors()
        theirs = os.path.join(work, "python.safetensors")
        save_file(want, theirs, metadata={"format": "np"})
        known = [{"File": base64.b64encode(file).decode(), "Refused": verdict} for file in cases() if (verdict := refused(file)) is not None]
        with open(os.path.join(work, "cases.json"), "w", encoding="utf-8") as file:
            json.dump(known, file)
        test = ["go", "test", "-count=1", "-run", "^TestInterop$", "./internal/tensor/safetensors"]
        subprocess.run(test, check=True, env={**os.environ, "RUNX_TEST_SAFETENSORS": work})
        with open(theirs, "rb") as file:
            reference = file.read()
        for name in ["go-false.safetensors", "go-true.safetensors"]:
            ours = os.path.join(work, name)
            same(load_file(ours), want, name)
            with safetensors.safe_open(ours, "np") as file:
                if file.metadata() != {"format": "np"}:
                    sys.exit(f"safetensors: {name}: metadata {file.metadata()}")
            with open(ours, "rb") as file:
                if file.read() != reference:
                    sys.exit(f"safetensors: {name} is another file than the reference writes")
        accepted = sum(not case["Refused"] for case in known)
        if accepted < 50 or len(known) - accepted < 50:
            sys.exit(f"safetensors: {accepted} of {len(known)} headers are accepted: the cases are too one-sided")
        print(f"safetensors {safetensors.__version__}: {len(want)} tensors both ways, the same bytes; {len(known)} headers, {accepted} accepted by both")


main()
