// Boards and language models by the names that people give them: "H100", "RTX 4090",
// "meta-llama/Llama-3.1-8B-Instruct".
#pragma once

#include <string>

namespace kvern {

// The file of models/<folder> that is meant ("h100_sxm"), the path as it was written, or why there
// is none.
struct DataName {
  std::string name;        // "" = there is none
  std::string what, hint;  // then: an error and what to write instead
};

// `folder`: "hardware" or "llm". A model is understood by its name on Hugging Face where its shape
// is that of a file; what is quantised is not, since the weights are a key of their own.
DataName find_data(const std::string& folder, const std::string& written);

}  // namespace kvern
