// Where the program comes from and what it is built of. Written by CMake.
#pragma once

namespace kvern {

const char* source_folder();  // with models/hardware and models/llm
const char* program_version();
const char* library_versions();  // "SimGrid 3.32,HDF5 1.10.8"

}  // namespace kvern
