"""What the prompt's eviction keeps, against kvpress on the same weights and text.

    kvpress_compare.py KVERN WEIGHTS TEXT... [--tokens N] [--keep SHARE] [--window N]

Records the first N tokens of each text with `kvern trace record` (float32), replays the recording
with `kvern attention` under each policy that both have, and runs kvpress over PyTorch transformers
with the same weights and tokens. Prints, by policy, the share of kept positions that agree: over
all texts, layers and KV heads, the positions both keep, out of the larger of the two sets, and of
the smaller. BAR of the larger must, but for policies whose definitions differ (DIFFERS).
Needs torch, transformers, kvpress, h5py (exit 77 where they are missing: skipped).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import h5py
    import kvpress
    import torch
    from logits_compare import load
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BAR = 0.99
# Not the same rule: of what the share is taken, what must agree all the same, and why.
DIFFERS = {
    "pyramidkv": ("smaller", 0.99, "kvpress leaves the window out of its budgets, so sizes differ"),
    "adakv": ("smaller", 0.99, "kvpress gives each head a floor and then takes the layer's best; "
                               "here shares are mixed, as in the authors' program"),
}


def presses(tokens, kept, window):
    """name: (Kvern's policy, kvpress's press, its attention)."""
    ratio = 1 - kept / tokens
    # int(tokens * (1 - ratio)) must be `kept` in spite of rounding.
    ratio -= 1e-9
    snap = {"compression_ratio": ratio, "window_size": window, "kernel_size": 5}
    snapkv = f"snapkv(capacity={kept}, window={window}, kernel=5, pool=avg)"
    plain = {"compression_ratio": ratio}
    return {
        "streaming_llm": (f"streaming_llm(sinks=4, recent={kept - 4})",
                          kvpress.StreamingLLMPress(**plain), "eager"),
        "l2_norm": (f"l2_norm(size={kept})", kvpress.KnormPress(**plain), "eager"),
        "snapkv": (snapkv, kvpress.SnapKVPress(**snap), "eager"),
        "pyramidkv": (f"pyramidkv(capacity={kept}, window={window}, kernel=5, pool=avg)",
                      kvpress.PyramidKVPress(**snap), "eager"),
        "adakv": (f"adakv({snapkv}, floor=0.2)",
                  kvpress.AdaKVPress(kvpress.SnapKVPress(**snap), alpha_safeguard=0.2), "sdpa"),
        "tova": (f"tova(size={kept})", kvpress.TOVAPress(**plain), "eager"),
        "observed_attention": (f"observed_attention(size={kept})",
                               kvpress.ObservedAttentionPress(**plain), "eager"),
        "expected_attention": (f"expected_attention(size={kept}, epsilon=0.01)",
                               kvpress.ExpectedAttentionPress(epsilon=0.01, **plain), "eager"),
        "keydiff": (f"keydiff(size={kept})", kvpress.KeyDiffPress(**plain), "eager"),
        "lagkv": (f"lagkv(size={kept}, lag=64)",
                  kvpress.LagKVPress(lag_size=64, **plain), "eager"),
    }


def keys_after(model, tokens, press, attention):
    """The cached keys of each layer after a prompt, and what AdaKV masks there."""
    model.set_attn_implementation(attention)
    cache = None
    with torch.no_grad():
        if press is None:
            cache = model.model(tokens).past_key_values
        else:
            with press(model):
                cache = model.model(tokens).past_key_values
    return [layer.keys[0] for layer in cache.layers]


def kvpress_sets(model, tokens, press, attention, full):
    """[layer][KV head]: the set of kept positions. `full`: the keys of the whole prompt."""
    found = keys_after(model, tokens, press, attention)
    sets = []
    for layer, (all_keys, kept_keys) in enumerate(zip(full, found)):
        masked = model.model.layers[layer].self_attn.masked_key_indices
        heads = []
        for head in range(len(all_keys)):
            if masked is not None:
                gone = masked[2][masked[1] == head].tolist()
                heads.append(set(range(tokens.shape[1])) - set(gone))
                continue
            # Keys are moved, never changed, and no two are equal: their positions are in them.
            same = (kept_keys[head][:, None] == all_keys[head][None]).all(-1)
            assert same.any(1).all()
            heads.append(set(same.float().argmax(1).tolist()))
        sets.append(heads)
    for layer in model.model.layers:
        layer.self_attn.masked_key_indices = None
    return sets


def kvern_rows(kvern, recording, policies):
    command = [kvern, "attention", recording, "--json"]
    for policy in policies:
        command += ["--policy", policy]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def compare(kvern, weights, texts, tokens, keep, window):
    """name: positions that both keep, of the larger and of the smaller sets."""
    model = load(weights)
    kept = int(tokens * keep)
    table = presses(tokens, kept, window)
    counts = {name: [0, 0, 0] for name in table}
    with tempfile.TemporaryDirectory() as folder:
        recording = str(pathlib.Path(folder) / "text.h5")
        for text in texts:
            subprocess.run([kvern, "trace", "record", "--model", weights, "--text", text,
                            "--length", str(tokens), "--prompt", str(tokens), "--store", "f32",
                            "--out", recording], check=True, capture_output=True)
            with h5py.File(recording) as file:
                numbers = [n for n in sorted(file["sequences"], key=int)
                           if len(file[f"sequences/{n}/tokens"]) == tokens]
                ids = {int(n): file[f"sequences/{n}/tokens"][:].tolist() for n in numbers}
            rows = kvern_rows(kvern, recording, [policy for policy, _, _ in table.values()])
            by_policy = {}
            for row in rows:
                by_policy.setdefault(row["policy"], []).append(row)
            ours = list(by_policy.values())
            assert len(ours) == len(table)
            for sequence, values in ids.items():
                prompt = torch.tensor([values])
                full = {how: keys_after(model, prompt, None, how) for how in ("eager", "sdpa")}
                for (name, (_, press, attention)), heads in zip(table.items(), ours):
                    sets = kvpress_sets(model, prompt, press, attention, full[attention])
                    for row in heads:
                        if row["sequence"] != sequence:
                            continue
                        theirs = sets[row["layer"]][row["head"]]
                        mine = set(row["kept"])
                        counts[name][0] += len(mine & theirs)
                        counts[name][1] += max(len(mine), len(theirs))
                        counts[name][2] += min(len(mine), len(theirs))
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kvern")
    parser.add_argument("weights")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--window", type=int, default=32)
    given = parser.parse_args()
    counts = compare(given.kvern, given.weights, given.texts, given.tokens, given.keep,
                     given.window)
    missed = False
    for name, (same, larger, smaller) in counts.items():
        of, bar, why = DIFFERS.get(name, ("larger", BAR, ""))
        met = same >= bar * (larger if of == "larger" else smaller) > 0
        missed = missed or not met
        print(f"{name:18} {100 * same / larger:6.2f} % of the larger sets, "
              f"{100 * same / smaller:6.2f} % of the smaller; {larger} positions; bar "
              f"{100 * bar:g} % of the {of}: {'ok' if met else 'MISSED'}{why and '; ' + why}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
