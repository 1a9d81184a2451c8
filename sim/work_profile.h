// The work profile: what token policies do to the resident KV tokens, bytes, FLOPs and quality of a
// language model, by context length, domain and budget. The attention machine measures it, the
// serving machine prices it. A file of two tables (sim/base/io/hdf5/table_file.h), which any HDF5
// tool reads: /work and /quality, a column a member below, its texts as numbers of rows of
// /texts/text; the other members are attributes of "/".
//
// Work is per decode step, layer and KV head (means over all of these), so that it can be carried
// to a model of other counts; sizes in bytes are at `kv_bits` and `head_dim`. Quality belongs to
// the model it was measured on, and whoever prints it names that model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

// One policy under one budget, over the decode steps whose context (tokens before the new one, and
// itself) lies in context_first .. context_last. Rows of a policy, budget and domain are ascending
// and don't overlap.
struct WorkRow {
  std::string policy;  // as written, without its budget and without blanks: "h2o"
  double budget = 0;   // share of the prompt, or of the text without one; 0: none given
  std::string domain;  // "all" is every text
  std::uint32_t prompt_tokens = 0;
  std::uint32_t context_first = 0, context_last = 0;
  std::uint64_t steps = 0;      // decode steps x sequences behind the means
  double resident_tokens = 0;   // held after the step
  double read_tokens = 0;       // read in the step by any query head, the new one among them
  double kv_bytes_read = 0;     // keys and values of these
  double kv_bytes_written = 0;  // of the new token
  double attention_flops = 0;   // of all query heads of the group
  double policy_flops = 0;      // the policy's own work
  double policy_bytes_read = 0, policy_bytes_written = 0;
  double recall = 0, output_error = 0;  // NaN: not measured
  double nll = 0, nll_dense = 0;        // nats a token of the text, by context; NaN: open loop
};

// Quality of a policy under a budget on a group of tokens. NaN where it was not measured.
struct QualityRow {
  std::string policy;
  double budget = 0;
  std::string kind;               // "all", "language", "domain", "rarity", "retrieval"
  std::string group;              // "all", "sw", "code", "rare", "needle", ...
  std::uint64_t tokens = 0;       // predicted tokens behind the means
  double nll = 0, nll_dense = 0;  // nats a token
  // (nll - nll_dense) / nll_dense, and the ends of its 95 % bootstrap interval over blocks of text.
  double increase_share = 0, increase_low = 0, increase_high = 0;
  double top1_agreement = 0;  // with dense attention's best guess
  double kl = 0;              // of the policy's distribution from dense attention's, nats
  double accuracy = 0, accuracy_dense = 0;  // share of tokens that were the best guess
};

struct WorkProfile {
  std::string model;  // it was measured on: "smollm2-135m"
  std::uint32_t layers = 0, heads = 0, kv_heads = 0, head_dim = 0;
  std::uint32_t kv_bits = 16;
  bool closed_loop = false;  // the policy's choices changed the hidden states
  std::string source;        // what was read: names of texts or the recording
  std::vector<WorkRow> work;
  std::vector<QualityRow> quality;
};

// Null where there is none. A budget matches to 1e-9; `policy` may hold blanks.
const QualityRow* find_quality(const WorkProfile& profile, std::string_view policy, double budget,
                               std::string_view kind = "all", std::string_view group = "all");
// The group, of any kind but "all" and "retrieval", whose loss grew by the largest share; null
// where nothing was measured. Ties: the first.
const QualityRow* worst_group(const WorkProfile& profile, std::string_view policy, double budget);
// The rows of a policy, budget and domain, by context; empty where there are none.
std::vector<const WorkRow*> find_work(const WorkProfile& profile, std::string_view policy,
                                      double budget, std::string_view domain = "all");

// exp of a mean loss.
double perplexity(double nll);

// Throws OutsideError, naming file and column.
void write_work_profile(const WorkProfile& profile, const std::string& path);
WorkProfile read_work_profile(const std::string& path);

}  // namespace kvern
