#include "scenarios/program/command/dispatch.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "scenarios/program/command/bench_command.h"
#include "scenarios/program/command/conform_command.h"
#include "scenarios/program/command/describe.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/model_files.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "sim/base/config/issues.h"

namespace kvern {
namespace {

// Where "data:" lies, then the paths of files so named on the command line.
int find_data(Requests& requests) {
  if (!requests.data.empty() && !use_data_folder(requests.data)) {
    return user_error(fmt::format("there is no folder \"{}\"", requests.data),
                      "--data names the folder of your data");
  }
  std::vector<std::string*> names{&requests.cache.file, &requests.trace.file,
                                  &requests.attention.recording, &requests.run.load_cache};
  for (auto* several : {&requests.attention.texts, &requests.record.texts,
                        &requests.calibrate.folders, &requests.validate.cases}) {
    for (std::string& name : *several) names.push_back(&name);
  }
  for (std::string* name : names) {
    if (!in_data_folder(*name)) continue;
    const std::filesystem::path path = named_path(*name, "");
    std::error_code unreadable;
    if (!std::filesystem::exists(path, unreadable)) {
      return user_error(fmt::format("there is no file \"{}\"", *name), missing_data_hint(*name));
    }
    *name = path.string();
  }
  return kGood;
}

int dispatch_trace(const std::string& name, const Requests& requests) {
  const TraceRequest& request = requests.trace;
  if (name == "record") return record_command(requests.record);
  if (name != "trace" && request.file.empty()) {
    return user_error(fmt::format("trace {} needs a file", name),
                      fmt::format("see kvern trace {} --help", name));
  }
  if (name == "import") return trace_import_command(request);
  if (name == "info") return trace_info_command(request);
  if (name == "head") return trace_head_command(request);
  if (name == "synthesize") return trace_synthesize_command(request);
  return user_error("trace needs to know what to do", "import, info, head, synthesize or record");
}

int dispatch_models(const std::string& name, const std::string& model) {
  if (name == "get" && !model.empty()) return models_get_command(model);
  return user_error("models needs to know what to do", "kvern models get smollm2-135m");
}

int dispatch_cache(const CacheRequest& request) {
  if (!request.file.empty() && !request.capacities.empty()) return cache_command(request);
  return user_error("cache needs a trace and --capacity",
                    "kvern cache trace.jsonl --capacity 1000,10000");
}

int dispatch_calibrate(const CalibrateRequest& request) {
  if (!request.folders.empty() && !request.device.empty()) return calibrate_command(request);
  return user_error("calibrate needs folders of measurements and --device",
                    "kvern calibrate measurements/ --device h100_sxm");
}

int dispatch_run(const RunRequest& request) {
  if (!request.file.empty()) return run_command(request);
  return user_error("run needs a scenario", "kvern run scenarios/first_run.toml");
}

}  // namespace

int user_error(const std::string& what, const std::string& hint) {
  Issues issues;
  issues.error({"kvern", 0, 0}, what, hint);
  std::fputs(issues.text().c_str(), stderr);
  return kUserError;
}

std::optional<int> dispatch(const std::string& group, const std::string& name, Requests& requests) {
  if (const int code = find_data(requests); code != kGood) return code;
  if (group == "run") return dispatch_run(requests.run);
  if (group == "attention") return attention_command(requests.attention);
  if (group == "describe")
    return describe_command(fmt::format("{}", fmt::join(requests.topic, " ")));
  if (group == "cache") return dispatch_cache(requests.cache);
  if (group == "trace") return dispatch_trace(name, requests);
  if (group == "models") return dispatch_models(name, requests.model);
  if (group == "validate") return validate_command(requests.validate);
  if (group == "reproduce") return reproduce_command(requests.reproduce);
  if (group == "calibrate") return dispatch_calibrate(requests.calibrate);
  if (group == "bench") return bench_command(requests.bench_json);
  if (group == "conform" && !requests.plugin.empty()) return conform_command(requests.plugin);
  return std::nullopt;
}

}  // namespace kvern
