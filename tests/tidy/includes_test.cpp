// Folders point one way, and each vendor is visible in one file.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "tests/tidy/source_tree.h"

namespace kvern::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string top_folder(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

// What an #include names, with its quotes or brackets.
std::optional<std::string> included(std::string_view code) {
  if (!code.starts_with("#include ")) return std::nullopt;
  const std::size_t begin = code.find_first_of("<\"");
  if (begin == std::string_view::npos) return std::nullopt;
  return std::string(code.substr(begin, code.find_first_of(">\"", begin + 1) + 1 - begin));
}

// tests -> scenarios -> { models policies traces analysis } -> sim
bool may_include(const std::string& from, const std::string& to) {
  const std::vector<std::string> siblings = {"models", "policies", "traces", "analysis"};
  if (from == to || to == "sim") return true;
  if (from == "tests") return true;
  return from == "scenarios" && std::find(siblings.begin(), siblings.end(), to) != siblings.end();
}

// The rooms of the serving machine: each knows those before it, ports and energy one another.
// Others of sim/ are not asked.
bool room_may_include(std::string_view from, std::string_view to) {
  constexpr std::pair<std::string_view, int> kRooms[] = {
      {"sim/base/", 0}, {"sim/ports/", 1}, {"sim/energy/", 1},  {"sim/timeline/", 2},
      {"sim/kv/", 3},   {"sim/batch/", 4}, {"sim/replica/", 5}, {"sim/cluster/", 6}};
  const auto rank = [&kRooms](std::string_view path) {
    for (const auto& [room, number] : kRooms) {
      if (path.starts_with(room)) return number;
    }
    return -1;
  };
  return rank(from) < 0 || rank(to) <= rank(from);
}

std::vector<std::string> against_the_arrows(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      const auto name = included(file.code[i]);
      if (!name || name->front() != '"') continue;
      const std::string path = name->substr(1);
      if (!may_include(top_folder(file.path), top_folder(path)) ||
          !room_may_include(file.path, path)) {
        offending.push_back(at(file, i));
      }
    }
  }
  return offending;
}

struct Vendor {
  const char* header;  // an include that starts like this ...
  const char* file;    // ... stands in this file, or below this folder, and nowhere else
};
constexpr Vendor kVendors[] = {
    {"<simgrid", "sim/timeline/timeline_simgrid.cpp"},
    {"<xbt", "sim/timeline/timeline_simgrid.cpp"},
    {"<hdf5", "sim/base/io/hdf5/"},
    {"<H5", "sim/base/io/hdf5/"},
    {"<simdjson", "sim/base/io/json_lines.cpp"},
    {"<zlib", "sim/base/io/byte_source.cpp"},
    {"<zstd", "sim/base/io/byte_source.cpp"},
    {"<openssl", "sim/base/digest.cpp"},
    {"<toml++", "scenarios/program/read/toml_reader.cpp"},
    {"<CLI", "scenarios/program/command/command_line.cpp"},
    {"<dlfcn", "scenarios/program/build/plugin.cpp"},
    {"<boost", "models/fabric/topology.cpp"},
    {"<cblas", "models/transformer/linear_algebra.cpp"},
    {"<mpi", "scenarios/sweep_mpi.cpp"},
    {"<cuda", "models/kernels/cuda/"},
    {"<benchmark", "tests/bench/"},
    {"<gtest", "tests/"},
    {"<gmock", "tests/"},
};

std::vector<std::string> vendors_elsewhere(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      auto name = included(file.code[i]);
      if (!name) continue;
      name->front() = '<';  // "toml++/toml.h" is the vendor's too
      for (const Vendor& vendor : kVendors) {
        if (name->starts_with(vendor.header) && !file.path.starts_with(vendor.file)) {
          offending.push_back(at(file, i) + "  (belongs in " + vendor.file + ")");
        }
      }
    }
  }
  return offending;
}

TEST(Includes, PointOneWay) { EXPECT_THAT(against_the_arrows(all_files()), IsEmpty()); }

