#include "scenarios/program/attention/attention_outcome.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "analysis/quality/attention_profile.h"
#include "analysis/quality/frontier_picture.h"
#include "analysis/run/run_folder.h"
#include "scenarios/program/attention/attention_run.h"
#include "scenarios/program/attention/attention_summary.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/model_files.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/run/resolved.h"
#include "scenarios/program/run/run.h"
#include "scenarios/program/run/sweep_run.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/digest.h"

namespace kvern {
namespace {

// Under the default seed, 1, the policies draw as their own seeds alone say.
std::uint64_t added_seed(const AttentionScenario& scenario) { return scenario.seed - 1; }

struct Measured {
  std::vector<AttentionRow> rows;
  WorkProfile profile;
  std::vector<std::string> inputs;
};

std::optional<Measured> measure_closed(const AttentionScenario& scenario,
                                       const std::vector<TokenPolicyMaker>& makers,
                                       Issues& issues) {
  AttentionJob job;
  job.weights = existing_weights(scenario.model, issues);
  if (issues.any_error()) return std::nullopt;
  Measured measured;
  measured.inputs.push_back(job.weights);
  if (scenario.recording.empty()) {
    auto texts = texts_of_files(job.weights, scenario.texts, scenario.cut);
    if (!texts) {
      issues.error({"attention.text", 0, 0}, "the texts could not be cut into tokens");
      return std::nullopt;
    }
    job.texts = std::move(*texts);
    for (const TextFile& text : scenario.texts) measured.inputs.push_back(text.path);
  } else {
    job.texts = texts_of_recording(Recording(scenario.recording, true));
    measured.inputs.push_back(scenario.recording);
  }
  job.policies = scenario.policies;
  job.makers = makers;
  job.options.kv_bytes = scenario.kv_bytes;
  job.options.seed = added_seed(scenario);
  job.options.interrupt = Interrupt(interrupted());
  job.retrieval = scenario.retrieval;
  job.seed = scenario.seed;
  auto answer = run_attention(job, issues);
  if (!answer) return std::nullopt;
  measured.rows = std::move(answer->closed.replay.rows);
  measured.profile = std::move(answer->profile);
  return measured;
}

std::optional<Measured> measure_open(const AttentionScenario& scenario,
                                     const std::vector<TokenPolicyMaker>& makers, Issues& issues) {
  const Recording recording(scenario.recording);
  ReplayOptions options;
  options.kv_bytes = scenario.kv_bytes;
  options.seed = added_seed(scenario);
  options.interrupt = Interrupt(interrupted());
  const std::string refusal = open_loop_refusal(recording, makers, scenario.policies, options);
  if (!refusal.empty()) {
    issues.error({scenario.recording, 0, 0}, refusal);
    return std::nullopt;
  }
  OpenLoopResult result = replay_recording(recording, makers, options,
                                           std::max(1U, std::thread::hardware_concurrency()));
  Measured measured;
  measured.inputs.push_back(scenario.recording);
  const AttentionTexts texts = texts_of_recording(recording);
  std::vector<std::uint32_t> prompts;
  for (const ClosedText& text : texts.texts) prompts.push_back(text.prompt_tokens);
  std::vector<PolicyName> names;
  for (const std::string& policy : scenario.policies) names.push_back(split_budget(policy));
  const RecordedSequence& first = recording.sequences().front();
  WorkProfile& profile = measured.profile;
  profile.model = first.model.empty() ? "unknown" : first.model;
  profile.layers = static_cast<std::uint32_t>(first.layers.size());
  profile.heads = first.heads;
  profile.kv_heads = first.kv_heads;
  profile.head_dim = first.dim;
  profile.kv_bits = static_cast<std::uint32_t>(scenario.kv_bytes * 8);
  profile.source = texts.source;
  profile.work = work_rows({texts.tags, prompts, names, result.sequences});
  measured.rows = std::move(result.rows);
  return measured;
}

std::string manifest(const AttentionScenario& scenario, const std::vector<std::string>& inputs) {
  Manifest made;
  made.version = program_version();
  made.libraries = linked_libraries();
  made.scenario = scenario.name;
  made.seed = scenario.seed;
  for (const std::string& path : inputs) made.inputs.push_back({path, sha256_of_file(path)});
  return manifest_toml(made);
}

FrontierPicture picture_of(const AttentionScenario& scenario, const WorkProfile& profile,
                           const std::vector<Summary>& summaries) {
  FrontierPicture picture;
  picture.title = fmt::format("{}: {} under token policies, joules of {}", scenario.name,
                              profile.model, scenario.hardware);
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    FrontierPoint point;
    point.policy = scenario.points[i].settings.front().second.text;
    point.budget = summary_number(summaries[i], "budget").value_or(0);
    point.joules = summary_number(summaries[i], "attention_j_per_token");
    point.perplexity = summary_number(summaries[i], "perplexity");
    point.worst_increase = summary_number(summaries[i], "worst_group_nll_increase_share");
    if (!picture.dense) picture.dense = summary_number(summaries[i], "perplexity_dense");
    picture.points.push_back(std::move(point));
  }
  return picture;
}

}  // namespace

std::optional<AttentionOutcome> run_attention_scenario(const AttentionScenario& scenario,
                                                       const std::string& out, Issues& issues) {
  const auto hardware = load_hardware(scenario.hardware, issues);
  const auto makers = token_policy_makers(scenario.policies, issues);
  if (issues.any_error()) return std::nullopt;
  auto measured = scenario.model.empty() ? measure_open(scenario, makers, issues)
                                         : measure_closed(scenario, makers, issues);
  if (!measured) return std::nullopt;
  const std::string resolved = resolved_toml(scenario.book, false);
  RunFolder folder(
      (std::filesystem::path(out) / RunFolder::name(scenario.name, resolved)).string());
  if (!folder.left_over().empty()) std::fprintf(stderr, "%s\n", folder.left_over().c_str());
  folder.write("scenario.resolved.toml", resolved);
  write_work_profile(measured->profile, folder.file("work_profile.h5"));
  if (!scenario.profile.empty()) write_work_profile(measured->profile, scenario.profile);

  AttentionOutcome outcome;
  for (std::uint32_t i = 0; i < scenario.points.size(); ++i) {
    outcome.summaries.push_back(
        attention_summary({measured->profile, measured->rows, *hardware, i, scenario.policies[i]}));
  }
  outcome.json = points_json(scenario.points, outcome.summaries);
  folder.write("summary.json", outcome.json);
  folder.write("manifest.toml", manifest(scenario, measured->inputs));
  const FrontierPicture picture = picture_of(scenario, measured->profile, outcome.summaries);
  if (const std::string svg = frontier_svg(picture); !svg.empty()) {
    folder.write("frontier.svg", svg);
  }
  folder.commit();
  outcome.folder = folder.path();
  return outcome;
}

}  // namespace kvern
