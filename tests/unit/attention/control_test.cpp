// Controllers on the machine's step, in the open and in the closed loop.
#include <gmock/gmock.h>

#include <cmath>

#include "models/transformer/transformer.h"
#include "policies/attention.h"
#include "sim/attention/machine/closed_loop.h"
#include "tests/lab/language_models.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

using testing::ElementsAre;

std::unique_ptr<AttentionControl> controller(const std::string& text) {
  Issues issues;
  auto made = make_policy(attention::table(), "attention", parse_policy(text, {text, 0, 0}, issues),
                          "control", issues);
  return issues.any_error() ? nullptr : std::move(made);
}

// What the head `query_head` of layer 0 may read at `position`, of all tokens.
std::vector<std::uint32_t> narrowed(const std::string& text, std::uint32_t query_head,
                                    std::uint32_t position) {
  const auto made = controller(text);
  std::vector<std::uint32_t> kept;
  for (std::uint32_t j = 0; j <= position; ++j) kept.push_back(j);
  std::vector<std::uint32_t> slots = kept;
  const ControlledHead head{0, query_head, position};
  if (made->acts(head)) made->narrow(head, kept, slots);
  return slots;
}

lab::RecordedText recorded_text(std::uint32_t prompt = 0) {
  return lab::random_text(
      {.seed = 3, .tokens = 30, .prompt = prompt, .layers = 2, .kv_heads = 2, .group = 2});
}

// A controller that switches a head off until a step, and on again from there.
class OffUntil final : public AttentionControl {
 public:
  explicit OffUntil(std::uint32_t position) : position_(position) {}
  bool acts(const ControlledHead& head) const override {
    return head.query_head == 1 && head.position < position_;
  }
  void narrow(const ControlledHead&, std::span<const std::uint32_t>,
              std::vector<std::uint32_t>& slots) const override {
    slots.clear();
  }

 private:
  std::uint32_t position_;
};

void expect_same_head(const HeadReplay& a, const HeadReplay& b, const std::string& what) {
  EXPECT_EQ(a.kept, b.kept) << what;
  EXPECT_EQ(a.recall_sum, b.recall_sum) << what;
  EXPECT_EQ(a.error_sum, b.error_sum) << what;
  EXPECT_EQ(a.work.bytes_read, b.work.bytes_read) << what;
  EXPECT_EQ(a.work.flops, b.work.flops) << what;
}

TEST(AttentionControl, NamedHeadsAreOff) {
  EXPECT_THAT(narrowed("off(heads=[0:1])", 1, 4), ElementsAre());
  EXPECT_THAT(narrowed("off(heads=[0:1])", 0, 2), ElementsAre(0, 1, 2));
  EXPECT_THAT(narrowed("off(heads=[*:1, 3:0])", 1, 2), ElementsAre());
  EXPECT_THAT(narrowed("off(heads=[3:*])", 1, 1), ElementsAre(0, 1));
}

TEST(HeadList, NamesHeadsOfTheModel) {
  EXPECT_EQ(controller("off"), nullptr);
  EXPECT_EQ(controller("off(heads=[3])"), nullptr);
  EXPECT_EQ(controller("off(heads=[3:x])"), nullptr);
  EXPECT_NE(controller("off(heads=[2:0])")->refusal({2, 4}), "");
  EXPECT_NE(controller("off(heads=[0:4])")->refusal({2, 4}), "");
  EXPECT_EQ(controller("off(heads=[1:3, *:*])")->refusal({2, 4}), "");
}

TEST(AttentionControl, SinksAndWindowAreSeen) {
  EXPECT_THAT(narrowed("sink_window(sinks=1, window=2)", 0, 5), ElementsAre(0, 4, 5));
  EXPECT_THAT(narrowed("sink_window(sinks=1, window=2)", 0, 2), ElementsAre(0, 1, 2));
  EXPECT_THAT(narrowed("sink_window(sinks=0, window=1, heads=[0:1])", 1, 3), ElementsAre(3));
  EXPECT_THAT(narrowed("sink_window(sinks=0, window=1, heads=[0:1])", 0, 1), ElementsAre(0, 1));
}

// Law: dense is no controller, bit for bit, whatever the policy is.
TEST(AttentionControl, DenseIsNoController) {
  const auto dense = controller("dense");
  ReplayOptions options;
  options.control = dense.get();
  const auto text = recorded_text(8);
  for (const char* policy : {"full", "h2o(heavy=4, recent=4)", "quest(page=2, pages=3)",
                             "kv_quant(window(size=9), group=2, residual=2)"}) {
    const auto with = lab::replay(text, policy, options);
    const auto without = lab::replay(text, policy);
    for (std::size_t l = 0; l < with.size(); ++l) {
      for (std::size_t h = 0; h < with[l].heads[0].size(); ++h) {
        expect_same_head(with[l].heads[0][h], without[l].heads[0][h], policy);
      }
    }
  }
}