TEST(Includes, AgainstTheArrowsAreFound) {
  EXPECT_THAT(
      against_the_arrows({
          source_file("sim/a.cpp", "#include \"sim/b.h\"\n#include \"models/c.h\"\n"),
          source_file("models/a.cpp", "#include <map>\n#include \"traces/b.h\"\n"),
          source_file("scenarios/a.cpp", "#include \"models/b.h\"\n"),
          source_file("policies/a.cpp", "#include \"b.h\"\n// #include \"models/b.h\"\n"),
          source_file("traces/a.cpp", "#include \"scenarios/b.h\"\n"),
          source_file("analysis/a.cpp", "#include \"tests/b.h\"\n"),
      }),
      ElementsAre("sim/a.cpp:2: #include \"models/c.h\"", "models/a.cpp:2: #include \"traces/b.h\"",
                  "policies/a.cpp:1: #include \"b.h\"",
                  "traces/a.cpp:1: #include \"scenarios/b.h\"",
                  "analysis/a.cpp:1: #include \"tests/b.h\""));
}

TEST(Includes, RoomsAgainstTheArrowsAreFound) {
  EXPECT_THAT(against_the_arrows({
                  source_file("sim/kv/a.cpp", "#include \"sim/batch/b.h\"\n"),
                  source_file("sim/batch/a.cpp", "#include \"sim/kv/b.h\"\n"),
                  source_file("sim/energy/a.cpp", "#include \"sim/ports/b.h\"\n"),
                  source_file("sim/base/a.cpp", "#include \"sim/ports/b.h\"\n"),
              }),
              ElementsAre("sim/kv/a.cpp:1: #include \"sim/batch/b.h\"",
                          "sim/base/a.cpp:1: #include \"sim/ports/b.h\""));
}

TEST(Includes, EachVendorHasOneFile) { EXPECT_THAT(vendors_elsewhere(all_files()), IsEmpty()); }

TEST(Includes, AVendorElsewhereIsFound) {
  EXPECT_THAT(vendors_elsewhere({
                  source_file("sim/base/digest.cpp", "#include <openssl/evp.h>\n"),
                  source_file("sim/base/io/csv.cpp", "#include <openssl/evp.h>\n"),
                  source_file("scenarios/program/run/run.cpp", "#include \"toml++/toml.h\"\n"),
              }),
              ElementsAre("sim/base/io/csv.cpp:1: #include <openssl/evp.h>  "
                          "(belongs in sim/base/digest.cpp)",
                          "scenarios/program/run/run.cpp:1: #include \"toml++/toml.h\"  "
                          "(belongs in scenarios/program/read/toml_reader.cpp)"));
}

// Who decides about requests sees them through the ports, which hide how long an answer will be.
std::vector<std::string> beyond_the_ports(const std::vector<SourceFile>& files) {
  const std::vector<std::string> blind = {"policies/admission/", "policies/batching/",
                                          "policies/preemption/", "policies/routing/"};
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    const bool is_blind = std::any_of(blind.begin(), blind.end(), [&](const std::string& folder) {
      return file.path.starts_with(folder);
    });
    for (std::size_t i = 0; is_blind && i < file.code.size(); ++i) {
      const auto name = included(file.code[i]);
      if (!name || !name->starts_with("\"sim/")) continue;
      const bool hides = name->starts_with("\"sim/base/") || name->starts_with("\"sim/ports/");
      if (!hides || *name == "\"sim/ports/arrivals.h\"") offending.push_back(at(file, i));
    }
  }
  return offending;
}

TEST(Includes, WhoDecidesAboutRequestsSeesThePortsAlone) {
  EXPECT_THAT(beyond_the_ports(all_files()), IsEmpty());
  EXPECT_THAT(beyond_the_ports({
                  source_file("policies/batching/a.cpp", "#include \"sim/batch/planner.h\"\n"),
                  source_file("policies/routing/a.cpp", "#include \"sim/ports/arrivals.h\"\n"),
                  source_file("policies/routing/b.cpp", "#include \"sim/ports/routing.h\"\n"),
                  source_file("policies/eviction/a.cpp", "#include \"sim/line.h\"\n"),
              }),
              ElementsAre("policies/batching/a.cpp:1: #include \"sim/batch/planner.h\"",
                          "policies/routing/a.cpp:1: #include \"sim/ports/arrivals.h\""));
}

}  // namespace
}  // namespace kvern::tidy
