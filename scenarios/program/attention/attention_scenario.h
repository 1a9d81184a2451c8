// A scenario with [attention] in place of [[pool]]: token policies under budgets, inside a language
// model or over a recording. Its points are the policies crossed with the budgets, as a sweep of
// "attention.policy" and "attention.budget", so [[expect]] speaks of them in the usual way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/program/attention/attention_texts.h"
#include "scenarios/program/run/sweep.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

struct AttentionScenario {
  std::string name;
  std::uint64_t seed = 1;
  std::string model;  // empty: open loop
  std::vector<TextFile> texts;
  TextCut cut;
  std::string recording;
  std::string hardware;  // whose joules a byte and a FLOP cost
  std::string profile;   // a further place for the work profile
  double kv_bytes = 2;
  bool retrieval = false;
  std::vector<SweepPoint> points;     // without their roots
  std::vector<std::string> policies;  // of each point, with its budget
  std::optional<PaperSpec> paper;
  std::vector<ExpectSpec> expects;
  KeyBook book;
};

bool is_attention_scenario(const Config& root);
// Null with issues. `file` is where it was read.
std::optional<AttentionScenario> read_attention_scenario(const Config& root,
                                                         const std::string& file, Issues& issues);

}  // namespace kvern
