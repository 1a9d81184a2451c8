"""Recordings, random and adversarial, and the policies to replay on them."""
import numpy as np

from token_bounds import Exact, FutureMassGreedy, PerStepOracle
from token_policies import (Buzz, Full, H2oA, H2oB, H2oBpos, H2oC, Keyformer, L2Norm, Random,
                            Scissorhands, StreamingLlm, Tova, Window)
from token_prompt import (AdaKv, ExpectedAttention, KeyDiff, LagKv, Nacl, ObservedAttention,
                          PyramidKv, SnapKv)
from token_reading import Duo, FastGen, KvQuant, Loki, Quest
from token_replay import Layer
from token_segments import SegmentedHeavyHitter

CLASSES = {
    "full": Full, "window": Window, "streaming_llm": StreamingLlm, "random": Random,
    "l2_norm": L2Norm, "future_mass_greedy": FutureMassGreedy, "per_step_oracle": PerStepOracle,
    "exact": Exact, "keyformer": Keyformer, "scissorhands": Scissorhands, "buzz": Buzz,
    "tova": Tova, "observed_attention": ObservedAttention, "keydiff": KeyDiff, "lagkv": LagKv,
    "expected_attention": ExpectedAttention, "snapkv": SnapKv, "pyramidkv": PyramidKv,
    "nacl": Nacl, "quest": Quest, "loki": Loki, "duo": Duo, "fastgen": FastGen,
    "segmented_heavy_hitter": SegmentedHeavyHitter}
H2O = {"A": H2oA, "B": H2oB, "Bpos": H2oBpos, "C": H2oC}
WRAPPERS = {"adakv": AdaKv, "kv_quant": KvQuant}


class Case:
    """A policy and its parameters, as text for the program and as an object for the reference."""

    def __init__(self, name, inner=None, **parameters):
        self.name, self.inner, self.parameters = name, inner, parameters

    @property
    def label(self):
        variant = self.parameters.get("variant")
        return self.name + (f" {variant}" if variant else "")

    def text(self):
        parts = [self.inner.text()] if self.inner else []
        parts += [f"{key}={str(value).lower() if isinstance(value, bool) else value}"
                  for key, value in self.parameters.items()]
        return f"{self.name}({', '.join(parts)})" if parts else self.name

    def make(self, layer):
        if self.inner:
            return WRAPPERS[self.name](layer, self.inner.make(layer), **self.parameters)
        if self.name == "h2o":
            given = {k: v for k, v in self.parameters.items() if k != "variant"}
            return H2O[self.parameters.get("variant", "B")](layer, **given)
        return CLASSES[self.name](layer, **self.parameters)


class Sequence:
    """q, k, v: [layer][T][head][dim]."""

    def __init__(self, q, k, v, *, prompt=0, theta=0.0, scale=None, numbers=None, layers=None,
                 ids=None, token_class=None, token_rarity=None):
        self.q, self.k, self.v = q, k, v
        self.prompt, self.theta, self.scale = prompt, theta, scale
        self.numbers = numbers or list(range(len(q)))
        self.layers = layers or self.numbers[-1] + 1
        self.ids = ids if ids is not None else list(range(q.shape[1]))
        self.token_class, self.token_rarity = token_class, token_rarity

    def write(self, group):
        for key, value in (("language", "en"), ("domain", "test"), ("model", "none"),
                           ("layers", np.array(self.numbers)), ("model_layers", self.layers),
                           ("prompt_tokens", self.prompt), ("rope_theta", self.theta)):
            group.attrs[key] = value
        if self.scale:
            group.attrs["scale"] = self.scale
        group["tokens"] = np.array(self.ids, dtype=np.int32)
        for name, x in (("q", self.q), ("k", self.k), ("v", self.v)):
            group[name] = x
        if self.token_class is not None:
            group["token_class"] = np.array(self.token_class, dtype=np.uint8)
        if self.token_rarity is not None:
            group["token_rarity"] = np.array(self.token_rarity, dtype=np.float32)

    def replayed(self, form):
        return [Layer(q, k, v, prompt=self.prompt, number=number, layers=self.layers,
                      theta=self.theta, scale=self.scale, ids=self.ids,
                      token_class=self.token_class, token_rarity=self.token_rarity, form=form)
                for number, q, k, v in zip(self.numbers, self.q, self.k, self.v)]


