// `kvern trace record`: texts through a language model into a recording.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvern {

struct RecordRequest {
  std::string model;               // name or file of weights
  std::vector<std::string> texts;  // UTF-8 files
  std::vector<std::string> tags;   // "language=en", "domain=code"
  std::string out = "recording.h5";
  std::string store = "f16";          // of q, k, v: f16, f32, or none
  std::vector<std::uint32_t> layers;  // empty: all
  std::uint32_t length = 2048;        // tokens of a sequence at most
  std::uint32_t prompt = 0;           // tokens of it that are the prompt
};

// The exit code. Throws OutsideError.
int record_command(const RecordRequest& request);

}  // namespace kvern
