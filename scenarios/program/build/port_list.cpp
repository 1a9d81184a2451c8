#include "scenarios/program/build/port_list.h"

#include <filesystem>
#include <fstream>

#include "models/step_cost.h"
#include "policies/admission.h"
#include "policies/attention.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "policies/incidents.h"
#include "policies/preemption.h"
#include "policies/routing.h"
#include "policies/sleep.h"
#include "policies/tiering.h"
#include "policies/token_eviction.h"
#include "scenarios/program/build/origin.h"
#include "sim/base/config/policy_table.h"
#include "traces/arrivals.h"
#include "traces/lengths.h"
#include "traces/prefixes.h"
#include "traces/tenants.h"

namespace kvern {
namespace {

template <class Port>
PortInfo info(const char* name, const char* question, const char* folder,
              const PolicyTable<Port>& table) {
  PortInfo port{name, question, folder, {}, {}};
  for (const auto& entry : table) port.policies.emplace_back(entry.name);
  port.keys = [&table, port_name = std::string(name)](const std::string& policy) {
    // Keys that must be there are missing here, and a wrapped policy is any: only the book counts.
    Issues ignored;
    KeyBook book;
    const Config spec = parse_policy(policy, {}, ignored);
    make_policy(table, port_name, spec, policy, ignored, &book);
    return book;
  };
  return port;
}

}  // namespace

const std::vector<PortInfo>& port_list() {
  static const std::vector<PortInfo> ports = {
      info("arrivals", "when does the next request arrive?", "traces/arrivals", arrivals::table()),
      info("lengths", "how long are prompt and output?", "traces/lengths", lengths::table()),
      info("prefixes", "what do prompts share?", "traces/prefixes", prefixes::table()),
      info("tenants", "whose request is it?", "traces/tenants", tenants::table()),
      info("admission", "is a request let in?", "policies/admission", admission::table()),
      info("routing", "which replica?", "policies/routing", routing::table()),
      info("incidents", "what befalls the replicas, and when?", "policies/incidents",
           incidents::table()),
      info("batching", "what runs in the next step?", "policies/batching", batching::table()),
      info("preemption", "who stops when blocks are short?", "policies/preemption",
           preemption::table()),
      info("eviction", "which cached block goes?", "policies/eviction", eviction::table()),
      info("cache_admission", "which blocks are worth caching?", "policies/cache_admission",
           cache_admission::table()),
      info("tiering", "fetch from a lower tier, or compute again?", "policies/tiering",
           tiering::table()),
      info("token_eviction", "which cached tokens of a layer stay?", "policies/token_eviction",
           token_eviction::table()),
      info("attention", "how does each query head attend?", "policies/attention",
           attention::table()),
      info("sleep", "how deep does a replica without work sleep?", "policies/sleep",
           sleep::table()),
      info("step_cost", "what does a step cost?", "models/step_cost", step_cost::table()),
  };
  return ports;
}

std::string policy_comment(const PortInfo& port, const std::string& policy) {
  const std::filesystem::path folder = std::filesystem::path(source_folder()) / port.folder;
  std::ifstream file(folder / (policy + ".cpp"));
  if (!file) file.open(folder / (policy + "_.cpp"));  // a name that its namespace has taken
  std::string comment;
  std::string line;
  while (std::getline(file, line) && line.starts_with("//")) {
    comment += line.size() > 3 ? line.substr(3) + "\n" : "\n";
  }
  return comment;
}

}  // namespace kvern
