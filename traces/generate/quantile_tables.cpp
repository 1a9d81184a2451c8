// Published quantiles of the lengths and gaps of real traces.
#include "traces/generate/quantile_tables.h"

namespace kvern {
namespace {

// Azure LLM inference traces of 16 November 2023 (github.com/Azure/AzurePublicDataset): quantiles
// of the two files' columns and of the gaps between arrivals.
constexpr double kPercent[] = {0,  1,  5,  10, 15, 20, 25, 30, 35, 40,   45,   50, 55,
                               60, 65, 70, 75, 80, 85, 90, 95, 99, 99.5, 99.9, 100};
constexpr double kConversationPrompt[] = {
    2,    29,   181,  207,  372,  387,    396,    403,  414,  703,  984,    1020, 1045,
    1071, 1097, 1130, 1189, 1315, 1876.2, 2734.5, 4083, 4142, 4831, 6179.2, 14050};
constexpr double kConversationOutput[] = {7,   16,  41,  54,  67,     77,  85,  91,  96,
                                          103, 113, 129, 151, 177,    217, 384, 395, 400,
                                          411, 424, 451, 601, 643.17, 954, 1000};
constexpr double kConversationGapMs[] = {0.002,  0.546,  6.32,   16.14,  26.42,  36.52,  48.27,
                                         60.72,  73.46,  87.25,  101.94, 118.42, 137.61, 158.68,
                                         183.17, 213.61, 246.73, 288.83, 345.92, 420.66, 565.19,
                                         889.67, 1034.2, 1411.2, 4314.6};
constexpr double kCodePrompt[] = {3,      17,     75,     147,  232,  385.6,  578,  770,    938.6,
                                  1075,   1261.1, 1469,   1690, 1909, 2163.7, 2433, 2744.5, 3192.4,
                                  3920.2, 5187.6, 7303.3, 7436, 7436, 7437,   7437};
constexpr double kCodeOutput[] = {6,  6,  6,  7,  7,  8,  9,  9,  10,     11,     12,     13,  14,
                                  16, 18, 20, 24, 29, 39, 55, 90, 251.46, 359.38, 825.27, 1899};
constexpr double kCodeGapMs[] = {0.006,  0.022,  0.088,   0.209,  0.885,  1.184,  2.077,
                                 3.292,  5.344,  15.1,    38.22,  63.8,   89.56,  94.99,
                                 97.94,  100.13, 104,     160.07, 198.83, 272.86, 400.78,
                                 2205.1, 9978.3, 79232.5, 217169};

// Requests in each minute of the conversation trace; the last, partial one is left to the end.
constexpr int kConversationMinutes[] = {191, 265, 329, 353, 307, 273, 268, 261, 322, 298, 301, 302,
                                        345, 326, 283, 279, 280, 308, 343, 351, 351, 343, 408, 396,
                                        386, 398, 432, 480, 476, 453, 448, 507, 438, 413, 423, 418,
                                        465, 311, 329, 316, 333, 355, 319, 360, 334, 375, 330, 249,
                                        221, 249, 265, 280, 256, 254, 242, 260, 246, 225};

Distribution quantiles(std::span<const double> values) {
  return Distribution::quantiles(kPercent, values);
}

}  // namespace

TraceTable azure2023_conversation() {
  return {quantiles(kConversationPrompt), quantiles(kConversationOutput),
          quantiles(kConversationGapMs), .0728};
}

TraceTable azure2023_code() {
  return {quantiles(kCodePrompt), quantiles(kCodeOutput), quantiles(kCodeGapMs), -.0215};
}

std::vector<RatePiece> azure2023_conversation_minutes() {
  std::vector<RatePiece> pieces;
  for (const int count : kConversationMinutes) pieces.push_back({60 * kSecond, count / 60.0});
  // 37 requests in the 21.721937 s to the last arrival.
  pieces.push_back({21'721'937'000, 37 / 21.721937});
  return pieces;
}

}  // namespace kvern
