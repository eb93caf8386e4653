#!/usr/bin/env python3
"""Reference vectors: what PyTorch computes in float64, and its autograd's gradients.

    python3 reference.py          writes reference.json beside this file
    python3 reference.py -check   computes all of it again and compares with reference.json

Works with PyTorch 1.13 (Debian 12: apt-get install python3-torch) and later. The inputs come from a generator of this
script's own, so that they are the same under every version, and are multiples of 1/256: exact in float32 and short as text.
Whoever computes in float32 from them differs from the outputs by his own rounding alone. Each case has named inputs, the
output, and for a random upstream gradient (the input "dy" of the vector-Jacobian product) the gradient of each input.
Attention is spelled out in its formula; nothing fused is asked of PyTorch, and nothing of it is copied from the engine.
"""

import argparse
import json
import math
import os
import sys

import torch
import torch.nn.functional as F

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
TOLERANCE = 1e-12  # of -check, relative to the largest element of a tensor
DIGITS = 14  # significant ones that are written: two more than -check asks for


class Source:
    """SplitMix64 (Steele, Lea and Flood 2014), so that inputs do not depend on a library."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        return z ^ (z >> 31)

    def tensor(self, *shape, centre=0.0, width=1.0):
        """Multiples of 1/256, uniform within width of centre."""
        steps = round(width * 256)
        data = [centre + (self.word() % (2 * steps + 1) - steps) / 256 for _ in range(math.prod(shape))]
        return torch.tensor(data, dtype=torch.float64).reshape(shape)

    def indices(self, count, below):
        return torch.tensor([self.word() % below for _ in range(count)])


# The formulas.


def rms_norm(x, gain, eps):
    """Zhang and Sennrich 2019."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain


