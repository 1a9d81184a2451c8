# Sourced by new_policy_file.sh, in its copy of the tree: a new way for a head to attend is one new
# file, described and run with no other edit; its laws are those that attention_control_test.cpp
# holds every controller to.
cat >policies/attention/newcomer.cpp <<'MODE'
// The named heads read every other token, and themselves.
#include "policies/attention.h"
#include "policies/parts/heads/head_list.h"

namespace kvern::attention::newcomer {

namespace {

class EveryOther final : public AttentionControl {
 public:
  explicit EveryOther(Parameters& p) : heads_(p, false) {}
  bool acts(const ControlledHead& head) const override {
    return heads_.contains(head.layer, head.query_head);
  }
  void narrow(const ControlledHead& head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots) const override {
    std::erase_if(slots, [&](std::uint32_t slot) {
      return kept[slot] % 2 == 1 && kept[slot] != head.position;
    });
  }

 private:
  HeadList heads_;
};

}  // namespace

std::unique_ptr<AttentionControl> make(Parameters& p) { return std::make_unique<EveryOther>(p); }

}  // namespace kvern::attention::newcomer
MODE
./kvern describe attention.newcomer || fail "the new attention mode is not described"
attend() {
  ./kvern attention tests/fixtures/micro_recording.h5 --json --policy full --control "$1" ||
    fail "the attention mode $1 does not run"
}
attend dense >dense.json
attend newcomer >newcomer_mode.json
# Of 24 tokens decoded from nothing: at the last step 12 even positions and the token itself.
grep -q '"read_last_step":24' dense.json || fail "dense attention does not read all"
grep -q '"read_last_step":13' newcomer_mode.json || fail "the new mode does not read every other"
