#include "scenarios/program/attention/attention_scenario.h"

#include <fmt/format.h>

#include <filesystem>

#include "policies/token_eviction.h"
#include "scenarios/program/attention/attention_run.h"
#include "scenarios/program/attention/attention_summary.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/run/expectation.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

// The key was read last: the resolved scenario, which lies elsewhere, names the file by its path.
std::string named_file(Parameters& p, std::string_view key, const std::string& name,
                       const std::string& file) {
  std::string path = path_beside(p, key, name, file);
  if (p.book() != nullptr) p.book()->back().value = toml_text(std::string_view(path));
  return path;
}

std::vector<TextFile> read_text_tables(Parameters& p, const std::string& file) {
  std::vector<TextFile> texts;
  for (Parameters& each : p.tables("text", "texts in UTF-8")) {
    TextFile text;
    const std::string name = each.require<std::string>("file", "a path beside the scenario");
    text.path = named_file(each, "file", name, file);
    text.tags.language = each.get("language", "unknown", "a group of the report");
    text.tags.domain = each.get("domain", "unknown", "a group of the report");
    std::error_code unreadable;
    if (!in_data_folder(name) && !std::filesystem::is_regular_file(text.path, unreadable)) {
      each.error("file", fmt::format("there is no text {}", text.path));
    }
    each.finish();
    texts.push_back(std::move(text));
  }
  return texts;
}

bool is_policy(const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {}, issues);
  const auto made = make_policy(token_eviction::table(), "token_eviction", spec, "policy", issues);
  return made != nullptr && !issues.any_error();
}

Config text_value(const std::string& text) {
  Config value;
  value.kind = Config::Kind::Text;
  value.text = text;
  return value;
}

Config number_value(double number) {
  Config value;
  value.kind = Config::Kind::Number;
  value.number = number;
  return value;
}

void add_point(const std::string& policy, double budget, AttentionScenario& scenario) {
  SweepPoint point;
  point.settings.emplace_back("attention.policy", text_value(policy));
  if (budget > 0) point.settings.emplace_back("attention.budget", number_value(budget));
  scenario.points.push_back(std::move(point));
  scenario.policies.push_back(with_budget(policy, budget));
}

// Each policy under each budget; one that knows no budget, or has its sizes, once.
void read_points(Parameters& p, AttentionScenario& scenario) {
  const auto policies = p.list<std::string>("policies", {}, "token policies, as \"h2o\"");
  const auto budgets =
      p.list<Share>("budgets", {}, "shares of the prompt, or of the text without one");
  if (policies.empty()) p.error("policies", "no policies", "policies = [\"full\", \"h2o\"]");
  for (const std::string& policy : policies) {
    const bool sized = is_policy(policy) && !is_policy(with_budget(policy, .5));
    const bool whole = is_policy(policy);
    if (sized || (whole && budgets.empty())) {
      add_point(policy, 0, scenario);
      continue;
    }
    if (budgets.empty() || !is_policy(with_budget(policy, budgets.front().value))) {
      // Told in its own words.
      Issues& issues = p.issues();
      const Config spec =
          parse_policy(with_budget(policy, budgets.empty() ? 0 : .5), p.where("policies"), issues);
      make_policy(token_eviction::table(), "token_eviction", spec, "attention.policies", issues);
      continue;
    }
    for (const Share budget : budgets) add_point(policy, budget.value, scenario);
  }
}

void read_attention(Parameters p, const std::string& file, AttentionScenario& scenario) {
  scenario.model = p.get("model", "", "a name of `models get`, or a file of weights: closed loop");
  scenario.texts = read_text_tables(p, file);
  scenario.cut.length = p.get<std::uint32_t>("length", 2048, "tokens of a text at most", {2, 1e6});
  scenario.cut.prompt = p.get<std::uint32_t>("prompt", 0, "of these, the prompt");
  scenario.cut.sequences =
      p.get<std::uint32_t>("sequences", 1, "of this length, of each text", {1, 1e6});
  const std::string recording = p.get("recording", "", "a recording, in place of texts");
  if (!recording.empty()) scenario.recording = named_file(p, "recording", recording, file);
  scenario.hardware = p.get("hardware", "h100_sxm", "whose joules a byte and a FLOP cost");
  const std::string profile = p.get("profile", "", "a further copy of the work profile");
  if (!profile.empty()) scenario.profile = named_file(p, "profile", profile, file);
  const std::string dtype =
      p.choice("kv_dtype", "bf16", {"f32", "f16", "bf16", "f8"}, "of the cache");
  scenario.kv_bytes = dtype == "f32" ? 4 : dtype == "f8" ? 1 : 2;
  scenario.retrieval =
      p.get("retrieval", false, "needles and key-value pairs made from the texts as well");
  read_points(p, scenario);
  if (scenario.cut.prompt >= scenario.cut.length) {
    p.error("prompt", "a text holds its prompt and at least one token");
  }
  if (scenario.texts.empty() == scenario.recording.empty()) {
    p.error("", "[attention] needs either [[attention.text]] or a recording");
  }
  if (scenario.model.empty() && !scenario.texts.empty()) {
    p.error("", "texts need a model", "model = \"smollm2-135m\"");
  }
  if (scenario.model.empty() && scenario.retrieval) p.error("retrieval", "it needs a model");
  p.finish();
}

}  // namespace

bool is_attention_scenario(const Config& root) { return root.find("attention") != nullptr; }

std::optional<AttentionScenario> read_attention_scenario(const Config& root,
                                                         const std::string& file, Issues& issues) {
  AttentionScenario scenario;
  Parameters top(&root, "", issues, &scenario.book);
  const std::string stem = std::filesystem::path(file).stem().string();
  scenario.name = top.get("name", stem.c_str(), "names the run folder");
  check_folder_name(top, scenario.name);
  scenario.seed = static_cast<std::uint64_t>(
      top.get("seed", std::int64_t{1}, "of every random stream", {0, 9e15}));
  read_attention(top.table("attention", "token policies under budgets"), file, scenario);
  scenario.paper = read_paper(top);
  scenario.expects = read_expects(top);
  for (const char* key :
       {"pool", "workload", "router", "cluster", "energy", "records", "slo", "sweep"}) {
    top.refuse(key, "[attention] runs no cluster; its policies and budgets are its sweep");
  }
  top.finish();
  check_expects(scenario.expects, scenario.points, attention_summary_names(), issues);
  if (issues.any_error()) return std::nullopt;
  return scenario;
}

}  // namespace kvern
