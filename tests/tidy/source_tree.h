// The tree as text, for the rules of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvern::tidy {

struct SourceFile {
  std::string path;                // from the root: "sim/line.h"
  std::vector<std::string> lines;  // as written
  // The same lines without comments and with empty literals; columns are kept.
  std::vector<std::string> code;
};

// `text` as if it were the file `path`; for the tests of the rules themselves.
SourceFile source_file(std::string path, std::string_view text);

// All C++ of the product (sim ... scenarios) and of the tests, sorted by path.
std::vector<SourceFile> product_files();
std::vector<SourceFile> test_files();
// Both.
std::vector<SourceFile> all_files();

// Files of a folder (and below) with this extension, as paths from the root, sorted. A folder that
// is not there has none.
std::vector<std::string> paths(std::string_view folder, std::string_view extension);
// The text of a file of the tree; "" where there is none.
std::string read(std::string_view path);

// The string literals of a file, without their quotes; raw ones and names of includes left out.
struct Literal {
  std::size_t line = 0;  // from 0
  std::string text;
};
std::vector<Literal> literals(const SourceFile& file);

// True where `word` stands in `text` with no letter, digit or _ on either side.
bool has_word(std::string_view text, std::string_view word);

// "sim/line.h:7: text of the line", as rules report a line (counted from 0).
std::string at(const SourceFile& file, std::size_t line);

}  // namespace kvern::tidy
