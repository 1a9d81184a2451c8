// An eviction policy in a shared library (policies/plugin.h).
#pragma once

#include <string>

#include "sim/base/config/policy_table.h"
#include "sim/ports/eviction.h"

namespace kvern {

// Opens the library; its policy is one of eviction_policies() from now on. Its name, or "" with an
// issue: no such file, not a plugin, made for another version, a member missing, a name taken. One
// a process: it stays open to the end.
std::string load_plugin(const std::string& file, Issues& issues);
// Of the plugin that is loaded; "" = none.
const std::string& plugin_file();

// Those of policies/eviction, and the plugin's. Whatever it answers is checked: a plugin that
// breaks the port's contract ends the run (law 2).
const PolicyTable<Eviction>& eviction_policies();

}  // namespace kvern
