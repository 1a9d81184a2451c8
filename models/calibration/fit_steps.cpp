// What whole steps take beyond the sum of their kernels: a graph's replay, the launch of a layer
// kernel by kernel, the host; and the clock below which arithmetic slows down.
#include <algorithm>
#include <cmath>

#include "models/calibration/fits.h"
#include "models/calibration/step_parts.h"

namespace kvern::calibration {
namespace {

using measured::StepModel;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Straight line through host times by batch.
void fit_host(const std::vector<const StepRow*>& rows, StepModel& step) {
  std::vector<double> features, us;
  for (const StepRow* row : rows) {
    if (!row->host_us || row->kind != "decode") continue;
    features.insert(features.end(), {1, row->load.decodes});
    us.push_back(*row->host_us);
  }
  if (us.size() < 2) return;
  const std::vector<double> line = relative_fit(features, 2, us);
  step.host_step_us = line[0];
  step.host_sequence_us = line[1];
}

}  // namespace

void fit_steps(const FitContext& context, CostTable& table) {
  std::vector<const StepRow*> rows;
  for (const Source& source : context.sources) {
    for (const StepRow& row : source.step) {
      if (row.us > 0 && context.models.contains(row.model)) rows.push_back(&row);
    }
  }
  if (rows.empty()) return;
  StepModel step;
  std::vector<double> replay, clock;
  const StepRow* smallest = nullptr;  // eager
  for (const StepRow* row : rows) {
    const LlmSpec& model = context.models.at(row->model);
    const StepParts parts = step_parts(table, *context.hardware, model, *row);
    if (row->graph_bucket > 0) replay.push_back(row->us - parts.us);
    if (row->graph_bucket == 0 && (smallest == nullptr || row->us < smallest->us)) smallest = row;
    const EnergyCells& energy = row->energy;
    // Steps with decodes in them also wait for kernels that follow no clock.
    const bool arithmetic = row->load.decodes == 0 && parts.arithmetic_us > 0;
    if (arithmetic && energy.capped && energy.sm_mhz && energy.loop_us) {
      const double slowed = *energy.loop_us - (parts.us - parts.arithmetic_us);
      clock.push_back(slowed / parts.arithmetic_us * *energy.sm_mhz /
                      context.hardware->base_clock_mhz);
    }
  }
  step.graph_step_us = std::max(0.0, median(replay));
  if (!clock.empty()) step.clock_share = std::clamp(median(clock), 0.5, 1.0);
  if (smallest != nullptr) {
    step.eager_layer_us = smallest->us / context.models.at(smallest->model).layers;
  }
  fit_host(rows, step);
  table.step = {step};
  std::vector<double> predicted, measured;
  for (const StepRow* row : rows) {
    const LlmSpec& model = context.models.at(row->model);
    double us = step_parts(table, *context.hardware, model, *row).us;
    us = row->graph_bucket > 0 ? us + step.graph_step_us
                               : std::max(us, step.eager_layer_us * model.layers);
    predicted.push_back(us);
    measured.push_back(row->us);
    table.errors.push_back({row->model + " " + row->kind + " " +
                                std::to_string(static_cast<int>(row->load.decodes)) + " + " +
                                std::to_string(static_cast<int>(row->load.query)),
                            "at full clock", 1, std::abs(us / row->us - 1),
                            std::abs(us / row->us - 1), us / row->us - 1});
  }
  report(table, "steps", "kernels summed, at full clock", predicted, measured);
}

}  // namespace kvern::calibration
