// The hardware and language models that Kvern ships, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "models/hardware_file.h"
#include "models/llm_file.h"
#include "models/step_cost.h"
#include "scenarios/program/read/toml_reader.h"
#include "tests/roots.h"

namespace kvern {

inline HardwareSpec shipped_hardware(const std::string& name) {
  Issues issues;
  const auto file = read_toml(KVERN_ROOT "/models/hardware/" + name + ".toml", issues);
  auto spec = read_hardware(*file, name, issues);
  EXPECT_TRUE(spec) << issues.text();
  const std::string table = KVERN_ROOT "/models/hardware/" + name + ".cost.h5";
  if (std::filesystem::exists(table)) spec->cost_table = table;
  return *spec;
}

inline LlmSpec shipped_llm(const std::string& name) {
  Issues issues;
  const auto file = read_toml(KVERN_ROOT "/models/llm/" + name + ".toml", issues);
  const auto spec = read_llm(*file, name, issues);
  EXPECT_TRUE(spec) << issues.text();
  return *spec;
}

inline std::unique_ptr<StepCost> step_cost_of(const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {"test"}, issues);
  auto cost = make_policy(step_cost::table(), "step_cost", spec, "pool.step_cost", issues);
  EXPECT_EQ(issues.text(), "");
  return cost;
}

// A replica's prices: hardware, model, step cost, in one place that outlives them.
struct Priced {
  HardwareSpec hardware;
  LlmSpec model;
  Deployment deployment;
  std::unique_ptr<StepCost> cost;

  Priced(const std::string& gpu, const std::string& llm, const std::string& text,
         std::uint32_t gpus = 1)
      : hardware(shipped_hardware(gpu)), model(shipped_llm(llm)), cost(step_cost_of(text)) {
    deployment.hardware = &hardware;
    deployment.model = &model;
    deployment.tensor_parallel = gpus;
    EXPECT_EQ(cost->prepare(deployment), "");
  }
  Priced(const Priced&) = delete;
  Priced& operator=(const Priced&) = delete;
};

}  // namespace kvern
