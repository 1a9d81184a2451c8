#include "scenarios/program/read/policy_file.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "sim/attention/machine/recording.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

// The keys of its first sequence.
PolicyFile keys_of(const std::string& path) {
  const Recording recording(path);
  const RecordedSequence& sequence = recording.sequences().front();
  PolicyFile file;
  for (std::uint32_t i = 0; i < sequence.layers.size(); ++i) {
    PolicyFile::Layer& layer = file.layers[sequence.layers[i]];
    layer.keys = recording.layer(sequence, i).k;
    layer.tokens = sequence.tokens;
    layer.kv_heads = sequence.kv_heads;
    layer.dim = sequence.dim;
  }
  return file;
}

PolicyFile gates_of(const std::string& path, const Location& where, Issues& issues) {
  std::ifstream text(path);
  PolicyFile file;
  std::uint32_t number = 0;
  for (std::string line; std::getline(text, line);) {
    std::istringstream numbers(line);
    PolicyFile::Layer layer;
    for (double gate = 0; numbers >> gate;) {
      if (!(gate >= 0 && gate <= 1)) {
        issues.error(where,
                     fmt::format("{}:{}: a gate of {} is not in 0 .. 1", path, number + 1, gate));
      }
      layer.gates.push_back(gate);
    }
    if (!numbers.eof()) {
      issues.error(where, fmt::format("{}:{}: not a number", path, number + 1));
    }
    if (!layer.gates.empty()) file.layers[number] = std::move(layer);
    ++number;
  }
  if (file.layers.empty()) issues.error(where, fmt::format("{}: there are no gates", path));
  return file;
}

}  // namespace

std::shared_ptr<const PolicyFile> read_policy_file(const std::string& path, const Location& where,
                                                   Issues& issues) {
  const std::size_t before = issues.all().size();
  try {
    if (!std::ifstream(path)) throw OutsideError(path + ": can't be read");
    PolicyFile file =
        TableReader::is_table_file(path) ? keys_of(path) : gates_of(path, where, issues);
    if (issues.all().size() > before) return nullptr;
    return std::make_shared<const PolicyFile>(std::move(file));
  } catch (const OutsideError& error) {
    issues.error(where, error.what());
    return nullptr;
  }
}

}  // namespace kvern
