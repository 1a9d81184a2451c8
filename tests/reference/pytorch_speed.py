"""How much faster the closed loop goes than a token loop in PyTorch transformers, same weights.

    pytorch_speed.py KVERN WEIGHTS TEXT [--tokens N] [--rounds N] [--threads N]

In turns, `rounds` times: PyTorch decodes 64 given tokens one by one at a context of 512, with its
KV cache; PyTorch makes one dense forward of N tokens with logits; `kvern attention` runs the same N
tokens under h2o with 512 kept, layer by layer: the whole command, with its loading and the dense
attention to compare with; and again with two more such policies, half of whose extra time is one
policy's closed loop, losses included. Prints medians of tokens a second, and ratios.
Needs torch, transformers, h5py (exit 77 where they are missing: skipped).
"""

import argparse
import statistics
import subprocess
import sys
import time

try:
    import h5py
    import torch
    from logits_compare import load
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

CONTEXT = 512
DECODED = 64
POLICIES = ["h2o(heavy=256, recent=256)", "h2o(heavy=255, recent=257)",
            "h2o(heavy=257, recent=255)"]


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def token_loop(model, ids):
    with torch.no_grad():
        cache = model(ids[:, : CONTEXT - DECODED // 2], use_cache=True).past_key_values

        def decode():
            at = CONTEXT - DECODED // 2
            for t in range(at, at + DECODED):
                model(ids[:, t : t + 1], past_key_values=cache, use_cache=True)

        return seconds(decode)


def dense(model, ids):
    with torch.no_grad():
        return seconds(lambda: model(ids))


def kvern_run(given, policies):
    command = [given.kvern, "attention", "--model", given.weights, "--text", given.text,
               "--length", str(given.tokens), "--prompt", "1", "--sequences", "1", "--quality-only",
               "--threads", str(given.threads)]
    for policy in policies:
        command += ["--policy", policy]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kvern")
    parser.add_argument("weights")
    parser.add_argument("text")
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if given.tokens < CONTEXT + DECODED:
        parser.error(f"--tokens: at least {CONTEXT + DECODED}")
    torch.set_num_threads(given.threads)
    model = load(given.weights)
    with h5py.File(given.weights) as file:
        vocabulary = int(file.attrs["vocabulary"])
    ids = torch.randint(vocabulary, (1, given.tokens), generator=torch.Generator().manual_seed(1))
    rates = {"PyTorch, token by token": [], "PyTorch, one dense forward": [],
             "kvern attention, whole command": [], "kvern, a policy's closed loop": []}
    for _ in range(given.rounds):
        loop, forward, whole, policy = rates.values()
        loop.append(DECODED / token_loop(model, ids))
        forward.append(given.tokens / dense(model, ids))
        one = kvern_run(given, POLICIES[:1])
        whole.append(given.tokens / one)
        policy.append(2 * given.tokens / (kvern_run(given, POLICIES) - one))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    slow = medians["PyTorch, token by token"]
    for name, rate in medians.items():
        print(f"{name:30} {rate:8.1f} tokens/s, {rate / slow:6.1f} x the token loop")


if __name__ == "__main__":
    main()
