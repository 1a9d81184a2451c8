// The program: what `kvern ...` does.
#pragma once

namespace kvern {

// The exit code (exit_codes.h). Nothing is thrown.
int command_line(int argc, char** argv);

}  // namespace kvern
