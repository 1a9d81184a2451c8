// Python scripts of ours, run in a virtual environment of ours (build/venv), made at first need.
#pragma once

#include <string>
#include <vector>

namespace kvern {

struct PythonTool {
  std::string script;                 // in the source tree: "models/transformer/tools/tokenise.py"
  std::vector<std::string> packages;  // of the Python package index
};

// The script's exit code. All its output, and that of the installation, goes to stderr. Throws
// OutsideError where Python, a package or the script can't be had. To be called before any library
// started threads.
int run_python_tool(const PythonTool& tool, const std::vector<std::string>& arguments);

}  // namespace kvern
