#include "scenarios/program/read/data_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <vector>

#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/toml_reader.h"
#include "sim/base/config/issues.h"

namespace kvern {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "RTX 4090" and "rtx4090" are the same letters.
std::string letters(const std::string& text) {
  std::string out;
  for (const char c : lower(text)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += c;
  }
  return out;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out{""};
  for (const char c : text) {
    if (c == '-' || c == '_' || c == ' ') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// "owner/name" that is no file.
bool is_hub_name(const std::string& text) {
  const std::size_t slash = text.find('/');
  std::error_code error;
  return slash != std::string::npos && slash > 0 &&
         text.find('/', slash + 1) == std::string::npos && text[0] != '.' &&
         !text.ends_with(".toml") && !std::filesystem::exists(text, error);
}

// What a checkpoint was made for, or in which format: its shape is that of the base model.
const std::set<std::string> kSameShape = {"instruct", "chat", "hf",    "it",
                                          "base",     "meta", "coder", "2507"};
const std::set<std::string> kFewerBits = {"fp8",   "awq",  "gptq", "int4", "int8",
                                          "w4a16", "w8a8", "gguf", "nvfp4"};

struct ModelName {
  std::string base;     // "llama-3.1-8b"
  std::string weights;  // "fp8", or ""
};

ModelName model_name(const std::string& written) {
  ModelName out;
  const std::size_t slash = written.find('/');
  for (const std::string& word :
       words(lower(written.substr(slash == written.npos ? 0 : slash + 1)))) {
    if (kSameShape.contains(word)) continue;
    if (kFewerBits.contains(word)) {
      out.weights = word;
      continue;
    }
    out.base += (out.base.empty() ? "" : "-") + word;
  }
  return out;
}

// Whether the file of a model names it among those of the same shape.
bool also_named(const std::string& file, const std::string& base) {
  Issues ignored;
  const auto root = read_toml(data_path("llm", file), ignored);
  const Config* also = root ? root->find("also") : nullptr;
  if (also == nullptr || also->kind != Config::Kind::Array) return false;
  return std::any_of(also->items.begin(), also->items.end(), [&base](const Config& each) {
    return each.kind == Config::Kind::Text && model_name(each.text).base == base;
  });
}

std::string file_of_model(const std::string& base, const std::vector<std::string>& known) {
  const auto is = [&known](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  if (is(base)) return base;
  // "-v0.1" at the end is the release of the checkpoint.
  const std::size_t release = base.rfind("-v");
  if (release != base.npos && is(base.substr(0, release))) return base.substr(0, release);
  const auto found = std::find_if(known.begin(), known.end(), [&base](const std::string& name) {
    return also_named(name, base);
  });
  return found != known.end() ? *found : "";
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + ("\"" + names[i] + "\"");
  }
  return out;
}

DataName find_model(const std::string& written, const std::vector<std::string>& known) {
  const ModelName name = model_name(written);
  const std::string file = file_of_model(name.base, known);
  if (!file.empty() && name.weights.empty()) return {file, "", ""};
  DataName out{"", fmt::format("there is no model \"{}\"", written), ""};
  if (!file.empty()) {
    const bool ours = name.weights == "fp8";
    const bool four = name.weights == "awq" || name.weights == "gptq" || name.weights == "int4" ||
                      name.weights == "w4a16";
    out.hint = fmt::format("its shape is model = \"{}\"", file);
    if (ours || four) out.hint += fmt::format(" with weights = \"{}\"", ours ? "fp8" : "int4");
    return out;
  }
  out.hint = did_you_mean(name.base, known);
  if (out.hint.empty()) {
    out.hint =
        "kvern describe models lists what there is; a shape of your own goes into a .toml "
        "file like those of models/llm";
  }
  return out;
}

// Boards whose chip is named, or that are named in part.
std::vector<std::string> boards_like(const std::string& written,
                                     const std::vector<std::string>& known) {
  const std::string given = letters(written);
  std::vector<std::string> found;
  for (const std::string& name : known) {
    const std::string chip = letters(words(name).front());
    const std::string whole = letters(name);
    const bool part = given.size() > 2 && whole.find(given) != whole.npos;
    if (part || given.find(chip) != given.npos) found.push_back(name);
  }
  return found;
}

DataName find_board(const std::string& written, const std::vector<std::string>& known) {
  for (const std::string& name : known) {
    if (letters(name) == letters(written)) return {name, "", ""};
  }
  DataName out{"", fmt::format("there is no hardware \"{}\"", written), ""};
  const std::vector<std::string> like = boards_like(written, known);
  out.hint = like.empty() ? did_you_mean(lower(written), known)
                          : fmt::format("did you mean {}?", quoted_list(like));
  if (out.hint.empty()) {
    out.hint =
        "kvern describe hardware lists what there is; a board of your own goes into a .toml "
        "file like those of models/hardware";
  }
  return out;
}

}  // namespace

DataName find_data(const std::string& folder, const std::string& written) {
  const std::vector<std::string> known = data_names(folder);
  if (std::find(known.begin(), known.end(), written) != known.end()) return {written, "", ""};
  const bool model = folder == "llm";
  if (is_data_path(written) && !(model && is_hub_name(written))) return {written, "", ""};
  return model ? find_model(written, known) : find_board(written, known);
}

}  // namespace kvern
