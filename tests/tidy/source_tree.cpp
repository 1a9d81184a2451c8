#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/roots.h"

namespace kvern::tidy {
namespace {

namespace fs = std::filesystem;

bool is_word_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Length of the comment or literal that starts at `i`, quotes included; 0 where none does.
std::size_t blank_length(std::string_view text, std::size_t i) {
  const auto up_to = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() - i : found + end.size() - i;
  };
  const std::string_view rest = text.substr(i);
  if (rest.starts_with("//")) return std::min(rest.find('\n'), rest.size());
  if (rest.starts_with("/*")) return up_to("*/", i + 2);
  if (rest.starts_with("R\"") && (i == 0 || !is_word_part(text[i - 1]))) {
    const std::size_t open = text.find('(', i);
    return up_to(")" + std::string(text.substr(i + 2, open - i - 2)) + "\"", open);
  }
  // A ' between digits separates thousands.
  const bool character = rest[0] == '\'' && (i == 0 || !is_word_part(text[i - 1]));
  if (rest[0] != '"' && !character) return 0;
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != rest[0] && rest[end] != '\n') {
    end += rest[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, rest.size());
}

// An #include keeps its literal.
std::string without_comments_and_literals(std::string_view text) {
  std::string code(text);
  bool in_include = false;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 0 || text[i - 1] == '\n') in_include = text.substr(i).starts_with("#include");
    const std::size_t length = blank_length(text, i);
    if (length > 0 && !(in_include && text[i] == '"')) {
      for (std::size_t k = i; k < i + length; ++k) {
        if (code[k] != '\n') code[k] = ' ';
      }
    }
    i += std::max<std::size_t>(length, 1);
  }
  return code;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<SourceFile> files_of(const std::vector<std::string_view>& folders) {
  std::vector<SourceFile> files;
  for (const std::string_view folder : folders) {
    for (const char* extension : {".cpp", ".h"}) {
      for (const std::string& path : paths(folder, extension)) {
        files.push_back(source_file(path, read(path)));
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace

SourceFile source_file(std::string path, std::string_view text) {
  return {std::move(path), split_lines(text), split_lines(without_comments_and_literals(text))};
}

std::vector<SourceFile> product_files() {
  return files_of({"sim", "models", "policies", "traces", "analysis", "scenarios"});
}

std::vector<SourceFile> test_files() { return files_of({"tests"}); }

std::vector<SourceFile> all_files() {
  std::vector<SourceFile> files = product_files();
  std::vector<SourceFile> tests = test_files();
  std::move(tests.begin(), tests.end(), std::back_inserter(files));
  return files;
}

std::vector<std::string> paths(std::string_view folder, std::string_view extension) {
  std::vector<std::string> found;
  const fs::path root = KVERN_ROOT;
  if (!fs::exists(root / folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (entry.is_regular_file() && entry.path().extension() == extension) {
      found.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string read(std::string_view path) {
  std::ifstream stream(fs::path(KVERN_ROOT) / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<Literal> literals(const SourceFile& file) {
  std::vector<Literal> found;
  std::string text;
  for (const std::string& line : file.lines) text += line + "\n";
  bool in_include = false;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 0 || text[i - 1] == '\n') {
      in_include = std::string_view(text).substr(i).starts_with("#include");
    }
    const std::size_t length = std::max<std::size_t>(blank_length(text, i), 1);
    if (length > 1 && text[i] == '"' && !in_include) {
      found.push_back({line, text.substr(i + 1, length - 2)});
    }
    line += static_cast<std::size_t>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                   text.begin() + static_cast<std::ptrdiff_t>(i + length), '\n'));
    i += length;
  }
  return found;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t i = text.find(word); i != std::string_view::npos; i = text.find(word, i + 1)) {
    const std::size_t end = i + word.size();
    if ((i == 0 || !is_word_part(text[i - 1])) && (end == text.size() || !is_word_part(text[end])))
      return true;
  }
  return false;
}

std::string at(const SourceFile& file, std::size_t line) {
  return file.path + ":" + std::to_string(line + 1) + ": " + file.lines[line];
}

}  // namespace kvern::tidy
