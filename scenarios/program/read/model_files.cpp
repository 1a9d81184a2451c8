#include "scenarios/program/read/model_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "scenarios/program/build/origin.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/python_tool.h"
#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/io/hdf5/seal.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

// A file that goes when its user does.
class ScratchFile {
 public:
  ScratchFile()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("kvern-tokens-{}.h5", getpid())) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::string weights_path(const std::string& model) {
  if (is_data_path(model) || model.ends_with(".h5")) return model;
  return (std::filesystem::path(source_folder()) / "build" / "models" / (model + ".h5")).string();
}

std::string existing_weights(const std::string& model, Issues& issues) {
  std::string path = weights_path(model);
  if (std::filesystem::exists(path)) return path;
  const bool named = path != model;
  issues.error({"--model " + model, 0, 0}, fmt::format("there are no weights {}", path),
               named ? fmt::format("kvern models get {}", model) : "");
  return "";
}

int models_get_command(const std::string& model) {
  const std::string path = weights_path(model);
  if (path == model) {
    Issues issues;
    issues.error({"kvern", 0, 0}, fmt::format("\"{}\" is a file, not a model's name", model),
                 "kvern models get smollm2-135m");
    std::fputs(issues.text().c_str(), stderr);
    return kUserError;
  }
  if (std::filesystem::exists(path)) {
    std::fprintf(stderr, "kvern: %s is there\n", path.c_str());
    return kGood;
  }
  const int code = run_python_tool(
      {"models/transformer/tools/get_model.py", {"gguf", "numpy", "h5py"}}, {model, path});
  if (code == kGood) seal_file(path, "weights");
  return code;
}

std::vector<TokenisedText> tokenise(const std::string& weights, std::size_t length,
                                    const std::vector<std::string>& texts) {
  const ScratchFile scratch;
  std::vector<std::string> arguments{weights, scratch.path(), std::to_string(length)};
  arguments.insert(arguments.end(), texts.begin(), texts.end());
  const int code = run_python_tool(
      {"models/transformer/tools/tokenise.py", {"tokenizers", "numpy", "h5py"}}, arguments);
  if (code == kUserError) return {};
  if (code != kGood) throw OutsideError("the texts could not be cut into tokens");
  const ArrayReader file(scratch.path());
  std::vector<TokenisedText> sequences;
  for (std::size_t n = 0; file.has(fmt::format("/sequences/{}", n)); ++n) {
    const std::string group = fmt::format("/sequences/{}", n);
    sequences.push_back({file.text_attribute(group, "file"),
                         file.read_all<std::int32_t>(group + "/tokens"),
                         file.read_all<std::uint8_t>(group + "/token_class")});
  }
  return sequences;
}

}  // namespace kvern