def rotary(x, head_dim, first, theta):
    """Su et al. 2021 on halves of each head, as Llama has it; x is [batch, seq, heads*head_dim]."""
    batch, seq, dim = x.shape
    half = head_dim // 2
    frequency = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(first, first + seq, dtype=torch.float64)[:, None] * frequency
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]
    low, high = x.reshape(batch, seq, dim // head_dim, head_dim).split(half, -1)
    return torch.cat([low * cos - high * sin, high * cos + low * sin], -1).reshape(batch, seq, dim)


def attention(q, k, v, heads, kv_heads, causal):
    """Vaswani et al. 2017; query heads in groups share a key head (Ainslie et al. 2023). The last query is at the last key."""

    def split(x, n):
        return x.reshape(x.shape[0], x.shape[1], n, -1).transpose(1, 2)

    q, k, v = split(q, heads), split(k, kv_heads), split(v, kv_heads)
    k, v = (x.repeat_interleave(heads // kv_heads, 1) for x in (k, v))
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        queries, keys = scores.shape[-2:]
        future = torch.ones(queries, keys, dtype=torch.bool).triu(keys - queries + 1)
        scores = scores.masked_fill(future, -math.inf)
    out = scores.softmax(-1) @ v
    return out.transpose(1, 2).flatten(2)


def gpt2_block(o, x, p):
    """Radford et al. 2019: layer norm before each half, biases everywhere, GELU in its tanh form."""
    dim = x.shape[-1]
    h = F.layer_norm(x, (dim,), p["norm1.gain"], p["norm1.bias"], o["eps"])
    q, k, v = (F.linear(h, p[n + ".weight"], p[n + ".bias"]) for n in "qkv")
    h = attention(q, k, v, o["heads"], o["kv_heads"], True)
    x = x + F.linear(h, p["o.weight"], p["o.bias"])
    h = F.layer_norm(x, (dim,), p["norm2.gain"], p["norm2.bias"], o["eps"])
    h = F.gelu(F.linear(h, p["up.weight"], p["up.bias"]), approximate="tanh")
    return x + F.linear(h, p["down.weight"], p["down.bias"])


def llama_block(o, x, p):
    """Touvron et al. 2023: RMS norm, rotary positions, SwiGLU, groups of query heads, no biases."""
    h = rms_norm(x, p["norm1.gain"], o["eps"])
    q, k, v = (F.linear(h, p[n + ".weight"]) for n in "qkv")
    head_dim = x.shape[-1] // o["heads"]
    q, k = (rotary(t, head_dim, 0, o["theta"]) for t in (q, k))
    x = x + F.linear(attention(q, k, v, o["heads"], o["kv_heads"], True), p["o.weight"])
    h = rms_norm(x, p["norm2.gain"], o["eps"])
    h = F.silu(F.linear(h, p["gate.weight"])) * F.linear(h, p["up.weight"])
    return x + F.linear(h, p["down.weight"])


# The cases.


class Cases:
    def __init__(self):
        self.list = []

    def add(self, op, name, options, compute, inputs, source, indices=None):
        """Computes a case: its output, and the gradient of every input for a random gradient of the output."""
        for t in inputs.values():
            t.requires_grad_()
        y = compute(inputs)
        dy = source.tensor(*y.shape)
        y.backward(dy)
        case = {"op": op, "name": name, "options": options, "inputs": inputs, "output": y, "dy": dy}
        if indices is not None:
            case["indices"] = indices.tolist()
        case["gradients"] = {n: t.grad for n, t in inputs.items()}
        self.list.append(case)


def rows(cases, source):
    """Operations on rows: odd lengths, one element, and values at which a careless formula overflows."""
    for name, shape, width in [("rows of 37", (3, 37), 4), ("one element", (2, 1), 4), ("large", (2, 19), 100)]:
        cases.add("softmax", name, {}, lambda i: i["x"].softmax(-1), {"x": source.tensor(*shape, width=width)}, source)
        cases.add("log_softmax", name, {}, lambda i: i["x"].log_softmax(-1), {"x": source.tensor(*shape, width=width)}, source)
    for name, shape, centre in [("rows of 37", (2, 3, 37), 0), ("far from zero", (3, 24), 50)]:
        n = shape[-1]
        cases.add("layer_norm", name, {"eps": 1e-5},
                  lambda i: F.layer_norm(i["x"], i["gain"].shape, i["gain"], i["bias"], 1e-5),
                  {"x": source.tensor(*shape, centre=centre), "gain": source.tensor(n, centre=1), "bias": source.tensor(n)}, source)
        cases.add("rms_norm", name, {"eps": 1e-6}, lambda i: rms_norm(i["x"], i["gain"], 1e-6),
                  {"x": source.tensor(*shape, centre=centre), "gain": source.tensor(n, centre=1)}, source)


def activations(cases, source):
    for name, width in [("near zero", 3), ("saturated", 30)]:
        cases.add("gelu", name, {}, lambda i: F.gelu(i["x"], approximate="tanh"), {"x": source.tensor(5, 21, width=width)}, source)
        cases.add("silu", name, {}, lambda i: F.silu(i["x"]), {"x": source.tensor(5, 21, width=width)}, source)
    cases.add("swiglu", "gate and up", {}, lambda i: F.silu(i["gate"]) * i["up"],
              {"gate": source.tensor(3, 29, width=3), "up": source.tensor(3, 29)}, source)


def positions_and_loss(cases, source):
    for name, head_dim, heads, first in [("from zero", 8, 2, 0), ("from 100", 6, 3, 100)]:
        options = {"head_dim": head_dim, "first": first, "theta": 10000.0}
        cases.add("rotary", name, options, lambda i: rotary(i["x"], head_dim, first, 10000.0),
                  {"x": source.tensor(2, 5, heads * head_dim)}, source)
    targets = source.indices(7, 23)
    cases.add("cross_entropy", "23 classes", {}, lambda i: F.cross_entropy(i["logits"], targets).reshape(1),
              {"logits": source.tensor(7, 23, width=4)}, source, targets)


def attentions(cases, source):
    for name, batch, heads, kv_heads, queries, keys, head_dim, causal in [
        ("full", 2, 3, 3, 7, 7, 5, False),
        ("causal", 2, 2, 2, 9, 9, 8, True),
        ("grouped, causal", 1, 6, 2, 6, 6, 4, True),
        ("more keys, causal", 2, 2, 1, 3, 11, 6, True),
        ("one query", 1, 4, 2, 1, 13, 4, True),
        ("more keys", 1, 4, 4, 5, 8, 3, False),
    ]:
        options = {"heads": heads, "kv_heads": kv_heads, "causal": causal}
        cases.add("attention", name, options, lambda i: attention(i["q"], i["k"], i["v"], heads, kv_heads, causal), {
            "q": source.tensor(batch, queries, heads * head_dim, width=2),
            "k": source.tensor(batch, keys, kv_heads * head_dim, width=2),
            "v": source.tensor(batch, keys, kv_heads * head_dim),
        }, source)


def block_inputs(source, x, linears, gains, biases):
    """Weights are as wide as keeps activations near one."""
    inputs = {"x": source.tensor(*x)}
    for n in gains:
        inputs[n] = source.tensor(x[-1], centre=1, width=0.5)
    for n, (out, fan_in) in linears.items():
        inputs[n + ".weight"] = source.tensor(out, fan_in, width=1.7 / math.sqrt(fan_in))
        if biases:
            inputs[n + ".bias"] = source.tensor(out, width=0.25)
    if biases:
        for n in gains:
            inputs[n.replace("gain", "bias")] = source.tensor(x[-1], width=0.25)
    return inputs


def blocks(cases, source):
    gains = ["norm1.gain", "norm2.gain"]
    dim, hidden = 12, 48
    linears = {"q": (dim, dim), "k": (dim, dim), "v": (dim, dim), "o": (dim, dim), "up": (hidden, dim), "down": (dim, hidden)}
    options = {"heads": 3, "kv_heads": 3, "eps": 1e-5}
    cases.add("gpt2_block", "12 wide", options, lambda i: gpt2_block(options, i["x"], i),
              block_inputs(source, (2, 5, dim), linears, gains, True), source)
    dim, kv, hidden = 16, 8, 24
    linears = {"q": (dim, dim), "k": (kv, dim), "v": (kv, dim), "o": (dim, dim),
               "gate": (hidden, dim), "up": (hidden, dim), "down": (dim, hidden)}
    llama = {"heads": 4, "kv_heads": 2, "eps": 1e-5, "theta": 10000.0}
    cases.add("llama_block", "16 wide", llama, lambda i: llama_block(llama, i["x"], i),
              block_inputs(source, (2, 5, dim), linears, gains, False), source)


def compute():
    cases, source = Cases(), Source(2024)
    for group in (rows, activations, positions_and_loss, attentions, blocks):
        group(cases, source)
    return cases.list


# The file: JSON with one tensor a line.


def number(x):
    text = f"{x:.{DIGITS}g}"
    return "0" if float(text) == 0 else text


def tensor_json(t):
    data = ", ".join(number(x) for x in t.detach().reshape(-1).tolist())
    return f'{{"shape": {list(t.shape)}, "data": [{data}]}}'


def file_text(cases):
    texts = []
    for case in cases:
        fields = [f'"{key}": {json.dumps(case[key])}' for key in ("op", "name", "options", "indices") if key in case]
        fields += [f'"{key}": {tensor_json(case[key])}' for key in ("output", "dy")]
        for key in ("inputs", "gradients"):
            members = ",\n   ".join(f"{json.dumps(name)}: {tensor_json(t)}" for name, t in case[key].items())
            fields.append(f'"{key}": {{\n   {members}}}')
        texts.append(" {" + ",\n  ".join(fields) + "}")
    about = "float64 results of PyTorch; written by reference.py, which says what is what"
    return f'{{"about": "{about}",\n "cases": [\n' + ",\n".join(texts) + "]}\n"


def differs(path, got, want):
    """Where two texts read as JSON are not the same: numbers of a tensor within TOLERANCE of its largest, all else exactly."""
    if isinstance(want, dict) and "data" in want and isinstance(got, dict):
        a, b = got.get("data", []), want["data"]
        if got.get("shape") != want["shape"] or len(a) != len(b):
            return f"{path}: shape {got.get('shape')} with {len(a)} elements, PyTorch's is {want['shape']} with {len(b)}"
        limit = TOLERANCE * max([1.0] + [abs(x) for x in b])
        for i, (x, y) in enumerate(zip(a, b)):
            if not abs(x - y) <= limit:
                return f"{path}[{i}]: {x!r}, PyTorch computes {y!r}"
        return None
    if isinstance(want, dict) and isinstance(got, dict) and got.keys() == want.keys():
        return next(filter(None, (differs(f"{path}.{k}", got[k], want[k]) for k in want)), None)
    if isinstance(want, list) and isinstance(got, list) and len(got) == len(want):
        return next(filter(None, (differs(f"{path}[{i}]", g, w) for i, (g, w) in enumerate(zip(got, want)))), None)
    return None if got == want else f"{path}: {str(got)[:80]}, PyTorch's is {str(want)[:80]}"


def check(cases, path):
    with open(path, encoding="utf-8") as file:
        problem = differs("reference", json.load(file), json.loads(file_text(cases)))
    if problem:
        sys.exit(f"reference.py: reference.json is not what PyTorch {torch.__version__} computes: {problem}")
    print(f"reference.json: {len(cases)} cases are what PyTorch {torch.__version__} computes, within {TOLERANCE}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-check", action="store_true", help="compare with reference.json instead of writing it")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.check:
        check(compute(), FILE)
    else:
        with open(FILE, "w", encoding="utf-8") as file:
            file.write(file_text(compute()))


if __name__ == "__main__":
    main()
