#include "models/roofline/launch.h"

#include <algorithm>

#include "sim/base/time.h"

namespace kvern::roofline {
namespace {

constexpr Range kUpToSecond{0, 1e9 * kTicksPerNs};
constexpr std::int64_t kLargestGraph = 8192;

// The host launches kernel by kernel, each at the same price. Those of a layer with prefill alone
// are norm, qkv, rotary with the cache write, attention, o, norm, gate and up, activation, down. A
// chunk with decodes beside it gathers the chunk's history from its blocks, and runs attention
// again for the decodes, split over the cache and then combined (our H100 program, whose steps
// `eager_layer` is measured on; design of its kernels in the calibration contract).
constexpr std::int64_t kPrefillKernels = 9;
constexpr std::int64_t kMixedKernels = kPrefillKernels + 3;

// vLLM's: 1, 2, 4, then steps of 8 to 256 and of 16.
std::vector<std::int64_t> usual_sizes(std::int64_t largest) {
  std::vector<std::int64_t> sizes{1, 2, 4};
  for (std::int64_t size = 8; size < largest + 16; size += size < 256 ? 8 : 16) {
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

Launch::Launch(Parameters& p) {
  const std::string graphs =
      p.choice("graphs", "all", {"all", "decode", "none"},
               "steps replayed as CUDA graphs: all (piecewise), decode only, or none");
  decode_graphs_ = graphs != "none";
  prefill_graphs_ = graphs == "all";
  const auto largest = p.get("largest_graph", std::uint32_t{512}, "most tokens of a captured step",
                             Range{1, static_cast<double>(kLargestGraph)});
  std::vector<std::int64_t> sizes = p.list<std::int64_t>(
      "graph_sizes", {}, "tokens of the captured steps; absent: 1, 2, 4, 8 .. 248, 256, 272 ..");
  if (sizes.empty()) sizes = usual_sizes(largest);
  std::sort(sizes.begin(), sizes.end());
  if (sizes.front() < 1 || sizes.back() > kLargestGraph) {
    p.error("graph_sizes", "a captured step has 1 to 8192 tokens");
    sizes = {1};
  }
  largest_ = std::min<std::uint64_t>(largest, static_cast<std::uint64_t>(sizes.back()));
  rows_.assign(largest_ + 1, 0);
  std::size_t next = 0;
  for (std::uint64_t tokens = 0; tokens <= largest_; ++tokens) {
    while (static_cast<std::uint64_t>(sizes[next]) < tokens) ++next;
    rows_[tokens] = static_cast<std::uint32_t>(sizes[next]);
  }
  // 240 us: our own eager prefill of 64 tokens through 32 layers of Llama-3.1-8B, 7.75 ms.
  layer_given_ = p.has("eager_layer");
  const Ticks layer = p.get("eager_layer", Ticks{240'000 * kTicksPerNs},
                            "host time to launch a layer's kernels one by one", kUpToSecond);
  const auto mixed = p.find<Ticks>("eager_mixed_layer",
                                   "the same with prefill and decodes in one step; absent: "
                                   "eager_layer x 12 / 9, by the kernels of such a layer",
                                   kUpToSecond);
  mixed_given_ = mixed.has_value();
  if (mixed) mixed_ticks_ = mixed->value;
  set_layer_ticks(layer.value);
}

void Launch::set_layer_ticks(std::int64_t ticks) {
  layer_ticks_ = ticks;
  if (!mixed_given_) mixed_ticks_ = ticks * kMixedKernels / kPrefillKernels;
}

void Launch::add_stall(std::uint32_t layers, bool mixed, Work& work) const {
  Line device;
  for (int k = 0; k < work.count; ++k) {
    const KernelWork& kernel = work.kernels[k];
    // Only decode attention has slopes, and its two bounds never cross in a run.
    device += kernel.compute_ticks.first > kernel.memory_ticks.first ? kernel.compute_ticks
                                                                     : kernel.memory_ticks;
    device += kernel.fixed_ticks;
  }
  const std::int64_t stall = (mixed ? mixed_ticks_ : layer_ticks_) * layers - device.first;
  if (stall < 0) return;
  if (device.slope > 0) work.steps = std::min(work.steps, stall / device.slope + 1);
  KernelWork& kernel = work.add();
  kernel = {};
  kernel.part = kernel.bytes_part = EnergyPart::HostGap;
  kernel.fixed_ticks = {stall, -device.slope};
}

}  // namespace kvern::roofline
