// The sessions between their first request and their last: who thinks until when, and what the next
// prompt begins with. Memory holds open sessions only. Session n draws from streams of its own, so
// its lengths and pauses do not depend on how fast it is served.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/random.h"
#include "sim/ports/arrivals.h"
#include "traces/generate/system_prompts.h"
#include "traces/lengths.h"
#include "traces/prefixes.h"

namespace kvern {

class OpenSessions {
 public:
  // `lengths` may be null where the keys bring all of them; it and `system` must outlive this.
  struct Streams {
    Stream lengths;
    Stream prefixes;
    Stream answers;  // which are found again, where only a share is
  };
  OpenSessions(SessionKeys keys, const Lengths* lengths, const SystemPrompts* system,
               std::uint32_t block_size, Streams streams);

  // When the next pause ends; kNever when nobody thinks.
  SimTime next_time() const { return thinking_.empty() ? kNever : thinking_.front().until; }
  // The first request of a new session / the turn whose pause ends at next_time(). The arrival's id
  // and time are set (and, at the start, its tenant); the rest is filled in.
  void start(Arrival& arrival);
  void resume(Arrival& arrival);
  // The request was answered: its session begins to think. False: that was its last one.
  bool finished(RequestId request, SimTime now);

  // Of the request last given out: turn 0, 1, ... of its session; the request before it there, -1
  // none; the pause between them.
  std::uint32_t turn() const { return turn_; }
  std::int32_t parent() const { return parent_; }
  SimTime pause() const { return pause_; }
  std::string failure() const { return failure_; }

 private:
  struct Session {
    std::int32_t number = 0;
    std::uint16_t tenant = 0;
    std::uint32_t turn = 0;
    std::uint32_t turns = 1;
    std::uint32_t prompt = 0;
    std::uint32_t output = 0;
    std::int32_t parent = -1;
    SimTime pause = 0;  // before this turn
    // Of the turn after this one.
    SimTime next_pause = 0;
    std::uint32_t next_prompt = 0;
    std::uint32_t next_output = 0;
    std::optional<Stream> lengths;
    std::optional<Stream> prefix;
    std::optional<Stream> answers;
    std::vector<std::uint32_t> blocks;  // of the prompt and of an answer that is found again
  };
  struct Thinker {
    SimTime until;
    std::int32_t number;
    std::uint32_t slot;
  };
  static bool later(const Thinker& a, const Thinker& b);

  std::uint32_t take_slot();
  void begin_prompt(Session& session);
  bool draw_next(Session& session) const;
  bool name_blocks(Session& session, std::size_t upto);
  bool answer_is_found(Session& session) const;
  void issue(std::uint32_t slot, Arrival& arrival);

  SessionKeys keys_;
  const Lengths* lengths_;
  const SystemPrompts* system_;
  std::uint32_t block_size_;
  Streams streams_;

  std::vector<Session> sessions_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Thinker> thinking_;                                // a heap, earliest first
  absl::flat_hash_map<std::uint32_t, std::uint32_t> in_flight_;  // request to slot
  std::vector<std::uint32_t> last_blocks_;  // of a session that ended with the last request
  std::int32_t started_ = 0;
  std::uint32_t next_block_;
  std::uint32_t turn_ = 0;
  std::int32_t parent_ = -1;
  SimTime pause_ = 0;
  std::string failure_;
};

}  // namespace kvern
