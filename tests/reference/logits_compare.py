"""The transformer's logits against PyTorch transformers reading the same weights.

    logits_compare.py WEIGHTS TOKENS LOGITS [--golden FILE]

WEIGHTS: `kvern models get`. TOKENS: comma-separated numbers. LOGITS: float32 [T, vocabulary], raw,
as kvern wrote them; "-" for none. Prints the largest difference relative to the largest logit of
its row. With --golden, writes the reference's golden values: for every row, those at a few places.
Needs torch and transformers (exit 77 where they are missing: skipped).
"""

import argparse
import json
import sys

try:
    import h5py
    import numpy
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

NAMES = {
    "attention_norm": "input_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
    "mlp_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
PLACES = 16  # golden values a row


def configuration(file):
    a = file.attrs
    return transformers.LlamaConfig(
        vocab_size=int(a["vocabulary"]),
        hidden_size=int(a["hidden"]),
        intermediate_size=int(a["intermediate"]),
        num_hidden_layers=int(a["layers"]),
        num_attention_heads=int(a["heads"]),
        num_key_value_heads=int(a["kv_heads"]),
        head_dim=int(a["head_dim"]),
        rms_norm_eps=float(a["norm_epsilon"]),
        rope_theta=float(a["rope_theta"]),
        rope_parameters={"rope_type": "default", "rope_theta": float(a["rope_theta"])},
        max_position_embeddings=8192,
        tie_word_embeddings="head" not in file,
        attention_bias=False,
    )


def load(path):
    with h5py.File(path) as file:
        model = transformers.LlamaForCausalLM(configuration(file))
        state = {
            "model.embed_tokens.weight": file["embedding"][:],
            "model.norm.weight": file["final_norm"][:],
            "lm_head.weight": file["head" if "head" in file else "embedding"][:],
        }
        for layer in range(int(file.attrs["layers"])):
            for ours, theirs in NAMES.items():
                values = file[f"layers/{layer}/{ours}"][:]
                state[f"model.layers.{layer}.{theirs}.weight"] = values
    model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return model.float().eval()


def worst(found, expected):
    """Largest difference of a row, relative to the row's largest logit."""
    return float((abs(found - expected).max(axis=1) / abs(expected).max(axis=1)).max())


def golden(tokens, logits):
    """Of every row: places spread over the vocabulary that move from row to row, and the best."""
    rows = []
    for number, row in enumerate(logits):
        places = [(number * 7919 + i * 3061) % len(row) for i in range(PLACES)]
        best = int(row.argmax())
        rows.append({
            "places": places + [best],
            "logits": [round(float(row[i]), 5) for i in places + [best]],
            "largest": round(float(abs(row).max()), 5),
        })
    return {"tokens": tokens, "rows": rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("tokens")
    parser.add_argument("logits")
    parser.add_argument("--golden")
    arguments = parser.parse_args()
    tokens = [int(token) for token in arguments.tokens.split(",")]
    with torch.no_grad():
        expected = load(arguments.weights)(torch.tensor([tokens])).logits[0].numpy()
    if arguments.golden:
        with open(arguments.golden, "w") as file:
            json.dump(golden(tokens, expected), file, separators=(",", ":"))
            file.write("\n")
    if arguments.logits != "-":
        found = numpy.fromfile(arguments.logits, numpy.float32).reshape(expected.shape)
        difference = worst(found, expected)
        print(f"largest relative difference {difference:.3g}")
        sys.exit(0 if difference <= 1e-3 else 1)


if __name__ == "__main__":
    main()