// Law: a head that is off leaves its group's others and its layer's other KV heads as they were,
// and reads nothing itself; a whole group that is off moves no keys.
TEST(AttentionControl, OffIsOffAndTouchesNoOther) {
  const auto one = controller("off(heads=[0:1])");
  const auto group = controller("off(heads=[0:0, 0:1])");
  const auto text = recorded_text();
  ReplayOptions options;
  const auto dense = lab::replay(text, "full")[0].heads[0];
  options.control = one.get();
  const auto off = lab::replay(text, "full", options)[0].heads[0];
  expect_same_head(off[1], dense[1], "the other KV head");
  EXPECT_NEAR(off[0].recall_sum, 30, 1e-9);  // of 60 rows, half
  EXPECT_EQ(off[0].recall_min, 0);
  EXPECT_NEAR(off[0].error_sum, 30, 1e-9);
  EXPECT_EQ(off[0].work.bytes_read, dense[0].work.bytes_read);
  EXPECT_EQ(2 * off[0].work.flops, dense[0].work.flops);
  options.control = group.get();
  const auto none = lab::replay(text, "full", options)[0].heads[0];
  EXPECT_EQ(none[0].work.bytes_read, 0U);
  EXPECT_EQ(none[0].recall_sum, 0);
  EXPECT_EQ(none[0].kept.size(), 30U);  // nothing was evicted
}

// Law: off and on again restores: from the step on at which the head is back, all is as it was.
TEST(AttentionControl, OffAndOnRestores) {
  const OffUntil twelve(12);
  ReplayOptions options;
  options.control = &twelve;
  const auto text = recorded_text();
  const auto dense = lab::replay(text, "full")[0].steps[0];
  const auto forced = lab::replay(text, "full", options)[0].steps[0];
  for (std::size_t step = 0; step < dense.size(); ++step) {
    EXPECT_EQ(forced[step].recall == dense[step].recall, step >= 12) << step;
    EXPECT_EQ(forced[step].error == dense[step].error, step >= 12) << step;
  }
}

// With every head on sinks and window, `full` reads what streaming_llm keeps without re-indexing.
TEST(AttentionControl, SinkWindowReadsWhatStreamingKeeps) {
  const auto window = controller("sink_window(sinks=2, window=5)");
  ReplayOptions options;
  options.control = window.get();
  const auto text = recorded_text();  // no rope_theta: nothing is re-indexed
  const HeadReplay read = lab::replay_head(text, "full", options);
  const HeadReplay kept = lab::replay_head(text, "streaming_llm(sinks=2, recent=4)");
  EXPECT_EQ(read.recall_sum, kept.recall_sum);
  EXPECT_EQ(read.error_sum, kept.error_sum);
  EXPECT_EQ(read.work.bytes_read, kept.work.bytes_read);
}

struct ControlledModel {
  mutable WorkerPool pool{2};
  Weights weights = lab::random_weights(lab::tiny_shape(), 48, true, 5);
  std::unique_ptr<LanguageModel> model = make_transformer(weights, pool);
  Rotary rotary{weights.shape.rope_theta, weights.shape.head_dim, 200};
  ClosedText text = lab::closed_text(lab::random_tokens(40, lab::tiny_shape().vocabulary, 9), 0);

  ClosedWalk walk(const std::string& policy, const AttentionControl* control) const {
    ClosedOptions options;
    options.control = control;
    const TokenPolicyMaker maker = lab::token_policy(policy);
    return std::move(
        walk_policies(lab::closed_loop(*model, pool, rotary, options), {&text}, {&maker}).front());
  }
};

TEST(AttentionControl, InTheClosedLoopDenseIsNoControllerAndOffChangesTheModel) {
  const ControlledModel tiny;
  const auto dense = controller("dense");
  const auto off = controller("off(heads=[1:*])");
  const auto first = controller("off(heads=[0:0])");
  for (const char* policy : {"full", "h2o(heavy=4, recent=8)"}) {
    EXPECT_EQ(tiny.walk(policy, dense.get()).hidden, tiny.walk(policy, nullptr).hidden) << policy;
  }
  // The last layer off: layer 0 is as it was, the hidden states are not.
  const ClosedWalk none = tiny.walk("full", nullptr);
  const ClosedWalk last = tiny.walk("full", off.get());
  EXPECT_EQ(last.heads[0][0].recall_sum, none.heads[0][0].recall_sum);
  EXPECT_EQ(last.heads[1][0].recall_sum, 0);
  EXPECT_NE(last.hidden, none.hidden);
  for (const float x : last.hidden) ASSERT_TRUE(std::isfinite(x));
  // One head of a group: the other reads on.
  EXPECT_NEAR(tiny.walk("full", first.get()).heads[0][0].recall_sum, 40, 1e-4);
}

// A prompt's outputs are computed before a controller could act.
TEST(AttentionControl, APromptIsRefusedInTheClosedLoop) {
  const ControlledModel tiny;
  const auto off = controller("off(heads=[0:0])");
  ClosedText text = tiny.text;
  EXPECT_EQ(closed_loop_refusal(lab::tiny_shape(), off.get(), {text}, {}, {}), "");
  text.prompt_tokens = 8;
  EXPECT_NE(closed_loop_refusal(lab::tiny_shape(), off.get(), {text}, {}, {}), "");
  EXPECT_EQ(closed_loop_refusal(lab::tiny_shape(), nullptr, {text}, {}, {}), "");
}

}  // namespace
}  // namespace kvern
