#include "traces/generate/open_sessions.h"

#include <algorithm>
#include <span>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

constexpr std::uint32_t kLongestPrompt = 2147483647;

std::uint32_t limited(std::uint64_t tokens) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, kLongestPrompt));
}

}  // namespace

OpenSessions::OpenSessions(SessionKeys keys, const Lengths* lengths, const SystemPrompts* system,
                           std::uint32_t block_size, Streams streams)
    : keys_(std::move(keys)),
      lengths_(lengths),
      system_(system),
      block_size_(block_size),
      streams_(streams),
      next_block_(system->ids()) {}

bool OpenSessions::later(const Thinker& a, const Thinker& b) {
  return a.until != b.until ? a.until > b.until : a.number > b.number;
}

std::uint32_t OpenSessions::take_slot() {
  if (free_slots_.empty()) {
    sessions_.emplace_back();
    return static_cast<std::uint32_t>(sessions_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  sessions_[slot] = Session();
  return slot;
}

void OpenSessions::start(Arrival& arrival) {
  const std::uint32_t slot = take_slot();
  Session& session = sessions_[slot];
  session.number = started_++;
  session.tenant = arrival.tenant;
  const auto number = static_cast<std::uint64_t>(session.number);
  session.lengths = streams_.lengths.child(number);
  session.prefix = streams_.prefixes.child(number);
  session.answers = streams_.answers.child(number);
  session.turns = keys_.turns->whole_at(session.prefix->uniform());
  begin_prompt(session);
  issue(slot, arrival);
}

void OpenSessions::begin_prompt(Session& session) {
  Lengths::Tokens drawn{};
  if (lengths_ != nullptr) drawn = lengths_->draw(*session.lengths);
  if (keys_.first_tokens) drawn.prompt = keys_.first_tokens->whole_at(session.prefix->uniform());
  if (keys_.output_tokens) drawn.output = keys_.output_tokens->whole_at(session.prefix->uniform());
  session.prompt = drawn.prompt;
  session.output = std::min(drawn.output, keys_.output_max);
  if (!system_->none()) {
    const auto begun = system_->begin(system_->draw(*session.prefix), drawn.prompt);
    session.prompt = begun.prompt_tokens;
    session.blocks.assign(begun.blocks.begin(), begun.blocks.end());
  }
}

// The pause and the lengths of the turn after this one; false when the session ends before it.
bool OpenSessions::draw_next(Session& session) const {
  if (session.turn + 1 == session.turns) return false;
  session.next_pause = exact::nearest_whole(keys_.think_ns->at(session.prefix->uniform()));
  Lengths::Tokens drawn{};
  if (lengths_ != nullptr) drawn = lengths_->draw(*session.lengths);
  std::uint64_t prompt = session.prompt;
  if (keys_.growth_tokens) {
    prompt += keys_.growth_tokens->whole_at(session.prefix->uniform());
  } else {
    if (keys_.new_tokens) drawn.prompt = keys_.new_tokens->whole_at(session.prefix->uniform());
    prompt += std::uint64_t{session.output} + drawn.prompt;
  }
  if (keys_.output_tokens) drawn.output = keys_.output_tokens->whole_at(session.prefix->uniform());
  session.next_output = std::min(drawn.output, keys_.output_max);
  const std::uint64_t longest = keys_.context_max > 0 ? keys_.context_max : kLongestPrompt;
  if (prompt + session.next_output > longest) return false;
  session.next_prompt = limited(prompt);
  return true;
}

// Whether the next prompt repeats this answer. Where prompts grow by a drawn number of tokens, one
// that grows by less than the answer can't hold it.
bool OpenSessions::answer_is_found(Session& session) const {
  const bool is_kept = keys_.answers >= 1 || session.answers->uniform() < keys_.answers;
  return is_kept && session.next_prompt >= std::uint64_t{session.prompt} + session.output;
}

bool OpenSessions::name_blocks(Session& session, std::size_t upto) {
  if (upto <= session.blocks.size()) return true;
  if (upto - session.blocks.size() > UINT32_MAX - next_block_) {
    failure_ = "the sessions have used up all 2^32 block ids";
    return false;
  }
  while (session.blocks.size() < upto) session.blocks.push_back(next_block_++);
  return true;
}

void OpenSessions::issue(std::uint32_t slot, Arrival& arrival) {
  Session& session = sessions_[slot];
  arrival.prompt_tokens = session.prompt;
  arrival.output_tokens = session.output;
  arrival.session = session.number;
  arrival.tenant = session.tenant;
  turn_ = session.turn;
  parent_ = session.parent;
  pause_ = session.pause;
  const std::uint32_t full = block_size_ > 0 ? session.prompt / block_size_ : 0;
  if (!name_blocks(session, full)) return;
  session.parent = static_cast<std::int32_t>(index(arrival.id));
  if (!draw_next(session)) {
    last_blocks_ = std::move(session.blocks);
    arrival.blocks = last_blocks_;
    free_slots_.push_back(slot);
    return;
  }
  in_flight_.emplace(index(arrival.id), slot);
  if (block_size_ > 0 && answer_is_found(session)) {
    // The last token of an answer is not computed until the next prompt brings it.
    const std::uint64_t computed = std::uint64_t{session.prompt} + session.output - 1;
    if (!name_blocks(session, computed / block_size_)) return;
  }
  arrival.blocks = std::span(session.blocks).first(full);
  arrival.answer = std::span(session.blocks).subspan(full);
}

void OpenSessions::resume(Arrival& arrival) {
  const std::uint32_t slot = thinking_.front().slot;
  std::pop_heap(thinking_.begin(), thinking_.end(), later);
  thinking_.pop_back();
  Session& session = sessions_[slot];
  ++session.turn;
  session.pause = session.next_pause;
  session.prompt = session.next_prompt;
  session.output = session.next_output;
  issue(slot, arrival);
}

bool OpenSessions::finished(RequestId request, SimTime now) {
  const auto found = in_flight_.find(index(request));
  if (found == in_flight_.end()) return false;
  const std::uint32_t slot = found->second;
  in_flight_.erase(found);
  const Session& session = sessions_[slot];
  thinking_.push_back({now + session.next_pause, session.number, slot});
  std::push_heap(thinking_.begin(), thinking_.end(), later);
  return true;
}

}  // namespace kvern
