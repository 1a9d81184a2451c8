// `kvern calibrate`: folders of measurements to a cost table.
#pragma once

#include <string>
#include <vector>

namespace kvern {

struct CalibrateRequest {
  std::vector<std::string> folders;
  std::string device;  // a name of models/hardware, or a file
  std::string out;     // absent: beside the device's file
  double summed_forwards = 1;
};

// The exit code. Throws OutsideError.
int calibrate_command(const CalibrateRequest& request);

}  // namespace kvern
