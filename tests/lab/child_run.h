// A run in a process of its own: SimGrid allows one engine a process.
#pragma once

#include <string>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {

// text() of the run, or what the child said when it failed.
std::string text_of_child(const Lab& lab, bool with_steps);

}  // namespace kvern::lab