def table(logits, prompt=0):
    """One head whose logits are this table."""
    n = len(logits)
    one = np.eye(n, dtype=np.float32)[None, :, None, :]
    q = (np.asarray(logits) * np.sqrt(n)).astype(np.float32)[None, :, None, :]
    return Sequence(q, one, one, prompt=prompt)


def micro(n=24, prompt=0):
    return table([[((7 * i + 3 * j * j + 5 * i * j) % 11) / 2 for j in range(n)]
                  for i in range(n)], prompt)


def random_sequence(random, shape, kv_heads, tokens, theta):
    """`shape`: layers, group, dim, type of the numbers and what is adverse about them."""
    layers, group, dim, kind, adverse = shape
    def draw(heads, size=1.0):
        return random.normal(size=(layers, tokens, heads, dim)) * size
    q, k, v = draw(kv_heads * group, 2.0), draw(kv_heads), draw(kv_heads)
    ids = random.integers(0, min(tokens, max(2, tokens // 3)), tokens).tolist()
    if adverse == "repeats":  # the same token has the same key and value
        base_k, base_v = draw(kv_heads), draw(kv_heads)
        k, v = base_k[:, ids], base_v[:, ids]
    elif adverse == "constant":  # every row is uniform: all ties
        k = np.broadcast_to(k[:, :1], k.shape).copy()
    elif adverse == "whole":  # small integers
        q, k = np.rint(q), np.rint(k)
        k[..., 0] += 1.0 * (np.abs(k).sum(axis=-1) == 0)
    elif adverse == "peaked":
        q = q * 6
    numbers = sorted(random.choice(layers * 3, layers, replace=False).tolist())
    prompt = {0: 0, 1: tokens - 1, 2: min(3, tokens - 1)}.get(int(random.integers(0, 7)))
    if prompt is None:
        prompt = int(random.integers(tokens // 3, max(tokens // 3 + 1, tokens - 3)))
    extra = {}
    if random.random() < .6:
        extra["token_class"] = random.choice(3, tokens, p=[.5, .25, .25]).tolist()
    if random.random() < .5:
        extra["token_rarity"] = np.float32(random.integers(1, 12, tokens) / 2).tolist()
    return Sequence(*(x.astype(kind) for x in (q, k, v)), prompt=prompt, theta=theta,
                    scale=float(random.choice([0, 0, .37])) or None, numbers=numbers,
                    layers=numbers[-1] + 1 + int(random.integers(0, 3)), ids=ids, **extra)


ADVERSE = ["none", "none", "repeats", "constant", "whole", "peaked"]


def recording(random, longest=48):
    """One to two sequences alike in heads and layers' count."""
    kv_heads, group = int(random.integers(1, 4)), int(random.choice([1, 1, 2, 3, 4]))
    kind = random.choice(["float32", "float16"])
    theta = float(random.choice([0, 0, 10000.0]))
    sequences = []
    for _ in range(int(random.integers(1, 3))):
        tokens = int(random.choice([random.integers(1, 7), random.integers(8, longest),
                                    random.integers(8, longest)]))
        dim = int(random.choice([4, 6, 8, 16, 64] if theta else [2, 3, 4, 5, 7, 8, 16, 64]))
        shape = (int(random.integers(1, 3)), group, dim, kind,
                 str(random.choice(ADVERSE)))
        sequences.append(random_sequence(random, shape, kv_heads, tokens, theta))
    return sequences
