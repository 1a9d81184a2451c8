#include "scenarios/program/command/describe_data.h"

#include <fmt/format.h>

#include <filesystem>

#include "models/kv_capacity.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/data_names.h"

namespace kvern {
namespace {

constexpr double kBytesInGib = 1073741824.0;

bool knows_joules(const HardwareSpec& h) {
  return h.context_watts && h.gemm_joules_per_flop && h.joules_per_hbm_byte;
}

std::string hardware_list(Issues& issues) {
  std::string out =
      fmt::format("{:<16} {:>9} {:>9} {:>13} {:>7}  {:<8} {:<7} {}\n", "hardware", "memory",
                  "bandwidth", "bf16 dense", "limit", "measured", "joules", "name");
  for (const std::string& name : data_names("hardware")) {
    const auto h = load_hardware(name, issues);
    if (!h) continue;
    out += fmt::format(
        "{:<16} {:>5.1f} GiB {:>4.2f} TB/s {:>6.0f} TFLOP/s {:>5.0f} W  {:<8} {:<7} {}\n", name,
        static_cast<double>(h->memory_bytes) / kBytesInGib, h->memory_bytes_per_second * 1e-12,
        h->bf16_flops * 1e-12, h->power_cap_watts, h->cost_table.empty() ? "-" : "table",
        knows_joules(*h) ? "known" : "-", h->title);
  }
  return out +
         "\nmeasured: step_cost = \"table\" takes kernel times measured on that board. joules: the "
         "file has\ncoefficients of power. kvern describe hardware NAME prints one; a board of "
         "your "
         "own goes into a\n.toml file like those of models/hardware, named by its path.\n";
}

std::string model_list(Issues& issues) {
  std::string out = fmt::format("{:<18} {:>12} {:>10} {:>7} {:>11}  {}\n", "model", "parameters",
                                "active", "layers", "KV a token", "name");
  for (const std::string& name : data_names("llm")) {
    const auto m = load_llm(name, issues);
    if (!m) continue;
    out += fmt::format("{:<18} {:>10.2f} B {:>8.2f} B {:>7} {:>7.1f} KiB  {}\n", name,
                       static_cast<double>(m->parameters()) * 1e-9,
                       static_cast<double>(m->active_parameters()) * 1e-9, m->layers,
                       static_cast<double>(m->kv_bytes_per_token(1, 2)) / 1024, m->title);
  }
  return out +
         "\nKV a token: keys and values of 16 bits. Names of Hugging Face are understood where the "
         "shape is\nthat of a file (meta-llama/Llama-3.1-8B-Instruct). kvern describe model NAME "
         "prints one; a shape\nof your own goes into a .toml file like those of models/llm, named "
         "by "
         "its path.\n";
}

std::string coefficient_line(const char* what, const std::optional<Coefficient>& c, double scale,
                             const char* unit) {
  if (!c) return fmt::format("  {:<34} unknown\n", what);
  return fmt::format("  {:<34} {:.4g} {} ({:.4g} to {:.4g}; {})\n", what, c->value * scale, unit,
                     c->low * scale, c->high * scale, c->source);
}

std::string hardware_text(const std::string& name, Issues& issues) {
  const auto h = load_hardware(name, issues);
  if (!h) return {};
  std::string out = fmt::format("{}: {}\n", h->name, h->title);
  const auto line = [&out](const char* what, const std::string& value) {
    out += fmt::format("  {:<34} {}\n", what, value);
  };
  line("memory",
       fmt::format("{:.1f} GiB at {:.0f} GB/s", static_cast<double>(h->memory_bytes) / kBytesInGib,
                   h->memory_bytes_per_second * 1e-9));
  line("dense arithmetic",
       fmt::format("{:.0f} TFLOP/s of 16 bits{}", h->bf16_flops * 1e-12,
                   h->fp8_flops ? fmt::format(", {:.0f} of 8 bits", *h->fp8_flops * 1e-12) : ""));
  line("clocks", fmt::format("{:.0f} to {:.0f} MHz, {} multiprocessors", h->lowest_clock_mhz,
                             h->base_clock_mhz, h->sm_count));
  line("links", h->nvlink_bytes_per_second
                    ? fmt::format("{:.0f} GB/s each way", *h->nvlink_bytes_per_second * 1e-9)
                    : "PCIe alone");
  line("power limit", fmt::format("{:.0f} W", h->power_cap_watts));
  line("measured kernel times",
       h->cost_table.empty()
           ? "none: step_cost = \"roofline\""
           : fmt::format("step_cost = \"table\" ({})",
                         std::filesystem::path(h->cost_table).filename().string()));
  out += "what kernels reach (range; source):\n";
  out += coefficient_line("matrix products, of the FLOP/s", h->gemm_efficiency, 100, "%");
  out += coefficient_line("prefill attention, of the FLOP/s", h->attention_efficiency, 100, "%");
  out += coefficient_line("streaming, of the bandwidth", h->memory_efficiency, 100, "%");
  out += coefficient_line("decode attention, of the bandwidth", h->decode_attention_efficiency, 100,
                          "%");
  out += "power (range; source):\n";
  out += coefficient_line("idle with a context", h->context_watts, 1, "W");
  out += coefficient_line("a FLOP of a matrix product", h->gemm_joules_per_flop, 1e12, "pJ");
  out += coefficient_line("a byte of memory", h->joules_per_hbm_byte, 1e12, "pJ");
  return out;
}

std::string model_text(const std::string& name, Issues& issues) {
  const auto m = load_llm(name, issues);
  if (!m) return {};
  std::string out = fmt::format("{}: {}\n", m->name, m->title);
  const auto line = [&out](const char* what, const std::string& value) {
    out += fmt::format("  {:<22} {}\n", what, value);
  };
  const auto parameters = static_cast<double>(m->parameters());
  line("parameters", fmt::format("{:.3f} B, {:.3f} B of them for one token", parameters * 1e-9,
                                 static_cast<double>(m->active_parameters()) * 1e-9));
  line("weights", fmt::format("{:.1f} GiB of 16 bits, {:.1f} of 8 bits",
                              2 * parameters / kBytesInGib, parameters / kBytesInGib));
  line("shape", fmt::format("{} layers, hidden {}, {} query and {} KV heads of {}, MLP {}, "
                            "vocabulary {}",
                            m->layers, m->hidden, m->heads, m->kv_heads, m->head_dim,
                            m->intermediate, m->vocabulary));
  if (m->experts > 0) {
    line("experts", fmt::format("{} a layer, {} for each token", m->experts, m->experts_per_token));
  }
  if (m->window > 0) line("sliding window", fmt::format("{} tokens", m->window));
  line("KV a token", fmt::format("{:.1f} KiB of 16 bits",
                                 static_cast<double>(m->kv_bytes_per_token(1, 2)) / 1024));
  line("source", m->source);
  return out;
}

std::string one_of(const std::string& folder, const std::string& written, Issues& issues) {
  const DataName found = find_data(folder, written);
  if (found.name.empty()) {
    issues.error({"kvern", 0, 0}, found.what, found.hint);
    return {};
  }
  return folder == "llm" ? model_text(found.name, issues) : hardware_text(found.name, issues);
}

}  // namespace

std::string describe_data(const std::string& topic, Issues& issues) {
  if (topic == "hardware") return hardware_list(issues);
  if (topic == "models" || topic == "model") return model_list(issues);
  const std::size_t end = topic.find_first_of(" .");
  const std::string kind = topic.substr(0, end);
  if (end == std::string::npos) return {};
  if (kind == "hardware") return one_of("hardware", topic.substr(end + 1), issues);
  if (kind == "model" || kind == "models") return one_of("llm", topic.substr(end + 1), issues);
  return {};
}

}  // namespace kvern
