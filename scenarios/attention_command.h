// `kvern attention RECORDING --policy 'h2o(heavy=3,recent=3)' ...`
#pragma once

#include <string>
#include <vector>

namespace kvern {

struct AttentionRequest {
  std::string recording;
  std::vector<std::string> policies;
  std::string form = "softmax";
  std::string kv_dtype = "f16";
  unsigned threads = 0;  // 0 = as many as there are cores
  bool json = false;
};

// The exit code. Throws OutsideError.
int attention_command(const AttentionRequest& request);

}  // namespace kvern
