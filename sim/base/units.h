// Physical quantities as types. In scenario files they are strings, number + unit ("50 GB/s").
#pragma once

#include <cstdint>

namespace kvern {

// clang-format off
struct Duration { std::int64_t ns = 0; };            // "5 ms"; exact from decimal text
struct Ticks { std::int64_t value = 0; };            // "0.5 ns": a price, rounded to 2^-20 ns
struct Bytes { std::int64_t value = 0; };            // "4 GiB"
struct BytesPerSecond { double value = 0; };         // "50 GB/s"
struct RequestsPerSecond { double value = 0; };      // "2 req/s", also "/min", "/h"
struct Watts { double value = 0; };                  // "700 W"
struct Joules { double value = 0; };                 // "3 kJ", "1 Wh"
struct Grams { double value = 0; };                  // "164 kg"
struct Megahertz { double value = 0; };              // "1410 MHz"
struct GramsPerKilowattHour { double value = 0; };   // "56 g/kWh"
struct JoulesPerByte { double value = 0; };          // "137 pJ/B"
struct JoulesPerFlop { double value = 0; };          // "1.27 pJ/FLOP"
struct FlopPerSecond { double value = 0; };          // "989 TFLOP/s"
struct Share { double value = 0; };                  // 0..1 or "20 %"
// clang-format on

}  // namespace kvern
