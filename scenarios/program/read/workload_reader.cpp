// [workload]: a recorded trace, or a generator.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/scenario_reader.h"
#include "sim/base/config/toml_text.h"
#include "traces/generate/distribution_reader.h"

namespace kvern {
namespace {

constexpr const char* kFormat = "of the trace; absent: told from its content";
constexpr const char* kLoop = "obey the trace's arrivals, or wait for the answers before";
constexpr const char* kTimeScale = "the trace's gaps times this";
constexpr const char* kZeroOutput = "the trace's requests that produced nothing";
constexpr const char* kPatience =
    "from a request's arrival until its client leaves, answered or not; absent: it never does";
constexpr const char* kHangsUp = "a client that leaves tells the server, which drops the request";
constexpr const char* kImport = "how the trace's file is read";
constexpr const char* kAnswers =
    "whether the next turn of a session finds an answer's blocks in a prefix cache: reused, "
    "private "
    "(clients send it back in other tokens), or the share of answers that are; absent: reused "
    "where "
    "the workload says that the next prompt holds the answer. Given for a trace without block "
    "names, "
    "a turn that is long enough begins with the whole turn before it";

// "output", or a count.
std::optional<std::uint32_t> read_max_tokens(Parameters& p) {
  const Config* value = p.any("max_tokens",
                              "declared by each request: a count, or \"output\": nothing is, and a "
                              "server that asks is told the answer's own length");
  if (p.book() != nullptr) {
    KeyEntry& entry = p.book()->back();
    entry.type = "count | \"output\"";
    entry.default_value = "\"output\"";
    if (value == nullptr) entry.value = entry.default_value;
  }
  if (value == nullptr || (value->kind == Config::Kind::Text && value->text == "output")) return {};
  if (value->kind == Config::Kind::Integer && value->integer >= 1 && value->integer < 1LL << 31) {
    return static_cast<std::uint32_t>(value->integer);
  }
  p.error("max_tokens",
          fmt::format("max_tokens = {} is neither a count nor \"output\"", toml_text(*value)));
  return {};
}

// "reused", "private", or a share of the answers; absent where it is not given.
std::optional<double> read_answers(Parameters& p) {
  const Config* value = p.any("answers", kAnswers, "share | \"reused\" | \"private\"");
  if (value == nullptr) return {};
  if (value->kind == Config::Kind::Text && value->text == "reused") return 1.0;
  if (value->kind == Config::Kind::Text && value->text == "private") return 0.0;
  Issues unread;
  const auto share = ValueReader<Share>::read("answers", *value, {0, 1}, unread);
  if (share) return share->value;
  p.error("answers",
          fmt::format("answers = {} is neither \"reused\" nor \"private\" nor a share",
                      toml_text(*value)),
          "a share is a number from 0 to 1, or a text such as \"20 %\"");
  return {};
}

std::string read_format(Parameters& p) {
  const auto format = p.find<std::string>("format", kFormat);
  if (!format) return {};
  std::vector<std::string> known{"kvern"};
  for (const TraceFormat& each : trace_formats()) known.emplace_back(each.name);
  if (std::find(known.begin(), known.end(), *format) == known.end()) {
    std::string names;
    for (const auto& name : known) names += (names.empty() ? "they are " : ", ") + name;
    const std::string hint = did_you_mean(*format, known);
    p.error("format", fmt::format("no trace has the format \"{}\"", *format),
            hint.empty() ? names : hint);
  }
  return *format;
}

ReplayLoop read_loop(Parameters& p) {
  const std::string loop = p.choice("loop", "as_trace", {"as_trace", "open", "closed"}, kLoop);
  if (loop == "open") return ReplayLoop::Open;
  return loop == "closed" ? ReplayLoop::Closed : ReplayLoop::AsTrace;
}

ZeroOutput read_zero_output(Parameters& p) {
  const std::string zero = p.choice("zero_output", "drop", {"drop", "one", "keep"}, kZeroOutput);
  if (zero == "one") return ZeroOutput::One;
  return zero == "keep" ? ZeroOutput::Keep : ZeroOutput::Drop;
}

TraceReplay read_replay(Parameters& p, const std::string& file, std::uint64_t seed) {
  TraceReplay replay;
  replay.seed = seed;
  replay.where = p.where("trace");
  const std::string name = p.require<std::string>("trace", "file to replay");
  replay.trace.file = path_beside(p, "trace", name, file);
  if (p.book() != nullptr) p.book()->back().value = toml_text(std::string_view(replay.trace.file));
  std::error_code error;
  if (!in_data_folder(name) && !std::filesystem::exists(replay.trace.file, error)) {
    p.error("trace", fmt::format("there is no trace \"{}\"", name),
            "give its path with --trace FILE");
  }
  replay.trace.format = read_format(p);
  replay.loop = read_loop(p);
  replay.time_scale = p.get("time_scale", 1.0, kTimeScale, {1e-15, 1e9});
  replay.zero_output = read_zero_output(p);
  replay.max_tokens = read_max_tokens(p);
  replay.answers = read_answers(p);
  replay.answers_where = p.where("answers");
  replay.patience_ns = distribution_key(p, "patience", "", kPatience, Drawn::Times);
  replay.hangs_up = p.get("hangs_up", true, kHangsUp);
  replay.requests = p.find<std::uint32_t>("requests", "only the first ones", {1, 4294967294.0});
  Parameters import = p.table("import", kImport);
  replay.trace.options = read_import_options(import);
  import.finish();
  for (const std::string& key : generator_keys()) {
    if (p.has(key)) {
      p.error(key, fmt::format("{} does not go with a trace: it is a generator's", key),
              "leave out one of the two");
    }
    p.any(key, "of a generator");
  }
  return replay;
}

// Tables of quantiles are files: their names become whole paths, so that the resolved scenario can
// lie elsewhere. They stand under the key `file` of a policy, or of one written in a value
// ("quantiles(file=x.csv, column=a)").
void complete_files(Config& policy, Parameters& p, std::string_view key,
                    const std::string& scenario, std::vector<std::string>& files) {
  for (Config::Member& member : policy.members) {
    Config& value = member.value;
    const bool text = value.kind == Config::Kind::Text;
    if (text && value.text.find('(') != std::string::npos &&
        value.text.find("file") != std::string::npos) {
      Issues ignored;
      Config opened = parse_policy(value.text, value.where, ignored);
      if (opened.find("file") != nullptr) value = std::move(opened);
    }
    if (value.kind == Config::Kind::Table) complete_files(value, p, key, scenario, files);
    const bool short_form = key == "lengths" && member.key == "policy" &&
                            value.text.find_first_of("./") != std::string::npos;
    if (text && (member.key == "file" || short_form)) {
      value.text = path_beside(p, key, value.text, scenario);
      if (std::find(files.begin(), files.end(), value.text) == files.end()) {
        files.push_back(value.text);
      }
    }
  }
}

WorkloadSpec read_generator(Parameters& p, const std::string& file, std::uint64_t seed, bool stops,
                            std::vector<std::string>& files) {
  WorkloadSpec spec;
  spec.where = p.where("");
  spec.stops = stops;
  spec.arrivals = p.policy("arrivals", "", "when requests arrive");
  spec.lengths = p.policy("lengths", "", "of prompts and outputs: a table of ours, or a file");
  spec.prefixes = p.policy("prefixes", "", "what prompts share");
  spec.tenants = p.policy("tenants", "", "whose requests they are");
  complete_files(spec.arrivals, p, "arrivals", file, files);
  complete_files(spec.lengths, p, "lengths", file, files);
  complete_files(spec.prefixes, p, "prefixes", file, files);
  spec.requests =
      p.find<std::uint32_t>("requests", "how many; absent: until `stop`", {1, 4294967294.0});
  spec.max_tokens = read_max_tokens(p);
  spec.patience_ns = distribution_key(p, "patience", "", kPatience, Drawn::Times);
  spec.hangs_up = p.get("hangs_up", true, kHangsUp);
  spec.answers = read_answers(p);
  spec.answers_where = p.where("answers");
  for (const auto& [key, doc] :
       {std::pair("format", kFormat), std::pair("loop", kLoop), std::pair("time_scale", kTimeScale),
        std::pair("zero_output", kZeroOutput), std::pair("import", kImport)}) {
    if (p.has(key)) p.error(key, fmt::format("{} goes with a trace only", key));
    p.any(key, doc);
  }
  // Checks and documents the keys of the four; made again for the run.
  make_generated_arrivals(spec, seed, 16, p.issues(), p.book());
  return spec;
}

}  // namespace

const std::vector<std::string>& generator_keys() {
  static const std::vector<std::string> keys{"arrivals", "lengths", "prefixes", "tenants"};
  return keys;
}

Workload read_workload(Parameters p, const std::string& file, std::uint64_t seed, bool stops) {
  Workload workload;
  if (p.has("trace")) {
    workload.replay = read_replay(p, file, seed);
  } else {
    p.find<std::string>("trace", "file to replay, in place of a generator");
    workload.generator = read_generator(p, file, seed, stops, workload.files);
  }
  p.finish();
  return workload;
}

}  // namespace kvern
