// Which files in a run folder are a run's own. Nothing else is ever removed: what a user keeps
// beside the results stays beside the results of the next run.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace kvern {

// Letters, digits, "_", "-" and ".", at most 100, no "." in front: one folder below its parent and
// nowhere else.
bool is_folder_name(std::string_view name);

// Removes the files that runs write (a fixed list of names) and, with the same rule, the folders of
// a sweep's points and of a band's draws; of these the ones that are then empty. Returns what
// stays, as paths relative to `folder`, each the topmost. Throws OutsideError where a file can't be
// removed, or where a link or a folder has the name of one of these files.
std::vector<std::filesystem::path> remove_run_files(const std::filesystem::path& folder);

// Removes the run's files of the folder `from` and moves what else is there to the same places in
// `to`. Throws OutsideError, and then nothing that is not a run's was lost, where that fails.
void replace_run_folder(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace kvern
