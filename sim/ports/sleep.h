// Port: how deep does a replica without work sleep, and after how long? Asked once, when a replica
// is built; the answer holds whenever it runs out of work. Answered in policies/sleep; what the
// states draw and how long waking takes is physics (models/power/idle_states.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/base/time.h"

namespace kvern {

enum class SleepDepth : std::uint8_t {
  Weights,  // sleep level 1: weights in host memory, the context stays
  Process,  // sleep level 2: weights dropped, the process stays
  Bare,     // no process: the driver alone
  Off,
};
inline constexpr int kSleepDepths = 4;
const char* name(SleepDepth depth);  // "sleep1", "sleep2", "bare", "off"

// Of a replica, all its GPUs. 1 mW = 1 pJ/ns.
struct SleepState {
  std::int64_t milliwatts = 0;
  SimTime wake_ns = 0;
  std::int64_t wake_milliwatts = 0;
  std::string unknown;       // why its watts are not known; "" = they are
  std::string unknown_wake;  // and its wake_ns
};
struct IdleStates {
  std::int64_t milliwatts = 0;  // after the last step
  SimTime hold_ns = kNever;     // for so long, then
  std::int64_t settled_milliwatts = 0;
  std::array<SleepState, kSleepDepths> sleep;
  // Idle for longer than this, a cold replica would have drawn less: the joules of waking over the
  // watts saved. By depth; kNever where it saves nothing or is unknown.
  SimTime break_even(SleepDepth depth) const;
};

struct SleepChoice {
  SimTime after = kNever;  // idle for so long; kNever: stays awake
  SleepDepth depth = SleepDepth::Bare;
  SimTime wake = kNever;  // how long waking takes; kNever: as the hardware says
  SimTime gather = 0;     // asleep, it lets requests wait for so long before it wakes
};

class Sleep {
 public:
  virtual ~Sleep() = default;
  // Once. A reason why it can't be had on this hardware, or "".
  virtual std::string prepare(const IdleStates&) { return {}; }
  // False: it stays awake, on any hardware.
  virtual bool sleeps() const { return true; }
  // The same answer every time: a replica has no calendar.
  virtual SleepChoice choose() const = 0;
};

}  // namespace kvern
