// A fixture: the program on system prompts in a pool that holds few of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern::lab {

class PressedCache : public testing::Test {
 protected:
  Output run(const std::vector<std::string>& more) const {
    return program_.run(program_.write("pressed.toml", R"toml(name = "pressed"
[workload]
arrivals = "poisson(rate=5 req/s)"
lengths = "constant(prompt=400, output=20)"
prefixes = "system_prompts(count=20, skew=1, tokens=160)"
requests = 200
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 120
)toml"),
                        more);
  }
  Program program_{KVERN_BINARY};
};

}  // namespace kvern::lab
