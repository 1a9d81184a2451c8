// A workload from random draws: arrivals x lengths x prefixes x tenants. Memory does not grow with
// the number of requests, only with sessions that are open.
//
// Each part draws from the stream named by its key path ("workload.arrivals", "workload.lengths",
// "workload.prefixes", "workload.tenants"; sim/base/random.h), so changing one leaves the others'
// draws alone. Request k takes draws 2k and 2k+1 of the lengths' stream; session n takes its own
// from child stream n, and one draw a turn from that of "workload.answers" where only a share of
// the answers is found again. With `patience_ns`, request k leaves after draw k of
// "workload.patience".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/base/config/config.h"
#include "sim/base/config/parameters.h"
#include "sim/base/random.h"
#include "sim/ports/arrival_process.h"
#include "sim/ports/arrivals.h"
#include "traces/generate/distribution.h"
#include "traces/generate/open_sessions.h"
#include "traces/generate/system_prompts.h"
#include "traces/lengths.h"
#include "traces/prefixes.h"

namespace kvern {

// The keys of [workload] for a generator. Policies as Parameters::policy returns them, empty where
// absent; `arrivals` must be there, and `lengths` unless the prefixes bring their own.
struct WorkloadSpec {
  Config arrivals;
  Config lengths;  // a name with "." or "/" is a file: quantiles(file=...)
  Config prefixes;
  Config tenants;
  std::optional<std::uint32_t> requests;    // absent: until the arrivals end
  std::optional<std::uint32_t> max_tokens;  // declared, and cuts the output; absent: the output
  std::optional<Distribution> patience_ns;  // until the client leaves; absent: it never does
  bool hangs_up = true;                     // and then tells the server
  std::optional<double> answers;  // share that the next turn finds in the cache; absent: all
  Location answers_where;
  bool stops = false;  // the run ends by itself: `requests` may be absent
  Location where;      // of [workload]
};

class GeneratedArrivals : public Arrivals {
 public:
  struct Parts {
    std::unique_ptr<ArrivalProcess> process;
    std::unique_ptr<Lengths> lengths;  // null only if the prefixes bring all lengths
    std::unique_ptr<Prefixes> prefixes;
    std::unique_ptr<WeightedChoice> tenants;  // null: nobody's
    std::uint32_t requests = UINT32_MAX;
    std::optional<std::uint32_t> max_tokens;
    std::optional<Distribution> patience_ns;
    bool hangs_up = true;
    double answers = 1;
  };
  GeneratedArrivals(Parts parts, std::uint64_t seed, std::uint32_t block_size);

  SimTime next_time() override;
  void pop(Arrival& arrival) override;
  void finished(RequestId request, SimTime now) override;
  bool waits_for_answers() const override {
    return sessions_.has_value() || parts_.process->waits_for_ends();
  }
  std::uint32_t block_size() const override { return names_blocks() ? block_size_ : 0; }
  std::string failure() const override;

  // Of the request last popped, for writing a trace; null without sessions.
  const OpenSessions* sessions() const { return sessions_ ? &*sessions_ : nullptr; }
  // The starts themselves wait for answers, which no trace of rows can say.
  bool starts_wait() const { return parts_.process->waits_for_ends(); }

 private:
  bool names_blocks() const { return sessions_.has_value() || !system_.none(); }

  Parts parts_;
  std::uint32_t block_size_;
  Stream arrivals_stream_;
  Stream lengths_stream_;
  Stream prefix_stream_;
  Stream tenants_stream_;
  Stream patience_stream_;
  SystemPrompts system_;
  std::optional<OpenSessions> sessions_;
  SimTime next_start_;
  std::uint32_t given_ = 0;
};

// `block_size` is the pool's; 0: requests carry no blocks. Null with issues.
std::unique_ptr<GeneratedArrivals> make_generated_arrivals(const WorkloadSpec& spec,
                                                           std::uint64_t seed,
                                                           std::uint32_t block_size, Issues& issues,
                                                           KeyBook* book = nullptr);

}  // namespace kvern
