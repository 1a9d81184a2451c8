// From the tree of a scenario file to a Scenario. Every key is read, defaulted, checked and
// documented here or by the policy it belongs to.
#pragma once

#include <optional>
#include <string>

#include "scenarios/program/spec/scenario.h"

namespace kvern {

// Null when there were errors, all of them in `issues`. What is not built yet is an error with its
// reason. `file` is the scenario's path: file names in it are relative to its folder, file names
// from the command line to the working folder.
std::optional<Scenario> read_scenario(const Config& root, const std::string& file, Issues& issues);

// The same, with the key book of a scenario that had errors: for `kvern describe`.
Scenario read_scenario_keys(const Config& root, const std::string& file, Issues& issues);

// Its parts.
// `stops`: the run ends by itself, so that a generator may go on for ever.
Workload read_workload(Parameters p, const std::string& file, std::uint64_t seed, bool stops);
// Keys of [workload] that make requests, so that they do not go with a trace.
const std::vector<std::string>& generator_keys();
PoolSpec read_pool(Parameters p, const std::string& file);
std::optional<PaperSpec> read_paper(Parameters& top);
std::vector<ExpectSpec> read_expects(Parameters& top);
std::vector<SweepSpec> read_sweeps(Parameters& top);
std::optional<CaseSpec> read_case(Parameters& top, const std::string& file);
std::vector<MeasuredSpec> read_measured(Parameters& top, const std::string& file);

// An error at the key "name" where `name` does not make a folder inside another.
void check_folder_name(Parameters& p, const std::string& name);
// `name` as a path, for a key of `p`: see read_scenario. An error where it is in the data folder
// (data_folder.h) but not there.
std::string path_beside(Parameters& p, std::string_view key, const std::string& name,
                        const std::string& file);

}  // namespace kvern
