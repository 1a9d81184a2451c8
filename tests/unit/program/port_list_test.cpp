// `kvern describe` knows every folder of policies.
#include "scenarios/program/build/port_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/roots.h"

namespace kvern {
namespace {

TEST(PortList, HasEveryFolderOfPolicies) {
  for (const auto& entry : std::filesystem::directory_iterator(KVERN_ROOT "/policies")) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory() || name == "parts") continue;
    EXPECT_TRUE(std::any_of(port_list().begin(), port_list().end(), [&name](const PortInfo& port) {
      return port.folder == "policies/" + name;
    })) << name;
  }
}

}  // namespace
}  // namespace kvern
