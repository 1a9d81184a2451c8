// An eviction policy in a shared library (policies/plugin.h).
#pragma once

#include <string>

#include "scenarios/program/terminal/child_processes.h"
#include "sim/base/config/policy_table.h"
#include "sim/ports/eviction.h"

namespace kvern {

// Holds the library's policy to the port's contract in a child of its own, with a time limit: what
// was found in `output`, 0 or 1 as its code; with 2 why it is no plugin, or can't be tried.
ChildResult try_plugin(const std::string& file);

// Tries it as above and opens the library; findings do not matter here, a crash, an exit or no end
// do; its policy is one of eviction_policies() from now on. Its name, or "" with an
// issue: no such file, not a plugin, made for another version, a member missing, a name taken. One
// a process: it stays open to the end.
std::string load_plugin(const std::string& file, Issues& issues);
// Of the plugin that is loaded; "" = none.
const std::string& plugin_file();

// Those of policies/eviction, and the plugin's. Whatever it answers is checked: a plugin that
// breaks the port's contract ends the run (law 2).
const PolicyTable<Eviction>& eviction_policies();

}  // namespace kvern
