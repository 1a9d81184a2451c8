// What a token policy does itself in a decode step, for one KV head and beyond attention: keeping
// its scores, summaries of keys, choosing. Linear in the tokens that it looks at: what the head
// holds, and the new one. What the eviction at the end of a prompt takes is not in it.
#pragma once

namespace kvern {

struct TokenUpkeep {
  double flops_per_token = 0;
  double flops_per_step = 0;
  // Of its own state, read and written; scores are float32.
  double bytes_per_token = 0;

  bool none() const { return flops_per_token == 0 && flops_per_step == 0 && bytes_per_token == 0; }
};

}  // namespace kvern
