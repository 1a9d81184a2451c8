// Port: what arrives when, the truth included. Asked by the cluster, one request at a time (memory
// does not grow with the trace). Answered by traces (files) and traces/arrivals (generators).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/ports/request_view.h"

namespace kvern {

struct Arrival {
  RequestId id{};  // row of the trace
  SimTime time = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;  // the truth; policies see a RequestView
  std::uint32_t max_tokens = 0;     // at least output_tokens
  bool declares = false;            // max_tokens; else that is the output
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  std::int32_t session = -1;
  std::int32_t priority = 0;  // the smaller, the sooner
  // The client is gone after this instant (later than `time`), answered or not; kNever: it waits.
  // One that hangs up tells the server, which drops the request at the end of the step under way;
  // else the server goes on for nobody.
  SimTime leaves = kNever;
  bool hangs_up = true;
  // Ids of the prompt's prefix blocks at the pool's block size, in order; equal id = equal prefix.
  // Empty: unnamed. Valid until the next call of pop().
  std::span<const std::uint32_t> blocks;
  // Ids of the blocks that fill while the request is answered, by which later prompts find them:
  // from block prompt_tokens / block size on, so the first may begin with the end of the prompt.
  // They need names for all full blocks of the prompt. Empty: the answer is nobody's beginning. The
  // truth, as output_tokens is: for no policy to see. Valid as `blocks` is.
  std::span<const std::uint32_t> answer;

  // What a server sees of it; `asked` as in RequestView. `block_size` of `blocks`, 0: they are left
  // out. Ids of the answer are left out too.
  RequestView seen(std::uint32_t block_size, bool& asked) const {
    RequestView view;
    view.id = id;
    view.arrival = time;
    view.prompt_tokens = prompt_tokens;
    view.foretell(max_tokens, asked);
    if (declares) view.declare(max_tokens);
    view.tenant = tenant;
    view.category = category;
    view.session = session;
    view.priority = priority;
    if (block_size == 0) return view;
    const std::size_t in_prompt = (std::size_t{prompt_tokens} + block_size - 1) / block_size;
    view.blocks = blocks.first(std::min(blocks.size(), in_prompt));
    return view;
  }
};

class Arrivals {
 public:
  virtual ~Arrivals() = default;
  // Time of the next arrival known by now; kNever when none is (the end of an open trace, or a
  // closed loop that waits for answers).
  virtual SimTime next_time() = 0;
  // That arrival; next_time() was not kNever. Ties come in id order.
  virtual void pop(Arrival& arrival) = 0;
  // A request left the cluster (finished, rejected, failed or cancelled) at `now`: a closed loop
  // may now know further arrivals, none before `now`.
  virtual void finished(RequestId, SimTime /*now*/) {}
  // True: when later requests come depends on when earlier ones finished.
  virtual bool waits_for_answers() const { return false; }
  // Block size of `blocks`; 0 = requests carry none.
  virtual std::uint32_t block_size() const = 0;
  // Set when reading broke off (a truncated file): what was wrong, with file:line. "" = all well.
  virtual std::string failure() const { return {}; }
};

}  // namespace kvern
