// How the tree is cut: what lies at its root, how much a folder holds, and that a class can be read
// in one place.
#include <gmock/gmock.h>

#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "tests/roots.h"
#include "tests/tidy/source_tree.h"

namespace kvern::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::size_t kMostFiles = 25;
constexpr std::size_t kMostFilesOfAClass = 2;

// The name of the class whose member a line at the left margin defines: "Replica" of
// "void Replica::settle(SimTime t) {"; "" of any other line.
std::string class_defined(const std::string& line) {
  if (line.empty() || std::isalpha(static_cast<unsigned char>(line[0])) == 0) return "";
  const std::size_t call = line.find('(');
  const std::size_t colons = call == line.npos ? line.npos : line.rfind("::", call);
  if (colons == line.npos || line.find(' ', colons) < call) return "";
  std::size_t begin = colons;
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(line[begin - 1])) != 0)) --begin;
  const std::string name = line.substr(begin, colons - begin);
  return !name.empty() && std::isupper(static_cast<unsigned char>(name[0])) != 0 ? name : "";
}

// Two classes of one name in different namespaces count as one: they would also puzzle a reader.
std::vector<std::string> scattered_classes(const std::vector<SourceFile>& files) {
  std::map<std::string, std::set<std::string>> places;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".cpp")) continue;
    for (const std::string& line : file.code) {
      const std::string name = class_defined(line);
      if (!name.empty()) places[name].insert(file.path);
    }
  }
  std::vector<std::string> offending;
  for (const auto& [name, paths_of] : places) {
    if (paths_of.size() > kMostFilesOfAClass) offending.push_back(name);
  }
  return offending;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A folder of policies, or of their tests, holds one file for each and may be long.
bool holds_policies(const std::string& folder) {
  const std::string port = folder.substr(folder.rfind('/') + 1);
  return folder == "policies/" + port || folder == "tests/unit/" + port;
}

std::vector<std::string> crowded_folders(const std::vector<SourceFile>& files) {
  std::map<std::string, std::size_t> counts;
  for (const SourceFile& file : files) {
    if (file.path.ends_with(".cpp")) ++counts[folder_of(file.path)];
  }
  std::vector<std::string> offending;
  for (const auto& [folder, count] : counts) {
    if (count > kMostFiles && !holds_policies(folder)) offending.push_back(folder);
  }
  return offending;
}

std::vector<std::string> tracked_at_the_root() {
  const std::string command = "git -C '" KVERN_ROOT "' ls-files 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> names;
  std::string line;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    if (line.find('/') == line.npos) names.push_back(line);
    line.clear();
  }
  return names;
}

TEST(Rooms, AClassStandsInTwoFilesAtMost) {
  EXPECT_THAT(scattered_classes(product_files()), IsEmpty());
}

TEST(Rooms, FoldersCanBeTakenInAtAGlance) { EXPECT_THAT(crowded_folders(all_files()), IsEmpty()); }

TEST(Rooms, TheRootHoldsThisAndNothingElse) {
  const std::vector<std::string> names = tracked_at_the_root();
  if (names.empty()) GTEST_SKIP() << "not a git checkout";
  EXPECT_THAT(names,
              UnorderedElementsAre(".clang-format", ".clang-tidy", ".gitignore", "CMakeLists.txt",
                                   "CMakePresets.json", "LICENSE", "README.md", "kvern"));
}

TEST(Rooms, OffencesAreFound) {
  const std::string body = "void Replica::settle(SimTime t) {\n  x = Other::of(t);\n}\n";
  EXPECT_THAT(scattered_classes({source_file("sim/a.cpp", body), source_file("sim/b.cpp", body)}),
              IsEmpty());
  EXPECT_THAT(scattered_classes({source_file("sim/a.cpp", body), source_file("sim/b.cpp", body),
                                 source_file("sim/c.cpp", "Replica::Replica(int a)\n")}),
              ElementsAre("Replica"));
  std::vector<SourceFile> many;
  for (int i = 0; i < 26; ++i) {
    many.push_back(source_file("sim/a/" + std::to_string(i) + ".cpp", ""));
    many.push_back(source_file("policies/eviction/" + std::to_string(i) + ".cpp", ""));
  }
  EXPECT_THAT(crowded_folders(many), ElementsAre("sim/a"));
}

}  // namespace
}  // namespace kvern::tidy
