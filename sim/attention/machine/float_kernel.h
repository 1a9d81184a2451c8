// The float set: attention in float32 inside a language model, whose output goes on to the next
// layer; measured against full attention of the same queries over all keys.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/attention/head/full_cache.h"
#include "sim/attention/head/kept_rows.h"
#include "sim/attention/head/rotary.h"
#include "sim/attention/machine/layer_kernel.h"

namespace kvern {

class FloatKernel final : public LayerKernel {
 public:
  // All three outlive this. `measured`: full rows will be asked for.
  FloatKernel(const TokenLayer& layer, FullCache& full, const Rotary& rotary,
              const CacheRules& rules, bool measured);

  // Where the outputs of the step at hand go: [heads][dim].
  void write_to(std::span<float> outputs) { outputs_ = outputs; }

  std::span<const std::uint32_t> kept(std::uint32_t kv_head) const override {
    return rows_[kv_head].positions();
  }
  void append(std::uint32_t kv_head, std::uint32_t position) override;
  void drop(std::uint32_t kv_head, std::span<const std::uint32_t> slots) override;
  void restore(std::uint32_t kv_head) override;
  void attend(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots, bool measure,
              GroupRows& rows) override;
  const Persistence* persistence(std::uint32_t kv_head) const override {
    return persistence_.empty() ? nullptr : &persistence_[kv_head];
  }

 private:
  void place_keys(std::uint32_t kv_head, std::size_t first);
  void leave_out(std::uint32_t kv_head, const GroupSlots& slots, GroupRows& rows);
  void measure_rows(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots,
                    std::span<const float> outputs, GroupRows& rows);

  const TokenLayer* layer_;
  FullCache* full_;
  const Rotary* rotary_;
  CacheRules rules_;
  std::vector<KeptRows> rows_;            // by KV head
  std::vector<Persistence> persistence_;  // by KV head
  std::span<float> outputs_;
  std::vector<float> queries_, weights_;  // [group][dim], [group][stride]
  std::size_t stride_ = 0;
  std::vector<std::uint32_t> positions_;
  std::vector<float> scratch_;
};

}  // namespace kvern
