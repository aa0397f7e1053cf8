// Files that tests read and turn knobs in: the examples, and the pages of docs/ that say what comes of them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sim::rehearse {

inline std::string textOf(const std::string& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in.good()) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::vector<std::string> linesOf(const std::string& file) {
  std::istringstream in(textOf(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// With every `from` in the text replaced; there has to be one.
inline std::string turned(std::string text, const std::string& from, const std::string& to) {
  std::size_t found = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()), ++found)
    text.replace(at, from.size(), to);
  EXPECT_GT(found, 0U) << "no knob " << from;
  return text;
}

}  // namespace sim::rehearse
