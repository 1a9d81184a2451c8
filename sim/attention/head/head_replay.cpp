#include "sim/attention/head/head_replay.h"

#include <functional>

namespace kvern {
namespace {

constexpr double kSparse = .01;  // H2O's threshold, of the row's largest

}  // namespace

HeadReplay& HeadReplay::operator+=(const HeadReplay& other) {
  steps = std::max(steps, other.steps);
  rows += other.rows;
  null_rows += other.null_rows;
  recall_sum += other.recall_sum;
  recall_min = std::min(recall_min, other.recall_min);
  error_sum += other.error_sum;
  overlap_sum += other.overlap_sum;
  sparsity_sum += other.sparsity_sum;
  pivotal += other.pivotal;
  persistent += other.persistent;
  resident_max = std::max(resident_max, other.resident_max);
  read_last_step = std::max(read_last_step, other.read_last_step);
  work += other.work;
  own += other.own;
  return *this;
}

StepReplay& StepReplay::operator+=(const StepReplay& other) {
  heads += other.heads;
  rows += other.rows;
  resident += other.resident;
  read += other.read;
  attention += other.attention;
  own += other.own;
  null_rows += other.null_rows;
  recall += other.recall;
  error += other.error;
  overlap += other.overlap;
  sparsity += other.sparsity;
  return *this;
}

template <class Number>
RowReading read_row(std::span<const Number> mass, std::span<const std::uint32_t> positions,
                    std::vector<Number>& scratch) {
  RowReading reading;
  for (const std::uint32_t position : positions) reading.recall += mass[position];
  const auto most = static_cast<Number>(kSparse * *std::max_element(mass.begin(), mass.end()));
  const auto sparse =
      std::count_if(mass.begin(), mass.end(), [&](Number share) { return share < most; });
  reading.sparsity = static_cast<double>(sparse) / static_cast<double>(mass.size());
  if (positions.empty() || positions.size() == mass.size()) {
    reading.overlap = 1;
    return reading;
  }
  // The oracle reads the new token and the largest others. Of equals at the edge, those that the
  // policy read count: another choice of the oracle's would have been as good.
  const std::size_t others = positions.size() - 1;
  if (others == 0) {
    reading.overlap = 1;
    return reading;
  }
  scratch.assign(mass.begin(), mass.end() - 1);
  const auto edge = scratch.begin() + static_cast<std::ptrdiff_t>(others - 1);
  std::nth_element(scratch.begin(), edge, scratch.end(), std::greater<>());
  std::size_t shared = 1;
  for (const std::uint32_t position : positions.first(others)) {
    shared += mass[position] >= *edge ? 1 : 0;
  }
  reading.overlap = static_cast<double>(shared) / static_cast<double>(positions.size());
  return reading;
}

template RowReading read_row<double>(std::span<const double>, std::span<const std::uint32_t>,
                                     std::vector<double>&);
template RowReading read_row<float>(std::span<const float>, std::span<const std::uint32_t>,
                                    std::vector<float>&);

}  // namespace kvern
