// A rate that is constant in pieces, and arrivals whose gaps are drawn in operational time: the
// n-th arrival comes at the t with Lambda(t) = sum of n unit gaps, Lambda(t) = integral of the
// rate. With Poisson gaps this is the inhomogeneous Poisson process; else the gaps' CV is the local
// one.
#pragma once

#include <vector>

#include "sim/ports/arrival_process.h"
#include "traces/generate/unit_gaps.h"

namespace kvern {

struct RatePiece {
  SimTime duration = 0;   // > 0
  double rate_per_s = 0;  // >= 0
};

class RatePieces : public ArrivalProcess {
 public:
  // `start` (>= 0, within the pieces' total duration): time 0 lies that far into the first round.
  // Some rate is positive.
  RatePieces(const std::vector<RatePiece>& pieces, UnitGaps gaps, bool repeat, SimTime start = 0);

  SimTime next(Stream& stream) override;
  bool endless() const override { return repeat_; }

 private:
  struct Piece {
    SimTime duration;
    double mass;  // its part of Lambda
    double ns_per_unit;
  };
  void enter_next_piece();

  std::vector<Piece> pieces_;
  UnitGaps gaps_;
  bool repeat_;
  std::size_t at_ = 0;
  SimTime begin_ = 0;  // of the piece we are in; kNever after the end
  double spent_ = 0;   // of its mass
};

}  // namespace kvern
