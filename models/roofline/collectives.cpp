#include "models/roofline/collectives.h"

#include <algorithm>
#include <bit>

namespace kvern::roofline {
namespace {

constexpr double kHopsOfFour = 6;

double hop_seconds(const HardwareSpec& h) { return h.all_reduce_seconds->value / kHopsOfFour; }

double rate_of(const HardwareSpec& h) {
  const double peak = h.nvlink_bytes_per_second.value_or(h.pcie_bytes_per_second.value_or(0));
  return h.link_efficiency->value * peak;
}

// Ranks of data-parallel attention exchange nothing but experts' tokens.
std::string experts_refusal(const Deployment& d) {
  const LlmSpec& m = *d.model;
  if (d.expert_parallel > 1) {
    if (m.experts == 0) return m.name + " has no experts, so expert_parallel must be 1";
    if (d.expert_parallel != d.gpus()) {
      return "expert_parallel must be 1, or tensor_parallel x data_parallel: experts are spread "
             "over all GPUs of a replica";
    }
    if (m.experts % d.expert_parallel != 0) {
      return m.name + ": its " + std::to_string(m.experts) + " experts can't be shared by " +
             std::to_string(d.expert_parallel) + " GPUs";
    }
  } else if (d.data_parallel > 1 && m.experts == 0) {
    return "data_parallel inside a replica is for models with experts; use replicas";
  } else if (d.data_parallel > 1) {
    return "data_parallel needs expert_parallel = tensor_parallel x data_parallel";
  }
  return {};
}

}  // namespace

std::string sharing_refusal(const Deployment& d) {
  if (std::string reason = experts_refusal(d); !reason.empty()) return reason;
  if (d.gpus() == 1) return {};
  const LlmSpec& m = *d.model;
  const std::uint32_t gpus = d.tensor_parallel;
  if (m.heads % gpus != 0 || (m.kv_heads % gpus != 0 && gpus % m.kv_heads != 0)) {
    return m.name + ": its heads can't be shared by " + std::to_string(gpus) + " GPUs";
  }
  const HardwareSpec& h = *d.hardware;
  const auto& rate =
      h.nvlink_bytes_per_second ? h.nvlink_bytes_per_second : h.pcie_bytes_per_second;
  if (!rate || !h.link_efficiency || !h.all_reduce_seconds) {
    return h.name + ": the speed of its collectives is unknown, so a replica must be one GPU";
  }
  return {};
}

double all_reduce_seconds(const HardwareSpec& h, double gpus, double bytes) {
  if (gpus <= 1 || bytes <= 0) return 0;
  const double hop = hop_seconds(h);
  const double rate = rate_of(h);
  const double ring = 2 * (gpus - 1) * hop + 2 * (gpus - 1) / gpus * bytes / rate;
  const double levels = std::bit_width(static_cast<unsigned>(gpus) - 1);  // log2, rounded up
  const double tree = 2 * levels * (hop + bytes / rate);
  const double one_shot = h.all_reduce_seconds->value / 2 + (gpus - 1) * bytes / rate;
  return std::min({ring, tree, one_shot});
}

double all_gather_seconds(const HardwareSpec& h, double gpus, double bytes) {
  if (gpus <= 1 || bytes <= 0) return 0;
  return (gpus - 1) * hop_seconds(h) + (gpus - 1) / gpus * bytes / rate_of(h);
}

double all_to_all_seconds(const HardwareSpec& h, double gpus, double bytes) {
  if (gpus <= 1 || bytes <= 0) return 0;
  return (gpus - 1) * hop_seconds(h) + (gpus - 1) / gpus * bytes / rate_of(h);
}

}  // namespace kvern::roofline
