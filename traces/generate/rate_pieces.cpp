#include "traces/generate/rate_pieces.h"

#include "sim/base/exact_math.h"

namespace kvern {

RatePieces::RatePieces(const std::vector<RatePiece>& pieces, UnitGaps gaps, bool repeat,
                       SimTime start)
    : gaps_(gaps), repeat_(repeat) {
  for (const RatePiece& piece : pieces) {
    const double mass = piece.rate_per_s * static_cast<double>(piece.duration) / 1e9;
    pieces_.push_back({piece.duration, mass, mass > 0 ? 1e9 / piece.rate_per_s : 0});
  }
  begin_ = -start;
  while (begin_ + pieces_[at_].duration <= 0) enter_next_piece();
  const Piece& first = pieces_[at_];
  spent_ = first.mass * (static_cast<double>(-begin_) / static_cast<double>(first.duration));
}

void RatePieces::enter_next_piece() {
  begin_ += pieces_[at_].duration;
  spent_ = 0;
  if (++at_ < pieces_.size()) return;
  at_ = 0;
  // 2^61 ns are 73 years: no sum of times overflows.
  if (!repeat_ || begin_ > SimTime{1} << 61) begin_ = kNever;
}

SimTime RatePieces::next(Stream& stream) {
  if (begin_ == kNever) return kNever;
  double gap = gaps_.draw(stream);
  for (double left = pieces_[at_].mass - spent_; gap >= left; left = pieces_[at_].mass) {
    gap -= left;
    enter_next_piece();
    if (begin_ == kNever) return kNever;
  }
  spent_ += gap;
  return begin_ + exact::nearest_whole(spent_ * pieces_[at_].ns_per_unit);
}

}  // namespace kvern
