// All that a command line may ask for: each command reads its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/program/command/attention_command.h"
#include "scenarios/program/command/cache_command.h"
#include "scenarios/program/command/calibrate_command.h"
#include "scenarios/program/command/record_command.h"
#include "scenarios/program/command/reproduce_command.h"
#include "scenarios/program/command/run_command.h"
#include "scenarios/program/command/trace_command.h"
#include "scenarios/program/command/validate_command.h"

namespace kvern {

struct Requests {
  RunRequest run;
  std::vector<std::string> topic;  // of describe: "hardware", "h100_sxm"
  TraceRequest trace;
  AttentionRequest attention;
  CacheRequest cache;
  RecordRequest record;
  ReproduceRequest reproduce;
  ValidateRequest validate;
  CalibrateRequest calibrate;
  std::string model;   // of models get
  std::string plugin;  // of conform
  std::string data;    // the data folder (data_folder.h); "" = as it is
  bool bench_json = false;
};

// Does what `group` `name` asks for: ("trace", "info"), or twice the same name for a command
// without parts. The exit code; an error on stderr where something is missing. Null for a name that
// is no command. Throws OutsideError and LawBroken.
std::optional<int> dispatch(const std::string& group, const std::string& name, Requests& requests);

// Prints the error of a command line; the exit code.
int user_error(const std::string& what, const std::string& hint);

}  // namespace kvern
