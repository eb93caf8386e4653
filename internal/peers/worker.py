"""The PyTorch side of internal/peers: computes what it is asked for and says how long it took.

Speaks JSON lines on stdin and stdout:

{"open": KIND, "files": [SAFETENSORS, ...], "options": {...}}  prepares a computation and answers {"id": N}
{"run": N, "calls": C}                                         does it C times: {"cpu_ns": ..., "wall_ns": ...}
{"write": N, "file": PATH}                                     stores the output of the last call as raw float32
{"close": N}                                                   forgets what it holds

What fails is answered {"error": "..."}; what this PyTorch does not have, {"absent": "..."}.

The thread count is the first argument. The caller sets OMP_NUM_THREADS, OPENBLAS_NUM_THREADS and MKL_NUM_THREADS before the
process starts: torch.set_num_threads does not bound the BLAS underneath.
"""

import functools
import json
import math
import sys
import time

import torch
import torch.nn.functional as F


class Absent(Exception):
    """What this PyTorch does not have."""


@functools.lru_cache(maxsize=2)  # forms of one computation follow each other
def read(path):
    """The tensors of a safetensors file: length of the header, header in JSON, data."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__":
            if t["dtype"] != "F32":
                raise ValueError(f"{name} is {t['dtype']}, not F32")
            first, end = t["data_offsets"]
            tensors[name] = torch.frombuffer(data, dtype=torch.float32, count=(end - first) // 4, offset=first).reshape(t["shape"]).clone()
    return tensors


def attend(q, k, v, form):
    """Causal attention of [batch, heads, seq, d]: PyTorch's fused one, or spelled out in the operations that every PyTorch has.

    Heads of the keys serve groups of query heads. Spelled out, a group's queries are rows of one product.
    """
    seq, groups = q.shape[2], q.shape[1] // k.shape[1]
    if form == "fused":
        return fused(q, k, v, is_causal=seq > 1, **({"enable_gqa": True} if groups > 1 else {}))
    rows = q.reshape(q.shape[0], k.shape[1], groups * seq, q.shape[3])
    scores = rows @ k.transpose(-1, -2)
    scores *= 1 / math.sqrt(q.shape[-1])
    if seq > 1:
        scores.masked_fill_(mask(seq, groups), -math.inf)
    return (scores.softmax(-1) @ v).view(q.shape)


def fused(q, k, v, **options):
    """Before grouped heads were an option, keys and values are repeated."""
    if "enable_gqa" in options and "enable_gqa" not in (F.scaled_dot_product_attention.__doc__ or ""):
        groups = q.shape[1] // k.shape[1]
        del options["enable_gqa"]
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    return F.scaled_dot_product_attention(q, k, v, **options)


@functools.cache
@torch.inference_mode(False)
def mask(n, groups):
    """What lies in the future of each query; computed once, as real models do."""
    return torch.ones(n, n, dtype=torch.bool).triu(1).repeat(groups, 1)


@functools.cache
@torch.inference_mode(False)
def angles(first, count, head_dim, theta):
    """Cosines and sines for positions; computed once, as real models do."""
    half = head_dim // 2
    frequency = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(first, first + count, dtype=torch.float64)[:, None] * frequency
    return angle.cos().float(), angle.sin().float()


def rotary(x, first, theta):
    """Halves of each head turned by their position; x is [batch, heads, seq, d]."""
    cos, sin = angles(first, x.shape[2], x.shape[3], theta)
    low, high = x.chunk(2, -1)
    return torch.cat([low * cos - high * sin, high * cos + low * sin], -1)


def rms_norm(x, gain, eps):
    if hasattr(F, "rms_norm"):
        return F.rms_norm(x, gain.shape, gain, eps)
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain


def by_head(x, head_dim):
    """[batch, seq, heads*d] as [batch, heads, seq, d]."""
    return x.view(*x.shape[:2], -1, head_dim).transpose(1, 2)


def by_position(x):
    """[batch, heads, seq, d] as [batch, seq, heads*d]."""
    return x.transpose(1, 2).flatten(2)


class Cache:
    """Keys and values of the past, [batch, kv_heads, capacity, d], which new ones are written behind."""

    def __init__(self, batch, kv_heads, capacity, head_dim):
        self.keys, self.values = (torch.zeros(batch, kv_heads, capacity, head_dim) for _ in range(2))
        self.past = 0

    def extend(self, k, v):
        end = self.past + k.shape[2]
        self.keys[:, :, self.past : end], self.values[:, :, self.past : end] = k, v
        return self.keys[:, :, :end], self.values[:, :, :end]


class Block:
    """A decoder block, pre-norm, in the style of GPT-2 or of Llama; tensors are named as in published checkpoints."""

    def __init__(self, weights, options, prefix=""):
        self.p = {n[len(prefix) :]: t for n, t in weights.items() if n.startswith(prefix)}
        self.o = options

    def norm(self, n, x):
        gain = self.p[n + ".weight"]
        if self.o["style"] == "llama":
            return rms_norm(x, gain, self.o["eps"])
        return F.layer_norm(x, gain.shape, gain, self.p[n + ".bias"], self.o["eps"])

    def linear(self, n, x):
        return F.linear(x, self.p[n + ".weight"], self.p.get(n + ".bias"))

    def attention(self, x, cache):
        o, past = self.o, cache.past if cache else 0
        q, k, v = (by_head(self.linear(f"self_attn.{n}_proj", x), o["head_dim"]) for n in "qkv")
        if o["style"] == "llama":
            q, k = rotary(q, past, o["theta"]), rotary(k, past, o["theta"])
        if cache:
            k, v = cache.extend(k, v)
        return self.linear("self_attn.o_proj", by_position(attend(q, k, v, o["attention"])))

    def mlp(self, x):
        if self.o["style"] == "llama":
            return self.linear("mlp.down_proj", F.silu(self.linear("mlp.gate_proj", x)) * self.linear("mlp.up_proj", x))
        return self.linear("mlp.down_proj", F.gelu(self.linear("mlp.up_proj", x), approximate="tanh"))

    def __call__(self, x, cache=None):
        x = x + self.attention(self.norm("input_layernorm", x), cache)
        return x + self.mlp(self.norm("post_attention_layernorm", x))

    def cache(self, capacity):
        return Cache(1, self.o["kv_heads"], capacity, self.o["head_dim"])


def block(tensors, options):
    """Forward without gradients, behind the history that the cache has, if there is one."""
    x, history = tensors.pop("x"), tensors.pop("history", None)
    layer, cache = Block(tensors, options), None
    if history is not None:
        with torch.inference_mode():
            cache = layer.cache(history.shape[1] + x.shape[1])
            layer(history, cache)
            cache.past = history.shape[1]

    def call():
        with torch.inference_mode():
            return layer(x, cache)

    return call


def train(tensors, options):
    """Forward and backward of a block for a given gradient of its output; the answer is the gradient of x."""
    x, dy = tensors.pop("x"), tensors.pop("dy")
    layer = Block(tensors, options)
    leaves = [x, *layer.p.values()]
    for t in leaves:
        t.requires_grad_()

    def call():
        for t in leaves:
            t.grad = None
        layer(x).backward(dy)
        return x.grad

    return call


def model(tensors, options):
    """A GPT-2: the logits behind the last of the ids, which follow a history that the caches have.

    With "score" it is the mean negative log likelihood of each of the ids but the first.
    """
    layers = [Block(tensors, options, f"model.layers.{i}.") for i in range(options["layers"])]
    last = Block(tensors, options, "model.")
    ids, history = torch.tensor([options["ids"]]), torch.tensor([options["history"]], dtype=torch.long)
    past, score = history.shape[1], options["score"]
    caches = [layer.cache(past + ids.shape[1]) for layer in layers]
    tokens, positions = tensors["model.embed_tokens.weight"], tensors["model.embed_positions.weight"]

    def hidden(ids, first):
        x = F.embedding(ids, tokens) + positions[first : first + ids.shape[1]]
        for layer, cache in zip(layers, caches):
            x = layer(x, cache)
        return x

    with torch.inference_mode():
        if past:
            hidden(history, 0)
    for cache in caches:
        cache.past = past

    def call():
        with torch.inference_mode():
            if not score:
                return F.linear(last.norm("norm", hidden(ids, past)[:, -1]), tokens)
            logits = F.linear(last.norm("norm", hidden(ids[:, :-1], past)), tokens)
            return F.cross_entropy(logits.flatten(0, 1), ids[0, 1:])

    return call


def operation(tensors, options):
    """One operation on the tensors of the file."""
    name = options["name"]
    x = tensors["x"]
    computes = {
        "softmax": lambda: x.softmax(-1),
        "log_softmax": lambda: x.log_softmax(-1),
        "logsumexp": lambda: x.logsumexp(-1),
        "exp": lambda: x.exp(),
        "sum": lambda: x.sum(-1),
        "max": lambda: x.amax(-1),
        "argmax": lambda: x.argmax(-1).float(),
        "dot": lambda: torch.linalg.vecdot(x, tensors["y"]),
        "gelu": lambda: F.gelu(x, approximate="tanh"),
        "silu": lambda: F.silu(x),
        "swiglu": lambda: F.silu(x) * tensors["y"],
        "add": lambda: x + tensors["y"],
        "mul": lambda: x * tensors["y"],
        "layer_norm": lambda: F.layer_norm(x, x.shape[-1:], tensors["gain"], tensors["bias"], options["eps"]),
        "rms_norm": lambda: rms_norm(x, tensors["gain"], options["eps"]),
        "rotary": lambda: by_position(rotary(by_head(x, options["head_dim"]), 0, options["theta"])),
        "cross_entropy": lambda: F.cross_entropy(x, ids),
        "embedding": lambda: F.embedding(ids, x),
        "linear": lambda: F.linear(x, tensors["weight"], tensors["bias"]),
        "matmul": lambda: x @ tensors["y"].transpose(-1, -2),
        "sample": lambda: sample(x, options["k"], options["temperature"]),
    }
    if name not in computes:
        raise Absent(f"no operation {name}")
    ids = torch.tensor(options.get("ids", []))

    def call():
        with torch.inference_mode():
            return computes[name]()

    return call


def sample(logits, k, temperature):
    """One of the k likeliest tokens."""
    values, tokens = logits.topk(k)
    return tokens.gather(-1, (values / temperature).softmax(-1).multinomial(1)).float()


KINDS = {"block": block, "train": train, "model": model, "operation": operation}


class Session:
    def __init__(self):
        self.calls, self.outputs = {}, {}

    def answer(self, request):
        if "open" in request:
            number, options = len(self.calls), request["options"]
            if options.get("attention") == "fused" and not hasattr(F, "scaled_dot_product_attention"):
                raise Absent(f"PyTorch {torch.__version__} has no scaled_dot_product_attention")
            tensors = {name: t.detach() for file in request["files"] for name, t in read(file).items()}
            self.calls[number] = KINDS[request["open"]](tensors, options)
            return {"id": number}
        if "run" in request:
            return self.run(request["run"], request["calls"])
        if "write" in request:
            with open(request["file"], "wb") as file:
                file.write(self.outputs[request["write"]].detach().contiguous().numpy().tobytes())
            return {}
        if "close" in request:
            self.calls[request["close"]] = None
            self.outputs.pop(request["close"], None)
            return {}
        raise ValueError(f"unknown request {request}")

    def run(self, number, calls):
        compute = self.calls[number]
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(calls):
            self.outputs[number] = compute()
        return {"cpu_ns": time.process_time_ns() - cpu, "wall_ns": time.perf_counter_ns() - wall}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    session = Session()
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        try:
            answer = session.answer(json.loads(line))
        except Absent as e:
            answer = {"absent": str(e)}
        except Exception as e:  # the other side decides what it means
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
