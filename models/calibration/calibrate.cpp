#include "models/calibration/calibrate.h"

#include <fmt/format.h>

#include "models/calibration/fits.h"

namespace kvern::calibration {

std::optional<measured::CostTable> calibrate(const CalibrationRequest& request,
                                             const HardwareSpec& hardware,
                                             const std::map<std::string, LlmSpec>& models,
                                             Issues& issues) {
  std::vector<Source> sources;
  for (const std::string& folder : request.folders) {
    sources.push_back(read_source(folder, request.summed_forwards, issues));
  }
  if (issues.any_error()) return std::nullopt;
  measured::CostTable table;
  table.device = hardware.name;
  if (request.summed_forwards != 1) {
    table.note =
        fmt::format("mixed rows of unequal lengths divided by {}", request.summed_forwards);
  }
  for (const Source& source : sources) {
    table.inputs.insert(table.inputs.end(), source.files.begin(), source.files.end());
  }
  const FitContext context{&hardware, models, sources};
  fit_gemm(context, table);
  fit_experts(context, table);
  fit_attention(context, table);
  fit_elementwise(context, table);
  fit_collectives(context, table);
  fit_steps(context, table);
  fit_efficiencies(context, table);
  fit_power(context, table);
  return table;
}

}  // namespace kvern::calibration
