// Port: which file does a token policy learn from before it runs? A part of a token policy
// (sim/ports/token_eviction.h): keys of a calibration text, or trained gates.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kvern {

// What a file named in a policy's text says, by number of the layer in the model: keys of a
// calibration text, or a gate a KV head (1: it needs the whole context, 0: it doesn't).
struct PolicyFile {
  struct Layer {
    std::vector<float> keys;  // [position][kv head][dim], rotated to their positions
    std::uint32_t tokens = 0, kv_heads = 0, dim = 0;
    std::vector<double> gates;
  };
  std::map<std::uint32_t, Layer> layers;
};

class TokenTraining {
 public:
  virtual ~TokenTraining() = default;
  // Its name; empty when these parameters name none.
  virtual std::string file() const = 0;
  // What it says, before anything else is asked; `file` outlives the policy.
  virtual void learn(const PolicyFile& file) = 0;
};

}  // namespace kvern
