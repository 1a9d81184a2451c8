// Where files lie. "data:traces/x.csv" is in the data folder, which holds what this tree doesn't
// ship: real traces, measured runs. Any other name is a path beside the file that names it.
//
// The data folder is what KVERN_DATA in the environment says (`--data DIR` sets it for one call),
// else `shared` beside the tree, where there is one.
#pragma once

#include <filesystem>
#include <string>

namespace kvern {

// "" where there is none. What KVERN_DATA names is answered whether it exists or not.
std::string data_folder();
// Makes `folder` the data folder of this process and of those that it starts. False, with nothing
// done, where it is no folder.
bool use_data_folder(const std::string& folder);

// Does the name begin with "data:"?
bool in_data_folder(const std::string& name);
// The path of a file as a user names it; not looked for. Without a data folder a "data:" name
// stays as it is.
std::filesystem::path named_path(const std::string& name, const std::filesystem::path& beside);

// What to do where a file of this name is missing; "" for a name that doesn't begin with "data:".
std::string missing_data_hint(const std::string& name);

}  // namespace kvern
