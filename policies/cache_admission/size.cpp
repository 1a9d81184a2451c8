// Kept when it is small: a block of at most `most_bytes`, brought by a prompt of at most
// `most_tokens`. Long prompts are rarely asked for again and fill a cache by themselves.
#include <memory>
#include <optional>

#include "policies/cache_admission.h"
#include "sim/base/units.h"

namespace kvern::cache_admission::size {

namespace {

class Size final : public CacheAdmission {
 public:
  explicit Size(Parameters& p)
      : most_tokens_(p.get("most_tokens", 32768U, "of the prompt that brings the block")),
        most_bytes_(p.find<Bytes>("most_bytes", "of the block; absent: no limit")) {}
  void prepare(std::uint32_t, const Draws&) override {}
  void asked(std::uint64_t, SimTime) override {}
  bool keeps(const BlockInfo& block, std::uint64_t, SimTime) override {
    return block.request_tokens <= most_tokens_ &&
           (!most_bytes_ || block.bytes <= most_bytes_->value);
  }

 private:
  std::uint32_t most_tokens_;
  std::optional<Bytes> most_bytes_;
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters& p) { return std::make_unique<Size>(p); }

}  // namespace kvern::cache_admission::size
