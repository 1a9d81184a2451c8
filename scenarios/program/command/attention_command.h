// `kvern attention RECORDING --policy 'h2o(heavy=3,recent=3)' ...`: the open loop over a recording.
// `kvern attention --model NAME --text FILE ... --policy ...`: the closed loop over texts, or over
// a recording's tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvern {

struct AttentionRequest {
  std::string recording;
  std::string model;  // name or file of weights; empty: open loop
  std::vector<std::string> texts;
  std::vector<std::string> tags;  // "language=en", "domain=prose,code"
  std::vector<std::string> policies;
  std::string form = "softmax";
  std::string kv_dtype = "f16";
  std::string control;          // an attention controller; empty: none
  std::string profile;          // work profile to write
  std::uint32_t length = 2048;  // tokens of a sequence at most
  std::uint32_t prompt = 0;     // of it, the prompt
  std::uint32_t sequences = 1;  // of a text
  unsigned threads = 0;         // 0 = as many as there are cores
  bool retrieval = false;
  bool quality_only = false;  // no recall and the like
  bool json = false;
  std::string rows;  // of the JSON: heads (also where empty), steps or groups
};

// The exit code. Throws OutsideError.
int attention_command(const AttentionRequest& request);

}  // namespace kvern
